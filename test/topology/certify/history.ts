/**
 * The life of a few orders, run by the real topology over in-memory brokers, with executors that answer at once; and the
 * same history with one record tampered with, as a cluster that can be read.
 */
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas, type Schemas } from '../../../schemas/serde.ts';
import { type Notification, topics } from '../../../schemas/topics.ts';
import type { CommandResult, ErpCommand, AdnsfCommand, StripeCommand } from './types.ts';
import { certify, openWays, type World } from '../../../services/cli/certify/command.ts';
import type { Certificate } from '../../../services/cli/certify/certificate.ts';
import { subjectOf } from '../../../services/adnsf-executor/execute.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import type { Admin, ConsumedRecord, PartitionReader } from '../../../services/runtime/ports.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import { ordersRow, policy, stripeEvent } from '../../unit/order-stream/fixtures.ts';
import { checkout, pipeChange, shopLog } from '../order-stream/shop-log.ts';

export const PARTITIONS = 3;

const workflows = { current: loadWorkflows() };

const answer = (
  command: StripeCommand | AdnsfCommand | ErpCommand | Notification,
  objectId: string,
  over: Partial<CommandResult> = {},
): CommandResult => ({
  commandId: command.commandId,
  orderId: command.orderId,
  type: command.type,
  target: command.target,
  status: 'succeeded',
  objectId,
  objectStatus: null,
  errorCode: null,
  errorMessage: null,
  requestId: null,
  replayed: false,
  detail: {},
  balanceTransactions: [],
  invoiceLines: [],
  creditNotes: [],
  completedAt: command.occurredAt + 1_000n,
  ...over,
});

let requests = 0;
const atStripe = (command: StripeCommand): CommandResult => {
  const { orderId } = command;
  const requestId = `req_${++requests}`;
  switch (command.type) {
    case 'EnsureCustomer':
      return answer(command, `cus_${orderId}`, { requestId, replayed: true, detail: { how: 'created' } });
    case 'CreatePaymentIntent':
      return answer(command, `pi_${orderId}`, { requestId, detail: { how: 'created' } });
    case 'CapturePaymentIntent':
    case 'CancelPaymentIntent':
      return answer(command, command.payload.paymentIntentId, { requestId, detail: { how: 'created' } });
    case 'LabelPayment':
      return answer(command, command.payload.reference, { requestId, detail: { how: 'created' } });
    case 'CreateRefund':
      return answer(command, `re_${command.commandId}`, { requestId, detail: { how: 'created' } });
    case 'FetchBalanceTransaction':
      return answer(command, command.payload.balanceTransactionId, {
        requestId,
        detail: { gross: '3744', fee: '139', net: '3605', currency: 'USD', how: 'found' },
      });
    case 'UpsertProduct':
    case 'SetPrice':
      return answer(command, command.payload.productId, { requestId, detail: { how: 'created' } });
    case 'UpdateCustomer':
    case 'MoveCustomer':
    case 'RetireCustomer':
    case 'DeleteCustomer':
      return answer(command, command.payload.customer, { requestId, detail: { how: 'updated' } });
    case 'FetchInvoiceLines':
      return answer(command, command.payload.invoiceId, { requestId, detail: { lines: '0', how: 'found' } });
    case 'FetchInvoicePayments':
      return answer(command, command.payload.invoiceId, { requestId, detail: { how: 'found' } });
    case 'FetchCreditNotes':
      return answer(command, command.payload.refundId, { requestId, detail: { count: '0', how: 'found' } });
    case 'FetchCreditNoteLines':
      return answer(command, command.payload.creditNoteId, { requestId, detail: { count: '0', how: 'found' } });
    case 'FetchPayoutTransactions':
      return answer(command, command.payload.payoutId, {
        requestId,
        detail: { after: command.payload.startingAfter ?? '', more: 'false', how: 'found' },
      });
  }
};

const inShop = (command: AdnsfCommand): CommandResult =>
  answer(command, subjectOf(command), { detail: { rowVersion: '20260102T000000.003' } });

