import { describe, expect, it } from 'vitest';
import type { LedgerCreditMemo, Refund, ShopReturn } from '../../../services/cli/verify/facts.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { soundWorld } from './world.ts';

const row: ShopReturn = {
  returnId: 5,
  orderId: '1',
  state: 'REFUNDED',
  goodsExpected: true,
  amount: 100n,
  reference: 'Stripe re_1',
  credit: null,
};
const refund: Refund = {
  id: 're_1',
  status: 'succeeded',
  amount: 100n,
  balanceTransactionId: 'txn_re',
  failureBalanceTransactionId: null,
  commandId: '1/refund-return/5',
  returnId: '5',
};
const memo: LedgerCreditMemo = {
  orderId: '1',
  refundId: 're_1',
  amount: 100n,
  tax: 0n,
  currency: 'USD',
  reversedBy: null,
  returnId: 5n,
};

type World = Readonly<{
  returns?: readonly ShopReturn[];
  refunds?: readonly Refund[];
  memos?: readonly LedgerCreditMemo[];
}>;

/** Order 1, of which a return over 1.00 is paid back, unless told otherwise; totals are those of the memos. */
const found = ({ returns = [row], refunds = [refund], memos = [memo] }: World): string => {
  const sound = soundWorld();
  const booked = memos.reduce((sum, { amount, reversedBy }) => (reversedBy === null ? sum + amount : sum), 0n);
  const left = new Map([['USD', 5_931n - booked]]);
  return judge({
    ...sound,
    returns,
    payments: sound.payments.map((payment) => (payment.orderId === '1' ? { ...payment, refunds } : payment)),
    stripeNet: left,
    stripeBalance: left,
    ledger: { ...sound.ledger, creditMemos: memos, clearing: left },
  })
    .findings.map(({ kind, message }) => `${kind}: ${message}`)
    .join('\n');
};

const failed: Refund = { ...refund, status: 'failed', failureBalanceTransactionId: 'txn_back' };
const open: ShopReturn = { ...row, state: 'RECEIVED', reference: null };

describe('returns on all sides', () => {
  it.each<[string, World]>([
    ['paid back and booked', {}],
    ['asked for', { returns: [{ ...open, state: 'REQUESTED' }], refunds: [], memos: [] }],
    ['on their way', { returns: [{ ...open, state: 'APPROVED' }], refunds: [], memos: [] }],
    ['rejected', { returns: [{ ...open, state: 'REJECTED' }], refunds: [], memos: [] }],
    ['closed after they were paid back', { returns: [{ ...row, state: 'CLOSED' }] }],
    ['whose money came back', { returns: [open], refunds: [failed], memos: [{ ...memo, reversedBy: 'x' }] }],
    ['paid back by hand', { refunds: [{ ...refund, commandId: null }] }],
    [
      'paid back by a credit',
      {
        returns: [{ ...row, credit: 4 }],
        refunds: [{ ...refund, commandId: '1/create-refund/credit-4', returnId: null }],
        memos: [{ ...memo, returnId: null }],
      },
    ],
    [
      'of orders that Stripe did not collect',
      { returns: [row, { ...row, returnId: 6, orderId: '3', reference: 'cash' }] },
    ],
  ])('%s agree', (_name, world) => {
    expect(found(world)).toBe('');
  });

  it.each<[string, World, RegExp]>([
    ['that nobody paid', { returns: [open], refunds: [], memos: [] }, /lost: return 5 is to be paid 100 .*no refund/],
    [
      'without goods that nobody paid',
      { returns: [{ ...open, state: 'APPROVED', goodsExpected: false }], refunds: [], memos: [] },
      /lost: return 5 is to be paid 100/,
    ],
    [
      'that the shop does not know are paid',
      { returns: [open] },
      /lost: Stripe paid return 5 back \(re_1\), but it is REC/,
    ],
    [
      'whose refund is not there',
      { refunds: [], memos: [] },
      /lost: return 5 is REFUNDED in the shop by re_1, which is/,
    ],
    [
      'whose refund came back',
      { refunds: [failed], memos: [{ ...memo, reversedBy: 'x' }] },
      /by re_1, which is not paid/,
    ],
    [
      'paid twice',
      {
        refunds: [refund, { ...refund, id: 're_2', balanceTransactionId: 'txn_2', commandId: null }],
        memos: [memo, { ...memo, refundId: 're_2' }],
      },
      /doubled: return 5 was paid back 2 times: re_1, re_2/,
    ],
    ['over another amount', { returns: [{ ...row, amount: 101n }] }, /mismatched: return 5 is over 101, re_1 over 100/],
    ['whose credit memo is of nothing', { memos: [{ ...memo, returnId: null }] }, /credit memo of re_1 does not say/],
    ['that are not there', { returns: [] }, /mismatched: re_1 says that it is of return 5, which is not in the shop/],
    [
      'of an order that was not paid',
      { returns: [row, { ...row, returnId: 6, orderId: '3' }] },
      /return 6 names re_1, and/,
    ],
  ])('%s are told', (_name, world, message) => {
    expect(found(world)).toMatch(message);
  });
});
