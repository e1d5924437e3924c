/**
 * A stream application as data. A stage reads co-partitioned topics, keeps stores, and writes topics; the engine runs
 * one task per stage and partition. Everything a stage does is synchronous and pure, so that history can be replayed.
 */
import type { RecordHeaders } from './ports.ts';

/** Bytes to values and back. `decode` throws `PoisonError` on bytes it cannot read. */
export interface Serde<T> {
  /** Once, before anything else: looks up the schema id to write with. Throws `FatalError` when it is not registered. */
  open?(): Promise<void>;
  /** Makes `decode` of these bytes possible without awaiting, by fetching writer schemas not seen before. */
  prepare?(bytes: readonly Buffer[]): Promise<void>;
  decode(bytes: Buffer): T;
  encode(value: T): Buffer;
}

/** A topic of typed values, keyed by UTF-8 text. */
export type Topic<V> = Readonly<{ name: string; value: Serde<V> }>;

/** A table of the task's own, keyed by text, backed by the changelog topic `<application>-<name>-changelog`. */
export type Store<V> = Readonly<{ name: string; value: Serde<V> }>;

export interface KeyValueStore<V> {
  get(key: string): V | undefined;
  put(key: string, value: V): void;
  delete(key: string): void;
}

/** A record in a stage's hands, decoded once. A null value is a tombstone. */
export type StageRecord<V = unknown> = Readonly<{
  topic: string;
  partition: number;
  offset: bigint;
  timestamp: bigint;
  key: string;
  value: V | null;
  headers: RecordHeaders;
}>;

/** What a stage may do while it processes one record. All of it commits, or none of it. */
export interface StageContext {
  store<V>(store: Store<V>): KeyValueStore<V>;
  /** The topic must be among the stage's outputs. */
  send<V>(topic: Topic<V>, key: string, value: V, headers?: RecordHeaders): void;
  /** Sends the present record to dead letters with its original bytes, and keeps what was done to stores and outputs. */
  deadLetter(code: string, message: string): void;
  /** Counts something worth seeing (an ignored record, an unknown type), by a name and one label. */
  count(name: string, label: string): void;
}

export type StageInput<V> = Readonly<{
  topic: Topic<V>;
  process: (record: StageRecord<V>, context: StageContext) => void;
  /** Of a topic that is mostly about other things: which keys are of concern. What has another one is passed over unread. */
  concerns?: (key: string) => boolean;
  /**
   * For stages whose inputs share one order (such as a database's log): the record's place in it, compared as text.
   * When every input has one, records are merged by it, and a record waits until each other input is read up to where
   * its topic ended when the record was fetched. Equal places go in the order of the inputs. Replays then see the
   * very same sequence.
   */
  place?: (value: V | null) => string | undefined;
}>;

export type Stage = Readonly<{
  name: string;
  inputs: readonly StageInput<never>[];
  stores: readonly Store<unknown>[];
  outputs: readonly Topic<unknown>[];
}>;

/** What was refused, whence and why. The bytes are the original ones. */
export type DeadLetter = Readonly<{
  application: string;
  stage: string;
  version: string;
  code: string;
  message: string;
  sourceTopic: string;
  sourcePartition: number;
  sourceOffset: bigint;
  sourceTimestamp: bigint;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
}>;

export type Topology = Readonly<{
  application: string;
  /** Recorded in dead letters. */
  version: string;
  stages: readonly Stage[];
  deadLetters: Topic<DeadLetter>;
}>;

/** Lets a typed input stand in a stage's list; the types were checked where the input was written. */
export const input = <V>(definition: StageInput<V>): StageInput<never> => definition as unknown as StageInput<never>;
