/** A return as the shop's API tells it, as the order stream knows returns: by the very rules of its assembly. */
import { z } from 'zod';
import type { AssembledOrder } from '../../../schemas/generated/types.ts';
import { instantOf } from '../../order-stream/domain/local-time.ts';
import { decimalFromText } from '../../order-stream/domain/money.ts';
import type { Policy } from '../../order-stream/domain/policy.ts';
import { readReturn, type ReturnReading } from '../../order-stream/domain/return-rows.ts';
import { amount, local } from './snapshot.ts';

const text = z.string().nullable();

export const returnBody = z.object({
  returnId: z.number().int(),
  rmaNumber: z.string(),
  orderNumber: z.number().int(),
  cartRecordId: z.number().int(),
  variantId: z.number().int(),
  quantity: z.number().int(),
  reasonCode: text,
  state: z.string(),
  goodsExpected: z.boolean(),
  restock: z.boolean(),
  refundAmount: amount.nullable(),
  restockingFee: amount,
  refundOrderNumber: z.number().int().nullable(),
  refundReference: text,
  approvedOn: local.nullable(),
  receivedOn: local.nullable(),
  refundedOn: local.nullable(),
  createdOn: local,
  updatedOn: local,
});
export type ReturnBody = z.output<typeof returnBody>;

export const returnPage = z.object({ data: z.array(returnBody), next: z.number().int().nullable() });

const epoch = (written: string): bigint => BigInt(Date.parse(`${written}Z`));
const epochOrNull = (written: string | null): bigint | null => (written === null ? null : epoch(written));

/** `order`: as it was read just now; undefined when the shop has no such order, or checkout still writes it. */
export const returnIn = (given: ReturnBody, order: AssembledOrder | undefined, policy: Policy): ReturnReading => {
  const timeZone = policy.stores[String(order?.storeId)]?.timeZone ?? 'UTC';
  return readReturn(
    {
      returnId: given.returnId,
      rmaNumber: given.rmaNumber,
      orderNumber: given.orderNumber,
      cartRecordId: given.cartRecordId,
      variantId: given.variantId,
      quantity: given.quantity,
      reason: given.reasonCode,
      state: given.state,
      goodsExpected: given.goodsExpected,
      restock: given.restock,
      amount: given.refundAmount === null ? null : decimalFromText(given.refundAmount),
      restockingFee: decimalFromText(given.restockingFee),
      creditOrderNumber: given.refundOrderNumber,
      reference: given.refundReference,
      requestedOn: epoch(given.createdOn),
      approvedOn: epochOrNull(given.approvedOn),
      receivedOn: epochOrNull(given.receivedOn),
      refundedOn: epochOrNull(given.refundedOn),
    },
    order,
    timeZone,
    {
      // Not from the shop's log: before any place of it.
      place: '',
      factId: `adnsf:Custom_OrderReturn:${given.returnId}@${given.updatedOn}`,
      changedAt: instantOf(epoch(given.updatedOn), timeZone),
    },
  );
};
