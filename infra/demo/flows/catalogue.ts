/**
 * The merchant changes a name, prices and stock, takes a product off the shelves, and the ERP counts what there is: also
 * of what is being sold. Everybody else must hear of it, and not a unit may be lost.
 */
import { httpRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { openLedger } from '../../../services/cli/ledger.ts';
import { openShop as openShopReader } from '../../../services/cli/shop.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import { itemFindings, type Items } from '../../../services/cli/verify/items.ts';
import { tell } from '../../../services/erp-ledger/tell.ts';
import { kafkajsCluster } from '../../../services/runtime/kafkajs/cluster.ts';
import type { SqlSession } from '../../sandbox/shopper/sql.ts';
import { openShop } from './customers.ts';
import type { Flow, FlowWorld, Outcome } from './flow.ts';

type ShopItem = Items['shop'][number];

/** What somebody does about an item, and what must be so in the end, in the shop and so everywhere. */
type Deed = Readonly<{
  name: string;
  /** Of the shop's first catalogue. */
  sku: string;
  statement: string;
  holds: (before: ShopItem, after: ShopItem) => boolean;
}>;

const supplyOf = ({ stocks }: ShopItem): number => stocks.reduce((sum, { supply }) => sum + (supply ?? 0), 0);

const deeds: readonly Deed[] = [
  {
    name: 'a price changed in the shop',
    sku: 'KTM-45',
    statement: 'UPDATE dbo.ProductVariant SET Price = Price + 2.25 WHERE VariantID = @variant',
    holds: (before, after) => after.price === before.price + 225n,
  },
  {
    name: 'a sale price set in the shop',
    sku: 'PSE-07',
    statement: 'UPDATE dbo.ProductVariant SET SalePrice = Price - 10 WHERE VariantID = @variant',
    holds: (_before, after) => after.salePrice === after.price - 1_000n,
  },
  {
    name: 'a sale that ends',
    sku: 'LGL-300',
    statement: 'UPDATE dbo.ProductVariant SET SalePrice = NULL WHERE VariantID = @variant',
    holds: (_before, after) => after.salePrice === null,
  },
  {
    name: 'a product renamed, in two languages',
    sku: 'FCC-11',
    statement: `UPDATE dbo.Product SET Name = N'<ml><locale name="en-US">Fold Camp Chair &amp; Bag</locale><locale name="de-DE">Campingstuhl</locale></ml>'
      WHERE ProductID = (SELECT ProductID FROM dbo.ProductVariant WHERE VariantID = @variant)`,
    holds: (_before, after) => after.name === 'Fold Camp Chair & Bag',
  },
  {
    name: 'a product taken off the shelves',
    sku: 'FAK-01',
    statement: `UPDATE dbo.Product SET Published = 0
      WHERE ProductID = (SELECT ProductID FROM dbo.ProductVariant WHERE VariantID = @variant)`,
    holds: (_before, after) => !after.active,
  },
  {
    name: 'a stock changed by hand',
    sku: 'DRB-20',
    statement: 'UPDATE dbo.ProductVariant SET Inventory = Inventory + 25 WHERE VariantID = @variant',
    holds: (before, after) => supplyOf(after) === supplyOf(before) + 25,
  },
  {
    name: 'a stock of one size changed by hand',
    sku: 'HRS-01-S',
    statement: `UPDATE dbo.Inventory SET Quan = Quan - 6 WHERE VariantID = @variant AND Size = N'Small'`,
    holds: (before, after) => supplyOf(after) === supplyOf(before) - 6,
  },
];

/** What the ERP counts, and by how much that differs from its books. The last is what the shoppers bought. */
const counts: readonly Readonly<{ name: string; sku: string; difference: number }>[] = [
  { name: 'a stock that the ERP counted', sku: 'TSK-03', difference: -4 },
  { name: 'a stock of what is sold that the ERP counted', sku: 'TEA-ASSAM', difference: 36 },
];

const sides = async ({ config }: FlowWorld): Promise<Items> => {
  const shop = await openShopReader(config);
  const ledger = openLedger(config.MILLRACE_LEDGER_DB);
  try {
    return {
      shop: await shop.items(),
      stripe: await openStripe(config).items(),
      ledger: ledger.items(),
      counted: new Set(),
    };
  } finally {
    ledger.close();
    shop.close();
  }
};

const bySku = (items: readonly ShopItem[], sku: string): ShopItem => {
  const found = items.find((item) => item.sku === sku);
  if (found === undefined) throw new Error(`the shop does not sell ${sku}`);
  return found;
};

const act = async (sql: SqlSession, { shop }: Items): Promise<void> => {
  for (const { sku, statement } of deeds)
    await sql.run(statement.replaceAll('@variant', String(bySku(shop, sku).variantId)), {});
};

/** What the ERP's people want an item to cost: cents more than it does. */
const raised = { name: 'a price that the ERP changed', sku: 'TNT-S2', cents: 1_050n } as const;

/**
 * The ERP tells what it has counted, and what orders took until then: a later count first, and one of them twice. And it
 * tells a price.
 */
const count = async ({ config }: FlowWorld, { shop, ledger }: Items): Promise<void> => {
  const schemas = openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL));
  const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'erp' });
  const told = counts.flatMap(({ sku, difference }) => {
    const { variantId } = bySku(shop, sku);
    const item = ledger.find((each) => each.variantId === variantId);
    if (item?.supply == null) throw new Error(`the ledger has no stock of ${sku}`);
    const taken = item.taken ?? 0;
    const about = { variantId, color: null, size: null, taken, ordersFrom: 0, occurredAt: BigInt(Date.now()) };
    const onHand = item.supply - taken;
    const latest = { ...about, onHand: onHand + difference, version: 2n };
    return [latest, { ...about, onHand: onHand - 100, version: 1n }, latest];
  });
  await tell(cluster, schemas.topic('erpInventory'), told);
  const { variantId, currency, price, salePrice } = bySku(shop, raised.sku);
  const about = { variantId, currency, salePrice, occurredAt: BigInt(Date.now()) };
  await tell(cluster, schemas.topic('erpPrices'), [
    { ...about, price: price + raised.cents, version: 2n },
    { ...about, price: price + 1n, version: 1n },
  ]);
};

