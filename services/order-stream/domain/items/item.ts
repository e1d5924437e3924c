/**
 * An item, as the shop's rows, Stripe's product and the ERP's counts tell of it. Rows count by their place in the shop's
 * log, counts by their version, Stripe's objects by event time: what is heard first makes no difference.
 */
import type {
  CatalogFact,
  CommandResult,
  ErpPrice,
  ErpStock,
  ItemForeign,
  ItemPrice,
  ItemProduct,
  ItemState,
  ShopItemFact,
} from '../../../../schemas/generated/types.ts';
import { fingerprint } from '../fingerprint.ts';
import { type Folded, withRefusal } from '../order.ts';
import { lookupKeyOf, optionOf, productDigest, stripeProductIdOf, whichOf } from './names.ts';
import { standingIn } from './supply.ts';

export const initialItem = (key: string): ItemState => ({
  key,
  variantId: Number(key.slice('item:'.length)),
  since: null,
  item: null,
  levels: [],
  counts: [],
  supplies: [],
  product: null,
  prices: [],
  foreign: null,
  asked: null,
  issued: [],
  workflows: [],
  refusals: [],
});

/** The youngest prices of the product; what is the default is among them. */
export const KEPT_PRICES = 50;

const text = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part));

/** What was sent about what no longer counts is never called for again, and is forgotten. */
const issuedStill = ({ issued, item, levels, counts, supplies, foreign, asked }: ItemState): readonly string[] => {
  const live = new Set<string>(
    [
      item?.described,
      item?.priced,
      foreign?.id,
      asked === null ? undefined : String(asked.version),
      ...levels.flatMap(({ which, version }) => [which, version]),
      ...counts.flatMap(({ which, version }) => [which, String(version)]),
      ...supplies.flatMap(({ which, sequence }) => [which, String(sequence)]),
    ].filter((token) => token !== undefined),
  );
  // `item:25/<intent>/<token>…`
  return issued.filter((id) =>
    id
      .split('/')
      .slice(2)
      .every((token) => live.has(token)),
  );
};

/** What is otherwise at Stripe than a command of ours left it. */
const foreignIn = ({ product, prices }: ItemState): ItemForeign | null => {
  if (product === null) return null;
  const { at, factId, present, name, active, ours, defaultPriceId, priceVersion } = product;
  const price = prices.find(({ priceId }) => priceId === defaultPriceId);
  const described = !present || !ours;
  // Which price that is, is not known yet: its own fact says.
  const isUnheard = defaultPriceId !== null && price === undefined;
  const priced = present && priceVersion !== null && !isUnheard && (price?.version ?? null) !== priceVersion;
  if (!described && !priced) return null;
  const what = [
    ...(present ? [] : ['the product is deleted']),
    ...(present && described ? [`the product is named '${name ?? ''}' and ${active ? 'active' : 'not active'}`] : []),
    ...(priced
      ? [
          price === undefined
            ? 'it has no default price'
            : `its default price is ${price.priceId} over ${price.amount === null ? 'no whole amount' : `${price.amount} minor units of ${price.currency ?? '?'}`}`,
        ]
      : []),
  ].join(', and ');
  const id = fingerprint(text([at, present, name, active, ours, priced ? defaultPriceId : null, described, priced]));
  return { id, at, factId, what, described, priced };
};

const earliest = (left: bigint | null, right: bigint): bigint => (left === null || right < left ? right : left);

const settled = (state: ItemState, at: bigint): Folded<ItemState> => {
  const next = { ...state, since: earliest(state.since, at), foreign: foreignIn(state) };
  return { state: { ...next, issued: issuedStill(next) } };
};

/** Of what is no news, only when it was so. */
const noted = (state: ItemState, at: bigint): Folded<ItemState> =>
  state.since !== null && state.since <= at ? { state } : { state: { ...state, since: at } };

const replaced = <T extends Readonly<{ which: string }>>(list: readonly T[], entry: T): readonly T[] =>
  [...list.filter(({ which }) => which !== entry.which), entry].toSorted((left, right) =>
    left.which < right.which ? -1 : 1,
  );

