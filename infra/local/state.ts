import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { claim } from './claim.ts';
import { isErrno } from './errno.ts';

/** Root of the checkout: everything the stack writes stays below `.state` and `.cache` in it unless told otherwise. */
export const REPOSITORY = resolve(import.meta.dirname, '../..');

/** Where one stack keeps what it must find again after a stop, a crash or a reboot. */
export interface StateLayout {
  readonly root: string;
  readonly logs: string;
  readonly secrets: string;
  /** Description of the running stack: ports, pids, urls, paths. Absent when none runs. */
  readonly stack: string;
  /** Ports of the last start, wanted again by the next one. */
  readonly ports: string;
  /** Environment for services and cli. Holds secrets: mode 0600. */
  readonly env: string;
  /** Pids of our own services, written by the supervisor. */
  readonly services: string;
  readonly lock: string;
  /** Data directory of one part. */
  data(part: string): string;
}

export function stateLayout(root: string): StateLayout {
  const at = (name: string): string => join(root, name);
  return {
    root,
    logs: at('logs'),
    secrets: at('secrets'),
    stack: at('stack.json'),
    ports: at('ports.json'),
    env: at('env.json'),
    services: at('services.json'),
    lock: at('lock'),
    data: at,
  };
}

/** `.state/<name>` of this checkout. */
export function defaultStateDir(name = 'demo'): string {
  return join(REPOSITORY, '.state', name);
}

/** Creates the directories of a stack; `secrets/` is readable by its owner only. */
export async function createState(root: string): Promise<StateLayout> {
  const layout = stateLayout(resolve(root));
  await mkdir(layout.logs, { recursive: true });
  await mkdir(layout.secrets, { recursive: true, mode: 0o700 });
  await chmod(layout.secrets, 0o700);
  return layout;
}

/** Writes JSON so that a reader (or a crash) sees the old text or the new, never half. */
export async function writeJson(path: string, value: unknown, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${String(process.pid)}.tmp`;
  await writeFile(draft, `${JSON.stringify(value, null, 2)}\n`, { mode });
  await chmod(draft, mode);
  await rename(draft, path);
}

/** Parsed JSON, or undefined when the file does not exist. Any other failure is thrown. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as unknown;
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/**
 * Takes the state directory for this process. Two stacks on one directory would corrupt its Kafka log.
 * @returns a function that releases it
 * @throws when a live process holds it; a dead one's lock is taken over
 */
export async function lockState(layout: StateLayout): Promise<() => Promise<void>> {
  const holder = await claim(layout.lock);
  if (holder !== undefined) {
    throw new Error(
      `${layout.root} is in use by process ${holder}; stop that stack first (cli.ts down) or use another --name`,
    );
  }
  let held = true;
  return async () => {
    // Once only: a second release could take the lock from its next holder.
    if (held) await rm(layout.lock, { force: true });
    held = false;
  };
}
