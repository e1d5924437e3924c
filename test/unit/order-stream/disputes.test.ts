import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Movement, PaymentFact } from '../../../schemas/generated/types.ts';
import { assembledOrder, commandResult, paymentFact } from './fixtures.ts';
import { asSet, idsOf, type Input, permutations, play } from './playing.ts';

const T = 1_790_000_000_000n;
const movement = (id: string, amount: bigint, fee: bigint, seconds: number): Movement => ({
  balanceTransactionId: id,
  category: amount < 0n ? 'dispute' : 'dispute_reversal',
  amount,
  fee,
  net: amount - fee,
  currency: 'USD',
  createdAt: T + BigInt(seconds) * 1000n,
  rate: null,
});
const out = movement('txn_out', -3744n, 1500n, 100);
const back = movement('txn_back', 3744n, 0n, 900);

const dispute = (status: string, seconds: number, movements: readonly Movement[]): PaymentFact =>
  paymentFact({
    factId: `evt_${status}_${seconds}`,
    kind: `dispute.${status}`,
    objectId: 'du_1',
    status,
    reason: 'fraudulent',
    movements,
    objectCreatedAt: T + 100_000n,
    occurredAt: T + BigInt(seconds) * 1000n,
  });

const order: readonly Input[] = [
  assembledOrder(),
  commandResult(),
  commandResult({ commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' }),
  paymentFact(),
];
const story = [
  dispute('needs_response', 100, []),
  { ...dispute('needs_response', 100, [out]), factId: 'evt_withdrawn' },
  dispute('under_review', 300, [out]),
  dispute('lost', 500, [out]),
  dispute('won', 900, [out, back]),
];
const twins = story.map((fact) => ({ ...fact, factId: `${fact.factId}_twin` }));

describe('what is sent for a dispute', () => {
  const expected = asSet(play([...order, ...story]).sent);

  it('is what it moved and how it stood, each once', () => {
    expect(idsOf(play([...order, ...story]).sent).filter((id) => /dispute/.test(id))).toEqual([
      'open-dispute/du_1',
      'record-dispute/du_1/needs_response',
      'notify-dispute/du_1/needs_response',
      'book-dispute-movement/txn_out',
      'record-dispute/du_1/lost',
      'notify-dispute/du_1/lost',
      'close-dispute/du_1/lost',
      'record-dispute/du_1/won',
      'notify-dispute/du_1/won',
      'book-dispute-movement/txn_back',
      'close-dispute/du_1/won',
    ]);
  });

  it('is the same in every order of its events', () => {
    for (const facts of permutations(story)) expect(asSet(play([...order, ...facts]).sent)).toEqual(expected);
  });

  it('is the same whenever the order and its payment are heard of, with duplicates and twins', () => {
    const all = [...order, ...story, ...story, ...twins];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (inputs) => {
        const { sent, letters } = play(inputs);
        expect(asSet(sent)).toEqual(expected);
        expect(letters).toEqual([]);
        const ids = idsOf(sent);
        for (const [earlier, later] of [
          ['record-payment/1', 'open-dispute/du_1'],
          ['open-dispute/du_1', 'book-dispute-movement/txn_out'],
          ['open-dispute/du_1', 'close-dispute/du_1/lost'],
          ['mark-paid/1', 'record-dispute/du_1/won'],
        ])
          expect(ids.indexOf(earlier!)).toBeLessThan(ids.indexOf(later!));
      }),
      { numRuns: 300 },
    );
  });
});
