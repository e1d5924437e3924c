/** What a task of a pure stage does: decode, process one by one, and commit everything that came of it together. */
import {
  DiskUnwritableError,
  FatalError,
  PoisonError,
  RetriableError,
  TaskCorruptedError,
  TaskMigratedError,
} from './errors.ts';
import { Changelogs } from './changelogs.ts';
import { encodeHistory } from './history.ts';
import type { Decoded, Taken } from './inputs.ts';
import { observe, type RestoreProgress, type TaskName } from './observe.ts';
import type { Admin, ConsumedRecord, PartitionReader, ProducedRecord, RecordHeaders } from './ports.ts';
import { readAgain } from './rebuild.ts';
import { redrivenFrom, redrivePlace } from './redrive.ts';
import { restoreStores } from './restore.ts';
import type { Scheduler } from './scheduler.ts';
import { decodeText } from './serde.ts';
import { StoreOverlay, type OpenBackend, type StoreBackend } from './store.ts';
import type { Standing, Task, TaskWork } from './task.ts';
import { isMerged } from './topics.ts';
import type { DeadLetter, Serde, Stage, StageContext, StageInput, StageRecord, Topic, Topology } from './topology.ts';

/** Brokers refuse records of more than about a megabyte (`message.max.bytes`). */
export const maxRecordBytes = 1_000_000;

export type StageWorkSetup = Readonly<{
  topology: Topology;
  stage: Stage;
  name: TaskName;
  openBackend: OpenBackend;
  reader: () => Promise<PartitionReader>;
  admin: Admin;
  scheduler: Scheduler;
}>;

type Undecodable = Readonly<{ poison: PoisonError }>;
type Outcome = Readonly<{ key: string; value: unknown }> | Undecodable;

/** Errors that are about the task or the process, not about the record at hand. */
export const concernsMoreThanTheRecord = (error: unknown): boolean =>
  error instanceof FatalError ||
  error instanceof TaskMigratedError ||
  error instanceof TaskCorruptedError ||
  error instanceof DiskUnwritableError ||
  error instanceof RetriableError;

/** Any failure over one record as a reason to refuse it. What is not foreseen is told with its stack. */
export const asPoison = (error: unknown): PoisonError => {
  if (error instanceof PoisonError) return error;
  const told = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new PoisonError('unexpected_error', told, { cause: error });
};

export const decodeKey = (key: Buffer | null): string => {
  if (key === null) throw new PoisonError('invalid_key', 'the record has no key');
  return decodeText(key, 'invalid_key');
};

export const deadLetterRecord = (
  topology: Readonly<{ application: string; version: string; deadLetters: Topic<DeadLetter> }>,
  stage: string,
  record: ConsumedRecord,
  code: string,
  message: string,
): ProducedRecord => ({
  topic: topology.deadLetters.name,
  key: record.key,
  value: topology.deadLetters.value.encode({
    application: topology.application,
    stage,
    version: topology.version,
    code,
    message,
    sourceTopic: record.topic,
    sourcePartition: record.partition,
    sourceOffset: record.offset,
    sourceTimestamp: record.timestamp,
    key: record.key,
    value: record.value,
    headers: record.headers,
  }),
});

/** Everything one transaction will contain, as it grows. */
type Gathered = {
  outputs: ProducedRecord[];
  deadLetters: ProducedRecord[];
  told: { code: string; message: string; topic: string; offset: bigint }[];
  counted: { name: string; label: string }[];
};

const nothing = (): Gathered => ({ outputs: [], deadLetters: [], told: [], counted: [] });

