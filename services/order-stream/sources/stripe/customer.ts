import type { CustomerFact, StripeAddress } from '../../../../schemas/generated/types.ts';
import { addressText } from '../../domain/customers/fields.ts';
import { personOf } from '../person.ts';
import { type OtherFact, type Told, toldBy } from './facts.ts';
import { at, instant, isObject, type Json, metadataOf, text } from './fields.ts';

const addressOf = (address: unknown): StripeAddress | null => {
  if (!isObject(address)) return null;
  const of = (name: string): string | null => text(address[name]);
  const known: StripeAddress = {
    line1: of('line1'),
    line2: of('line2'),
    city: of('city'),
    state: of('state'),
    postalCode: of('postal_code'),
    country: of('country'),
  };
  return Object.values(known).some((part) => part !== null) ? known : null;
};

/** What the event changed, as it was before. An address is told in parts: those that changed. */
const previousOf = (customer: Json, previous: Json): Readonly<Record<string, string>> => {
  const before = new Map<string, string>();
  for (const name of ['email', 'name', 'phone'])
    if (Object.hasOwn(previous, name)) before.set(name, text(previous[name]) ?? '');
  if (Object.hasOwn(previous, 'address')) {
    const parts = isObject(previous['address']) ? previous['address'] : null;
    const whole = parts && { ...(isObject(customer['address']) ? customer['address'] : {}), ...parts };
    before.set('address', addressText(addressOf(whole)) ?? '');
  }
  const key = text(at(previous, 'metadata', 'customer_key'));
  if (key !== null) before.set('customer_key', key);
  return Object.fromEntries(before);
};

/**
 * That a customer is gone is told by the event alone: its object is the customer as it was. A customer that carries a
 * key is told of to its person, and to the one whose it was until then; any other under its own id.
 */
export const customerFacts = (customer: Json, { event, previous, idempotencyKey }: Told): readonly OtherFact[] => {
  const customerId = text(customer['id']);
  if (customerId === null) return [];
  const isGone = event.type === 'customer.deleted' || customer['deleted'] === true;
  const metadata = metadataOf(customer);
  const key = text(metadata['customer_key']);
  const before = previousOf(customer, previous);
  const fact: CustomerFact = {
    kind: isGone ? 'customer.deleted' : 'customer.present',
    customerId,
    email: text(customer['email']),
    name: text(customer['name']),
    phone: text(customer['phone']),
    taxExempt: text(customer['tax_exempt']),
    address: addressOf(customer['address']),
    shippingName: text(at(customer, 'shipping', 'name')),
    shippingPhone: text(at(customer, 'shipping', 'phone')),
    shippingAddress: addressOf(at(customer, 'shipping', 'address')),
    metadata,
    person: key === null ? '' : personOf(key),
    previous: before,
    idempotencyKey,
    createdAt: instant(customer['created']),
    ...toldBy(event),
  };
  const former = before['customer_key'];
  const hearers = new Set([
    key === null ? `customer:${customerId}` : personOf(key),
    ...(former === undefined ? [] : [personOf(former)]),
  ]);
  return [...hearers].map((hearer) => ({ topic: 'customerFacts', key: hearer, fact }));
};
