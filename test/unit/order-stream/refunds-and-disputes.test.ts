import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderState, PaymentFact } from '../../../schemas/generated/types.ts';
import { disputeRank } from '../../../services/order-stream/domain/disputes.ts';
import { initialOrder, withPayment } from '../../../services/order-stream/domain/order.ts';
import { paymentFact } from './fixtures.ts';

const T = 1_790_000_000_000n;

const fact = (kind: 'refund' | 'dispute', status: string, seconds: number, over: Partial<PaymentFact> = {}) =>
  paymentFact({
    factId: `evt_${kind}_${status}_${seconds}`,
    kind: `${kind}.${status}`,
    objectId: kind === 'refund' ? 're_1' : 'dp_1',
    status,
    amount: 1000n,
    occurredAt: T + BigInt(seconds) * 1000n,
    ...over,
  });
const refund = (status: string, seconds: number, over?: Partial<PaymentFact>) => fact('refund', status, seconds, over);
const dispute = (status: string, seconds: number, over?: Partial<PaymentFact>) =>
  fact('dispute', status, seconds, over);

const folded = (facts: readonly PaymentFact[]): OrderState =>
  facts.reduce((state, each) => withPayment(state, each).state, initialOrder('100123'));

const permutations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

const movement = (balanceTransactionId: string, amount: bigint, fee: bigint) => ({
  balanceTransactionId,
  category: amount < 0n ? 'dispute' : 'dispute_reversal',
  amount,
  fee,
  net: amount - fee,
  currency: 'USD',
  createdAt: null,
  rate: null,
});
const withdrawn = movement('txn_w', -1000n, 1500n);
const reinstated = movement('txn_r', 1000n, 0n);

const refundStory = [
  refund('pending', 0),
  refund('pending', 1, { balanceTransactionId: 'txn_1' }),
  refund('succeeded', 10, { balanceTransactionId: 'txn_1' }),
  refund('failed', 500, { failureCode: 'expired_or_canceled_card', failureBalanceTransactionId: 'txn_2' }),
  refund('pending', 2, { objectId: 're_2', amount: 5n }),
  refund('canceled', 3, { objectId: 're_2', amount: 5n }),
];

const disputeStory = [
  dispute('warning_needs_response', 0),
  dispute('needs_response', 10, { movements: [withdrawn] }),
  dispute('under_review', 20, { movements: [withdrawn], amount: 900n }),
  dispute('lost', 30, { movements: [withdrawn], amount: 900n }),
  dispute('appeal_under_review', 40, { movements: [withdrawn], amount: 900n }),
  dispute('won', 50, { movements: [withdrawn, reinstated], amount: 900n }),
];

describe('a refund', () => {
  it('that failed after it succeeded has failed, and tells the way it took', () => {
    const { refunds } = folded(refundStory);
    expect(refunds).toMatchObject([
      {
        id: 're_1',
        status: 'failed',
        amount: 1000n,
        balanceTransactionId: 'txn_1',
        failureBalanceTransactionId: 'txn_2',
        failureCode: 'expired_or_canceled_card',
        history: [{ status: 'failed' }, { status: 'pending', at: T, lastAt: T + 1000n }, { status: 'succeeded' }],
      },
      { id: 're_2', status: 'canceled', amount: 5n },
    ]);
  });

  it.each([
    [['requires_action', 'pending', 'succeeded'], 'succeeded'],
    [['requires_action', 'canceled'], 'canceled'],
    [['pending', 'failed'], 'failed'],
    [['succeeded', 'failed'], 'failed'],
    [['teleported', 'pending'], 'pending'],
  ])('%s is %s', (statuses, status) => {
    for (const order of permutations(statuses.map((each, index) => refund(each, index))))
      expect(folded(order).refunds).toMatchObject([{ status }]);
  });

  it('of a status nobody knows has the one it was told last', () => {
    for (const order of permutations([refund('teleported', 1), refund('beamed', 2), refund('folded', 0)]))
      expect(folded(order).refunds).toMatchObject([{ status: 'beamed' }]);
  });
});

describe('a dispute', () => {
  it('that was lost and won on appeal is won, with its money', () => {
    expect(folded(disputeStory).disputes).toMatchObject([
      { id: 'dp_1', status: 'won', amount: 900n, movements: [reinstated, withdrawn] },
    ]);
  });

  it.each([
    [['warning_needs_response', 'warning_under_review', 'warning_closed'], 'warning_closed'],
    [['warning_closed', 'needs_response'], 'needs_response'],
    [['needs_response', 'under_review', 'lost'], 'lost'],
    [['won', 'lost'], 'lost'],
    [['lost', 'won'], 'won'],
    [['warning_needs_response', 'needs_response', 'prevented'], 'prevented'],
    [['from_the_future', 'warning_needs_response'], 'warning_needs_response'],
  ])('%s is %s', (statuses, status) => {
    for (const order of permutations(statuses.map((each, index) => dispute(each, index))))
      expect(folded(order).disputes).toMatchObject([{ status }]);
  });

  it('knows nothing of the words of JavaScript', () => {
    expect(disputeRank('constructor')).toBe(0);
  });
});

describe('arrival does not matter', () => {
  const twins = (facts: readonly PaymentFact[]): PaymentFact[] =>
    facts.map((each) => ({ ...each, factId: `${each.factId}_twin` }));

  it.each([
    ['a refund', refundStory],
    ['a dispute', disputeStory],
  ])('%s: all 720 orders of it end the same', (_what, facts) => {
    const expected = folded(facts);
    for (const order of permutations(facts)) expect(folded(order)).toEqual(expected);
  });

  it('any order of both with duplicates and twins ends the same', () => {
    const facts = [...refundStory, ...disputeStory];
    const all = [...facts, ...twins(facts)];
    const expected = folded(all);
    fc.assert(
      fc.property(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.array(fc.constantFrom(...all), { maxLength: 20 }),
        (once, again) => {
          expect(folded([...again, ...once])).toEqual(expected);
          expect(folded([...once, ...again])).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('a fact that is heard again changes nothing', () => {
    const state = folded([...refundStory, ...disputeStory]);
    for (const each of [...refundStory, ...disputeStory]) expect(withPayment(state, each).state).toBe(state);
  });
});
