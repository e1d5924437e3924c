/**
 * Exactly-once over the in-memory brokers: whatever moment a process dies at, however requests fail, and whoever else
 * thinks it owns the partition, the committed outputs and state are those of an undisturbed run.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RetriableError, TaskMigratedError } from '../../services/runtime/errors.ts';
import { MemoryBroker, type BrokerPoint } from '../../services/runtime/memory/broker.ts';
import { openDriver } from '../../services/runtime/testing/driver.ts';
import { TestProcess, SimulatedCrash } from '../../services/runtime/testing/process.ts';
import { virtualScheduler } from '../../services/runtime/scheduler.ts';
import { memoryBackends } from '../../services/runtime/store.ts';
import type { CrashPoint } from '../../services/runtime/task.ts';
import { requiredTopics } from '../../services/runtime/topics.ts';
import {
  alarms,
  balances,
  balanceStore,
  bank,
  countStore,
  deposits,
  notes,
  type Deposit,
} from '../topology/runtime/fixture.ts';

const crashPoints: readonly CrashPoint[] = [
  'before-fence',
  'after-fence',
  'after-restore',
  'mid-batch',
  'before-transaction',
  'after-produce',
  'after-offsets',
  'before-commit',
  'after-commit',
  'after-promote',
];

type Given = Readonly<{ account: string; amount: number | null; pause: boolean }>;

const givens = fc.array(
  fc.record({
    account: fc.constantFrom('ann', 'bob', 'cid'),
    // Null deletes, negative is refused.
    amount: fc.option(fc.integer({ min: -2, max: 9 }), { freq: 8 }),
    pause: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

const depositOf = ({ amount }: Given, index: number): Deposit | null =>
  amount === null ? null : { id: `d${index}`, amount: BigInt(amount) };

/** What the bank does, said a second time in the simplest way. */
const expectedOf = (given: readonly Given[]) => {
  const state = new Map<string, { total: bigint; deposits: number; seen: string[] }>();
  const heard = new Map<string, number>();
  const told: string[] = [];
  const alarmed: string[] = [];
  const refused: string[] = [];
  given.forEach((each, index) => {
    const deposit = depositOf(each, index);
    if (deposit === null) {
      state.delete(each.account);
      return;
    }
    if (deposit.amount < 0n) {
      refused.push(deposit.id);
      return;
    }
    const before = state.get(each.account) ?? { total: 0n, deposits: 0, seen: [] };
    const total = before.total + deposit.amount;
    state.set(each.account, { total, deposits: before.deposits + 1, seen: [...before.seen, deposit.id] });
    heard.set(each.account, (heard.get(each.account) ?? 0) + 1);
    told.push(`${each.account} ${deposit.id} ${total}`);
    if (total >= 10n) alarmed.push(`${each.account} ${deposit.id} ${total}`);
  });
  return { state, heard, told: told.sort(), alarmed: alarmed.sort(), refused: refused.sort() };
};

type Driver = Awaited<ReturnType<typeof openDriver>>;

/** Everything committed, compared with what should be; order per key included. */
const expectUndisturbed = (driver: Driver, given: readonly Given[]): void => {
  const expected = expectedOf(given);
  const line = (value: { account: string; id: string; total: bigint } | null) =>
    `${value!.account} ${value!.id} ${value!.total}`;
  expect(
    driver
      .readAll(notes)
      .map(({ value }) => line(value))
      .sort(),
  ).toEqual(expected.told);
  expect(
    driver
      .readAll(alarms)
      .map(({ value }) => line(value))
      .sort(),
  ).toEqual(expected.alarmed);
  expect(
    driver
      .deadLetters()
      .map(({ value }) => deposits.value.decode(value!).id)
      .sort(),
  ).toEqual(expected.refused);
  expect(new Map(driver.store('sum', balanceStore).entries())).toEqual(expected.state);
  expect(new Map(driver.store('watch', countStore).entries())).toEqual(expected.heard);
  for (const account of ['ann', 'bob', 'cid']) {
    const totals = driver
      .readAll(balances)
      .filter(({ key }) => key === account)
      .map(({ value }) => value!.seen.at(-1)!);
    const inOrder = given.flatMap((each, index) =>
      each.account === account && (each.amount ?? -1) >= 0 ? [`d${index}`] : [],
    );
    expect(totals).toEqual(inOrder);
  }
};

