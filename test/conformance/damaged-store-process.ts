/**
 * Damages the files of a store in every way a disk can and opens them, for a test that watches how this process ends.
 * Arguments: directory, seed, how often. Says in JSON what it is about to do, and at last what came of it.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { diskBackends } from '../../services/runtime/disk-store.ts';
import { TaskCorruptedError } from '../../services/runtime/errors.ts';
import { observe } from '../../services/runtime/observe.ts';
import type { StoreWrite } from '../../services/runtime/store.ts';

const [directory = '', seed = '1', count = '100'] = process.argv.slice(2);
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
const task = { application: 'bank', stage: 'sum', partition: 0, stores: ['one', 'two'] };
const path = join(directory, 'bank', 'sum-0', 'lmdb', 'data.mdb');
const open = diskBackends(directory);

/** mulberry32. */
let state = Number(seed);
const chance = (below: number): number => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
};

/** What the store holds at each of its positions. */
const states = new Map<bigint, ReadonlyMap<string, string>>();
const keyOf = (n: number) => `account-${n}`;
const keys = 400;

const commit = async (backend: Awaited<ReturnType<typeof open>>, position: bigint): Promise<void> => {
  const next = new Map(states.get(position - 1n) ?? []);
  const writes = Array.from({ length: 1 + chance(60) }, (): StoreWrite => {
    const store = task.stores[chance(2)]!;
    const key = keyOf(chance(keys));
    // Long ones have pages of their own.
    const value =
      chance(5) === 0 ? undefined : `${position} ${'x'.repeat(chance(12) === 0 ? chance(9000) : chance(80))}`;
    if (value === undefined) next.delete(`${store}/${key}`);
    else next.set(`${store}/${key}`, value);
    return { store, key, value: value === undefined ? undefined : Buffer.from(value) };
  });
  states.set(position, next);
  const at = { position, since: 7, writtenAt: 1 };
  await backend.write(writes, new Map(task.stores.map((store) => [store, at])));
};

const positions = 120n;
const first = await open(task);
for (let position = 1n; position <= positions; position++) await commit(first, position);
await first.close();
const sound = readFileSync(path);
const pageBytes = 4096;
const pages = sound.length / pageBytes;

type Damage = Readonly<{ kind: string; at: number; bit?: number; from?: number }>;
const choose = (): Damage => {
  const page = chance(pages);
  switch (chance(10)) {
    case 0:
      return { kind: 'cut', at: chance(sound.length) };
    case 1:
      return { kind: 'zero', at: page * pageBytes };
    case 2:
      // A write that went elsewhere, or an older one.
      return { kind: 'copy', at: page * pageBytes, from: chance(pages) * pageBytes };
    case 3:
    case 4:
      return { kind: 'flip', at: chance(2) * pageBytes + chance(170), bit: chance(8) };
    case 5:
    case 6:
    case 7:
      return { kind: 'flip', at: page * pageBytes + chance(64), bit: chance(8) };
    default:
      return { kind: 'flip', at: chance(sound.length), bit: chance(8) };
  }
};

const damaged = ({ kind, at, bit = 0, from = 0 }: Damage): Buffer => {
  if (kind === 'cut') return sound.subarray(0, at);
  const bytes = Buffer.from(sound);
  if (kind === 'zero') bytes.fill(0, at, at + pageBytes);
  else if (kind === 'copy') sound.copy(bytes, at, from, from + pageBytes);
  else bytes[at] = bytes[at]! ^ (1 << bit);
  return bytes;
};

/** Wrong values; an empty list when everything is as it was at the position the store says it has. */
const wrong = (backend: Awaited<ReturnType<typeof open>>): readonly string[] => {
  const position = backend.checkpoint('one')?.position;
  const expected = (position === undefined ? undefined : states.get(position)) ?? new Map<string, string>();
  return task.stores.flatMap((store) =>
    Array.from({ length: keys }, (_, n) => keyOf(n)).filter((key) => {
      try {
        return backend.get(store, key)?.toString() !== expected.get(`${store}/${key}`);
      } catch (error) {
        return !(error instanceof TaskCorruptedError);
      }
    }),
  );
};

let noticed = 0;
const stop = observe.trouble.subscribe(() => noticed++);
let unharmed = 0;
for (let n = 0; n < Number(count); n++) {
  const damage = choose();
  say({ damage });
  rmSync(`${path}-lock`, { force: true });
  writeFileSync(path, damaged(damage));
  const before = noticed;
  const backend = await open(task);
  const missed = wrong(backend);
  if (missed.length > 0) say({ wrong: missed.length, damage });
  // Pages in use that were given away would show now.
  const position = backend.checkpoint('one')?.position;
  if (position !== undefined) {
    if (noticed === before) unharmed++;
    const kept = new Map(states);
    for (let more = 1n; more <= 3n; more++) await commit(backend, position + more);
    const later = wrong(backend);
    if (later.length > 0) say({ wrong: later.length, damage, later: true });
    states.clear();
    for (const [at, held] of kept) states.set(at, held);
  }
  await backend.close();
}
stop();
say({ noticed, unharmed });
