import type Stripe from 'stripe';
import { invalidParameter, refused } from '../errors.ts';
import type { Params } from '../form.ts';
import { mergeMetadata } from '../metadata.ts';
import { checkAmount, parseCurrency } from '../money.ts';
import { idOf } from '../objects.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { elements, parseInteger, reading } from '../params.ts';
import { fetched, referenced } from '../world.ts';
import type { Operation, World } from '../world.ts';
import { type Charged, collected, type Invoice, invoiced, type Subscribed } from './invoices.ts';
import { methodFrom } from './payment-methods.ts';

interface Item {
  id: string;
  object: 'subscription_item';
  created: number;
  current_period_start: number;
  current_period_end: number;
  metadata: Record<string, string>;
  price: {
    id: string;
    object: 'price';
    active: boolean;
    currency: string;
    product: string;
    recurring: { interval: Interval; interval_count: number; usage_type: 'licensed' };
    type: 'recurring';
    unit_amount: number;
    unit_amount_decimal: string;
  };
  quantity: number;
  subscription: string;
}

/** What of a subscription there is here: the fields that somebody reads. */
export type Subscription = Pick<
  Stripe.Subscription,
  | 'id'
  | 'object'
  | 'cancel_at_period_end'
  | 'canceled_at'
  | 'collection_method'
  | 'created'
  | 'currency'
  | 'customer'
  | 'default_payment_method'
  | 'ended_at'
  | 'livemode'
  | 'metadata'
  | 'start_date'
  | 'status'
> & {
  items: { object: 'list'; data: Item[]; has_more: boolean; total_count: number; url: string };
  latest_invoice: string | null;
  automatic_tax: { enabled: boolean };
};

const intervals = ['day', 'week', 'month', 'year'] as const;
type Interval = (typeof intervals)[number];

/** Of all that is sold, where tax is automatic: 8.25 %, rounded half up. */
const taxOn = (amount: bigint): bigint => (amount * 825n + 5_000n) / 10_000n;

/** The end of a period, in seconds; of a month that is too short, its last day. */
export const periodEnd = (start: number, interval: Interval, count: number): number => {
  if (interval === 'day' || interval === 'week') return start + count * (interval === 'week' ? 7 : 1) * 24 * 3600;
  const from = new Date(start * 1000);
  const months = interval === 'year' ? 12 * count : count;
  const first = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1));
  const days = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  const day = Math.min(from.getUTCDate(), days);
  return first.getTime() / 1000 + (day - 1) * 24 * 3600 + (start % (24 * 3600));
};

/** Prices are given where they are used. */
const readItem = (world: World, sent: Params, subscription: string, start: number): Item => {
  const read = reading(sent);
  const quantity = read.integer('quantity') ?? 1;
  const data = read.record('price_data');
  read.ignore('metadata', 'tax_rates');
  read.end();
  if (data == null) throw invalidParameter('Give price_data: this simulator keeps no prices.', 'items[price_data]');
  const price = reading(data);
  const currency = parseCurrency(price.required('currency'));
  const product = price.required('product');
  const amount = parseInteger(price.required('unit_amount'), 'items[price_data][unit_amount]');
  const recurring = reading(price.record('recurring') ?? {});
  const interval = recurring.choice('interval', intervals);
  const count = recurring.integer('interval_count') ?? 1;
  recurring.end();
  price.ignore('tax_behavior');
  price.end();
  if (interval === undefined)
    throw invalidParameter('Missing required param: recurring[interval].', 'items[price_data][recurring][interval]');
  checkAmount(BigInt(amount * quantity), currency);
  return {
    id: world.newId('si'),
    object: 'subscription_item',
    created: start,
    current_period_start: start,
    current_period_end: periodEnd(start, interval, count),
    metadata: {},
    price: {
      id: world.newId('price'),
      object: 'price',
      active: true,
      currency,
      product,
      recurring: { interval, interval_count: count, usage_type: 'licensed' },
      type: 'recurring',
      unit_amount: amount,
      unit_amount_decimal: String(amount),
    },
    quantity,
    subscription,
  };
};

const chargedFor = ({ items, automatic_tax: tax }: Subscription): readonly Charged[] =>
  items.data.map(({ id, price, quantity, current_period_start: start, current_period_end: end }) => {
    const amount = BigInt(price.unit_amount) * BigInt(quantity);
    return {
      amount,
      tax: tax.enabled ? taxOn(amount) : 0n,
      description: `${quantity} × ${price.product}`,
      quantity,
      price: price.id,
      product: price.product,
      subscriptionItem: id,
      start,
      end,
      proration: false,
    };
  });

const save = (world: World, before: Subscription, change: Partial<Subscription>, type: string): Subscription => {
  const next = { ...before, ...change };
  world.journal.update('subscription', next);
  world.emit(type, next);
  return next;
};

