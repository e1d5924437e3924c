/**
 * What a person says of themselves, field by field: in the shop, on one of their rows, or at Stripe, on their customer.
 * Every join is commutative and idempotent as far as its source is unordered; one row's images come in their order.
 */
import type {
  CustomerFact,
  PostalAddress,
  Saying,
  ShopCustomerFact,
  ShopField,
  StripeAddress,
  StripeField,
  StripeTelling,
} from '../../../../schemas/generated/types.ts';
import { isAfter, toldMore } from './second.ts';

export const FIELDS = ['name', 'phone', 'address'] as const;
export type FieldName = (typeof FIELDS)[number];

const parts = ['line1', 'line2', 'city', 'state', 'postalCode', 'country'] as const;

/** An address as text that is the same for the same address; null when nothing is in it. */
export const addressText = (address: PostalAddress | StripeAddress | null): string | null => {
  if (address === null || parts.every((part) => address[part] === null)) return null;
  return JSON.stringify(parts.map((part) => address[part]));
};

export const addressFrom = (text: string | null): PostalAddress | null => {
  if (text === null) return null;
  const values = JSON.parse(text) as (string | null)[];
  return Object.fromEntries(parts.map((part, index) => [part, values[index] ?? null])) as PostalAddress;
};

/** First and last name as one, as Stripe has it. */
export const fullName = (first: string | null, last: string | null): string | null =>
  [first, last].filter((part) => part !== null).join(' ') || null;

export const shopValue = (fact: ShopCustomerFact, field: FieldName): string | null => {
  switch (field) {
    case 'name':
      return fullName(fact.firstName, fact.lastName);
    case 'phone':
      return fact.phone;
    case 'address':
      return addressText(fact.address);
  }
};

/** The field after an image of its row. What we had the shop write is no saying of the shop's people. */
export const withShopValue = (
  known: ShopField | undefined,
  name: FieldName,
  value: string | null,
  fact: ShopCustomerFact,
): ShopField => {
  const { occurredAt: at, factId } = fact;
  if (known === undefined) return { name, value, said: { value, before: null, at, factId }, told: [] };
  if (known.value === value) return known;
  const ours = known.told.indexOf(value);
  if (ours >= 0) return { ...known, value, told: known.told.slice(ours + 1) };
  // Somebody was faster: what we were about to write will not be written over it.
  return { ...known, value, said: { value, before: known.value, at, factId }, told: [] };
};

const stripeValue = (fact: CustomerFact, field: string): string | null => {
  switch (field) {
    case 'name':
      return fact.name;
    case 'phone':
      return fact.phone;
    case 'address':
      return addressText(fact.address);
    default:
      return fact.email;
  }
};

/** Requests that this product made. */
const isOurs = ({ idempotencyKey: key }: CustomerFact): boolean =>
  key !== null && (key.startsWith('customer:') || key.startsWith('customer/'));

/** Fields of a customer at Stripe after a fact about it, by name. */
export const withStripeValues = (known: readonly StripeField[], fact: CustomerFact): readonly StripeField[] => {
  const { occurredAt: at, factId, previous } = fact;
  const isNew = Object.keys(previous).length === 0;
  return [...FIELDS, 'email'].map((name): StripeField => {
    const field = known.find((each) => each.name === name);
    const value = stripeValue(fact, name);
    const changed = Object.hasOwn(previous, name);
    const before = (changed ? previous[name] : '') || null;
    const ours = isOurs(fact);
    const told: StripeTelling = { value, changed, ours, before, at, factId };
    const says = !ours && (changed || (isNew && value !== null));
    const said: Saying = { value, before, at, factId };
    return {
      name,
      ...toldMore(field, told),
      said:
        says && (field?.said == null || isAfter(told, { ...field.said, changed: true, ours: false }))
          ? said
          : (field?.said ?? null),
    };
  });
};
