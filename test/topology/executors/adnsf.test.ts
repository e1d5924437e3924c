import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdnsfCommand } from '../../../schemas/topics.ts';
import { adnsfStage } from '../../../services/adnsf-executor/stage.ts';
import { type ShopServer, startShopServer, type Way, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { linkPayment, markOrderPaid, recordDecline, STORES } from '../../unit/adnsf-executor/support.ts';
import { crashPoints, driveExecutor, openTopics } from './support.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

const open = async (way: Way) => {
  const topics = await openTopics();
  const shop = way.open(server);
  const driver = await driveExecutor(
    adnsfStage({
      shop,
      stores: STORES,
      version: 'test',
      concurrency: 4,
      commands: topics.adnsfCommands,
      results: topics.adnsfResults,
      deadLetters: topics.deadLetters,
    }),
  );
  return {
    driver,
    feed: (command: AdnsfCommand) => driver.feed(topics.adnsfCommands, command.orderId, command),
    results: () => driver.readAll(topics.adnsfResults).flatMap(({ value }) => value ?? []),
    [Symbol.asyncDispose]: async () => {
      await driver.close();
      await shop.close();
    },
  };
};

describe.each(ways)('adnsf-executor in the engine, over $name', (way) => {
  it.each(crashPoints)('each command takes effect once when it dies %s', async (point) => {
    await using test = await open(way);
    const orders: number[] = [];
    while (orders.length < 5) orders.push(await server.place());
    for (const commands of [
      orders.map((order) => linkPayment(order)),
      orders.map((order) => recordDecline(order)),
      orders.map((order) => markOrderPaid(order)),
    ]) {
      test.driver.crash(point);
      for (const command of commands) test.feed(command);
      await test.driver.run();
    }
    for (const order of orders) {
      const row = await server.look(order);
      expect(row).toMatchObject({ TransactionState: 'CAPTURED', AuthorizationPNREF: 'pi_1' });
      expect((row['CustomerServiceNotes'] as string).split('\r\n')).toHaveLength(1);
      const told = test.results().filter(({ orderId }) => orderId === String(order));
      expect(told.map(({ type, status, detail }) => [type, status, detail['before'], detail['after']])).toEqual([
        ['LinkPayment', 'succeeded', 'PENDING', 'PENDING'],
        ['RecordPaymentDecline', 'succeeded', 'PENDING', 'REFUSED'],
        ['MarkOrderPaid', 'succeeded', 'REFUSED', 'CAPTURED'],
      ]);
    }
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('answers what a replay sends again as it did before, and changes nothing', async () => {
    await using test = await open(way);
    const order = await server.place();
    const commands = [linkPayment(order), recordDecline(order), markOrderPaid(order)];
    const told = async () => {
      for (const command of commands) test.feed(command);
      await test.driver.run();
      return test.results();
    };
    const first = await told();
    const row = await server.look(order);
    const both = await told();
    expect(await server.look(order)).toEqual(row);
    expect(first).toHaveLength(3);
    // The same answers, and each says of itself that it was known.
    expect(both.slice(3).map(({ replayed }) => replayed)).toEqual([true, true, true]);
    expect(both.slice(3).map((result) => ({ ...result, replayed: false }))).toEqual(first);
    expect(test.driver.deadLetters()).toEqual([]);
  });
});
