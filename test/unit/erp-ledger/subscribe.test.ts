import { describe, expect, it, vi } from 'vitest';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { ledgerApi } from '../../../services/erp-ledger/http.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { readLedger } from '../../../services/erp-ledger/read.ts';
import { subscribe } from '../../../services/erp-ledger/subscribe.ts';
import { openLogger } from '../../../services/platform/logger.ts';
import { RetriableError } from '../../../services/runtime/errors.ts';
import { observe } from '../../../services/runtime/observe.ts';
import { MemoryBroker } from '../../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { openTopic, recordPayment, SOURCE, temporaryLedger, TOPIC } from './support.ts';

const logger = openLogger({ service: 'erp-ledger', level: 'silent' });

const open = async (path: string, partitions = 2) => {
  const topic = await openTopic();
  const broker = new MemoryBroker(() => Date.now());
  broker.createTopic({ topic: TOPIC, partitions, replication: 1, config: {} });
  const cluster = memoryCluster(broker, systemScheduler, 3);
  const producer = await cluster.idempotentProducer();
  const produce = (commands: readonly ErpCommand[]) =>
    producer.send(
      commands.map((command) => ({
        topic: TOPIC,
        key: Buffer.from(command.orderId),
        value: topic.value.encode(command),
      })),
    );
  const start = () => {
    const ledger = openLedger(path);
    const subscription = subscribe({
      cluster,
      ledger,
      topic,
      logger,
      scheduler: { now: () => Date.now(), sleep: () => Promise.resolve() },
    });
    return {
      subscription,
      stop: async () => {
        await subscription.stop();
        ledger.close();
      },
    };
  };
  const applied = (): bigint => {
    const reader = readLedger(path);
    try {
      return reader.totals().applied;
    } finally {
      reader.close();
    }
  };
  const until = (count: bigint) => vi.waitFor(() => expect(applied()).toBe(count), { interval: 10, timeout: 15_000 });
  return { broker, cluster, produce, start, until, applied };
};

const payments = (from: number, to: number): ErpCommand[] =>
  Array.from({ length: to - from }, (_, index) => recordPayment(String(from + index), 100n));

describe('the subscription', () => {
  it('books what comes and resumes where the database, not the group, says', async () => {
    using files = temporaryLedger();
    const { produce, start, until, broker, applied } = await open(files.path);
    await produce(payments(0, 20));
    const passed: [string, bigint][] = [];
    const stopListening = observe.passing.subscribe(({ point }) => passed.push([point, applied()]));
    const first = start();
    await until(20n);
    await first.stop();
    stopListening();
    expect(passed[0]).toEqual(['before-book', 0n]);
    expect(passed.at(-1)).toEqual(['after-book', 20n]);
    await produce(payments(20, 30));
    const second = start();
    await until(30n);
    await produce(payments(30, 31));
    await until(31n);
    await second.stop();
    files.read((reader) => {
      expect(reader.totals()).toEqual({ applied: 31n, repeats: 0n, conflicts: 0n });
      const ends = reader.positions().map(({ partition, nextOffset }) => [Number(partition), nextOffset]);
      expect(ends).toEqual([0, 1].map((partition) => [partition, broker.log({ topic: TOPIC, partition }).high]));
    });
  });

  it('goes on through brokers that fail', async () => {
    using files = temporaryLedger();
    const { produce, start, until, broker } = await open(files.path);
    let failures = 0;
    broker.onRequest = (point) => {
      if (point === 'fetch' && failures++ % 3 === 0) throw new RetriableError('broker is away');
    };
    await produce(payments(0, 10));
    const running = start();
    await until(10n);
    await running.stop();
    expect(failures).toBeGreaterThan(2);
    expect(files.read((reader) => reader.totals())).toEqual({ applied: 10n, repeats: 0n, conflicts: 0n });
  });

  it('does not read what was never committed', async () => {
    using files = temporaryLedger();
    const { cluster, produce, start, until } = await open(files.path, 1);
    const topic = await openTopic();
    const aborted = await (await cluster.transactionalProducer('t')).begin();
    const [command] = payments(99, 100);
    await aborted.send([{ topic: TOPIC, key: Buffer.from('99'), value: topic.value.encode(command!) }]);
    await aborted.abort();
    await produce(payments(0, 2));
    const running = start();
    await until(2n);
    await running.stop();
    expect(files.read((reader) => reader.orderIds())).toEqual(['0', '1']);
  });

  it('stops rather than skip what is gone, or read another topic of the same name', async () => {
    using files = temporaryLedger();
    const { start } = await open(files.path, 1);
    const ledger = openLedger(files.path);
    ledger.begin(SOURCE, 7n);
    ledger.close();
    const running = start();
    await expect(running.subscription.crashed).rejects.toThrow(/ends at 0, but the ledger has read up to 7/);
    await running.stop();
  });
});

describe('the read API', () => {
  it('answers with amounts as text', async () => {
    using files = temporaryLedger();
    const { produce, start, until } = await open(files.path);
    await produce([recordPayment('100', 9_007_199_254_740_993n)]);
    const running = start();
    await until(1n);
    await running.stop();
    const reader = readLedger(files.path);
    const api = ledgerApi(reader);
    const get = async (path: string) => {
      const answer = await api.inject(path);
      return [answer.statusCode, answer.json<unknown>()];
    };
    expect(await get('/orders/100')).toMatchObject([200, { payments: [{ amount: '9007199254740993' }] }]);
    expect(await get(`/commands/${encodeURIComponent('100/record-payment/1')}`)).toMatchObject([
      200,
      { type: 'RecordPayment' },
    ]);
    expect(await get('/trial-balance')).toMatchObject([
      200,
      { accounts: [{ account: '1010', debit: '9007199254740993', credit: '0' }, { account: '4000' }] },
    ]);
    expect(await get('/positions')).toMatchObject([200, { applied: '1', positions: [{}, {}] }]);
    expect(await get('/orders/nobody')).toEqual([404, { error: 'unknown' }]);
    await api.close();
    reader.close();
  });
});
