/**
 * Committed state on disk (LMDB): one environment per task, written in one transaction per Kafka commit. Each value
 * carries a CRC and each table the sum of them, and the file is read as a whole before LMDB gets it: what is damaged
 * means a restore instead of a wrong amount, a missing one, or a dead process.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { open, type Database, type RootDatabase } from 'lmdb';
import { lockDirectory, type DirectoryLock } from './directory-lock.ts';
import { trusting, writing } from './disk-errors.ts';
import { DiskUnwritableError, TaskCorruptedError } from './errors.ts';
import { DamagedFileError, readLmdbFile } from './lmdb-file.ts';
import { observe } from './observe.ts';
import { added, seal, sealOf, unseal, type Sums } from './sealed.ts';
import type { Checkpoint, OpenBackend, StoreWrite } from './store.ts';

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

/** Names of tables that no store can have (topic names have no blank). */
const checkpointTable = ' checkpoints';
const sumTable = ' sums';

const openEnvironment = (directory: string, stores: readonly string[]): Opened => {
  mkdirSync(directory, { recursive: true });
  const root = open<Buffer, Buffer>({
    path: join(directory, 'data.mdb'),
    encoding: 'binary',
    keyEncoding: 'binary',
    maxDbs: stores.length + 2,
    noSync: bootId !== undefined,
    overlappingSync: false,
  });
  const tables = new Map(
    [...stores, checkpointTable, sumTable].map((name) => [
      name,
      root.openDB<Buffer, Buffer>({ name, encoding: 'binary', keyEncoding: 'binary' }),
    ]),
  );
  return { root, tables };
};

/** More than LMDB needs for the readers that lmdb-js asks for; and for a file with nothing in it yet. */
const lockFileBytes = 64 * 1024;
const roomBytes = 256 * 1024;

/**
 * Where LMDB would die of a full disk this is an error: it writes to its lock file through mapped memory, and lmdb-js does
 * not outlive an environment that it could not begin.
 */
const takeRoom = (files: string): void => {
  mkdirSync(files, { recursive: true });
  writeFileSync(join(files, 'data.mdb-lock'), Buffer.alloc(lockFileBytes));
  const room = join(files, 'room');
  try {
    writeFileSync(room, Buffer.alloc(roomBytes));
  } finally {
    rmSync(room, { force: true });
  }
};

/** The event loop has its turn after so many values. */
const entriesPerTurn = 1000;

/** Reads the whole file. Returns the sum of each table; throws `DamagedFileError` when anything in it is not as written. */
const sumsOf = async (path: string): Promise<Sums> => {
  const sums = new Map<string, number>();
  const noted = new Map<string, number>();
  if (!existsSync(path) || statSync(path).size === 0) return sums;
  let count = 0;
  for (const { table, key, value } of readLmdbFile(path)) {
    if (++count % entriesPerTurn === 0) await breathe();
    const text = key.toString();
    let plain: Buffer;
    try {
      plain = unseal(table, text, value);
    } catch (cause) {
      throw new DamagedFileError(`a value of table ${table} is damaged`, { cause });
    }
    if (table === sumTable) noted.set(text, plain.readDoubleLE());
    else sums.set(table, added(sums.get(table), sealOf(value), 1));
  }
  for (const table of new Set([...sums.keys(), ...noted.keys()]))
    if ((sums.get(table) ?? 0) !== (noted.get(table) ?? 0))
      throw new DamagedFileError(`table ${table} does not have all that was written, or more`);
  return sums;
};

class DiskBackend {
  readonly #files: string;
  readonly #stores: readonly string[];
  readonly #lock: DirectoryLock;
  #opened: Opened | undefined;
  #sums: Map<string, number> = new Map();

  private constructor(directory: string, stores: readonly string[], lock: DirectoryLock) {
    this.#files = join(directory, 'lmdb');
    this.#stores = stores;
    this.#lock = lock;
  }

  /** `damaged` is told why what was there is not used. */
  static async open(
    directory: string,
    stores: readonly string[],
    lock: DirectoryLock,
    damaged: (error: TaskCorruptedError) => void,
  ): Promise<DiskBackend> {
    const backend = new DiskBackend(directory, stores, lock);
    try {
      backend.#sums = new Map(await sumsOf(join(backend.#files, 'data.mdb')));
      backend.#open();
    } catch (cause) {
      if (cause instanceof DiskUnwritableError) throw cause;
      // A cache that cannot be read is worth nothing; the changelog has it all.
      damaged(new TaskCorruptedError('the local store is damaged', { cause }));
      await backend.clear();
    }
    return backend;
  }

