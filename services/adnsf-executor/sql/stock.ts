/** The stock of a variant in the shop's tables: what is left, what orders hold, and what it counted as before. */
import { TYPES } from 'tedious';
import { z } from 'zod';
import { countedAs, isCountedByOption } from '../../order-stream/domain/items/names.ts';
import { PoisonError } from '../../runtime/errors.ts';
import type { StockChange, StockPlace, StockRow } from '../domain/stock.ts';
import type { SqlConnection } from './connection.ts';
import { integer, text } from './parameters.ts';
import { countingOf } from './shelf.ts';

/**
 * The lock comes first and is on what checkouts change: an order has taken its units and says so, or neither. Should a
 * checkout wait for us while we wait for it, the shop goes on, and we try again.
 */
const SELECT_VARIANT = `SET DEADLOCK_PRIORITY LOW;
SELECT ProductID, Inventory FROM dbo.ProductVariant WITH (UPDLOCK, ROWLOCK) WHERE VariantID = @variant`;
const SELECT_ROWS = `
SELECT InventoryID, Quan FROM dbo.Inventory WITH (UPDLOCK, ROWLOCK)
WHERE VariantID = @variant AND COALESCE(Color, N'') = @color AND COALESCE(Size, N'') = @size`;
const SELECT_MARK = `
SELECT Sequence, Supply, CONVERT(varchar(20), Version) AS Version, OrdersFrom FROM dbo.Millrace_ItemSupply
WHERE VariantID = @variant AND Color = @color AND Size = @size`;
const SELECT_HELD = `
SELECT l.ChosenColor, l.ChosenSize, SUM(l.Quantity) AS Units
FROM dbo.Orders_ShoppingCart l JOIN dbo.Orders o ON o.OrderNumber = l.OrderNumber
WHERE l.VariantID = @variant AND o.InventoryWasReduced = 1 AND o.OrderNumber >= @from
GROUP BY l.ChosenColor, l.ChosenSize`;
/** Of what an order holds, what came back and is on the shelf again. */
const SELECT_RESTOCKED = `
SELECT r.OrderNumber, r.ShoppingCartRecID, r.Quantity
FROM dbo.Custom_OrderReturn r JOIN dbo.Orders o ON o.OrderNumber = r.OrderNumber
WHERE r.VariantID = @variant AND r.RestockedOn IS NOT NULL AND o.InventoryWasReduced = 1 AND o.OrderNumber >= @from`;
const SELECT_CHOSEN = `
SELECT TOP (1) ChosenColor, ChosenSize FROM dbo.Orders_ShoppingCart
WHERE OrderNumber = @order AND ShoppingCartRecID = @cart AND VariantID = @variant`;

const SET_LEVEL = `
UPDATE dbo.ProductVariant SET Inventory = @level WHERE VariantID = @variant AND Inventory = @before;
SELECT @@ROWCOUNT AS Changed`;
const SET_ROW_LEVEL = `
UPDATE dbo.Inventory SET Quan = @level
WHERE VariantID = @variant AND COALESCE(Color, N'') = @color AND COALESCE(Size, N'') = @size AND Quan = @before;
SELECT @@ROWCOUNT AS Changed`;
const ADD_MARK = `
INSERT INTO dbo.Millrace_ItemSupply (VariantID, Color, Size, Sequence, Supply, Version, OrdersFrom)
VALUES (@variant, @color, @size, @sequence, @supply, @version, @from)`;
const SET_MARK = `
UPDATE dbo.Millrace_ItemSupply SET Sequence = @sequence, Supply = @supply, Version = @version, OrdersFrom = @from
WHERE VariantID = @variant AND Color = @color AND Size = @size AND Sequence = @sequence - 1`;

const variantRow = z.object({ ProductID: z.number().int(), Inventory: z.number().int() });
const levelRow = z.object({ InventoryID: z.number().int(), Quan: z.number().int() });
const nullableText = z.string().nullable();
const heldRow = z.object({ ChosenColor: nullableText, ChosenSize: nullableText, Units: z.number().int() });
const restockedRow = z.object({
  OrderNumber: z.number().int(),
  ShoppingCartRecID: z.number().int(),
  Quantity: z.number().int(),
});
const chosenRow = z.object({ ChosenColor: nullableText, ChosenSize: nullableText });
const markRow = z.object({
  Sequence: z.number().int(),
  Supply: z.number().int(),
  Version: nullableText,
  OrdersFrom: z.number().int(),
});
const changedRow = z.object({ Changed: z.number().int() });

