/**
 * Processes inputs a second time, up to where they were committed, when what had come of them was lost. Records come from
 * a reader of their own: each input ends at its committed position, whatever lies behind.
 */
import { FatalError, RetriableError } from './errors.ts';
import { Inputs, type Decode, type Taken } from './inputs.ts';
import type { Admin, ConsumedRecord, PartitionReader, TopicPartition } from './ports.ts';
import type { Standing } from './task.ts';

/** An input as it has to be read again: from `from` up to `to`. */
export type Again = Readonly<{ source: TopicPartition; from: bigint; to: bigint }>;

/**
 * Throws `FatalError` when an input no longer has all that was processed of it: state made of the rest would be wrong and
 * look right.
 */
export const checkInputs = async (loss: string, groupId: string, standing: Standing, admin: Admin): Promise<void> => {
  const used = standing.inputs.filter(({ committed }) => committed);
  const ends = await admin.endOffsets(used.map(({ source }) => source));
  const missing = used.flatMap(({ source: { topic, partition }, position, beginning }) => {
    const end = ends.find((each) => each.topic === topic)?.high;
    if (end === undefined) throw new RetriableError(`no end offset of ${topic}`);
    if (beginning > 0n) return [`${topic}/${partition} begins at ${beginning}`];
    if (end < position) return [`${topic}/${partition} ends at ${end}, and was processed up to ${position}`];
    return [];
  });
  if (missing.length === 0) return;
  throw new FatalError(
    `${loss}. Its state cannot be rebuilt either, for inputs are not complete: ${missing.join('; ')}. ` +
      'Bring the changelog or these records back (from a mirror or a backup); or, to go on with empty state all the ' +
      `same, stop the application and commit the positions of group ${groupId} anew (kafka-consumer-groups ` +
      '--reset-offsets --to-current --execute).',
  );
};

export type RebuildSetup = Readonly<{
  inputs: readonly Again[];
  reader: PartitionReader;
  batchRecords: number;
  batchBytes: number;
  signal: AbortSignal;
  decode: Decode;
  /** Makes the decoding of these values of input `index` possible. */
  prepare: (index: number, values: readonly Buffer[]) => Promise<void>;
  /** Does everything there is to do with some records; `positions` is how far that brings each input. */
  batch: (taken: readonly Taken[], positions: readonly bigint[], done: boolean) => Promise<void>;
}>;

/** Merges the inputs by their place, as `decode` says it, in bounded batches. The last one, `done`, may be empty. */
export const readAgain = async (setup: RebuildSetup): Promise<void> => {
  const { batchRecords, batchBytes, reader, signal } = setup;
  const inputs = new Inputs(
    setup.inputs.map(({ source }) => source),
    true,
  );
  inputs.reset(setup.inputs.map(({ from }) => from));
  const pages = setup.inputs.map(({ source, from, to }) => reader.read(source, from, to)[Symbol.asyncIterator]());
  const behind = (index: number) => inputs.queues[index]!.position < setup.inputs[index]!.to;

  const fetch = async (index: number): Promise<void> => {
    const { topic, partition } = setup.inputs[index]!.source;
    while (inputs.buffered(index) === 0 && behind(index)) {
      const page = await pages[index]!.next();
      if (page.done === true) throw new RetriableError(`${topic}/${partition} could not be read to its end`);
      const { records, position }: { records: readonly ConsumedRecord[]; position: bigint } = page.value;
      inputs.offer(index, inputs.queues[index]!.position, records, position);
    }
  };

  try {
    for (let done = false; !done;) {
      if (signal.aborted) throw new RetriableError('the rebuild was given up');
      const indexes = setup.inputs.keys().toArray();
      await Promise.all(indexes.map(fetch));
      const ready = indexes.map((index) => Math.min(inputs.buffered(index), batchRecords));
      for (const index of indexes) {
        // All that arrived is covered: an input ends where it was committed.
        inputs.sampled(index, inputs.arrivals, setup.inputs[index]!.to);
        const fresh = inputs.unprepared(index, ready[index]!);
        if (fresh.length > 0) await setup.prepare(index, fresh);
      }
      const { taken } = inputs.take(batchRecords, batchBytes, ready, setup.decode);
      done = indexes.every((index) => inputs.buffered(index) === 0 && !behind(index));
      await setup.batch(
        taken,
        indexes.map((index) => inputs.processed(index)),
        done,
      );
    }
  } finally {
    for (const each of pages) await each.return?.();
  }
};