/** Bills the period that its items are in, and collects it. */
const bill = (world: World, subscription: Subscription, reason: Stripe.Invoice.BillingReason): Subscription => {
  const { id, customer, currency, metadata, default_payment_method: method } = subscription;
  const now = world.clock.seconds();
  const invoice = invoiced(
    world,
    { billing_reason: reason, currency, customer, period_start: now, period_end: now, subscription: id, metadata },
    chargedFor(subscription),
  );
  const { declined } = collected(world, invoice, idOf(method));
  const first = reason === 'subscription_create';
  const status = declined === undefined ? 'active' : first ? 'incomplete' : 'past_due';
  return save(world, subscription, { status, latest_invoice: invoice.id }, 'customer.subscription.updated');
};

export const createSubscription: Operation = ({ world, read }) => {
  const customer = read.required('customer');
  const sent = read.record('items');
  const named = read.text('default_payment_method');
  const metadata = mergeMetadata({}, read.record('metadata'));
  const tax = reading(read.record('automatic_tax') ?? {}).flag('enabled') ?? false;
  read.ignore('payment_behavior', 'off_session', 'description', 'collection_method');
  read.end();
  referenced(world, 'customer', customer, 'customer');
  const method = named == null ? null : methodFrom(world, named).id;
  const id = world.newId('sub');
  const created = world.clock.seconds();
  const items = elements(sent ?? {}).map((item) => readItem(world, item as Params, id, created));
  const [first] = items;
  if (first === undefined) throw invalidParameter('Missing required param: items.', 'items', 'parameter_missing');
  const subscription: Subscription = {
    id,
    object: 'subscription',
    automatic_tax: { enabled: tax },
    cancel_at_period_end: false,
    canceled_at: null,
    collection_method: 'charge_automatically',
    created,
    currency: first.price.currency,
    customer,
    default_payment_method: method,
    ended_at: null,
    items: {
      object: 'list',
      data: items,
      has_more: false,
      total_count: items.length,
      url: `/v1/subscription_items?subscription=${id}`,
    },
    latest_invoice: null,
    livemode: false,
    metadata,
    start_date: created,
    status: 'incomplete',
  };
  world.journal.insert('subscription', subscription, created);
  world.emit('customer.subscription.created', subscription);
  return bill(world, subscription, 'subscription_create');
};

const found = (world: World, id: string): Subscription => {
  const subscription = fetched(world, 'subscription', id);
  if (subscription.status === 'canceled') throw refused(`Subscription ${id} is canceled.`, 'resource_missing');
  return subscription;
};

const ended = (world: World, subscription: Subscription): Subscription => {
  const at = world.clock.seconds();
  const change = { status: 'canceled' as const, canceled_at: subscription.canceled_at ?? at, ended_at: at };
  return save(world, subscription, change, 'customer.subscription.deleted');
};

/** Time has come to the end of the period: the next one begins and is billed, or the subscription ends. */
export const renewSubscription = (world: World, id: string): Subscription => {
  const subscription = found(world, id);
  if (subscription.cancel_at_period_end) return ended(world, subscription);
  const data = subscription.items.data.map((item) => ({
    ...item,
    current_period_start: item.current_period_end,
    current_period_end: periodEnd(
      item.current_period_end,
      item.price.recurring.interval,
      item.price.recurring.interval_count,
    ),
  }));
  const next = { ...subscription, items: { ...subscription.items, data } };
  world.journal.update('subscription', next);
  return bill(world, next, 'subscription_cycle');
};

const subscriptionOf = (world: World, { parent }: Invoice): Subscription => {
  const { subscription } = (parent as { subscription_details: { subscription: string } }).subscription_details;
  return fetched(world, 'subscription', subscription);
};

export const subscribed: Subscribed = {
  methodOf: (world, invoice) => idOf(subscriptionOf(world, invoice).default_payment_method),
  paid: (world, invoice) => {
    const subscription = subscriptionOf(world, invoice);
    if (subscription.status === 'past_due' || subscription.status === 'incomplete')
      save(world, subscription, { status: 'active' }, 'customer.subscription.updated');
  },
};

export const updateSubscription: Operation = ({ world, read, path }) => {
  const subscription = found(world, path['id'] ?? '');
  const atEnd = read.flag('cancel_at_period_end');
  const named = read.text('default_payment_method');
  const metadata = mergeMetadata(subscription.metadata, read.record('metadata'));
  read.end();
  const change = {
    metadata,
    ...(named != null && { default_payment_method: methodFrom(world, named).id }),
    ...(atEnd !== undefined && {
      cancel_at_period_end: atEnd,
      canceled_at: atEnd ? world.clock.seconds() : null,
    }),
  };
  return save(world, subscription, change, 'customer.subscription.updated');
};

export const cancelSubscription: Operation = ({ world, read, path }) => {
  read.ignore('invoice_now', 'prorate', 'cancellation_details');
  read.end();
  return ended(world, found(world, path['id'] ?? ''));
};

export const retrieveSubscription: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'subscription', path['id'] ?? '');
};

export const listSubscriptions: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const customer = read.text('customer');
  const created = readCreated(read, params);
  read.ignore('status');
  read.end();
  const where = customer == null ? {} : { customer };
  return listed(world, 'subscription', '/v1/subscriptions', { where, ...created }, cursor);
};
