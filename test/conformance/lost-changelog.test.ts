/** A changelog that has lost something is noticed, and its stores are made anew from the inputs: nothing is said twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startApplication } from '../../services/runtime/application.ts';
import { FatalError } from '../../services/runtime/errors.ts';
import { decodeHistory, encodeHistory, type History } from '../../services/runtime/history.ts';
import { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../services/runtime/memory/cluster.ts';
import { observe, type RestoreProgress } from '../../services/runtime/observe.ts';
import { nobody } from '../../services/runtime/ports.ts';
import { systemScheduler } from '../../services/runtime/scheduler.ts';
import { json, jsonDeadLetters, utf8 } from '../../services/runtime/serde.ts';
import { memoryBackends, type OpenBackend } from '../../services/runtime/store.ts';
import { openDriver, type TopologyDriver } from '../../services/runtime/testing/driver.ts';
import type { CrashPoint } from '../../services/runtime/task.ts';
import { requiredTopics } from '../../services/runtime/topics.ts';
import { input, type Store, type Topic, type Topology } from '../../services/runtime/topology.ts';
import { balanceStore, bank, countStore, deposits, notes } from '../topology/runtime/fixture.ts';

const changelog = 'bank-balances-by-account-changelog';
const source = { topic: changelog, partition: 0 };

/** Deletes the changelog and makes it anew; what was on its way to it then gets there, and is aborted. */
const remadeAndFilledTo = (broker: MemoryBroker, high: bigint): void => {
  broker.recreateTopic(changelog);
  const { epoch } = broker.initProducerId('the dead');
  const late = { key: Buffer.from('ann'), value: null, headers: {}, timestamp: 0n };
  for (let n = 1n; n < high; n++) broker.appendInTransaction('the dead', epoch, broker.log(source), late);
  broker.endTransaction('the dead', epoch, false);
  expect(broker.log(source).stable).toBe(high);
};

/** The same, and it reaches as far as before. */
const remadeAndFilled = (broker: MemoryBroker): void => remadeAndFilledTo(broker, broker.log(source).high);

/** The bank on one machine after another, each with a disk of its own. */
const bankOfMachines = () => {
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
  const feed = (account: string) => {
    const value = deposits.value.encode({ id: `d${fed++}`, amount: 1n });
    const record = { key: Buffer.from(account), value, headers: {}, timestamp: undefined };
    broker.append(broker.log({ topic: deposits.name, partition: 0 }), record);
  };
  const live = async (openBackend: OpenBackend, accounts: readonly string[]) => {
    const running = await startApplication(bank, { cluster, stateDir: '', openBackend });
    await expect.poll(() => running.status()[0]?.tasks[0]?.state).toBe('RUNNING');
    const before = told().length;
    for (const account of accounts) feed(account);
    await expect.poll(() => told().length).toBe(before + accounts.length);
    await running.stop();
  };
  const history = () => decodeHistory(broker.position('bank-sum', { topic: deposits.name, partition: 0 })?.note);
  return { broker, cluster, told, feed, live, history };
};

const ids = (driver: TopologyDriver) => driver.readAll(notes).map(({ value }) => `${value!.id} ${value!.total}`);

