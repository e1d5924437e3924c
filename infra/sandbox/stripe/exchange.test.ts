import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { convert, parseRates } from './exchange.ts';
import { type Sandbox, sandbox } from './testing/sandbox.ts';

const day = { seconds: 24 * 3_600 };

const paid = async (box: Sandbox, amount: number, currency: string, capture?: number) => {
  const { stripe } = box;
  const intent = await stripe.paymentIntents.create({
    amount,
    currency,
    payment_method: 'pm_card_visa',
    capture_method: capture === undefined ? 'automatic' : 'manual',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    confirm: true,
  });
  if (capture !== undefined) await stripe.paymentIntents.capture(intent.id, { amount_to_capture: capture });
  await box.settled();
  return stripe.charges.retrieve(intent.latest_charge as string, { expand: ['balance_transaction'] });
};

const moved = async ({ stripe }: Sandbox, id: unknown): Promise<Stripe.BalanceTransaction> =>
  stripe.balanceTransactions.retrieve(String(id));

const total = ({ available, pending }: Stripe.Balance): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const { amount, currency } of [...available, ...pending]) sums[currency] = (sums[currency] ?? 0) + amount;
  return sums;
};

test('amounts keep their value between currencies of zero, two and three decimals, rounded half away from zero', () => {
  expect(convert(1_000n, 'eur', 'usd', '1.234')).toBe(1_234n);
  expect(convert(1_000n, 'jpy', 'usd', '0.0067')).toBe(670n);
  expect(convert(12_340n, 'kwd', 'usd', '3.25')).toBe(4_011n); // 40.105
  expect(convert(-12_340n, 'kwd', 'usd', '3.25')).toBe(-4_011n);
  expect(convert(1_000n, 'usd', 'kwd', '0.3077')).toBe(3_077n);
  expect(convert(1_000n, 'usd', 'jpy', '149.55')).toBe(1_496n);
  expect(convert(1_000n, 'usd', 'isk', '138.615')).toBe(138_600n);
  expect(convert(1n, 'krw', 'usd', '0.00073')).toBe(0n);
});

test('rates are read, and what is none is refused', () => {
  expect(parseRates('jpy=0.0067, EUR=1.08')).toEqual({ jpy: '0.0067', eur: '1.08' });
  for (const wrong of ['jpy', 'jpy=', 'jpy=0', 'jpy=-1', 'yen=1=2', 'jp=1', 'jpy=1e-3'])
    expect(() => parseRates(wrong)).toThrow('rates are such as');
});

test('a charge is booked in the currency that the account settles in, with what converting it costs', async () => {
  await using box = await sandbox({ settlement: ['usd'], rates: { jpy: '0.0067' } });
  const charge = await paid(box, 10_000, 'jpy');
  expect(charge).toMatchObject({ amount: 10_000, currency: 'jpy' });
  const booked = charge.balance_transaction as Stripe.BalanceTransaction;
  const { amount, currency, exchange_rate: rate, fee, net, fee_details: details } = booked;
  expect(currency).toBe('usd');
  expect(amount).toBe(Math.round(10_000 * rate! * 100));
  expect(amount).not.toBe(10_000);
  expect(details).toEqual([
    expect.objectContaining({ description: 'Stripe processing fees', currency: 'usd', type: 'stripe_fee' }),
    expect.objectContaining({ description: 'Stripe currency conversion fee', amount: Math.floor((amount + 50) / 100) }),
  ]);
  expect(details[0]!.amount + details[1]!.amount).toBe(fee);
  expect(net).toBe(amount - fee);
  expect(total(await box.stripe.balance.retrieve())).toEqual({ usd: net });
});

test('a currency that the account settles in stays as it is, and without any so do all', async () => {
  await using box = await sandbox({ settlement: ['usd', 'eur'] });
  const { balance_transaction: booked } = await paid(box, 1_000, 'eur');
  expect(booked).toMatchObject({ amount: 1_000, currency: 'eur', exchange_rate: null, fee: 59 });
  await using other = await sandbox();
  const { balance_transaction: itself } = await paid(other, 1_000, 'eur');
  expect(itself).toMatchObject({ amount: 1_000, currency: 'eur', exchange_rate: null, fee: 59 });
});

