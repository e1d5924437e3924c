/**
 * Puts one task of a stopped stage back to where it stood at an earlier place of its inputs: state and position
 * together, in one transaction of the task's own producer, which fences a task that may still run. Started again, the
 * task does everything from there anew. Its disk need not be touched: it follows the changelog.
 */
import { Changelogs } from '../changelogs.ts';
import { FatalError } from '../errors.ts';
import { type Bounds, decodeHistory, encodeHistory, type History } from '../history.ts';
import { partitionOf } from '../partitioner.ts';
import {
  type Admin,
  type ConsumedRecord,
  type KafkaCluster,
  nobody,
  type PartitionReader,
  type ProducedRecord,
  type TopicPartition,
  type Transaction,
} from '../ports.ts';
import { restoreStores } from '../restore.ts';
import type { OpenBackend, StoreBackend, StoreWrite } from '../store.ts';
import { changelogTopic, groupId, transactionalId } from '../topics.ts';
import type { Stage, Topology } from '../topology.ts';
import {
  allOf,
  type Processed,
  outputPartitions,
  processedBy,
  rangesOf,
  refuseMembers,
  settledEnds,
  stagePartitions,
} from './ranges.ts';
import { runShadow, type ShadowRange } from './shadow.ts';

/** What one transaction of a replay does; told to its audit record, which is part of it. */
export type Replayed = Readonly<{
  stage: string;
  partition: number;
  /** Where each input stood, and where it stands now. Equal when only outputs are sent again. */
  positions: readonly Readonly<{ topic: string; from: bigint; to: bigint }>[];
  stores: readonly Readonly<{ store: string; puts: bigint; deletes: bigint }>[];
  /** Output partitions by where they ended, and how many records will be in them once more. */
  outputs: readonly Readonly<{ topic: string; partition: number; end: bigint; records: bigint }>[];
}>;

export type ReplayTaskSetup = Readonly<{
  topology: Topology;
  stage: Stage;
  partition: number;
  cluster: Pick<KafkaCluster, 'transactionalProducer'>;
  admin: Admin;
  reader: PartitionReader;
  /** Backends that begin empty and are nobody else's. */
  openBackend: OpenBackend;
  now: () => number;
  audit: (replayed: Replayed) => ProducedRecord;
  onProgress?: (records: number) => void;
  signal: AbortSignal;
}>;

/** As long as brokers allow by default (`transaction.max.timeout.ms`): large states take a while to write. */
const transactionMs = 900_000;
const chunkRecords = 1000;

type Opened = Readonly<{
  shadow: StoreBackend;
  ranges: readonly ShadowRange[];
  counts: ReadonlyMap<string, number>;
  /** Writes to `changes` what makes the live changelogs hold what the shadow's stores hold, by store. */
  differ: (only?: (key: string) => boolean) => Promise<Replayed['stores']>;
  /** Runs `send` in one transaction together with the changes, the positions and the audit record. */
  commit: (
    replayed: Omit<Replayed, 'outputs'>,
    sent: ReadonlyMap<string, bigint>,
    outputs: readonly ProducedRecord[],
  ) => Promise<Replayed>;
}>;

const place = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** A change on disk: whether there is a value, and the value. */
const asKept = (value: Buffer | undefined): Buffer =>
  value === undefined ? Buffer.of(0) : Buffer.concat([Buffer.of(1), value]);
const fromKept = (kept: Buffer): Buffer | null => (kept[0] === 0 ? null : kept.subarray(1));

/**
 * What is noted of the task's changelogs, as it will go on.
 * @throws FatalError when they have lost something: the stage makes its stores anew when it is started
 */
const historyOf = async (
  { topology, stage, partition, reader }: ReplayTaskSetup,
  processed: readonly Processed[],
  changelogs: Changelogs,
  bounds: readonly Bounds[],
): Promise<History> => {
  const noted = decodeHistory(processed.find((each) => each.partition === partition && each.note !== undefined)?.note);
  const loss =
    noted && ((await changelogs.lossOf(noted, bounds, reader)) ?? (noted.rebuilt && 'its stores are being made anew'));
  if (loss !== undefined)
    throw new FatalError(
      `${groupId(topology.application, stage.name)}/${partition}: ${loss}. Start it, let it come to an end with that, and stop it again`,
    );
  const reaches = new Map(
    bounds.map(({ store, begin, end }) => {
      const reach = noted?.reaches.get(store);
      return [store, { from: reach?.from ?? begin, to: end, named: reach?.named }];
    }),
  );
  return { since: noted?.since ?? 0, reaches, rebuilt: undefined };
};

