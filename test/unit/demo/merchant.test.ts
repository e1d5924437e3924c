import { describe, expect, it } from 'vitest';
import { type Sides, unmet } from '../../../infra/demo/flows/merchant.ts';
import { withLine, noProgress } from '../../../infra/demo/progress.ts';

type Told = Readonly<{
  state?: string;
  status?: string;
  received?: bigint;
  back?: bigint;
  credited?: bigint;
  disputes?: readonly string[];
}>;

const sides = ({
  state = 'CAPTURED',
  status = 'succeeded',
  received = 900n,
  back = 0n,
  credited = back,
  disputes = [],
}: Told): Sides =>
  ({
    shop: { orderId: '1', state, total: 900n, giftCard: 0n },
    payment: {
      id: 'pi_1',
      status,
      received,
      refunds:
        back === 0n
          ? []
          : [
              { amount: back, failureBalanceTransactionId: null },
              { amount: 5n, failureBalanceTransactionId: 'txn_2' },
            ],
      disputes: disputes.map((each) => ({ status: each })),
    },
    ledger: {
      creditMemos:
        credited === 0n
          ? []
          : [
              { amount: credited, reversedBy: null },
              { amount: 5n, reversedBy: 'x' },
            ],
    },
  }) as unknown as Sides;

describe('what a merchant did has come to its end', () => {
  it.each([
    ['refunds a part in the shop', { back: 300n }],
    ['refunds all at Stripe', { back: 900n, state: 'REFUNDED' }],
    ['voids what is paid', { back: 900n, state: 'VOIDED' }],
    ['wins a dispute', { disputes: ['won'] }],
    ['loses a dispute', { disputes: ['lost'] }],
    ['ships what is held', {}],
    ['voids what is held', { status: 'canceled', state: 'VOIDED', received: 0n }],
  ] as const)('%s', (deed, told) => {
    expect(unmet(deed, sides(told))).toBeUndefined();
  });

  it.each([
    ['refunds a part in the shop', {}, /paid 0 of 900 back/],
    ['refunds a part at Stripe', { back: 300n, credited: 299n }, /credit memos are over 299/],
    ['refunds all in the shop', { back: 300n, state: 'REFUNDED' }, /paid 300 of 900 back/],
    ['refunds all in the shop', { back: 900n }, /CAPTURED in the shop/],
    ['voids what is paid', { back: 900n }, /CAPTURED in the shop/],
    ['wins a dispute', {}, /none/],
    ['loses a dispute', { disputes: ['won'] }, /won/],
    ['ships what is held', { received: 899n }, /captured 899 of 900/],
    ['ships less than is held', { status: 'requires_capture', received: 0n }, /requires_capture/],
    ['cancels what is held at Stripe', { state: 'VOIDED' }, /succeeded at Stripe/],
  ] as const)('%s, not yet', (deed, told, what) => {
    expect(unmet(deed, sides(told))).toMatch(what);
  });

  it('is told by the shoppers', () => {
    const told = withLine(noProgress, '{"event":"merchant","order":7,"deed":"wins a dispute"}');
    expect(told.deeds).toEqual([{ order: 7, deed: 'wins a dispute' }]);
    expect(withLine(noProgress, '{"event":"merchant","order":7,"deed":"sings"}').deeds).toEqual([]);
  });
});
