/** Customers. What cards and subscriptions old versions embed is left where it is. */
import type { CustomerFact, StripeAddress } from '../../../../schemas/generated/types.ts';
import { type OtherFact, type Teller, toldBy } from './facts.ts';
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

/** That a customer is gone is told by the event alone: its object is the customer as it was. */
export const customerFacts = (customer: Json, teller: Teller): readonly OtherFact[] => {
  const customerId = text(customer['id']);
  if (customerId === null) return [];
  const isGone = teller.type === 'customer.deleted' || customer['deleted'] === true;
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
    metadata: metadataOf(customer),
    createdAt: instant(customer['created']),
    ...toldBy(teller),
  };
  return [{ topic: 'customerFacts', key: `customer:${customerId}`, fact }];
};
