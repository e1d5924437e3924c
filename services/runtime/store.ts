/**
 * A task's tables: committed state in a backend, and above it what the present transaction changed (overlay), and above
 * that what the present record changed. A record's changes join the transaction's when it succeeds and vanish when it
 * does not; the transaction's are written to the backend only after Kafka has committed them.
 */
import { FatalError, PoisonError } from './errors.ts';
import type { KeyValueStore, Serde, Store } from './topology.ts';

/** One change of committed state. An undefined value is a deletion. */
export type StoreWrite = Readonly<{ store: string; key: string; value: Buffer | undefined }>;

/**
 * Up to where of its changelog a store is, in which history (`since`), and when that was written (epoch milliseconds).
 */
export type Checkpoint = Readonly<{ position: bigint; since: number; writtenAt: number }>;

/** Committed state of one task on this machine: a cache of its changelogs. */
export interface StoreBackend {
  /** Throws `TaskCorruptedError` when the bytes are not those that were written. */
  get(store: string, key: string): Buffer | undefined;
  entries(store: string): Iterable<readonly [key: string, value: Buffer]>;
  checkpoint(store: string): Checkpoint | undefined;
  /** All or nothing, and durable against the death of the process when it resolves. */
  write(writes: readonly StoreWrite[], checkpoints: ReadonlyMap<string, Checkpoint>): Promise<void>;
  /** Forgets everything, checkpoints too. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

/** Opens the one backend of a task. Throws `RetriableError` while another task has it open. */
export type OpenBackend = (task: {
  application: string;
  stage: string;
  partition: number;
  stores: readonly string[];
}) => Promise<StoreBackend>;

/** A value as the stage gave it, with its bytes; undefined when deleted. */
type Change = Readonly<{ value: unknown; bytes: Buffer }> | undefined;

/** LMDB takes keys of up to 1978 bytes. */
export const maxKeyBytes = 1900;

const absent = Symbol('absent');

/** The changes of one transaction. */
export class StoreOverlay {
  readonly #backend: StoreBackend;
  readonly #serdes: ReadonlyMap<string, Serde<unknown>>;
  readonly #transaction: ReadonlyMap<string, Map<string, Change>>;
  readonly #record: ReadonlyMap<string, Map<string, Change>>;
  /** Decoded committed values, so that a hot key is decoded once per transaction. */
  readonly #read: ReadonlyMap<string, Map<string, unknown>>;

  constructor(backend: StoreBackend, stores: readonly Store<unknown>[]) {
    const perStore = <T>() => new Map(stores.map(({ name }) => [name, new Map<string, T>()]));
    this.#backend = backend;
    this.#serdes = new Map(stores.map(({ name, value }) => [name, value]));
    this.#transaction = perStore<Change>();
    this.#record = perStore<Change>();
    this.#read = perStore<unknown>();
  }

  /** A stage's view of one store. Throws `FatalError` when the stage did not declare it. */
  view<V>(store: Store<V>): KeyValueStore<V> {
    const { name } = store;
    const record = this.#record.get(name);
    const transaction = this.#transaction.get(name);
    const serde = this.#serdes.get(name);
    if (record === undefined || transaction === undefined || serde === undefined)
      throw new FatalError(`the stage has no store ${name}`);
    return {
      get: (key) => {
        if (record.has(key)) return record.get(key)?.value as V | undefined;
        if (transaction.has(key)) return transaction.get(key)?.value as V | undefined;
        return this.#committed(name, key, serde) as V | undefined;
      },
      put: (key, value) => {
        const size = Buffer.byteLength(key);
        if (size === 0 || size > maxKeyBytes)
          throw new PoisonError('unusable_key', `a key of ${size} bytes cannot be kept in store ${name}`);
        record.set(key, { value, bytes: serde.encode(value) });
      },
      delete: (key) => {
        record.set(key, undefined);
      },
    };
  }

  /** The record succeeded: its changes join the transaction's. */
  keepRecord(): void {
    for (const [store, changes] of this.#record) {
      const transaction = this.#transaction.get(store)!;
      for (const [key, change] of changes) transaction.set(key, change);
      changes.clear();
    }
  }

  /** The record failed: nothing of it remains. */
  dropRecord(): void {
    for (const changes of this.#record.values()) changes.clear();
  }

  /** One write per changed key, in the order of first change. */
  writes(): readonly StoreWrite[] {
    return [...this.#transaction].flatMap(([store, changes]) =>
      [...changes].map(([key, change]) => ({ store, key, value: change?.bytes })),
    );
  }

  /** The transaction is over: its changes are in the backend now, or never were. */
  clear(): void {
    this.dropRecord();
    for (const [store, changes] of this.#transaction) {
      changes.clear();
      this.#read.get(store)!.clear();
    }
  }

  #committed(name: string, key: string, serde: Serde<unknown>): unknown {
    const known = this.#read.get(name)!;
    const cached = known.get(key);
    if (cached !== undefined) return cached === absent ? undefined : cached;
    const bytes = this.#backend.get(name, key);
    const value = bytes === undefined ? undefined : serde.decode(bytes);
    known.set(key, value ?? absent);
    return value;
  }
}

/** A backend in memory. It outlives its task like a disk does: `close` only ends this use of it. */
export const memoryBackend = (): StoreBackend => {
  const tables = new Map<string, Map<string, Buffer>>();
  const checkpoints = new Map<string, Checkpoint>();
  const table = (store: string) => {
    let found = tables.get(store);
    if (found === undefined) tables.set(store, (found = new Map<string, Buffer>()));
    return found;
  };
  return {
    get: (store, key) => table(store).get(key),
    entries: (store) => [...table(store)].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
    checkpoint: (store) => checkpoints.get(store),
    write: (writes, positions) => {
      for (const { store, key, value } of writes) {
        if (value === undefined) table(store).delete(key);
        else table(store).set(key, Buffer.from(value));
      }
      for (const [store, checkpoint] of positions) checkpoints.set(store, checkpoint);
      return Promise.resolve();
    },
    clear: () => {
      tables.clear();
      checkpoints.clear();
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
};

/** Backends that stay in memory between the lives of tasks, by stage and partition. */
export const memoryBackends = (): OpenBackend & {
  /** What a task has kept, looked at from outside. */
  peek(task: { application: string; stage: string; partition: number }): StoreBackend | undefined;
  wipe(): void;
} => {
  const kept = new Map<string, StoreBackend>();
  const nameOf = (task: { application: string; stage: string; partition: number }) =>
    `${task.application}/${task.stage}-${task.partition}`;
  const open: OpenBackend = (task) => {
    let backend = kept.get(nameOf(task));
    if (backend === undefined) kept.set(nameOf(task), (backend = memoryBackend()));
    return Promise.resolve(backend);
  };
  return Object.assign(open, {
    peek: (task: Parameters<typeof nameOf>[0]) => kept.get(nameOf(task)),
    wipe: () => kept.clear(),
  });
};
