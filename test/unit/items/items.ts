/** Rows and facts of an item, and the decider as its stage runs it. */
import type {
  CatalogFact,
  CommandResult,
  ErpPrice,
  ErpStock,
  ItemState,
  ShopItemFact,
} from '../../../schemas/generated/types.ts';
import {
  initialItem,
  withCatalogFact,
  withErpPrice,
  withErpStock,
  withItemResult,
  withShopItem,
} from '../../../services/order-stream/domain/items/item.ts';
import { productDigest } from '../../../services/order-stream/domain/items/names.ts';
import { itemAggregate } from '../../../services/order-stream/workflows/aggregates.ts';
import { decide } from '../../../services/order-stream/workflows/decide.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { policy } from '../order-stream/fixtures.ts';

export const KEY = 'item:25';
const set = loadWorkflows();

export const shopItem = (place: number, over: Partial<ShopItemFact> = {}): ShopItemFact => ({
  factId: `adnsf:ProductVariant:25@lsn/${place}`,
  kind: 'item.present',
  variantId: 25,
  place: `lsn/${String(place).padStart(6, '0')}`,
  occurredAt: BigInt(place) * 1000n,
  productId: 7,
  productName: 'Mug',
  variantName: 'Blue',
  name: 'Mug - Blue',
  sku: 'MUG-B',
  active: true,
  optioned: false,
  currency: 'USD',
  price: 1_250n,
  salePrice: null,
  described: '1000-d1',
  priced: '1000-p1',
  color: null,
  size: null,
  level: null,
  ...over,
});

export const shopLevel = (place: number, level: number, over: Partial<ShopItemFact> = {}): ShopItemFact => ({
  ...shopItem(place),
  kind: 'level.present',
  productId: null,
  productName: null,
  variantName: null,
  name: null,
  sku: null,
  active: false,
  currency: null,
  price: null,
  described: null,
  priced: null,
  level,
  ...over,
});

export const erpStock = (version: number, onHand: number, taken: number, over: Partial<ErpStock> = {}): ErpStock => ({
  variantId: 25,
  color: null,
  size: null,
  onHand,
  taken,
  ordersFrom: 0,
  version: BigInt(version),
  occurredAt: BigInt(version) * 1000n,
  ...over,
});

const stripeFact = (factId: string, second: number, over: Partial<CatalogFact>): CatalogFact => ({
  factId,
  kind: 'product.active',
  objectId: 'adnsf_item_25',
  productId: 'adnsf_item_25',
  name: null,
  description: null,
  unitLabel: null,
  defaultPriceId: null,
  currency: null,
  unitAmount: null,
  unitPrice: null,
  billingScheme: null,
  interval: null,
  intervalCount: null,
  taxBehavior: null,
  lookupKey: null,
  metadata: {},
  updatedAt: null,
  account: null,
  createdAt: null,
  occurredAt: BigInt(second) * 1000n,
  livemode: false,
  ...over,
});

export type AtStripe = Readonly<{
  name?: string;
  active?: boolean;
  /** As a command of ours left it: name and whether it is active. */
  ours?: readonly [string, boolean];
  defaultPriceId?: string | null;
  priceVersion?: string;
}>;

export const product = (second: number, told: AtStripe = {}): CatalogFact => {
  const { name = 'Mug - Blue', active = true, ours = [name, active], defaultPriceId = null, priceVersion } = told;
  return stripeFact(`evt_product_${second}_${name}_${active}_${defaultPriceId ?? ''}`, second, {
    kind: active ? 'product.active' : 'product.inactive',
    name,
    defaultPriceId,
    metadata: {
      item_digest: productDigest(...ours),
      ...(priceVersion !== undefined && { price_version: priceVersion }),
    },
  });
};

export const price = (second: number, priceId: string, version: string | null, amount = 1_250n): CatalogFact =>
  stripeFact(`evt_${priceId}_${second}`, second, {
    kind: 'price.active',
    objectId: priceId,
    currency: 'USD',
    unitAmount: amount,
    createdAt: 1000n,
    metadata: version === null ? {} : { item_version: version },
  });

export const stockResult = (
  commandId: string,
  type: 'CountStock' | 'SetInventory',
  before: string,
  after: string,
  at = 5_000n,
): CommandResult => ({
  commandId,
  orderId: KEY,
  type,
  target: 'adnsf',
  status: 'succeeded',
  objectId: '25',
  objectStatus: after,
  errorCode: null,
  errorMessage: null,
  requestId: null,
  replayed: false,
  detail: { outcome: 'applied', before, after },
  balanceTransactions: [],
  invoiceLines: [],
  creditNotes: [],
  completedAt: at,
});

export const erpPrice = (version: number, units: bigint, over: Partial<ErpPrice> = {}): ErpPrice => ({
  variantId: 25,
  currency: 'USD',
  price: units,
  salePrice: null,
  version: BigInt(version),
  occurredAt: BigInt(version) * 1000n,
  ...over,
});

export type Input = ShopItemFact | CatalogFact | ErpStock | ErpPrice | CommandResult;

const folded = (state: ItemState, input: Input) => {
  if ('place' in input) return withShopItem(state, input);
  if ('onHand' in input) return withErpStock(state, input);
  if ('version' in input) return withErpPrice(state, input);
  return 'commandId' in input ? withItemResult(state, input) : withCatalogFact(state, input);
};

export type Played = Readonly<{ state: ItemState; sent: readonly Command[]; letters: readonly string[] }>;

export const play = (inputs: readonly Input[], from: ItemState = initialItem(KEY)): Played => {
  let state = from;
  const sent: Command[] = [];
  const letters: string[] = [];
  for (const input of inputs) {
    const result = folded(state, input);
    if (result.refusal !== undefined && result.known !== true) letters.push(result.refusal.code);
    if (result.state === state) continue;
    const decision = decide(set, itemAggregate, policy, state, result);
    ({ state } = decision);
    letters.push(...decision.letters.map(({ code }) => code));
    sent.push(...decision.commands);
  }
  return { state, sent, letters };
};

/** The last command of each kind, without what arrival may decide: which of several tellers was the cause. */
export const lastOf = (sent: readonly Command[]): Readonly<Record<string, unknown>> =>
  Object.fromEntries(sent.map(({ type, payload }) => [type, payload]));

export const intents = (sent: readonly Command[]): readonly string[] =>
  sent.map(({ commandId }) => commandId.replace(`${KEY}/`, ''));
