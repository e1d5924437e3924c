/** What a task asks of the place where it keeps committed state, for both places. */
import { execFile } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { diskBackends } from '../../services/runtime/disk-store.ts';
import { RetriableError, TaskCorruptedError } from '../../services/runtime/errors.ts';
import { memoryBackends, type OpenBackend } from '../../services/runtime/store.ts';

const directories: string[] = [];
const freshDirectory = (): string => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-store-'));
  directories.push(directory);
  return directory;
};
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

const task = { application: 'bank', stage: 'sum', partition: 0, stores: ['one', 'two'] };
const at = (position: bigint) => ({ position, since: 3, writtenAt: 1_700_000_000_000 });

const suite = (name: string, places: () => OpenBackend): void => {
  describe(name, () => {
    it('keeps what was written, with its checkpoint, over closing and opening', async () => {
      const open = places();
      const first = await open(task);
      await first.write(
        [
          { store: 'one', key: 'a', value: Buffer.from('1') },
          { store: 'two', key: 'a', value: Buffer.from('2') },
          { store: 'one', key: 'straße 🚚', value: Buffer.alloc(100_000, 7) },
        ],
        new Map([['one', at(12n)]]),
      );
      await first.close();
      const second = await open(task);
      expect(second.get('one', 'a')).toEqual(Buffer.from('1'));
      expect(second.get('two', 'a')).toEqual(Buffer.from('2'));
      expect(second.get('one', 'straße 🚚')).toEqual(Buffer.alloc(100_000, 7));
      expect(second.get('two', 'b')).toBeUndefined();
      expect(second.checkpoint('one')).toEqual(at(12n));
      expect(second.checkpoint('two')).toBeUndefined();
      await second.close();
    });

    it('deletes, lists in order, and forgets everything when told', async () => {
      const backend = await places()(task);
      const puts = ['b', 'a', 'c'].map((key) => ({ store: 'one', key, value: Buffer.from(key) }));
      await backend.write(puts, new Map([['one', at(3n)]]));
      await backend.write([{ store: 'one', key: 'a', value: undefined }], new Map([['one', at(4n)]]));
      expect([...backend.entries('one')].map(([key]) => key)).toEqual(['b', 'c']);
      expect(backend.checkpoint('one')?.position).toBe(4n);
      await backend.clear();
      expect([...backend.entries('one')]).toEqual([]);
      expect(backend.checkpoint('one')).toBeUndefined();
      await backend.write(puts, new Map());
      expect(backend.get('one', 'c')).toEqual(Buffer.from('c'));
      await backend.close();
    });

    it('gives each task its own', async () => {
      const open = places();
      const [one, other] = [await open(task), await open({ ...task, partition: 1 })];
      await one.write([{ store: 'one', key: 'a', value: Buffer.from('1') }], new Map());
      expect(other.get('one', 'a')).toBeUndefined();
      await one.close();
      await other.close();
    });
  });
};

suite('in memory', memoryBackends);
suite('on disk', () => diskBackends(freshDirectory()));

describe('the disk', () => {
  it('is refused to a second task while the first has it', async () => {
    const open = diskBackends(freshDirectory());
    const first = await open(task);
    await expect(open(task)).rejects.toBeInstanceOf(RetriableError);
    await first.close();
    const second = await open(task);
    await second.close();
  });

  it('tells a value that is not what was written', async () => {
    const directory = freshDirectory();
    const open = diskBackends(directory);
    const first = await open(task);
    const value = Buffer.from('the balance is 1999');
    await first.write([{ store: 'one', key: 'ann', value }], new Map([['one', at(1n)]]));
    await first.close();
    const second = await open(task);
    // Damaged while it is in use: when it is opened all of it is read.
    const path = join(directory, 'bank', 'sum-0', 'lmdb', 'data.mdb');
    const bytes = readFileSync(path);
    const file = openSync(path, 'r+');
    // Every copy in the file: old pages too.
    for (let found = bytes.indexOf(value); found >= 0; found = bytes.indexOf(value, found + 1))
      writeSync(file, Buffer.from('8'), 0, 1, found + value.length - 1);
    closeSync(file);
    expect(() => second.get('one', 'ann')).toThrow(TaskCorruptedError);
    await second.clear();
    expect(second.get('one', 'ann')).toBeUndefined();
    await second.close();
  });

  it('starts empty after the machine was started anew: what was not on the disk yet may be missing', async () => {
    const directory = freshDirectory();
    const open = diskBackends(directory);
    const first = await open(task);
    await first.write([{ store: 'one', key: 'a', value: Buffer.from('1') }], new Map([['one', at(1n)]]));
    await first.close();
    const again = await open(task);
    expect(again.checkpoint('one')?.position).toBe(1n);
    await again.close();
    writeFileSync(join(directory, 'bank', 'sum-0', 'boot'), 'another run of the machine');
    const afterBoot = await open(task);
    expect(afterBoot.checkpoint('one')).toBeUndefined();
    expect(afterBoot.get('one', 'a')).toBeUndefined();
    await afterBoot.close();
  });

  it('starts empty when its file is no database', async () => {
    const directory = freshDirectory();
    const open = diskBackends(directory);
    await (await open(task)).close();
    const file = openSync(join(directory, 'bank', 'sum-0', 'lmdb', 'data.mdb'), 'w');
    writeSync(file, Buffer.alloc(8192, 0x5a));
    closeSync(file);
    const backend = await open(task);
    expect(backend.checkpoint('one')).toBeUndefined();
    await backend.close();
  });

  it('has everything that was written before kill -9, and lets the next process in', async () => {
    const directory = freshDirectory();
    const module = new URL('../../services/runtime/disk-store.ts', import.meta.url).href;
    const script = `
      const { diskBackends } = await import(${JSON.stringify(module)});
      const backend = await diskBackends(${JSON.stringify(directory)})(${JSON.stringify(task)});
      for (let n = 1; n <= 500; n++)
        await backend.write(
          [{ store: 'one', key: 'k' + (n % 10), value: Buffer.from(String(n)) }],
          new Map([['one', { position: BigInt(n), since: 0, writtenAt: 1 }]]),
        );
      process.kill(process.pid, 'SIGKILL');
    `;
    await expect(promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])).rejects.toMatchObject({
      signal: 'SIGKILL',
    });
    const backend = await diskBackends(directory)(task);
    expect(backend.checkpoint('one')?.position).toBe(500n);
    expect([...backend.entries('one')].map(([, value]) => Number(value)).sort((a, b) => a - b)).toEqual([
      491, 492, 493, 494, 495, 496, 497, 498, 499, 500,
    ]);
    await backend.close();
  });
});
