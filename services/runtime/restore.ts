/** Brings a task's stores to the committed end of their changelogs. */
import { RetriableError, TaskCorruptedError } from './errors.ts';
import { observe, type TaskName } from './observe.ts';
import type { Admin, PartitionReader } from './ports.ts';
import { decodeText } from './serde.ts';
import type { Checkpoint, StoreBackend, StoreWrite } from './store.ts';

/**
 * A checkpoint older than this may have missed deletions that compaction has forgotten (`delete.retention.ms` of
 * changelogs is seven days): start over instead.
 */
const trustCheckpointMs = 6 * 24 * 3600 * 1000;

export const changelogRetentionMs = 7 * 24 * 3600 * 1000;

/**
 * Reads what is missing between each store's checkpoint and the read_committed end of its changelog partition. Must run
 * after the producer of the task was opened: only then has nobody else a transaction open there.
 */
export const restoreStores = async (
  task: TaskName,
  stores: readonly { store: string; topic: string }[],
  backend: StoreBackend,
  reader: PartitionReader,
  admin: Admin,
  now: () => number,
  signal: AbortSignal,
): Promise<void> => {
  const sources = stores.map(({ topic }) => ({ topic, partition: task.partition }));
  const [beginnings, ends] = await Promise.all([admin.beginningOffsets(sources), admin.endOffsets(sources)]);
  for (const { store, topic } of stores) {
    const begin = beginnings.find((each) => each.topic === topic)?.offset ?? 0n;
    const end = ends.find((each) => each.topic === topic)?.stable ?? 0n;
    const checkpoint = backend.checkpoint(store);
    if (checkpoint !== undefined && !usable(checkpoint, begin, end, now()))
      throw new TaskCorruptedError(
        `store ${store} is at ${checkpoint.position}, its changelog at ${begin} to ${end}: not the same history, or too old`,
      );
    const from = checkpoint?.position ?? begin;
    let position = from;
    let records = 0;
    const progress = (done: boolean) => observe.restore.publish({ ...task, store, from, position, end, records, done });
    if (from < end) {
      for await (const page of reader.read({ topic, partition: task.partition }, from, end)) {
        const writes: StoreWrite[] = page.records.flatMap(({ key, value }) =>
          key === null ? [] : [{ store, key: decodeText(key, 'invalid_key'), value: value ?? undefined }],
        );
        position = page.position;
        records += writes.length;
        await backend.write(writes, new Map([[store, { position, writtenAt: now() }]]));
        progress(false);
        // What is restored stays; whoever comes next continues here.
        if (signal.aborted) throw new RetriableError(`the restore of ${store} was given up`);
      }
    }
    if (position < end) throw new TaskCorruptedError(`changelog ${topic} ended at ${position} instead of ${end}`);
    if (checkpoint?.position !== position) await backend.write([], new Map([[store, { position, writtenAt: now() }]]));
    progress(true);
  }
};

const usable = ({ position, writtenAt }: Checkpoint, begin: bigint, end: bigint, now: number): boolean =>
  position >= begin && position <= end && now - writtenAt < trustCheckpointMs;
