/** One payment as Stripe tells it: its charges and events, and what it has done to the balance. */
import type Stripe from 'stripe';
import { fromStripeUnits } from '../order-stream/domain/stripe-money.ts';

/** A balance transaction of the payment; in the currency it settled in, which need not be the customer's. */
export type Moved = Readonly<{
  by: 'charge' | 'refund' | 'dispute';
  balanceTransactionId: string;
  gross: bigint;
  fee: bigint;
  net: bigint;
  currency: string;
}>;

export type PaymentStory = Readonly<{
  paymentIntent: Stripe.PaymentIntent;
  /** Oldest first. */
  charges: readonly Stripe.Charge[];
  /** What went back to the customer, or is on its way, in the customer's currency. What was only released is none. */
  refunded: bigint;
  moved: readonly Moved[];
  /** The payout that brought the charge to the bank. */
  payout: Readonly<{ id: string; status: string; arrivesAt: bigint }> | null;
  events: readonly Stripe.Event[];
}>;

type Reference = string | Readonly<{ id: string }> | null | undefined;

const idOf = (reference: Reference): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

const isWhole = (
  transaction: string | Stripe.BalanceTransaction | null | undefined,
): transaction is Stripe.BalanceTransaction => typeof transaction === 'object' && transaction !== null;

const movedBy =
  (by: Moved['by']) =>
  (transaction: Stripe.BalanceTransaction): Moved => ({
    by,
    balanceTransactionId: transaction.id,
    gross: fromStripeUnits(BigInt(transaction.amount), transaction.currency),
    fee: fromStripeUnits(BigInt(transaction.fee), transaction.currency),
    net: fromStripeUnits(BigInt(transaction.net), transaction.currency),
    currency: transaction.currency.toUpperCase(),
  });

/** A charge is paid out within days. Who asks for one from years ago need not wait for every payout since. */
const MOST_PAYOUTS = 50;

/** Only automatic payouts say what is in them. */
const payoutOf = async (stripe: Stripe, charge: Stripe.Charge): Promise<PaymentStory['payout']> => {
  let looked = 0;
  const payouts: Stripe.Payout[] = [];
  for await (const payout of stripe.payouts.list({ created: { gte: charge.created }, limit: 100 }))
    payouts.push(payout);
  // The oldest first: that is where it is.
  for (const payout of payouts.toReversed()) {
    if (!payout.automatic || payout.status === 'failed' || payout.status === 'canceled') continue;
    if (++looked > MOST_PAYOUTS) return null;
    const { data } = await stripe.balanceTransactions.list({ payout: payout.id, source: charge.id, limit: 1 });
    if (data.length > 0)
      return { id: payout.id, status: payout.status, arrivesAt: BigInt(payout.arrival_date) * 1000n };
  }
  return null;
};

/** The payment with all that happened to it. @throws what Stripe answers, also when it has none of this id */
export const paymentStory = async (stripe: Stripe, paymentIntentId: string): Promise<PaymentStory> => {
  const paymentIntent = await stripe.paymentIntents.retrieve(paymentIntentId);
  const of = { payment_intent: paymentIntentId, limit: 100 } as const;
  const charges: Stripe.Charge[] = [];
  const moved: Moved[] = [];
  for await (const charge of stripe.charges.list({ ...of, expand: ['data.balance_transaction'] })) {
    charges.push(charge);
    if (isWhole(charge.balance_transaction)) moved.push(movedBy('charge')(charge.balance_transaction));
  }
  let refunded = 0n;
  const expand = ['data.balance_transaction', 'data.failure_balance_transaction'];
  for await (const refund of stripe.refunds.list({ ...of, expand })) {
    const { balance_transaction: left, failure_balance_transaction: back, status } = refund;
    moved.push(...[left, back].filter(isWhole).map(movedBy('refund')));
    const isRelease = isWhole(left) && left.reporting_category === 'partial_capture_reversal';
    if (!isRelease && status !== 'failed' && status !== 'canceled')
      refunded += fromStripeUnits(BigInt(refund.amount), refund.currency);
  }
  for await (const dispute of stripe.disputes.list(of))
    moved.push(...dispute.balance_transactions.map(movedBy('dispute')));
  const ours = new Set([paymentIntentId, ...charges.map(({ id }) => id)]);
  const events: Stripe.Event[] = [];
  // What happens to a payment is told within the hour; a busy account has thousands of other events since.
  const lastly = Math.max(paymentIntent.created, ...charges.map(({ created }) => created));
  const created = { gte: paymentIntent.created, lte: lastly + 3_600 };
  for await (const event of stripe.events.list({ created, limit: 100 })) {
    const object = event.data.object as { id?: string };
    if (object.id !== undefined && ours.has(object.id)) events.push(event);
  }
  const paid = charges.find(
    ({ status, balance_transaction: transaction }) => status === 'succeeded' && idOf(transaction) !== null,
  );
  return {
    paymentIntent,
    charges: charges.toReversed(),
    refunded,
    moved,
    payout: paid === undefined ? null : await payoutOf(stripe, paid),
    events: events.toReversed(),
  };
};
