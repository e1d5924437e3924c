/**
 * What a task of a stage with effects does. Records of one key run one after another, different keys side by side; the
 * results of the finished prefix commit with its positions, so that after a crash exactly the unfinished ones run again.
 */
import { FatalError, PoisonError, RetriableError } from './errors.ts';
import type { EffectOutput, EffectStage } from './effects.ts';
import { observe, type TaskName } from './observe.ts';
import type { ConsumedRecord, ProducedRecord } from './ports.ts';
import type { Scheduler } from './scheduler.ts';
import { asPoison, concernsMoreThanTheRecord, deadLetterRecord, decodeKey, encodeOutput } from './stage-run.ts';
import type { Task, TaskWork } from './task.ts';
import type { StageRecord } from './topology.ts';

/** How many records may be under way or waiting for an earlier one, per allowed concurrency. */
const windowPerConcurrency = 8;
const retryMs = 200;
const retryMaxMs = 30_000;

type Done = Readonly<{ outputs: readonly ProducedRecord[]; refusal: { code: string; message: string } | undefined }>;

type InFlight = {
  readonly record: ConsumedRecord;
  /** Undefined while it runs; then what came of it, or why the task cannot go on, or that it was given up. */
  end: Readonly<{ done: Done }> | Readonly<{ failure: unknown }> | Readonly<{ givenUp: true }> | undefined;
};

export type EffectWorkSetup<V> = Readonly<{
  stage: EffectStage<V>;
  name: TaskName;
  scheduler: Scheduler;
  /** Spreads retries; between 0 and 1. */
  chance: () => number;
}>;

/** A gate that opens once. */
const gate = (): { opened: Promise<void>; open: () => void } => {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
};

