import type Stripe from 'stripe';
import { decodeForm } from '../form.ts';
import { refused } from '../errors.ts';
import { idOf } from '../objects.ts';
import { cancelPayment } from '../payments.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { reading } from '../params.ts';
import { Answer, fetched } from '../world.ts';
import type { Operation, World } from '../world.ts';
import { confirmPaymentIntent, createPaymentIntent } from './payment-intents.ts';

/** What of a finalised invoice there is here: the fields that somebody reads. */
export type Invoice = Pick<
  Stripe.Invoice,
  | 'id'
  | 'object'
  | 'amount_due'
  | 'amount_paid'
  | 'amount_remaining'
  | 'attempt_count'
  | 'attempted'
  | 'auto_advance'
  | 'billing_reason'
  | 'collection_method'
  | 'created'
  | 'currency'
  | 'customer'
  | 'customer_email'
  | 'customer_name'
  | 'livemode'
  | 'metadata'
  | 'next_payment_attempt'
  | 'number'
  | 'period_end'
  | 'period_start'
  | 'starting_balance'
  | 'status'
  | 'status_transitions'
  | 'subtotal'
  | 'total'
> & {
  lines: { object: 'list'; data: object[]; has_more: boolean; total_count: number; url: string };
  parent: object;
  total_taxes: object[];
};

export type InvoicePayment = Pick<
  Stripe.InvoicePayment,
  'id' | 'object' | 'amount_paid' | 'amount_requested' | 'created' | 'currency' | 'is_default' | 'livemode' | 'status'
> & {
  invoice: string;
  payment: { type: 'payment_intent'; payment_intent: string };
  status_transitions: { canceled_at: number | null; paid_at: number | null };
};

/** A line, of which the fields are read that there are. */
export type LineItem = { id: string; object: 'line_item'; invoice: string } & Record<string, unknown>;

/** How many lines come with an invoice. */
const embedded = 10;

/** A line before it is one, in minor units. `tax` is on top of it. */
export interface Charged {
  amount: bigint;
  tax: bigint;
  description: string;
  quantity: number;
  price: string;
  product: string;
  subscriptionItem: string;
  start: number;
  end: number;
  proration: boolean;
}

const taxes = (amount: bigint, taxable: bigint): object[] =>
  amount === 0n
    ? []
    : [
        {
          amount: Number(amount),
          tax_behavior: 'exclusive',
          tax_rate_details: null,
          taxability_reason: 'standard_rated',
          taxable_amount: Number(taxable),
          type: 'tax_rate_details',
        },
      ];

const lineOf = (world: World, currency: string, subscription: string, invoice: string, line: Charged): LineItem => ({
  id: world.newId('il'),
  object: 'line_item',
  amount: Number(line.amount),
  currency,
  description: line.description,
  discount_amounts: [],
  discountable: true,
  discounts: [],
  invoice,
  livemode: false,
  metadata: {},
  parent: {
    invoice_item_details: null,
    subscription_item_details: {
      invoice_item: null,
      proration: line.proration,
      proration_details: { credited_items: null },
      subscription,
      subscription_item: line.subscriptionItem,
    },
    type: 'subscription_item_details',
  },
  period: { start: line.start, end: line.end },
  pretax_credit_amounts: [],
  pricing: {
    price_details: { price: line.price, product: line.product },
    type: 'price_details',
    unit_amount_decimal: String(line.amount / BigInt(line.quantity)),
  },
  quantity: line.quantity,
  taxes: taxes(line.tax, line.amount),
});

const save = (world: World, invoice: Invoice): Invoice => {
  world.journal.update('invoice', invoice);
  return invoice;
};

