/**
 * What an order had taken off the stock is put back when it is ended, as the shop's own procedure does.
 * `InventoryWasReduced` says whether there is anything to put back; who calls this sets it to 0 in the same transaction.
 */
import { z } from 'zod';
import type { SqlConnection } from './connection.ts';
import { integer } from './parameters.ts';
import { putBack } from './shelf.ts';

const guard = z.object({ InventoryWasReduced: z.number().int() });
const line = z.object({
  ProductID: z.number().int(),
  VariantID: z.number().int(),
  Quantity: z.number().int(),
  ChosenColor: z.string().nullable(),
  ChosenSize: z.string().nullable(),
});

const SELECT_GUARD = 'SELECT InventoryWasReduced FROM dbo.Orders WHERE OrderNumber = @order';
const SELECT_LINES = `
SELECT ProductID, VariantID, Quantity, ChosenColor, ChosenSize FROM dbo.Orders_ShoppingCart
WHERE OrderNumber = @order ORDER BY VariantID`;

/** Locks what it changes, variants in their order. The order's row is locked already. */
export const returnStock = async (connection: SqlConnection, orderNumber: number): Promise<void> => {
  const order = { order: integer(orderNumber) };
  const [found] = await connection.query(SELECT_GUARD, order);
  if (found === undefined || guard.parse(found).InventoryWasReduced !== 1) return;
  for (const row of await connection.query(SELECT_LINES, order)) {
    const { ProductID: productId, VariantID: variantId, Quantity: quantity, ...chosen } = line.parse(row);
    // What the shop no longer counts anywhere has no shelf to go back to.
    await putBack(connection, { productId, variantId, quantity, ...chosen });
  }
};
