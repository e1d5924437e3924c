import { describe, expect, it } from 'vitest';
import type { RecordRecurringEnd, RecordRecurringPayment } from '../../../schemas/generated/types.ts';
import { decide } from '../../../services/adnsf-executor/domain/decide.ts';
import type { OrderRow } from '../../../services/adnsf-executor/domain/order-row.ts';

const store = { currency: 'USD', timeZone: 'America/New_York' };
const row: OrderRow = {
  orderNumber: 100_123,
  storeId: 1,
  state: 'Captured',
  paymentReference: 'pi_first',
  total: '19.9900',
  couponType: 0,
  couponAmount: null,
  shipped: false,
};
const about = {
  orderId: 'invoice:in_1',
  target: 'adnsf',
  causationId: 'evt_1',
  occurredAt: 0n,
  workflow: 'x@1',
} as const;
const paid = (over: Partial<RecordRecurringPayment['payload']> = {}): RecordRecurringPayment => ({
  ...about,
  commandId: 'invoice:in_1/record-recurring-payment/pi_2',
  type: 'RecordRecurringPayment',
  payload: {
    orderNumber: 100_123,
    subscriptionId: 'sub_1',
    invoiceId: 'in_1',
    invoiceNumber: 'ACME-0002',
    amount: 2_164n,
    currency: 'USD',
    paidAt: BigInt(Date.parse('2026-10-15T14:00:00Z')),
    periodEnd: BigInt(Date.parse('2026-11-15T15:00:00Z')),
    ...over,
  },
});

describe('what Stripe collects for a subscription', () => {
  it('is a note on the order it goes on from, whose state and payment stay', () => {
    expect(decide(paid(), row, store)).toEqual({
      kind: 'apply',
      change: {
        kind: 'noted',
        note: expect.stringMatching(
          /^2026-10-15 10:00.* Stripe collected 21\.64 USD for ACME-0002 \(in_1\) of sub_1, paid until 2026-11-15 10:00/,
        ) as string,
      },
      after: 'CAPTURED',
    });
  });

  it('is money of its own currency, and none of a currency that there is not', () => {
    expect(decide(paid({ currency: 'JPY' }), row, store)).toMatchObject({
      change: { note: expect.stringContaining('collected 2164 JPY') as string },
    });
    expect(decide(paid({ currency: 'ZZZ' }), row, store)).toMatchObject({ kind: 'refuse', code: 'unknown_currency' });
  });

  it('ends with a note', () => {
    const end: RecordRecurringEnd = {
      ...about,
      commandId: 'subscription:sub_1/record-recurring-end/canceled',
      type: 'RecordRecurringEnd',
      payload: { orderNumber: 100_123, subscriptionId: 'sub_1', status: 'canceled', endedAt: 0n },
    };
    expect(decide(end, row, store)).toMatchObject({
      change: { kind: 'noted', note: expect.stringContaining('Stripe ended sub_1: canceled') as string },
      after: 'CAPTURED',
    });
  });
});
