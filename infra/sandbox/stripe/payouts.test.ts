import type Stripe from 'stripe';
import { expect, test, vi } from 'vitest';
import { failure, sandbox } from './testing/sandbox.ts';

const types = async (stripe: Stripe): Promise<string[]> =>
  (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type).filter((type) => type.startsWith('payout.'));

const total = ({ available, pending }: Stripe.Balance): number =>
  [...available, ...pending].reduce((sum, { amount }) => sum + amount, 0);

test('a payout by hand takes what is available, is paid, and is not itemised', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  await box.hook('/balance_transactions', { category: 'charge', type: 'charge', amount: 10_000, fee: 320 });
  const early = await failure(stripe.payouts.create({ amount: 5_000, currency: 'usd' }));
  expect(early).toMatchObject({ code: 'balance_insufficient' });
  await box.hook('/clock/advance', { seconds: 3 * 24 * 3_600 });
  const made = await stripe.payouts.create({ amount: 5_000, currency: 'usd', method: 'instant' });
  expect(made).toMatchObject({ automatic: false, status: 'in_transit', reconciliation_status: 'not_applicable' });
  const own = await stripe.balanceTransactions.retrieve(made.balance_transaction as string);
  expect(own).toMatchObject({ amount: -5_000, fee: 50, net: -5_050 });
  await box.settled();
  expect(await stripe.payouts.retrieve(made.id)).toMatchObject({ status: 'paid' });
  expect(await types(stripe)).toEqual(['payout.paid', 'payout.created']);
  expect(total(await stripe.balance.retrieve())).toBe(9_680 - 5_050);
  const listing = await failure(stripe.balanceTransactions.list({ payout: made.id }));
  expect(listing.code).toBe('payout_not_automatic');
  // What is left goes out by itself, with the one by hand in its list.
  await box.hook('/payouts/run', {});
  await box.settled();
  const [automatic] = (await stripe.payouts.list()).data;
  expect(automatic).toMatchObject({ automatic: true, amount: 9_680 - 5_050 });
  const { data } = await stripe.balanceTransactions.list({ payout: automatic!.id });
  expect(data.map(({ reporting_category: category, net }) => [category, net])).toEqual([
    ['payout', -4_630],
    ['payout', -5_050],
    ['charge', 9_680],
  ]);
});

test('a balance below zero is taken from the bank', async () => {
  await using box = await sandbox();
  await box.hook('/balance_transactions', { category: 'other_adjustment', type: 'adjustment', amount: -700 });
  const { payouts } = await box.hook<{ payouts: Stripe.Payout[] }>('/payouts/run', {});
  expect(payouts).toMatchObject([{ amount: -700, automatic: true }]);
  expect(total(await box.stripe.balance.retrieve())).toBe(0);
});

test('payouts run on a schedule until they are told to stop, and nobody waits for the next', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  await box.hook('/balance_transactions', { category: 'charge', type: 'charge', amount: 100 });
  await box.hook('/payouts/schedule', { everySeconds: 0.02 });
  await vi.waitFor(async () => expect((await stripe.payouts.list()).data).toHaveLength(1));
  await box.hook('/balance_transactions', { category: 'charge', type: 'charge', amount: 200, times: 3 });
  await vi.waitFor(async () => expect((await stripe.payouts.list()).data).toHaveLength(2));
  await box.settled();
  expect((await box.state()).jobs).toBe(1);
  await box.hook('/payouts/schedule', { everySeconds: 0 });
  await vi.waitFor(async () => expect((await box.state()).jobs).toBe(0));
  expect((await stripe.payouts.list()).data.map(({ amount }) => amount)).toEqual([600, 100]);
});
