import type { NotifyCustomer } from '../../../schemas/generated/types.ts';

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