const told = (command: Notification): CommandResult => answer(command, `<${command.commandId}@shop.example>`);

const inErp = (command: ErpCommand): CommandResult => answer(command, `DOC-${command.commandId}`);

/** A stand-in for an executor: what it would have answered, in the engine's own task. */
const executor = <V>(
  schemas: Schemas,
  [application, name]: readonly [string, string],
  input: Topic<V>,
  results: Topic<CommandResult>,
  act: (command: V) => CommandResult,
): EffectStage<never> =>
  ({
    application,
    version: 'test',
    name,
    input,
    outputs: [results],
    deadLetters: schemas.topic('deadLetters'),
    concurrency: 1,
    effect: ({ key, value }: { key: string; value: V }) =>
      Promise.resolve([{ topic: results, key, value: act(value) }]),
  }) as unknown as EffectStage<never>;

export const openHistory = async () => {
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  const executors = [
    executor(
      schemas,
      ['stripe-executor', 'stripe'],
      schemas.topic('stripeCommands'),
      schemas.topic('stripeResults'),
      atStripe,
    ),
    executor(
      schemas,
      ['adnsf-executor', 'adnsf'],
      schemas.topic('adnsfCommands'),
      schemas.topic('adnsfResults'),
      inShop,
    ),
    executor(
      schemas,
      ['notifier', 'notifications'],
      schemas.topic('notifications'),
      schemas.topic('notificationResults'),
      told,
    ),
    executor(schemas, ['erp', 'erp'], schemas.topic('erpCommands'), schemas.topic('erpResults'), inErp),
  ];
  for (const { outputs } of executors) for (const { value } of outputs) await value.open?.();
  const topology = orderTopology(schemas, policy, 'test', workflows);
  const driver = await openDriver(topology, {
    partitions: PARTITIONS,
    topics: [topics.replays.name],
    effects: executors,
  });
  const log = shopLog(registry);
  let at = BigInt(Date.UTC(2026, 0, 3));
  const tell = async (key: string, type: string, object: Readonly<Record<string, unknown>>, id: string) => {
    driver.advance(1_000);
    at += 1_000n;
    await driver.pipe(schemas.topic('stripeEvents'), key, stripeEvent(type, object, id), { timestamp: at });
  };
  const intent = (orderId: string, status: string, over: Readonly<Record<string, unknown>> = {}) => ({
    id: `pi_${orderId}`,
    object: 'payment_intent',
    amount: 3744,
    amount_received: status === 'succeeded' ? 3744 : 0,
    currency: 'usd',
    status,
    latest_charge: `ch_${orderId}`,
    last_payment_error: null,
    metadata: { order_id: orderId },
    ...over,
  });
  /** Checkout, customer, PaymentIntent, link. */
  const place = async (orderId: string, customer: number, over: Parameters<typeof ordersRow>[0] = {}) => {
    const row = ordersRow({ OrderNumber: Number(orderId), CustomerID: customer, ...over });
    for (const change of checkout(log, row)) {
      driver.advance(10);
      await pipeChange(driver, change);
    }
    return row as unknown as Record<string, unknown>;
  };
  const decline = (orderId: string, charge: string) =>
    tell(
      orderId,
      'payment_intent.payment_failed',
      intent(orderId, 'requires_payment_method', {
        last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds', message: 'No funds.', charge },
        latest_charge: charge,
      }),
      `evt_${charge}`,
    );
  const pay = async (orderId: string, customer: number, row: Record<string, unknown>) => {
    await tell(orderId, 'payment_intent.succeeded', intent(orderId, 'succeeded'), `evt_paid_${orderId}`);
    // Stripe tells it under a second id too, and the shop's rows come back.
    await tell(orderId, 'payment_intent.succeeded', intent(orderId, 'succeeded'), `evt_twin_${orderId}`);
    const ours = {
      ...row,
      TransactionState: 'CAPTURED',
      AuthorizationPNREF: `pi_${orderId}`,
      PaymentGateway: 'STRIPE',
    };
    await pipeChange(driver, log.update('orders', String(customer), row, ours));
    await pipeChange(driver, log.update('orders', String(customer), ours, ours));
    const charge = {
      id: `ch_${orderId}`,
      object: 'charge',
      status: 'succeeded',
      payment_intent: `pi_${orderId}`,
      amount_captured: 3744,
      currency: 'usd',
      metadata: {},
      balance_transaction: `txn_${orderId}`,
    };
    // It does not name the order, and is routed by what others have told of the PaymentIntent.
    await tell(`pi_${orderId}`, 'charge.updated', charge, `evt_charge_${orderId}`);
  };
  const world: World = {
    cluster: memoryCluster(driver.broker, { now: () => 0, sleep: () => Promise.resolve() }),
    schemas,
    ways: await openWays(schemas, policy, workflows),
  };
  return { driver, schemas, topology, log, world, place, decline, pay, tell, intent };
};

