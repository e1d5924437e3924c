/** Orders that flows place themselves, in the ways of the storefront, by people who come for them alone. */
import {
  clearLeftovers,
  fillCart,
  giveAddresses,
  identify,
  openVisit,
  placeOrder,
  reserveNumber,
} from '../../sandbox/shopper/checkout.ts';
import { type PlannedOrder, planVisit, type Visit } from '../../sandbox/shopper/plan.ts';
import { openSql, type SqlSession } from '../../sandbox/shopper/sql.ts';
import { fillShelf } from '../../sandbox/shopper/stock.ts';
import type { FlowWorld } from './flow.ts';

/** Visits of the shoppers have lower numbers. */
const FIRST_VISIT = 1_000_000;
/** Who comes back was there at most so many visits before. */
const VISITS_BACK = 40;

/** People who came for a flow are left to it. */
export const cameForAFlow = (email: string): boolean =>
  Number(/\.(\d+)@/.exec(email)?.[1] ?? 0) >= FIRST_VISIT - VISITS_BACK;

export type Bought = Readonly<{ visit: Visit; planned: PlannedOrder; order: number }>;

/** The shop's database as the storefront uses it. */
export const openShopFloor = ({ env, config }: Pick<FlowWorld, 'env' | 'config'>): Promise<SqlSession> =>
  openSql({
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
  sql: SqlSession,
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
  const shelf = await fillShelf(sql);
  const bought: Bought[] = [];
  for (const { visit, planned } of visitsWithOrder(seed)) {
    if (bought.length === count) break;
    if (!who(visit)) continue;
    const customerId = await openVisit(sql, visit);
    await fillCart(sql, visit, shelf, customerId);
    const buyer = await identify(sql, visit, customerId);
    await clearLeftovers(sql, visit, buyer.customerId);
    const addressed = await giveAddresses(sql, visit, buyer);
    const order = await reserveNumber(sql, planned);
    const charged = await pays(bought.length, visit, planned);
    await placeOrder(sql, visit, planned, shelf, addressed, order, undefined, paymentMethod, charged);
    bought.push({ visit, planned, order });
  }
  return bought;
};