const placeOf = ({ variantId, color, size }: StockPlace) => ({
  variant: integer(variantId),
  color: text(color ?? ''),
  size: text(size ?? ''),
});

const same = (left: string | null, right: string | null): boolean =>
  (left ?? '').toLowerCase() === (right ?? '').toLowerCase();

/**
 * Reads the stock and keeps others from changing it until the transaction ends; undefined when there is no such variant.
 * @param ordersFrom the first order whose units count as held; null: as it was counted before
 */
export const readStock = async (
  connection: SqlConnection,
  place: StockPlace,
  ordersFrom: number | null,
): Promise<StockRow | undefined> => {
  const named = placeOf(place);
  const [found] = await connection.query(SELECT_VARIANT, { variant: named.variant });
  if (found === undefined) return undefined;
  const variant = variantRow.parse(found);
  const counting = await countingOf(connection, variant.ProductID);
  const optioned = isCountedByOption(counting);
  const rows = optioned ? (await connection.query(SELECT_ROWS, named)).map((row) => levelRow.parse(row)) : [];
  if (rows.length > 1)
    throw new PoisonError(
      'stock_ambiguous',
      `variant ${place.variantId} has ${rows.length} rows in Inventory of one colour and size: ${rows.map(({ InventoryID }) => InventoryID).join(', ')}`,
    );
  const [marked] = await connection.query(SELECT_MARK, named);
  const known = marked && markRow.parse(marked);
  const from = ordersFrom ?? known?.OrdersFrom ?? 0;
  const orders = { variant: named.variant, from: integer(from) };
  const isOfPlace = (chosen: z.output<typeof chosenRow>): boolean => {
    const { color, size } = countedAs(counting, chosen);
    return !optioned || (same(color, place.color) && same(size, place.size));
  };
  let held = (await connection.query(SELECT_HELD, orders))
    .map((row) => heldRow.parse(row))
    .filter(isOfPlace)
    .reduce((sum, { Units }) => sum + Units, 0);
  for (const row of await connection.query(SELECT_RESTOCKED, orders)) {
    const { OrderNumber, ShoppingCartRecID, Quantity } = restockedRow.parse(row);
    const line = { order: integer(OrderNumber), cart: integer(ShoppingCartRecID), variant: named.variant };
    const [chosen] = await connection.query(SELECT_CHOSEN, line);
    if (chosen !== undefined && isOfPlace(chosenRow.parse(chosen))) held -= Quantity;
  }
  return {
    ...place,
    level: optioned ? (rows[0]?.Quan ?? null) : variant.Inventory,
    held,
    optioned,
    mark:
      known === undefined
        ? null
        : {
            sequence: known.Sequence,
            supply: known.Supply,
            version: known.Version === null ? null : BigInt(known.Version),
            ordersFrom: known.OrdersFrom,
          },
  };
};

/** @returns whether the stock was still as it was read */
export const writeStock = async (connection: SqlConnection, row: StockRow, change: StockChange): Promise<boolean> => {
  const named = placeOf(row);
  const { level, mark } = change;
  if (row.level !== null && level !== row.level) {
    const units = { level: integer(level), before: integer(row.level) };
    const [answer] = row.optioned
      ? await connection.query(SET_ROW_LEVEL, { ...named, ...units })
      : await connection.query(SET_LEVEL, { variant: named.variant, ...units });
    if (changedRow.parse(answer).Changed !== 1) return false;
  }
  await connection.query(row.mark === null ? ADD_MARK : SET_MARK, {
    ...named,
    sequence: integer(mark.sequence),
    supply: integer(mark.supply),
    // 64 bits do not fit the driver's numbers.
    version: { type: TYPES.BigInt, value: mark.version === null ? null : String(mark.version) },
    from: integer(mark.ordersFrom),
  });
  return true;
};
