/** What the present code of a stage makes of history, beside what its topics hold. Touches nothing. */
import { PoisonError } from '../errors.ts';
import { partitionOf } from '../partitioner.ts';
import type { Admin, ConsumedRecord, PartitionReader, ProducedRecord, TopicPartition } from '../ports.ts';
import { redrivenFrom } from '../redrive.ts';
import type { OpenBackend } from '../store.ts';
import { isMerged } from '../topics.ts';
import type { DeadLetter, Serde, Stage, Topology } from '../topology.ts';
import { type Explain, OutputComparison, type Output, type OutputDifference, outputStore } from './comparison.ts';
import {
  allOf,
  type From,
  outputPartitions,
  processedBy,
  rangesOf,
  settledEnds,
  stagePartitions,
  startsAt,
} from './ranges.ts';
import { runShadow } from './shadow.ts';

/** What an output is about, for telling differences; undefined when it is not to be compared. */
export type Identify = (topic: string, key: string, value: unknown) => string | undefined;

export type Progress = Readonly<{ stage: string; done: number; total: number }>;

export type CompareSetup = Readonly<{
  topology: Topology;
  stage: Stage;
  admin: Admin;
  reader: PartitionReader;
  /** Backends that begin empty and are nobody else's. */
  openBackend: OpenBackend;
  from: From;
  /** Only records of this key, for stages that keep keys apart. */
  key?: string;
  identify: Identify;
  compacted: ReadonlySet<string>;
  explain: Explain;
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}>;

/** Who told of it and what it is called; which of several records set it off depends on their arrival, if any does. */
const letterBytes = (letter: DeadLetter, merged: boolean): Buffer =>
  Buffer.from(
    merged ? `${letter.code} ${letter.sourceTopic}/${letter.sourcePartition}@${letter.sourceOffset}` : letter.code,
  );

/** Reads outputs in one canonical encoding, whatever schema they were written with. */
const outputReader = (topology: Topology, stage: Stage, identify: Identify) => {
  const serdes = new Map<string, Serde<unknown>>(stage.outputs.map(({ name, value }) => [name, value]));
  const letters = topology.deadLetters;
  const merged = isMerged(stage);
  return (record: Pick<ProducedRecord, 'topic' | 'key' | 'value'>): Output | undefined => {
    const { topic } = record;
    const key = record.key?.toString('utf8') ?? '';
    if (topic === letters.name) {
      if (record.value === null) return undefined;
      const letter = letters.value.decode(record.value);
      if (letter.application !== topology.application || letter.stage !== stage.name) return undefined;
      const identity = identify(topic, key, letter);
      return identity === undefined ? undefined : { topic, key, identity, bytes: letterBytes(letter, merged) };
    }
    const serde = serdes.get(topic)!;
    try {
      const value = record.value === null ? null : serde.decode(record.value);
      const identity = identify(topic, key, value);
      return identity === undefined
        ? undefined
        : { topic, key, identity, bytes: value === null ? null : serde.encode(value) };
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      return { topic, key, identity: `(${error.code})`, bytes: record.value };
    }
  };
};

export type StageComparison = Readonly<{
  /** Outputs of the range that were computed, by topic. */
  compared: ReadonlyMap<string, number>;
  /** Copies that an earlier replay has sent again. */
  repeated: number;
  /** Output partitions whose beginning is gone: what is missing there is no difference. */
  forgotten: readonly TopicPartition[];
  differences: () => AsyncGenerator<OutputDifference>;
  close: () => Promise<void>;
}>;

/** Runs the stage over all of its input and reads all of its output. */
export const compareStage = async (setup: CompareSetup): Promise<StageComparison> => {
  const { topology, stage, admin, reader, openBackend, signal } = setup;
  const { application } = topology;
  const count = await stagePartitions(admin, stage);
  // What was processed by now has its outputs before the ends, and what lies before the ends was in the inputs by then.
  const processed = await processedBy(topology, stage, admin, count);
  const outputs = await outputPartitions(topology, stage, admin);
  const outputEnds = await settledEnds(admin, allOf(outputs), signal);
  const inputEnds = (await admin.endOffsets(processed)).map((end) => ({ ...end, offset: end.stable }));

  const ranges = Array.from({ length: count }, (_, partition) => rangesOf(stage, partition, processed, inputEnds));
  const span = (from: bigint, to: bigint) => Number(to - from);
  const total =
    ranges.flat().reduce((sum, { begin, end }) => sum + span(begin, end), 0) +
    outputEnds.reduce((sum, { offset }) => sum + span(0n, offset), 0);
  let done = 0;
  const advance = (records: number) => setup.onProgress?.({ stage: stage.name, done: (done += records), total });

  const table = await openBackend({ application, stage: `${stage.name}-outputs`, partition: 0, stores: [outputStore] });
  const comparison = new OutputComparison(table, setup.compacted, setup.explain);
  const outputOf = outputReader(topology, stage, setup.identify);

  for (const [partition, range] of ranges.entries()) {
    const stores = stage.stores.map(({ name }) => name);
    const backend = await openBackend({ application, stage: stage.name, partition, stores });
    try {
      await runShadow({
        topology,
        stage,
        partition,
        ranges: range,
        reader,
        backend,
        starts: startsAt(setup.from),
        ...(setup.key !== undefined && { key: setup.key }),
        onOutputs: async (records, phase) => {
          for (const record of records) {
            const output = outputOf(record);
            if (output !== undefined) comparison.computed(output, phase);
          }
          await comparison.relieve();
        },
        onProgress: advance,
        ...(signal && { signal }),
      });
    } finally {
      await backend.close();
    }
  }

  const prepare = async (topic: string, records: readonly ConsumedRecord[]): Promise<void> => {
    const { value } = [...stage.outputs, topology.deadLetters].find(({ name }) => name === topic)!;
    await value.prepare?.(records.flatMap((record) => (record.value === null ? [] : [record.value])));
  };
  const outputBegins = await admin.beginningOffsets(outputEnds);
  const forgotten = outputBegins.filter(({ offset }) => offset > 0n);
  for (const [index, { topic, partition, offset: end }] of outputEnds.entries()) {
    for await (const { records } of reader.read({ topic, partition }, outputBegins[index]!.offset, end)) {
      await prepare(topic, records);
      for (const record of records) {
        // Put there by a person for whoever reads the topic: no output of the stage.
        if (redrivenFrom(record.headers) !== undefined) continue;
        const output = outputOf(record);
        if (output !== undefined) comparison.found(output, { partition, offset: record.offset });
      }
      await comparison.relieve();
      advance(records.length);
      signal?.throwIfAborted();
    }
  }
  advance(total - done);
  return {
    compared: comparison.compared,
    repeated: comparison.repeated,
    forgotten,
    differences: () =>
      comparison.differences((topic, key) => {
        const partition = partitionOf(Buffer.from(key), outputs.get(topic)!);
        return forgotten.some((each) => each.topic === topic && each.partition === partition);
      }),
    close: () => table.close(),
  };
};
