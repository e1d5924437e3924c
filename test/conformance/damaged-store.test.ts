/** A disk that damages what was written: found out, or harmless; never a wrong value, and never the end of the process. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { diskBackends } from '../../services/runtime/disk-store.ts';
import { observe } from '../../services/runtime/observe.ts';

type Said = Readonly<Record<string, unknown>>;

const damage = async (seed: number, count: number) => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-damaged-'));
  const script = new URL('damaged-store-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, directory, String(seed), String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: Said[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line) as Said));
  const end = await new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  rmSync(directory, { recursive: true, force: true });
  return { said, end };
};

describe('a damaged store', () => {
  const count = Number(process.env['MILLRACE_DAMAGED_STORES'] ?? 150);

  it.each([1, 2, 3])('is noticed wherever it is damaged (seed %i)', { timeout: 120_000 }, async (seed) => {
    const { said, end } = await damage(seed, count);
    // It says what it does before it does it: the last line is what it died of.
    expect({ end, after: end === 0 ? undefined : said.at(-1) }).toEqual({ end: 0, after: undefined });
    expect(said.filter((line) => 'wrong' in line)).toEqual([]);
    const { noticed, unharmed } = said.at(-1) as { noticed: number; unharmed: number };
    // Damage in free pages does no harm; both happened, or nothing was tested.
    expect(noticed).toBeGreaterThan(count / 4);
    expect(unharmed).toBeGreaterThan(count / 20);
  });

  it('is noticed when the disk has forgotten a write: every page is sound, and one is of yesterday', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-stale-'));
    const open = diskBackends(directory);
    const task = { application: 'bank', stage: 'sum', partition: 0, stores: ['one'] };
    const path = join(directory, 'bank', 'sum-0', 'lmdb', 'data.mdb');
    const keys = 60;
    const value = (commit: number) => Buffer.from(String(commit).padStart(200, '0'));
    const files: Buffer[] = [];
    const latest = new Map<string, Buffer>();
    for (let commit = 0; commit < 40; commit++) {
      const changed = commit === 0 ? Array.from({ length: keys }, (_, n) => n) : [(commit * 7) % keys];
      for (const n of changed) latest.set(`k${n}`, value(commit));
      const backend = await open(task);
      await backend.write(
        changed.map((n) => ({ store: 'one', key: `k${n}`, value: value(commit) })),
        new Map([['one', { position: BigInt(commit), since: 0, writtenAt: 1 }]]),
      );
      await backend.close();
      files.push(readFileSync(path));
    }
    const [sound] = files.slice(-1);
    const pageBytes = 4096;
    let noticed = 0;
    const stop = observe.trouble.subscribe(() => noticed++);
    for (let at = 2 * pageBytes; at < sound!.length; at += pageBytes) {
      const present = sound!.subarray(at, at + pageBytes);
      const olds = files.map((file) => file.subarray(at, at + pageBytes));
      const different = olds.filter((old) => old.length === pageBytes && !old.equals(present));
      for (const old of new Map(different.map((each) => [each.toString('latin1'), each])).values()) {
        const bytes = Buffer.from(sound!);
        old.copy(bytes, at);
        writeFileSync(path, bytes);
        const before = noticed;
        const backend = await open(task);
        if (noticed === before) for (const [key, expected] of latest) expect(backend.get('one', key)).toEqual(expected);
        await backend.close();
      }
    }
    stop();
    expect(noticed).toBeGreaterThan(5);
    rmSync(directory, { recursive: true });
  });
});
