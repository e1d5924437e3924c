/** A shop's day over in-memory brokers: orders paid, declined, of 0, refused, of another month; and a replay over it. */
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { topics } from '../../../schemas/topics.ts';
import {
  replay,
  type ReplayReport,
  type ReplayRequest,
  type ReplayTools,
} from '../../../services/cli/replay/replay.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { memoryBackend } from '../../../services/runtime/store.ts';
import { openDriver, type TopologyDriver } from '../../../services/runtime/testing/driver.ts';
import type { StageInput, Topic, Topology } from '../../../services/runtime/topology.ts';
import { commandResult, ordersRow, policy, stripeEvent } from '../../unit/order-stream/fixtures.ts';
import { checkout, pipeChange, shopLog } from '../order-stream/shop-log.ts';

export const orders = [100123, 100124, 100125, 100126, 100127, 100128, 100129, 100130] as const;

const commandKeys = ['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const;

export const openDay = async (partitions = 3) => {
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  const topology = orderTopology(schemas, policy, 'test', { current: loadWorkflows() });
  const driver = await openDriver(topology, {
    partitions,
    topics: [topics.replays.name],
    // After everything the shop's log says.
    startMs: Date.UTC(2026, 0, 3),
  });
  const log = shopLog(registry);

  const told = (key: string, type: string, object: Readonly<Record<string, unknown>>, id: string) =>
    driver.pipe(schemas.topic('stripeEvents'), key, stripeEvent(type, object, id));

  /** What Stripe and the shop answer to an order's commands, as executors tell it. */
  const answer = async (order: number) => {
    const id = String(order);
    const result = (over: Parameters<typeof commandResult>[0]) =>
      driver.pipe(schemas.topic('stripeResults'), id, commandResult({ orderId: id, ...over }));
    await result({ commandId: `${id}/ensure-customer/1`, objectId: `cus_${order % 3}` });
    await result({ commandId: `${id}/create-payment-intent/1`, type: 'CreatePaymentIntent', objectId: `pi_${id}` });
  };
  const intentOf = (order: number, status: string, over: Readonly<Record<string, unknown>> = {}) => ({
    id: `pi_${order}`,
    object: 'payment_intent',
    amount: 3744,
    amount_received: status === 'succeeded' ? 3744 : 0,
    currency: 'usd',
    status,
    latest_charge: `ch_${order}`,
    last_payment_error: null,
    metadata: { order_id: String(order) },
    ...over,
  });
  const pay = (order: number, twin = '') =>
    told(String(order), 'payment_intent.succeeded', intentOf(order, 'succeeded'), `evt_paid_${order}${twin}`);
  /** The same, and nobody reads it yet. */
  const payUnseen = (order: number): void => {
    const event = stripeEvent('payment_intent.succeeded', intentOf(order, 'succeeded'), `evt_paid_${order}`);
    driver.feed(schemas.topic('stripeEvents'), String(order), event);
  };
  const decline = (order: number) =>
    told(
      String(order),
      'payment_intent.payment_failed',
      intentOf(order, 'requires_payment_method', {
        latest_charge: `ch_no_${order}`,
        last_payment_error: {
          ...{ code: 'card_declined', decline_code: 'insufficient_funds', message: 'No funds.' },
          charge: `ch_no_${order}`,
        },
      }),
      `evt_declined_${order}`,
    );
  /** Told of a charge that does not name its order. */
  const settle = (order: number) =>
    told(
      `pi_${order}`,
      'charge.updated',
      {
        ...{ id: `ch_${order}`, object: 'charge', status: 'succeeded', payment_intent: `pi_${order}`, metadata: {} },
        ...{ amount_captured: 3744, currency: 'usd', balance_transaction: `txn_${order}` },
      },
      `evt_settled_${order}`,
    );
  const account = (order: number) =>
    driver.pipe(
      schemas.topic('stripeResults'),
      String(order),
      commandResult({
        ...{ orderId: String(order), commandId: `${order}/fetch-balance-transaction/txn_${order}` },
        ...{ type: 'FetchBalanceTransaction', objectId: `txn_${order}` },
        detail: { gross: '3744', fee: '139', net: '3605', currency: 'usd' },
      }),
    );
  const dispute = (order: number, status: string, seconds: number) =>
    driver.pipe(schemas.topic('stripeEvents'), `pi_${order}`, {
      ...stripeEvent(
        status === 'lost' ? 'charge.dispute.closed' : 'charge.dispute.created',
        {
          ...{ id: `dp_${order}`, object: 'dispute', status, amount: 3744, currency: 'usd', reason: 'fraudulent' },
          ...{ charge: `ch_${order}`, payment_intent: `pi_${order}`, balance_transactions: [], metadata: {} },
          created: 1_790_000_100,
        },
        `evt_dispute_${status}_${order}`,
      ),
      created: 1_790_000_100_000n + BigInt(seconds) * 1000n,
    });
  /** The person is changed in the shop. */
  const rename = (before: Readonly<Record<string, unknown>>, changes: Readonly<Record<string, unknown>>) =>
    pipeChange(driver, log.update('customers', String(before['CustomerID']), before, { ...before, ...changes }));
  /** And at Stripe. */
  const edit = (email: string, id: string, seconds: number, phone: string | null, was?: string) =>
    driver.pipe(schemas.topic('stripeEvents'), 'cus_ana', {
      ...stripeEvent('customer.updated', {}, id),
      created: 1_790_000_000_000n + BigInt(seconds) * 1000n,
      body: Buffer.from(
        JSON.stringify({
          ...{ id, object: 'event', type: 'customer.updated', created: 1_790_000_000 + seconds },
          data: {
            object: {
              ...{ id: 'cus_ana', object: 'customer', email, name: 'Ana Test', phone, created: 1_789_990_000 },
              metadata: { customer_key: email },
            },
            ...(was !== undefined && { previous_attributes: { phone: was } }),
          },
        }),
      ),
    });
  const place = async (order: number, index: number, over: Readonly<Record<string, unknown>> = {}) => {
    const row = { ...ordersRow({ OrderNumber: order, CustomerID: 58001 + index, ...over }) };
    for (const change of checkout(log, row)) await pipeChange(driver, change);
  };

  const { CustomerID, Email, FirstName, LastName } = ordersRow({ CustomerID: 58001 });
  const ana = { CustomerID, Email, FirstName, LastName, IsRegistered: 0 };

  /** The whole day. `before` is called between its steps, where tests let things die. */
  const run = async (before: (step: number) => Promise<void> = () => Promise.resolve()): Promise<void> => {
    const steps: (() => Promise<unknown>)[] = [];
    orders.forEach((order, index) => {
      if (order === 100128) steps.push(() => place(order, index, { StoreID: 77 }));
      else if (order === 100129) steps.push(() => place(order, index, { PaymentMethod: 'Purchase Order' }));
      else
        steps.push(
          () => place(order, index),
          () => answer(order),
        );
    });
    // The order of things is not that of orders: settlements before payments, twins, a decline after the payment.
    steps.push(
      () => settle(100123),
      () => pay(100123),
      () => pay(100123, '_twin'),
      () => pay(100124),
      () => pay(100124),
      () => decline(100124),
      () => settle(100124),
      () => decline(100125),
      () => pay(100126),
      () =>
        told('100127', 'payment_intent.succeeded', intentOf(100127, 'succeeded', { amount_received: 1 }), 'evt_less'),
      () => account(100124),
      () => account(100123),
      () => pay(100130),
      // Decided long after it was opened; and a person whom both sides speak of in turn.
      () => dispute(100123, 'needs_response', 0),
      () => dispute(100123, 'lost', 900),
      () => edit('ana@example.com', 'evt_made', 1, null),
      () => rename(ana, { IsRegistered: 1 }),
      () => edit('ana@example.com', 'evt_one', 2_000_000, '1', ''),
      () => rename({ ...ana, IsRegistered: 1 }, { Phone: '2' }),
      () => edit('ana@example.com', 'evt_two', 4_000_000, '3', '1'),
      () => rename({ ...ana, IsRegistered: 1, Phone: '2' }, { FirstName: 'Anna' }),
    );
    for (const [index, step] of steps.entries()) {
      await before(index);
      await step();
    }
  };

  const tools = (over: Partial<ReplayTools> = {}): ReplayTools => ({
    cluster: memoryCluster(driver.broker, systemScheduler, 7),
    schemas,
    topology,
    openBackend: () => Promise.resolve(memoryBackend()),
    ...over,
  });
  const replayed = (request: Partial<ReplayRequest> = {}, over: Partial<ReplayTools> = {}): Promise<ReplayReport> =>
    replay(tools(over), { from: { offset: 0n }, ...request });

  const commands = () =>
    commandKeys.flatMap((key) => driver.readAll(schemas.topic(key)).map((record) => ({ ...record, topic: key })));
  return { driver, schemas, topology, run, replayed, tools, commands, place, answer, pay, payUnseen };
};

export type Day = Awaited<ReturnType<typeof openDay>>;

/** The topology with one mapping changed: whatever `change` makes of what the stages send. */
export const withMapping = (
  topology: Topology,
  change: (topic: string, value: Readonly<Record<string, unknown>>) => unknown,
): Topology => ({
  ...topology,
  stages: topology.stages.map((stage) => ({
    ...stage,
    inputs: stage.inputs.map((input) => ({
      ...input,
      process: (record, context) =>
        (input as unknown as StageInput<unknown>).process(record, {
          ...context,
          send: (topic: Topic<unknown>, key: string, value: unknown, headers?: Readonly<Record<string, Buffer>>) => {
            const sent = change(topic.name, value as Readonly<Record<string, unknown>>);
            if (sent !== undefined) context.send(topic, key, sent, headers);
          },
        }),
    })),
  })),
});

/** Everything every topic holds, to show that nothing was touched. */
export const everything = (driver: TopologyDriver): unknown =>
  driver.broker.topics().map((topic) =>
    Array.from({ length: driver.broker.partitionCount(topic)! }, (_, partition) => {
      const log = driver.broker.log({ topic, partition });
      return [topic, partition, log.high, log.read(0n, Infinity).records];
    }),
  );