export type History = Awaited<ReturnType<typeof openHistory>>;

/** Every certificate of a world, by order. */
export const certified = async (world: World, orderId?: string): Promise<ReadonlyMap<string, Certificate>> => {
  const found = new Map<string, Certificate>();
  await certify(world, orderId, { onCertificate: (each) => found.set(each.orderId, each) });
  return found;
};

/** All records by partition, as they can be read. */
export type Logs = ReadonlyMap<string, readonly ConsumedRecord[]>;

export const logsOf = ({ driver }: History): Logs =>
  new Map(
    driver.broker
      .topics()
      .flatMap((topic) =>
        Array.from({ length: PARTITIONS }, (_, partition) => [
          `${topic}/${partition}`,
          driver.broker.log({ topic, partition }).read(0n, Infinity).records,
        ]),
      ),
  );

export type Standing = Readonly<{
  /** How far the groups have read; to the end by default. */
  committed?: (group: string, end: bigint) => bigint;
  /** The first record that is kept. */
  begin?: (topic: string) => bigint;
  /** Records that came while somebody looked, by partition. */
  arriving?: ReadonlyMap<string, number>;
}>;

/** A cluster that holds these records. Offsets are given anew. */
export const clusterOf = (logs: Logs, standing: Standing = {}): World['cluster'] => {
  const { committed = (_group: string, last: bigint) => last, begin = () => 0n, arriving } = standing;
  let asked = 0;
  const of = (topic: string, partition: number): readonly ConsumedRecord[] =>
    logs.get(`${topic}/${partition}`)?.map((record, offset) => ({ ...record, offset: BigInt(offset) })) ?? [];
  const end = (topic: string, partition: number): bigint => BigInt(of(topic, partition).length);
  const admin: Partial<Admin> = {
    partitions: (topics) => Promise.resolve(new Map(topics.map((topic) => [topic, PARTITIONS]))),
    committedOffsets: (group, sources) =>
      Promise.resolve(
        sources.map((source) => ({ ...source, offset: committed(group, end(source.topic, source.partition)) })),
      ),
    beginningOffsets: (sources) =>
      Promise.resolve(sources.map((source) => ({ ...source, offset: begin(source.topic) }))),
    endOffsets: (sources) => {
      asked += 1;
      return Promise.resolve(
        sources.map((source) => {
          const late = asked === 1 ? (arriving?.get(`${source.topic}/${source.partition}`) ?? 0) : 0;
          const stable = end(source.topic, source.partition) - BigInt(late);
          return { ...source, high: stable, stable };
        }),
      );
    },
    close: () => Promise.resolve(),
  };
  const reader: PartitionReader = {
    async *read({ topic, partition }, from) {
      await Promise.resolve();
      const records = of(topic, partition).filter(({ offset }) => offset >= from);
      yield { records, position: end(topic, partition) };
    },
    close: () => Promise.resolve(),
  };
  return { admin: () => Promise.resolve(admin as Admin), reader: () => Promise.resolve(reader) };
};
