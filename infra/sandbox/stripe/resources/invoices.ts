import type Stripe from 'stripe';
import { decodeForm } from '../form.ts';
import { refused } from '../errors.ts';
import { idOf } from '../objects.ts';
import { cancelPayment } from '../payments.ts';
import { moveBalance } from './customer-balance.ts';
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
  | 'ending_balance'
  | 'livemode'
  | 'metadata'
  | 'next_payment_attempt'
  | 'number'
  | 'period_end'
  | 'period_start'
  | 'post_payment_credit_notes_amount'
  | 'pre_payment_credit_notes_amount'
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
  payment:
    | { type: 'payment_intent'; payment_intent: string; payment_record?: never }
    | { type: 'payment_record'; payment_record: string; payment_intent?: never };
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

export const taxes = (amount: bigint, taxable: bigint): object[] =>
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
    ending_balance: null,
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
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    starting_balance: customer.balance,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: Number(subtotal),
    total,
    total_taxes: taxes(tax, subtotal),
    ...own,
  };
  world.journal.insert('invoice', draft, created);
  world.emit('invoice.created', draft);
  const due = Math.max(total + customer.balance, 0);
  const used = total - due;
  if (used !== 0) {
    const type = used > 0 ? 'applied_to_invoice' : 'invoice_too_small';
    moveBalance(world, customer.id, used, own.currency, type, { invoice: id });
  }
  const open = save(world, {
    ...draft,
    amount_due: due,
    amount_remaining: due,
    ending_balance: customer.balance + used,
    number: `${customer.invoice_prefix ?? 'SANDBOX'}-${String(number).padStart(4, '0')}`,
    status: 'open',
    status_transitions: { ...draft.status_transitions, finalized_at: created },
  });
  world.emit('invoice.finalized', open);
  return open;
};

/** What it is paid with at Stripe, or is to be. */
export const paymentOf = (
  world: World,
  invoice: string,
): (InvoicePayment & { payment: { type: 'payment_intent'; payment_intent: string } }) | undefined =>
  world.journal
    .all('invoice_payment', { where: { invoice } })
    .flatMap((each) => (each.payment.type === 'payment_intent' ? [{ ...each, payment: each.payment }] : []))
    .at(-1);

/** Nobody shall pay with it any more. */
const canceled = (world: World, invoice: string): void => {
  const open = paymentOf(world, invoice);
  if (open?.status !== 'open') return;
  const times = { ...open.status_transitions, canceled_at: world.clock.seconds() };
  world.journal.update('invoice_payment', { ...open, status: 'canceled', status_transitions: times });
  cancelPayment(world, fetched(world, 'payment_intent', open.payment.payment_intent), 'void_invoice');
};

/** An invoice that asks for more, or for less: credit notes change it. Once it asks for nothing it is paid. */
export const asksFor = (
  world: World,
  invoice: Invoice,
  more: number,
  credited: Partial<Pick<Invoice, 'post_payment_credit_notes_amount'>>,
): Invoice => {
  const remaining = invoice.amount_remaining + more;
  const isPaid = invoice.status === 'open' && remaining === 0;
  const changed = save(world, {
    ...invoice,
    amount_due: invoice.amount_due + more,
    amount_remaining: remaining,
    pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount - more,
    post_payment_credit_notes_amount:
      invoice.post_payment_credit_notes_amount + (credited.post_payment_credit_notes_amount ?? 0),
    ...(isPaid && {
      status: 'paid',
      auto_advance: false,
      next_payment_attempt: null,
      status_transitions: { ...invoice.status_transitions, paid_at: world.clock.seconds() },
    }),
  });
  if (isPaid) canceled(world, invoice.id);
  const open = paymentOf(world, invoice.id);
  if (more !== 0 && open?.status === 'open') {
    world.journal.update('invoice_payment', { ...open, amount_requested: remaining });
    const intent = fetched(world, 'payment_intent', open.payment.payment_intent);
    world.journal.update('payment_intent', { ...intent, amount: remaining });
  }
  return changed;
};

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

/** Somebody was paid elsewhere, and says so: a payment record stands for it. */
const paidElsewhere = (world: World, invoice: Invoice): Invoice => {
  const at = world.clock.seconds();
  canceled(world, invoice.id);
  const payment: InvoicePayment = {
    id: world.newId('inpay'),
    object: 'invoice_payment',
    amount_paid: invoice.amount_remaining,
    amount_requested: invoice.amount_remaining,
    created: at,
    currency: invoice.currency,
    invoice: invoice.id,
    is_default: false,
    livemode: false,
    payment: { type: 'payment_record', payment_record: world.newId('pr') },
    status: 'paid',
    status_transitions: { canceled_at: null, paid_at: at },
  };
  world.journal.insert('invoice_payment', payment, at);
  world.emit('invoice_payment.paid', payment);
  const paid = save(world, {
    ...invoice,
    amount_paid: invoice.amount_due,
    amount_remaining: 0,
    auto_advance: false,
    next_payment_attempt: null,
    status: 'paid',
    status_transitions: { ...invoice.status_transitions, paid_at: at },
  });
  world.emit('invoice.paid', paid);
  world.emit('invoice.payment_succeeded', paid);
  return paid;
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
    const elsewhere = read.flag('paid_out_of_band') ?? false;
    read.ignore('off_session');
    read.end();
    const open = found(world, path['id'] ?? '', 'open', 'uncollectible');
    if (elsewhere) {
      const paid = paidElsewhere(world, open);
      subscribed.paid(world, paid);
      return paid;
    }
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
  canceled(world, invoice.id);
  const used = (invoice.ending_balance ?? 0) - invoice.starting_balance;
  if (used !== 0)
    moveBalance(world, idOf(invoice.customer) ?? '', -used, invoice.currency, 'unapplied_from_invoice', {
      invoice: invoice.id,
    });
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
