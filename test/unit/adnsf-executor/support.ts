import type { LinkPayment, MarkOrderPaid, RecordPaymentDecline } from '../../../schemas/generated/types.ts';

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