export const catalogue: Flow = {
  name: 'names, prices and stock changed, counted',
  start: async (world) => {
    const before = await sides(world);
    const sql = await openShop(world);
    try {
      await act(sql, before);
    } finally {
      sql.close();
    }
    await count(world, before);
    return async (): Promise<Outcome> => {
      const after = await sides(world);
      const findings: string[] = [];
      const judge = (name: string, sku: string, holds: (was: ShopItem, is: ShopItem) => boolean): void => {
        const [was, is] = [bySku(before.shop, sku), bySku(after.shop, sku)];
        if (!holds(was, is)) findings.push(`${name}: ${sku} is not as it was made in the shop`);
        const differences = itemFindings({
          ...after,
          shop: [is],
          stripe: after.stripe.filter(({ variantId }) => variantId === is.variantId),
          ledger: after.ledger.filter(({ variantId }) => variantId === is.variantId),
        });
        if (differences.length > 0) findings.push(`${name}: ${differences.map(({ message }) => message).join('; ')}`);
      };
      for (const { name, sku, holds } of deeds) judge(name, sku, holds);
      for (const { name, sku, difference } of counts)
        judge(name, sku, (was, is) => supplyOf(is) === supplyOf(was) + difference);
      judge(raised.name, raised.sku, (was, is) => is.price === was.price + raised.cents);
      const started = deeds.length + counts.length + 1;
      const wrong = new Set(findings.map((finding) => finding.split(':', 1)[0]));
      return { started, completed: started - wrong.size, findings };
    };
  },
};
