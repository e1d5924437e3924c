/** A disk without room stops the tasks that write to it, for as long as there is none, and nothing else. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { trusting, writing } from '../../services/runtime/disk-errors.ts';
import { DiskUnwritableError, TaskCorruptedError } from '../../services/runtime/errors.ts';
import { observe } from '../../services/runtime/observe.ts';
import { openDriver } from '../../services/runtime/testing/driver.ts';
import { bank, balanceStore, deposits, notes } from '../topology/runtime/fixture.ts';

/** A disk of its own for one process and its children, gone with them. */
const onSmallDisk = (directory: string, bytes: number, command: string): readonly string[] => [
  '--user',
  '--map-root-user',
  '--mount',
  'sh',
  '-c',
  `mount -t tmpfs -o size=${bytes} tmpfs "${directory}" && ${command}`,
];

const mayMount = (): boolean => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-mount-'));
  try {
    execFileSync('unshare', onSmallDisk(directory, 65536, 'true'), { stdio: 'ignore' });
    return true;
  } catch {
    console.log('skipped: this machine does not let a test mount a small disk (unshare)');
    return false;
  } finally {
    rmSync(directory, { recursive: true });
  }
};

describe('a full disk', () => {
  it('is told from a damaged one', () => {
    const failing = (code: unknown) => () => {
      throw Object.assign(new Error('it does not work'), { code });
    };
    // As Node says it, and as LMDB does; the last one is its own (MDB_MAP_FULL).
    for (const code of ['ENOSPC', 'EDQUOT', 'EIO', 28, 122, 5, -30792]) {
      expect(() => writing(failing(code))).toThrow(DiskUnwritableError);
      expect(() => trusting(failing(code))).toThrow(DiskUnwritableError);
    }
    expect(() => trusting(failing(-30796))).toThrow(TaskCorruptedError);
  });

  it('stops the task after what Kafka has committed, once for all attempts, and it catches up when there is room', async () => {
    const driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd0', amount: 1n });
    const disk = driver.disk('sum');
    const write = disk.write.bind(disk);
    let left = 5;
    disk.write = (...all) => {
      if (left-- > 0) return Promise.reject(new DiskUnwritableError('no space left on device'));
      return write(...all);
    };
    const said: string[] = [];
    const stops = [
      observe.disk.subscribe(({ writable }) => said.push(writable ? 'writable' : 'full')),
      observe.trouble.subscribe(({ action }) => said.push(action)),
    ];
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    for (const stop of stops) stop();
    expect(left).toBeLessThan(0);
    expect(said).toEqual(['full', 'wait', 'writable']);
    await driver.pipe(deposits, 'ann', { id: 'd2', amount: 1n });
    expect(driver.readAll(notes).map(({ value }) => `${value!.id} ${value!.total}`)).toEqual(['d0 1', 'd1 2', 'd2 3']);
    expect(driver.store('sum', balanceStore).get('ann')?.total).toBe(3n);
    await driver.close();
  });

  it.skipIf(!mayMount())(
    'of a real kind fills up under a task, which waits, also from its beginning, and resumes with nothing lost',
    { timeout: 60_000 },
    async () => {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-full-'));
      const script = new URL('disk-full-process.ts', import.meta.url).pathname;
      const bytes = 2 * 1024 * 1024;
      const command = `exec "${process.execPath}" "${script}" "${directory}" ${bytes}`;
      try {
        const { stdout } = await promisify(execFile)('unshare', onSmallDisk(directory, bytes, command));
        const { fed, waits } = JSON.parse(stdout) as { fed: number; waits: number };
        expect(fed).toBeGreaterThan(21);
        expect(waits).toBe(2);
      } finally {
        rmSync(directory, { recursive: true });
      }
    },
  );
});