/** Ways in which a changelog loses what it had. */
const losses: Readonly<Record<string, (driver: TopologyDriver) => void>> = {
  'made anew': ({ broker }) => broker.recreateTopic(changelog),
  'made anew and filled as far by late writes': ({ broker }) => remadeAndFilled(broker),
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

  it.each([true, false])(
    'that was made anew while a transaction of its task was on its way is missed, however far that reaches (disk lost: %s)',
    async (wipe) => {
      for (let more = -1n; more < 3n; more++) {
        const driver = await openDriver(bank);
        await driver.pipe(deposits, 'ann', { id: 'd0', amount: 1n });
        const { high } = driver.broker.log(source);
        driver.broker.recreateTopic(changelog);
        const own = await memoryCluster(driver.broker, systemScheduler).transactionalProducer('bank-sum-0');
        const late = await own.begin();
        // Whoever begins next ends it, and its marker is one more.
        const key = Buffer.from('ann');
        await late.send(Array.from({ length: Number(high - 1n + more) }, () => ({ ...source, key, value: null })));
        const told: unknown[] = [];
        const stop = observe.trouble.subscribe(({ action, error }) => {
          if (action === 'rebuild') told.push(error);
        });
        await driver.restart({ wipe });
        await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
        stop();
        expect(told.map(String)).toEqual([
          expect.stringMatching(more < 0n ? /ends at 3, and was committed up to 4/ : /it has no name instead of \d+/),
        ]);
        expect(ids(driver)).toEqual(['d0 1', 'd1 2']);
        await driver.close();
      }
    },
  );

  it('is found to be another one at once when the disk would do without it', async () => {
    const driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd0', amount: 1n });
    remadeAndFilled(driver.broker);
    await driver.restart();
    await driver.pipe(deposits, 'bob', { id: 'd1', amount: 1n });
    // What the disk had alone would be missing now.
    await driver.restart({ wipe: true });
    await driver.pipe(deposits, 'ann', { id: 'd2', amount: 1n });
    expect(ids(driver)).toEqual(['d0 1', 'd1 1', 'd2 2']);
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
    const { broker, told, live } = bankOfMachines();
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

  it('of a history in which nothing had come about yet does not come back either', async () => {
    const { broker, told, live } = bankOfMachines();
    // Something was begun and never committed: a disk that has nothing stands behind it.
    remadeAndFilledTo(broker, 2n);
    const [old, fresh] = [memoryBackends(), memoryBackends()];
    await live(old, []);
    const stands = old.peek({ application: 'bank', stage: 'sum', partition: 0 })?.checkpoint(balanceStore.name);
    expect(stands!.position).toBe(2n);
    broker.recreateTopic(changelog);
    await live(fresh, ['bob', 'ann']);
    await live(old, ['bob']);
    expect(told()).toEqual(['d0 1', 'd1 1', 'd2 2']);
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

/** As a version left it that gave changelogs no names: ann's first deposit is in the state and the changelog. */
const nameless = async (note: Partial<History>) => {
  const world = bankOfMachines();
  const { cluster, feed, broker } = world;
  feed('ann');
  broker.append(broker.log({ topic: notes.name, partition: 0 }), {
    key: Buffer.from('ann'),
    value: notes.value.encode({ account: 'ann', id: 'd0', total: 1n }),
    headers: {},
    timestamp: undefined,
  });
  const transaction = await (await cluster.transactionalProducer('bank-sum-0')).begin();
  const value = balanceStore.value.encode({ total: 1n, deposits: 1, seen: ['d0'] });
  await transaction.send([{ ...source, key: Buffer.from('ann'), value }]);
  const reaches = new Map([[balanceStore.name, { from: 0n, to: 2n, named: undefined }]]);
  const text = encodeHistory({ since: 0, reaches, rebuilt: undefined, ...note });
  await transaction.sendOffsets(nobody('bank-sum'), [{ topic: deposits.name, partition: 0, offset: 1n, note: text }]);
  await transaction.commit();
  return world;
};

describe('a changelog without a name', () => {
  it('is believed as far as it is noted, and gets one', async () => {
    const { live, told, history, broker } = await nameless({});
    const disk = memoryBackends();
    await live(disk, ['ann']);
    expect(told()).toEqual(['d0 1', 'd1 2']);
    const { since, reaches } = history()!;
    expect(since).toBeGreaterThan(0);
    expect(reaches.get(balanceStore.name)).toEqual({ from: 0n, to: 6n, named: 2n });
    // Once only: the next one finds it, and keeps its disk.
    await live(disk, ['ann']);
    expect(history()).toEqual({
      since,
      reaches: new Map([[balanceStore.name, { from: 0n, to: 8n, named: 2n }]]),
      rebuilt: undefined,
    });
    // From here on another one of that length is not taken for it.
    remadeAndFilled(broker);
    await live(memoryBackends(), ['ann']);
    expect(told()).toEqual(['d0 1', 'd1 2', 'd2 3', 'd3 4']);
  });

  it('keeps its state when everything around its name is compacted', async () => {
    const { live, told, broker } = await nameless({});
    await live(memoryBackends(), ['ann', 'bob', 'ann']);
    broker.log(source).compact(true);
    await live(memoryBackends(), ['ann', 'bob']);
    expect(told()).toEqual(['d0 1', 'd1 2', 'd2 1', 'd3 3', 'd4 4', 'd5 2']);
  });

  it('that is shorter than noted is made anew of the inputs', async () => {
    const { live, told, broker } = await nameless({});
    broker.recreateTopic(changelog);
    await live(memoryBackends(), ['ann']);
    expect(told()).toEqual(['d0 1', 'd1 2']);
  });

  it('and whose stores were being made anew goes on with that', async () => {
    const reaches = new Map([[balanceStore.name, { from: 2n, to: 2n, named: undefined }]]);
    const { live, told, history } = await nameless({ reaches, rebuilt: new Map([[deposits.name, 0n]]) });
    await live(memoryBackends(), ['ann']);
    expect(told()).toEqual(['d0 1', 'd1 2']);
    expect(history()?.rebuilt).toBeUndefined();
  });

  it('does not make a disk good that stood in it before', async () => {
    const { live, told } = await nameless({});
    const disk = memoryBackends();
    const left = await disk({ application: 'bank', stage: 'sum', partition: 0, stores: [balanceStore.name] });
    const value = balanceStore.value.encode({ total: 7n, deposits: 1, seen: ['of another one'] });
    await left.write(
      [{ store: balanceStore.name, key: 'ann', value }],
      new Map([[balanceStore.name, { position: 1n, since: 0, writtenAt: Date.now() }]]),
    );
    await live(disk, ['ann']);
    expect(told()).toEqual(['d0 1', 'd1 2']);
  });

  it('when one store of a stage is new, all of its changelogs get another name', async () => {
    const { live, told, history, broker } = await nameless({});
    await live(memoryBackends(), ['ann']);
    const before = history()!;
    const position = broker.position('bank-sum', { topic: deposits.name, partition: 0 })!;
    const cluster = memoryCluster(broker, systemScheduler);
    const transaction = await (await cluster.transactionalProducer('bank-sum-0')).begin();
    const note = encodeHistory({ ...before, reaches: new Map() });
    await transaction.sendOffsets(nobody('bank-sum'), [{ ...position, note }]);
    await transaction.commit();
    await live(memoryBackends(), ['ann']);
    expect(told()).toEqual(['d0 1', 'd1 2', 'd2 3']);
    expect(history()!.since).toBeGreaterThan(before.since);
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