test('what is refunded, fails or is disputed is converted at the rate of its own day', async () => {
  await using box = await sandbox({ settlement: ['usd'] });
  const { stripe } = box;
  const charge = await paid(box, 10_000, 'eur');
  const booked = charge.balance_transaction as Stripe.BalanceTransaction;
  await box.hook('/clock/advance', day);
  const refund = await stripe.refunds.create({ charge: charge.id, amount: 4_000 });
  expect(refund).toMatchObject({ amount: 4_000, currency: 'eur' });
  const back = await moved(box, refund.balance_transaction);
  expect(back).toMatchObject({ currency: 'usd', fee: 0, amount: -Math.round(4_000 * back.exchange_rate!) });
  expect(back.exchange_rate).not.toBe(booked.exchange_rate);

  await box.hook('/rates', { eur: '2.5' });
  await box.hook(`/refunds/${refund.id}/fail`, {});
  const failed = await stripe.refunds.retrieve(refund.id);
  const returned = await moved(box, failed.failure_balance_transaction);
  expect(returned.amount).toBe(Math.round(4_000 * returned.exchange_rate!));
  expect(returned.exchange_rate).toBeGreaterThan(2.4);

  const dispute = await box.hook<{ id: string }>('/disputes', { charge: charge.id });
  await box.hook('/clock/advance', day);
  await box.hook(`/disputes/${dispute.id}/close`, { verdict: 'won' });
  const closed = await stripe.disputes.retrieve(dispute.id);
  expect(closed).toMatchObject({ amount: 10_000, currency: 'eur' });
  const [withdrawn, reinstated] = closed.balance_transactions;
  expect(withdrawn).toMatchObject({ currency: 'usd', fee: 1_500 });
  expect(reinstated).toMatchObject({ currency: 'usd', fee: 0 });
  expect(withdrawn!.amount + reinstated!.amount).not.toBe(0);

  const { data } = await stripe.balanceTransactions.list();
  const sum = data.reduce((all, { net }) => all + net, 0);
  expect(total(await stripe.balance.retrieve())).toEqual({ usd: sum });
  const { payouts } = await box.hook<{ payouts: Stripe.Payout[] }>('/payouts/run', {});
  expect(payouts).toMatchObject([{ amount: sum, currency: 'usd' }]);
});

test('a part that is not captured comes back converted, with its part of both fees', async () => {
  await using box = await sandbox({ settlement: ['usd'] });
  const charge = await paid(box, 10_000, 'eur', 6_000);
  const { data } = await box.stripe.balanceTransactions.list();
  const [reversal, booked] = data;
  expect(booked).toMatchObject({ reporting_category: 'charge', currency: 'usd', source: charge.id });
  expect(reversal).toMatchObject({ reporting_category: 'partial_capture_reversal', currency: 'usd' });
  expect(reversal!.amount).toBe(-Math.round(4_000 * reversal!.exchange_rate!));
  const kept = booked!.amount + reversal!.amount;
  expect(booked!.fee + reversal!.fee).toBe(Math.floor((kept * 29 + 500) / 1_000) + 30 + Math.floor((kept + 50) / 100));
});

test('forints are paid out whole, and what is left of one is there for the next payout', async () => {
  await using box = await sandbox({ settlement: ['huf'] });
  const { stripe } = box;
  await paid(box, 10_000, 'eur');
  const before = total(await stripe.balance.retrieve())['huf']!;
  expect(before % 100).not.toBe(0);
  await box.hook('/payouts/run', {});
  await box.settled();
  const [payout] = (await stripe.payouts.list()).data;
  expect(payout).toMatchObject({ amount: before - (before % 100), currency: 'huf' });
  const { data } = await stripe.balanceTransactions.list({ payout: payout!.id });
  expect(data.reduce((sum, { net }) => sum + net, 0)).toBe(0);
  expect(total(await stripe.balance.retrieve())).toMatchObject({ huf: before % 100 });
  expect((await box.hook<{ payouts: unknown[] }>('/payouts/run', {})).payouts).toEqual([]);
});
