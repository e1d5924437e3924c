/**
 * The product on the real parts: shoppers check out in the shop's database, the connector captures, the stream decides,
 * Stripe charges, the shop and the ERP hear of it; services die on the way; and every side agrees in the end.
 */
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Shoppers, startShoppers } from '../../infra/demo/shoppers.ts';
import { type Guard, startGuard } from '../../infra/local/guard.ts';
import { ourServices, SERVICES, startSupervisor, type Supervisor } from '../../infra/local/supervisor.ts';
import { int, money, openSql, type SqlSession, text } from '../../infra/sandbox/shopper/sql.ts';
import { httpRegistry } from '../../schemas/registry.ts';
import { openSchemas } from '../../schemas/serde.ts';
import { apply } from '../../services/cli/apply/command.ts';
import { certifyAll, certifyOrder } from '../../services/cli/certify/command.ts';
import { certificateText } from '../../services/cli/certify/print.ts';
import { type CliConfig, configOf } from '../../services/cli/environment.ts';
import { storyOf } from '../../services/cli/order/command.ts';
import { storyText } from '../../services/cli/order/print.ts';
import { replayOn } from '../../services/cli/replay/command.ts';
import { replay } from '../../services/cli/replay/replay.ts';
import { topologyOf } from '../../services/cli/replay/topology.ts';
import { verify } from '../../services/cli/verify/command.ts';
import { compareLedgers, positionsIn, snapshotLedger } from '../../services/erp-ledger/compare.ts';
import { rebuildLedger } from '../../services/erp-ledger/rebuild.ts';
import { temporaryBackends } from '../../services/runtime/replay/temporary.ts';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';
import type { TopicKey, TopicValues } from '../../schemas/topics.ts';
import { type StackEnvironment, stackEnvironment } from '../stack.ts';
import { withMapping } from '../topology/replay/scenario.ts';

const ORDERS = 20;
/** Long enough that a group has noticed one death before the next: what is tested is dying, not being kept dead. */
const KILL_EVERY_MS = 4_000;

let env: StackEnvironment;
let config: CliConfig;
let supervisor: Supervisor;
let guard: Guard;
let shoppers: Shoppers | undefined;

beforeAll(async () => {
  env = stackEnvironment();
  config = configOf(env);
  guard = startGuard();
  await apply(config, { dryRun: false, say: () => undefined });
  const services = ourServices(env);
  // A second worker in the same groups: partitions move when either dies.
  const twin = { ...services.find(({ name }) => name === 'order-stream')!, name: 'order-stream-2' };
  const stateDir = `${env['MILLRACE_STATE_DIR']!}/second`;
  supervisor = await startSupervisor({
    stateDir: env['MILLRACE_STATE_DIR']!,
    services: [
      ...services,
      { ...twin, launch: { ...twin.launch, env: { ...twin.launch.env, MILLRACE_STATE_DIR: stateDir } } },
    ],
  });
  await Promise.all(SERVICES.map((name) => supervisor.ready(name)));
});

afterAll(async () => {
  await shoppers?.stop();
  await supervisor.stop();
  await guard.close();
});

/** All committed values of a topic. */
const valuesOf = async <K extends TopicKey>(key: K): Promise<readonly TopicValues[K][]> => {
  const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'test' });
  const topic = openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL)).topic(key);
  const reader = await cluster.reader();
  const values: TopicValues[K][] = [];
  try {
    for (let partition = 0; partition < config.MILLRACE_PARTITIONS; partition++)
      for await (const { records } of reader.read({ topic: topic.name, partition }, 0n)) {
        const bytes = records.flatMap(({ value }) => (value === null ? [] : [value]));
        await topic.value.prepare?.(bytes);
        values.push(...bytes.map((each) => topic.value.decode(each)));
      }
  } finally {
    await reader.close();
  }
  return values;
};