/** A finalised invoice of a subscription, with the payment that is to pay it. Tells of both but does not charge. */
export const invoiced = (
  world: World,
  about: Pick<Invoice, 'billing_reason' | 'currency' | 'customer' | 'period_start' | 'period_end'> & {
    subscription: string;
    metadata: Record<string, string>;
  },
  charged: readonly Charged[],
): Invoice => {
  const created = world.clock.seconds();
  const { subscription, metadata, ...own } = about;
  const customer = fetched(world, 'customer', idOf(about.customer) ?? '');
  const id = world.newId('in');
  const subtotal = charged.reduce((sum, { amount }) => sum + amount, 0n);
  const tax = charged.reduce((sum, line) => sum + line.tax, 0n);
  const total = Number(subtotal + tax);
  const number = customer.next_invoice_sequence ?? 1;
  world.journal.update('customer', { ...customer, next_invoice_sequence: number + 1 });
  const lines = charged.map((line) => lineOf(world, own.currency, subscription, id, line));
  for (const line of lines) world.journal.insert('line_item', line, created);
  const draft: Invoice = {
    id,
    object: 'invoice',
    amount_due: Math.max(total, 0),
    amount_paid: 0,
    amount_remaining: Math.max(total, 0),
    attempt_count: 0,
    attempted: false,
    auto_advance: true,
    collection_method: 'charge_automatically',
    created,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    lines: {
      object: 'list',
      data: lines.slice(0, embedded),
      has_more: lines.length > embedded,
      total_count: charged.length,
      url: `/v1/invoices/${id}/lines`,
    },
    livemode: false,
    metadata: {},
    next_payment_attempt: null,
    number: null,
    parent: {
      quote_details: null,
      subscription_details: { metadata, subscription },
      type: 'subscription_details',
    },
    starting_balance: 0,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: Number(subtotal),
    total,
    total_taxes: taxes(tax, subtotal),
    ...own,
  };
  world.journal.insert('invoice', draft, created);
  world.emit('invoice.created', draft);
  const open = save(world, {
    ...draft,
    number: `${customer.invoice_prefix ?? 'SANDBOX'}-${String(number).padStart(4, '0')}`,
    status: 'open',
    status_transitions: { ...draft.status_transitions, finalized_at: created },
  });
  world.emit('invoice.finalized', open);
  return open;
};

const paymentOf = (world: World, invoice: string): InvoicePayment | undefined =>
  world.journal.all('invoice_payment', { where: { invoice } }).at(-1);

/** Asks for the money; the payment intent is made at the first attempt. */
const charge = (world: World, invoice: Invoice, method: string | null): Answer | Stripe.PaymentIntent => {
  const known = paymentOf(world, invoice.id);
  const using = method === null ? '' : `&payment_method=${method}`;
  const call = (text: string, path: Record<string, string>) => {
    const params = decodeForm(text);
    return { world, params, read: reading(params), path, publishable: false };
  };
  const answer =
    known === undefined
      ? createPaymentIntent(
          call(
            `amount=${invoice.amount_remaining}&currency=${invoice.currency}&customer=${idOf(invoice.customer)}` +
              `&payment_method_types[]=card&confirm=true&off_session=true&description=Subscription${using}`,
            {},
          ),
        )
      : confirmPaymentIntent(call(`off_session=true${using}`, { id: known.payment.payment_intent }));
  const intent = (
    answer instanceof Answer ? (answer.body as { error: { payment_intent: unknown } }).error.payment_intent : answer
  ) as Stripe.PaymentIntent;
  if (known === undefined)
    world.journal.insert(
      'invoice_payment',
      {
        id: world.newId('inpay'),
        object: 'invoice_payment',
        amount_paid: null,
        amount_requested: invoice.amount_remaining,
        created: world.clock.seconds(),
        currency: invoice.currency,
        invoice: invoice.id,
        is_default: true,
        livemode: false,
        payment: { type: 'payment_intent', payment_intent: intent.id },
        status: 'open',
        status_transitions: { canceled_at: null, paid_at: null },
      },
      world.clock.seconds(),
    );
  return answer instanceof Answer ? answer : intent;
};

const retryAfterSeconds = 3 * 24 * 3600;

