/**
 * What is decided does not depend on how the deciders' topics are polled: each topic keeps its order, and that is all
 * that a replay keeps. The commands must be the same ones with the same contents, not only those that count in the end.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import '../../properties.ts';
import type { BillingFact, CommandResult, PaymentFact } from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { type TopicKey, topics, type TopicValues } from '../../../schemas/topics.ts';
import { decidersStage } from '../../../services/order-stream/stages/deciders.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { ConsumedRecord } from '../../../services/runtime/ports.ts';
import { type Poll, type Polled, sentBy } from '../../interleavings.ts';
import { chanceOf } from '../../simulation/chance.ts';
import { polls } from '../../simulation/replays.ts';
import { runScenario } from '../../simulation/run.ts';
import { scenarioOf } from '../../simulation/scenario.ts';
import { INVOICE, balanced, day, failure, invoice, payment, refund } from '../../unit/order-stream/billing-fixtures.ts';
import {
  assembledOrder,
  commandResult,
  paymentFact,
  policy,
  usualFacts,
  usualResults,
} from '../../unit/order-stream/fixtures.ts';
import { line, moved, own, pagesOf, PAYOUT, payoutFact } from '../../unit/order-stream/payout-fixtures.ts';

const schemas = openSchemas(memoryRegistry());
const stage = decidersStage('order-stream', schemas, policy, { current: loadWorkflows() });
beforeAll(async () => {
  for (const { topic } of stage.inputs) await topic.value.open?.();
  for (const { value } of [...stage.outputs, ...stage.stores]) await value.open?.();
});

/** What may be told of something, by topic. */
type Story = { readonly [K in TopicKey]?: readonly TopicValues[K][] };

const T = 1_790_000_000_000n;
const twin = <F extends { factId: string }>(fact: F, later = 0n): F => ({
  ...fact,
  factId: `${fact.factId}_twin`,
  ...('occurredAt' in fact && { occurredAt: (fact.occurredAt as bigint) + later }),
});

const ofOrder = (kind: string, status: string, seconds: number, over: Partial<PaymentFact> = {}): PaymentFact =>
  paymentFact({
    factId: `evt_${kind}_${status}_${seconds}`,
    kind: `${kind}.${status}`,
    objectId: kind === 'refund' ? 're_1' : 'dp_1',
    status,
    amount: 1000n,
    objectCreatedAt: T + 90_000n,
    occurredAt: T + BigInt(seconds) * 1000n,
    ...over,
  });
const asked = (orderId: string, what: string, gross: string, fee: string): CommandResult =>
  commandResult({
    ...{ orderId, commandId: `${orderId}/${what}`, type: 'FetchBalanceTransaction', objectId: what.split('/')[1]! },
    detail: { gross, fee, net: String(Number(gross) - Number(fee)), currency: 'usd' },
  });

const order: Story = {
  assembledOrders: [
    assembledOrder(),
    assembledOrder({ state: 'CAPTURED', paymentReference: 'pi_1', place: 'place/2', changedAt: T + 1n }),
    assembledOrder({
      place: 'place/3',
      shippedAt: T + 5n,
      trackingNumber: '1Z',
      state: 'CAPTURED',
      paymentReference: 'pi_1',
    }),
    assembledOrder({ state: 'REFUNDED', place: 'place/4', refundedAt: T + 7_200_000n, refundReason: 'sent back' }),
  ],
  orderPayments: [
    ...usualFacts,
    ...usualFacts.map((fact) => twin(fact, 1000n)),
    ofOrder('refund', 'pending', 100),
    ofOrder('refund', 'succeeded', 110, { balanceTransactionId: 'txn_2' }),
    ofOrder('refund', 'failed', 500, { failureCode: 'expired_or_canceled_card', failureBalanceTransactionId: 'txn_3' }),
    ofOrder('dispute', 'needs_response', 600),
    ofOrder('dispute', 'lost', 700),
  ],
  stripeResults: [...usualResults, asked('100123', 'fetch-refund-balance/txn_2', '-1000', '0')],
  adnsfResults: [
    commandResult({ target: 'adnsf', type: 'MarkOrderPaid', commandId: '100123/mark-paid/1', objectId: '100123' }),
  ],
};

