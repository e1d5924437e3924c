import type {
  LinkPayment,
  MarkOrderAuthorized,
  MarkOrderPaid,
  MarkShipped,
  RecordDispute,
  RecordPaymentDecline,
  RecordRefund,
  RecordRefundRefusal,
  RecordReturnRefunded,
  RestockReturn,
  ReverseRefund,
  ReverseReturnRefund,
  VoidOrder,
} from '../../../schemas/generated/types.ts';

export const STORES = {
  '1': { currency: 'USD', timeZone: 'America/New_York' },
  '2': { currency: 'JPY', timeZone: 'Asia/Tokyo' },
};

/** 2026-07-01 12:34:56.789 UTC, which is 08:34:56.789 in New York. */
export const PAID_AT = BigInt(Date.UTC(2026, 6, 1, 12, 34, 56, 789));

const about = (orderNumber: number, intent: string, n: number) => ({
  commandId: `${orderNumber}/${intent}/${n}`,
  orderId: String(orderNumber),
  target: 'adnsf' as const,
  causationId: 'evt_1',
  occurredAt: PAID_AT,
  workflow: 'collect@1',
});

export const linkPayment = (orderNumber: number, paymentIntentId = 'pi_1', n = 1): LinkPayment => ({
  ...about(orderNumber, 'link-payment', n),
  type: 'LinkPayment',
  payload: { orderNumber, paymentIntentId, gateway: 'STRIPE' },
});

export const markOrderPaid = (
  orderNumber: number,
  over: Partial<MarkOrderPaid['payload']> = {},
  n = 1,
): MarkOrderPaid => ({
  ...about(orderNumber, 'mark-order-paid', n),
  type: 'MarkOrderPaid',
  payload: {
    orderNumber,
    paymentIntentId: 'pi_1',
    chargeId: 'ch_1',
    amount: 12_345n,
    currency: 'USD',
    paidAt: PAID_AT,
    ...over,
  },
});

export const recordDecline = (orderNumber: number, n = 1): RecordPaymentDecline => ({
  ...about(orderNumber, 'record-payment-decline', n),
  type: 'RecordPaymentDecline',
  payload: {
    orderNumber,
    paymentIntentId: 'pi_1',
    chargeId: 'ch_1',
    code: 'card_declined',
    declineCode: 'insufficient_funds',
    message: 'Your card has\ninsufficient funds.',
    declinedAt: PAID_AT,
  },
});

/** `refunded`: of the order of 123.45, by then. */
const refund = (orderNumber: number, amount: bigint, refunded: bigint, refundId: string) => ({
  orderNumber,
  refundId,
  paymentIntentId: 'pi_1',
  chargeId: 'ch_1',
  amount,
  currency: 'USD',
  refunded,
});

export const recordRefund = (
  orderNumber: number,
  amount = 12_345n,
  refunded = amount,
  over: Partial<RecordRefund['payload']> = {},
): RecordRefund => {
  const payload = {
    ...refund(orderNumber, amount, refunded, 're_1'),
    reason: 'duplicate',
    refundedAt: PAID_AT,
    requestedBy: null,
    ...over,
  };
  return {
    ...about(orderNumber, 'record-refund', 1),
    commandId: `${orderNumber}/record-refund/${payload.refundId}`,
    type: 'RecordRefund',
    payload,
  };
};

export const reverseRefund = (
  orderNumber: number,
  amount = 12_345n,
  refunded = 0n,
  over: Partial<ReverseRefund['payload']> = {},
): ReverseRefund => {
  const reason = 'expired_or_canceled_card';
  const payload = { ...refund(orderNumber, amount, refunded, 're_1'), reason, reversedAt: PAID_AT, ...over };
  return {
    ...about(orderNumber, 'reverse-refund', 1),
    commandId: `${orderNumber}/reverse-refund/${payload.refundId}`,
    type: 'ReverseRefund',
    payload,
  };
};

