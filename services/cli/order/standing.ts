/** Where an order stands and where its money is, in plain sentences. Pure. */
import { shownMoney, shownStripeMoney } from '../money.ts';
import type { Moved, PaymentStory } from '../stripe-story.ts';
import type { Story } from './story.ts';

const sumOf = (moved: readonly Moved[], of: (each: Moved) => bigint): readonly string[] =>
  [...Map.groupBy(moved, ({ currency }) => currency)].flatMap(([currency, each]) => {
    const sum = each.reduce((total, one) => total + of(one), 0n);
    return sum === 0n ? [] : [shownMoney(sum, currency)];
  });

const date = (at: bigint): string => new Date(Number(at)).toISOString().slice(0, 10);

/** What of a payment is the shop's after all that happened to it, and where that is. */
const left = ({ paymentIntent, moved, payout }: PaymentStory): string => {
  const charged = moved.find(({ by }) => by === 'charge');
  if (charged === undefined) return "Stripe's fee is not settled yet";
  const converted = charged.currency !== paymentIntent.currency.toUpperCase();
  const fees = sumOf(moved, ({ fee }) => fee);
  const disputed = sumOf(
    moved.filter(({ by }) => by === 'dispute'),
    ({ gross }) => -gross,
  );
  const ours = sumOf(moved, ({ net }) => net);
  const total = moved.reduce((sum, { net }) => sum + net, 0n);
  // All of it is in one currency unless somebody has changed the account's between a charge and its refund.
  const cost = ours.length === 1 && total < 0n ? shownMoney(-total, charged.currency) : undefined;
  const rest = cost === undefined ? `${ours.join(' and ') || 'nothing'} of it is ours` : `it has cost ${cost}`;
  const where =
    payout === null
      ? 'in the Stripe balance'
      : `and the payment went to the bank with ${payout.id} (${payout.status}, ${date(payout.arrivesAt)})`;
  return [
    ...(converted ? [`Stripe made ${shownMoney(charged.gross, charged.currency)} of it`] : []),
    ...(disputed.length > 0 ? [`a dispute has taken ${disputed.join(' and ')}`] : []),
    `Stripe kept ${fees.join(' and ') || 'nothing'}`,
    `so ${rest}`,
    where,
  ].join(', ');
};

const money = (story: Story): string => {
  const { payment, shop } = story;
  if (payment === undefined) {
    if (shop === undefined) return 'Nothing is known of money.';
    const { order } = shop;
    if (order.total === order.giftCard) return 'Nothing is owed.';
    return order.paymentMethod === 'STRIPE'
      ? `No money has moved: ${shownMoney(order.total - order.giftCard, order.currency)} is owed and Stripe has not been asked for it.`
      : `It is paid by ${order.paymentMethod}, not through Stripe.`;
  }
  const { paymentIntent, refunded, charges } = payment;
  const { currency } = paymentIntent;
  const amount = (units: number): string => shownStripeMoney(units, currency);
  if (paymentIntent.status === 'succeeded') {
    const back = refunded > 0n ? `, of which ${shownMoney(refunded, currency)} went back` : '';
    return `The customer paid ${amount(paymentIntent.amount_received)}${back}; ${left(payment)}.`;
  }
  const declined = charges.filter(({ status }) => status === 'failed');
  if (declined.length > 0 || paymentIntent.last_payment_error != null) {
    const reason = paymentIntent.last_payment_error?.message ?? 'no reason given';
    const times = declined.length > 1 ? `${declined.length} times` : 'once';
    return `No money has moved: ${amount(paymentIntent.amount)} was declined ${times}, last because: ${reason}`;
  }
  return `No money has moved: ${amount(paymentIntent.amount)} can be paid (${paymentIntent.id} is ${paymentIntent.status}).`;
};

const order = (story: Story): string => {
  const { shop, orderId, ledger, payment } = story;
  const booked = ledger.length > 0;
  const trouble = story.entries.filter((entry) => entry.trouble).at(-1);
  if (trouble) return `Order ${orderId} needs a person: ${trouble.what}.`;
  if (shop === undefined) return `Order ${orderId} is not in the shop's database any more.`;
  const state = shop.order.state ?? 'without a state';
  if (!shop.order.complete) return `Order ${orderId} is still being written by the checkout (${state}).`;
  const paid = payment?.paymentIntent.status === 'succeeded';
  switch (shop.order.state) {
    case 'CAPTURED':
      return booked
        ? `Order ${orderId} is paid in the shop and booked in the ERP.`
        : `Order ${orderId} is paid in the shop; the ERP has not booked it yet.`;
    case 'REFUSED':
      return paid
        ? `Order ${orderId} is paid at Stripe, and the shop has not heard of it yet.`
        : `Order ${orderId} was placed, its payment was refused, and nothing ships; the customer was told.`;
    case 'PENDING':
      if (paid) return `Order ${orderId} is paid at Stripe, and the shop has not heard of it yet.`;
      return payment === undefined
        ? `Order ${orderId} is placed and waits for its PaymentIntent.`
        : `Order ${orderId} is placed and waits for the customer to pay.`;
    case 'REFUNDED':
      return `Order ${orderId} was sold, and all of it is refunded in the shop.`;
    default:
      return `Order ${orderId} is ${state} in the shop.`;
  }
};

export const standingOf = (story: Story): string => `${order(story)} ${money(story)}`;