/** What the shop's rows say of the item, or of a level of its stock. */
export const withShopItem = (state: ItemState, fact: ShopItemFact): Folded<ItemState> => {
  const { factId, place, occurredAt: at, variantId } = fact;
  if (variantId !== state.variantId)
    return {
      state,
      refusal: { code: 'wrong_key', message: `${factId} is of variant ${variantId}, not of ${state.key}` },
    };
  if (fact.kind.startsWith('level.')) {
    const { color, size } = fact;
    const which = whichOf(color, size);
    const known = state.levels.find((each) => each.which === which);
    if (known !== undefined && known.place >= place) return noted(state, at);
    const version = `${at}-${fingerprint(place)}`;
    const present = fact.kind === 'level.present';
    const level = { which, color, size, present, level: fact.level ?? 0, place, factId, at, version };
    return settled({ ...state, levels: replaced(state.levels, level) }, at);
  }
  if (state.item !== null && state.item.place >= place) return noted(state, at);
  const { active, salePrice, price, name } = fact;
  const item = {
    place,
    factId,
    at,
    present: fact.kind === 'item.present',
    productId: fact.productId ?? 0,
    name: name ?? '',
    sku: fact.sku,
    active,
    optioned: fact.optioned,
    currency: fact.currency ?? '',
    price: price ?? 0n,
    salePrice,
    sells: salePrice ?? price ?? 0n,
    described: fact.described ?? '',
    priced: fact.priced ?? '',
    // `<epoch ms>-<digest>`
    pricedAt: BigInt(/^\d+/.exec(fact.priced ?? '')?.[0] ?? 0),
    digest: productDigest(name, active),
    stripeProductId: stripeProductIdOf(variantId),
    lookupKey: lookupKeyOf(variantId),
  };
  return settled({ ...state, item }, at);
};

/** Stripe's time has seconds: of one second what is not ours counts, since putting right what is right does no harm. */
const isAfter = (left: ItemProduct, right: ItemProduct): boolean => {
  if (left.at !== right.at) return left.at > right.at;
  if (left.present !== right.present) return !left.present;
  if (left.ours !== right.ours) return !left.ours;
  const [ours, theirs] = [left, right].map((each) => text({ ...each, factId: '' })) as [string, string];
  return ours === theirs ? left.factId < right.factId : ours > theirs;
};

const withProduct = (state: ItemState, fact: CatalogFact): Folded<ItemState> => {
  const { factId, occurredAt: at, name, metadata, defaultPriceId } = fact;
  const active = fact.kind === 'product.active';
  const product: ItemProduct = {
    at,
    factId,
    present: fact.kind !== 'product.deleted',
    name,
    active,
    ours: metadata['item_digest'] === productDigest(name, active),
    defaultPriceId,
    priceVersion: metadata['price_version'] ?? null,
  };
  if (state.product !== null && !isAfter(product, state.product)) return noted(state, at);
  return settled({ ...state, product }, at);
};

const withPrice = (state: ItemState, fact: CatalogFact): Folded<ItemState> => {
  const known = state.prices.find(({ priceId }) => priceId === fact.objectId);
  const price: ItemPrice = {
    priceId: fact.objectId,
    createdAt: known !== undefined && fact.createdAt === null ? known.createdAt : (fact.createdAt ?? fact.occurredAt),
    // A plan, as old versions tell of prices, has no lookup key, but the same metadata.
    version: fact.metadata['item_version'] ?? known?.version ?? null,
    amount: fact.unitAmount ?? known?.amount ?? null,
    currency: fact.currency ?? known?.currency ?? null,
  };
  if (known !== undefined && text(known) === text(price)) return noted(state, fact.occurredAt);
  const prices = [...state.prices.filter((each) => each !== known), price]
    .toSorted((left, right) =>
      left.createdAt === right.createdAt
        ? left.priceId < right.priceId
          ? -1
          : 1
        : left.createdAt < right.createdAt
          ? -1
          : 1,
    )
    .slice(-KEPT_PRICES);
  return settled({ ...state, prices }, fact.occurredAt);
};