export const recordDispute = (
  orderNumber: number,
  status = 'needs_response',
  over: Partial<RecordDispute['payload']> = {},
): RecordDispute => ({
  ...about(orderNumber, 'record-dispute', 1),
  commandId: `${orderNumber}/record-dispute/du_1/${status}`,
  type: 'RecordDispute',
  payload: {
    orderNumber,
    disputeId: 'du_1',
    paymentIntentId: 'pi_1',
    chargeId: 'ch_1',
    status,
    amount: 12_345n,
    currency: 'USD',
    reason: 'fraudulent',
    evidenceDueAt: PAID_AT + 86_400_000n,
    toldAt: PAID_AT,
    ...over,
  },
});

export const recordRefundRefusal = (
  orderNumber: number,
  over: Partial<RecordRefundRefusal['payload']> = {},
): RecordRefundRefusal => ({
  ...about(orderNumber, 'record-refund-refusal', 1),
  commandId: `${orderNumber}/record-refund-refusal/credit-100200`,
  type: 'RecordRefundRefusal',
  payload: {
    orderNumber,
    request: 'credit-100200',
    paymentIntentId: 'pi_1',
    amount: 345n,
    currency: 'USD',
    code: 'charge_disputed',
    message: 'The charge has been\ncharged back.',
    refusedAt: PAID_AT,
    ...over,
  },
});

export const markOrderAuthorized = (
  orderNumber: number,
  over: Partial<MarkOrderAuthorized['payload']> = {},
): MarkOrderAuthorized => ({
  ...about(orderNumber, 'mark-authorized', 1),
  type: 'MarkOrderAuthorized',
  payload: {
    orderNumber,
    paymentIntentId: 'pi_1',
    chargeId: 'ch_1',
    amount: 12_345n,
    currency: 'USD',
    authorizedAt: PAID_AT,
    ...over,
  },
});

export const markShippedCommand = (orderNumber: number, over: Partial<MarkShipped['payload']> = {}): MarkShipped => ({
  ...about(orderNumber, 'mark-shipped', 1),
  type: 'MarkShipped',
  payload: { orderNumber, carrier: 'UPS', trackingNumbers: ['1Z1', '1Z2'], shippedAt: PAID_AT, ...over },
});

export const voidOrder = (orderNumber: number, over: Partial<VoidOrder['payload']> = {}): VoidOrder => ({
  ...about(orderNumber, 'void-order', 1),
  type: 'VoidOrder',
  payload: { orderNumber, paymentIntentId: 'pi_1', reason: 'automatic', canceledAt: PAID_AT, ...over },
});

export const recordReturnRefunded = (
  orderNumber: number,
  returnId: number,
  over: Partial<RecordReturnRefunded['payload']> = {},
): RecordReturnRefunded => {
  const payload = {
    orderNumber,
    returnId,
    refundId: 're_1',
    amount: 981n,
    currency: 'USD',
    refundedAt: PAID_AT,
    ...over,
  };
  return {
    ...about(orderNumber, 'record-return-refunded', 1),
    commandId: `${orderNumber}/record-return-refunded/${payload.refundId}`,
    type: 'RecordReturnRefunded',
    payload,
  };
};

export const reverseReturnRefund = (
  orderNumber: number,
  returnId: number,
  over: Partial<ReverseReturnRefund['payload']> = {},
): ReverseReturnRefund => {
  const reason = 'expired_or_canceled_card';
  const payload = {
    orderNumber,
    returnId,
    refundId: 're_1',
    amount: 981n,
    currency: 'USD',
    reason,
    reversedAt: PAID_AT,
    ...over,
  };
  return {
    ...about(orderNumber, 'reverse-return-refund', 1),
    commandId: `${orderNumber}/reverse-return-refund/${payload.refundId}`,
    type: 'ReverseReturnRefund',
    payload,
  };
};

export const restockReturn = (
  orderNumber: number,
  returnId: number,
  over: Partial<RestockReturn['payload']> = {},
): RestockReturn => ({
  ...about(orderNumber, 'restock-return', returnId),
  type: 'RestockReturn',
  payload: {
    orderNumber,
    returnId,
    cartRecordId: 7,
    productId: 1,
    variantId: 2,
    quantity: 1,
    receivedAt: PAID_AT,
    ...over,
  },
});
