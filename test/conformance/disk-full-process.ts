/**
 * The bank on a small disk that fills up, for a test that mounts one: arguments are its directory and its size in bytes.
 * Says what happened; ends with 1 when something is not as it should be.
 */
import assert from 'node:assert/strict';
import { rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startApplication } from '../../services/runtime/application.ts';
import { DiskUnwritableError } from '../../services/runtime/errors.ts';
import { diskBackends } from '../../services/runtime/disk-store.ts';
import { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../services/runtime/memory/cluster.ts';
import { observe } from '../../services/runtime/observe.ts';
import { systemScheduler } from '../../services/runtime/scheduler.ts';
import { memoryBackends } from '../../services/runtime/store.ts';
import { requiredTopics } from '../../services/runtime/topics.ts';
import { bank, deposits, notes } from '../topology/runtime/fixture.ts';

const [directory = '', size = '0'] = process.argv.slice(2);
const ballast = join(directory, 'ballast');
const broker = new MemoryBroker(() => Date.now());
for (const { topic } of requiredTopics(bank)) broker.createTopic({ topic, partitions: 1, replication: 1, config: {} });
const cluster = memoryCluster(broker, systemScheduler);

const full = { now: false };
let waits = 0;
observe.disk.subscribe(({ writable, stage }) => {
  assert.equal(stage, 'sum');
  full.now = !writable;
  if (!writable) waits++;
});
observe.trouble.subscribe(({ error, action }) => {
  if (action !== 'wait') assert.fail(`${action}: ${String(error)}`);
});

const [disk, memory] = [diskBackends(directory), memoryBackends()];
const live = () =>
  startApplication(bank, {
    cluster,
    stateDir: directory,
    // One stage's disk is full, not the other's.
    openBackend: (task) => (task.stage === 'sum' ? disk(task) : memory(task)),
    limits: { retryMs: 5, retryMaxMs: 20 },
  });

const until = async (what: string, condition: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 20_000; !condition();) {
    if (Date.now() > deadline) assert.fail(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
};

let fed = 0;
/** Each to an account of its own with a long name in it: state grows. */
const feed = () => {
  const value = deposits.value.encode({ id: `d${fed}-${'x'.repeat(3000)}`, amount: 1n });
  const record = { key: Buffer.from(`account-${fed}`), value, headers: {}, timestamp: undefined };
  broker.append(broker.log({ topic: deposits.name, partition: 0 }), record);
  fed++;
};
const told = () =>
  broker
    .log({ topic: notes.name, partition: 0 })
    .read(0n, Infinity)
    .records.map(({ value }) => notes.value.decode(value!));
const heard = () => broker.committed('bank-watch', { topic: notes.name, partition: 0 });
const stateOfSum = (application: Awaited<ReturnType<typeof live>>) =>
  application.status().find(({ stage }) => stage === 'sum')?.tasks[0];

const fill = () => {
  // As much as there is room for.
  for (let bytes = Number(size); bytes >= 4096; bytes = Math.floor(bytes / 2)) {
    try {
      for (;;) writeFileSync(ballast, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      // Smaller pieces fit.
    }
  }
};

// With room for some of the files a store is made of, and not for all: it opens, or says that it cannot.
const opened = { here: 0, not: 0 };
for (let pages = 0; pages < 96; pages++) {
  rmSync(ballast, { force: true });
  rmSync(join(directory, 'bank'), { recursive: true, force: true });
  fill();
  truncateSync(ballast, statSync(ballast).size - pages * 4096);
  try {
    const backend = await disk({ application: 'bank', stage: 'sum', partition: 0, stores: ['one'] });
    opened.here++;
    await backend.close();
  } catch (error) {
    assert.ok(error instanceof DiskUnwritableError, String(error));
    opened.not++;
  }
}
assert.ok(opened.here > 0 && opened.not > 0);
rmSync(ballast);
rmSync(join(directory, 'bank'), { recursive: true, force: true });

const first = await live();
feed();
await until('the first deposit', () => told().length === 1);
fill();
while (!full.now) {
  feed();
  const count = fed;
  await until('a deposit more', () => told().length === count || full.now);
}
// What Kafka has committed is told, and the other stage goes on with it.
await until('the other stage', () => heard() !== undefined && told().length >= fed);
for (let n = 0; n < 20; n++) feed();
await until(
  'many attempts',
  () => stateOfSum(first)?.state === 'SUSPENDED' && stateOfSum(first)?.waitsForDisk === true,
);
const before = told().length;
assert.ok(before < fed, 'the task has stopped');
assert.equal(waits, 1);

// Told to end meanwhile, it ends; started on a full disk, it waits.
await first.stop();
rmSync(join(directory, 'bank'), { recursive: true });
fill();
assert.ok(statSync(ballast).size > 0);
const second = await live();
await until('a task that waits', () => stateOfSum(second)?.waitsForDisk === true);
assert.equal(told().length, before);

rmSync(ballast);
await until('everything', () => told().length === fed && !full.now);
const numbers = told().map(({ id }) => Number(/^d(\d+)-/.exec(id)?.[1]));
assert.deepEqual(
  numbers,
  Array.from({ length: fed }, (_, n) => n),
);
assert.ok(told().every(({ total }) => total === 1n));
await second.stop();

// And what is on the disk now is whole.
const third = await live();
feed();
await until('one more', () => told().length === fed);
await third.stop();
process.stdout.write(`${JSON.stringify({ fed, waits })}\n`);
process.exit(0);
