import { describe, expect, it } from 'vitest';
import { TaskCorruptedError } from '../../../services/runtime/errors.ts';
import { type Bounds, type History, lossOf } from '../../../services/runtime/history.ts';
import type { PartitionReader } from '../../../services/runtime/ports.ts';
import { restoreStores } from '../../../services/runtime/restore.ts';
import { memoryBackend } from '../../../services/runtime/store.ts';

const SINCE = 1_790_000_000_000;
const history: History = {
  since: SINCE,
  rebuilt: undefined,
  reaches: new Map([['orders', { from: 10n, to: 20n, named: undefined }]]),
};
const bounds = (begin: bigint, end: bigint): Bounds => ({ store: 'orders', topic: 'orders-changelog', begin, end });

describe('what is noted of a changelog', () => {
  it('is lost when its end or its beginning is gone', () => {
    expect(lossOf(history, [bounds(10n, 20n)])).toBeUndefined();
    expect(lossOf(history, [bounds(0n, 25n)])).toBeUndefined();
    expect(lossOf(history, [bounds(10n, 19n)])).toMatch(/ends at 19/);
    expect(lossOf(history, [bounds(11n, 20n)])).toMatch(/begins at 11, and its history at 10/);
  });
});

describe('a disk', () => {
  const restored = async (position: bigint, since = SINCE): Promise<void> => {
    const backend = memoryBackend();
    await backend.write([], new Map([['orders', { position, since, writtenAt: SINCE }]]));
    const reader = {
      read: async function* (_source: unknown, _from: bigint, end: bigint) {
        yield await Promise.resolve({ records: [], position: end });
      },
    } as unknown as PartitionReader;
    await restoreStores({
      task: { application: 'a', stage: 's', partition: 0 },
      changelogs: [bounds(10n, 20n)],
      history,
      backend,
      reader,
      now: () => SINCE,
      signal: new AbortController().signal,
      tell: () => undefined,
    });
  };

  it('is believed within its changelog, and not ahead of it, before it, or of another history', async () => {
    await restored(10n);
    await restored(20n);
    await expect(restored(21n)).rejects.toThrow(TaskCorruptedError);
    await expect(restored(9n)).rejects.toThrow(TaskCorruptedError);
    await expect(restored(15n, SINCE - 1)).rejects.toThrow(TaskCorruptedError);
  });
});
