import { describe, expect, it } from 'vitest';
import { sandbox } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { initialOrder, withPayment } from '../../../services/order-stream/domain/order.ts';
import { interpret } from '../../../services/order-stream/sources/stripe/interpret.ts';
import { kept } from './stripe-fixtures.ts';

/** Every event of a simulator as it would be kept, oldest first, and what is said by them. */
const told = async (box: Awaited<ReturnType<typeof sandbox>>) => {
  await box.settled();
  const { data } = await box.stripe.events.list({ limit: 100 });
  return data.toReversed().map((event) => ({
    type: event.type,
    said: interpret(kept(event.type, Buffer.from(JSON.stringify(event))).event),
  }));
};

describe("the simulator's own events", () => {
  it.each([
    ['usd', 3744, 3744n],
    ['isk', 374_400, 3744n],
  ])('of payments in %s, one that is refunded in vain and one that is disputed', async (currency, amount, units) => {
    await using box = await sandbox();
    const { stripe } = box;
    const pay = (method: string) =>
      stripe.paymentIntents.create({
        amount,
        currency,
        confirm: true,
        payment_method: method,
        payment_method_types: ['card'],
        metadata: { order_id: '100123' },
      });
    const paid = await pay('pm_card_refundFail');
    const metadata = { order_id: '100123' };
    const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: 1000, metadata });
    await box.settled();
    const disputed = await pay('pm_card_visa');
    await box.hook('/disputes', { charge: disputed.latest_charge });
    const [opened] = (await stripe.disputes.list()).data;
    await box.hook(`/disputes/${opened!.id}/close`, { verdict: 'won' });

    const events = await told(box);
    expect(events.filter(({ said }) => said.kind === 'refused')).toEqual([]);
    const facts = events.flatMap(({ said }) => (said.kind === 'facts' ? said.payments : []));
    const step = currency === 'isk' ? 10n : 1000n;
    const state = facts.reduce((order, fact) => withPayment(order, fact).state, initialOrder('100123'));
    expect(state.paid).toMatchObject({ paymentIntentId: paid.id, amount: units, currency: currency.toUpperCase() });
    expect(state.refunds).toMatchObject([{ id: refund.id, status: 'failed', amount: step, paymentIntentId: paid.id }]);
    expect(state.refunds[0]?.failureBalanceTransactionId).toMatch(/^txn_/);
    expect(state.disputes).toMatchObject([{ id: opened!.id, status: 'won', amount: units }]);
    expect(state.disputes[0]?.movements).toHaveLength(2);
  });

  it('of a payout, as far as its reconciliation and its failure', async () => {
    await using box = await sandbox();
    const { stripe } = box;
    await stripe.paymentIntents.create({
      amount: 3744,
      currency: 'usd',
      confirm: true,
      payment_method: 'pm_card_visa',
      payment_method_types: ['card'],
    });
    await box.settled();
    await box.hook('/payouts/run', {});
    await box.settled();
    const [payout] = (await stripe.payouts.list()).data;
    await box.hook(`/payouts/${payout!.id}/fail`, {});
    const events = await told(box);
    expect(events.filter(({ said }) => said.kind === 'refused')).toEqual([]);
    const facts = events
      .flatMap(({ said }) => (said.kind === 'facts' ? said.others : []))
      .flatMap(({ topic, fact }) => (topic === 'payoutFacts' ? fact : []));
    expect(new Set(facts.map(({ payoutId }) => payoutId))).toEqual(new Set([payout!.id]));
    expect(facts.map(({ kind }) => kind)).toContain('payout.paid');
    expect(facts.at(-1)).toMatchObject({ kind: 'payout.failed', amount: BigInt(payout!.amount), automatic: true });
    expect(facts.some(({ reconciliationStatus }) => reconciliationStatus === 'completed')).toBe(true);
  });
});
