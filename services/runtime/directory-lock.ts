/** One owner per directory, among tasks of this process and processes of this machine. */
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RetriableError } from './errors.ts';

export type DirectoryLock = Readonly<{ release(): void }>;

/** When the process began, as Linux counts it; tells a process from a later one with the same id. */
const startOf = (pid: number): string | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

/**
 * Takes the directory's lock file, also from an owner that died without giving it back. Throws `RetriableError` while
 * somebody has it.
 */
export const lockDirectory = (directory: string): DirectoryLock => {
  const path = join(directory, 'owner');
  const mine = `${process.pid} ${startOf(process.pid) ?? '-'}`;
  // Written aside and linked into place: the file is complete from the moment it exists.
  const draft = `${path}.${process.pid}`;
  for (let attempt = 0; attempt < 3; attempt++) {
    writeFileSync(draft, mine);
    try {
      linkSync(draft, path);
      return { release: () => rmSync(path, { force: true }) };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
    const owner = ownerOf(path);
    if (owner !== undefined && isAlive(owner.pid) && (owner.start === '-' || owner.start === startOf(owner.pid)))
      throw new RetriableError(`${directory} is in use by process ${owner.pid}`);
    rmSync(path, { force: true });
  }
  throw new RetriableError(`${directory} changes hands too fast`);
};

const ownerOf = (path: string): { pid: number; start: string } | undefined => {
  try {
    const [pid = '', start = '-'] = readFileSync(path, 'utf8').split(' ');
    return { pid: Number(pid), start };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
};
