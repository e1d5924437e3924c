/** Where an order stands and where its money is, in plain sentences. Pure. */
import { shownMoney, shownStripeMoney } from '../money.ts';
import type { Story } from './story.ts';

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
  const { paymentIntent, fee, charges } = payment;
  const { currency } = paymentIntent;
  const amount = (units: number): string => shownStripeMoney(units, currency);
  if (paymentIntent.status === 'succeeded') {
    const refunded = charges.reduce((sum, charge) => sum + charge.amount_refunded, 0);
    const back = refunded > 0 ? `, of which ${amount(refunded)} went back` : '';
    const kept =
      fee === null
        ? "Stripe's fee is not settled yet"
        : `Stripe kept ${shownMoney(fee.fee, currency)}, so ${shownMoney(fee.net, currency)} are ours in the Stripe balance`;
    return `The customer paid ${amount(paymentIntent.amount_received)}${back}; ${kept}.`;
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
