import { describe, expect, it } from 'vitest';
import { type People, peopleFindings } from '../../../services/cli/verify/people.ts';
import { personOf } from '../../../services/order-stream/sources/person.ts';

const KEY = 'ana@example.com';
const ana = { name: 'Ana Test', phone: '1' };
const agreeing: People = {
  accounts: [{ ...ana, customerId: 7, customerKey: KEY, address: null }],
  rows: new Set([KEY]),
  customers: [{ ...ana, customerId: 'cus_1', customerKey: KEY, address: null }],
  profiles: [{ ...ana, customerKey: KEY, stripeCustomerId: 'cus_1' }],
  merged: new Map(),
  erased: new Set(),
};
const found = (over: Partial<People>): readonly string[] =>
  peopleFindings({ ...agreeing, ...over }).map(({ kind, message }) => `${kind}: ${message}`);
const [customer] = agreeing.customers;
const [profile] = agreeing.profiles;

describe('people of all sides', () => {
  it('agree, or it is told in what they differ, without saying who they are', () => {
    expect(found({})).toEqual([]);
    const all = [
      found({ customers: [{ ...customer!, phone: '2' }] }),
      found({ customers: [{ ...customer!, address: '["1 Main St"]' }] }),
      found({ profiles: [{ ...profile!, name: 'Anna Test' }] }),
      found({ profiles: [{ ...profile!, stripeCustomerId: null }] }),
      found({ merged: new Map([[KEY, 'bea@example.com']]) }),
    ];
    for (const findings of all) expect(findings).toEqual([expect.stringMatching(/^mismatched: /)]);
    expect(all.join()).not.toMatch(/ana@|bea@|Main St/);
  });

  it('are missed, and found twice', () => {
    expect(found({ profiles: [] })).toEqual([expect.stringMatching(/^lost: .* the ledger does not know them/)]);
    expect(found({ customers: [customer!, { ...customer!, customerId: 'cus_2' }] })).toEqual([
      `doubled: ${personOf(KEY)} is 2 customers: cus_1, cus_2`,
    ]);
  });

  it('who are to be forgotten are nowhere', () => {
    const erased = { accounts: [], rows: new Set<string>(), erased: new Set([personOf(KEY)]) };
    expect(found(erased)).toEqual([
      `lost: ${personOf(KEY)} is to be forgotten, but is cus_1 at Stripe`,
      `lost: ${personOf(KEY)} is to be forgotten, but the ledger knows them`,
    ]);
    expect(found({ ...erased, customers: [], profiles: [] })).toEqual([]);
    // Who came back since is somebody again.
    expect(found({ erased: erased.erased })).toEqual([]);
  });
});