describe('a process that dies', () => {
  it.each(crashPoints)('at %s changes nothing', async (point) => {
    for (const nth of [1, 2, 3]) {
      const driver = await openDriver(bank);
      const given: Given[] = [];
      driver.crash(point, nth);
      for (let n = 0; n < 6; n++) {
        given.push({ account: n % 2 === 0 ? 'ann' : 'bob', amount: n, pause: false });
        await driver.pipe(deposits, given[n]!.account, depositOf(given[n]!, n));
      }
      // Steps of a beginning come again only with a new life.
      await driver.restart();
      await driver.run();
      expectUndisturbed(driver, given);
      await driver.close();
    }
  });

  it('anywhere, as often as it likes, with or without its disk, changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        givens,
        fc.array(
          fc.record({
            point: fc.constantFrom(...crashPoints),
            nth: fc.integer({ min: 1, max: 6 }),
            wipe: fc.boolean(),
          }),
          { maxLength: 6 },
        ),
        fc.integer({ min: 1, max: 3 }),
        async (given, crashes, partitions) => {
          const driver = await openDriver(bank, { partitions, limits: { batchRecords: 3 } });
          for (const [index, each] of given.entries()) {
            driver.feed(deposits, each.account, depositOf(each, index));
            if (!each.pause) continue;
            const crash = crashes[index % Math.max(1, crashes.length)];
            if (crash !== undefined) driver.crash(crash.point, crash.nth);
            if (crash?.wipe === true) await driver.restart({ wipe: true });
            await driver.run();
          }
          await driver.run();
          expectUndisturbed(driver, given);
          // And what is on disk is what the changelog says.
          await driver.restart({ wipe: true });
          await driver.run();
          expectUndisturbed(driver, given);
          await driver.close();
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('brokers that fail', () => {
  const points: readonly BrokerPoint[] = [
    'initProducerId',
    'send',
    'sendOffsets',
    'commit',
    'committed',
    'committedOffsets',
    'endOffsets',
  ];

  it('in any request, before or after they did what was asked, change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        givens,
        fc.array(fc.record({ point: fc.constantFrom(...points), after: fc.nat(8), migrated: fc.boolean() }), {
          maxLength: 5,
        }),
        async (given, faults) => {
          const driver = await openDriver(bank, { limits: { batchRecords: 2 } });
          const pending = faults.map((fault) => ({ ...fault }));
          driver.broker.onRequest = (point) => {
            const [fault] = pending;
            if (fault?.point !== point || fault.after-- > 0) return;
            pending.shift();
            throw new RetriableError(`fault at ${point}`);
          };
          for (const [index, each] of given.entries()) {
            driver.feed(deposits, each.account, depositOf(each, index));
            if (each.pause) await driver.run();
          }
          await driver.run();
          driver.broker.onRequest = undefined;
          await driver.run();
          expectUndisturbed(driver, given);
          await driver.close();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('tell a commit failed that succeeded: it is not done twice', async () => {
    const driver = await openDriver(bank);
    let failed = 0;
    driver.broker.onRequest = (point) => {
      if (point === 'committed' && failed++ === 0) throw new RetriableError('the answer was lost');
    };
    await driver.pipe(deposits, 'ann', { id: 'd0', amount: 12n });
    expect(failed).toBeGreaterThan(1);
    expectUndisturbed(driver, [{ account: 'ann', amount: 12, pause: false }]);
    await driver.close();
  });
});

describe('two processes', () => {
  const world = (partitions: number) => {
    const scheduler = virtualScheduler(Date.UTC(2026, 0, 1));
    const broker = new MemoryBroker(() => scheduler.now());
    for (const { topic } of requiredTopics(bank)) broker.createTopic({ topic, partitions, replication: 1, config: {} });
    const start = () =>
      TestProcess.start({
        broker,
        scheduler,
        topology: bank,
        openBackend: memoryBackends(),
        limits: { batchRecords: 2 },
      });
    return { scheduler, broker, start };
  };

  const committedNotes = (broker: MemoryBroker, partitions: number) =>
    Array.from({ length: partitions }, (_, partition) =>
      broker
        .log({ topic: notes.name, partition })
        .read(0n, Infinity)
        .records.map(({ value }) => notes.value.decode(value!)),
    ).flat();

  it('share the work, hand it over, and miss or repeat nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('step-a', 'step-b', 'isolate-a', 'kill-b', 'stop-b', 'feed', 'feed', 'feed'), {
          minLength: 5,
          maxLength: 40,
        }),
        async (schedule) => {
          const { broker, start, scheduler } = world(2);
          let a: TestProcess | undefined = await start();
          let b: TestProcess | undefined = await start();
          const step = async (process: TestProcess | undefined): Promise<TestProcess | undefined> => {
            if (process === undefined) return undefined;
            try {
              await process.step();
              return process;
            } catch (error) {
              // Fenced, or dead: the supervisor would begin anew.
              if (!(error instanceof TaskMigratedError || error instanceof SimulatedCrash)) throw error;
              await process.kill();
              return undefined;
            }
          };
          let fed = 0;
          for (const action of schedule) {
            scheduler.advance(600);
            if (action === 'feed') {
              const key = Buffer.from(`account-${fed % 5}`);
              const value = deposits.value.encode({ id: `d${fed++}`, amount: 1n });
              broker.append(broker.log({ topic: deposits.name, partition: fed % 2 }), {
                key,
                value,
                headers: {},
                timestamp: undefined,
              });
            } else if (action === 'step-a') a = (await step(a)) ?? (await start());
            else if (action === 'step-b') b = (await step(b)) ?? (await start());
            else if (action === 'isolate-a') a.isolate();
            else if (action === 'kill-b') {
              await b?.kill();
              b = undefined;
            } else {
              await b?.stop();
              b = undefined;
            }
          }
          await a.kill();
          await b?.kill();
          const last = await start();
          while (await last.step());
          await last.stop();
          const told = committedNotes(broker, 2).map(({ id }) => id);
          expect([...told].sort()).toEqual(Array.from({ length: fed }, (_, n) => `d${n}`).sort());
        },
      ),
      { numRuns: 200 },
    );
  });

  it('cannot both commit: one that was cut off is refused', async () => {
    const { broker, start, scheduler } = world(1);
    const old = await start();
    while (await old.step());
    old.isolate();
    const fresh = await start();
    while (await fresh.step());
    const feed = (id: string) =>
      broker.append(broker.log({ topic: deposits.name, partition: 0 }), {
        key: Buffer.from('ann'),
        value: deposits.value.encode({ id, amount: 1n }),
        headers: {},
        timestamp: undefined,
      });
    feed('d0');
    // Both have the record; the old one is first.
    await expect(
      (async () => {
        await old.step();
        scheduler.advance(5000);
        await old.step();
      })(),
    ).rejects.toBeInstanceOf(TaskMigratedError);
    while (await fresh.step());
    expect(committedNotes(broker, 1).map(({ id, total }) => `${id} ${total}`)).toEqual(['d0 1']);
    await fresh.stop();
  });
});
