import { describe, expect, it } from 'vitest';
import { itemFindings, type Items } from '../../../services/cli/verify/items.ts';

const sold = { variantId: 25, name: 'Mug', active: true };
const [shop, stripe, ledger] = [
  {
    ...sold,
    sku: 'MUG',
    currency: 'USD',
    price: 1_250n,
    salePrice: 999n,
    stocks: [{ color: null, size: null, level: 37, held: 3, supply: 40 }],
  },
  { ...sold, amount: 999n, currency: 'USD', prices: 1 },
  { ...sold, sku: 'MUG', currency: 'USD', price: 1_250n, salePrice: 999n, supply: 40, taken: 1 },
] as const;
const found = (over: Partial<Items> = {}): readonly string[] =>
  itemFindings({ shop: [shop], stripe: [stripe], ledger: [ledger], counted: new Set([25]), ...over }).map(
    ({ kind, message }) => `${kind}: ${message}`,
  );

describe('items of all sides', () => {
  it('agree', () => {
    expect(found()).toEqual([]);
    expect(found({ shop: [{ ...shop, salePrice: null }], stripe: [{ ...stripe, amount: 1_250n }] })).toEqual([
      'mismatched: salePrice of item 25 (Mug) is null in the shop, and 999 in the ledger',
    ]);
  });

  it.each<[string, Partial<Items>]>([
    ['name of item 25 (Mug) is Mug in the shop, and Cup at Stripe', { stripe: [{ ...stripe, name: 'Cup' }] }],
    ['active of item 25 (Mug) is true in the shop, and false at Stripe', { stripe: [{ ...stripe, active: false }] }],
    ['amount of item 25 (Mug) is 999 in the shop, and 998 at Stripe', { stripe: [{ ...stripe, amount: 998n }] }],
    ['currency of item 25 (Mug) is USD in the shop, and EUR at Stripe', { stripe: [{ ...stripe, currency: 'EUR' }] }],
    ['sku of item 25 (Mug) is MUG in the shop, and CUP in the ledger', { ledger: [{ ...ledger, sku: 'CUP' }] }],
    ['stock of item 25 (Mug) is 40 in all in the shop, and 39 in the ledger', { ledger: [{ ...ledger, supply: 39 }] }],
    [
      'of item 25 (Mug) there are 36, and orders hold 3, but it was counted as 40 in all',
      { shop: [{ ...shop, stocks: [{ ...shop.stocks[0], level: 36 }] }] },
    ],
    ['item 25 is for sale in the ledger, but not in the shop', { shop: [], stripe: [], counted: new Set() }],
    ['item 25 is for sale at Stripe, but not in the shop', { shop: [], ledger: [], counted: new Set() }],
  ])('differ: %s', (message, over) => {
    expect(found(over)).toEqual([`mismatched: ${message}`]);
  });

  it('are missed, and found twice', () => {
    expect(found({ stripe: [] })).toEqual(['lost: item 25 (Mug) is no product at Stripe']);
    expect(found({ counted: new Set([25, 26]) })).toEqual([
      'lost: the ERP counted item 26, which the shop does not sell',
    ]);
    expect(found({ ledger: [] })).toEqual(['lost: item 25 (Mug) is not in the ledger']);
    expect(found({ stripe: [{ ...stripe, prices: 2 }] })).toEqual([
      'doubled: item 25 (Mug) has 2 active prices of ours at Stripe',
    ]);
    const uncounted = [{ ...shop.stocks[0], supply: null }];
    expect(found({ shop: [{ ...shop, stocks: uncounted }] })).toEqual([
      'lost: the stock of item 25 (Mug) was never counted',
    ]);
  });
});
