/** A changelog that has lost something is noticed, and its stores are made anew from the inputs: nothing is said twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startApplication } from '../../services/runtime/application.ts';
import { FatalError } from '../../services/runtime/errors.ts';
import { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../services/runtime/memory/cluster.ts';
import { observe, type RestoreProgress } from '../../services/runtime/observe.ts';
import { systemScheduler } from '../../services/runtime/scheduler.ts';
import { json, jsonDeadLetters, utf8 } from '../../services/runtime/serde.ts';
import { memoryBackends } from '../../services/runtime/store.ts';
import { openDriver, type TopologyDriver } from '../../services/runtime/testing/driver.ts';
import type { CrashPoint } from '../../services/runtime/task.ts';
import { requiredTopics } from '../../services/runtime/topics.ts';
import { input, type Store, type Topic, type Topology } from '../../services/runtime/topology.ts';
import { balanceStore, bank, countStore, deposits, notes } from '../topology/runtime/fixture.ts';

const changelog = 'bank-balances-by-account-changelog';
const source = { topic: changelog, partition: 0 };

const ids = (driver: TopologyDriver) => driver.readAll(notes).map(({ value }) => `${value!.id} ${value!.total}`);

/** Ways in which a changelog loses what it had. */
const losses: Readonly<Record<string, (driver: TopologyDriver) => void>> = {
  'made anew': ({ broker }) => broker.recreateTopic(changelog),
  'emptied by retention': ({ broker }) => broker.log(source).deleteBefore(broker.log(source).high),
  'cut at its beginning': ({ broker }) => broker.log(source).deleteBefore(2n),
};

