import { describe, expect, it } from 'vitest';
import type { PaymentFact } from '../../../schemas/generated/types.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { assembledOrder, commandResult, paymentFact } from './fixtures.ts';
import { asSet, idsOf, type Input, permutations, play } from './playing.ts';

const order = assembledOrder({ currency: 'JPY' });
const TOTAL = 3_744n;

const yen = (over: Partial<PaymentFact>): PaymentFact =>
  paymentFact({ objectId: 'pi_1', paymentIntentId: 'pi_1', chargeId: 'ch_1', amount: TOTAL, currency: 'JPY', ...over });

const paid = yen({ factId: 'evt_paid', kind: 'payment.succeeded', status: 'succeeded', intended: TOTAL });
const balanced = yen({
  factId: 'evt_charge',
  kind: 'charge.balanced',
  objectId: 'ch_1',
  balanceTransactionId: 'txn_charge',
});
const refund = (id: string, amount: bigint, over: Partial<PaymentFact> = {}): PaymentFact =>
  yen({
    factId: `evt_${id}_${over.status ?? 'succeeded'}`,
    kind: 'refund.succeeded',
    objectId: id,
    status: 'succeeded',
    statusRank: 30,
    amount,
    balanceTransactionId: `txn_${id}`,
    ...over,
  });
const failed = refund('re_1', 1_000n, {
  kind: 'refund.failed',
  status: 'failed',
  statusRank: 50,
  failureBalanceTransactionId: 'txn_back',
});

/** What Stripe made of each, in US cents: every balance transaction at a rate of its own. */
const settled: Readonly<Record<string, readonly [presented: bigint, gross: bigint, fee: bigint, rate: string]>> = {
  txn_charge: [TOTAL, 2_504n, 128n, '0.006688'],
  txn_re_1: [-1_000n, -671n, 0n, '0.00671'],
  txn_back: [1_000n, 660n, 0n, '0.0066'],
  txn_re_2: [-2_000n, -1_350n, 0n, '0.00675'],
};

const answer = (command: Command): readonly Input[] => {
  const { commandId, type, payload } = command;
  const about = { commandId, type, orderId: '100123' };
  if (type === 'EnsureCustomer') return [commandResult({ ...about, objectId: 'cus_1' })];
  if (type === 'CreatePaymentIntent') return [commandResult({ ...about, objectId: 'pi_1' })];
  if (type !== 'FetchBalanceTransaction') return [];
  const { balanceTransactionId: objectId } = payload as { balanceTransactionId: string };
  const [presented, gross, fee, rate] = settled[objectId]!;
  const detail = {
    gross: String(gross),
    fee: String(fee),
    net: String(gross - fee),
    currency: 'USD',
    category: objectId === 'txn_charge' ? 'charge' : objectId === 'txn_back' ? 'refund_failure' : 'refund',
    presented: String(presented),
    presentedCurrency: 'JPY',
    rate,
    conversionFee: objectId === 'txn_charge' ? '25' : '0',
  };
  return [commandResult({ ...about, objectId, detail })];
};

const of = (sent: readonly Command[], type: string) =>
  sent.filter((command) => command.type === type).map(({ payload }) => payload as Record<string, unknown>);

describe('an order whose money Stripe converts', () => {
  const facts = [order, paid, balanced, refund('re_1', 1_000n), failed];

  it('is converted by balance transaction, whatever is told first and whenever it is answered', () => {
    const usual = play([...facts, refund('re_2', 2_000n)], { answer });
    expect(usual.letters).toEqual([]);
    expect(of(usual.sent, 'RecordConversion').map((each) => [each['balanceTransactionId'], each['toAmount']])).toEqual(
      expect.arrayContaining([
        ['txn_charge', 2_504n],
        ['txn_re_1', -671n],
        ['txn_back', 660n],
        ['txn_re_2', -1_350n],
      ]),
    );
    for (const inputs of permutations(facts))
      for (const late of [false, true]) {
        const { sent, letters } = play([...inputs, ...inputs, refund('re_2', 2_000n)], { answer, late });
        expect(letters).toEqual([]);
        expect(asSet(sent)).toEqual(asSet(usual.sent));
        expect(new Set(idsOf(sent)).size).toBe(sent.length);
      }
  });

  it('is told in the currency of the shop, and costs in that of the balance', () => {
    const { sent } = play([...facts, refund('re_2', 2_000n)], { answer });
    expect(of(sent, 'RecordPayment')).toMatchObject([{ amount: TOTAL, currency: 'JPY' }]);
    expect(of(sent, 'RecordProcessingFee')).toMatchObject([
      { gross: 2_504n, fee: 128n, net: 2_376n, currency: 'USD', conversionFee: 25n },
    ]);
    for (const memo of [...of(sent, 'IssueCreditMemo'), ...of(sent, 'ReverseCreditMemo')])
      expect(memo).toMatchObject({ fee: 0n, currency: 'JPY' });
  });
});
