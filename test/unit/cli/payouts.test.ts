import { describe, expect, it } from 'vitest';
import type { Facts, LedgerPayout, Payout } from '../../../services/cli/verify/facts.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { verdictText } from '../../../services/cli/verify/print.ts';
import { soundWorld } from './world.ts';

/** The order's money, 5931, and a fee of 31 that no order books are paid out. */
const payout = (over: Partial<Payout> = {}): Payout => ({
  id: 'po_1',
  amount: 5_900n,
  currency: 'USD',
  status: 'paid',
  automatic: true,
  reconciled: true,
  own: -5_900n,
  back: null,
  transactions: 2n,
  listed: 5_900n,
  open: -31n,
  charges: [{ balanceTransactionId: 'txn_1', orderId: '1', net: 5_931n }],
  ...over,
});
const entry = (over: Partial<LedgerPayout> = {}): LedgerPayout => ({
  payoutId: 'po_1',
  amount: 5_900n,
  fee: 0n,
  currency: 'USD',
  transactions: 2n,
  clearing: -5_931n,
  reversedBy: null,
  ...over,
});

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((all, one) => all + one, 0n);

/** A world whose sums are those of its payouts; what the clearing account holds is what the entries say. */
const world = (payouts: readonly Payout[], entries: readonly LedgerPayout[], over: Partial<Facts> = {}): Facts => {
  const sound = soundWorld();
  const net = 5_931n - 31n + sum(payouts.map(({ own, back }) => own + (back ?? 0n)));
  const returned = sum(
    entries.map(({ payoutId, reversedBy }) =>
      reversedBy === null ? 0n : (payouts.find(({ id }) => id === payoutId)?.back ?? 0n),
    ),
  );
  return {
    ...sound,
    payouts,
    stripeNet: new Map([['USD', net]]),
    stripeOpen: new Map([['USD', -31n]]),
    stripeBalance: new Map([['USD', net]]),
    ledger: {
      ...sound.ledger,
      payouts: entries,
      clearing: new Map([['USD', 5_931n + sum(entries.map(({ clearing }) => clearing)) + returned]]),
    },
    ...over,
  };
};
const findings = (facts: Facts) => judge(facts).findings.map(({ kind, message }) => `${kind}: ${message}`);

describe('what was paid out', () => {
  it.each([
    ['nothing yet', world([], [])],
    ['a payout', world([payout()], [entry()])],
    [
      'one that is not reconciled yet',
      world([payout({ reconciled: false, transactions: 0n, listed: null, open: 0n })], []),
    ],
    ['one by hand that the bank does not have yet', world([payout({ automatic: false, status: 'in_transit' })], [])],
    [
      'one that came back and was taken back',
      world([payout({ status: 'failed', back: 5_900n })], [entry({ reversedBy: 'payout:po_1/reverse-journal/1' })]),
    ],
    [
      'one by hand that never arrived',
      world([payout({ automatic: false, status: 'failed', back: 5_900n, listed: null })], []),
    ],
  ])('%s: nothing is found', (_, facts) => {
    expect(findings(facts)).toEqual([]);
  });

  it.each<[string, Facts, RegExp]>([
    ['is not in the ledger', world([payout()], []), /^lost: Stripe paid out 5900 USD \(po_1\), which the ledger/],
    ['is over another amount', world([payout()], [entry({ amount: 5_901n })]), /entry of po_1 is over 5901 USD/],
    [
      'moves clearing by something else',
      world([payout()], [entry({ clearing: -5_930n })]),
      /moves clearing by -5930, Stripe's list says -5931/,
    ],
    ['is of other transactions', world([payout()], [entry({ transactions: 1n })]), /of 1 transactions, Stripe lists 2/],
    ['came back, and stands', world([payout({ back: 5_900n })], [entry()]), /^lost: po_1 came back/],
    [
      'was taken back, and stands at Stripe',
      world([payout()], [entry({ reversedBy: 'x' })]),
      /taken back, Stripe has not/,
    ],
    ['is not at Stripe', world([], [entry()]), /an entry of po_1, which Stripe has not paid out/],
    [
      'has a list that comes to something else',
      world([payout({ listed: 5_899n })], [entry()]),
      /Stripe lists 5899 USD for po_1, and took 5900/,
    ],
    [
      'has a charge of an order that is not booked',
      world([payout({ charges: [{ balanceTransactionId: 'txn_2', orderId: '2', net: 1n }] })], [entry()]),
      /po_1 paid out txn_2 of order 2 \(1 USD\), which is not booked/,
    ],
  ])('a payout that %s is found', (_, facts, expected) => {
    expect(findings(facts).filter((found) => expected.test(found))).toHaveLength(1);
  });
});

describe('the clearing account', () => {
  it('and what waits for a payout are what Stripe has', () => {
    expect(judge(world([], [])).clearing).toEqual([{ currency: 'USD', books: 5_931n, balance: 5_900n, waiting: -31n }]);
    expect(judge(world([payout()], [entry()])).clearing).toEqual([
      { currency: 'USD', books: 0n, balance: 0n, waiting: 0n },
    ]);
    expect(verdictText(judge(world([], [])))).toContain(
      "Stripe's balance 59.00 USD: clearing account 59.31 USD, and -0.31 USD that waits for a payout",
    );
  });

  it('is found out when it is off by a cent, and so is Stripe', () => {
    const sound = world([payout()], [entry()]);
    const clearing = new Map([['USD', 1n]]);
    expect(findings({ ...sound, ledger: { ...sound.ledger, clearing } })).toEqual([
      expect.stringMatching(/^mismatched: the clearing account holds 1 USD, Stripe's balance transactions come to 0/),
    ]);
    expect(findings({ ...sound, stripeBalance: new Map([['USD', 1n]]) })).toEqual([
      expect.stringMatching(/^mismatched: Stripe's balance is 1 USD, its balance transactions come to 0/),
    ]);
  });
});
