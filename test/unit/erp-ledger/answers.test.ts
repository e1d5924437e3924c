import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import type { CommandResult } from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { openAnswers } from '../../../services/erp-ledger/answers.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { subscribe } from '../../../services/erp-ledger/subscribe.ts';
import { openLogger } from '../../../services/platform/logger.ts';
import { RetriableError, TaskMigratedError } from '../../../services/runtime/errors.ts';
import { MemoryBroker } from '../../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { recordPayment, salesOrder, SOURCE, temporaryLedger } from './support.ts';

const logger = openLogger({ service: 'erp-ledger', level: 'silent' });
const PARTITIONS = 2;

const open = async () => {
  const schemas = openSchemas(memoryRegistry());
  const [commands, results] = [schemas.topic('erpCommands'), schemas.topic('erpResults')];
  await commands.value.open?.();
  await results.value.open?.();
  const broker = new MemoryBroker(() => Date.now());
  for (const { name: topic } of [commands, results])
    broker.createTopic({ topic, partitions: PARTITIONS, replication: 1, config: {} });
  const cluster = memoryCluster(broker, systemScheduler, 3);
  const producer = await cluster.idempotentProducer();
  const produce = (sent: readonly ErpCommand[]) =>
    producer.send(
      sent.map((command) => ({
        topic: commands.name,
        key: Buffer.from(command.orderId),
        value: commands.value.encode(command),
      })),
    );
  const start = (path: string) => {
    const ledger = openLedger(path);
    const subscription = subscribe({
      cluster,
      ledger,
      topic: commands,
      logger,
      answers: openAnswers({ cluster, ledger, commands, results }),
      scheduler: { now: () => Date.now(), sleep: () => pause(1) },
    });
    return async () => {
      await subscription.stop();
      ledger.close();
    };
  };
  const told = (): readonly CommandResult[] =>
    Array.from(
      { length: PARTITIONS },
      (_, partition) => broker.log({ topic: results.name, partition }).read(0n, Infinity).records,
    )
      .flat()
      .map(({ value }) => results.value.decode(value!));
  const until = (count: number) =>
    vi.waitFor(() => expect(told()).toHaveLength(count), { interval: 10, timeout: 15_000 });
  return { broker, cluster, commands, results, produce, start, told, until };
};

const payments = (from: number, to: number): ErpCommand[] =>
  Array.from({ length: to - from }, (_, index) => recordPayment(String(from + index), 100n));

const ids = (told: readonly CommandResult[]): readonly string[] => told.map(({ commandId }) => commandId).sort();

describe('what the ledger answers', () => {
  it('is told once for each command, with the number of its document, whatever is restarted or rebuilt', async () => {
    using files = temporaryLedger();
    using rebuilt = temporaryLedger();
    const { produce, start, told, until } = await open();
    await produce([...payments(0, 12), salesOrder('7')]);
    const first = start(files.path);
    await until(13);
    await first();
    await produce(payments(12, 20));
    const second = start(files.path);
    await until(21);
    await second();
    const before = told();
    expect(new Set(ids(before)).size).toBe(21);
    for (const { type, status, objectId, detail } of before) {
      expect(status).toBe('succeeded');
      expect(objectId).toMatch(type === 'CreateSalesOrder' ? /^SO-\d-\d{6}$/ : /^PY-\d-\d{6}$/);
      expect(objectId!.endsWith(detail['commandOffset']!.padStart(6, '0'))).toBe(true);
    }
    // A ledger made anew from the beginning gives the same numbers, and has nothing to tell.
    await produce(payments(20, 21));
    const third = start(rebuilt.path);
    await until(22);
    await third();
    expect(told().filter(({ commandId }) => !commandId.startsWith('20/'))).toEqual(before);
  });

  it('is not doubled and not lost when the outcome of a commit is unknown', async () => {
    using files = temporaryLedger();
    const { broker, produce, start, told, until } = await open();
    let failures = 0;
    broker.onRequest = (point, detail) => {
      if (!detail.startsWith('erp-ledger-results')) return;
      if (['send', 'commit', 'committed'].includes(point) && failures++ % 3 === 1)
        throw new RetriableError(`no answer to ${point}`);
    };
    await produce(payments(0, 30));
    const stop = start(files.path);
    await until(30);
    await stop();
    expect(failures).toBeGreaterThan(6);
    expect(new Set(ids(told())).size).toBe(30);
  });

  it('tells what it had booked when it died before telling', async () => {
    using files = temporaryLedger();
    const { commands, produce, start, until, broker } = await open();
    await produce(payments(0, 4));
    const ledger = openLedger(files.path);
    for (const partition of [0, 1]) {
      const source = { topic: commands.name, partition };
      const { records, nextOffset } = broker.log(source).read(0n, Infinity);
      ledger.begin(source, 0n);
      ledger.book({ source, fetchOffset: 0n, records, nextOffset }, (value) => commands.value.decode(value));
    }
    ledger.close();
    const stop = start(files.path);
    await until(4);
    await stop();
  });

  it('is refused when the command was put aside', async () => {
    using files = temporaryLedger();
    const { produce, start, told, until } = await open();
    await produce([recordPayment('1', -5n), recordPayment('2', 100n)]);
    const stop = start(files.path);
    await until(2);
    await stop();
    expect(told().find(({ orderId }) => orderId === '1')).toMatchObject({
      commandId: '1/record-payment/1',
      type: 'RecordPayment',
      status: 'refused',
      errorCode: 'invalid',
      objectId: null,
    });
  });

  it('comes from one teller: who tells takes it from who told before', async () => {
    using files = temporaryLedger();
    const { cluster, commands, results, produce, told, broker } = await open();
    await produce(payments(0, 6));
    const ledger = openLedger(files.path);
    const { records, nextOffset } = broker.log(SOURCE).read(0n, Infinity);
    expect(records.length).toBeGreaterThan(0);
    ledger.begin(SOURCE, 0n);
    ledger.book({ source: SOURCE, fetchOffset: 0n, records, nextOffset }, (value) => commands.value.decode(value));
    const [before, after] = [0, 1].map(() => openAnswers({ cluster, ledger, commands, results }));
    await before!.take([SOURCE]);
    await after!.take([SOURCE]);
    await expect(before!.tell(SOURCE)).rejects.toThrow(TaskMigratedError);
    await after!.tell(SOURCE);
    await after!.tell(SOURCE);
    expect(told()).toHaveLength(records.length);
    await before!.close();
    await after!.close();
    ledger.close();
  });
});
