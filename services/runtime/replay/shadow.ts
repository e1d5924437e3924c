/**
 * Runs a stage over what its topics hold, beside the live one: the same code, stores of its own, outputs handed to
 * whoever asked instead of to topics. State is made by folding from the beginning, so that the stage stands at any
 * place of history as it stood then.
 *
 * Inputs with a place are merged by it, as the live stage merges them. For the others any order is as good as another
 * (nothing may depend on it), and the timestamps of records come nearest to what happened.
 */
import type { ConsumedRecord, PartitionReader, ProducedRecord, TopicPartition } from '../ports.ts';
import { nothing, stageRun } from '../stage-run.ts';
import { StoreOverlay, type StoreBackend } from '../store.ts';
import { isMerged } from '../topics.ts';
import type { Serde, Stage, Topology } from '../topology.ts';
import { Cursor } from './cursor.ts';

/** Before the replayed range, within it, or after what the live stage has processed. */
export type Phase = 'before' | 'within' | 'beyond';

/** One input partition: it begins at `begin`, the live stage has processed up to `processed`, and we read to `end`. */
export type ShadowRange = Readonly<{ source: TopicPartition; begin: bigint; processed: bigint; end: bigint }>;

export type ShadowSetup = Readonly<{
  topology: Topology;
  stage: Stage;
  partition: number;
  /** One per input of the stage, in its order. */
  ranges: readonly ShadowRange[];
  reader: PartitionReader;
  /** Empty, with the stage's stores. */
  backend: StoreBackend;
  /** The first record for which this holds begins the replayed range, together with everything after it. */
  starts: (record: ConsumedRecord) => boolean;
  /** Records of other keys are passed over. For stages that keep keys apart. */
  key?: string;
  onOutputs: (outputs: readonly ProducedRecord[], phase: Phase) => Promise<void> | void;
  /** The backend holds the state before the first replayed record; `positions` are where the inputs stand, by input. */
  onStart?: (positions: readonly bigint[]) => Promise<void>;
  /** How many records were passed since it was told last. */
  onProgress?: (records: number) => void;
  signal?: AbortSignal;
}>;

/** Records between two writes of the shadow's stores. */
const batchRecords = 1000;

const least = (left: string | bigint, right: string | bigint): boolean => left < right;

/** Resolves when everything up to `end` was run. @throws what aborted the signal, and whatever stops the live stage too */
export const runShadow = async (setup: ShadowSetup): Promise<void> => {
  const { topology, stage, partition, ranges, reader, backend, signal } = setup;
  const { decode, process } = stageRun(topology, stage, {
    application: topology.application,
    stage: stage.name,
    partition,
  });
  const merged = isMerged(stage);
  const overlay = new StoreOverlay(backend, stage.stores);
  const places = ranges.map(() => '');
  const key = setup.key === undefined ? undefined : Buffer.from(setup.key);
  let phase: Phase = 'before';
  let gathered = nothing();
  let passed = 0;

  const flush = async (): Promise<void> => {
    const writes = overlay.writes();
    if (writes.length > 0) await backend.write(writes, new Map());
    overlay.clear();
    const outputs = [...gathered.outputs, ...gathered.deadLetters];
    gathered = nothing();
    if (outputs.length > 0) await setup.onOutputs(outputs, phase);
    setup.onProgress?.(passed);
    passed = 0;
    signal?.throwIfAborted();
  };

  const open = (part: (range: ShadowRange) => readonly [from: bigint, to: bigint]): readonly Cursor[] =>
    ranges.map((range, input) => {
      const [from, to] = part(range);
      const serde = stage.inputs[input]!.topic.value as unknown as Serde<unknown>;
      const matters = (record: ConsumedRecord) => key === undefined || record.key?.equals(key) === true;
      return new Cursor({ reader, input, source: range.source, serde, from, to, decode: decode, matters });
    });

  /** The input whose head comes next. */
  const choose = (cursors: readonly Cursor[]): Cursor | undefined => {
    let best: { cursor: Cursor; rank: string | bigint } | undefined;
    for (const cursor of cursors) {
      const { head } = cursor;
      if (head === undefined) continue;
      const rank = merged ? (head.decoded.place ?? places[cursor.input]!) : head.record.timestamp;
      if (best === undefined || least(rank, best.rank)) best = { cursor, rank };
    }
    return best?.cursor;
  };

  const run = async (cursors: readonly Cursor[]): Promise<void> => {
    try {
      for (let inBatch = 0; ;) {
        // One after the other: for first fetches side by side kafkajs opens two connections, and closes one of them.
        for (const cursor of cursors) await cursor.fill();
        signal?.throwIfAborted();
        while (cursors.every(({ ready }) => ready)) {
          const cursor = choose(cursors);
          if (cursor === undefined) {
            await flush();
            return;
          }
          const { record, decoded } = cursor.head!;
          if (phase === 'before' && setup.starts(record)) {
            await flush();
            await setup.onStart?.(cursors.map(({ position }) => position));
            phase = 'within';
          }
          places[cursor.input] = decoded.place ?? places[cursor.input]!;
          process(overlay, { input: cursor.input, record, decoded }, gathered);
          cursor.next();
          passed++;
          if (++inBatch < batchRecords) continue;
          inBatch = 0;
          await flush();
        }
      }
    } finally {
      await Promise.all(cursors.map((cursor) => cursor.close()));
    }
  };

  // What the live stage has processed comes first, as it did there; then what it has not yet.
  await run(open(({ begin, processed }) => [begin, processed]));
  phase = 'beyond';
  await run(open(({ processed, end }) => [processed, end]));
};