/** An attempt to collect an open invoice, with all that it tells. What is declined is told, and answered. */
export const collected = (
  world: World,
  invoice: Invoice,
  method: string | null,
): { invoice: Invoice; declined?: Answer } => {
  const at = world.clock.seconds();
  const attempted = { ...invoice, attempted: true, attempt_count: invoice.attempt_count + 1 };
  if (invoice.amount_remaining > 0) {
    const answer = charge(world, invoice, method);
    if (answer instanceof Answer) {
      const failed = save(world, { ...attempted, next_payment_attempt: at + retryAfterSeconds });
      world.emit('invoice.payment_failed', failed);
      return { invoice: failed, declined: answer };
    }
    const open = paymentOf(world, invoice.id)!;
    const paid: InvoicePayment = {
      ...open,
      amount_paid: open.amount_requested,
      status: 'paid',
      status_transitions: { ...open.status_transitions, paid_at: at },
    };
    world.journal.update('invoice_payment', paid);
    world.emit('invoice_payment.paid', paid);
  }
  const paid = save(world, {
    ...attempted,
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    auto_advance: false,
    next_payment_attempt: null,
    status: 'paid',
    status_transitions: { ...invoice.status_transitions, paid_at: at },
  });
  world.emit('invoice.paid', paid);
  world.emit('invoice.payment_succeeded', paid);
  return { invoice: paid };
};

/** @throws ApiError unless it is in one of these states. */
const found = (world: World, id: string, ...states: readonly string[]): Invoice => {
  const invoice = fetched(world, 'invoice', id);
  if (!states.includes(invoice.status ?? ''))
    throw refused(`Invoice ${id} is ${invoice.status}.`, 'invoice_not_editable');
  return invoice;
};

/** What an invoice has to do with its subscription. */
export interface Subscribed {
  /** What it is paid with when nothing else is said. */
  methodOf: (world: World, invoice: Invoice) => string | null;
  paid: (world: World, invoice: Invoice) => void;
}

export const payInvoice =
  (subscribed: Subscribed): Operation =>
  ({ world, read, path }) => {
    const method = read.text('payment_method') ?? null;
    read.ignore('off_session');
    read.end();
    const open = found(world, path['id'] ?? '', 'open', 'uncollectible');
    const { invoice, declined } = collected(world, open, method ?? subscribed.methodOf(world, open));
    if (declined !== undefined) return declined;
    subscribed.paid(world, invoice);
    return invoice;
  };

export const voidInvoice: Operation = ({ world, read, path }) => {
  read.end();
  const invoice = found(world, path['id'] ?? '', 'open', 'uncollectible');
  const voided = save(world, {
    ...invoice,
    status: 'void',
    status_transitions: { ...invoice.status_transitions, voided_at: world.clock.seconds() },
  });
  const open = paymentOf(world, invoice.id);
  if (open !== undefined) {
    const at = world.clock.seconds();
    const times = { ...open.status_transitions, canceled_at: at };
    world.journal.update('invoice_payment', { ...open, status: 'canceled', status_transitions: times });
    cancelPayment(world, fetched(world, 'payment_intent', open.payment.payment_intent), 'void_invoice');
  }
  world.emit('invoice.voided', voided);
  return voided;
};

export const markUncollectible: Operation = ({ world, read, path }) => {
  read.end();
  const invoice = found(world, path['id'] ?? '', 'open');
  const marked = save(world, {
    ...invoice,
    status: 'uncollectible',
    status_transitions: { ...invoice.status_transitions, marked_uncollectible_at: world.clock.seconds() },
  });
  world.emit('invoice.marked_uncollectible', marked);
  return marked;
};

export const retrieveInvoice: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'invoice', path['id'] ?? '');
};

export const listInvoices: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const customer = read.text('customer');
  const status = read.text('status');
  const created = readCreated(read, params);
  read.end();
  const where = { ...(customer != null && { customer }), ...(status != null && { status }) };
  return listed(world, 'invoice', '/v1/invoices', { where, ...created }, cursor);
};

export const listInvoicePayments: Operation = ({ world, read }) => {
  const cursor = readCursor(read);
  const invoice = read.text('invoice');
  const status = read.text('status');
  const by = read.record('payment')?.['payment_intent'];
  read.end();
  const where = {
    ...(invoice != null && { invoice }),
    ...(status != null && { status }),
    ...(typeof by === 'string' && { 'payment.payment_intent': by }),
  };
  return listed(world, 'invoice_payment', '/v1/invoice_payments', { where }, cursor);
};

export const listInvoiceLines: Operation = ({ world, read, path }) => {
  const cursor = readCursor(read);
  read.end();
  const { id } = fetched(world, 'invoice', path['id'] ?? '');
  return listed(world, 'line_item', `/v1/invoices/${id}/lines`, { where: { invoice: id } }, cursor);
};
