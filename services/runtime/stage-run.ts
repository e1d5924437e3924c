/**
 * What a stage makes of one record: the very code that tasks run, that a shadow run of history runs, and that certificates
 * run over the records of an order. Nothing here waits or knows of transactions.
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
type PassedOver = Readonly<{ passedOver: true }>;
type Outcome = Readonly<{ key: string; value: unknown }> | Undecodable | PassedOver;

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

/** The inputs of a stage; what they decode, they alone process. */
export const inputsOf = (stage: Stage): readonly StageInput<unknown>[] =>
  stage.inputs as unknown as readonly StageInput<unknown>[];

/** What a stage makes of a record: all of it counts together. */
export type Made = Readonly<{
  outputs: readonly ProducedRecord[];
  /** Reasons to put the record into dead letters, one letter each. */
  refusals: readonly Readonly<{ code: string; message: string }>[];
  counted: Gathered['counted'];
  /** Why it could not be processed: it is refused for that, nothing else came of it, and what it did to tables is void. */
  failed: PoisonError | undefined;
}>;

const isOfConcern = ({ concerns }: StageInput<unknown>, { key }: ConsumedRecord): boolean =>
  concerns === undefined || (key !== null && concerns(key.toString('utf8')));

const outcomeOf = (input: StageInput<unknown>, record: ConsumedRecord): Outcome => {
  if (!isOfConcern(input, record)) return { passedOver: true };
  try {
    const { value: serde } = input.topic;
    return { key: decodeKey(record.key), value: record.value === null ? null : serde.decode(record.value) };
  } catch (error) {
    if (concernsMoreThanTheRecord(error)) throw error;
    return { poison: asPoison(error) };
  }
};

const madeOfDecoded = (
  stage: Stage,
  input: number,
  record: ConsumedRecord,
  outcome: Outcome,
  store: StageContext['store'],
): Made => {
  const outputs: ProducedRecord[] = [];
  const refusals: Made['refusals'][number][] = [];
  const counted: Gathered['counted'] = [];
  if ('passedOver' in outcome) return { outputs, refusals, counted, failed: undefined };
  try {
    if ('poison' in outcome) throw outcome.poison;
    const context: StageContext = {
      store,
      send: (to, key, value, headers) => {
        const serde = stage.outputs.find(({ name }) => name === to.name)?.value;
        outputs.push(encodeOutput(serde, to.name, key, value, headers, record.timestamp));
      },
      deadLetter: (code, message) => refusals.push({ code, message }),
      count: (name, label) => counted.push({ name, label }),
    };
    const { topic, partition, offset, timestamp, headers } = record;
    const seen: StageRecord = { topic, partition, offset, timestamp, headers, ...outcome };
    inputsOf(stage)[input]!.process(seen, context);
    return { outputs, refusals, counted, failed: undefined };
  } catch (error) {
    if (concernsMoreThanTheRecord(error)) throw error;
    const failed = asPoison(error);
    return { outputs: [], refusals: [{ code: failed.code, message: failed.message }], counted: [], failed };
  }
};

/** What the stage makes of a record of its input `input`. `store` gives its tables. */
export const madeOf = (stage: Stage, input: number, record: ConsumedRecord, store: StageContext['store']): Made =>
  madeOfDecoded(stage, input, record, outcomeOf(inputsOf(stage)[input]!, record), store);

export type StageRun = Readonly<{
  decode: Decode;
  /** One record: its effects on `gathered` and the stores are complete, or only its dead letter is there. */
  process: (stores: StoreOverlay, taken: Taken, gathered: Gathered) => void;
}>;

export const stageRun = (topology: Topology, stage: Stage, name: TaskName): StageRun => {
  const inputs = inputsOf(stage);

  const decode: Decode = (input, record) => {
    const { place } = inputs[input]!;
    // A redriven record tells of long ago and is processed now: its own place would bring it before what it saw.
    const standing = redrivePlace(record.headers);
    const outcome = outcomeOf(inputs[input]!, record);
    if ('poison' in outcome || 'passedOver' in outcome) return { place: standing, outcome };
    try {
      return { place: redrivenFrom(record.headers) === undefined ? place?.(outcome.value) : standing, outcome };
    } catch (error) {
      if (concernsMoreThanTheRecord(error)) throw error;
      return { place: standing, outcome: { poison: asPoison(error) } satisfies Outcome };
    }
  };

  const process: StageRun['process'] = (stores, { input, record, decoded }, gathered) => {
    const made = madeOfDecoded(stage, input, record, decoded.outcome as Outcome, (store) => stores.view(store));
    if (made.failed === undefined) stores.keepRecord();
    else stores.dropRecord();
    gathered.outputs.push(...made.outputs);
    for (const { code, message } of made.refusals) {
      gathered.deadLetters.push(deadLetterRecord(topology, stage.name, record, code, message));
      gathered.told.push({ code, message, topic: record.topic, offset: record.offset });
    }
    gathered.counted.push(...made.counted);
    if (made.failed?.code === 'unexpected_error')
      observe.trouble.publish({ ...name, error: made.failed.cause ?? made.failed, action: 'dead-letter' });
  };

  return { decode, process };
};