const billed: Story = {
  billingFacts: [
    invoice('draft', 10, 0, { finalizedAt: null, total: 1n }),
    invoice('open', 20, 0),
    twin(invoice('open', 20, 0)),
    failure(1, 1),
    failure(2, 4),
    invoice('uncollectible', 30, 5),
    payment(9),
    payment(10, 1n, 'pi_2'),
    invoice('paid', 40, 9),
    invoice('void', 40, 9),
  ],
  orderPayments: [
    ...[balanced(9), twin(balanced(9)), refund('re_1', 100n, 10), refund('re_1', 100n, 12, 'failed')],
    refund('re_2', 9_643n, 11),
  ],
  stripeResults: [
    asked(INVOICE, 'fetch-payment-balance/txn_pi_1', '9743', '313'),
    asked(INVOICE, 'fetch-refund-balance/txn_re_1', '-100', '0'),
  ],
};

const subscription = 'subscription:sub_1';
const subscribed: Story = {
  billingFacts: (['incomplete', 'active', 'past_due', 'active', 'canceled'] as const).map(
    (status, index): BillingFact => ({
      ...invoice('open', 20, 0),
      ...{ factId: `evt_sub_${index}`, kind: `subscription.${status}`, objectId: 'sub_1', status, statusRank: 20 },
      ...{ occurredAt: day(index), shopOrderId: '100123', invoiceId: null },
    }),
  ),
  stripeResults: [commandResult({ orderId: subscription, commandId: `${subscription}/x`, status: 'refused' })],
};

const lines = [own(7_621n), line('txn_1', 9_680n, { fee: 320n, orderId: '100001' }), line('txn_2', -2_059n)];
const paidOut: Story = {
  payoutFacts: [
    payoutFact({ amount: 7_621n }),
    payoutFact({ factId: 'evt_twin', amount: 7_621n }),
    payoutFact({ factId: 'evt_reconciled', amount: 7_621n, reconciliationStatus: 'completed', occurredAt: T + 1n }),
    payoutFact({
      ...{ factId: 'evt_failed', kind: 'payout.failed', status: 'failed', statusRank: 50, amount: 7_621n },
      ...{ failureBalanceTransactionId: 'txn_back', failureCode: 'account_closed', occurredAt: T + 9n },
    }),
  ],
  stripeResults: [...pagesOf(lines, 1), ...pagesOf(lines, 1), moved('fetch-return', 'txn_back', 7_621n)],
};

/** A story as topics hold it: some of it, as it came about, and some of that again. */
const told = (story: Story): fc.Arbitrary<ReadonlyMap<string, readonly unknown[]>> =>
  fc
    .tuple(
      ...Object.entries(story).map(([key, facts]) => {
        const all: readonly unknown[] = facts;
        return fc
          .subarray([...all], { minLength: Math.ceil(all.length / 2) })
          .chain((once) => fc.shuffledSubarray(once).map((again) => [...once, ...again]))
          .map((held) => [topics[key as TopicKey].name, held] as const);
      }),
    )
    .map((entries) => new Map(entries));

const recordsOf = (held: ReadonlyMap<string, readonly unknown[]>, key: string): Polled =>
  stage.inputs.map(({ topic }) =>
    (held.get(topic.name) ?? []).map((value, index): ConsumedRecord => ({
      ...{ topic: topic.name, partition: 0, offset: BigInt(index), timestamp: 0n, headers: {} },
      key: Buffer.from(key),
      value: (topic.value as unknown as { encode: (value: unknown) => Buffer }).encode(value),
    })),
  );

/** As a task that has fallen behind polls: one topic after the other, forwards or backwards. */
const forwards: Poll = (inputs) => ({ input: inputs[0]!, records: Infinity });
const backwards: Poll = (inputs) => ({ input: inputs.at(-1)!, records: Infinity });

describe('commands do not depend on how topics are polled', () => {
  it.each<readonly [string, string, Story]>([
    ['of an order', '100123', order],
    ['of an invoice', INVOICE, billed],
    ['of a subscription', subscription, subscribed],
    ['of a payout', PAYOUT, paidOut],
  ])('%s', (_, key, story) => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(told(story), fc.nat(), (held, seed) => {
        const polled = recordsOf(held, key);
        const sent = sentBy(stage, polled, forwards);
        for (const each of sent) seen.add(each);
        for (const poll of [backwards, polls(chanceOf(seed)), polls(chanceOf(seed + 1))])
          expect(sentBy(stage, polled, poll)).toEqual(sent);
      }),
      { numRuns: 150 },
    );
    expect(seen.size).toBeGreaterThan(3);
  });

  it('of people, and of all that is sold, in schedules of the whole', { timeout: 60_000 }, async () => {
    for (let seed = 70_001; seed <= 70_060; seed++)
      expect((await runScenario(scenarioOf(seed))).violations).toEqual([]);
  });
});
