import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { endpoint, failure, sandbox } from './testing/sandbox.ts';
import type { Sandbox } from './testing/sandbox.ts';

/** Parameters of a card payment that never redirects. */
const card = { currency: 'usd', payment_method_types: ['card'] };

const feesOf = async ({ stripe }: Sandbox, charge: string): Promise<Stripe.BalanceTransaction | null> =>
  (await stripe.charges.retrieve(charge, { expand: ['balance_transaction'] }))
    .balance_transaction as Stripe.BalanceTransaction | null;

const typesOf = async ({ stripe }: Sandbox): Promise<string[]> =>
  (await stripe.events.list({ limit: 100 })).data.map(({ type }) => String(type)).reverse();

test('a payment is collected on session and its fee is known only later', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const customer = await stripe.customers.create({ email: 'ada@example.com', name: 'Ada' });
  const created = await stripe.paymentIntents.create({
    ...card,
    amount: 12_345,
    customer: customer.id,
    metadata: { order_id: '100123' },
  });
  expect(created).toMatchObject({
    status: 'requires_payment_method',
    capture_method: 'automatic_async',
    latest_charge: null,
  });
  expect(created.client_secret).toMatch(new RegExp(`^${created.id}_secret_`));

  const chosen = await stripe.paymentIntents.update(created.id, { payment_method: 'pm_card_visa' });
  expect(chosen.status).toBe('requires_confirmation');
  const paid = await stripe.paymentIntents.confirm(created.id, { expand: ['latest_charge'] });
  expect(paid).toMatchObject({ status: 'succeeded', amount_received: 12_345, amount_capturable: 0 });
  const charge = paid.latest_charge as Stripe.Charge;
  expect(charge).toMatchObject({
    balance_transaction: null,
    captured: true,
    metadata: { order_id: '100123' },
    payment_intent: paid.id,
  });

  await box.settled();
  // 2.9 % of 123.45 is 3.58005, and 0.30.
  expect(await feesOf(box, charge.id)).toMatchObject({
    amount: 12_345,
    fee: 388,
    net: 11_957,
    type: 'charge',
    reporting_category: 'charge',
    source: charge.id,
    fee_details: [{ amount: 388, type: 'stripe_fee', currency: 'usd' }],
  });
  expect(await typesOf(box)).toEqual([
    'customer.created',
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.succeeded',
    'charge.updated',
  ]);
  const events = await stripe.events.list({ types: ['charge.succeeded', 'charge.updated'] });
  const seen = events.data.map(({ data }) => (data.object as Stripe.Charge).balance_transaction);
  expect(seen).toEqual([expect.stringMatching(/^txn_/), null]);
  expect(events.data[1]?.api_version).toBe('2026-08-26.dahlia');
});
