/** Whether the shop, Stripe and the ledger sell the same things for the same money, and have as many of them. */
import type { Finding, FindingKind } from './judge.ts';

/** What is sold, as one side says. Amounts are minor units. */
type Sold = Readonly<{ name: string; active: boolean }>;

export type Items = Readonly<{
  /** Variants of which the ERP tells a stock. */
  counted: ReadonlySet<number>;
  shop: readonly (Sold &
    Readonly<{
      variantId: number;
      sku: string | null;
      currency: string;
      price: bigint;
      salePrice: bigint | null;
      stocks: readonly Readonly<{
        color: string | null;
        size: string | null;
        level: number;
        /** Units that orders hold. */
        held: number;
        /** What it was counted as last; null: never. */
        supply: number | null;
      }>[];
    }>)[];
  /** Of products that stand for items. */
  stripe: readonly (Sold &
    Readonly<{
      variantId: number;
      /** Of the default price. */
      amount: bigint | null;
      currency: string | null;
      /** Active prices that commands made. */
      prices: number;
    }>)[];
  ledger: readonly (Sold &
    Readonly<{
      variantId: number;
      sku: string | null;
      currency: string;
      price: bigint;
      salePrice: bigint | null;
      supply: number | null;
      /** Units that orders took from it; null as the supply. */
      taken: number | null;
    }>)[];
}>;

type ShopItem = Items['shop'][number];

export const itemFindings = (items: Items): readonly Finding[] => {
  const found: Finding[] = [];
  const say = (kind: FindingKind, message: string): void => void found.push({ kind, orderId: null, message });
  const products = new Map(items.stripe.map((product) => [product.variantId, product]));
  const booked = new Map(items.ledger.map((item) => [item.variantId, item]));

  const differ = (about: string, side: string, here: object, there: object): void => {
    for (const [field, value] of Object.entries(here)) {
      const other = (there as Readonly<Record<string, unknown>>)[field];
      if (value !== other)
        say('mismatched', `${field} of ${about} is ${String(value)} in the shop, and ${String(other)} ${side}`);
    }
  };
  const stocked = (about: string, item: ShopItem, supply: number | null): void => {
    let counted = 0;
    for (const stock of item.stocks) {
      const which = [about, stock.color, stock.size].filter((part) => part !== null).join(', ');
      if (stock.supply === null) say('lost', `the stock of ${which} was never counted`);
      else if (stock.level + stock.held !== stock.supply)
        say(
          'mismatched',
          `of ${which} there are ${stock.level}, and orders hold ${stock.held}, but it was counted as ${stock.supply} in all`,
        );
      counted += stock.supply ?? 0;
    }
    if (item.stocks.every((stock) => stock.supply !== null) && item.stocks.length > 0 && supply !== counted)
      say('mismatched', `stock of ${about} is ${counted} in all in the shop, and ${String(supply)} in the ledger`);
  };

  for (const item of items.shop) {
    const { variantId, name, active, sku, currency, price, salePrice } = item;
    const about = `item ${variantId} (${name})`;
    const product = products.get(variantId);
    if (product === undefined) say('lost', `${about} is no product at Stripe`);
    else {
      differ(about, 'at Stripe', { name, active }, product);
      differ(about, 'at Stripe', { amount: salePrice ?? price, currency }, product);
      if (product.prices > 1) say('doubled', `${about} has ${product.prices} active prices of ours at Stripe`);
    }
    const known = booked.get(variantId);
    if (known === undefined) say('lost', `${about} is not in the ledger`);
    else {
      differ(about, 'in the ledger', { name, active, sku, currency, price, salePrice }, known);
      stocked(about, item, known.supply);
    }
  }
  const sold = new Set(items.shop.map(({ variantId }) => variantId));
  for (const { variantId, active } of items.stripe)
    if (active && !sold.has(variantId))
      say('mismatched', `item ${variantId} is for sale at Stripe, but not in the shop`);
  for (const { variantId, active } of items.ledger)
    if (active && !sold.has(variantId))
      say('mismatched', `item ${variantId} is for sale in the ledger, but not in the shop`);
  for (const variantId of items.counted)
    if (!sold.has(variantId)) say('lost', `the ERP counted item ${variantId}, which the shop does not sell`);
  return found;
};
