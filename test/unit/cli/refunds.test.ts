import { describe, expect, it } from 'vitest';
import type { Facts, LedgerCreditMemo, Refund } from '../../../services/cli/verify/facts.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { soundWorld } from './world.ts';

const ALL = 6_139n;
const refund = (over: Partial<Refund> = {}): Refund => ({
  id: 're_1',
  status: 'succeeded',
  amount: ALL,
  balanceTransactionId: 'txn_re_1',
  failureBalanceTransactionId: null,
  commandId: null,
  returnId: null,
  ...over,
});
const memo = (over: Partial<LedgerCreditMemo> = {}): LedgerCreditMemo => ({
  orderId: '1',
  refundId: 're_1',
  amount: ALL,
  tax: 444n,
  currency: 'USD',
  reversedBy: null,
  returnId: null,
  ...over,
});

type World = Readonly<{ state?: string; refunds?: readonly Refund[]; memos?: readonly LedgerCreditMemo[] }>;

/** Order 1, refunded in full unless told otherwise; totals are those of the memos. */
const world = ({ state = 'REFUNDED', refunds = [refund()], memos = [memo()] }: World = {}): Facts => {
  const sound = soundWorld();
  const back = (list: readonly { amount: bigint }[]) => list.reduce((sum, { amount }) => sum + amount, 0n);
  const booked = back(memos.filter(({ reversedBy }) => reversedBy === null));
  return {
    ...sound,
    shop: sound.shop.map((order) => (order.orderId === '1' ? { ...order, state } : order)),
    payments: sound.payments.map((payment) => (payment.orderId === '1' ? { ...payment, refunds } : payment)),
    stripeNet: new Map([['USD', 5_931n - booked]]),
    stripeBalance: new Map([['USD', 5_931n - booked]]),
    ledger: { ...sound.ledger, creditMemos: memos, clearing: new Map([['USD', 5_931n - booked]]) },
  };
};
const found = (changes?: World) => judge(world(changes)).findings.map(({ kind, message }) => `${kind}: ${message}`);
const failed = refund({ status: 'failed', failureBalanceTransactionId: 'txn_back' });
const reversed = memo({ reversedBy: '1/reverse-credit-memo/re_1' });
const part = { refunds: [refund({ amount: 100n })], memos: [memo({ amount: 100n, tax: 7n })] };

describe('refunds', () => {
  it.each<[string, World]>([
    ['in full', {}],
    ['in part', { ...part, state: 'CAPTURED' }],
    ['that came back', { state: 'CAPTURED', refunds: [failed], memos: [reversed] }],
    ['that came back before they were told', { state: 'CAPTURED', refunds: [failed], memos: [] }],
    ['that moved no money', { state: 'CAPTURED', refunds: [refund({ balanceTransactionId: null })], memos: [] }],
    [
      'in two parts',
      {
        refunds: [refund({ amount: 139n }), refund({ id: 're_2', amount: 6_000n })],
        memos: [memo({ amount: 139n, tax: 10n }), memo({ refundId: 're_2', amount: 6_000n, tax: 434n })],
      },
    ],
  ])('%s are right', (_name, changes) => {
    expect(found(changes)).toEqual([]);
  });

  it.each<[string, World, RegExp]>([
    ['the shop does not know', { state: 'CAPTURED' }, /lost: refunded in full at Stripe .* but CAPTURED in the shop/],
    [
      'only the shop knows',
      { refunds: [], memos: [] },
      /mismatched: REFUNDED in the shop, but Stripe refunded 0 of 6139/,
    ],
    ['the shop makes too much of', part, /mismatched: REFUNDED in the shop, but Stripe refunded 100 of 6139/],
    [
      'the ledger does not know',
      { memos: [] },
      /lost: Stripe refunded 6139 \(re_1\), but the ledger has no credit memo/,
    ],
    ['the ledger knows twice', { memos: [memo(), memo()] }, /doubled: the ledger has 2 credit memos of re_1/],
    ['off by a cent', { memos: [memo({ amount: ALL - 1n })] }, /mismatched: the credit memo of re_1 is over 6138/],
    ['in another currency', { memos: [memo({ currency: 'EUR' })] }, /mismatched: .* is over 6139 EUR/],
    [
      'whose tax is off by a cent',
      { memos: [memo({ tax: 443n })] },
      /credit memos give back 443 of tax, the order has 444/,
    ],
    [
      'that came back unheard',
      { state: 'CAPTURED', refunds: [failed] },
      /lost: re_1 came back at Stripe, but its credit/,
    ],
    ['that did not come back', { memos: [reversed] }, /mismatched: the ledger reversed the credit memo of re_1/],
    ['nobody made', { state: 'CAPTURED', refunds: [] }, /mismatched: the ledger has a credit memo of re_1, for which/],
  ])('%s are told', (_name, changes, message) => {
    expect(found(changes).join('\n')).toMatch(message);
  });
});
