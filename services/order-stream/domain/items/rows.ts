/** What rows of Product, ProductVariant and Inventory say of items, when an image of one changes something of meaning. */
import type {
  InventoryValue,
  ProductRow,
  ProductTold,
  ProductValue,
  ProductVariantValue,
  ShopItemFact,
  StockRow,
  VariantTold,
} from '../../../../schemas/generated/types.ts';
import type { Refusal } from '../assemble.ts';
import { fingerprint } from '../fingerprint.ts';
import { type Decimal, decimalFromText, decimalText, InexactAmountError, minorUnits } from '../money.ts';
import type { Policy } from '../policy.ts';
import { toStripeUnits } from '../stripe-money.ts';
import { textOrNull } from '../shop.ts';
import { itemName, localised, optionOf, skuOf } from './names.ts';

export type Source = Pick<ShopItemFact, 'factId' | 'place' | 'occurredAt'>;

/** What there is to tell, in this order, and the rows with what was told of them. */
export type ItemTelling<R> = Readonly<{ row: R; facts: readonly ShopItemFact[]; refusals: readonly Refusal[] }>;

export const noProduct = (productId: number): ProductRow => ({ productId, place: null, product: null, variants: [] });

export const productTold = (row: ProductValue): ProductTold => ({
  name: localised(row.Name),
  sku: textOrNull(row.SKU),
  active: row.Published === 1 && row.Deleted !== 1,
  optioned: row.TrackInventoryBySizeAndColor === 1,
  system: row.IsSystem === 1,
});

type VariantParts = Pick<
  VariantTold,
  'variantId' | 'place' | 'gone' | 'name' | 'skuSuffix' | 'active' | 'price' | 'salePrice' | 'level'
>;

export const variantParts = (
  row: ProductVariantValue,
  place: string,
  money: (bytes: Uint8Array | null) => Decimal,
): VariantParts => ({
  variantId: row.VariantID ?? 0,
  place,
  gone: false,
  name: localised(row.Name),
  skuSuffix: textOrNull(row.SKUSuffix),
  active: row.Published === 1 && row.Deleted !== 1,
  price: decimalText(money(row.Price)),
  salePrice: decimalText(money(row.SalePrice)),
  level: row.Inventory ?? 0,
});

/** Whether two images of a variant say the same. */
export const sameVariant = (left: VariantParts, right: VariantParts): boolean =>
  (['gone', 'name', 'skuSuffix', 'active', 'price', 'salePrice', 'level'] as const).every(
    (field) => left[field] === right[field],
  );

const untold: Omit<VariantTold, keyof VariantParts> = {
  describedAs: null,
  described: null,
  pricedAs: null,
  priced: null,
  toldGone: false,
  toldLevel: null,
};

/** The product with a variant as its image says. */
export const withVariant = (row: ProductRow, parts: VariantParts): ProductRow => {
  const known = row.variants.find(({ variantId }) => variantId === parts.variantId);
  const variants = [...row.variants.filter((each) => each !== known), { ...untold, ...known, ...parts }];
  return { ...row, variants: variants.toSorted((left, right) => left.variantId - right.variantId) };
};

/**
 * ADNSF has prices without a currency: it is the one in which all its stores sell, or that of the store that says so.
 * @throws InexactAmountError when several currencies are left
 */
export const catalogueCurrency = ({ stores }: Pick<Policy, 'stores'>): string => {
  const all = Object.values(stores);
  const named = all.filter(({ catalogue }) => catalogue === true);
  const currencies = new Set((named.length > 0 ? named : all).map(({ currency }) => currency));
  const [currency] = currencies;
  if (currency === undefined || currencies.size > 1)
    throw new InexactAmountError(
      'unknown_currency',
      `stores sell in ${[...currencies].join(', ')}, and the shop's prices name no currency: one store in MILLRACE_STORES must say "catalogue": true`,
    );
  return currency;
};

type Prices = Readonly<{ currency: string; price: bigint; salePrice: bigint | null }>;

/** @throws InexactAmountError on what the currency, or Stripe, cannot say */
const pricesOf = (variant: VariantTold, policy: Policy): Prices => {
  const currency = catalogueCurrency(policy);
  const units = (text: string): bigint => {
    const amount = minorUnits(decimalFromText(text), currency);
    if (amount < 0n) throw new InexactAmountError('amount_not_positive', `${text} ${currency} is negative`);
    toStripeUnits(amount, currency);
    return amount;
  };
  const sale = units(variant.salePrice);
  return { currency, price: units(variant.price), salePrice: sale === 0n ? null : sale };
};