/** What Stripe says of the product that stands for the item, or of one of its prices. */
export const withCatalogFact = (state: ItemState, fact: CatalogFact): Folded<ItemState> =>
  fact.kind.startsWith('product.') ? withProduct(state, fact) : withPrice(state, fact);

const MAX_INT = 0x7fff_ffff;

/** What the ERP says of its stock. */
export const withErpStock = (state: ItemState, fact: ErpStock): Folded<ItemState> => {
  const { variantId, onHand, taken, ordersFrom, version, occurredAt: at } = fact;
  const refuse = (code: string, why: string): Folded<ItemState> => ({
    state,
    refusal: { code, message: `stock of ${state.key}, version ${version}: ${why}` },
  });
  if (variantId !== state.variantId) return refuse('wrong_key', `it is about variant ${variantId}`);
  if (version < 1n || taken < 0 || ordersFrom < 0) return refuse('malformed_stock', 'a count cannot be negative');
  const supply = onHand + taken;
  if (Math.abs(supply) > MAX_INT) return refuse('malformed_stock', `${onHand} and ${taken} are too much`);
  const [color, size] = [optionOf(fact.color), optionOf(fact.size)];
  const count = { which: whichOf(color, size), color, size, supply, ordersFrom, version, at };
  const known = state.counts.find(({ which }) => which === count.which);
  if (known !== undefined && known.version >= version) {
    const isOther = known.version === version && (known.supply !== supply || known.ordersFrom !== ordersFrom);
    return isOther
      ? refuse('version_reused', `it said ${known.supply} in all before, and now ${supply}`)
      : noted(state, at);
  }
  return settled({ ...state, counts: replaced(state.counts, count) }, at);
};

/** What the ERP's people want it to cost. */
export const withErpPrice = (state: ItemState, fact: ErpPrice): Folded<ItemState> => {
  const { variantId, currency, price, salePrice, version, occurredAt: at } = fact;
  const refuse = (code: string, why: string): Folded<ItemState> => ({
    state,
    refusal: { code, message: `price of ${state.key}, version ${version}: ${why}` },
  });
  if (variantId !== state.variantId) return refuse('wrong_key', `it is about variant ${variantId}`);
  if (version < 1n || price < 0n || (salePrice !== null && salePrice <= 0n))
    return refuse('malformed_price', 'no price is negative, and no sale price is nothing');
  const asked = { currency: currency.toUpperCase(), price, salePrice, version, at };
  if (state.asked !== null && state.asked.version >= version) {
    const isOther = state.asked.version === version && text(state.asked) !== text(asked);
    return isOther ? refuse('version_reused', 'it said something else before') : noted(state, at);
  }
  return settled({ ...state, asked }, at);
};

/** What came of our own commands. Those about stock tell what the shop's stock counts as since. */
export const withItemResult = (state: ItemState, result: CommandResult): Folded<ItemState> => {
  if (result.status !== 'succeeded') return withRefusal(state, result);
  if (result.type !== 'CountStock' && result.type !== 'SetInventory') return { state };
  const { commandId, completedAt: at, detail } = result;
  const standing =
    detail['outcome'] === 'applied' ? standingIn(detail['before'] ?? '', detail['after'] ?? '') : undefined;
  const which = commandId.split('/')[2] ?? '';
  const named = [...state.levels, ...state.counts].find((each) => each.which === which);
  const known = state.supplies.find((each) => each.which === which);
  if (standing === undefined || named === undefined) return { state };
  if (known !== undefined && known.sequence >= standing.sequence) return { state };
  const { sequence, supply, change, version } = standing;
  const reason = result.type === 'SetInventory' ? 'counted' : sequence === 1 ? 'opened' : 'by_hand';
  const { color, size } = named;
  const told = { which, color, size, sequence, supply, change, reason, version, at, commandId };
  return settled({ ...state, supplies: replaced(state.supplies, told) }, at);
};