const eventually = async (what: string, condition: () => Promise<boolean>, seconds = 60): Promise<void> => {
  const deadline = performance.now() + seconds * 1000;
  while (!(await condition())) {
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

describe('orders on their way to cash', () => {
  it('applying again changes nothing', async () => {
    const steps = await apply(config, { dryRun: true, say: () => undefined });
    expect(steps.filter(({ action }) => action !== 'unchanged')).toEqual([]);
  });

  it('none is lost, doubled, reordered or off by a cent while services are killed', async () => {
    shoppers = await startShoppers(
      { orders: ORDERS },
      { stateDir: env['MILLRACE_STATE_DIR']!, env, seed: 'integration', guard },
    );
    const victims = ['order-stream', 'stripe-executor', 'webhooks', 'order-stream-2', 'adnsf-executor', 'erp-ledger'];
    const kills: string[] = [];
    for (const victim of victims) {
      await pause(KILL_EVERY_MS);
      if (!shoppers.alive) break;
      await supervisor.ready(victim);
      supervisor.kill(victim, 'SIGKILL');
      kills.push(victim);
    }
    expect(await shoppers.ended, await shoppers.lastWords()).toBe(0);
    expect(kills.length).toBeGreaterThanOrEqual(3);

    const { verdict, unsettled } = await verify(config, { waitSeconds: 120 });
    console.log(`${kills.length} kills; ${JSON.stringify(verdict.counts)}`);
    expect(unsettled).toEqual([]);
    expect(verdict.findings.map(({ kind, orderId, message }) => `${kind} ${orderId ?? ''}: ${message}`)).toEqual([]);
    expect((await valuesOf('assembledOrders')).length).toBeGreaterThanOrEqual(ORDERS);
  });

  it('tells where an order is and where its money is', async () => {
    const progress = await shoppers!.progress();
    const paid = await storyOf(config, String(progress.firstPaid));
    expect(paid).toBeDefined();
    expect(storyText(paid!)).toMatch(/CAPTURED[\s\S]*MarkOrderPaid[\s\S]*CreateSalesOrder/);
    expect(await storyOf(config, '1')).toBeUndefined();
  });

  it('proves from the topics alone that each order was decided, sent and answered once', async () => {
    const progress = await shoppers!.progress();
    const paid = await certifyOrder(config, String(progress.firstPaid));
    console.log(certificateText(paid!));
    expect(paid).toMatchObject({ verdict: 'exactly once', violations: [], open: [], limits: [] });
    const effects = paid!.effects.filter(({ target }) => target === 'adnsf');
    expect(effects.every(({ rowVersion }) => rowVersion !== null)).toBe(true);
    expect(paid!.effects.find(({ commandId }) => commandId.includes('create-sales-order'))?.objectId).toMatch(/^SO-/);

    const violations: unknown[] = [];
    const { orders, counts } = await certifyAll(config, {
      onCertificate: (certificate) => violations.push(...certificate.violations),
    });
    expect(violations).toEqual([]);
    expect(counts['exactly once']).toBe(orders);
    expect(orders).toBeGreaterThanOrEqual(ORDERS);
  });
});

describe('a replay of it all', () => {
  const workers = ['order-stream', 'order-stream-2'];
  const execute = { who: 'test@here', reason: 'to see that nothing happens twice' };
  const from = { offset: 0n };

  it('finds 0 differences, and exactly one when one mapping is another', async () => {
    const same = await replayOn(config, { from });
    expect(same.differences).toEqual([]);
    const sent = await valuesOf('erpCommands');
    expect(sent.filter(({ orderId }) => orderId.startsWith('customer:')).length).toBeGreaterThan(0);
    expect(same.stages.flatMap(({ compared }) => compared['erp.commands'] ?? 0)).toContain(sent.length);
    const schemas = openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL));
    const paid = (await valuesOf('adnsfCommands')).find(({ type }) => type === 'MarkOrderPaid')!;
    const topology = withMapping(topologyOf(config, schemas), (_, value) =>
      value['commandId'] === paid.commandId ? { ...value, workflow: 'another' } : value,
    );
    const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'test' });
    const { openBackend, remove } = temporaryBackends();
    const changed = await replay({ cluster, schemas, topology, openBackend }, { from }).finally(remove);
    expect(changed.differences).toMatchObject([
      { kind: 'change', identity: paid.commandId, fields: [{ field: 'workflow', computed: '"another"' }] },
    ]);
  });

  it('is refused while the stream works', async () => {
    await expect(replayOn(config, { from, execute })).rejects.toThrow(/group order-stream-assembly has \d members/);
  });

  it('sends every command again, and neither Stripe, nor the shop, nor the ledger does anything twice', async () => {
    const commands = ['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const;
    const before = {
      stripeCommands: await valuesOf('stripeCommands'),
      adnsfCommands: await valuesOf('adnsfCommands'),
      erpCommands: await valuesOf('erpCommands'),
      notifications: await valuesOf('notifications'),
    };
    for (const name of workers) await supervisor.end(name);
    const report = await replayOn(config, { from, execute });
    // All tasks of orders. Of people and of items some partitions may be empty.
    const tasksOf = Map.groupBy(report.replayed, ({ stage }) => stage);
    for (const stage of ['assembly', 'routing', 'orders'])
      expect(tasksOf.get(stage), stage).toHaveLength(config.MILLRACE_PARTITIONS);
    expect([...tasksOf.keys()].toSorted()).toEqual(['assembly', 'items', 'orders', 'people', 'routing']);
    for (const name of workers) await supervisor.start(name);
    await Promise.all(workers.map((name) => supervisor.ready(name)));
    const { verdict, unsettled } = await verify(config, { waitSeconds: 120 });
    expect(unsettled).toEqual([]);
    expect(verdict.findings).toEqual([]);
    const ids = (values: readonly Readonly<{ commandId: string }>[]) => values.map(({ commandId }) => commandId).sort();
    for (const key of commands) expect(ids(await valuesOf(key)), key).toEqual(ids([...before[key], ...before[key]]));
    expect((await replayOn(config, { from })).differences).toEqual([]);
  });

  it('leaves a ledger that can be made anew from the topic, row by row the same', async () => {
    const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'test' });
    const topic = openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL)).topic('erpCommands');
    const [path, copy] = ['rebuilt.db', 'copy.db'].map((name) => join(env['MILLRACE_STATE_DIR']!, name)) as [
      string,
      string,
    ];
    await snapshotLedger(config.MILLRACE_LEDGER_DB, copy);
    const booked = await rebuildLedger({ cluster, topic, path, to: positionsIn(copy, topic.name) });
    expect(booked.repeated).toBe(booked.applied);
    expect(compareLedgers(copy, path)).toEqual([]);
  });
});

