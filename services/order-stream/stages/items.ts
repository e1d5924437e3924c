/**
 * Joins variants with their products, in the order of the shop's log, and tells what is sold, for how much, and how much
 * of it is left. Rows of Inventory are keyed by their variant and need no join: they meet the item at its key.
 */
import type {
  InventoryEnvelope,
  ProductEnvelope,
  ProductRow,
  ProductVariantEnvelope,
} from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { input, type Stage, type StageContext } from '../../runtime/topology.ts';
import { itemKeyOf } from '../domain/items/names.ts';
import {
  type ItemTelling,
  noProduct,
  productTelling,
  productTold,
  sameVariant,
  type Source,
  stockRow,
  stockTelling,
  variantParts,
  withVariant,
} from '../domain/items/rows.ts';
import type { Policy } from '../domain/policy.ts';
import { type Envelope, moneyOf, placeOf, rowAfter } from '../sources/debezium.ts';
import { onRowChange } from './row-change.ts';

const sourceOf = (envelope: Envelope<unknown>, table: string, id: number): Source => {
  const place = placeOf(envelope) ?? '';
  return { factId: `adnsf:${table}:${id}@${place}`, place, occurredAt: envelope.source.ts_ms };
};

export const itemsStage = (application: string, schemas: Schemas, policy: Policy): Stage => {
  const products = schemas.store(application, 'product-rows');
  const stock = schemas.store(application, 'stock-rows');
  const items = schemas.topic('shopItems');

  const tell = (context: StageContext, { row, facts, refusals }: ItemTelling<ProductRow>): void => {
    for (const fact of facts) context.send(items, itemKeyOf(fact.variantId), fact);
    for (const { code, message } of refusals) context.deadLetter(code, message);
    if (facts.length === 0 && refusals.length === 0) context.count('ignored', 'unchanged_item');
    context.store(products).put(String(row.productId), row);
  };

  /** An image that a newer one has told of since. */
  const isLate = (known: string | null | undefined, place: string, context: StageContext): boolean => {
    if (known == null || known <= place) return false;
    context.count('ignored', 'superseded');
    return true;
  };

  const product = (envelope: ProductEnvelope, context: StageContext): void => {
    const after = rowAfter(envelope);
    const productId = (after ?? envelope.before)?.ProductID ?? 0;
    const known = context.store(products).get(String(productId)) ?? noProduct(productId);
    const source = sourceOf(envelope, 'Product', productId);
    if (isLate(known.place, source.place, context)) return;
    const told = after === null ? null : productTold(after);
    const next: ProductRow = { ...known, place: source.place, product: told };
    // A product is rewritten whenever somebody looks at it: what of it is refused was told when it came.
    if (JSON.stringify(told) === JSON.stringify(known.product)) {
      context.count('ignored', 'unchanged_item');
      context.store(products).put(String(productId), next);
    } else tell(context, productTelling(next, source, policy));
  };

  const variant = (envelope: ProductVariantEnvelope, context: StageContext): void => {
    const after = rowAfter(envelope);
    const row = after ?? envelope.before;
    const [productId, variantId] = [row?.ProductID ?? 0, row?.VariantID ?? 0];
    const known = context.store(products).get(String(productId)) ?? noProduct(productId);
    const before = known.variants.find((each) => each.variantId === variantId);
    const source = sourceOf(envelope, 'ProductVariant', variantId);
    if (isLate(before?.place, source.place, context) || row === null) return;
    const parts = { ...variantParts(row, source.place, moneyOf), gone: after === null };
    // A row that is gone is told with what was told of it, whatever its last image holds.
    const next = withVariant(known, after === null && before !== undefined ? { ...before, ...gone(parts) } : parts);
    const same =
      before !== undefined &&
      sameVariant(
        before,
        next.variants.find((each) => each.variantId === variantId)!,
      );
    if (same) {
      context.count('ignored', 'unchanged_item');
      context.store(products).put(String(productId), next);
    } else tell(context, productTelling(next, source, policy));
  };
  const gone = ({ place }: Readonly<{ place: string }>) => ({ place, gone: true });

  const inventory = (envelope: InventoryEnvelope, context: StageContext): void => {
    const after = rowAfter(envelope);
    const row = after ?? envelope.before;
    if (row === null) return;
    const key = String(row.InventoryID);
    const known = context.store(stock).get(key);
    const source = sourceOf(envelope, 'Inventory', row.InventoryID ?? 0);
    if (isLate(known?.place, source.place, context)) return;
    const next = stockRow(row, source.place, after === null);
    const facts = stockTelling(known, next, source);
    for (const fact of facts) context.send(items, itemKeyOf(fact.variantId), fact);
    if (facts.length === 0) context.count('ignored', 'unchanged_item');
    context.store(stock).put(key, next);
  };

  // Products first: rows of one snapshot share a place.
  return {
    name: 'items',
    inputs: [
      input({ topic: schemas.topic('products'), place: placeOf, process: onRowChange(product) }),
      input({ topic: schemas.topic('variants'), place: placeOf, process: onRowChange(variant) }),
      input({ topic: schemas.topic('stockRows'), place: placeOf, process: onRowChange(inventory) }),
    ],
    stores: [products, stock],
    outputs: [items],
  };
};