/** Fences the task, restores what it holds, and hands on what is needed to replace it; closes everything after. */
const withTask = async <T>(setup: ReplayTaskSetup, use: (opened: Opened) => Promise<T>): Promise<T> => {
  const { topology, stage, partition, admin, reader, openBackend, signal } = setup;
  const { application } = topology;
  await refuseMembers(topology, stage, admin);
  const id = transactionalId(application, stage.name, partition);
  const producer = await setup.cluster.transactionalProducer(id, { timeoutMs: transactionMs });
  /** A transaction that failed cannot be aborted by itself; a successor ends it. Until then readers would wait. */
  const endTransaction = async (): Promise<void> => {
    try {
      await (await setup.cluster.transactionalProducer(id)).close();
    } catch {
      // The brokers are away: the service ends it when it opens the id, or they do by themselves in time.
    }
  };
  const stores = stage.stores.map(({ name }) => name);
  const topicOf = new Map(stage.stores.map((store) => [store.name, changelogTopic(application, store)]));
  const backend = (name: string) => openBackend({ application, stage: `${stage.name}-${name}`, partition, stores });
  const [shadow, live, changes] = [await backend('shadow'), await backend('live'), await backend('changes')];
  try {
    const task = { application, stage: stage.name, partition };
    const processed = await processedBy(topology, stage, admin, await stagePartitions(admin, stage));
    const changelogs = new Changelogs(application, stage, task, { now: setup.now });
    const bounds = await changelogs.bounds(admin);
    const history = await historyOf(setup, processed, changelogs, bounds);
    const { now } = setup;
    if (stores.length > 0)
      await restoreStores({
        ...{ task, changelogs: bounds, history, backend: live, reader, now, signal },
        tell: () => undefined,
      });
    const counts = await outputPartitions(topology, stage, admin);

    const differ: Opened['differ'] = async (only = () => true) => {
      const told: Replayed['stores'][number][] = [];
      for (const store of stores) {
        let [puts, deletes] = [0n, 0n];
        let writes: StoreWrite[] = [];
        const keep = async (write: StoreWrite): Promise<void> => {
          writes.push({ ...write, value: asKept(write.value) });
          if (writes.length < chunkRecords) return;
          await changes.write(writes, new Map());
          writes = [];
        };
        for (const [key, value] of shadow.entries(store)) {
          if (!only(key) || live.get(store, key)?.equals(value) === true) continue;
          puts++;
          await keep({ store, key, value });
        }
        for (const [key] of live.entries(store)) {
          if (!only(key) || shadow.get(store, key) !== undefined) continue;
          deletes++;
          await keep({ store, key, value: undefined });
        }
        await changes.write(writes, new Map());
        told.push({ store, puts, deletes });
      }
      return told;
    };

    const sendChanges = async (transaction: Transaction): Promise<void> => {
      for (const store of stores) {
        let records: ProducedRecord[] = [];
        const topic = topicOf.get(store)!;
        for (const [key, value] of changes.entries(store)) {
          records.push({ topic, partition, key: Buffer.from(key), value: fromKept(value) });
          if (records.length < chunkRecords) continue;
          await transaction.send(records);
          records = [];
          signal.throwIfAborted();
        }
        if (records.length > 0) await transaction.send(records);
      }
    };

    /** Noted with the positions, as the task notes it: its changelogs reach further now. */
    const noteAfter = (changed: Replayed['stores']): string => {
      const reaches = new Map(
        [...history.reaches].map(([store, { from, to, named }]) => {
          const { puts, deletes } = changed.find((each) => each.store === store) ?? { puts: 0n, deletes: 0n };
          return [store, { from, to: to + puts + deletes, named }];
        }),
      );
      return encodeHistory({ ...history, reaches });
    };

    const commit: Opened['commit'] = async (replayed, sent, outputs) => {
      // Nothing of this task can come after these ends but what the replay brings: the task is fenced.
      const ends = await settledEnds(admin, allOf(counts), signal);
      const told: Replayed = {
        ...replayed,
        outputs: ends.flatMap(({ topic, partition: of, offset: end }) => {
          const records = sent.get(place({ topic, partition: of })) ?? 0n;
          return records > 0n ? [{ topic, partition: of, end, records }] : [];
        }),
      };
      await refuseMembers(topology, stage, admin);
      const transaction = await producer.begin();
      try {
        await sendChanges(transaction);
        for (let at = 0; at < outputs.length; at += chunkRecords)
          await transaction.send(outputs.slice(at, at + chunkRecords));
        await transaction.send([setup.audit(told)]);
        const note = noteAfter(told.stores);
        const offsets = told.positions.map(({ topic, to: offset }, index) => ({
          ...{ topic, partition, offset },
          ...(index === 0 && stores.length > 0 && { note }),
        }));
        await transaction.sendOffsets(nobody(groupId(application, stage.name)), offsets);
        signal.throwIfAborted();
        await transaction.commit();
      } catch (error) {
        await endTransaction();
        throw error;
      }
      return told;
    };

    // What the stage has not processed yet is nothing to do again.
    const ranges = rangesOf(stage, partition, processed, []);
    return await use({ shadow, ranges, counts, differ, commit });
  } finally {
    await producer.close();
    for (const each of [shadow, live, changes]) await each.close();
  }
};

