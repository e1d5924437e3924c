/** A disk that damages what was written: found out, or harmless; never a wrong value, and never the end of the process. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

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
});
