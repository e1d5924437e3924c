/**
 * Items and their stock. What there would be had no order taken any is told by RecordStock, what orders took by
 * DecrementInventory: on hand is what remains. All commands about an item lie in one partition, in their order.
 */
import type { Database } from 'better-sqlite3';
import type { RecordStock, UpsertItem } from '../../schemas/generated/types.ts';

export const ITEM_TABLES = `
CREATE TABLE IF NOT EXISTS items (
  variant_id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL, sku TEXT, name TEXT NOT NULL, currency TEXT NOT NULL,
  price INTEGER NOT NULL, sale_price INTEGER, active INTEGER NOT NULL, stripe_product_id TEXT NOT NULL,
  command_id TEXT NOT NULL
) STRICT;
-- Each change of a supply, numbered by the shop; the highest number counts.
CREATE TABLE IF NOT EXISTS item_supplies (
  variant_id INTEGER NOT NULL, color TEXT NOT NULL, size TEXT NOT NULL, sequence INTEGER NOT NULL,
  supply INTEGER NOT NULL, change INTEGER NOT NULL, reason TEXT NOT NULL, version INTEGER, command_id TEXT NOT NULL,
  PRIMARY KEY (variant_id, color, size, sequence)
) STRICT;
CREATE VIEW IF NOT EXISTS item_supply AS
  SELECT variant_id, color, size, supply, version, max(sequence) AS sequence FROM item_supplies
  GROUP BY variant_id, color, size;
-- Lines of orders name no colour and no size: what is on hand is a variant's.
CREATE VIEW IF NOT EXISTS item_stock AS
  SELECT s.variant_id, sum(s.supply) AS supply,
    coalesce((SELECT -sum(m.quantity) FROM inventory_movements m WHERE m.variant_id = s.variant_id), 0) AS taken
  FROM item_supply s GROUP BY s.variant_id;
`;

/** Prepares the statements once. */
export const itemBook = (database: Database) => {
  const upsert = database.prepare(`
    INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (variant_id) DO UPDATE SET
      product_id = excluded.product_id, sku = excluded.sku, name = excluded.name, currency = excluded.currency,
      price = excluded.price, sale_price = excluded.sale_price, active = excluded.active,
      stripe_product_id = excluded.stripe_product_id, command_id = excluded.command_id`);
  const addSupply = database.prepare('INSERT INTO item_supplies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  return {
    upserted: ({ commandId, payload: p }: UpsertItem): void => {
      const facts = [p.productId, p.sku, p.name, p.currency, p.price, p.salePrice];
      upsert.run(p.variantId, ...facts, p.active ? 1 : 0, p.stripeProductId, commandId);
    },
    supplied: ({ commandId, payload: p }: RecordStock): void => {
      const { variantId, color, size, sequence, supply, change, reason, version } = p;
      addSupply.run(variantId, color ?? '', size ?? '', sequence, supply, change, reason, version, commandId);
    },
  };
};
