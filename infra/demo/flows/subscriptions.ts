/**
 * Subscriptions at Stripe: one goes on from an order of the shop and is cancelled after a renewal, one is paid for a year
 * and in part paid back, one cannot be collected and is paid late, written off and void in turn.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type Stripe from 'stripe';
import { openLedger } from '../../../services/cli/ledger.ts';
import { openShop } from '../../../services/cli/shop.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import { invoiceFindings } from '../../../services/cli/verify/invoices.ts';
import type { Flow, FlowWorld, Outcome } from './flow.ts';

/** Stripe tells times in seconds: of what happens in one, nobody could say which was first. */
const later = ({ signal }: FlowWorld): Promise<unknown> => sleep(1_100, undefined, { signal });

const renewed = async ({ config }: FlowWorld, id: string): Promise<string> => {
  const base = config.MILLRACE_STRIPE_API_BASE;
  if (base === undefined) throw new Error('subscriptions are renewed by the sandbox of Stripe, and there is none');
  const response = await fetch(new URL(`/_sandbox/subscriptions/${id}/renew`, base), {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${config.MILLRACE_STRIPE_SECRET_KEY}` },
  });
  if (!response.ok) throw new Error(`renewing ${id}: ${response.status} ${await response.text()}`);
  const { latest_invoice: invoice } = (await response.json()) as { latest_invoice: string };
  return invoice;
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
  await later(world);
  const second = await renewed(world, monthly.id);
  await stripe.subscriptions.update(late.id, { default_payment_method: await card('pm_card_chargeDeclined') });
  await later(world);
  const owed = [await renewed(world, late.id), await renewed(world, late.id), await renewed(world, late.id)] as const;
  const { data } = await stripe.invoicePayments.list({ invoice: yearly.latest_invoice as string });
  await stripe.refunds.create({ payment_intent: data[0]!.payment.payment_intent as string, amount: 5_000 });
  await later(world);
  await stripe.invoices.pay(owed[0], { payment_method: good });
  await stripe.invoices.markUncollectible(owed[1]);
  await stripe.invoices.voidInvoice(owed[2]);
  await stripe.subscriptions.cancel(monthly.id);
  return [
    ...[monthly, yearly, late].map(({ id }) => `subscription:${id}`),
    ...[monthly, yearly, late].map((made) => `invoice:${made.latest_invoice as string}`),
    ...[second, ...owed].map((id) => `invoice:${id}`),
  ];
};

const judged = async ({ config }: FlowWorld, ids: readonly string[]): Promise<Outcome> => {
  const ledger = openLedger(config.MILLRACE_LEDGER_DB);
  try {
    const atStripe = await openStripe(config).everything();
    const books = ledger.everything();
    const found = invoiceFindings({ ...atStripe, ledger: books }).filter(({ orderId }) => ids.includes(orderId ?? ''));
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
