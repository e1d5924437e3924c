/**
 * The job of the benchmark as a topology: join an order with its customer and cart lines, keep one state per order, and
 * turn orders and Stripe events into commands. It writes what `kafka-streams/…/App.java` writes, byte for byte.
 */
import { PoisonError } from '../services/runtime/errors.ts';
import { jsonDeadLetters } from '../services/runtime/serde.ts';
import {
  input,
  type Serde,
  type StageContext,
  type StageRecord,
  type Stage,
  type Store,
  type Topic,
  type Topology,
} from '../services/runtime/topology.ts';

type CartLine = Readonly<{
  cartLineId: number;
  productId: number;
  sku: string;
  quantity: number;
  unitPrice: string;
  modified: string;
}>;
type KeptLine = Omit<CartLine, 'modified'>;
type Customer = Readonly<{ stripeCustomer: string; erpAccount: string; modified: string }>;
type Order = Readonly<{
  orderNumber: string;
  customerId: string;
  /** Decimal with two places. */
  orderTotal: string;
  currency: string;
  email: string;
  transactionState: string;
  modified: string;
}>;
type EnrichedOrder = Order & Readonly<{ customer: Customer; lines: readonly KeptLine[] }>;

type StripeObject = Readonly<{ id: string; amount: number; payment_intent: string | null }>;
type StripeEvent = Readonly<{ id: string; type: string; created: number; data: Readonly<{ object: StripeObject }> }>;

/** What is kept of a Stripe event that waits for its order. `amount`: minor units. */
type KeptEvent = Readonly<{ type: string; id: string; created: number; pi: string; amount: number }>;
type KeptOrder = Readonly<{
  orderNumber: string;
  customerId: string;
  orderTotal: string;
  currency: string;
  email: string;
  transactionState: string;
  erpId: string;
  lines: readonly KeptLine[];
}>;
type OrderState = Readonly<{
  status: string;
  seen: readonly string[];
  pending: readonly KeptEvent[];
  order?: KeptOrder;
}>;
type Target = 'stripe' | 'adnsf' | 'erp';
type Command = Readonly<{ id: string; target: Target }>;

/** Commands carry at most so many lines. */
const commandLines = 3;

/** Plain JSON, as the driver's contract wants it; the values hold neither bigint nor bytes. */
const plainJson = <T>(): Serde<T> => ({
  decode: (bytes) => {
    try {
      return JSON.parse(bytes.toString('utf8')) as T;
    } catch (cause) {
      throw new PoisonError('undecodable', 'not valid JSON', { cause });
    }
  },
  encode: (value) => Buffer.from(JSON.stringify(value), 'utf8'),
});

const topic = <T>(name: string): Topic<T> => ({ name, value: plainJson<T>() });
const store = <T>(name: string): Store<T> => ({ name, value: plainJson<T>() });

export const topics = {
  customers: topic<Customer>('bench.customers'),
  carts: topic<CartLine>('bench.carts'),
  orders: topic<Order>('bench.orders'),
  stripeEvents: topic<StripeEvent>('bench.stripe-events'),
  enriched: topic<EnrichedOrder>('bench.orders.enriched'),
  commands: {
    stripe: topic<Command>('bench.cmd.stripe'),
    adnsf: topic<Command>('bench.cmd.adnsf'),
    erp: topic<Command>('bench.cmd.erp'),
  },
} as const;

const customers = store<Customer>('customers');
const carts = store<readonly KeptLine[]>('carts');
const states = store<OrderState>('order-state');

/** @throws PoisonError unless the text is a decimal with two places */
export const centsOf = (decimal: string): number => {
  const digits = /^(\d{1,13})\.(\d{2})$/.exec(decimal);
  if (digits === null) throw new PoisonError('invalid_amount', `${decimal} is not an amount`);
  return Number(digits[1]! + digits[2]!);
};

const withLine = (lines: readonly KeptLine[], line: CartLine): readonly KeptLine[] => {
  const { cartLineId, productId, sku, quantity, unitPrice } = line;
  const kept: KeptLine = { cartLineId, productId, sku, quantity, unitPrice };
  const index = lines.findIndex((each) => each.cartLineId === cartLineId);
  return index < 0 ? [...lines, kept] : lines.with(index, kept);
};

/** All three come from one database: `modified` is their common order, as a log position would be. */
const place = (row: Readonly<{ modified: string }> | null): string | undefined => row?.modified;