describe('a changelog', () => {
  it.each(Object.entries(losses))(
    'that was %s is not missed: state is as before, and nothing is sent twice',
    async (_, lose) => {
      for (const wipe of [true, false]) {
        const driver = await openDriver(bank, { limits: { batchRecords: 2 } });
        for (let n = 0; n < 7; n++)
          await driver.pipe(deposits, n % 2 === 0 ? 'ann' : 'bob', { id: `d${n}`, amount: n === 3 ? -1n : 1n });
        await driver.pipe(deposits, 'bob', null);
        const before = driver.store('sum', balanceStore).entries();
        const [told, refused] = [ids(driver), driver.deadLetters()];
        expect(refused).toHaveLength(1);
        lose(driver);
        await driver.restart({ wipe });
        await driver.run();
        expect(driver.store('sum', balanceStore).entries()).toEqual(before);
        expect(ids(driver)).toEqual(told);
        expect(driver.deadLetters()).toEqual(refused);
        // What was rebuilt is in the changelog: the next disk begins from there.
        await driver.restart({ wipe: true });
        await driver.pipe(deposits, 'ann', { id: 'd7', amount: 1n });
        expect(driver.store('sum', balanceStore).get('ann')?.seen).toEqual(['d0', 'd2', 'd4', 'd6', 'd7']);
        expect(driver.store('watch', countStore).get('ann')).toBe(5);
        await driver.close();
      }
    },
  );

  it('that is lost after its very first transaction is missed too', async () => {
    const driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd0', amount: 1n });
    driver.broker.recreateTopic(changelog);
    await driver.restart({ wipe: true });
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    expect(ids(driver)).toEqual(['d0 1', 'd1 2']);
    await driver.close();
  });

  it('that was made anew and then got a late record of somebody who was fenced is missed as well', async () => {
    const driver = await openDriver(bank);
    for (let n = 0; n < 2; n++) await driver.pipe(deposits, 'ann', { id: `d${n}`, amount: 1n });
    driver.broker.recreateTopic(changelog);
    const zombie = await memoryCluster(driver.broker, systemScheduler).transactionalProducer('zombie');
    const transaction = await zombie.begin();
    await transaction.send([{ ...source, key: Buffer.from('ann'), value: null }]);
    await transaction.abort();
    await zombie.close();
    await driver.restart({ wipe: true });
    await driver.pipe(deposits, 'ann', { id: 'd2', amount: 1n });
    expect(ids(driver)).toEqual(['d0 1', 'd1 2', 'd2 3']);
    await driver.close();
  });

  it('that is made anew under a running task is noticed when that writes, and state is as it should be', async () => {
    const driver = await openDriver(bank);
    for (let n = 0; n < 3; n++) await driver.pipe(deposits, 'ann', { id: `d${n}`, amount: 1n });
    driver.broker.recreateTopic(changelog);
    // By the second one the note would fit the new changelog.
    await driver.pipe(deposits, 'bob', { id: 'd3', amount: 1n });
    await driver.pipe(deposits, 'bob', { id: 'd4', amount: 1n });
    await driver.restart({ wipe: true });
    await driver.pipe(deposits, 'ann', { id: 'd5', amount: 1n });
    expect(ids(driver)).toEqual(['d0 1', 'd1 2', 'd2 3', 'd3 1', 'd4 2', 'd5 4']);
    await driver.close();
  });

  it('may be lost again, and its rebuild die anywhere, as often as it likes', async () => {
    const points = fc.constantFrom<CrashPoint>(
      'after-fence',
      'after-restore',
      'mid-batch',
      'before-transaction',
      'before-commit',
      'after-commit',
      'after-promote',
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ann', 'bob', 'cid'), { minLength: 1, maxLength: 12 }),
        fc.array(
          fc.record({
            point: points,
            nth: fc.integer({ min: 1, max: 8 }),
            wipe: fc.boolean(),
            lose: fc.constantFrom('nothing', ...Object.keys(losses)),
            more: fc.boolean(),
          }),
          { maxLength: 6 },
        ),
        async (accounts, rounds) => {
          const driver = await openDriver(bank, { limits: { batchRecords: 2 } });
          const given: string[] = [];
          const give = async (account: string) => {
            await driver.pipe(deposits, account, { id: `d${given.length}`, amount: 1n });
            given.push(account);
          };
          for (const account of accounts) await give(account);
          for (const { point, nth, wipe, lose, more } of rounds) {
            if (driver.broker.log(source).high >= 2n) losses[lose]?.(driver);
            driver.crash(point, nth);
            await driver.restart({ wipe });
            await driver.run();
            if (more) await give('ann');
          }
          await driver.restart({ wipe: true });
          await driver.run();
          const sums = new Map<string, number>();
          const expected = given.map((account, n) => {
            sums.set(account, (sums.get(account) ?? 0) + 1);
            return `d${n} ${sums.get(account)!}`;
          });
          expect(ids(driver)).toEqual(expected);
          const state = driver.store('sum', balanceStore).entries();
          expect(new Map(state.map(([account, { total }]) => [account, Number(total)]))).toEqual(sums);
          await driver.close();
        },
      ),
      { numRuns: 200 },
    );
  });

  it('is believed when nothing is noted: the group was moved by hand, or committed by an earlier version', async () => {
    const driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd0', amount: 1n });
    driver.broker.recreateTopic(changelog);
    driver.broker.moveGroup('bank-sum', { topic: deposits.name, partition: 0 }, 1n);
    await driver.restart({ wipe: true });
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    expect(ids(driver)).toEqual(['d0 1', 'd1 1']);
    await driver.close();
  });

  it('cannot be made anew of inputs that are not complete: that is said, with what may be done', async () => {
    const driver = await openDriver(bank);
    for (let n = 0; n < 3; n++) await driver.pipe(deposits, 'ann', { id: `d${n}`, amount: 1n });
    driver.broker.recreateTopic(changelog);
    driver.broker.log({ topic: deposits.name, partition: 0 }).deleteBefore(1n);
    await driver.restart();
    const end = driver.run();
    await expect(end).rejects.toBeInstanceOf(FatalError);
    await expect(end).rejects.toThrow(
      /bank-balances-by-account-changelog ends at 0, and was committed up to .* deposits\/0 begins at 1.*--reset-offsets/,
    );
  });

  it('of an older history does not come back from a disk that slept through the new one', async () => {
    const broker = new MemoryBroker(() => Date.now());
    for (const { topic } of requiredTopics(bank))
      broker.createTopic({ topic, partitions: 1, replication: 1, config: {} });
    const cluster = memoryCluster(broker, systemScheduler);
    const told = () =>
      broker
        .log({ topic: notes.name, partition: 0 })
        .read(0n, Infinity)
        .records.map(({ value }) => notes.value.decode(value!))
        .map(({ id, total }) => `${id} ${total}`);
    let fed = 0;
    const live = async (openBackend: ReturnType<typeof memoryBackends>, accounts: readonly string[]) => {
      const running = await startApplication(bank, { cluster, stateDir: '', openBackend });
      for (const account of accounts) {
        const value = deposits.value.encode({ id: `d${fed++}`, amount: 1n });
        const record = { key: Buffer.from(account), value, headers: {}, timestamp: undefined };
        broker.append(broker.log({ topic: deposits.name, partition: 0 }), record);
        await expect.poll(() => told().length).toBe(fed);
      }
      await running.stop();
    };
    const [old, fresh] = [memoryBackends(), memoryBackends()];
    await live(old, ['ann', 'bob']);
    broker.recreateTopic(changelog);
    // The new changelog grows past where the old disk stands, and says of bob what the disk does not know.
    await live(fresh, ['bob', 'bob', 'ann', 'ann', 'ann']);
    const { high } = broker.log(source);
    const stands = old.peek({ application: 'bank', stage: 'sum', partition: 0 })?.checkpoint(balanceStore.name);
    expect(stands!.position).toBeLessThan(high);
    await live(old, ['bob', 'ann']);
    expect(told().slice(-2)).toEqual(['d7 4', 'd8 5']);
  });

  it('is told of while it is made anew: how far, of how much', async () => {
    const driver = await openDriver(bank, { limits: { batchRecords: 2 } });
    for (let n = 0; n < 6; n++) driver.feed(deposits, 'ann', { id: `d${n}`, amount: 1n });
    await driver.run();
    driver.broker.recreateTopic(changelog);
    await driver.restart();
    const told: RestoreProgress[] = [];
    const stop = observe.restore.subscribe((progress) => {
      if (progress.source === 'inputs') told.push(progress);
    });
    await driver.run();
    stop();
    expect(told.map(({ position, end, records, done }) => [position, end, records, done])).toEqual([
      [0n, 6n, 0, false],
      [2n, 6n, 2, false],
      [4n, 6n, 4, false],
      [6n, 6n, 6, true],
    ]);
    await driver.close();
  });
});

