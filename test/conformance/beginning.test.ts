/** The first steps of a task: each has to come before the next, and nothing before all of them. */
import { describe, expect, it } from 'vitest';
import { FatalError, TaskCorruptedError } from '../../services/runtime/errors.ts';
import { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../services/runtime/memory/cluster.ts';
import { startApplication } from '../../services/runtime/application.ts';
import type { KafkaCluster, Transaction } from '../../services/runtime/ports.ts';
import { systemScheduler } from '../../services/runtime/scheduler.ts';
import { memoryBackends, type OpenBackend } from '../../services/runtime/store.ts';
import { openDriver } from '../../services/runtime/testing/driver.ts';
import { requiredTopics } from '../../services/runtime/topics.ts';
import { balanceStore, bank, deposits, notes, type Balance } from '../topology/runtime/fixture.ts';

const world = () => {
  const broker = new MemoryBroker(() => Date.now());
  for (const { topic } of requiredTopics(bank))
    broker.createTopic({ topic, partitions: 1, replication: 1, config: {} });
  const feed = (id: string) =>
    broker.append(broker.log({ topic: deposits.name, partition: 0 }), {
      key: Buffer.from('ann'),
      value: deposits.value.encode({ id, amount: 1n }),
      headers: {},
      timestamp: undefined,
    });
  const told = () =>
    broker
      .log({ topic: notes.name, partition: 0 })
      .read(0n, Infinity)
      .records.map(({ value }) => notes.value.decode(value!))
      .map(({ id, total }) => `${id} ${total}`);
  return { broker, feed, told, cluster: memoryCluster(broker, systemScheduler) };
};

const run = (cluster: KafkaCluster, openBackend: OpenBackend = memoryBackends()) =>
  startApplication(bank, { cluster, stateDir: '', openBackend });

describe('a task that begins', () => {
  it('fences before it restores: what the predecessor commits at the last moment is part of the state', async () => {
    const { broker, feed, told, cluster } = world();
    feed('d0');
    // The predecessor has processed d0 and is about to commit.
    const predecessor = await cluster.transactionalProducer('bank-sum-0');
    const group = await cluster.consumer({ groupId: 'bank-sum', topics: [deposits.name] });
    await group.poll(0);
    const transaction: Transaction = await predecessor.begin();
    const balance: Balance = { total: 1n, deposits: 1, seen: ['d0'] };
    await transaction.send([
      {
        topic: 'bank-balances-by-account-changelog',
        partition: 0,
        key: Buffer.from('ann'),
        value: balanceStore.value.encode(balance),
      },
    ]);
    await transaction.sendOffsets(group.metadata(), [{ topic: deposits.name, partition: 0, offset: 1n }]);
    await group.close();
    let committed = false;
    const late: KafkaCluster = {
      ...cluster,
      transactionalProducer: async (id) => {
        if (id === 'bank-sum-0' && !committed) {
          committed = true;
          await transaction.commit();
        }
        return cluster.transactionalProducer(id);
      },
    };
    const running = await run(late);
    feed('d1');
    await expect.poll(told).toEqual(['d1 2']);
    await running.stop();
    expect(broker.committed('bank-sum', { topic: deposits.name, partition: 0 })).toBe(2n);
  });

  it('wipes and restores a store that cannot be trusted', async () => {
    const { feed, told, cluster } = world();
    const backends = memoryBackends();
    const first = await run(cluster, backends);
    feed('d0');
    await expect.poll(told).toEqual(['d0 1']);
    await first.stop();
    let damaged = true;
    const second = await run(cluster, async (task) => {
      const backend = await backends(task);
      return {
        ...backend,
        get: (store, key) => {
          if (damaged && store === balanceStore.name) throw new TaskCorruptedError('checksum');
          return backend.get(store, key);
        },
        clear: async () => {
          damaged = false;
          await backend.clear();
        },
      };
    });
    feed('d1');
    await expect.poll(told).toEqual(['d0 1', 'd1 2']);
    expect(damaged).toBe(false);
    await second.stop();
  });

  it('does not trust a store that is ahead of its changelog', async () => {
    const driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd0', amount: 1n });
    const changelog = 'bank-balances-by-account-changelog';
    const { high } = driver.broker.log({ topic: changelog, partition: 0 });
    // Its name and a record, with the markers of both transactions.
    expect(high).toBe(4n);
    // The store says it is where the changelog has never been: another cluster, or a topic made anew.
    await driver.forge('sum', balanceStore, 1000n);
    await driver.restart();
    await driver.pipe(deposits, 'ann', { id: 'd1', amount: 1n });
    expect(driver.store('sum', balanceStore).get('ann')?.total).toBe(2n);
    await driver.close();
  });

  it('forgets what a store has from a changelog that was made anew', async () => {
    const { feed, told, cluster } = world();
    const backends = memoryBackends();
    const left = await backends({ application: 'bank', stage: 'sum', partition: 0, stores: [balanceStore.name] });
    const balance: Balance = { total: 40n, deposits: 1, seen: ['of another cluster'] };
    await left.write(
      [{ store: balanceStore.name, key: 'ann', value: balanceStore.value.encode(balance) }],
      new Map([[balanceStore.name, { position: 1000n, since: 0, writtenAt: Date.now() }]]),
    );
    const running = await run(cluster, backends);
    feed('d0');
    await expect.poll(told).toEqual(['d0 1']);
    await running.stop();
  });

  it('restores from a compacted changelog', async () => {
    const driver = await openDriver(bank);
    for (let n = 0; n < 5; n++) await driver.pipe(deposits, n % 2 === 0 ? 'ann' : 'bob', { id: `d${n}`, amount: 1n });
    await driver.pipe(deposits, 'bob', null);
    driver.broker.log({ topic: 'bank-balances-by-account-changelog', partition: 0 }).compact(true);
    await driver.restart({ wipe: true });
    await driver.run();
    expect(
      driver
        .store('sum', balanceStore)
        .entries()
        .map(([key, { total }]) => `${key} ${total}`),
    ).toEqual(['ann 3']);
    await driver.close();
  });

  it('refuses to jump over records that were deleted unread', async () => {
    const driver = await openDriver(bank);
    await driver.pipe(deposits, 'ann', { id: 'd0', amount: 1n });
    await driver.restart();
    driver.feed(deposits, 'ann', { id: 'd1', amount: 1n });
    driver.feed(deposits, 'ann', { id: 'd2', amount: 1n });
    driver.broker.log({ topic: deposits.name, partition: 0 }).deleteBefore(2n);
    await expect(driver.run()).rejects.toBeInstanceOf(FatalError);
  });
});

describe('an application', () => {
  it('tells how far a restore is', async () => {
    const { feed, told, cluster } = world();
    const first = await run(cluster);
    feed('d0');
    await expect.poll(told).toEqual(['d0 1']);
    await first.stop();
    const gate = Promise.withResolvers<undefined>();
    const second = await run({
      ...cluster,
      reader: async () => {
        const reader = await cluster.reader();
        return {
          ...reader,
          async *read(source, from, to) {
            // The name of a changelog is read before: one record.
            if (to !== from + 1n) await gate.promise;
            yield* reader.read(source, from, to);
          },
        };
      },
    });
    const task = () => second.status()[0]?.tasks[0];
    const restoring = { source: 'changelog', store: balanceStore.name, from: 0n, position: 0n, end: 4n, records: 0 };
    await expect.poll(task).toMatchObject({ state: 'RESTORING', restoring });
    gate.resolve(undefined);
    await expect.poll(task).toEqual({ partition: 0, state: 'RUNNING', buffered: 0 });
    await second.stop();
  });

  it('names the topics that are missing', async () => {
    const cluster = memoryCluster(new MemoryBroker(() => 0), systemScheduler);
    await expect(run(cluster)).rejects.toThrow(/topics do not exist: .*deposits/);
  });

  it('refuses inputs that do not line up with its changelogs', async () => {
    const broker = new MemoryBroker(() => 0);
    for (const { topic, role } of requiredTopics(bank))
      broker.createTopic({ topic, partitions: role === 'changelog' ? 2 : 1, replication: 1, config: {} });
    await expect(run(memoryCluster(broker, systemScheduler))).rejects.toThrow(/differ in size/);
  });

  it('says what it is doing, and rejects when a stage cannot go on', async () => {
    const { broker, cluster, feed, told } = world();
    const running = await run(cluster);
    feed('d0');
    await expect.poll(told).toEqual(['d0 1']);
    expect(running.status()).toEqual([
      { stage: 'sum', group: 'bank-sum', tasks: [{ partition: 0, state: 'RUNNING', buffered: 0 }] },
      { stage: 'watch', group: 'bank-watch', tasks: [{ partition: 0, state: 'RUNNING', buffered: 0 }] },
    ]);
    broker.onRequest = (point) => {
      if (point === 'commit') throw new FatalError('not allowed');
    };
    feed('d1');
    await expect(running.crashed).rejects.toThrow('not allowed');
    broker.onRequest = undefined;
    await running.stop();
  });
});
