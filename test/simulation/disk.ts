/** A machine's disk: what tasks keep on it stays when their process dies. */
import { RetriableError, TaskCorruptedError } from '../../services/runtime/errors.ts';
import { memoryBackend, type OpenBackend, type StoreBackend } from '../../services/runtime/store.ts';
import { never, type Process, type World } from './world.ts';

export class Disk {
  readonly #backends = new Map<string, StoreBackend>();
  readonly #locked = new Map<string, Process>();
  /** A page is damaged: the next read finds out. */
  damaged = false;

  backends(): ReadonlyMap<string, StoreBackend> {
    return this.#backends;
  }

  wipe(): void {
    this.#backends.clear();
  }

  kept(name: string): StoreBackend {
    let backend = this.#backends.get(name);
    if (backend === undefined) this.#backends.set(name, (backend = memoryBackend()));
    return backend;
  }

  /** As one process sees it. One task at a time has a backend open, as the lock on its directory sees to. */
  for(world: World, process: Process): OpenBackend {
    process.onDeath.push(() => {
      for (const [name, owner] of this.#locked) if (owner === process) this.#locked.delete(name);
    });
    return async ({ stage, partition }) => {
      await Promise.resolve();
      if (process.state === 'dead') return never();
      const name = `${stage}-${partition}`;
      if (this.#locked.has(name)) throw new RetriableError(`${name} is open in another task`);
      this.#locked.set(name, process);
      const backend = this.kept(name);
      return {
        ...backend,
        get: (store, key) => {
          if (this.damaged) {
            this.damaged = false;
            throw new TaskCorruptedError(`a page of ${store} is damaged`);
          }
          return backend.get(store, key);
        },
        // One synchronous transaction of the disk's own: it happens, or the process was dead before.
        write: (writes, checkpoints) => (process.state === 'dead' ? never() : backend.write(writes, checkpoints)),
        clear: () => (process.state === 'dead' ? never() : backend.clear()),
        close: () => {
          if (process.state === 'dead') return never();
          this.#locked.delete(name);
          world.version++;
          return Promise.resolve();
        },
      };
    };
  }
}
