/** Whether the shop, Stripe and the ledger speak of the same people, and of nobody who is to be forgotten. */
import { personOf } from '../../order-stream/sources/person.ts';
import type { Finding, FindingKind } from './judge.ts';

/** What one side says of a person. */
export type Saying = Readonly<{ name: string | null; phone: string | null }>;

export type People = Readonly<{
  /** Accounts of the shop that are in use; the one that speaks for its person comes first. */
  accounts: readonly (Saying & Readonly<{ customerId: number; customerKey: string; address: string | null }>)[];
  /** E-mail addresses of all of the shop's rows, as customer keys. */
  rows: ReadonlySet<string>;
  /** Customers that stand for a person. */
  customers: readonly (Saying & Readonly<{ customerId: string; customerKey: string; address: string | null }>)[];
  /** What people say of themselves in the ledger. */
  profiles: readonly (Saying & Readonly<{ customerKey: string; stripeCustomerId: string | null }>)[];
  /** Into whom customers were merged, and whoever was never merged is not in it. */
  merged: ReadonlyMap<string, string>;
  /** Persons who are to be forgotten. */
  erased: ReadonlySet<string>;
}>;

/** The order of a finding about nobody's order; messages name people by their digest and never by their address. */
export const peopleFindings = (people: People): readonly Finding[] => {
  const found: Finding[] = [];
  const say = (kind: FindingKind, message: string): void => void found.push({ kind, orderId: null, message });
  const accounts = Map.groupBy(people.accounts, ({ customerKey }) => customerKey);
  const customers = Map.groupBy(people.customers, ({ customerKey }) => customerKey);
  const profiles = new Map(people.profiles.map((profile) => [profile.customerKey, profile]));

  for (const [key, standing] of customers) {
    const person = personOf(key);
    if (standing.length > 1)
      say(
        'doubled',
        `${person} is ${standing.length} customers: ${standing.map(({ customerId }) => customerId).join(', ')}`,
      );
    if (people.erased.has(person) && !people.rows.has(key))
      say('lost', `${person} is to be forgotten, but is ${standing[0]!.customerId} at Stripe`);
  }
  for (const [key, [account]] of accounts) {
    if (account === undefined) continue;
    const person = personOf(key);
    const [customer] = customers.get(key) ?? [];
    const differ = (side: string, other: Saying): void => {
      for (const field of ['name', 'phone'] as const)
        if (other[field] !== account[field])
          say('mismatched', `${field} of ${person} (customer ${account.customerId}) is another ${side}`);
    };
    if (customer !== undefined) {
      differ(`at Stripe (${customer.customerId})`, customer);
      if (customer.address !== account.address)
        say(
          'mismatched',
          `address of ${person} (customer ${account.customerId}) is another at Stripe (${customer.customerId})`,
        );
    }
    const profile = profiles.get(key);
    if (profile === undefined) {
      say('lost', `${person} (customer ${account.customerId}) has an account, but the ledger does not know them`);
      continue;
    }
    differ('in the ledger', profile);
    if (profile.stripeCustomerId !== (customer?.customerId ?? null))
      say(
        'mismatched',
        `${person} is ${customer?.customerId ?? 'nobody'} at Stripe, the ledger says ${profile.stripeCustomerId ?? 'nobody'}`,
      );
    const into = people.merged.get(key) ?? key;
    if (into !== key) say('mismatched', `${person} has an account, but the ledger merged them into ${personOf(into)}`);
  }
  for (const key of profiles.keys())
    if (people.erased.has(personOf(key)) && !people.rows.has(key))
      say('lost', `${personOf(key)} is to be forgotten, but the ledger knows them`);
  return found;
};
