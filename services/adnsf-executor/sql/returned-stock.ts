/**
 * What an order had taken off the stock is put back when it is ended, as the shop's own procedure does: by variant, or by
 * colour and size where the product is counted so. `InventoryWasReduced` says whether there is anything to put back; who
 * calls this sets it to 0 in the same transaction.
 */
import { TYPES } from 'tedious';
import { z } from 'zod';
import type { Parameter, SqlConnection } from './connection.ts';

const integer = (value: number): Parameter => ({ type: TYPES.Int, value });
const text = (value: string): Parameter => ({ type: TYPES.NVarChar, value });

const guard = z.object({ InventoryWasReduced: z.number().int() });
const line = z.object({
  VariantID: z.number().int(),
  Quantity: z.number().int(),
  ChosenColor: z.string().nullable(),
  ChosenSize: z.string().nullable(),
  TrackInventoryBySizeAndColor: z.number().int().nullable(),
  TrackInventoryBySize: z.number().int().nullable(),
  TrackInventoryByColor: z.number().int().nullable(),
});

const SELECT_GUARD = 'SELECT InventoryWasReduced FROM dbo.Orders WHERE OrderNumber = @order';
const SELECT_LINES = `
SELECT l.VariantID, l.Quantity, l.ChosenColor, l.ChosenSize,
  p.TrackInventoryBySizeAndColor, p.TrackInventoryBySize, p.TrackInventoryByColor
FROM dbo.Orders_ShoppingCart l LEFT JOIN dbo.Product p ON p.ProductID = l.ProductID
WHERE l.OrderNumber = @order ORDER BY l.VariantID`;
const BY_VARIANT = 'UPDATE dbo.ProductVariant SET Inventory = Inventory + @quantity WHERE VariantID = @variant';
const BY_COLOUR_AND_SIZE = `
UPDATE dbo.Inventory SET Quan = Quan + @quantity
WHERE VariantID = @variant AND ISNULL(Color, N'') = @color AND ISNULL(Size, N'') = @size`;

/** An option as it was chosen may carry what it costs: `Large[+5.00]`. */
const optionOf = (chosen: string | null, counted: number | null): string =>
  counted === 1 ? (chosen ?? '').replace(/\s*\[.*$/, '').trim() : '';

/** Locks what it changes, variants in their order. The order's row is locked already. */
export const returnStock = async (connection: SqlConnection, orderNumber: number): Promise<void> => {
  const order = { order: integer(orderNumber) };
  const [found] = await connection.query(SELECT_GUARD, order);
  if (found === undefined || guard.parse(found).InventoryWasReduced !== 1) return;
  for (const row of await connection.query(SELECT_LINES, order)) {
    const { VariantID, Quantity, ...product } = line.parse(row);
    const what = { variant: integer(VariantID), quantity: integer(Quantity) };
    if (product.TrackInventoryBySizeAndColor === 1)
      await connection.query(BY_COLOUR_AND_SIZE, {
        ...what,
        color: text(optionOf(product.ChosenColor, product.TrackInventoryByColor)),
        size: text(optionOf(product.ChosenSize, product.TrackInventoryBySize)),
      });
    else await connection.query(BY_VARIANT, what);
  }
};