export const effectWork = <V>({ stage, name, scheduler, chance }: EffectWorkSetup<V>): TaskWork => {
  const outputs = new Map(stage.outputs.map((topic) => [topic.name, topic.value]));
  /** In offset order: running, finished behind a running one, or waiting for its key. */
  let window: InFlight[] = [];
  let lastOfKey = new Map<string, Promise<void>>();
  let running = 0;
  let slots: (() => void)[] = [];
  let giveUp = new AbortController();
  let news = gate();

  const tell = () => {
    news.open();
    news = gate();
  };

  const slot = async (): Promise<void> => {
    if (running < stage.concurrency) running++;
    else await new Promise<void>((resolve) => slots.push(resolve));
  };
  const freeSlot = () => {
    const next = slots.shift();
    if (next === undefined) running--;
    else next();
  };

  const encode = ({ topic, key, value, headers }: EffectOutput): ProducedRecord =>
    encodeOutput(outputs.get(topic.name), topic.name, key, value, headers, undefined);

  /** One record until it is done, refused or given up; retries without end. */
  const perform = async (record: ConsumedRecord, key: string, signal: AbortSignal): Promise<Done | undefined> => {
    const value = record.value === null ? null : stage.input.value.decode(record.value);
    const { topic, partition, offset, timestamp, headers } = record;
    const seen: StageRecord<V> = { topic, partition, offset, timestamp, headers, key, value };
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        if (observe.passing.watched) observe.passing.publish({ ...name, point: 'before-effect' });
        const results = await stage.effect(seen, { signal, attempt, now: () => scheduler.now() });
        if (observe.passing.watched) observe.passing.publish({ ...name, point: 'after-effect' });
        return { outputs: results.map(encode), refusal: undefined };
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
        observe.trouble.publish({ ...name, error, action: 'retry' });
        const backoff = Math.min(retryMaxMs, retryMs * 2 ** Math.min(attempt, 16));
        await scheduler.sleep(error.retryAfterMs ?? backoff * (0.5 + chance() / 2), signal);
      }
    }
    return undefined;
  };

  const settle = async (flight: InFlight, key: string, before: Promise<void> | undefined): Promise<void> => {
    const { signal } = giveUp;
    await before;
    await slot();
    try {
      const done = await perform(flight.record, key, signal);
      flight.end = done === undefined ? { givenUp: true } : { done };
    } catch (error) {
      if (signal.aborted && !(error instanceof PoisonError)) flight.end = { givenUp: true };
      else if (concernsMoreThanTheRecord(error)) flight.end = { failure: error };
      else flight.end = refused(error);
    } finally {
      freeSlot();
      tell();
    }
  };

  const refused = (error: unknown): { done: Done } => {
    const { code, message } = asPoison(error);
    if (code === 'unexpected_error') observe.trouble.publish({ ...name, error, action: 'dead-letter' });
    return { done: { outputs: [], refusal: { code, message } } };
  };

  const start = (record: ConsumedRecord): void => {
    const flight: InFlight = { record, end: undefined };
    window.push(flight);
    let key: string;
    try {
      key = decodeKey(record.key);
    } catch (error) {
      flight.end = refused(error);
      return;
    }
    const finished = settle(flight, key, lastOfKey.get(key)).finally(() => {
      if (lastOfKey.get(key) === finished) lastOfKey.delete(key);
    });
    lastOfKey.set(key, finished);
  };

  const fill = async (task: Task): Promise<void> => {
    const room = stage.concurrency * windowPerConcurrency - window.length;
    const ready = Math.min(task.inputs.buffered(0), room);
    if (ready <= 0 || giveUp.signal.aborted) return;
    const fresh = task.inputs.unprepared(0, ready);
    if (fresh.length > 0) await stage.input.value.prepare?.(fresh);
    const { taken } = task.inputs.take(ready, task.limits.batchBytes, [ready], () => ({
      place: undefined,
      outcome: undefined,
    }));
    for (const { record } of taken) start(record);
  };

  const finishedPrefix = (): readonly { record: ConsumedRecord; done: Done }[] => {
    const prefix: { record: ConsumedRecord; done: Done }[] = [];
    for (const { record, end } of window) {
      if (end === undefined || 'givenUp' in end) break;
      if ('failure' in end) {
        if (prefix.length > 0) break;
        throw end.failure;
      }
      prefix.push({ record, done: end.done });
    }
    return prefix;
  };

  const position = (task: Task, skip: number): bigint => window[skip]?.record.offset ?? task.inputs.processed(0);

  const commitPrefix = async (task: Task): Promise<boolean> => {
    const prefix = finishedPrefix();
    if (prefix.length === 0) return false;
    const began = performance.now();
    const refusals = prefix.flatMap(({ record, done: { refusal } }) =>
      refusal === undefined ? [] : [{ record, refusal }],
    );
    const results = prefix.flatMap(({ done }) => done.outputs);
    await task.commit({
      records: [
        ...results,
        ...refusals.map(({ record, refusal }) =>
          deadLetterRecord(stage, stage.name, record, refusal.code, refusal.message),
        ),
      ],
      positions: [position(task, prefix.length)],
    });
    window = window.slice(prefix.length);
    for (const { record, refusal } of refusals)
      observe.deadLetter.publish({ ...name, ...refusal, topic: record.topic, offset: record.offset });
    observe.batch.publish({
      ...name,
      records: prefix.length,
      outputs: results.length,
      changes: 0,
      deadLetters: refusals.length,
      processMs: 0,
      commitMs: performance.now() - began,
      lastTimestamp: prefix.at(-1)?.record.timestamp,
    });
    return true;
  };

  const allSettled = async (): Promise<void> => {
    await Promise.all(lastOfKey.values());
  };

  return {
    restore: () => {
      giveUp = new AbortController();
      return Promise.resolve();
    },
    step: async (task) => {
      await fill(task);
      const { opened } = news;
      if (await commitPrefix(task)) return true;
      if (window.length === 0) return task.inputs.buffered(0) > 0;
      await opened;
      return true;
    },
    positions: (task) => [position(task, 0)],
    restoring: () => undefined,
    arrived: tell,
    stopping: () => {
      giveUp.abort();
      tell();
    },
    finish: async (task) => {
      await allSettled();
      await commitPrefix(task);
    },
    /** Effects under way end before anything starts anew: two of one key must never overlap. */
    discard: async () => {
      giveUp.abort();
      await allSettled();
      window = [];
      lastOfKey = new Map();
      slots = [];
      running = 0;
    },
    wipe: () => Promise.reject(new FatalError('a stage with effects has no stores')),
    close: () => Promise.resolve(),
  };
};
