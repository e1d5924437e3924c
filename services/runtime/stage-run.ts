/**
 * What a stage makes of one record: the very code that tasks run, and that a shadow run of history runs. Nothing here
 * waits or knows of transactions.
 */
import {
  DiskUnwritableError,
  FatalError,
  PoisonError,
  RetriableError,
  TaskCorruptedError,
  TaskMigratedError,
} from './errors.ts';
import type { Decode, Taken } from './inputs.ts';
import { observe, type TaskName } from './observe.ts';
import type { ConsumedRecord, ProducedRecord, RecordHeaders } from './ports.ts';
import { redrivenFrom, redrivePlace } from './redrive.ts';
import { decodeText } from './serde.ts';
import type { StoreOverlay } from './store.ts';
import type { DeadLetter, Serde, Stage, StageContext, StageInput, StageRecord, Topic, Topology } from './topology.ts';

/** Brokers refuse records of more than about a megabyte (`message.max.bytes`). */
export const maxRecordBytes = 1_000_000;

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
export type Gathered = {
  outputs: ProducedRecord[];
  deadLetters: ProducedRecord[];
  told: { code: string; message: string; topic: string; offset: bigint }[];
  counted: { name: string; label: string }[];
};

export const nothing = (): Gathered => ({ outputs: [], deadLetters: [], told: [], counted: [] });

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

export type StageRun = Readonly<{
  decode: Decode;
  /** One record: its effects on `gathered` and the stores are complete, or only its dead letter is there. */
  process: (stores: StoreOverlay, taken: Taken, gathered: Gathered) => void;
}>;

export const stageRun = (topology: Topology, stage: Stage, name: TaskName): StageRun => {
  const inputs = stage.inputs as unknown as readonly StageInput<unknown>[];
  const outputs = new Map(stage.outputs.map((topic) => [topic.name, topic.value]));

  const decode: Decode = (input, record) => {
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

  const process: StageRun['process'] = (stores, { input, record, decoded }, gathered) => {
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

  return { decode, process };
};
