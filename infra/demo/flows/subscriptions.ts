/**
 * Subscriptions at Stripe: one goes on from an order of the shop and is cancelled after a renewal, one is paid for a year
 * and in part credited and paid back, one cannot be collected and is paid late, written off, void, and, after a credit
 * note, paid elsewhere in turn; one is disputed, and lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import { openLedger } from '../../../services/cli/ledger.ts';
import { openShop } from '../../../services/cli/shop.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import { disputeFindings } from '../../../services/cli/verify/disputes.ts';
import { invoiceFindings } from '../../../services/cli/verify/invoices.ts';
import type { Flow, FlowWorld, Outcome } from './flow.ts';

const LOOK_EVERY_MS = 20;

/** What the sandbox of Stripe says, or does outside Stripe's API. */
const sandbox = async <T>({ config, signal }: FlowWorld, path: string, body?: object): Promise<T> => {
  const base = config.MILLRACE_STRIPE_API_BASE;
  if (base === undefined) throw new Error('time and banks are played by the sandbox of Stripe, and there is none');
  const response = await fetch(new URL(`/_sandbox${path}`, base), {
    method: body === undefined ? 'GET' : 'POST',
    ...(body !== undefined && { body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json', authorization: `Bearer ${config.MILLRACE_STRIPE_SECRET_KEY}` },
    signal,
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
};

/** Stripe tells times in seconds, and of what happens in one nobody could say which was first: waits for the next one. */
const later = async (world: FlowWorld): Promise<void> => {
  const second = async (): Promise<number> => Math.floor((await sandbox<{ now: number }>(world, '/state')).now / 1_000);
  const began = await second();
  while ((await second()) === began) await sleep(LOOK_EVERY_MS, undefined, { signal: world.signal });
};

const renewed = async (world: FlowWorld, id: string): Promise<string> =>
  (await sandbox<{ latest_invoice: string }>(world, `/subscriptions/${id}/renew`, {})).latest_invoice;

/** What paid an invoice. */
const paymentOf = async ({ stripe }: FlowWorld, invoice: string): Promise<Stripe.PaymentIntent> => {
  const { data } = await stripe.invoicePayments.list({ invoice });
  return stripe.paymentIntents.retrieve(data[0]!.payment.payment_intent as string);
};

/** A part of the first line of an invoice, without its tax. */
const partOf = async ({ stripe }: FlowWorld, invoice: string, amount: number) => {
  const { lines } = await stripe.invoices.retrieve(invoice);
  return [{ type: 'invoice_line_item' as const, invoice_line_item: lines.data[0]!.id, amount }];
};

/** What people do. @returns the ids of all that must be the same on all sides */
const live = async (world: FlowWorld, orderId: string): Promise<readonly string[]> => {
  const { stripe } = world;
  const customer = await stripe.customers.create({ email: 'subscriber@example.com', name: 'Ada Subscriber' });
  const card = async (token: string): Promise<string> =>
    (await stripe.paymentMethods.attach(token, { customer: customer.id })).id;
  const good = await card('pm_card_visa');
  const subscribe = (
    amount: number,
    interval: 'month' | 'year',
    metadata: Record<string, string> = {},
  ): Promise<Stripe.Subscription> =>
    stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: good,
      automatic_tax: { enabled: true },
      items: [{ price_data: { currency: 'usd', product: 'prod_demo', unit_amount: amount, recurring: { interval } } }],
      metadata,
    });
  const monthly = await subscribe(1_999, 'month', { order_id: orderId });
  const yearly = await subscribe(12_345, 'year');
  const late = await subscribe(500, 'month');
  const disputed = await subscribe(2_500, 'month');
  await later(world);
  const second = await renewed(world, monthly.id);
  await stripe.subscriptions.update(late.id, { default_payment_method: await card('pm_card_chargeDeclined') });
  await later(world);
  const again = (): Promise<string> => renewed(world, late.id);
  const owed = [await again(), await again(), await again(), await again()] as const;
  const year = yearly.latest_invoice as string;
  await stripe.refunds.create({ payment_intent: (await paymentOf(world, year)).id, amount: 5_000 });
  const { latest_charge: charge } = await paymentOf(world, disputed.latest_invoice as string);
  const { id: dispute } = await sandbox<{ id: string }>(world, '/disputes', { charge });
  await stripe.creditNotes.create({ invoice: owed[3], lines: await partOf(world, owed[3], 100) });
  await later(world);
  await stripe.creditNotes.create({
    invoice: year,
    lines: [{ type: 'custom_line_item', description: 'for the trouble', quantity: 1, unit_amount: 1_500 }],
    refund_amount: 900,
    credit_amount: 600,
  });
  await sandbox(world, `/disputes/${dispute}/close`, { verdict: 'lost' });
  await stripe.invoices.pay(owed[3], { paid_out_of_band: true });
  await stripe.invoices.pay(owed[0], { payment_method: good });
  await stripe.invoices.markUncollectible(owed[1]);
  await stripe.invoices.voidInvoice(owed[2]);
  await stripe.subscriptions.cancel(monthly.id);
  return [
    ...[monthly, yearly, late, disputed].map(({ id }) => `subscription:${id}`),
    ...[monthly, yearly, late, disputed].map((made) => `invoice:${made.latest_invoice as string}`),
    ...[second, ...owed].map((id) => `invoice:${id}`),
  ];
};

const judged = async ({ config }: FlowWorld, ids: readonly string[]): Promise<Outcome> => {
  const ledger = openLedger(config.MILLRACE_LEDGER_DB);
  try {
    const atStripe = await openStripe(config).everything();
    const books = ledger.everything();
    const facts = { ...atStripe, ledger: books };
    const found = [...invoiceFindings(facts), ...disputeFindings(facts)].filter(({ orderId }) =>
      ids.includes(orderId ?? ''),
    );
    const booked = new Set([
      ...books.invoices.map(({ orderId }) => orderId),
      ...books.subscriptions.map(({ id }) => `subscription:${id}`),
    ]);
    const wrong = new Set(found.map(({ orderId }) => orderId));
    return {
      started: ids.length,
      completed: ids.filter((id) => booked.has(id) && !wrong.has(id)).length,
      findings: found.map(({ orderId, message }) => `${orderId ?? ''}: ${message}`),
    };
  } finally {
    ledger.close();
  }
};

/** What the shop's people must see of the subscription that goes on from an order. */
const notesMissing = async ({ config }: FlowWorld, orderId: string, wanted: readonly RegExp[]) => {
  const shop = await openShop(config);
  try {
    const notes = (await shop.order(Number(orderId)))?.serviceNotes ?? '';
    return wanted.filter((each) => !each.test(notes)).map((each) => `order ${orderId} has no note ${String(each)}`);
  } finally {
    shop.close();
  }
};

export const subscriptions: Flow = {
  name: 'subscription billed, renewed, late, ended',
  start: async (world) => {
    const [order] = world.take(1);
    const { orderId } = order!;
    const ids = await live(world, orderId);
    return async () => {
      const outcome = await judged(world, ids);
      const missing = await notesMissing(world, orderId, [
        /Stripe collected 21\.64 USD/,
        /Stripe ended sub_\w+: canceled/,
      ]);
      return { ...outcome, findings: [...outcome.findings, ...missing] };
    };
  },
};
