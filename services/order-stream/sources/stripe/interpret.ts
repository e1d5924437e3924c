/**
 * Stripe events, of any API version, as facts that do not depend on it. A fact says what state an object is in, not
 * which event told it: deliveries are unordered, doubled, and the same fact may come under two event ids.
 */
import type { PaymentFact, StripeEvent } from '../../../../schemas/generated/types.ts';
import { priceFacts, productFacts } from './catalog.ts';
import { chargeFacts } from './charge.ts';
import { creditNoteFacts } from './credit-note.ts';
import { customerFacts } from './customer.ts';
import { disputeFact } from './dispute.ts';
import type { OtherFact, Told } from './facts.ts';
import { at, idOf, isObject, type Json, orderIdOf, RefusedEventError, text } from './fields.ts';
import { invoiceFacts, invoicePaymentFacts } from './invoice.ts';
import { linkedCharges, paymentIntentFacts } from './payment-intent.ts';
import { payoutFacts } from './payout.ts';
import { refundFact } from './refund.ts';
import { subscriptionFacts } from './subscription.ts';

export type Interpretation =
  | Readonly<{
      kind: 'facts';
      /** Of what the object says it belongs to, or of something that is not known yet. */
      payments: readonly PaymentFact[];
      /** The order, or `invoice:in_…`. */
      orderId: string | null;
      /** Objects that belong to the same order, or invoice. */
      links: readonly string[];
      /** Facts that are about no payment. */
      others: readonly OtherFact[];
    }>
  /** Nothing we need to know: the event is kept in its topic, and counted. */
  | Readonly<{ kind: 'ignored'; reason: string }>
  | Readonly<{ kind: 'refused'; code: string; message: string }>;

/** Stripe's events have kilobytes; one of megabytes is not looked at. */
export const MAX_BODY_BYTES = 4 * 1024 * 1024;

const ofPayments: Readonly<Record<string, (object: Json, event: StripeEvent) => readonly (PaymentFact | null)[]>> = {
  payment_intent: paymentIntentFacts,
  charge: chargeFacts,
  refund: (refund, event) => [refundFact(refund, event)],
  dispute: (dispute, event) => [disputeFact(dispute, event)],
};

const ofOthers: Readonly<Record<string, (object: Json, event: StripeEvent, told: Told) => readonly OtherFact[]>> = {
  payout: payoutFacts,
  customer: (customer, _event, told) => customerFacts(customer, told),
  product: productFacts,
  price: priceFacts,
  plan: priceFacts,
  subscription: subscriptionFacts,
  invoice: invoiceFacts,
  invoice_payment: invoicePaymentFacts,
  credit_note: creditNoteFacts,
};

const bodyOf = (event: StripeEvent): Readonly<{ object: Json; told: Told }> => {
  if (event.body.length > MAX_BODY_BYTES)
    throw new RefusedEventError('event_too_large', `event ${event.id} has ${event.body.length} bytes`);
  let body: unknown;
  try {
    body = JSON.parse(event.body.toString('utf8'));
  } catch (error) {
    throw new RefusedEventError('malformed_event', `event ${event.id} is not JSON: ${(error as Error).message}`);
  }
  const object = isObject(body) && isObject(body['data']) ? body['data']['object'] : undefined;
  if (!isObject(object)) throw new RefusedEventError('malformed_event', `event ${event.id} has no data.object`);
  if (object['livemode'] === !event.livemode)
    throw new RefusedEventError('livemode_mismatch', `event ${event.id} and its object are of different modes`);
  const previous = at(body as Json, 'data', 'previous_attributes');
  const told = {
    event,
    previous: isObject(previous) ? previous : {},
    idempotencyKey: text(at(body as Json, 'request', 'idempotency_key')),
  };
  return { object, told };
};

const linksOf = (object: Json): readonly string[] => {
  const ids = [text(object['id']), idOf(object['payment_intent']), idOf(object['charge']), ...linkedCharges(object)];
  return [...new Set(ids.filter((id) => id !== null))];
};

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** The invoice that an object of a payment says it pays; since basil (2025-03-31) only payments of invoices say so. */
const invoiceOf = (object: Json): string | null => {
  const invoice = idOf(object['invoice']);
  return invoice === null ? null : `invoice:${invoice}`;
};

/** What an invoice, or a payment of one, says it was paid with. */
const paidWith = (others: readonly OtherFact[]): Readonly<{ orderId: string | null; links: readonly string[] }> => {
  const payments = others.flatMap(({ topic, key, fact }) =>
    topic === 'billingFacts' && fact.kind.startsWith('invoice_payment.')
      ? [{ key, ids: [fact.paymentIntentId, fact.chargeId].filter((id) => id !== null) }]
      : [],
  );
  return { orderId: payments[0]?.key ?? null, links: payments.flatMap(({ ids }) => ids) };
};

const told = (event: StripeEvent): Interpretation => {
  const { object, told } = bodyOf(event);
  const type = text(object['object']) ?? '';
  const others = own(ofOthers, type)?.(object, event, told) ?? [];
  const ofOrders = own(ofPayments, type);
  const payments = (ofOrders?.(object, event) ?? []).filter((fact) => fact !== null);
  if (ofOrders === undefined) {
    if (others.length === 0) return { kind: 'ignored', reason: event.type };
    return { kind: 'facts', payments, ...paidWith(others), others };
  }
  const orderId = orderIdOf(object) ?? invoiceOf(object);
  if (payments.length === 0 && orderId === null) return { kind: 'ignored', reason: event.type };
  return { kind: 'facts', payments, orderId, links: orderId === null ? [] : linksOf(object), others };
};

/** What an event says. Money of the other mode than the pipeline's is refused by the caller. */
export const interpret = (event: StripeEvent): Interpretation => {
  try {
    return told(event);
  } catch (error) {
    if (error instanceof RefusedEventError) return { kind: 'refused', code: error.code, message: error.message };
    throw error;
  }
};
