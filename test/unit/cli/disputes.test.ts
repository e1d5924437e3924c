import { describe, expect, it } from 'vitest';
import type {
  Dispute,
  Facts,
  LedgerDispute,
  LedgerDisputeMovement,
  Refund,
  ShopOrder,
} from '../../../services/cli/verify/facts.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { soundWorld } from './world.ts';

const out = { balanceTransactionId: 'txn_out', gross: -6_139n, fee: 1_500n, net: -7_639n, currency: 'USD' };
const dispute = (over: Partial<Dispute> = {}): Dispute => ({ id: 'du_1', status: 'lost', movements: [out], ...over });
const booked = (over: Partial<LedgerDisputeMovement> = {}): LedgerDisputeMovement => ({
  orderId: '1',
  disputeId: 'du_1',
  balanceTransactionId: 'txn_out',
  amount: -6_139n,
  fee: 1_500n,
  net: -7_639n,
  currency: 'USD',
  ...over,
});
const row: LedgerDispute = { orderId: '1', disputeId: 'du_1', outcome: 'lost' };

type World = Readonly<{
  disputes?: readonly Dispute[];
  rows?: readonly LedgerDispute[];
  movements?: readonly LedgerDisputeMovement[];
}>;
const found = ({ disputes = [dispute()], rows = [row], movements = [booked()] }: World = {}): readonly string[] => {
  const sound = soundWorld();
  const facts: Facts = {
    ...sound,
    payments: sound.payments.map((payment) => (payment.orderId === '1' ? { ...payment, disputes } : payment)),
    ledger: { ...sound.ledger, disputes: rows, disputeMovements: movements },
  };
  return judge(facts).findings.map(({ kind, message }) => `${kind}: ${message}`);
};

describe('disputes', () => {
  it('that all sides tell alike are right', () => {
    expect(found()).toEqual([]);
    expect(found({ disputes: [dispute({ status: 'under_review' })], rows: [{ ...row, outcome: null }] })).toEqual([]);
  });

  it.each<[string, World, RegExp]>([
    ['the ledger does not know', { rows: [], movements: [] }, /lost: du_1 \(lost\) is not in the ledger/],
    ['of which money is not booked', { movements: [] }, /lost: du_1 moved -7639 \(txn_out\), which is not/],
    ['off by a cent', { movements: [booked({ amount: -6_138n })] }, /mismatched: the ledger says that txn_out/],
    [
      'whose fee is another',
      { movements: [booked({ fee: 1_501n })] },
      /with a fee of 1501 USD, Stripe says -6139 and 1500/,
    ],
    ['in another currency', { movements: [booked({ currency: 'EUR' })] }, /mismatched: the ledger says that txn_out/],
    [
      'booked of nothing',
      { disputes: [dispute({ movements: [] })] },
      /the ledger has txn_out of du_1, which Stripe has not/,
    ],
    ['undecided in the ledger', { rows: [{ ...row, outcome: null }] }, /lost: du_1 is lost at Stripe, and undecided/],
    ['decided otherwise', { rows: [{ ...row, outcome: 'won' }] }, /mismatched: du_1 is lost at Stripe, and won in/],
    ['nobody opened', { disputes: [] }, /mismatched: the ledger has du_1, which Stripe has not/],
  ])('%s are told', (_name, changes, message) => {
    expect(found(changes).join('\n')).toMatch(message);
  });
});

describe('credits of the shop', () => {
  const refund: Refund = {
    id: 're_1',
    status: 'succeeded',
    amount: 100n,
    balanceTransactionId: 'txn_re',
    failureBalanceTransactionId: null,
    commandId: '1/create-refund/credit-4',
    returnId: null,
  };
  const credits = (refunds: readonly Refund[], over: Partial<ShopOrder> = {}): string => {
    const sound = soundWorld();
    const none = { subtotal: 100n, tax: 0n, shipping: 0n, total: 100n };
    const credit = {
      ...sound.shop[0]!,
      ...none,
      orderId: '4',
      credit: true,
      parent: '1',
      state: 'REFUNDED',
      complete: false,
    };
    const memos = refunds.map(({ id, amount }) => ({
      orderId: '1',
      refundId: id,
      amount,
      tax: 0n,
      currency: 'USD',
      reversedBy: null,
      returnId: null,
    }));
    return judge({
      ...sound,
      shop: [...sound.shop, { ...credit, reference: null, ...over }],
      payments: sound.payments.map((payment) => (payment.orderId === '1' ? { ...payment, refunds } : payment)),
      ledger: { ...sound.ledger, creditMemos: memos },
    })
      .findings.map(({ kind, message }) => `${kind}: ${message}`)
      .join('\n');
  };

  it('that Stripe has made are right', () => {
    expect(credits([refund])).toBe('');
    expect(credits([], { paymentMethod: 'PURCHASEORDER' })).toBe('');
    expect(credits([], { parent: null })).toBe('');
    expect(credits([], { state: 'PENDING' })).toBe('');
  });

  it.each<[string, readonly Refund[], RegExp]>([
    ['are not made', [], /lost: the shop paid 100 back as order 4, but Stripe has no refund for it/],
    ['were begun at Stripe', [{ ...refund, commandId: null }], /Stripe has no refund for it/],
    ['were made twice', [refund, { ...refund, id: 're_2' }], /doubled: Stripe made 2 refunds for order 4: re_1, re_2/],
    ['are off by a cent', [{ ...refund, amount: 99n }], /mismatched: re_1 is over 99, order 4 over 100/],
  ])('%s are told', (_name, refunds, message) => {
    expect(credits(refunds)).toMatch(message);
  });
});
