/** Orders that flows place themselves, in the ways of the storefront, by people who come for them alone. */
import {
  clearLeftovers,
  fillCart,
  giveAddresses,
  identify,
  openVisit,
  placeOrder,
  reserveNumber,
  writtenLineCount,
} from '../../sandbox/shopper/checkout.ts';
import { type PlannedOrder, planVisit, type Visit } from '../../sandbox/shopper/plan.ts';
import { openShop, type Shop } from '../../sandbox/shopper/shop.ts';
import { fillShelf } from '../../sandbox/shopper/stock.ts';
import type { FlowWorld } from './flow.ts';

/** Visits of the shoppers have lower numbers. */
const FIRST_VISIT = 1_000_000;
/** Who comes back was there at most so many visits before. */
const VISITS_BACK = 40;
const PATIENCE_MS = 120_000;

/** People who came for a flow are left to it. */
export const cameForAFlow = (email: string): boolean =>
  Number(/\.(\d+)@/.exec(email)?.[1] ?? 0) >= FIRST_VISIT - VISITS_BACK;

export type Bought = Readonly<{ visit: Visit; planned: PlannedOrder; order: number }>;

/** The shop's database as the storefront uses it: what falls victim to a deadlock, or a lost connection, is done again. */
export const openShopFloor = ({ env, config }: Pick<FlowWorld, 'env' | 'config'>): Shop =>
  openShop({
    host: config.MILLRACE_ADNSF_SQL_HOST,
    port: config.MILLRACE_ADNSF_SQL_PORT,
    database: config.MILLRACE_ADNSF_SQL_DATABASE,
    user: env['MILLRACE_SHOP_SQL_USER'] ?? '',
    password: env['MILLRACE_SHOP_SQL_PASSWORD'] ?? '',
    encrypt: config.MILLRACE_ADNSF_SQL_ENCRYPT,
  });

/** Visits that end with an order, from the first that nobody else has. */
function* visitsWithOrder(seed: string): Generator<Readonly<{ visit: Visit; planned: PlannedOrder }>> {
  for (let index = FIRST_VISIT; ; index++) {
    const visit = planVisit(seed, index);
    if (visit.order !== undefined) yield { visit, planned: visit.order };
  }
}

/**
 * One order after another is placed. `who`: by whom; `pays`: what the shop's own gateway charges for it during the checkout,
 * if it does. A second run with the same seed finds the orders of the first.
 */
export const buy = async (
  shop: Shop,
  signal: AbortSignal,
  seed: string,
  count: number,
  paymentMethod: string,
  {
    who = () => true,
    pays = () => Promise.resolve(undefined),
  }: Readonly<{
    who?: (visit: Visit) => boolean;
    pays?: (n: number, visit: Visit, planned: PlannedOrder) => Promise<string | undefined>;
  }> = {},
): Promise<readonly Bought[]> => {
  const patience = { until: Date.now() + PATIENCE_MS, signal };
  const shelf = await shop.do(patience, fillShelf);
  const bought: Bought[] = [];
  for (const { visit, planned } of visitsWithOrder(seed)) {
    if (bought.length === count) break;
    if (!who(visit)) continue;
    const charged = await pays(bought.length, visit, planned);
    const order = await shop.do(patience, async (sql) => {
      const customerId = await openVisit(sql, visit);
      const begun = (await writtenLineCount(sql, planned)) > 0;
      if (!begun) await fillCart(sql, visit, shelf, customerId);
      const buyer = await identify(sql, visit, customerId);
      if (!begun) await clearLeftovers(sql, visit, buyer.customerId);
      const addressed = await giveAddresses(sql, visit, buyer);
      const reserved = await reserveNumber(sql, planned);
      await placeOrder(sql, visit, planned, shelf, addressed, reserved, undefined, paymentMethod, charged);
      return reserved;
    });
    bought.push({ visit, planned, order });
  }
  return bought;
};
