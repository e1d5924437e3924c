import type { NotifyCustomer, NotifyMerchant } from '../../../schemas/generated/types.ts';

/** The notice of a declined payment. */
export const notice = (orderId = '100123', payload: Partial<NotifyCustomer['payload']> = {}): NotifyCustomer => ({
  commandId: `${orderId}/notify-decline/ch_1`,
  orderId,
  type: 'NotifyCustomer',
  target: 'notifications',
  causationId: 'evt_1',
  occurredAt: 1_760_000_000_000n,
  workflow: 'order-to-cash@1',
  payload: {
    template: 'payment_declined',
    email: 'ada@example.com',
    name: 'Ada Byron',
    data: { order_number: orderId, reason: 'Your card has insufficient funds.' },
    ...payload,
  },
});

/** That a dispute was lost. */
export const merchantNotice = (audience: string, orderId = '100123'): NotifyMerchant => ({
  commandId: `${orderId}/notify-dispute/du_1/lost/${audience}`,
  orderId,
  type: 'NotifyMerchant',
  target: 'notifications',
  causationId: 'evt_1',
  occurredAt: 1_760_000_000_000n,
  workflow: 'disputes@1',
  payload: {
    audience,
    template: 'dispute_status',
    data: {
      order_number: orderId,
      dispute: 'du_1',
      status: 'lost',
      amount: '12.00',
      currency: 'USD',
      reason: 'fraudulent',
    },
  },
});
