/**
 * Stages with effects on the world outside Kafka: a command goes in, something is done, a result comes out. The effect
 * is at-least-once and must be idempotent by the command; results, dead letters and offsets commit in one transaction.
 */
import type { RecordHeaders } from './ports.ts';
import type { DeadLetter, StageRecord, Topic } from './topology.ts';

export type EffectOutput = Readonly<{ topic: Topic<unknown>; key: string; value: unknown; headers?: RecordHeaders }>;

export type EffectContext = Readonly<{
  /** Aborted when the task stops or migrates: give up between attempts, never between an effect and its result. */
  signal: AbortSignal;
  /** How often this record was tried before in this process. */
  attempt: number;
  /** For the few decisions that need a wall clock, such as the age of an idempotency key. Epoch milliseconds. */
  now: () => number;
}>;

/**
 * Records of one key run one after another in offset order, different keys side by side up to `concurrency`.
 * - returns outputs: success, or a terminal refusal told as a result;
 * - throws `RetriableError`: tried again with backoff and jitter (or `retryAfterMs`), without end, in place;
 * - throws `PoisonError`: dead letter, go on;
 * - throws `TaskMigratedError` or `FatalError`: as their names say.
 */
export type EffectStage<V> = Readonly<{
  application: string;
  version: string;
  name: string;
  input: Topic<V>;
  outputs: readonly Topic<unknown>[];
  deadLetters: Topic<DeadLetter>;
  concurrency: number;
  effect: (record: StageRecord<V>, context: EffectContext) => Promise<readonly EffectOutput[]>;
}>;