  get(store: string, key: string): Buffer | undefined {
    return trusting(() => {
      const sealed = this.#table(store).getBinary(Buffer.from(key));
      return sealed === undefined ? undefined : unseal(store, key, sealed);
    });
  }

  *entries(store: string): Iterable<readonly [string, Buffer]> {
    for (const { key, value } of this.#table(store).getRange()) {
      const text = key.toString();
      yield [text, unseal(store, text, value)] as const;
    }
  }

  checkpoint(store: string): Checkpoint | undefined {
    const bytes = this.get(checkpointTable, store);
    return bytes === undefined ? undefined : decodeCheckpoint(bytes);
  }

  write(writes: readonly StoreWrite[], checkpoints: ReadonlyMap<string, Checkpoint>): Promise<void> {
    const all = [
      ...writes,
      ...[...checkpoints].map(([key, at]) => ({ store: checkpointTable, key, value: encodeCheckpoint(at) })),
    ];
    const sums = new Map(this.#sums);
    trusting(() =>
      this.#environment().root.transactionSync(() => {
        for (const { store, key, value } of all) this.#put(store, key, value, sums);
        for (const table of new Set(all.map(({ store }) => store))) {
          const sum = Buffer.alloc(8);
          sum.writeDoubleLE(sums.get(table) ?? 0);
          this.#table(sumTable).putSync(Buffer.from(table), seal(sumTable, table, sum));
        }
      }),
    );
    this.#sums = sums;
    return Promise.resolve();
  }

  async clear(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#sums = new Map();
    await opened?.root.close();
    writing(() => rmSync(this.#files, { recursive: true, force: true }));
    this.#open();
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    try {
      await opened?.root.close();
    } finally {
      this.#lock.release();
    }
  }

  #open(): void {
    writing(() => takeRoom(this.#files));
    this.#opened = trusting(() => openEnvironment(this.#files, this.#stores));
    // What LMDB sees is what was read.
    for (const [table, sum] of this.#sums)
      if (this.#opened.tables.has(table) && this.get(sumTable, table)?.readDoubleLE() !== sum)
        throw new TaskCorruptedError(`table ${table} is another one to LMDB`);
  }

  #environment(): Opened {
    if (this.#opened === undefined) throw new TaskCorruptedError('the local store is not open');
    return this.#opened;
  }

  #table(name: string): Database<Buffer, Buffer> {
    const found = this.#environment().tables.get(name);
    if (found === undefined) throw new TaskCorruptedError(`no table ${name} on disk`);
    return found;
  }

  #put(store: string, key: string, value: Buffer | undefined, sums: Map<string, number>): void {
    const table = this.#table(store);
    const bytes = Buffer.from(key);
    const before = table.getBinary(bytes);
    if (before !== undefined) sums.set(store, added(sums.get(store), sealOf(before), -1));
    if (value === undefined) {
      table.removeSync(bytes);
      return;
    }
    const sealed = seal(store, key, value);
    sums.set(store, added(sums.get(store), sealOf(sealed), 1));
    table.putSync(bytes, sealed);
  }
}

/** Backends under `<stateDir>/<application>/<stage>-<partition>`. Opening reads all there is, and uses it if it is sound. */
export const diskBackends =
  (stateDir: string): OpenBackend =>
  async ({ stores, ...task }) => {
    const directory = join(stateDir, task.application, `${task.stage}-${task.partition}`);
    const lock = writing(() => {
      mkdirSync(directory, { recursive: true });
      return lockDirectory(directory);
    });
    try {
      writing(() => forgetOtherRuns(directory));
      const damaged = (error: TaskCorruptedError) => observe.trouble.publish({ ...task, error, action: 'wipe' });
      const backend = await DiskBackend.open(directory, stores, lock, damaged);
      return {
        get: (store, key) => backend.get(store, key),
        entries: (store) => backend.entries(store),
        checkpoint: (store) => backend.checkpoint(store),
        write: (writes, checkpoints) => backend.write(writes, checkpoints),
        clear: () => backend.clear(),
        close: () => backend.close(),
      };
    } catch (error) {
      lock.release();
      throw error;
    }
  };
