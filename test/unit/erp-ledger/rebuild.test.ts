import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { compareLedgers, positionsIn, snapshotLedger } from '../../../services/erp-ledger/compare.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { rebuildLedger } from '../../../services/erp-ledger/rebuild.ts';
import { MemoryBroker } from '../../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import type { ErpCommand } from '../../../schemas/topics.ts';
import {
  customer,
  inventory,
  openTopic,
  recordFee,
  recordPayment,
  salesOrder,
  shipping,
  temporaryLedger,
  TOPIC,
} from './support.ts';

/** A topic of three partitions, what was sent to it, and a ledger that has read it. */
const open = async () => {
  const topic = await openTopic();
  const broker = new MemoryBroker(() => 0);
  broker.createTopic({ topic: TOPIC, partitions: 3, replication: 1, config: {} });
  const cluster = memoryCluster(broker, systemScheduler, 3);
  const live = temporaryLedger();
  const ledger = openLedger(live.path);
  const fresh = join(live.path, '..', 'new.db');
  const send = (partition: number, ...commands: readonly (ErpCommand | Buffer)[]): void => {
    for (const command of commands) {
      const value = Buffer.isBuffer(command) ? command : topic.value.encode(command);
      const key = Buffer.from(Buffer.isBuffer(command) ? 'x' : command.orderId);
      broker.append(broker.log({ topic: TOPIC, partition }), { key, value, headers: {}, timestamp: 0n });
    }
  };
  /** As the subscriber reads it: partitions in any order, in batches of any size. */
  const read = (partition: number, limit: number): void => {
    const source = { topic: TOPIC, partition };
    if (ledger.position(source) === undefined) ledger.begin(source, 0n);
    const fetchOffset = ledger.position(source)!;
    const { records, nextOffset } = broker.log(source).read(fetchOffset, limit);
    ledger.book({ source, fetchOffset, records, nextOffset }, (value) => topic.value.decode(value));
  };
  send(0, customer('1', 'Ada', 2n), salesOrder('1'), inventory('1'), recordPayment('1', 11_300n, 800n), shipping('1'));
  send(
    1,
    customer('2', 'Ada L.', 1n),
    salesOrder('2'),
    recordPayment('2', 11_300n, 800n),
    recordFee('2', 11_300n, 358n),
  );
  // Sent again, the same; and one with another amount under the same id; and no command at all.
  send(1, recordPayment('2', 11_300n, 800n), recordPayment('2', 1n), Buffer.from('no command'));
  for (const partition of [1, 0, 1, 1, 1]) read(partition, 2);
  return {
    ...{ topic, cluster, broker, ledger, live, fresh, send, read },
    rebuild: (over: Partial<Parameters<typeof rebuildLedger>[0]> = {}) =>
      rebuildLedger({ cluster, topic, path: fresh, ...over }),
    [Symbol.dispose]: () => {
      ledger.close();
      live[Symbol.dispose]();
    },
  };
};

describe('a ledger made anew', () => {
  it('is the same as the live one, row by row, as far as that one has read', async () => {
    using test = await open();
    const to = positionsIn(test.live.path, TOPIC);
    expect(to).toEqual(
      new Map([
        [0, 2n],
        [1, 7n],
      ]),
    );
    const booked = await test.rebuild({ to });
    expect(booked).toEqual({ applied: 6, repeated: 1, conflicts: 2 });
    expect(compareLedgers(test.live.path, test.fresh)).toEqual([]);
  });

  it('is compared with a copy while the live one goes on', async () => {
    using test = await open();
    const copy = `${test.fresh}.live`;
    await snapshotLedger(test.live.path, copy);
    test.read(0, 10);
    await test.rebuild({ to: positionsIn(copy, TOPIC) });
    expect(compareLedgers(copy, test.fresh)).toEqual([]);
    expect(compareLedgers(test.live.path, test.fresh).map(({ table }) => table)).toContain('payments');
  });

  it('has everything when nobody says how far', async () => {
    using test = await open();
    expect(await test.rebuild()).toEqual({ applied: 9, repeated: 1, conflicts: 2 });
    for (const partition of [0, 1, 2]) test.read(partition, 10);
    expect(compareLedgers(test.live.path, test.fresh)).toEqual([]);
  });

  it('tells what the live one has otherwise', async () => {
    using test = await open();
    await test.rebuild({ to: positionsIn(test.live.path, TOPIC) });
    const database = new BetterSqlite(test.live.path);
    database.exec(`UPDATE sales_orders SET total = total + 1 WHERE order_id = '2'; DELETE FROM conflicts;`);
    database.close();
    const differences = compareLedgers(test.live.path, test.fresh);
    expect(differences).toMatchObject([
      { table: 'conflicts', missing: 0, surplus: 2 },
      { table: 'sales_orders', missing: 1, surplus: 1, example: expect.stringContaining('"total":"11301"') as string },
    ]);
  });

  it('is not made over another one, from half a topic, or from another cluster', async () => {
    using test = await open();
    await expect(test.rebuild({ path: test.live.path })).rejects.toThrow(/exists/);
    await expect(test.rebuild({ to: new Map([[0, 99n]]) })).rejects.toThrow(/ends at 5, before 99/);
    using other = await open();
    other.broker.log({ topic: TOPIC, partition: 0 }).deleteBefore(1n);
    await expect(other.rebuild()).rejects.toThrow(/begins at 1: commands before it are gone/);
  });
});
