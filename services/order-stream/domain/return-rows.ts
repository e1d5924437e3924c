/** A row of returns as a fact about its order, or why it cannot be one. */
import type { AssembledOrder, OrderReturn } from '../../../schemas/generated/types.ts';
import type { Refusal } from './assemble.ts';
import { instantOf } from './local-time.ts';
import { type Decimal, decimalText, InexactAmountError, minorUnits } from './money.ts';
import { AD_HOC_CREDIT, textOrNull } from './shop.ts';

/** How far a return has come. It goes forward only; of what contradicts itself people decide. */
const ranks: Readonly<Record<string, number>> = {
  REQUESTED: 10,
  APPROVED: 20,
  RECEIVED: 30,
  REJECTED: 40,
  REFUNDED: 50,
  CLOSED: 60,
};

export const returnRank = (state: string): number => (Object.hasOwn(ranks, state) ? ranks[state]! : 0);

/** Columns of dbo.Custom_OrderReturn, from the log or from the API. Times are local, as epoch milliseconds as if UTC. */
export type ReturnRow = Readonly<{
  returnId: number | null;
  rmaNumber: string | null;
  orderNumber: number | null;
  cartRecordId: number | null;
  variantId: number | null;
  quantity: number | null;
  reason: string | null;
  state: string | null;
  goodsExpected: boolean;
  restock: boolean;
  amount: Decimal | null;
  restockingFee: Decimal;
  creditOrderNumber: number | null;
  reference: string | null;
  requestedOn: bigint | null;
  approvedOn: bigint | null;
  receivedOn: bigint | null;
  refundedOn: bigint | null;
}>;

export type ReturnReading =
  Readonly<{ kind: 'told'; told: OrderReturn }> | Readonly<{ kind: 'refused'; refusal: Refusal }>;

const refuse = (code: string, message: string): ReturnReading => ({ kind: 'refused', refusal: { code, message } });

const nameOf = ({ returnId, rmaNumber, orderNumber }: ReturnRow): string =>
  `return ${returnId} (${rmaNumber ?? 'no RMA number'}) of order ${orderNumber}`;

/**
 * @param order as it was told last; undefined when none was
 * @param image where the row was read, and when it was so
 */
export const readReturn = (
  row: ReturnRow,
  order: AssembledOrder | undefined,
  timeZone: string,
  image: Readonly<{ place: string; factId: string; changedAt: bigint }>,
): ReturnReading => {
  const { returnId, orderNumber, quantity } = row;
  if (returnId === null || orderNumber === null)
    return refuse('return_incomplete', 'a row of returns has no OrderReturnID or no OrderNumber');
  const name = nameOf(row);
  if (order === undefined || order.transactionType === AD_HOC_CREDIT)
    return refuse(
      'return_unknown_order',
      `${name}: there is no such finished order of its customer; put OrderNumber or CustomerID of the row right`,
    );
  const state = row.state?.trim().toUpperCase() ?? '';
  if (returnRank(state) === 0)
    return refuse('return_unknown_state', `${name}: '${row.state ?? ''}' is none of ${Object.keys(ranks).join(', ')}`);
  const lines = order.lines.filter(
    (each) => each.cartRecordId === row.cartRecordId && each.variantId === row.variantId,
  );
  const [line] = lines;
  if (line === undefined)
    return refuse(
      'return_unknown_line',
      `${name}: the order has no line ${row.cartRecordId ?? 'NULL'} of variant ${row.variantId ?? 'NULL'}`,
    );
  const bought = lines.reduce((sum, each) => sum + each.quantity, 0);
  if (quantity === null || quantity < 1 || quantity > bought)
    return refuse(
      'return_quantity',
      `${name}: ${quantity ?? 'NULL'} of ${bought} come back of variant ${line.variantId}`,
    );
  const { currency } = order;
  const instant = (local: bigint | null): bigint | null => (local === null ? null : instantOf(local, timeZone));
  try {
    const amount = row.amount === null ? null : minorUnits(row.amount, currency);
    const restockingFee = minorUnits(row.restockingFee, currency);
    if (amount !== null && amount < 0n)
      return refuse('return_negative_amount', `${name}: ${decimalText(row.amount!)} ${currency} cannot be paid back`);
    if (restockingFee < 0n)
      return refuse('return_negative_amount', `${name}: a fee of ${decimalText(row.restockingFee)} ${currency}`);
    return {
      kind: 'told',
      told: {
        factId: image.factId,
        orderId: order.orderId,
        orderNumber,
        returnId,
        rmaNumber: textOrNull(row.rmaNumber) ?? String(returnId),
        place: image.place,
        changedAt: image.changedAt,
        state,
        lines: [
          {
            cartRecordId: line.cartRecordId,
            productId: line.productId,
            variantId: line.variantId,
            sku: line.sku,
            quantity,
          },
        ],
        reason: textOrNull(row.reason),
        goodsExpected: row.goodsExpected,
        restock: row.restock,
        amount,
        restockingFee,
        currency,
        creditOrderNumber: row.creditOrderNumber,
        reference: textOrNull(row.reference),
        requestedAt: instant(row.requestedOn),
        approvedAt: instant(row.approvedOn),
        receivedAt: instant(row.receivedOn),
        refundedAt: instant(row.refundedOn),
      },
    };
  } catch (error) {
    if (error instanceof InexactAmountError) return refuse(error.code, `${name}: ${error.message}`);
    throw error;
  }
};

/**
 * A return stays with the order that it was told of first: that one may have paid it back. `before`: as it was told last.
 */
export const stayedReturn = (reading: ReturnReading, before: OrderReturn | null): ReturnReading =>
  reading.kind === 'told' && before !== null && before.orderId !== reading.told.orderId
    ? refuse(
        'return_moved',
        `return ${before.returnId} (${before.rmaNumber}) was of order ${before.orderId} and is of order ${reading.told.orderId} now: put OrderNumber back, reject it, and write it as a return of its own`,
      )
    : reading;

/** Whether two images of a return say the same, wherever they were read. */
export const sameReturn = (left: OrderReturn, right: OrderReturn): boolean => {
  const meaning = (told: OrderReturn): string =>
    JSON.stringify({ ...told, factId: null, place: null, changedAt: null }, (_key, value: unknown) =>
      typeof value === 'bigint' ? value.toString() : value,
    );
  return meaning(left) === meaning(right);
};
