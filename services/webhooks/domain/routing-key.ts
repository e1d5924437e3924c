import type { DeliveredEvent, JsonObject } from './event.ts';

/** The id behind a reference, which Stripe gives as a string or, expanded, as the object itself. */
const referenced = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { id } = value as { id?: unknown };
  return typeof id === 'string' && id !== '' ? id : undefined;
};

const orderId = (object: JsonObject): string | undefined => {
  const metadata = object['metadata'] as { order_id?: unknown } | null | undefined;
  return typeof metadata === 'object' && metadata !== null ? referenced(metadata.order_id) : undefined;
};

/**
 * The key of a delivered event: facts about one thing stay in order on one partition. The order's id when the object
 * says it, else the nearest thing that leads to an order: PaymentIntent, charge, customer, payout, the object itself.
 */
export const routingKey = (event: DeliveredEvent): string => {
  const { object } = event;
  const ownId = referenced(object['id']);
  const related = (type: string): string | undefined =>
    (object['object'] === type ? ownId : undefined) ?? referenced(object[type]);
  return (
    orderId(object) ??
    related('payment_intent') ??
    related('charge') ??
    related('customer') ??
    related('payout') ??
    ownId ??
    event.id
  );
};
