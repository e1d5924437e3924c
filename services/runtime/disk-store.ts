/**
 * Committed state on disk (LMDB): one environment per task, written in one transaction per Kafka commit. Each value
 * carries a CRC, so that a damaged page means a restore instead of a wrong amount.
 */
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { open, type Database, type RootDatabase } from 'lmdb';
import { lockDirectory, type DirectoryLock } from './directory-lock.ts';
import { TaskCorruptedError } from './errors.ts';
import type { Checkpoint, OpenBackend, StoreBackend } from './store.ts';

const seal = (store: string, key: string, value: Buffer): Buffer => {
  const sealed = Buffer.allocUnsafe(value.length + 4);
  sealed.writeUInt32LE(crc32(value, crc32(`${store}\0${key}`)), 0);
  value.copy(sealed, 4);
  return sealed;
};

/** Throws `TaskCorruptedError` unless the bytes are those written under this key. */
const unseal = (store: string, key: string, sealed: Buffer): Buffer => {
  const value = sealed.subarray(4);
  if (sealed.length < 4 || sealed.readUInt32LE(0) !== crc32(value, crc32(`${store}\0${key}`)))
    throw new TaskCorruptedError(`checksum of ${key} in store ${store} does not match`);
  return value;
};

/** What LMDB says of a file it cannot use becomes what it means here. */
const trusting = <T>(use: () => T): T => {
  try {
    return use();
  } catch (cause) {
    if (cause instanceof TaskCorruptedError) throw cause;
    throw new TaskCorruptedError('the local store cannot be used', { cause });
  }
};

const encodeCheckpoint = ({ position, since, writtenAt }: Checkpoint): Buffer => {
  const bytes = Buffer.alloc(24);
  bytes.writeBigInt64LE(position, 0);
  bytes.writeDoubleLE(writtenAt, 8);
  bytes.writeDoubleLE(since, 16);
  return bytes;
};

const decodeCheckpoint = (bytes: Buffer): Checkpoint => ({
  position: bytes.readBigInt64LE(0),
  writtenAt: bytes.readDoubleLE(8),
  // Those of an earlier version know of one history only.
  since: bytes.length < 24 ? 0 : bytes.readDoubleLE(16),
});

/**
 * Which run of the operating system this is. Writes go to its page cache, which outlives this process but not the
 * machine; waiting for the disk would stop every task of the process at every commit. So a store of another run is not
 * trusted, and where runs cannot be told apart, writes wait for the disk.
 */
const bootId = ((): string | undefined => {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
})();

/** Empties a store that another run of the operating system has left. The changelog has it all. */
const forgetOtherRuns = (directory: string): void => {
  if (bootId === undefined) return;
  const path = join(directory, 'boot');
  const left = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (left === bootId) return;
  rmSync(join(directory, 'lmdb'), { recursive: true, force: true });
  writeFileSync(path, bootId);
};

type Opened = { root: RootDatabase<Buffer, Buffer>; tables: Map<string, Database<Buffer, Buffer>> };

/** Name of the table of checkpoints; no store can be called that (topic names have no blank). */
const checkpointTable = ' checkpoints';

const openEnvironment = (directory: string, stores: readonly string[]): Opened => {
  mkdirSync(directory, { recursive: true });
  const root = open<Buffer, Buffer>({
    path: join(directory, 'data.mdb'),
    encoding: 'binary',
    keyEncoding: 'binary',
    maxDbs: stores.length + 1,
    noSync: bootId !== undefined,
  });
  const tables = new Map(
    [...stores, checkpointTable].map((name) => [
      name,
      root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }),
    ]),
  );
  return { root, tables };
};

/** LMDB's magic number, in the header of its first page; the library itself dies over a file that is none of its own. */
const magic = 0xbeefc0de;
const magicAt = 24;

const looksLikeLmdb = (path: string): boolean => {
  if (!existsSync(path)) return true;
  const file = openSync(path, 'r');
  try {
    const header = Buffer.alloc(64);
    const length = readSync(file, header, 0, header.length, 0);
    return length === 0 || (length === header.length && header.readUInt32LE(magicAt) === magic);
  } finally {
    closeSync(file);
  }
};

const diskBackend = (directory: string, stores: readonly string[], lock: DirectoryLock): StoreBackend => {
  const files = join(directory, 'lmdb');
  const wipeFiles = () => rmSync(files, { recursive: true, force: true });
  let opened: Opened;
  if (!looksLikeLmdb(join(files, 'data.mdb'))) wipeFiles();
  try {
    opened = openEnvironment(files, stores);
  } catch {
    // A cache that cannot be opened is worth nothing; the changelog has it all.
    wipeFiles();
    opened = openEnvironment(files, stores);
  }
  const table = (name: string): Database<Buffer, Buffer> => {
    const found = opened.tables.get(name);
    if (found === undefined) throw new TaskCorruptedError(`no table ${name} on disk`);
    return found;
  };
  return {
    get: (store, key) =>
      trusting(() => {
        const sealed = table(store).getBinary(Buffer.from(key));
        return sealed === undefined ? undefined : unseal(store, key, sealed);
      }),
    *entries(store) {
      for (const { key, value } of table(store).getRange()) {
        const text = key.toString();
        yield [text, unseal(store, text, value)] as const;
      }
    },
    checkpoint: (store) =>
      trusting(() => {
        const sealed = table(checkpointTable).getBinary(Buffer.from(store));
        return sealed === undefined ? undefined : decodeCheckpoint(unseal(checkpointTable, store, sealed));
      }),
    write: (writes, checkpoints) => {
      trusting(() =>
        opened.root.transactionSync(() => {
          for (const { store, key, value } of writes) {
            if (value === undefined) table(store).removeSync(Buffer.from(key));
            else table(store).putSync(Buffer.from(key), seal(store, key, value));
          }
          for (const [store, checkpoint] of checkpoints)
            table(checkpointTable).putSync(
              Buffer.from(store),
              seal(checkpointTable, store, encodeCheckpoint(checkpoint)),
            );
        }),
      );
      return Promise.resolve();
    },
    clear: async () => {
      await opened.root.close();
      wipeFiles();
      opened = openEnvironment(files, stores);
    },
    close: async () => {
      await opened.root.close();
      lock.release();
    },
  };
};

/** Backends under `<stateDir>/<application>/<stage>-<partition>`. */
export const diskBackends =
  (stateDir: string): OpenBackend =>
  async ({ application, stage, partition, stores }) => {
    const directory = join(stateDir, application, `${stage}-${partition}`);
    mkdirSync(directory, { recursive: true });
    const lock = lockDirectory(directory);
    try {
      forgetOtherRuns(directory);
      return await Promise.resolve(diskBackend(directory, stores, lock));
    } catch (error) {
      lock.release();
      throw error;
    }
  };
