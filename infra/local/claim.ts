import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { isErrno } from './errno.ts';
import { aliveProcess, processIdentity } from './processes.ts';

let drafts = 0;
let self: Promise<string> | undefined;

/**
 * Makes `path` ours: a file that names this process, which another live process's claim prevents. It appears whole (a
 * link to a finished draft), because a claim read while half written would look like a dead process's.
 * @returns undefined when it is ours now, else the pid of its live holder (perhaps our own)
 */
export async function claim(path: string): Promise<number | undefined> {
  self ??= processIdentity(process.pid);
  const ours = await self;
  for (;;) {
    const draft = `${path}.${String(process.pid)}-${String(drafts++)}`;
    await writeFile(draft, ours, { mode: 0o600, flag: 'wx' });
    try {
      if (await linked(draft, path)) return undefined;
    } finally {
      await rm(draft, { force: true });
    }
    const theirs = await contentOf(path);
    if (theirs === undefined) continue;
    const holder = Number.parseInt(theirs, 10);
    if (aliveProcess(holder) && (await processIdentity(holder)) === theirs) return holder;
    await discard(path, theirs, draft);
  }
}

/** Removes the claim of a process that is gone, and not the one that somebody else has just put in its place. */
async function discard(path: string, dead: string, aside: string): Promise<void> {
  try {
    await rename(path, aside);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return;
    throw error;
  }
  if ((await contentOf(aside)) !== dead) await linked(aside, path);
  await rm(aside, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false;
    throw error;
  }
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
