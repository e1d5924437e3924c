import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { idOf } from './objects.ts';
import { failure, sandbox } from './testing/sandbox.ts';
import type { Sandbox } from './testing/sandbox.ts';

const pay = async (
  { stripe }: Sandbox,
  amount: number,
  method = 'pm_card_visa',
  currency = 'usd',
): Promise<Stripe.PaymentIntent> =>
  stripe.paymentIntents.create({
    amount,
    currency,
    payment_method_types: ['card'],
    confirm: true,
    payment_method: method,
  });

const sum = (lines: readonly { net: number }[]): number => lines.reduce((total, { net }) => total + net, 0);

test('a payment is refunded in parts and never beyond its amount', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const paid = await pay(box, 1000);
  const first = await stripe.refunds.create({
    payment_intent: paid.id,
    amount: 300,
    reason: 'requested_by_customer',
    metadata: { order_id: '7' },
    expand: ['balance_transaction', 'charge'],
  });
  expect(first).toMatchObject({
    status: 'succeeded',
    amount: 300,
    metadata: { order_id: '7' },
    charge: { amount_refunded: 300, refunded: false },
    balance_transaction: { amount: -300, fee: 0, net: -300, type: 'refund', reporting_category: 'refund' },
  });
  const over = await failure(stripe.refunds.create({ payment_intent: paid.id, amount: 701 }));
  expect(over).toMatchObject({ statusCode: 400, param: 'amount' });
  const rest = await stripe.refunds.create({ charge: idOf(paid.latest_charge) ?? '' });
  expect(rest.amount).toBe(700);
  const none = await failure(stripe.refunds.create({ payment_intent: paid.id }));
  expect(none).toMatchObject({ statusCode: 400, code: 'charge_already_refunded' });
  expect((await stripe.refunds.list({ payment_intent: paid.id })).data.map(({ id }) => id)).toEqual([
    rest.id,
    first.id,
  ]);
  const charge = await stripe.charges.retrieve(idOf(paid.latest_charge) ?? '', { expand: ['refunds'] });
  expect(charge).toMatchObject({ amount_refunded: 1000, refunded: true });
  expect(charge.refunds?.data).toHaveLength(2);
  const events = await stripe.events.list({ types: ['refund.created', 'charge.refunded'] });
  expect(events.data).toHaveLength(4);
});

test('what was not paid is not refunded', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const unpaid = await stripe.paymentIntents.create({ amount: 500, currency: 'usd' });
  expect((await failure(stripe.refunds.create({ payment_intent: unpaid.id }))).statusCode).toBe(400);
  expect((await failure(stripe.refunds.create({}))).code).toBe('parameter_missing');
  expect((await failure(stripe.refunds.create({ payment_intent: 'pi_nobody' }))).code).toBe('resource_missing');
});

test.each(['by the hook', 'by its test card'])('a refund that fails %s brings the money back', async (how) => {
  await using box = await sandbox();
  const { stripe } = box;
  const paid = await pay(box, 1000, how === 'by the hook' ? 'pm_card_visa' : 'pm_card_refundFail');
  await box.settled();
  const refund = await stripe.refunds.create({ payment_intent: paid.id, amount: 400 });
  expect(refund.status).toBe('succeeded');
  if (how === 'by the hook') await box.hook(`/refunds/${refund.id}/fail`, { reason: 'lost_or_stolen_card' });
  await box.settled();
  const failed = await stripe.refunds.retrieve(refund.id, { expand: ['failure_balance_transaction'] });
  expect(failed).toMatchObject({
    status: 'failed',
    failure_reason: how === 'by the hook' ? 'lost_or_stolen_card' : 'expired_or_canceled_card',
    failure_balance_transaction: { amount: 400, reporting_category: 'refund_failure' },
  });
  expect((await stripe.charges.retrieve(idOf(paid.latest_charge) ?? '')).amount_refunded).toBe(0);
  expect(sum((await stripe.balanceTransactions.list()).data)).toBe(1000 - 59);
  const events = await stripe.events.list({ types: ['refund.failed', 'refund.updated', 'charge.refund.updated'] });
  expect(events.data).toHaveLength(3);
});

test('a dispute withdraws its amount and a fee, and a win brings the amount back', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const won = await pay(box, 2000);
  const lost = await pay(box, 3000);
  await box.settled();
  const open = (payment: Stripe.PaymentIntent): Promise<Stripe.Dispute> =>
    box.hook<Stripe.Dispute>('/disputes', { charge: payment.latest_charge, reason: 'product_not_received' });
  const [first, second] = [await open(won), await open(lost)];
  expect(first).toMatchObject({ status: 'needs_response', amount: 2000, payment_intent: won.id });
  expect(first.balance_transactions).toMatchObject([
    { amount: -2000, fee: 1500, net: -3500, type: 'adjustment', reporting_category: 'dispute' },
  ]);
  expect((await failure(stripe.refunds.create({ payment_intent: won.id }))).code).toBe('charge_disputed');
  const answered = await stripe.disputes.update(first.id, { evidence: { product_description: 'a kettle' } });
  expect(answered.status).toBe('under_review');
  await box.hook(`/disputes/${first.id}/close`, { verdict: 'won' });
  await box.hook(`/disputes/${second.id}/close`, { verdict: 'lost' });
  expect((await stripe.refunds.create({ payment_intent: won.id })).status).toBe('succeeded');
  expect((await failure(stripe.refunds.create({ payment_intent: lost.id }))).code).toBe('charge_disputed');
  expect((await stripe.disputes.retrieve(first.id)).balance_transactions).toMatchObject([
    { reporting_category: 'dispute' },
    { reporting_category: 'dispute_reversal', amount: 2000, fee: 0 },
  ]);
  expect((await stripe.disputes.list({ payment_intent: lost.id })).data[0]?.status).toBe('lost');
  await expect(box.hook(`/disputes/${second.id}/close`, { verdict: 'won' })).rejects.toThrow('is lost');
  const { data } = await stripe.events.list({ limit: 100 });
  const counts = Map.groupBy(data, ({ type }) => type);
  expect(counts.get('charge.dispute.created')).toHaveLength(2);
  expect(counts.get('charge.dispute.funds_withdrawn')).toHaveLength(2);
  expect(counts.get('charge.dispute.funds_reinstated')).toHaveLength(1);
  expect(counts.get('charge.dispute.closed')).toHaveLength(2);
});