export const stageWork = (setup: StageWorkSetup): TaskWork => {
  const { topology, stage, name, scheduler } = setup;
  const inputs = stage.inputs as unknown as readonly StageInput<unknown>[];
  const outputs = new Map(stage.outputs.map((topic) => [topic.name, topic.value]));
  const changelogs = new Changelogs(topology.application, stage, name, scheduler);
  let backend: StoreBackend | undefined;
  let overlay: StoreOverlay | undefined;
  let restoring: RestoreProgress | undefined;

  const tell = (progress: RestoreProgress): void => {
    restoring = progress.done ? undefined : progress;
    observe.restore.publish(progress);
  };

  const decode = (input: number, record: ConsumedRecord): Decoded => {
    const { topic, place } = inputs[input]!;
    // A redriven record tells of long ago and is processed now: its own place would bring it before what it saw.
    const standing = redrivePlace(record.headers);
    try {
      const key = decodeKey(record.key);
      const value = record.value === null ? null : topic.value.decode(record.value);
      const own = redrivenFrom(record.headers) === undefined ? place?.(value) : standing;
      return { place: own, outcome: { key, value } satisfies Outcome };
    } catch (error) {
      if (concernsMoreThanTheRecord(error)) throw error;
      return { place: standing, outcome: { poison: asPoison(error) } satisfies Outcome };
    }
  };

  const refuse = (gathered: Gathered, record: ConsumedRecord, code: string, message: string) => {
    gathered.deadLetters.push(deadLetterRecord(topology, stage.name, record, code, message));
    gathered.told.push({ code, message, topic: record.topic, offset: record.offset });
  };

  /** One record: its effects on `gathered` and the stores are complete, or only its dead letter is there. */
  const processOne = (stores: StoreOverlay, { input, record, decoded }: Taken, gathered: Gathered): void => {
    const outcome = decoded.outcome as Outcome;
    const own = nothing();
    try {
      if ('poison' in outcome) throw outcome.poison;
      const context: StageContext = {
        store: (store) => stores.view(store),
        send: (topic, key, value, headers) => {
          own.outputs.push(encodeOutput(outputs.get(topic.name), topic.name, key, value, headers, record.timestamp));
        },
        deadLetter: (code, message) => refuse(own, record, code, message),
        count: (counter, label) => own.counted.push({ name: counter, label }),
      };
      const { topic, partition, offset, timestamp, headers } = record;
      const seen: StageRecord = { topic, partition, offset, timestamp, headers, ...outcome };
      inputs[input]!.process(seen, context);
    } catch (error) {
      stores.dropRecord();
      if (concernsMoreThanTheRecord(error)) throw error;
      const { code, message } = asPoison(error);
      refuse(gathered, record, code, message);
      if (code === 'unexpected_error') observe.trouble.publish({ ...name, error, action: 'dead-letter' });
      return;
    }
    stores.keepRecord();
    gathered.outputs.push(...own.outputs);
    gathered.deadLetters.push(...own.deadLetters);
    gathered.told.push(...own.told);
    gathered.counted.push(...own.counted);
  };

  /** Takes what may be processed now, asking where inputs end as often as the order of merged inputs needs it. */
  const take = async (task: Task): Promise<readonly Taken[]> => {
    const { batchRecords, batchBytes } = task.limits;
    for (;;) {
      const ready = inputs.map((_, index) => Math.min(task.inputs.buffered(index), batchRecords));
      await Promise.all(
        inputs.map(async ({ topic }, index) => {
          const fresh = task.inputs.unprepared(index, ready[index]!);
          if (fresh.length > 0) await topic.value.prepare?.(fresh);
        }),
      );
      const { taken, unsampled } = task.inputs.take(batchRecords, batchBytes, ready, decode);
      if (taken.length > 0 || unsampled.length === 0) return taken;
      await task.sampleEnds(unsampled);
    }
  };

  /** Makes the stores anew, up to the committed positions. What stages sent then was committed then: it is not sent. */
  const rebuild = async (
    task: Task,
    standing: Standing,
    rebuilt: ReadonlyMap<string, bigint>,
    disk: StoreBackend,
    stores: StoreOverlay,
  ): Promise<void> => {
    const again = standing.inputs.map(({ source, position, beginning }) => ({
      source,
      from: rebuilt.get(source.topic) ?? beginning,
      to: position,
    }));
    const sum = (offsets: readonly bigint[]) => offsets.reduce((total, each) => total + each, 0n);
    const from = sum(again.map((each) => each.from));
    let records = 0;
    const progress = (positions: readonly bigint[], done: boolean) =>
      tell({
        ...name,
        store: stage.stores.map((store) => store.name).join(', '),
        source: 'inputs',
        from,
        position: sum(positions),
        end: sum(standing.positions),
        records,
        done,
      });
    progress(
      again.map((each) => each.from),
      false,
    );
    await readAgain({
      inputs: again,
      reader: await setup.reader(),
      ...task.limits,
      signal: task.signal,
      // Inputs without an order of their own come about as they came then.
      decode: (input, record) => {
        const decoded = decode(input, record);
        return isMerged(stage) ? decoded : { ...decoded, place: String(record.timestamp).padStart(20, '0') };
      },
      prepare: async (index, values) => {
        await inputs[index]!.topic.value.prepare?.(values);
      },
      batch: async (taken, positions, done) => {
        const forgotten = nothing();
        for (const one of taken) {
          processOne(stores, one, forgotten);
          task.at('mid-batch');
        }
        const changes = changelogs.records(stores);
        const at = new Map(again.map(({ source }, index) => [source.topic, positions[index]!]));
        const next = { ...changelogs.after(changes), rebuilt: done ? undefined : at };
        const ends = await task.commit({
          records: changes,
          positions: standing.positions,
          note: encodeHistory(next),
        });
        await changelogs.promote(disk, stores, next, ends);
        task.at('after-promote');
        records += taken.length;
        progress(positions, done);
      },
    });
  };

  return {
    restore: async (task, standing) => {
      backend ??= await setup.openBackend({ ...name, stores: stage.stores.map((store) => store.name) });
      overlay = new StoreOverlay(backend, stage.stores);
      if (stage.stores.length === 0) return;
      const bounds = await changelogs.bounds(setup.admin);
      const history = await changelogs.begin(task, standing, bounds, setup.admin);
      const { signal } = task;
      const reader = await setup.reader();
      const now = () => scheduler.now();
      await restoreStores({ task: name, changelogs: bounds, history, backend, reader, now, signal, tell });
      if (history.rebuilt !== undefined) await rebuild(task, standing, history.rebuilt, backend, overlay);
    },

    step: async (task) => {
      if (backend === undefined || overlay === undefined) throw new FatalError('a task works only after its restore');
      const taken = await take(task);
      if (taken.length === 0) return false;
      const began = performance.now();
      const gathered = nothing();
      for (const one of taken) {
        processOne(overlay, one, gathered);
        task.at('mid-batch');
      }
      const processed = performance.now();
      const changes = changelogs.records(overlay);
      const next = changes.length === 0 ? undefined : changelogs.after(changes);
      const ends = await task.commit({
        records: [...changes, ...gathered.outputs, ...gathered.deadLetters],
        positions: inputs.map((_, index) => task.inputs.processed(index)),
        ...(next === undefined ? {} : { note: encodeHistory(next) }),
      });
      if (next === undefined) overlay.clear();
      else await changelogs.promote(backend, overlay, next, ends);
      task.at('after-promote');
      for (const told of gathered.told) observe.deadLetter.publish({ ...name, ...told });
      for (const counted of gathered.counted) observe.count.publish({ ...name, ...counted });
      if (observe.batch.watched)
        observe.batch.publish({
          ...name,
          records: taken.length,
          outputs: gathered.outputs.length,
          changes: changes.length,
          deadLetters: gathered.deadLetters.length,
          processMs: processed - began,
          commitMs: performance.now() - processed,
          lastTimestamp: taken.at(-1)?.record.timestamp,
        });
      return true;
    },

    positions: (task) => inputs.map((_, index) => task.inputs.processed(index)),
    restoring: () => restoring,
    arrived: () => undefined,
    stopping: () => undefined,
    finish: () => Promise.resolve(),
    discard: () => {
      restoring = undefined;
      overlay?.clear();
      return Promise.resolve();
    },
    wipe: async () => {
      await backend?.clear();
    },
    close: async () => {
      await backend?.close();
      backend = undefined;
    },
  };
};

/** Throws `FatalError` for a topic the stage did not declare, `PoisonError` for what no broker would take. */
export const encodeOutput = (
  serde: Serde<unknown> | undefined,
  topic: string,
  key: string,
  value: unknown,
  headers: RecordHeaders | undefined,
  timestamp: bigint | undefined,
): ProducedRecord => {
  if (serde === undefined) throw new FatalError(`${topic} is not among the stage's outputs`);
  const bytes = serde.encode(value);
  if (bytes.length > maxRecordBytes)
    throw new PoisonError('output_too_large', `a record for ${topic} would have ${bytes.length} bytes`);
  return {
    topic,
    key: Buffer.from(key, 'utf8'),
    value: bytes,
    ...(headers === undefined ? {} : { headers }),
    ...(timestamp === undefined ? {} : { timestamp }),
  };
};
