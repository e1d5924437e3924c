/**
 * Stripe events as facts about payments. A fact says what state the object is in, not which event told it: deliveries
 * are unordered, doubled, and the same fact may come under two event ids.
 */
import type { PaymentFact, StripeEvent } from '../../../schemas/generated/types.ts';

type Json = Readonly<Record<string, unknown>>;

export type Interpretation =
  /** `orderId` is null when the object does not say it; `links` are objects that belong to the same order. */
  | Readonly<{ kind: 'fact'; fact: PaymentFact; orderId: string | null; links: readonly string[] }>
  /** Nothing an order needs to know: the event is kept in its topic, and counted. */
  | Readonly<{ kind: 'ignored'; reason: string }>
  | Readonly<{ kind: 'malformed'; message: string }>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null);

/** An id, whether the object was expanded or not. */
const idOf = (value: unknown): string | null => (isObject(value) ? text(value['id']) : text(value));

const units = (value: unknown): bigint =>
  typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : 0n;

const orderIdOf = (object: Json): string | null =>
  isObject(object['metadata']) ? text(object['metadata']['order_id']) : null;

type Told = Pick<PaymentFact, 'kind' | 'chargeId' | 'balanceTransactionId' | 'amount' | 'paymentIntentId'> &
  Partial<Pick<PaymentFact, 'failureCode' | 'declineCode' | 'failureMessage'>>;

/** By status, as Stripe's PaymentIntent life cycle names them; an unknown one is carried as data. */
const paymentIntentFact = (object: Json): Told => {
  const base = {
    paymentIntentId: text(object['id']),
    chargeId: idOf(object['latest_charge']),
    balanceTransactionId: null,
    amount: units(object['amount']),
  };
  switch (object['status']) {
    case 'succeeded':
      return { ...base, kind: 'payment.succeeded', amount: units(object['amount_received']) };
    case 'requires_capture':
      return { ...base, kind: 'payment.authorized', amount: units(object['amount_capturable']) };
    case 'processing':
      return { ...base, kind: 'payment.processing' };
    case 'requires_action':
      return { ...base, kind: 'payment.action_required' };
    case 'canceled':
      return { ...base, kind: 'payment.canceled' };
    case 'requires_payment_method': {
      const failure = object['last_payment_error'];
      if (!isObject(failure)) return { ...base, kind: 'payment.other' };
      return {
        ...base,
        kind: 'payment.failed',
        chargeId: idOf(failure['charge']) ?? base.chargeId,
        failureCode: text(failure['code']) ?? 'unknown',
        declineCode: text(failure['decline_code']),
        failureMessage: text(failure['message']),
      };
    }
    default:
      return { ...base, kind: 'payment.other' };
  }
};

/** A charge matters once its balance transaction is known: asynchronous capture tells the fee later than the payment. */
const chargeFact = (object: Json): Told | null => {
  const balanceTransactionId = idOf(object['balance_transaction']);
  if (balanceTransactionId === null || object['status'] !== 'succeeded') return null;
  return {
    kind: 'charge.balanced',
    paymentIntentId: idOf(object['payment_intent']),
    chargeId: text(object['id']),
    balanceTransactionId,
    amount: units(object['amount_captured']),
  };
};

/** What an event says. `livemode` is the pipeline's: money of the other mode is refused by the caller. */
export const interpret = (event: StripeEvent): Interpretation => {
  let body: unknown;
  try {
    body = JSON.parse(event.body.toString('utf8'));
  } catch (error) {
    return { kind: 'malformed', message: `event ${event.id} is not JSON: ${(error as Error).message}` };
  }
  const object = isObject(body) && isObject(body['data']) ? body['data']['object'] : undefined;
  if (!isObject(object)) return { kind: 'malformed', message: `event ${event.id} has no data.object` };

  const objectId = text(object['id']);
  const told =
    object['object'] === 'payment_intent'
      ? paymentIntentFact(object)
      : object['object'] === 'charge'
        ? chargeFact(object)
        : null;
  const links = [objectId, idOf(object['payment_intent']), idOf(object['latest_charge'])].filter((id) => id !== null);
  if (told === null || objectId === null) return { kind: 'ignored', reason: event.type };
  const orderId = orderIdOf(object);
  return {
    kind: 'fact',
    orderId,
    links: [...new Set(links)],
    fact: {
      factId: event.id,
      orderId: orderId ?? '',
      objectId,
      status: text(object['status']) ?? 'unknown',
      currency: (text(object['currency']) ?? '').toUpperCase(),
      failureCode: null,
      declineCode: null,
      failureMessage: null,
      ...told,
      occurredAt: event.created,
      livemode: event.livemode,
    },
  };
};