test('the disputed test card is disputed by itself', async () => {
  await using box = await sandbox();
  const paid = await pay(box, 2000, 'pm_card_createDispute');
  await box.settled();
  expect((await box.stripe.disputes.list({ charge: idOf(paid.latest_charge) ?? '' })).data).toHaveLength(1);
});

test('a payout ties to the cent, once it is reconciled', async () => {
  await using box = await sandbox({ settleMs: 40 });
  const { stripe } = box;
  const amounts = Array.from({ length: 12 }, (_, n) => 1001 + 137 * n);
  for (const amount of amounts) await pay(box, amount);
  await pay(box, 777, 'pm_card_visa', 'eur');
  await box.settled();
  const disputed = await pay(box, 5000, 'pm_card_createDispute');
  await box.settled();
  const charge = (await stripe.charges.list()).data.find(({ disputed: open, currency }) => !open && currency === 'usd');
  await stripe.refunds.create({ charge: charge?.id ?? '', amount: 100 });
  expect(disputed.status).toBe('succeeded');

  const { payouts } = await box.hook<{ payouts: Stripe.Payout[] }>('/payouts/run', {});
  expect(payouts.map(({ currency }) => currency).sort()).toEqual(['eur', 'usd']);
  const id = payouts.find(({ currency }) => currency === 'usd')?.id ?? '';
  const early = await stripe.payouts.retrieve(id);
  expect(early).toMatchObject({ status: 'paid', automatic: true, reconciliation_status: 'in_progress' });
  expect((await stripe.balanceTransactions.list({ payout: id, limit: 100 })).data.length).toBeLessThan(16);
  await box.settled();
  const payout = await stripe.payouts.retrieve(id);
  expect(payout.reconciliation_status).toBe('completed');

  const lines: Stripe.BalanceTransaction[] = [];
  for await (const line of stripe.balanceTransactions.list({ payout: id, limit: 5 })) lines.push(line);
  expect(lines).toHaveLength(16); // 12 charges, one more with its dispute, a refund, and the payout itself.
  expect(sum(lines.filter(({ type }) => type !== 'payout'))).toBe(payout.amount);
  expect(sum(lines)).toBe(0);
  expect(sum((await stripe.balanceTransactions.list({ currency: 'usd', limit: 100 })).data)).toBe(0);
  const byType = await stripe.balanceTransactions.list({ payout: id, type: 'refund' });
  expect(byType.data).toMatchObject([{ amount: -100 }]);
  const types = (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);
  for (const type of ['payout.created', 'payout.paid', 'payout.reconciliation_completed'])
    expect(types.filter((seen) => seen === type)).toHaveLength(2);

  expect(await box.hook<{ payouts: unknown[] }>('/payouts/run', {})).toEqual({ payouts: [] });
  const failed = await box.hook<Stripe.Payout>(`/payouts/${id}/fail`, {});
  expect(failed).toMatchObject({ status: 'failed', failure_code: 'account_closed' });
  const again = await box.hook<{ payouts: Stripe.Payout[] }>('/payouts/run', {});
  expect(again.payouts).toMatchObject([{ amount: payout.amount, currency: 'usd' }]);
});

test('the balance is what has not been paid out', async () => {
  await using box = await sandbox();
  const amounts = async (): Promise<unknown> => {
    const { available, pending } = await box.stripe.balance.retrieve();
    return { available: available.map(({ amount }) => amount), pending: pending.map(({ amount }) => amount) };
  };
  expect(await amounts()).toEqual({ available: [0], pending: [0] });
  await pay(box, 1000);
  await box.settled();
  expect(await amounts()).toEqual({ available: [0], pending: [941] });
  await box.hook('/clock/advance', { seconds: 2 * 24 * 3600 });
  await pay(box, 2000);
  await box.settled();
  expect(await amounts()).toEqual({ available: [941], pending: [1912] });
  await box.hook('/payouts/run', {});
  expect(await amounts()).toEqual({ available: [0], pending: [0] });
});

test('a payout takes only what is available, if asked', async () => {
  await using box = await sandbox();
  await pay(box, 1000);
  await box.settled();
  const run = (): Promise<{ payouts: Stripe.Payout[] }> => box.hook('/payouts/run', { availableOnly: true });
  expect((await run()).payouts).toEqual([]);
  await box.hook('/clock/advance', { seconds: 2 * 24 * 3600 });
  expect((await run()).payouts).toMatchObject([{ amount: 941 }]);
});
