/**
 * Takes in changed workflows while the stream runs. A stage works through a batch without ever waiting, and asks for the
 * current set at each record; the set is replaced from outside, so no batch sees two of them.
 */
import { compileFiles, type Files, fingerprint, readFiles } from './directory.ts';
import type { Workflows, WorkflowSet } from './set.ts';

export type Reload =
  | Readonly<{ kind: 'loaded'; set: WorkflowSet; added: readonly string[]; late: readonly string[] }>
  | Readonly<{ kind: 'refused'; error: Error }>;

export type WatchedWorkflows = Workflows &
  Readonly<{
    /**
     * Looks at the files. What changed since the last look is not touched before it stayed the same for two looks: it
     * may be half written. Undefined when there is nothing new.
     */
    look: () => Reload | undefined;
  }>;

export type WatchOptions = Readonly<{
  directory: string;
  environment: string;
  /** Epoch milliseconds. */
  now: () => number;
  read?: (directory: string) => Files;
}>;

/** Versions that something may have begun with, by what they mean. */
const inUse = (set: WorkflowSet): [string, string][] =>
  set.all.flatMap(({ id, hash, activeFrom }) => (activeFrom(set.environment) === undefined ? [] : [[id, hash]]));

/** @throws WorkflowError when the files are not valid now */
export const openWorkflows = (options: WatchOptions): WatchedWorkflows => {
  const { directory, environment, now, read = readFiles } = options;
  const files = read(directory);
  let taken = fingerprint(files);
  let seen = taken;
  const current = compileFiles(files, directory, environment);
  const kept = new Map(inUse(current));

  const accept = (fresh: Files): Reload => {
    try {
      const set = compileFiles(fresh, directory, environment);
      for (const [id, hash] of kept) {
        const workflow = set.get(id);
        if (workflow === undefined) throw new Error(`${id} is gone, and what began with it still needs it`);
        if (workflow.hash !== hash)
          throw new Error(`${workflow.file}: ${id} is in use and says something else now: make it a new version`);
      }
      const added = inUse(set).flatMap(([id]) => (kept.has(id) ? [] : [id]));
      for (const [id, hash] of inUse(set)) kept.set(id, hash);
      watched.current = set;
      const late = added.filter((id) => set.get(id)!.activeFrom(environment)! <= BigInt(now()));
      return { kind: 'loaded', set, added, late };
    } catch (error) {
      return { kind: 'refused', error: error as Error };
    }
  };

  const watched: WatchedWorkflows = {
    current,
    look: () => {
      let fresh: Files;
      try {
        fresh = read(directory);
      } catch (error) {
        // Told once, like anything else that cannot be taken in.
        if (seen === '') return undefined;
        seen = '';
        return { kind: 'refused', error: error as Error };
      }
      const print = fingerprint(fresh);
      const settled = print === seen;
      seen = print;
      if (!settled || print === taken) return undefined;
      taken = print;
      return accept(fresh);
    },
  };
  return watched;
};