type Change = Readonly<{ at: number; name: string }>;
const left: Topic<Change> = { name: 'left', value: json<Change>() };
const right: Topic<Change> = { name: 'right', value: json<Change>() };
const story: Topic<string> = { name: 'story', value: utf8 };
const words: Store<string> = { name: 'words', value: utf8 };

/** Its state is the order in which it saw its records. */
const teller = (merged: boolean): Topology => {
  const one = (topic: Topic<Change>) =>
    input<Change>({
      topic,
      ...(merged ? { place: (change: Change | null) => String(change?.at ?? 0).padStart(6, '0') } : {}),
      process: ({ value }, context) => {
        const store = context.store(words);
        store.put('story', `${store.get('story') ?? ''} ${value?.name ?? 'gone'}`);
        context.send(story, 'story', value?.name ?? 'gone');
      },
    });
  return {
    application: 'teller',
    version: '1',
    deadLetters: { name: 'dead-letters', value: jsonDeadLetters },
    stages: [{ name: 'tell', stores: [words], outputs: [story], inputs: [one(left), one(right)] }],
  };
};

describe('inputs that are read again', () => {
  it.each([
    ['come in their common order', true],
    ['come as they came, by their time, when they have no order in common', false],
  ])('%s', async (_, merged) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 14 }), fc.nat(4), async (sides, more) => {
        const driver = await openDriver(teller(merged), { limits: { batchRecords: 3 } });
        for (const [at, side] of sides.entries()) {
          driver.advance(1);
          await driver.pipe(side ? left : right, 'k', { at, name: `c${at}` });
        }
        const before = driver.store('tell', words).get('story');
        driver.broker.recreateTopic('teller-words-changelog');
        // What has come since the last commit is not part of what is read again.
        await driver.restart({ wipe: true });
        for (let n = 0; n < more; n++) {
          driver.advance(1);
          driver.feed(n % 2 === 0 ? left : right, 'k', { at: sides.length + n, name: `n${n}` });
        }
        await driver.run();
        expect(driver.store('tell', words).get('story')?.startsWith(before!)).toBe(true);
        expect(driver.readAll(story)).toHaveLength(sides.length + more);
        await driver.close();
      }),
      { numRuns: 60 },
    );
  });
});
