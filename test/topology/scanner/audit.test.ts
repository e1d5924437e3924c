import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atDesk, type Done } from '../../../services/cli/audit/desk.ts';
import { RetriableError, TaskMigratedError } from '../../../services/runtime/errors.ts';
import { type ShopServer, startShopServer } from '../../unit/adnsf-executor/shop-server.ts';
import { openAudited } from './audit-support.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

const repair = { repair: { reason: 'the backup was restored' }, raise: true };
const kinds = (done: readonly Done[]): string[] =>
  done.map(
    (each) =>
      `${each.kind} ${each.kind === 'resolved' ? each.exception.code : each.kind === 'told' ? each.remedy.drift.code : each.drift.code}`,
  );

/** Somebody makes the order what it was before its payment. */
const undo = (orderNumber: number): Promise<unknown> =>
  server.sql(`UPDATE dbo.Orders SET TransactionState = N'PENDING', AuthorizationPNREF = NULL, CapturedOn = NULL
    WHERE OrderNumber = ${orderNumber}`);

describe('an audit', () => {
  it('finds no drift where there is none', async () => {
    await using test = await openAudited(server);
    await test.order();
    expect(await test.audit(repair)).toEqual([]);
    expect(test.exceptions()).toEqual([]);
  });

  it('names the commands that put an order right, and does nothing unless told to', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    await undo(order);
    const before = test.commandsOf('adnsfCommands').length;
    const done = await test.audit();
    const named = done.flatMap((each) =>
      each.kind === 'told' && each.remedy.kind === 'repair' ? [each.remedy.command.commandId] : [],
    );
    expect(named.sort()).toEqual([`${order}/link-payment/1`, `${order}/mark-paid/1`]);
    expect(test.commandsOf('adnsfCommands')).toHaveLength(before);
    expect(await server.look(order)).toMatchObject({ TransactionState: 'PENDING' });
  });

  it('sends the very commands again, in their order, with their time, and the order is what it was', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    await undo(order);
    const before = test.commandsOf('adnsfCommands');
    expect(kinds(await test.audit(repair)).sort()).toEqual([
      'repaired not_linked_in_shop',
      'repaired not_paid_in_shop',
    ]);
    const again = test.commandsOf('adnsfCommands').slice(before.length);
    expect(again.map(({ value, headers }) => [value, headers['millrace-repair']?.toString()])).toEqual(
      ['link-payment', 'mark-paid'].map((intent) => {
        const commandId = `${order}/${intent}/1`;
        return [before.find(({ value }) => value.commandId === commandId)!.value, `${commandId}#repair-1`];
      }),
    );
    for (const { value, timestamp } of again)
      expect(timestamp).toBe(before.find(({ value: { commandId } }) => commandId === value.commandId)!.timestamp);
    expect(test.repairs().map(({ repairId, by, reason }) => [repairId, by, reason])).toEqual([
      [`${order}/link-payment/1#repair-1`, 'ada', 'the backup was restored'],
      [`${order}/mark-paid/1#repair-1`, 'ada', 'the backup was restored'],
    ]);

    await test.driver.run();
    const row = await server.look(order);
    expect(row).toMatchObject({ TransactionState: 'CAPTURED', PaymentGateway: 'STRIPE' });
    expect(row['AuthorizationPNREF']).toMatch(/^pi_/);
    // Verify sees each command and each result once, and nothing that is wrong.
    expect((await test.look(true)).all).toEqual([]);
    expect(test.driver.deadLetters()).toEqual([]);
    expect(await test.audit(repair)).toEqual([]);
  });

  it.each(['before-transaction', 'before-commit', 'after-commit'] as const)(
    'a repair takes effect once when the executor dies %s',
    async (point) => {
      await using test = await openAudited(server);
      const order = await test.order();
      await undo(order);
      await test.audit(repair);
      test.driver.crash(point);
      await test.driver.run();
      expect(await server.look(order)).toMatchObject({ TransactionState: 'CAPTURED' });
      const told = test.results().filter(({ headers }) => headers['millrace-repair'] !== undefined);
      expect(told.map(({ value }) => [value?.type, value?.status, value?.detail['after']])).toEqual([
        ['LinkPayment', 'succeeded', 'PENDING'],
        ['MarkOrderPaid', 'succeeded', 'CAPTURED'],
      ]);
      const rows = await server.sql(`SELECT CommandID FROM dbo.Millrace_AppliedCommand WHERE OrderNumber = ${order}`);
      expect(
        rows
          .map(({ CommandID: id }) => id as string)
          .filter((id) => id.includes('#'))
          .sort(),
      ).toEqual([`${order}/link-payment/1#repair-1`, `${order}/mark-paid/1#repair-1`]);
    },
  );

  it('a repair that is delivered again does not undo what happened since', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    await undo(order);
    await test.audit(repair);
    await test.driver.run();
    await undo(order);
    const again = test.commandsOf('adnsfCommands').findLast(({ headers }) => headers['millrace-repair'] !== undefined)!;
    test.driver.feed(test.schemas.topic('adnsfCommands'), String(order), again.value as never, {
      headers: again.headers,
    });
    await test.driver.run();
    expect(await server.look(order)).toMatchObject({ TransactionState: 'PENDING' });
  });

  it('waits for a repair that is on its way, and makes a new one when it is undone once more', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    await server.sql(`UPDATE dbo.Orders SET TransactionState = N'PENDING' WHERE OrderNumber = ${order}`);
    await test.audit(repair);
    expect(kinds(await test.audit(repair))).toEqual(['told not_paid_in_shop']);
    expect(test.repairs()).toHaveLength(1);
    await test.driver.run();
    await server.sql(`UPDATE dbo.Orders SET TransactionState = N'PENDING' WHERE OrderNumber = ${order}`);
    expect(kinds(await test.audit(repair))).toEqual(['repaired not_paid_in_shop']);
    await test.driver.run();
    expect(await server.look(order)).toMatchObject({ TransactionState: 'CAPTURED' });
    expect(test.repairs().map(({ repairId }) => repairId)).toEqual(
      [1, 2].map((n) => `${order}/mark-paid/1#repair-${n}`),
    );
  });

  it('tells the ERP again what is not in the ledger, under the same id', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    test.lose(`${order}/record-payment/1`);
    expect(kinds(await test.audit(repair))).toEqual(['repaired not_in_ledger']);
    const told = test.commandsOf('erpCommands').filter(({ value }) => value.commandId === `${order}/record-payment/1`);
    expect(told).toHaveLength(2);
    expect(told[1]!.value).toEqual(told[0]!.value);
    expect(await test.audit(repair)).toEqual([]);
  });

  it('raises what no command repairs, once, and says when it is over', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    await server.sql(`UPDATE dbo.Orders SET TransactionState = N'VOIDED' WHERE OrderNumber = ${order}`);
    for (const expected of ['raised', 'standing'])
      expect(kinds(await test.audit(repair))).toEqual([`${expected} not_paid_in_shop`]);
    expect(test.exceptions()).toMatchObject([
      { status: 'raised', orderId: String(order), who: 'support', by: 'ada', code: 'not_paid_in_shop' },
    ]);
    expect(test.exceptions()[0]!.evidence.join()).toMatch(/order\.payments-\d@\d+/);
    await server.sql(`UPDATE dbo.Orders SET TransactionState = N'CAPTURED' WHERE OrderNumber = ${order}`);
    expect(kinds(await test.audit(repair))).toEqual(['resolved not_paid_in_shop']);
    expect(await test.audit(repair)).toEqual([]);
    await server.sql(`UPDATE dbo.Orders SET TransactionState = N'VOIDED' WHERE OrderNumber = ${order}`);
    expect(kinds(await test.audit(repair))).toEqual(['raised not_paid_in_shop']);
    expect(test.exceptions().map(({ status }) => status)).toEqual(['raised', 'resolved', 'raised']);
  });

  it('leaves the state to a person when money went back', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    const { data } = await test.box.stripe.paymentIntents.list({ limit: 1 });
    await test.box.stripe.refunds.create({ payment_intent: data[0]!.id, amount: 100 });
    await test.box.settled();
    await test.scanner().scan();
    await test.driver.run();
    await server.sql(`UPDATE dbo.Orders SET TransactionState = N'PENDING' WHERE OrderNumber = ${order}`);
    const done = await test.audit(repair, false);
    expect(kinds(done)).toContain('raised not_paid_in_shop');
    expect(test.repairs()).toEqual([]);
  });

  it('of two persons one repairs', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    await server.sql(`UPDATE dbo.Orders SET TransactionState = N'PENDING' WHERE OrderNumber = ${order}`);
    const { looked } = await test.look(true);
    let second: Promise<Done[]> | undefined;
    // Whoever was first has read what was repaired, and stops before he sends.
    const read: typeof test.desk.reader.read = (...range) =>
      (async function* () {
        second ??= test.audit(repair);
        await second;
        yield* test.desk.reader.read(...range);
      })();
    const first = atDesk({ ...test.desk, reader: { ...test.desk.reader, read } }, looked, new Set(), repair, {
      by: 'bea',
      at: 1n,
    });
    await expect(first.next()).rejects.toThrow(TaskMigratedError);
    expect(kinds(await second!)).toEqual(['repaired not_paid_in_shop']);
    expect(test.repairs().map(({ by }) => by)).toEqual(['ada']);
  });

  it('whoever comes to the desk reads what was done there before', async () => {
    await using test = await openAudited(server);
    const order = await test.order();
    await server.sql(`UPDATE dbo.Orders SET TransactionState = N'PENDING' WHERE OrderNumber = ${order}`);
    const { looked } = await test.look(true);
    const cluster = {
      transactionalProducer: async (id: string) => {
        await test.audit(repair);
        return test.desk.cluster.transactionalProducer(id);
      },
    };
    const done: Done[] = [];
    for await (const each of atDesk({ ...test.desk, cluster }, looked, new Set(), repair, { by: 'bea', at: 1n }))
      done.push(each);
    expect(kinds(done)).toEqual(['told not_paid_in_shop']);
    expect(test.repairs().map(({ by }) => by)).toEqual(['ada']);
  });

  it.each(['send', 'commit', 'committed'] as const)(
    'killed at %s, it has done all of a repair or nothing',
    async (point) => {
      await using test = await openAudited(server);
      const order = await test.order();
      await server.sql(`UPDATE dbo.Orders SET TransactionState = N'PENDING' WHERE OrderNumber = ${order}`);
      let nth = 0;
      test.driver.broker.onRequest = (at, detail) => {
        // The second thing that is sent: the record of the repair.
        if (at === point && detail === 'audit-desk' && ++nth === (point === 'send' ? 2 : 1))
          throw new RetriableError('the power went off');
      };
      await expect(test.audit(repair)).rejects.toThrow('the power went off');
      test.driver.broker.onRequest = undefined;
      await test.audit(repair);
      await test.driver.run();
      expect(test.repairs()).toHaveLength(1);
      expect(
        test.commandsOf('adnsfCommands').filter(({ headers }) => headers['millrace-repair'] !== undefined),
      ).toHaveLength(1);
      expect(await server.look(order)).toMatchObject({ TransactionState: 'CAPTURED' });
    },
  );
});
