import { describe, expect, it } from 'vitest';
import type { ItemState } from '../../../schemas/generated/types.ts';
import { KEPT_PRICES } from '../../../services/order-stream/domain/items/item.ts';
import { permutations } from '../order-stream/playing.ts';
import {
  erpPrice,
  erpStock,
  type Input,
  intents,
  KEY,
  lastOf,
  play,
  price,
  product,
  shopItem,
  shopLevel,
  stockResult,
} from './items.ts';

const known = (state: ItemState) => ({ ...state, issued: [], refusals: [] });

/** Whatever the order, however often, and with twins under other ids: the same state and the same last commands. */
const sameInAnyOrder = (facts: readonly Input[]): void => {
  const first = play(facts);
  const twins = facts.map((fact): Input =>
    'factId' in fact && !('place' in fact) ? { ...fact, factId: `${fact.factId}~` } : fact,
  );
  for (const order of permutations(facts)) {
    const { state, sent } = play([...order, ...twins, ...order]);
    expect(known(state)).toEqual(known(first.state));
    expect(lastOf(sent)).toEqual(lastOf(first.sent));
    expect(new Set(sent.map(({ commandId }) => commandId)).size).toBe(sent.length);
  }
};

describe('an item', () => {
  it('is a product and a price at Stripe and an item in the ERP, each once', () => {
    const { sent } = play([shopItem(1), shopItem(1), shopLevel(2, 40)]);
    expect(intents(sent)).toEqual([
      'upsert-product/1000-d1',
      'set-price/1000-p1',
      'upsert-item/1000-d1/1000-p1',
      expect.stringMatching(/^count-stock\/all\/2000-/),
    ]);
    expect(lastOf(sent)).toMatchObject({
      UpsertProduct: {
        productId: 'adnsf_item_25',
        name: 'Mug - Blue',
        active: true,
        metadata: { item_id: KEY, adnsf_product_id: '7', adnsf_variant_id: '25', sku: 'MUG-B' },
      },
      SetPrice: { lookupKey: 'adnsf_item_25', amount: 1_250n, currency: 'USD' },
      UpsertItem: { sku: 'MUG-B', price: 1_250n, salePrice: null, active: true },
      CountStock: { variantId: 25, color: null, size: null },
    });
  });

  it('costs its sale price while it has one', () => {
    const { sent } = play([shopItem(1), shopItem(2, { salePrice: 999n, priced: '2000-p2' })]);
    expect(intents(sent).slice(3)).toEqual(['set-price/2000-p2', 'upsert-item/1000-d1/2000-p2']);
    expect(lastOf(sent)).toMatchObject({ SetPrice: { amount: 999n }, UpsertItem: { price: 1_250n, salePrice: 999n } });
  });

  it('that is gone from the shop is for sale nowhere, and its stock is left alone', () => {
    const { sent } = play([
      shopItem(1),
      shopItem(3, { kind: 'item.gone', active: false, described: '3000-d2' }),
      erpStock(1, 5, 0),
      shopLevel(4, 5),
    ]);
    expect(lastOf(sent)).toMatchObject({ UpsertProduct: { active: false }, UpsertItem: { active: false } });
    expect(intents(sent).filter((id) => id.startsWith('set-inventory') || id.startsWith('count-stock'))).toEqual([]);
  });

  it('comes to the same whatever is heard first', () => {
    sameInAnyOrder([
      shopItem(1),
      shopItem(3, { name: 'Mug - Navy', described: '3000-d2' }),
      shopItem(5, { name: 'Mug - Navy', described: '3000-d2', price: 1_300n, priced: '5000-p2' }),
      shopLevel(2, 40),
      shopLevel(4, 38),
      erpStock(1, 60, 2),
    ]);
    sameInAnyOrder([
      shopItem(1),
      product(2),
      product(5, { name: 'Cup', ours: ['Mug - Blue', true] }),
      product(5),
      price(3, 'price_1', '1000-p1'),
      erpStock(2, 60, 2),
    ]);
    sameInAnyOrder([
      shopItem(1),
      shopItem(4, { price: 1_300n, priced: '4000-p2' }),
      product(3, { defaultPriceId: 'price_1', priceVersion: '1000-p1' }),
      product(6, { defaultPriceId: 'price_x', priceVersion: '1000-p1' }),
      price(3, 'price_1', '1000-p1'),
      price(6, 'price_x', null, 1n),
    ]);
    sameInAnyOrder([erpStock(1, 60, 2), erpStock(3, 40, 22), erpStock(2, 10, 0), shopItem(1), shopLevel(2, 3)]);
  });

  describe('changed at Stripe', () => {
    it('by name is put back, and told once', () => {
      const { sent, letters, state } = play([
        shopItem(1),
        product(2),
        product(5, { name: 'Cup', active: false, ours: ['Mug - Blue', true] }),
        product(5, { name: 'Cup', active: false, ours: ['Mug - Blue', true] }),
      ]);
      expect(state.foreign?.what).toBe("the product is named 'Cup' and not active");
      expect(intents(sent).slice(3)).toEqual([`restore-product/1000-d1/${state.foreign!.id}`]);
      expect(letters).toEqual(['changed_at_stripe']);
      expect(play([product(6)], state)).toMatchObject({ sent: [], state: { foreign: null } });
    });

    it('by price is put back, once it is known that the price is not ours', () => {
      const ours = { defaultPriceId: 'price_1', priceVersion: '1000-p1' };
      const begun = play([shopItem(1), price(2, 'price_1', '1000-p1'), product(3, ours)]);
      expect(begun.state.foreign).toBeNull();
      const other = play([product(5, { ...ours, defaultPriceId: 'price_x' })], begun.state);
      expect(other.sent).toEqual([]);
      const heard = play([price(5, 'price_x', null, 1n)], other.state);
      expect(intents(heard.sent)).toEqual([`restore-price/1000-p1/${heard.state.foreign!.id}`]);
      expect(heard.letters).toEqual(['changed_at_stripe']);
      expect(heard.state.foreign!.what).toContain('price_x over 1 minor units of USD');
      const none = play([product(5, { ...ours, defaultPriceId: null })], begun.state);
      expect(intents(none.sent)).toEqual([`restore-price/1000-p1/${none.state.foreign!.id}`]);
    });

    it('is no change when our own price became the default', () => {
      const { state, letters } = play([
        shopItem(1),
        product(3, { defaultPriceId: 'price_1', priceVersion: '1000-p1' }),
        price(3, 'price_1', '1000-p1'),
      ]);
      expect(state.foreign).toBeNull();
      expect(letters).toEqual([]);
    });
  });

  describe('stock', () => {
    const which = (level: number) => play([shopItem(1), shopLevel(2, level)]);

    it('that somebody changed by hand is told to the ERP, and a sale is not', () => {
      const begun = which(40);
      const [count] = begun.sent.filter(({ type }) => type === 'CountStock');
      const opened = play([stockResult(count!.commandId, 'CountStock', '0', '1/14/')], begun.state);
      expect(intents(opened.sent)).toEqual(['record-stock/all/1']);
      expect(lastOf(opened.sent)).toMatchObject({
        RecordStock: { sequence: 1, supply: 40, change: 40, reason: 'opened', version: null },
      });
      const sold = play([shopLevel(3, 38)], opened.state);
      const already = stockResult(sold.sent[0]!.commandId, 'CountStock', '14', '14');
      expect(play([{ ...already, detail: { ...already.detail, outcome: 'already' } }], sold.state).sent).toEqual([]);
      const byHand = play([stockResult(sold.sent[0]!.commandId, 'CountStock', '14', '2/1e/')], sold.state);
      expect(lastOf(byHand.sent)).toMatchObject({ RecordStock: { supply: 50, change: 10, reason: 'by_hand' } });
      expect(play([stockResult(count!.commandId, 'CountStock', '0', '1/14/')], byHand.state).sent).toEqual([]);
    });

    it('that the ERP counted is set in the shop, the latest of it alone', () => {
      const { sent, state } = play([shopItem(1), erpStock(3, 10, 4), erpStock(2, 99, 0), erpStock(3, 10, 4)]);
      const set = sent.filter(({ type }) => type === 'SetInventory');
      expect(set).toMatchObject([{ commandId: `${KEY}/set-inventory/all/3`, payload: { supply: 14, version: 3n } }]);
      const done = play([stockResult(set[0]!.commandId, 'SetInventory', '14', '2/e/3')], state);
      expect(lastOf(done.sent)).toMatchObject({
        RecordStock: { supply: 14, change: -26, reason: 'counted', version: 3n, sequence: 2 },
      });
    });

    it('is kept by colour and size where the shop keeps it so, and not as a whole', () => {
      const { sent, letters } = play([
        shopItem(1, { optioned: true }),
        shopLevel(2, 40),
        shopLevel(3, 7, { size: 'Small' }),
        erpStock(1, 5, 0),
        erpStock(1, 5, 0, { size: 'Small' }),
      ]);
      expect(sent.filter(({ target }) => target === 'adnsf').map(({ payload }) => payload)).toMatchObject([
        { size: 'Small' },
        { size: 'Small', supply: 5 },
      ]);
      expect(letters).toEqual(['stock_kept_otherwise']);
    });

    it.each([
      ['about another variant', { variantId: 26 }, 'wrong_key'],
      ['without a version', { version: 0n }, 'malformed_stock'],
      ['with less than nothing taken', { taken: -1 }, 'malformed_stock'],
      ['beyond what fits', { onHand: 2_147_483_647, taken: 1 }, 'malformed_stock'],
      ['that says something else under a version it had', { onHand: 11, version: 3n }, 'version_reused'],
    ])('%s is for a person', (_name, over, code) => {
      const { letters, sent } = play([shopItem(1), erpStock(3, 10, 4), erpStock(4, 10, 4, over)]);
      expect(letters).toEqual([code]);
      expect(sent.filter(({ type }) => type === 'SetInventory')).toHaveLength(1);
    });
  });

  describe('whose price the ERP changes', () => {
    const asked = (sent: ReturnType<typeof play>['sent']) =>
      sent.filter(({ type }) => type === 'SetItemPrice').map(({ payload }) => payload);

    it('costs that in the shop, by the last of its versions', () => {
      const { sent, state } = play([shopItem(1), erpPrice(4, 1_400n), erpPrice(3, 1_300n), erpPrice(4, 1_400n)]);
      expect(asked(sent)).toMatchObject([{ price: 1_400n, salePrice: null, expectedPrice: 1_250n, currency: 'USD' }]);
      // What the shop shows then asks for nothing, and goes to Stripe and back to the ERP.
      const shown = play([shopItem(6, { price: 1_400n, priced: '6000-p2' })], state);
      expect(shown.sent.map(({ type }) => type)).toEqual(['SetPrice', 'UpsertItem']);
    });

    it('costs what the shop’s people said since, and what the ERP said after them', () => {
      const later = shopItem(9, { price: 1_100n, priced: '9000-p2' });
      expect(asked(play([shopItem(1), later, erpPrice(4, 1_400n)]).sent)).toEqual([]);
      const again = play([shopItem(1), erpPrice(4, 1_400n), later, erpPrice(10, 1_500n)]);
      expect(asked(again.sent)).toMatchObject([{ price: 1_400n }, { price: 1_500n, expectedPrice: 1_100n }]);
      sameInAnyOrder([shopItem(1), later, erpPrice(10, 1_500n), erpPrice(4, 1_400n), shopLevel(2, 3)]);
    });

    it.each([
      ['in another currency', { currency: 'EUR' }, 'price_in_other_currency'],
      ['about another variant', { variantId: 26 }, 'wrong_key'],
      ['less than nothing', { price: -1n }, 'malformed_price'],
      ['a sale price of nothing', { salePrice: 0n }, 'malformed_price'],
    ])('%s is for a person', (_name, over, code) => {
      const { sent, letters } = play([shopItem(1), erpPrice(4, 1_400n, over)]);
      expect(asked(sent)).toEqual([]);
      expect(letters).toEqual([code]);
    });
  });

  it('lives for years in a state that does not grow', () => {
    const facts = Array.from({ length: 600 }, (_, n): readonly Input[] => {
      const version = `${n}-p`;
      return [
        shopItem(2 * n, { price: BigInt(n), priced: version, described: `${n}-d` }),
        shopLevel(2 * n + 1, n),
        price(n, `price_${String(n).padStart(4, '0')}`, version),
        erpStock(n + 1, n, 0),
        stockResult(`${KEY}/set-inventory/all/${n + 1}`, 'SetInventory', '1', `${(n + 1).toString(36)}/1/1`),
      ];
    }).flat();
    const { state, sent } = play(facts);
    expect(sent.filter(({ type }) => type === 'SetPrice')).toHaveLength(600);
    expect(state.issued.length).toBeLessThan(12);
    expect(state.prices).toHaveLength(KEPT_PRICES);
    // Heard of again after years: long overtaken.
    expect(play(facts.slice(0, 100), state).sent).toEqual([]);
  });
});
