/**
 * Dead letters on the real parts: an order without an e-mail address is put right at the desk and goes on to Stripe,
 * with the real connector's schemas; and a record that nobody can read does not stop the stream, however large it is.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Guard, startGuard } from '../../infra/local/guard.ts';
import { ourServices, SERVICES, startSupervisor, type Supervisor } from '../../infra/local/supervisor.ts';
import { int, money, openSql, type SqlSession } from '../../infra/sandbox/shopper/sql.ts';
import { topics } from '../../schemas/topics.ts';
import { apply } from '../../services/cli/apply/command.ts';
import { chosen, decide, edit, listed, type Office, officeOf, shown } from '../../services/cli/dlq/command.ts';
import { type CliConfig, configOf } from '../../services/cli/environment.ts';
import { storyOf } from '../../services/cli/order/command.ts';
import { verify } from '../../services/cli/verify/command.ts';
import { letterId } from '../../services/dead-letters/letter.ts';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';
import { type StackEnvironment, stackEnvironment } from '../stack.ts';

const ORDER = 910_001;
const GARBAGE_KEY = 'dead-letters-test';

let env: StackEnvironment;
let config: CliConfig;
let supervisor: Supervisor;
let guard: Guard;
let office: Office;

beforeAll(async () => {
  env = stackEnvironment();
  config = configOf(env);
  guard = startGuard();
  await apply(config, { dryRun: false, say: () => undefined });
  supervisor = await startSupervisor({ stateDir: env['MILLRACE_STATE_DIR']!, services: ourServices(env) });
  await Promise.all(SERVICES.map((name) => supervisor.ready(name)));
  office = await officeOf(config);
});

afterAll(async () => {
  await office.close();
  await supervisor.stop();
  await guard.close();
});

const eventually = async <T>(what: string, look: () => Promise<T | undefined>, seconds = 60): Promise<T> => {
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(200);
  }
};

const shop = (): Promise<SqlSession> =>
  openSql({
    host: config.MILLRACE_ADNSF_SQL_HOST,
    port: config.MILLRACE_ADNSF_SQL_PORT,
    database: config.MILLRACE_ADNSF_SQL_DATABASE,
    user: env['MILLRACE_SHOP_SQL_USER']!,
    password: env['MILLRACE_SHOP_SQL_PASSWORD']!,
    encrypt: false,
  });

const person = (reason: string) => ({ by: 'integration', reason, at: BigInt(Date.now()) });

const waiting = async (filter: Parameters<typeof listed>[1]): Promise<string | undefined> => {
  for await (const lettered of listed(office, { ...filter, state: 'waiting' }, 1)) return letterId(lettered);
  return undefined;
};

const redrive = async (...ids: string[]): Promise<string[]> => {
  const kinds: string[] = [];
  for await (const { kind } of decide(office, 'redrive', await chosen(office, ids, {}, Infinity), person('put right')))
    kinds.push(kind);
  return kinds;
};

describe('dead letters', () => {
  it('an order without an e-mail address is edited, redriven once, and reaches Stripe', async () => {
    const sql = await shop();
    try {
      const order = { order: int(ORDER), total: money(1999n) };
      await sql.run(
        `INSERT INTO dbo.Orders (OrderNumber, OrderGUID, CustomerID, CustomerGUID, Email, OrderSubtotal, OrderTotal, PaymentMethod,
           TransactionState, CartType) VALUES (@order, NEWID(), @order, NEWID(), NULL, CAST(@total AS money), CAST(@total AS money), N'Stripe', NULL, 0)`,
        order,
      );
      await sql.run(
        `INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, OrderedProductPrice)
         VALUES (@order, @order, @order, 1, 1, 1, CAST(@total AS money))`,
        order,
      );
      await sql.run(
        `UPDATE dbo.Orders SET TransactionState = N'PENDING', InventoryWasReduced = 1 WHERE OrderNumber = @order`,
        { order: int(ORDER) },
      );
      const id = await eventually('the order is a dead letter', () => waiting({ order: String(ORDER) }));
      const before = await shown(office, id);
      expect(before.original?.json).toMatchObject({
        after: { OrderNumber: ORDER, Email: null, OrderTotal: '19.9900' },
      });

      const set = (path: string, value: string, dryRun = false) =>
        edit(office, id, { kind: 'set', fields: [[path, value]] }, person('asked the customer'), { dryRun });
      await expect(set('after.Emial', 'x@example.com')).rejects.toThrow('after.Emial: there is no such field');
      await expect(set('after.OrderNumber', 'many')).rejects.toThrow('after.OrderNumber: expected a whole number');
      await expect(set('after.LastName', '4242 4242 4242 4242')).rejects.toThrow('looks like a card number');
      expect(await set('after.Email', 'found@example.com', true)).toBeUndefined();
      expect((await set('after.Email', 'found@example.com'))?.kind).toBe('done');

      expect(await redrive(id)).toEqual(['done']);
      expect(await redrive(id)).toEqual(['skipped']);
      const reference = await eventually('the order has its PaymentIntent', async () => {
        const { rows } = await sql.run(`SELECT AuthorizationPNREF FROM dbo.Orders WHERE OrderNumber = @order`, {
          order: int(ORDER),
        });
        const found = rows[0]?.['AuthorizationPNREF'];
        return typeof found === 'string' && found.startsWith('pi_') ? found : undefined;
      });
      const story = await storyOf(config, String(ORDER));
      expect(story?.payment?.paymentIntent).toMatchObject({ id: reference, amount: 1999, currency: 'usd' });
      expect(story?.entries.filter(({ trouble }) => trouble)).toEqual([]);

      const { verdict } = await verify(config, { waitSeconds: 60 });
      // The SQL of this test is no checkout: what it leaves out is not what is looked at here.
      expect(verdict.findings.filter(({ kind }) => kind === 'doubled' || kind === 'reordered')).toEqual([]);
      expect(verdict.findings.filter(({ message }) => message.includes(id))).toEqual([]);
      expect(verdict.findings.filter(({ orderId }) => orderId === String(ORDER))).toEqual([]);
    } finally {
      sql.close();
    }
  });

  it('the largest record that brokers take is put aside whole, and can be discarded', async () => {
    const producer = await kafkajsCluster({
      brokers: config.MILLRACE_KAFKA_BROKERS,
      clientId: 'test',
    }).idempotentProducer();
    const garbage = Buffer.alloc(1_048_000, 0x7b);
    try {
      await producer.send([{ topic: topics.stripeResults.name, key: Buffer.from(GARBAGE_KEY), value: garbage }]);
    } finally {
      await producer.close();
    }
    const id = await eventually('garbage is a dead letter', () => waiting({ key: GARBAGE_KEY }));
    const { lettered, original } = await shown(office, id);
    expect(original).toBeUndefined();
    expect(lettered.letter.value?.equals(garbage)).toBe(true);
    const outcomes: string[] = [];
    for await (const { kind } of decide(office, 'discard', [lettered], person('nobody can read it')))
      outcomes.push(kind);
    expect(outcomes).toEqual(['done']);
    expect(await waiting({ key: GARBAGE_KEY })).toBeUndefined();
  });
});
