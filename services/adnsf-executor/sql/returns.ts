/** What comes back, in the shop's own table of returns. */
import { z } from 'zod';
import { isCountedByOption } from '../../order-stream/domain/items/names.ts';
import type { ReturnChange, ReturnRow } from '../domain/returns.ts';
import type { Parameter, SqlConnection } from './connection.ts';
import { integer, localTime, text } from './parameters.ts';
import { countingOf, putBack } from './shelf.ts';

const changedRow = z.object({ Changed: z.number().int() });
const nullableText = z.string().nullable();

const SELECT_RETURN = `
SELECT OrderReturnID, OrderNumber, ReturnState, CONVERT(varchar(40), RefundAmount, 2) AS RefundAmount, RefundReference,
  ReceivedOn, RestockedOn
FROM dbo.Custom_OrderReturn WITH (UPDLOCK, ROWLOCK) WHERE OrderReturnID = @return`;
const SELECT_STOCK_TAKEN = `
SELECT StoreID, InventoryWasReduced FROM dbo.Orders WITH (UPDLOCK, ROWLOCK) WHERE OrderNumber = @order`;

const updateReturns = (assignments: string): string => `
UPDATE dbo.Custom_OrderReturn SET ${assignments} WHERE OrderReturnID = @return AND ReturnState = @state
  AND (RefundReference = @before OR (RefundReference IS NULL AND @before IS NULL));
SELECT @@ROWCOUNT AS Changed`;
const ADD_RETURN_NOTE = `Notes = CASE WHEN Notes IS NULL THEN @note ELSE Notes + NCHAR(13) + NCHAR(10) + @note END`;
const RETURN_REFUNDED = updateReturns(
  `ReturnState = N'REFUNDED', RefundAmount = CAST(@amount AS money), RefundReference = @reference, RefundedOn = @on,
   ${ADD_RETURN_NOTE}`,
);
const RETURN_UNREFUNDED = updateReturns(
  `ReturnState = @after, RefundReference = NULL, RefundedOn = NULL, ${ADD_RETURN_NOTE}`,
);
const RETURN_NOTED = updateReturns(ADD_RETURN_NOTE);
const RETURN_RESTOCKED = updateReturns('RestockedOn = @on');

const SELECT_CHOSEN = `
SELECT TOP (1) ChosenColor, ChosenSize FROM dbo.Orders_ShoppingCart
WHERE OrderNumber = @order AND ShoppingCartRecID = @cart AND VariantID = @variant`;
const returnRow = z.object({
  OrderReturnID: z.number().int(),
  OrderNumber: z.number().int(),
  ReturnState: z.string(),
  RefundAmount: z.string().nullable(),
  RefundReference: z.string().nullable(),
  ReceivedOn: z.date().nullable(),
  RestockedOn: z.date().nullable(),
});
const stockTakenRow = z.object({ StoreID: z.number().int(), InventoryWasReduced: z.number().int() });
const chosenRow = z.object({ ChosenColor: nullableText, ChosenSize: nullableText });

/** The row, locked, with its order; undefined when either is not there. */
export const readReturn = async (connection: SqlConnection, returnId: number): Promise<ReturnRow | undefined> => {
  const [found] = await connection.query(SELECT_RETURN, { return: integer(returnId) });
  if (!found) return undefined;
  const row = returnRow.parse(found);
  const [order] = await connection.query(SELECT_STOCK_TAKEN, { order: integer(row.OrderNumber) });
  if (!order) return undefined;
  const { StoreID, InventoryWasReduced } = stockTakenRow.parse(order);
  return {
    returnId,
    orderNumber: row.OrderNumber,
    storeId: StoreID,
    state: row.ReturnState,
    amount: row.RefundAmount,
    reference: row.RefundReference,
    received: row.ReceivedOn !== null,
    restocked: row.RestockedOn !== null,
    stockTaken: InventoryWasReduced === 1,
  };
};

/** Puts units of a line that came back on the shelf. @returns whether there is one */
const restock = async (
  connection: SqlConnection,
  { orderNumber }: ReturnRow,
  { productId, variantId, cartRecordId, quantity }: Extract<ReturnChange, { kind: 'restocked' }>,
): Promise<boolean> => {
  const line = { order: integer(orderNumber), cart: integer(cartRecordId), variant: integer(variantId) };
  const [bought] = await connection.query(SELECT_CHOSEN, line);
  // Without the line nobody knows which colour and size came back.
  if (bought === undefined && isCountedByOption(await countingOf(connection, productId))) return false;
  const chosen = bought === undefined ? { ChosenColor: null, ChosenSize: null } : chosenRow.parse(bought);
  return putBack(connection, { productId, variantId, quantity, ...chosen });
};

/** @returns whether it was still as it was read; `no_shelf`: what came back is counted nowhere */
export const writeReturn = async (
  connection: SqlConnection,
  row: ReturnRow,
  change: ReturnChange,
): Promise<boolean | 'no_shelf'> => {
  const which = { return: integer(row.returnId), state: text(row.state), before: text(row.reference) };
  const changed = async (statement: string, more: Readonly<Record<string, Parameter>>): Promise<boolean> =>
    changedRow.parse((await connection.query(statement, { ...which, ...more }))[0]).Changed === 1;
  switch (change.kind) {
    case 'refunded':
      return changed(RETURN_REFUNDED, {
        amount: text(change.amount),
        reference: text(change.reference),
        on: localTime(change.on),
        note: text(change.note),
      });
    case 'unrefunded':
      return changed(RETURN_UNREFUNDED, { after: text(change.state), note: text(change.note) });
    case 'noted':
      return changed(RETURN_NOTED, { note: text(change.note) });
    case 'restocked':
      if (!(await restock(connection, row, change))) return 'no_shelf';
      return changed(RETURN_RESTOCKED, { on: localTime(change.on) });
  }
};