describe('bad input at the edges', () => {
  const deliver = (body: string | Buffer, signature?: string) =>
    fetch(`http://127.0.0.1:${env['MILLRACE_WEBHOOKS_PORT']!}/webhooks/stripe`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(signature !== undefined && { 'stripe-signature': signature }),
      },
      body,
    });
  const signed = (body: string, at = Math.floor(Date.now() / 1000)): string => {
    const secret = env['MILLRACE_STRIPE_WEBHOOK_SECRETS']!.split(',')[0]!;
    return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${body}`).digest('hex')}`;
  };

  it('the webhook refuses what is not Stripe’s, and keeps what is', async () => {
    const now = Math.floor(Date.now() / 1000);
    const body = JSON.stringify({
      id: 'evt_unknown_1',
      object: 'event',
      type: 'telepathy.received',
      api_version: '2026-08-26.dahlia',
      created: now,
      livemode: false,
      data: { object: { id: 'tp_1', object: 'telepathy' } },
    });
    expect((await deliver(body)).status).toBe(400);
    expect((await deliver(body, `t=${now},v1=${'0'.repeat(64)}`)).status).toBe(400);
    expect((await deliver(body, signed(body, now - 3600))).status).toBe(400);
    expect((await deliver(body, signed(body, now + 3600))).status).toBe(400);
    expect((await deliver('not json', signed('not json'))).status).toBe(400);
    expect((await deliver(Buffer.alloc(2 * 1024 * 1024, 0x20), signed('x'))).status).toBe(413);
    expect((await deliver(body, signed(body))).status).toBe(200);
    expect((await valuesOf('stripeEvents')).map(({ id }) => id)).toContain('evt_unknown_1');
  });

  it('an order that cannot be acted on is a dead letter with its bytes, once, and others go on', async () => {
    const sql = await shop();
    try {
      const place = async (orderNumber: number, email: string | null, total: bigint, fraction = 0n): Promise<void> => {
        await sql.run(
          `INSERT INTO dbo.Orders (OrderNumber, OrderGUID, CustomerID, CustomerGUID, Email, OrderSubtotal, OrderTotal, PaymentMethod,
             TransactionState, CartType) VALUES (@order, NEWID(), @customer, NEWID(), @email, CAST(@total AS money), CAST(@total AS money) + @fraction * CAST(0.0001 AS money), N'Stripe', NULL, 0)`,
          {
            order: int(orderNumber),
            customer: int(orderNumber),
            email: text(email),
            total: money(total),
            fraction: int(Number(fraction)),
          },
        );
        await sql.run(
          `INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, OrderedProductPrice)
           VALUES (@order, @order, @order, 1, 1, 1, CAST(@total AS money))`,
          { order: int(orderNumber), total: money(total) },
        );
        await sql.run(`UPDATE dbo.ProductVariant SET Inventory = Inventory - 1 WHERE VariantID = 1`, {});
        await sql.run(
          `UPDATE dbo.Orders SET TransactionState = N'PENDING', InventoryWasReduced = 1 WHERE OrderNumber = @order`,
          { order: int(orderNumber) },
        );
      };
      await place(900_001, null, 1999n);
      await place(900_002, 'half-a-cent@example.com', 1999n, 50n);
      await place(900_003, 'free@example.com', 0n);
      const letters = async () =>
        (await valuesOf('deadLetters')).filter(({ message }) => /\b90000[12]\b/.test(message));
      const codes = async () =>
        (await letters()).map(({ code, message }) => `${code} ${/\d{6}/.exec(message)?.[0] ?? ''}`).sort();
      await eventually('both orders in dead letters', async () => (await codes()).length >= 2);
      await eventually('the order of 0 is paid without Stripe', async () => {
        const { rows } = await sql.run(`SELECT TransactionState FROM dbo.Orders WHERE OrderNumber = 900003`);
        return rows[0]?.['TransactionState'] === 'CAPTURED';
      });
      expect(await codes()).toEqual(['inexact_amount 900002', 'missing_email 900001']);
      for (const letter of await letters()) {
        expect(letter.stage).toBe('assembly');
        expect(letter.value?.length).toBeGreaterThan(100);
      }
    } finally {
      sql.close();
    }
  });
});