const fact = (source: Source, variantId: number, kind: string): ShopItemFact => ({
  ...source,
  kind,
  variantId,
  productId: null,
  productName: null,
  variantName: null,
  name: null,
  sku: null,
  active: false,
  optioned: false,
  currency: null,
  price: null,
  salePrice: null,
  described: null,
  priced: null,
  color: null,
  size: null,
  level: null,
});

const text = (...parts: readonly unknown[]): string =>
  JSON.stringify(parts, (_name, value: unknown) => (typeof value === 'bigint' ? String(value) : value));

/** When and what, so that going back to what was before is another change. */
const versionOf = ({ occurredAt, place }: Source, contents: string): string =>
  `${occurredAt}-${fingerprint(`${place} ${contents}`)}`;

const variantTelling = (
  { productId, product }: ProductRow,
  variant: VariantTold,
  source: Source,
  policy: Policy,
): Readonly<{ variant: VariantTold; facts: readonly ShopItemFact[]; refusal?: Refusal }> => {
  const { variantId, level } = variant;
  const gone = variant.gone || product === null;
  if (gone && (variant.toldGone || variant.describedAs === null)) return { variant, facts: [] };
  // What the shop sells through its own machinery (an ad-hoc charge, say) is nobody's item.
  if (product === null ? variant.describedAs === null : product.system) return { variant, facts: [] };
  const about = gone ? (JSON.parse(variant.describedAs!) as readonly unknown[]) : undefined;
  const [name, productName, variantName, sku, optioned] = about ?? [
    itemName(product!.name, variant.name),
    product!.name,
    variant.name,
    skuOf(product!.sku, variant.skuSuffix),
    product!.optioned,
  ];
  const active = !gone && product.active && variant.active;
  let prices: Prices;
  try {
    prices = pricesOf(variant, policy);
  } catch (error) {
    if (!(error instanceof InexactAmountError)) throw error;
    return { variant, facts: [], refusal: { code: error.code, message: `variant ${variantId}: ${error.message}` } };
  }
  const describedAs = text(name, productName, variantName, sku, optioned, active, productId);
  const pricedAs = text(prices);
  const described = describedAs === variant.describedAs ? variant.described! : versionOf(source, describedAs);
  const priced = pricedAs === variant.pricedAs ? variant.priced! : versionOf(source, pricedAs);
  const isNews = described !== variant.described || priced !== variant.priced || gone !== variant.toldGone;
  const isLevel = !gone && level !== variant.toldLevel;
  const facts = [
    ...(isNews
      ? [
          {
            ...fact(source, variantId, gone ? 'item.gone' : 'item.present'),
            productId,
            name: name as string,
            productName: productName as string,
            variantName: variantName as string,
            sku: sku as string | null,
            optioned: optioned as boolean,
            active,
            ...prices,
            described,
            priced,
          },
        ]
      : []),
    ...(isLevel ? [{ ...fact(source, variantId, 'level.present'), level }] : []),
  ];
  const told = { describedAs, described, pricedAs, priced, toldGone: gone, toldLevel: gone ? null : level };
  return { variant: { ...variant, ...told }, facts };
};

/** What the product's variants have to tell. Images that change nothing of meaning (views, `UpdatedOn`) tell nothing. */
export const productTelling = (row: ProductRow, source: Source, policy: Policy): ItemTelling<ProductRow> => {
  const tellings = row.variants.map((variant) => variantTelling(row, variant, source, policy));
  return {
    row: { ...row, variants: tellings.map(({ variant }) => variant) },
    facts: tellings.flatMap(({ facts }) => facts),
    refusals: tellings.flatMap(({ refusal }) => refusal ?? []),
  };
};

export const stockRow = (row: InventoryValue, place: string, gone: boolean): StockRow => ({
  place,
  gone,
  variantId: row.VariantID ?? 0,
  color: optionOf(row.Color),
  size: optionOf(row.Size),
  level: row.Quan ?? 0,
});

const levelFact = (row: StockRow, source: Source, kind: string): ShopItemFact => ({
  ...fact(source, row.variantId, kind),
  color: row.color,
  size: row.size,
  level: row.level,
});

/** What a row of Inventory has to tell: the level of a colour and a size, and that it is no longer that of another. */
export const stockTelling = (known: StockRow | undefined, row: StockRow, source: Source): readonly ShopItemFact[] => {
  const place = ({ variantId, color, size }: StockRow): string => text(variantId, color, size);
  const left =
    known !== undefined && !known.gone && (row.gone || place(known) !== place(row))
      ? [levelFact(known, source, 'level.gone')]
      : [];
  const isNews =
    !row.gone && (known === undefined || known.gone || place(known) !== place(row) || known.level !== row.level);
  return [...left, ...(isNews ? [levelFact(row, source, 'level.present')] : [])];
};
