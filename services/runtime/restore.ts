/** Brings a task's stores to the committed end of their changelogs. */
import { isName } from './changelog-name.ts';
import { RetriableError, TaskCorruptedError } from './errors.ts';
import type { Bounds, History } from './history.ts';
import type { RestoreProgress, TaskName } from './observe.ts';
import type { PartitionReader } from './ports.ts';
import { decodeText } from './serde.ts';
import type { Checkpoint, StoreBackend, StoreWrite } from './store.ts';

/**
 * A checkpoint older than this may have missed deletions that compaction has forgotten (`delete.retention.ms` of
 * changelogs is seven days): start over instead.
 */
const trustCheckpointMs = 6 * 24 * 3600 * 1000;

export const changelogRetentionMs = 7 * 24 * 3600 * 1000;

export type RestoreSetup = Readonly<{
  task: TaskName;
  changelogs: readonly Bounds[];
  history: History;
  backend: StoreBackend;
  reader: PartitionReader;
  now: () => number;
  signal: AbortSignal;
  tell: (progress: RestoreProgress) => void;
}>;

/**
 * Reads what is missing between each store's checkpoint and the read_committed end of its changelog partition. Must run
 * after the producer of the task was opened: only then has nobody else a transaction open there. Throws
 * `TaskCorruptedError` when a checkpoint is not of this history.
 */
export const restoreStores = async (setup: RestoreSetup): Promise<void> => {
  const { task, changelogs, history, backend, reader, now, signal, tell } = setup;
  const { since } = history;
  for (const { store, topic, begin, end } of changelogs) {
    const start = history.reaches.get(store)?.from ?? begin;
    const checkpoint = backend.checkpoint(store);
    if (checkpoint !== undefined && !usable(checkpoint, since, start, end, now()))
      throw new TaskCorruptedError(
        `store ${store} is at ${checkpoint.position} of history ${checkpoint.since}, its changelog at ${start} ` +
          `to ${end} of history ${since}: not the same, or too old`,
      );
    const from = checkpoint?.position ?? start;
    let position = from;
    let records = 0;
    const progress = (done: boolean) =>
      tell({ ...task, store, source: 'changelog', from, position, end, records, done });
    if (from < end) {
      progress(false);
      for await (const page of reader.read({ topic, partition: task.partition }, from, end)) {
        const state = page.records.filter((record) => !isName(record));
        const writes: StoreWrite[] = state.flatMap(({ key, value }) =>
          key === null ? [] : [{ store, key: decodeText(key, 'invalid_key'), value: value ?? undefined }],
        );
        position = page.position;
        records += writes.length;
        await backend.write(writes, new Map([[store, { position, since, writtenAt: now() }]]));
        progress(false);
        // What is restored stays; whoever comes next continues here.
        if (signal.aborted) throw new RetriableError(`the restore of ${store} was given up`);
      }
    }
    if (position < end) throw new TaskCorruptedError(`changelog ${topic} ended at ${position} instead of ${end}`);
    if (checkpoint?.position !== position)
      await backend.write([], new Map([[store, { position, since, writtenAt: now() }]]));
    progress(true);
  }
};

const usable = (checkpoint: Checkpoint, since: number, from: bigint, end: bigint, now: number): boolean =>
  checkpoint.since === since &&
  checkpoint.position >= from &&
  checkpoint.position <= end &&
  now - checkpoint.writtenAt < trustCheckpointMs;