const counter = (counts: ReadonlyMap<string, number>) => {
  const sent = new Map<string, bigint>();
  return {
    sent,
    add: (records: readonly ProducedRecord[]): void => {
      for (const { topic, key } of records) {
        const name = place({ topic, partition: partitionOf(key, counts.get(topic)!) });
        sent.set(name, (sent.get(name) ?? 0n) + 1n);
      }
    },
  };
};

/**
 * Resets a task to the place before the first record for which `starts` holds. All of it happens, or nothing.
 * @returns undefined when the task has processed nothing from there on, and is left alone
 * @throws StageAtWorkError when the stage is being worked on; what aborted the signal
 */
export const resetTask = async (
  setup: ReplayTaskSetup & Readonly<{ starts: (record: ConsumedRecord) => boolean }>,
): Promise<Replayed | undefined> =>
  withTask(setup, async ({ shadow, ranges, counts, differ, commit }) => {
    const { topology, stage, partition, reader, starts, signal } = setup;
    const { sent, add } = counter(counts);
    let start: Readonly<{ positions: readonly bigint[]; stores: Replayed['stores'] }> | undefined;
    await runShadow({
      ...{ topology, stage, partition, ranges, reader, backend: shadow, starts, signal },
      onStart: async (positions) => {
        start = { positions, stores: await differ() };
      },
      onOutputs: (records, phase) => {
        if (phase === 'within') add(records);
      },
      ...(setup.onProgress && { onProgress: setup.onProgress }),
    });
    if (start === undefined) return undefined;
    const { positions, stores } = start as Readonly<{ positions: readonly bigint[]; stores: Replayed['stores'] }>;
    const moved = ranges.map(({ source, processed }, index) => ({
      topic: source.topic,
      from: processed,
      to: positions[index]!,
    }));
    return commit({ stage: stage.name, partition, positions: moved, stores }, sent, []);
  });

/**
 * Sets what a stage that keeps keys apart knows of one key to what the present code makes of its history, and sends the
 * key's outputs again. Positions stay.
 */
export const reissueKey = async (setup: ReplayTaskSetup & Readonly<{ key: string }>): Promise<Replayed> =>
  withTask(setup, async ({ shadow, ranges, counts, differ, commit }) => {
    const { topology, stage, partition, reader, key, signal } = setup;
    const { sent, add } = counter(counts);
    const outputs: ProducedRecord[] = [];
    await runShadow({
      ...{ topology, stage, partition, ranges, reader, backend: shadow, key, signal },
      starts: () => true,
      onOutputs: (records) => {
        outputs.push(...records.filter(({ topic }) => topic !== topology.deadLetters.name));
      },
      ...(setup.onProgress && { onProgress: setup.onProgress }),
    });
    add(outputs);
    const stores = await differ((each) => each === key);
    const positions = ranges.map(({ source: { topic }, processed }) => ({ topic, from: processed, to: processed }));
    return commit({ stage: stage.name, partition, positions, stores }, sent, outputs);
  });
