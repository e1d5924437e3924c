/** What a Customer row says of whom, when it or its billing address changes. */
import type {
  AddressValue,
  CustomerRow,
  CustomerValue,
  PostalAddress,
  ShopCustomerFact,
} from '../../../../schemas/generated/types.ts';
import { normalisedAddress } from '../address.ts';
import { textOrNull } from '../shop.ts';

/** Country by its ISO code, and the suite beside the second line. Null when nothing is in it, or it is deleted. */
export const postalAddress = (
  row: Pick<AddressValue, 'Address1' | 'Address2' | 'Suite' | 'City' | 'State' | 'Zip' | 'Country' | 'Deleted'>,
): PostalAddress | null => {
  if (row.Deleted === 1) return null;
  const parts = normalisedAddress({
    line1: row.Address1,
    line2: [textOrNull(row.Address2), textOrNull(row.Suite)].filter((part) => part !== null).join(', '),
    city: row.City,
    state: row.State,
    zip: row.Zip,
    country: row.Country,
  });
  if (parts === null) return null;
  const { zip: postalCode, ...others } = parts as Record<string, string | null>;
  return { ...others, postalCode } as unknown as PostalAddress;
};

/**
 * The row as people need it. Gone: deleted softly, or made anonymous, which the shop does by another e-mail address on an
 * account that is no longer active. Of one that is gone nothing is kept.
 */
export const customerRowOf = (
  row: CustomerValue,
  known: CustomerRow | undefined,
  personOf: (email: string) => string,
): CustomerRow => {
  const email = textOrNull(row.Email);
  const renamed = known === undefined || known.toldOf !== (email === null ? null : personOf(email));
  const gone = row.Deleted === 1 || (row.Active === 0 && (renamed || known.gone));
  const kept = (text: string | null): string | null => (gone ? null : textOrNull(text));
  return {
    customerId: row.CustomerID ?? 0,
    email: kept(row.Email),
    firstName: kept(row.FirstName),
    lastName: kept(row.LastName),
    phone: kept(row.Phone),
    registered: row.IsRegistered === 1,
    billingAddressId: gone || row.BillingAddressID === 0 ? null : row.BillingAddressID,
    gone,
    toldOf: known?.toldOf ?? null,
    formerly: known?.formerly ?? [],
  };
};

type Source = Pick<ShopCustomerFact, 'factId' | 'place' | 'occurredAt'>;

export type Telling = Readonly<{
  /** What is to be told, in this order. */
  facts: readonly ShopCustomerFact[];
  /** The row with whom it was told of. */
  row: CustomerRow;
}>;

const meaning = ({ email, firstName, lastName, phone, registered, billingAddressId }: CustomerRow): string =>
  JSON.stringify([email, firstName, lastName, phone, registered, billingAddressId]);

const absent = (row: CustomerRow, source: Source, person: string, kind: string): ShopCustomerFact => ({
  ...source,
  person,
  kind,
  customerId: row.customerId,
  registered: row.registered,
  email: null,
  firstName: null,
  lastName: null,
  phone: null,
  address: null,
  movedTo: null,
  movedToEmail: null,
});

export const presentFact = (
  row: CustomerRow,
  address: PostalAddress | null,
  source: Source,
  person: string,
): ShopCustomerFact => {
  const { email, firstName, lastName, phone } = row;
  return { ...absent(row, source, person, 'row.present'), email, firstName, lastName, phone, address };
};

/** A row that is no longer there. Whoever it was told of hears of its end. */
export const erasedFacts = (known: CustomerRow, source: Source): readonly ShopCustomerFact[] => {
  const hearers = new Set([...(known.toldOf === null ? [] : [known.toldOf]), ...known.formerly]);
  return [...hearers].map((person) => absent(known, source, person, 'row.erased'));
};

/** What a new image of a row has to tell. An image that says the same tells nothing. */
export const tellingOf = (
  known: CustomerRow | undefined,
  row: CustomerRow,
  address: PostalAddress | null,
  source: Source,
  personOf: (email: string) => string,
): Telling => {
  if (row.gone) {
    const facts = known === undefined || known.gone ? [] : erasedFacts(known, source);
    return { facts, row: { ...row, toldOf: null, formerly: [] } };
  }
  const person = row.email === null ? null : personOf(row.email);
  const former = known?.toldOf ?? null;
  const left =
    known === undefined || former === null || former === person
      ? []
      : [{ ...absent(known, source, former, 'row.left'), movedTo: person, movedToEmail: row.email }];
  const isNews = person !== null && (person !== former || known === undefined || meaning(known) !== meaning(row));
  const formerly = former === null || former === person ? row.formerly : [...new Set([...row.formerly, former])];
  return {
    facts: [...left, ...(isNews ? [presentFact(row, address, source, person)] : [])],
    row: { ...row, toldOf: person, formerly: formerly.filter((each) => each !== person) },
  };
};
