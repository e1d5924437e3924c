import { describe, expect, it } from 'vitest';
import type { ProductVariantValue } from '../../../schemas/generated/types.ts';
import {
  itemName,
  itemOfProduct,
  localised,
  optionOf,
  skuOf,
  whichOf,
} from '../../../services/order-stream/domain/items/names.ts';
import {
  catalogueCurrency,
  noProduct,
  productTelling,
  productTold,
  variantParts,
  withVariant,
} from '../../../services/order-stream/domain/items/rows.ts';
import { markText, standingIn, supplyText } from '../../../services/order-stream/domain/items/supply.ts';
import { decimalFromText } from '../../../services/order-stream/domain/money.ts';
import { policy as manyStores } from '../order-stream/fixtures.ts';

const policyIn = (currency: string) => ({ ...manyStores, stores: { '1': { currency, timeZone: 'UTC' } } });

describe('names of the shop', () => {
  it.each([
    ['Mug', 'Mug'],
    [null, ''],
    ['  Big \n Mug ', 'Big Mug'],
    [
      '<ml><locale name="de-DE">Becher</locale><locale name="en-US">Mug &amp; Lid &#x2014; blue</locale></ml>',
      'Mug & Lid — blue',
    ],
    ['<ml><locale name="fr-FR">Tasse</locale><locale name="de-DE">Becher</locale></ml>', 'Tasse'],
    ['<ml></ml>', ''],
    ['5 < 6 &amp; 7', '5 < 6 &amp; 7'],
  ])('%s is %s', (text, name) => {
    expect(localised(text)).toBe(name);
  });

  it('are of a product and its variant, and so are SKUs', () => {
    expect(itemName('Mug', '')).toBe('Mug');
    expect(itemName('Mug', 'Blue')).toBe('Mug - Blue');
    expect(skuOf('MUG', '-B')).toBe('MUG-B');
    expect(skuOf(null, ' ')).toBeNull();
    expect(optionOf('Red[+2.00]')).toBe('Red');
    expect(whichOf(null, null)).toBe('all');
    expect(whichOf('Red', null)).not.toBe(whichOf(null, 'Red'));
  });

  it.each([
    ['adnsf_item_25', 'item:25'],
    ['adnsf_item_025', null],
    ['adnsf_item_99999999999', null],
    ['prod_25', null],
    [null, null],
  ])('product %s stands for %s', (product, item) => {
    expect(itemOfProduct(product)).toBe(item);
  });
});

describe('prices', () => {
  const row = (price: string, sale: string): ProductVariantValue => ({
    VariantID: 25,
    ProductID: 7,
    Name: '',
    SKUSuffix: null,
    Price: Buffer.from(price),
    SalePrice: Buffer.from(sale),
    Inventory: 1,
    Published: 1,
    Deleted: 0,
  });
  const told = (currency: string, price: string, sale: string) => {
    const parts = variantParts(row(price, sale), 'lsn/1', (bytes) => decimalFromText(Buffer.from(bytes!).toString()));
    const product = {
      ...noProduct(7),
      product: productTold({
        ProductID: 7,
        Name: 'Mug',
        SKU: null,
        Published: 1,
        Deleted: 0,
        IsSystem: 0,
        TrackInventoryBySizeAndColor: 0,
      }),
    };
    const source = { factId: 'f', place: 'lsn/1', occurredAt: 1n };
    return productTelling(withVariant(product, parts), source, policyIn(currency));
  };

  it.each([
    ['USD', '12.5000', '0.0000', 1_250n, null],
    ['USD', '12.5000', '9.9900', 1_250n, 999n],
    ['JPY', '1250.0000', '0.0000', 1_250n, null],
    ['KWD', '12.5000', '0.0000', 12_500n, null],
  ])('%s %s, on sale %s', (currency, price, sale, units, saleUnits) => {
    const [item] = told(currency, price, sale).facts;
    expect(item).toMatchObject({ kind: 'item.present', currency, price: units, salePrice: saleUnits });
  });

  it.each([
    ['USD', '12.5050', 'inexact_amount'],
    ['JPY', '12.5000', 'inexact_amount'],
    ['KWD', '12.5010', 'inexact_amount'],
    ['USD', '-1.0000', 'amount_not_positive'],
  ])('%s %s is refused, and nothing is told', (currency, price, code) => {
    const { facts, refusals } = told(currency, price, '0.0000');
    expect(facts).toEqual([]);
    expect(refusals).toMatchObject([{ code }]);
  });

  it('name no currency where stores sell in several', () => {
    expect(catalogueCurrency(policyIn('EUR'))).toBe('EUR');
    expect(() => catalogueCurrency(manyStores)).toThrow(/stores sell in USD, JPY/);
    const [usd, jpy] = [manyStores.stores['1']!, manyStores.stores['2']!];
    const say = (catalogue: boolean, also = false) =>
      catalogueCurrency({ stores: { '1': { ...usd, catalogue: also }, '2': { ...jpy, catalogue } } });
    expect(say(true)).toBe('JPY');
    expect(() => say(false)).toThrow(/must say "catalogue": true/);
    expect(() => say(true, true)).toThrow(/stores sell in USD, JPY/);
  });
});

describe('a supply in an outcome', () => {
  it.each([
    [0, { sequence: 1, supply: 1_000_250, version: null }],
    [1_000_250, { sequence: 99_999_999, supply: -2_147_483_647, version: 9_223_372_036_854_775_807n }],
  ])('is read as it was written, and fits its column', (before, mark) => {
    const text = markText(mark);
    expect(`applied:${supplyText(before)}>${text}`.length).toBeLessThanOrEqual(50);
    expect(standingIn(supplyText(before), text)).toEqual({ ...mark, change: mark.supply - before });
  });

  it('is none of ours otherwise', () => {
    expect(standingIn('', '1/2/3')).toBeUndefined();
    expect(standingIn('1', 'CAPTURED')).toBeUndefined();
  });
});
