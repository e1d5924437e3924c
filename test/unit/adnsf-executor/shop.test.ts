import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { FatalError, RetriableError } from '../../../services/runtime/errors.ts';
import type { AdnsfCommand } from '../../../schemas/topics.ts';
import { type ShopServer, startShopServer, ways } from './shop-server.ts';
import { linkPayment, markOrderPaid, recordDecline, STORES } from './support.ts';

const WRITTEN = 1_780_000_000_000n;

let server: ShopServer;

beforeAll(async () => {
  server = await startShopServer();
});

afterAll(async () => {
  await server.close();
});

const listening = async (tcp: Server): Promise<number> => {
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  return (tcp.address() as AddressInfo).port;
};

let order: number;
const place = async (over: Readonly<Record<string, string>> = {}): Promise<void> => {
  order = await server.place(over);
};
const look = () => server.look(order);
const sql = (text: string) => server.sql(text);
const remembered = async (): Promise<number> =>
  (await sql(`SELECT COUNT(*) AS N FROM dbo.Millrace_AppliedCommand WHERE OrderNumber = ${order}`))[0]!['N'] as number;

describe.each(ways)('the shop over $name', (way) => {
  let shop: Shop & OrderLookup;
  beforeAll(() => {
    shop = way.open(server);
  });
  afterAll(async () => {
    await shop.close();
    expect(server.faults).toEqual([]);
  });
  const run = (command: AdnsfCommand, through: Shop = shop) => execute(through, STORES, command, WRITTEN);
  const repair = (command: AdnsfCommand, n: number) =>
    execute(shop, STORES, command, WRITTEN, `${command.commandId}#repair-${n}`);
  /** As the engine does: what may be tried again is. */
  const insist = async (command: AdnsfCommand, through: Shop = shop) => {
    for (;;) {
      try {
        return await run(command, through);
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
      }
    }
  };

  it('does again what was undone when a repair says so, once for each', async () => {
    await place();
    await run(linkPayment(order));
    await run(markOrderPaid(order));
    const undo = () => sql(`UPDATE dbo.Orders SET TransactionState = N'PENDING' WHERE OrderNumber = ${order}`);
    await undo();
    // The command itself is remembered as done.
    expect(await run(markOrderPaid(order))).toMatchObject({ replayed: true });
    expect(await look()).toMatchObject({ TransactionState: 'PENDING' });

    const repaired = await repair(markOrderPaid(order), 1);
    expect(repaired).toMatchObject({
      commandId: `${order}/mark-order-paid/1`,
      status: 'succeeded',
      detail: { outcome: 'applied', before: 'PENDING', after: 'CAPTURED' },
    });
    expect(await look()).toMatchObject({ TransactionState: 'CAPTURED' });
    await undo();
    expect(await repair(markOrderPaid(order), 1)).toEqual({ ...repaired, replayed: true });
    expect(await look()).toMatchObject({ TransactionState: 'PENDING' });
    await repair(markOrderPaid(order), 2);
    expect(await look()).toMatchObject({ TransactionState: 'CAPTURED' });
    expect(await repair(markOrderPaid(order), 3)).toMatchObject({ detail: { outcome: 'already' } });
  });

  it('links, marks paid, and answers repetitions with the very same result', async () => {
    await place();
    const link = await run(linkPayment(order));
    expect(link).toMatchObject({
      commandId: `${order}/link-payment/1`,
      status: 'succeeded',
      objectId: String(order),
      objectStatus: 'PENDING',
      replayed: false,
      detail: { outcome: 'applied', before: 'PENDING', after: 'PENDING' },
    });
    expect(await look()).toMatchObject({ AuthorizationPNREF: 'pi_1', PaymentGateway: 'STRIPE' });

    const paid = await run(markOrderPaid(order));
    expect(paid).toMatchObject({
      status: 'succeeded',
      objectStatus: 'CAPTURED',
      detail: { outcome: 'applied', before: 'PENDING', after: 'CAPTURED' },
    });
    expect(await look()).toMatchObject({
      TransactionState: 'CAPTURED',
      CapturedOn: '2026-07-01T08:34:56.790',
      AuthorizedOn: '2026-07-01T08:34:56.790',
    });
    expect(await run(linkPayment(order))).toEqual({ ...link, replayed: true });
    expect(await run(markOrderPaid(order))).toEqual({ ...paid, replayed: true });
    expect(await remembered()).toBe(2);
  });

  it('says which version of the row a command left, where that is known before it is remembered', async () => {
    await place();
    const versionOf = async (): Promise<number> => {
      const [row] = await sql(
        `SELECT CONVERT(varchar(30), UpdatedOn, 126) AS UpdatedOn FROM dbo.Orders WHERE OrderNumber = ${order}`,
      );
      return Date.parse(`${row!['UpdatedOn'] as string}Z`);
    };
    const told: (string | undefined)[] = [];
    for (const command of [linkPayment(order), markOrderPaid(order)]) {
      const { rowVersion } = (await run(command)).detail;
      // The shop's trigger has been there.
      if (way.name === 'sql') expect(Date.parse(`${rowVersion!}Z`)).toBe(await versionOf());
      else expect(rowVersion).toBeUndefined();
      expect((await run(command)).detail['rowVersion']).toBe(rowVersion);
      told.push(rowVersion);
    }
    expect(new Set(told).size).toBe(way.name === 'sql' ? 2 : 1);
  });

  it('keeps the time of an authorisation', async () => {
    await place({ TransactionState: `N'AUTHORIZED'`, AuthorizedOn: `'2026-06-30T10:00:00'` });
    await run(markOrderPaid(order));
    expect(await look()).toMatchObject({ AuthorizedOn: '2026-06-30T10:00:00', CapturedOn: '2026-07-01T08:34:56.790' });
  });

  it('notes a decline once, and a later success counts', async () => {
    await place({ CustomerServiceNotes: `N'Called on Monday'` });
    const declined = await run(recordDecline(order));
    expect(declined).toMatchObject({ status: 'succeeded', objectStatus: 'REFUSED', detail: { before: 'PENDING' } });
    expect(await run(recordDecline(order))).toEqual({ ...declined, replayed: true });
    await run(recordDecline(order, 2));
    const notes = (await look())['CustomerServiceNotes'] as string;
    const line = expect.stringMatching(/^2026-07-01 08:34:56 Stripe declined pi_1/) as string;
    expect(notes.split('\r\n')).toEqual(['Called on Monday', line, line]);
    expect(await run(markOrderPaid(order))).toMatchObject({ objectStatus: 'CAPTURED', detail: { before: 'REFUSED' } });
    expect(await run(recordDecline(order, 3))).toMatchObject({
      status: 'succeeded',
      objectStatus: 'CAPTURED',
      detail: { outcome: 'superseded' },
    });
    expect(((await look())['CustomerServiceNotes'] as string).split('\r\n')).toHaveLength(3);
  });

  it('begins the notes of an order that has none', async () => {
    await place();
    await run(recordDecline(order));
    expect((await look())['CustomerServiceNotes']).toMatch(/^2026-07-01 /);
  });

  it('says that an order is paid already, when it is by the same payment', async () => {
    await place({ TransactionState: `N'CAPTURED'`, AuthorizationPNREF: `N'pi_1'` });
    expect(await run(markOrderPaid(order))).toMatchObject({ status: 'succeeded', detail: { outcome: 'already' } });
    expect(await look()).toMatchObject({ CapturedOn: null });
  });

  it('refuses what the order does not allow, changes nothing and may be asked again', async () => {
    await place({ TransactionState: `N'VOIDED'` });
    const command = markOrderPaid(order);
    expect(await run(command)).toMatchObject({
      status: 'refused',
      errorCode: 'state_conflict',
      objectStatus: 'VOIDED',
      detail: { before: 'VOIDED', after: 'VOIDED' },
      completedAt: WRITTEN,
    });
    expect(await remembered()).toBe(0);
    await sql(`UPDATE dbo.Orders SET TransactionState = 'PENDING' WHERE OrderNumber = ${order}`);
    expect(await run(command)).toMatchObject({ status: 'succeeded' });
  });

  it.each([
    ['another amount', { OrderTotal: '123.44' }, 'amount_mismatch'],
    ['a fraction of a cent', { OrderTotal: '123.4501' }, 'amount_unreadable'],
    ['another PaymentIntent', { AuthorizationPNREF: `N'pi_2'` }, 'linked_to_other'],
  ])('refuses %s', async (_name, over, code) => {
    await place(over);
    expect(await run(markOrderPaid(order))).toMatchObject({ status: 'refused', errorCode: code });
    expect(await look()).toMatchObject({ TransactionState: 'PENDING', CapturedOn: null });
  });

  it('takes off what a gift card paid', async () => {
    await place({ OrderTotal: '150', CouponType: '2', CouponDiscountAmount: '26.55' });
    expect(await run(markOrderPaid(order))).toMatchObject({ status: 'succeeded' });
  });

  it('refuses an order that is not there, and puts stores aside that it knows nothing of', async () => {
    expect(await run(linkPayment(1))).toMatchObject({ status: 'refused', errorCode: 'order_not_found' });
    await place({ StoreID: '9' });
    await expect(run(linkPayment(order))).rejects.toMatchObject({ name: 'PoisonError', code: 'store_unknown' });
  });

  it('does not let an id stand for two orders', async () => {
    await place();
    await run(linkPayment(order));
    const stolen = { ...linkPayment(1), commandId: `${order}/link-payment/1` };
    await expect(run(stolen)).rejects.toMatchObject({ code: 'command_id_reused' });
  });

  it('applies a command once, however many try at the same time', async () => {
    await place();
    const results = await Promise.all(Array.from({ length: 6 }, () => insist(recordDecline(order))));
    expect(new Set(results.map(({ completedAt }) => completedAt)).size).toBe(1);
    expect(results.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(((await look())['CustomerServiceNotes'] as string).split('\r\n')).toHaveLength(1);
    expect(await remembered()).toBe(1);
  });

  it('waits for others to finish with the order, and sees what they did', async () => {
    await place();
    await server.sa.begin();
    await sql(`UPDATE dbo.Orders SET TransactionState = 'VOIDED' WHERE OrderNumber = ${order}`);
    const result = insist(markOrderPaid(order));
    await server.sa.commit();
    expect(await result).toMatchObject({ status: 'refused', errorCode: 'state_conflict', objectStatus: 'VOIDED' });
  });
  it('comes again when it does not answer in time', async () => {
    await place();
    const hasty = way.open(server, { timeoutMs: 150 });
    await server.sa.begin();
    await sql(`UPDATE dbo.Orders SET Phone = '1' WHERE OrderNumber = ${order}`);
    await expect(run(linkPayment(order), hasty)).rejects.toBeInstanceOf(RetriableError);
    await server.sa.rollback();
    expect(await run(linkPayment(order), hasty)).toMatchObject({ status: 'succeeded', replayed: false });
    await hasty.close();
  });

  it('comes again when nobody listens or the login is not let in', async () => {
    const closed = createServer();
    const port = await listening(closed);
    await new Promise((resolve) => closed.close(resolve));
    for (const over of [{ port }, { credential: 'wrong' }]) {
      const nowhere = way.open(server, over);
      await expect(run(linkPayment(order), nowhere)).rejects.toBeInstanceOf(RetriableError);
      await nowhere.close();
    }
  });

  it('stops when its login lacks a permission', async () => {
    await place();
    await way.withoutPermission(server, async (forbidden) => {
      await expect(run(linkPayment(order), forbidden)).rejects.toBeInstanceOf(FatalError);
    });
    expect(await run(linkPayment(order))).toMatchObject({ status: 'succeeded' });
  });

  it.each(['to', 'from'] as const)(
    'is the same order after the connection breaks anywhere on the way %s it',
    async (cut) => {
      await place();
      // A wire that is cut after so many bytes, a little later each time: commands that came, answers that did not.
      let allowance = 0;
      const sockets = new Set<Socket>();
      const wire = createServer((client) => {
        const upstream = connect(way.port(server), '127.0.0.1');
        for (const socket of [client, upstream]) {
          sockets.add(socket);
          socket.on('error', () => undefined);
          socket.on('close', () => {
            client.destroy();
            upstream.destroy();
          });
        }
        let passed = 0;
        const pass = (to: Socket, counted: boolean) => (bytes: Buffer) => {
          if (!counted) {
            to.write(bytes);
            return;
          }
          const rest = bytes.subarray(0, Math.max(0, allowance - passed));
          passed += bytes.length;
          if (rest.length > 0) to.write(rest);
          if (passed > allowance) client.destroy();
        };
        client.on('data', pass(upstream, cut === 'to'));
        upstream.on('data', pass(client, cut === 'from'));
      });
      const port = await listening(wire);
      let failures = 0;
      for (;;) {
        const fragile = way.open(server, { port, timeoutMs: 2_000 });
        try {
          const result = await run(recordDecline(order), fragile);
          expect(result).toMatchObject({ status: 'succeeded', detail: { outcome: 'applied', before: 'PENDING' } });
          break;
        } catch (error) {
          expect(error).toBeInstanceOf(RetriableError);
          failures++;
          allowance += 150;
        } finally {
          await fragile.close();
        }
      }
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => wire.close(resolve));
      expect(failures).toBeGreaterThan(5);
      expect(((await look())['CustomerServiceNotes'] as string).split('\r\n')).toHaveLength(1);
      expect(await remembered()).toBe(1);
    },
  );
});
