/** What a command does to a customer, given their row as it is. Pure, as `decide.ts`. */
import type { EraseShopCustomer, PostalAddress, UpdateShopCustomer } from '../../../schemas/generated/types.ts';
import type { AdnsfCustomerCommand } from '../../../schemas/topics.ts';
import { countryCode, countryName } from '../../order-stream/domain/address.ts';
import { addressText, fullName } from '../../order-stream/domain/customers/fields.ts';
import { postalAddress } from '../../order-stream/domain/customers/rows.ts';
import { customerKeyOf, textOrNull } from '../../order-stream/domain/shop.ts';

/** The billing address as the shop has it: country by its name. */
export type BillingRow = Readonly<{
  address1: string | null;
  address2: string | null;
  suite: string | null;
  city: string | null;
  state: string | null;
  zip: string | null;
  country: string | null;
}>;

export type CustomerRow = Readonly<{
  customerId: number;
  email: string;
  firstName: string | null;
  lastName: string | null;
  phone: string | null;
  registered: boolean;
  active: boolean;
  billing: BillingRow | null;
}>;

/** What is to be written. A billing address that is undefined stays; one that is null is the customer's no more. */
export type CustomerChange =
  | Readonly<{
      kind: 'profile';
      email: string;
      firstName: string | null;
      lastName: string | null;
      phone: string | null;
      billing: BillingRow | null | undefined;
    }>
  /** No e-mail, no name, no phone, no log-in, no addresses. What their orders say stays with the orders. */
  | Readonly<{ kind: 'anonymous' }>;

type Profile = Extract<CustomerChange, { kind: 'profile' }>;

export type CustomerDecision =
  | Readonly<{ kind: 'apply'; change: CustomerChange; after: string }>
  | Readonly<{ kind: 'nothing'; outcome: 'already' | 'superseded' }>
  | Readonly<{ kind: 'refuse'; code: string; message: string }>;

/** In a word, as outcomes name it. */
export const standingOf = (row: CustomerRow): string =>
  row.active ? 'active' : row.email === '' ? 'anonymous' : 'inactive';

/** The shop keeps first and last name: the last word of several is the last name. */
const namesOf = (name: string | null): Readonly<{ firstName: string | null; lastName: string | null }> => {
  const words = (name ?? '').split(/\s+/).filter((word) => word !== '');
  if (words.length < 2) return { firstName: words[0] ?? null, lastName: null };
  return { firstName: words.slice(0, -1).join(' '), lastName: words.at(-1)! };
};

const addressOf = (billing: BillingRow | null): PostalAddress | null =>
  billing &&
  postalAddress({
    Address1: billing.address1,
    Address2: billing.address2,
    Suite: billing.suite,
    City: billing.city,
    State: billing.state,
    Zip: billing.zip,
    Country: billing.country,
    Deleted: 0,
  });

const billingOf = (address: PostalAddress, before: BillingRow | null): BillingRow => {
  const { line1, line2, city, state, postalCode, country } = address;
  // A shop's list of countries has names of its own: one that means the same is left as it is.
  const kept = before?.country != null && countryCode(before.country) === country ? before.country : undefined;
  return {
    address1: line1,
    address2: line2,
    suite: null,
    city,
    state,
    zip: postalCode,
    country: kept ?? (country === null ? null : countryName(country)),
  };
};

/** Lengths of the shop's columns. */
const longest = { email: 100, firstName: 100, lastName: 100, phone: 25 } as const;
const longestOfAddress = {
  address1: 100,
  address2: 100,
  suite: 50,
  city: 100,
  state: 100,
  zip: 10,
  country: 100,
} as const;

const over = <K extends string>(
  values: Readonly<Record<K, string | null>>,
  limits: Readonly<Record<K, number>>,
): K | undefined => (Object.keys(limits) as K[]).find((name) => (values[name]?.length ?? 0) > limits[name]);

const tooLong = ({ billing, email, firstName, lastName, phone }: Profile): string | undefined =>
  over({ email, firstName, lastName, phone }, longest) ?? (billing ? over(billing, longestOfAddress) : undefined);

const update = ({ payload }: UpdateShopCustomer, row: CustomerRow, account: number | undefined): CustomerDecision => {
  // Somebody changed the e-mail address meanwhile: the row speaks for another person now.
  if (!row.active || customerKeyOf(row.email) !== payload.customerKey)
    return { kind: 'nothing', outcome: 'superseded' };
  const isExpected = (field: string, value: string | null): boolean =>
    !payload.fields.includes(field) || payload.expected.some((each) => each.field === field && each.value === value);
  const name = fullName(textOrNull(row.firstName), textOrNull(row.lastName));
  const address = addressText(addressOf(row.billing));
  // Somebody changed it meanwhile, and is heard of soon: what counts is decided then.
  if (!isExpected('name', name) || !isExpected('phone', textOrNull(row.phone)) || !isExpected('address', address))
    return { kind: 'nothing', outcome: 'superseded' };
  const wants = (field: string): boolean => payload.fields.includes(field);
  const renamed = wants('email') && customerKeyOf(payload.email) !== payload.customerKey;
  if (renamed && row.registered && account !== undefined && account !== row.customerId)
    return {
      kind: 'refuse',
      code: 'email_taken',
      message: `customer ${row.customerId} cannot have the e-mail address that Stripe has: it is that of account ${account}`,
    };
  const named = wants('name') && name !== payload.name;
  const moved = wants('address') && address !== addressText(payload.address);
  const change: Profile = {
    kind: 'profile',
    email: renamed ? payload.email : row.email,
    ...(named ? namesOf(payload.name) : { firstName: row.firstName, lastName: row.lastName }),
    phone: wants('phone') && textOrNull(row.phone) !== payload.phone ? payload.phone : row.phone,
    billing: moved ? payload.address && billingOf(payload.address, row.billing) : undefined,
  };
  if (!renamed && !named && !moved && change.phone === row.phone) return { kind: 'nothing', outcome: 'already' };
  const field = tooLong(change);
  if (field !== undefined)
    return {
      kind: 'refuse',
      code: 'too_long',
      message: `customer ${row.customerId}: ${field} is longer than the shop's column`,
    };
  return { kind: 'apply', change, after: standingOf(row) };
};

const erase = (_command: EraseShopCustomer, row: CustomerRow): CustomerDecision =>
  standingOf(row) === 'anonymous'
    ? { kind: 'nothing', outcome: 'already' }
    : { kind: 'apply', change: { kind: 'anonymous' }, after: 'anonymous' };

/** @param account the customer whose account has the e-mail address of the command, if there is one */
export const decideCustomer = (
  command: AdnsfCustomerCommand,
  row: CustomerRow,
  account: number | undefined,
): CustomerDecision => {
  switch (command.type) {
    case 'UpdateShopCustomer':
      return update(command, row, account);
    case 'EraseShopCustomer':
      return erase(command, row);
  }
};
