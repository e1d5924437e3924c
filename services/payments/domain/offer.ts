/** What the page of an order is told of its payment, given the order and the PaymentIntent it is bound to. */
import { amountDue } from '../../adnsf-executor/domain/amount-due.ts';
import { type OrderRow, stateOf } from '../../adnsf-executor/domain/order-row.ts';
import { decimalText } from '../../order-stream/domain/money.ts';
import { stripeExponentOf, toStripeUnits } from '../../order-stream/domain/stripe-money.ts';

/** What is looked at of a PaymentIntent. */
export type Intent = Readonly<{
  id: string;
  clientSecret: string | null;
  /** In Stripe's units, which are not the minor unit of every currency. */
  amount: bigint;
  /** ISO, upper case. */
  currency: string;
  status: string;
  orderId: string | undefined;
}>;

/**
 * - `pay`: here is the secret to pay with;
 * - `settled`: nothing is left to do for the customer, and so there is no secret;
 * - `refuse`: paying now would be wrong. `soon`: the page may ask again in a moment.
 */
export type Offer =
  | Readonly<{ kind: 'pay'; clientSecret: string; amount: bigint; currency: string; status: string }>
  | Readonly<{ kind: 'settled'; amount: bigint; currency: string; status: string }>
  | Readonly<{ kind: 'refuse'; code: string; message: string; soon: boolean }>;

const OPEN_STATES = new Set(['PENDING', 'REFUSED']);
const PAID_STATES = new Set(['CAPTURED', 'AUTHORIZED']);
const TO_BE_PAID = new Set(['requires_payment_method', 'requires_confirmation', 'requires_action']);
const SETTLED = new Set(['processing', 'requires_capture', 'succeeded']);

const refuse = (code: string, message: string, soon = false): Offer => ({ kind: 'refuse', code, message, soon });

/** The PaymentIntent of an order, or why there is none to pay. */
export const intentOf = (order: OrderRow): string | Extract<Offer, { kind: 'refuse' }> => {
  const state = stateOf(order);
  if (!OPEN_STATES.has(state) && !PAID_STATES.has(state))
    return { kind: 'refuse', code: 'order_closed', message: 'this order is not to be paid', soon: false };
  const reference = order.paymentReference ?? '';
  if (reference.startsWith('pi_')) return reference;
  return { kind: 'refuse', code: 'not_ready', message: 'the payment is being prepared; ask again', soon: true };
};

/** Everything that marking the order paid would refuse later is refused now, before there is money to give back. */
export const offerOf = (orderId: string, order: OrderRow, intent: Intent, currency: string): Offer => {
  if (intent.orderId !== orderId)
    return refuse('payment_of_other_order', 'the payment that this order is bound to is not its own');
  const { amount, status } = intent;
  if (SETTLED.has(status)) return { kind: 'settled', amount, currency: intent.currency, status };
  if (!TO_BE_PAID.has(status)) return refuse('payment_closed', `the payment is ${status}`);
  if (!OPEN_STATES.has(stateOf(order))) return refuse('order_paid', 'this order is paid already');
  if (intent.currency !== currency)
    return refuse('amount_mismatch', 'the payment is in another currency than the order');
  let due: bigint;
  try {
    due = toStripeUnits(amountDue(order, currency), currency);
  } catch {
    return refuse('amount_mismatch', 'the order has no amount that can be paid');
  }
  if (due !== amount) return refuse('amount_mismatch', 'the order was changed since its payment was prepared');
  if (intent.clientSecret === null) return refuse('payment_closed', 'the payment has no client secret');
  return { kind: 'pay', clientSecret: intent.clientSecret, amount, currency: intent.currency, status };
};

/**
 * An amount in Stripe's units as people read it, such as `123.45`.
 * @throws InexactAmountError for a currency that Stripe does not document
 */
export const shownAmount = (amount: bigint, currency: string): string =>
  decimalText({ unscaled: amount, scale: stripeExponentOf(currency) });
