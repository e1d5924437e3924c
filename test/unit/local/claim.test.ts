import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claim } from '../../../infra/local/claim.ts';
import { processIdentity } from '../../../infra/local/processes.ts';

describe('claim of a file', () => {
  let directory: string;
  let path: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'millrace-claim-test-'));
    path = join(directory, 'lock');
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('is given to one of many who ask at once, and leaves nothing else behind', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => claim(path)));
    expect(answers.filter((holder) => holder === undefined)).toHaveLength(1);
    expect(answers.filter((holder) => holder === process.pid)).toHaveLength(19);
    expect(await readdir(directory)).toEqual(['lock']);
  });

  it('is given to one of many when the holder is gone', async () => {
    await writeFile(path, '99999999 Mon Jan  1 00:00:00 2024');
    const answers = await Promise.all(Array.from({ length: 20 }, () => claim(path)));
    expect(answers.filter((holder) => holder === undefined)).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(await processIdentity(process.pid));
    expect(await readdir(directory)).toEqual(['lock']);
  });

  it('is refused while the holder lives', async () => {
    await writeFile(path, await processIdentity(process.ppid));
    expect(await claim(path)).toBe(process.ppid);
  });

  it('is given when a later process has the pid of the holder', async () => {
    await writeFile(path, `${process.ppid} Mon Jan  1 00:00:00 2024`);
    expect(await claim(path)).toBeUndefined();
  });
});
