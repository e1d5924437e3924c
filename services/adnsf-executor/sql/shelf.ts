/** Where the shop counts the units of an article: in its variant, or in rows of colour and size. */
import { z } from 'zod';
import { type Chosen, type Counting, countedAs, isCountedByOption } from '../../order-stream/domain/items/names.ts';
import type { SqlConnection } from './connection.ts';
import { integer, text } from './parameters.ts';

const SELECT_COUNTING = `
SELECT TrackInventoryBySizeAndColor, TrackInventoryBySize, TrackInventoryByColor FROM dbo.Product WHERE ProductID = @product`;
const ADD_TO_VARIANT = `
UPDATE dbo.ProductVariant SET Inventory = Inventory + @quantity WHERE VariantID = @variant;
SELECT @@ROWCOUNT AS Changed`;
const ADD_TO_ROW = `
UPDATE dbo.Inventory SET Quan = Quan + @quantity
WHERE VariantID = @variant AND COALESCE(Color, N'') = @color AND COALESCE(Size, N'') = @size;
SELECT @@ROWCOUNT AS Changed`;

const flag = z.number().int().nullable();
const countingRow = z.object({
  TrackInventoryBySizeAndColor: flag,
  TrackInventoryBySize: flag,
  TrackInventoryByColor: flag,
});
const changedRow = z.object({ Changed: z.number().int() });

/** A product that is not there any more is counted in its variant. */
const gone: Counting = { TrackInventoryBySizeAndColor: 0, TrackInventoryBySize: 0, TrackInventoryByColor: 0 };

export const countingOf = async (connection: SqlConnection, productId: number): Promise<Counting> => {
  const [found] = await connection.query(SELECT_COUNTING, { product: integer(productId) });
  return found === undefined ? gone : countingRow.parse(found);
};

/** Units of a line of an order, as it was chosen. */
export type LineUnits = Readonly<{ productId: number; variantId: number; quantity: number }> & Chosen;

/** Puts units back where they were taken from. @returns whether the shop counts them anywhere */
export const putBack = async (connection: SqlConnection, line: LineUnits): Promise<boolean> => {
  const counting = await countingOf(connection, line.productId);
  const units = { variant: integer(line.variantId), quantity: integer(line.quantity) };
  const { color, size } = countedAs(counting, line);
  const [answer] = isCountedByOption(counting)
    ? await connection.query(ADD_TO_ROW, { ...units, color: text(color ?? ''), size: text(size ?? '') })
    : await connection.query(ADD_TO_VARIANT, units);
  return changedRow.parse(answer).Changed >= 1;
};