const join: Stage = {
  name: 'join',
  inputs: [
    input<Customer>({
      topic: topics.customers,
      place,
      process: ({ key, value }, context) => {
        if (value === null) context.store(customers).delete(key);
        else context.store(customers).put(key, value);
      },
    }),
    input<CartLine>({
      topic: topics.carts,
      place,
      process: ({ key, value }, context) => {
        if (value === null) return;
        const kept = context.store(carts);
        kept.put(key, withLine(kept.get(key) ?? [], value));
      },
    }),
    input<Order>({
      topic: topics.orders,
      place,
      process: ({ key, value }, context) => {
        const customer = context.store(customers).get(key);
        if (value === null || customer === undefined) return;
        const lines = context.store(carts).get(key) ?? [];
        context.send(topics.enriched, value.orderNumber, { ...value, customer, lines });
      },
    }),
  ],
  stores: [customers, carts],
  outputs: [topics.enriched],
};

const command = (key: string, target: Target, type: string, status: string) => ({
  id: `${key}:${target}:${type}`,
  target,
  type,
  orderNumber: key,
  status,
  version: 1,
});

/** Sends what a payment or a refund leads to. Returns the order's new status. */
const settle = (key: string, order: KeptOrder, event: KeptEvent, context: StageContext): string => {
  const paid = event.type === 'payment_intent.succeeded';
  const status = paid ? 'PAID' : 'REFUNDED';
  const { lines, ...rest } = order;
  const told = { paymentIntent: event.pi, amount: event.amount, eventId: event.id, occurredAt: event.created };
  const type = paid ? 'order.paid' : 'order.refunded';
  const toShop = { ...command(key, 'adnsf', type, status), ...told, order: rest };
  const toErp = { ...command(key, 'erp', type, status), ...told, order: rest, lines: lines.slice(0, commandLines) };
  context.send(topics.commands.adnsf, key, toShop);
  context.send(topics.commands.erp, key, toErp);
  return status;
};

const onOrder = ({ key, value }: StageRecord<EnrichedOrder>, context: StageContext): void => {
  if (value === null) return;
  const state = context.store(states).get(key) ?? { status: 'NONE', seen: [], pending: [] };
  const { orderNumber, customerId, orderTotal, currency, email, transactionState, customer, lines } = value;
  const erpId = customer.erpAccount;
  const order = { orderNumber, customerId, orderTotal, currency, email, transactionState, erpId, lines };
  if (state.order !== undefined) {
    context.store(states).put(key, { ...state, order });
    return;
  }
  let status = 'AUTH';
  const toStripe = {
    ...command(key, 'stripe', 'payment_intent.create', status),
    amount: centsOf(orderTotal),
    currency: currency.toLowerCase(),
    receipt_email: email,
    stripeCustomer: customer.stripeCustomer,
    metadata: { order_number: key, customer_id: customerId, erp_account: erpId },
    lines: lines.slice(0, commandLines),
  };
  context.send(topics.commands.stripe, key, toStripe);
  for (const event of state.pending) status = settle(key, order, event, context);
  context.store(states).put(key, { status, seen: state.seen, pending: [], order });
};

const onStripeEvent = ({ key, value }: StageRecord<StripeEvent>, context: StageContext): void => {
  if (value === null) return;
  const state = context.store(states).get(key) ?? { status: 'NONE', seen: [], pending: [] };
  const { id, type, created, data } = value;
  if (state.seen.includes(id)) return;
  const { object } = data;
  const event = { type, id, created, pi: object.payment_intent ?? object.id, amount: object.amount };
  const seen = [...state.seen, id];
  if (state.order === undefined) {
    // An event that comes before its order waits in the state.
    context.store(states).put(key, { ...state, seen, pending: [...state.pending, event] });
    return;
  }
  context.store(states).put(key, { ...state, seen, status: settle(key, state.order, event, context) });
};

const decide: Stage = {
  name: 'decide',
  inputs: [
    input<EnrichedOrder>({ topic: topics.enriched, process: onOrder }),
    input<StripeEvent>({ topic: topics.stripeEvents, process: onStripeEvent }),
  ],
  stores: [states],
  outputs: Object.values(topics.commands),
};

/** The job under an application id of its own, which also names its changelogs. */
export const orderJob = (application: string): Topology => ({
  application,
  version: 'bench',
  stages: [join, decide],
  deadLetters: { name: `${application}-dead-letters`, value: jsonDeadLetters },
});
