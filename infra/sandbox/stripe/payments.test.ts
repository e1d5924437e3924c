import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { idOf } from './objects.ts';
import { failure, sandbox } from './testing/sandbox.ts';
import type { Sandbox } from './testing/sandbox.ts';

/** Parameters of a card payment that never redirects. */
const card = { currency: 'usd', payment_method_types: ['card'] };

const feesOf = async ({ stripe }: Sandbox, charge: string): Promise<Stripe.BalanceTransaction | null> =>
  (await stripe.charges.retrieve(charge, { expand: ['balance_transaction'] }))
    .balance_transaction as Stripe.BalanceTransaction | null;

const typesOf = async ({ stripe }: Sandbox): Promise<string[]> =>
  (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type).reverse();

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

test('capture_method automatic knows the fee at once', async () => {
  await using box = await sandbox();
  const paid = await box.stripe.paymentIntents.create({
    ...card,
    amount: 1000,
    capture_method: 'automatic',
    confirm: true,
    payment_method: 'pm_card_mastercard',
    expand: ['latest_charge.balance_transaction'],
  });
  const charge = paid.latest_charge as Stripe.Charge;
  expect(charge.balance_transaction).toMatchObject({ fee: 59, net: 941 });
  await box.settled();
  expect(await typesOf(box)).not.toContain('charge.updated');
});

test('an authorised payment is captured when it ships', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const held = await stripe.paymentIntents.create({
    ...card,
    amount: 5000,
    capture_method: 'manual',
    confirm: true,
    payment_method: 'pm_card_visa',
    expand: ['latest_charge'],
  });
  expect(held).toMatchObject({ status: 'requires_capture', amount_capturable: 5000, amount_received: 0 });
  const authorised = held.latest_charge as Stripe.Charge;
  expect(authorised).toMatchObject({ captured: false, balance_transaction: null, status: 'succeeded' });
  const before = authorised.payment_method_details?.card?.capture_before ?? 0;
  expect(before - authorised.created).toBe(7 * 24 * 3600);

  const captured = await stripe.paymentIntents.capture(held.id);
  expect(captured).toMatchObject({ status: 'succeeded', amount_capturable: 0, amount_received: 5000 });
  expect(await feesOf(box, authorised.id)).toMatchObject({ amount: 5000, fee: 175 });
  expect(await typesOf(box)).toEqual([
    'payment_intent.created',
    'charge.succeeded',
    'payment_intent.amount_capturable_updated',
    'charge.captured',
    'payment_intent.succeeded',
  ]);
  const again = await failure(stripe.paymentIntents.capture(held.id));
  expect(again).toMatchObject({ code: 'payment_intent_unexpected_state', statusCode: 400 });
});

test('a partial capture books the whole charge and a reversal of the rest', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const held = await stripe.paymentIntents.create({
    ...card,
    amount: 1000,
    capture_method: 'manual',
    confirm: true,
    payment_method: 'pm_card_visa',
  });
  const tooMuch = await failure(stripe.paymentIntents.capture(held.id, { amount_to_capture: 1001 }));
  expect(tooMuch).toMatchObject({ code: 'amount_too_large', param: 'amount_to_capture' });
  const captured = await stripe.paymentIntents.capture(held.id, { amount_to_capture: 600, expand: ['latest_charge'] });
  expect(captured).toMatchObject({ amount: 1000, amount_received: 600 });
  expect(captured.latest_charge).toMatchObject({ amount_captured: 600, amount_refunded: 400, refunded: false });

  const { data } = await stripe.balanceTransactions.list();
  expect(data.map((line) => [line.reporting_category, line.amount, line.fee, line.net])).toEqual([
    ['partial_capture_reversal', -400, -12, -388],
    ['charge', 1000, 59, 941],
  ]);
  // What remains is what capturing 600 costs: 600 less 2.9 % and 30.
  expect(data.reduce((sum, { net }) => sum + net, 0)).toBe(600 - 47);
});

test('an authorisation that is canceled or expires takes no money', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const hold = {
    ...card,
    amount: 700,
    capture_method: 'manual',
    confirm: true,
    payment_method: 'pm_card_visa',
  } as const;
  const first = await stripe.paymentIntents.create(hold);
  const canceled = await stripe.paymentIntents.cancel(first.id, { cancellation_reason: 'requested_by_customer' });
  expect(canceled).toMatchObject({
    status: 'canceled',
    cancellation_reason: 'requested_by_customer',
    amount_capturable: 0,
    canceled_at: expect.any(Number) as number,
  });
  const second = await stripe.paymentIntents.create(hold);
  await box.hook('/clock/advance', { seconds: 6 * 24 * 3600 });
  expect((await stripe.paymentIntents.retrieve(second.id)).status).toBe('requires_capture');
  await box.hook('/clock/advance', { seconds: 24 * 3600 + 1 });
  expect(await stripe.paymentIntents.retrieve(second.id)).toMatchObject({
    status: 'canceled',
    cancellation_reason: 'automatic',
  });
  expect((await stripe.balanceTransactions.list()).data).toEqual([]);
  const late = await failure(stripe.paymentIntents.confirm(second.id, { payment_method: 'pm_card_visa' }));
  expect(late).toMatchObject({ code: 'payment_intent_unexpected_state' });
  expect(await typesOf(box)).toEqual(
    expect.arrayContaining(['payment_intent.canceled', 'charge.refunded', 'charge.expired']),
  );
});

test.each([
  ['pm_card_chargeDeclined', 'card_declined', 'generic_decline'],
  ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined', 'insufficient_funds'],
  ['pm_card_chargeDeclinedExpiredCard', 'expired_card', 'expired_card'],
])('%s is declined with %s and another card can be tried', async (token, code, declineCode) => {
  await using box = await sandbox();
  const { stripe } = box;
  const created = await stripe.paymentIntents.create({ ...card, amount: 2000 });
  const error = await failure(stripe.paymentIntents.confirm(created.id, { payment_method: token }));
  expect(error).toMatchObject({ type: 'StripeCardError', statusCode: 402, code, decline_code: declineCode });
  expect(error.payment_intent).toMatchObject({ id: created.id, status: 'requires_payment_method' });
  expect(error.requestId).toMatch(/^req_/);

  const after = await stripe.paymentIntents.retrieve(created.id);
  expect(after.payment_method).toBeNull();
  expect(after.last_payment_error).toMatchObject({ code, decline_code: declineCode, type: 'card_error' });
  const failed = await stripe.charges.retrieve(idOf(after.latest_charge) ?? '');
  expect(failed).toMatchObject({ status: 'failed', paid: false, failure_code: code });

  const paid = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' });
  expect(paid).toMatchObject({ status: 'succeeded', last_payment_error: null });
  expect((await stripe.charges.list({ payment_intent: created.id })).data.map(({ status }) => status)).toEqual([
    'succeeded',
    'failed',
  ]);
  expect(await typesOf(box)).toEqual(expect.arrayContaining(['charge.failed', 'payment_intent.payment_failed']));
});

test('3-D Secure is passed or failed by the customer', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const create = async (): Promise<Stripe.PaymentIntent> =>
    stripe.paymentIntents.create({
      ...card,
      amount: 3000,
      confirm: true,
      payment_method: 'pm_card_threeDSecure2Required',
      return_url: 'https://shop.example/return',
    });
  const passing = await create();
  expect(passing).toMatchObject({
    status: 'requires_action',
    latest_charge: null,
    next_action: { type: 'redirect_to_url', redirect_to_url: { return_url: 'https://shop.example/return' } },
  });
  await box.hook(`/payment_intents/${passing.id}/next_action`, { result: 'succeed' });
  expect((await stripe.paymentIntents.retrieve(passing.id)).status).toBe('succeeded');

  const failing = await create();
  await box.hook(`/payment_intents/${failing.id}/next_action`, { result: 'fail' });
  expect(await stripe.paymentIntents.retrieve(failing.id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'payment_intent_authentication_failure' },
  });
  await expect(box.hook(`/payment_intents/${failing.id}/next_action`, { result: 'fail' })).rejects.toThrow('status');
});

test('off session, a card that needs authentication is declined', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const customer = await stripe.customers.create({ email: 'off@example.com' });
  const method = await stripe.paymentMethods.attach('pm_card_authenticationRequired', { customer: customer.id });
  const payment = { ...card, amount: 900, customer: customer.id, confirm: true, off_session: true } as const;
  const error = await failure(stripe.paymentIntents.create({ ...payment, payment_method: method.id }));
  expect(error).toMatchObject({ statusCode: 402, code: 'authentication_required' });
  expect(error.payment_intent).toMatchObject({ status: 'requires_payment_method' });

  const saved = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const paid = await stripe.paymentIntents.create({ ...payment, payment_method: saved.id });
  expect(paid.status).toBe('succeeded');
  const stranger = await stripe.customers.create();
  const mismatch = await failure(
    stripe.paymentIntents.create({ ...payment, customer: stranger.id, payment_method: saved.id }),
  );
  expect(mismatch).toMatchObject({ code: 'payment_method_customer_mismatch', statusCode: 400 });
  expect((await stripe.paymentMethods.list({ customer: customer.id })).data).toHaveLength(2);
});

test('a bank debit is processing until the bank answers', async () => {
  await using box = await sandbox({ settleMs: 50 });
  const { stripe } = box;
  const debit = { amount: 4000, currency: 'usd', payment_method_types: ['us_bank_account'], confirm: true };
  const good = await stripe.paymentIntents.create({ ...debit, payment_method: 'pm_usBankAccount_success' });
  const bad = await stripe.paymentIntents.create({ ...debit, payment_method: 'pm_usBankAccount_insufficientFunds' });
  expect([good.status, bad.status]).toEqual(['processing', 'processing']);
  const wrong = await failure(stripe.paymentIntents.create({ ...debit, payment_method: 'pm_card_visa' }));
  expect(wrong.code).toBe('payment_intent_incompatible_payment_method');
  const cancel = await failure(stripe.paymentIntents.cancel(good.id));
  expect(cancel.code).toBe('payment_intent_unexpected_state');
  await box.settled();
  expect((await stripe.paymentIntents.retrieve(good.id)).status).toBe('succeeded');
  expect(await stripe.paymentIntents.retrieve(bad.id)).toMatchObject({
    status: 'requires_payment_method',
    last_payment_error: { code: 'payment_method_provider_decline' },
  });
});

test('automatic payment methods ask for a return_url unless redirects are ruled out', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const payment = { amount: 500, currency: 'usd', confirm: true, payment_method: 'pm_card_visa' };
  expect(await failure(stripe.paymentIntents.create(payment))).toMatchObject({ param: 'return_url' });
  const never = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' } } as const;
  expect((await stripe.paymentIntents.create({ ...payment, ...never })).status).toBe('succeeded');
  const returning = await stripe.paymentIntents.create({ ...payment, return_url: 'https://shop.example/return' });
  expect(returning.status).toBe('succeeded');
});

test('setup_future_usage keeps the card for the customer', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const customer = await stripe.customers.create();
  const paid = await stripe.paymentIntents.create({
    ...card,
    amount: 500,
    customer: customer.id,
    setup_future_usage: 'off_session',
    confirm: true,
    payment_method: 'pm_card_visa',
  });
  const method = await stripe.paymentMethods.retrieve(idOf(paid.payment_method) ?? '');
  expect(method.customer).toBe(customer.id);
});

test.each([
  ['no amount below the minimum', { amount: 49 }, 'amount_too_small'],
  ['no more than eight digits', { amount: 100_000_000 }, 'amount_too_large'],
  ['no unknown currency', { currency: 'zzz' }, 'invalid_currency'],
  ['no last digit in three-decimal currencies', { amount: 1005, currency: 'kwd' }, 'invalid_charge_amount'],
  ['no decimals in ISK', { amount: 10_050, currency: 'isk' }, 'invalid_charge_amount'],
  ['no decimals in UGX', { amount: 10_050, currency: 'ugx' }, 'invalid_charge_amount'],
  ['no unknown parameter', { line_items: [] as string[], lines: 'x' }, 'parameter_unknown'],
  ['no unknown customer', { customer: 'cus_nobody' }, 'resource_missing'],
])('a PaymentIntent takes %s', async (_name, wrong, code) => {
  await using box = await sandbox();
  const error = await failure(box.stripe.paymentIntents.create({ ...card, amount: 1000, ...wrong }));
  expect(error).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, code });
  expect((await box.state()).objects).toEqual({});
});

test.each([
  ['jpy', 50],
  ['kwd', 1010],
  ['mga', 100],
  ['isk', 10_000],
  ['usd', 99_999_999],
])('%s is charged in its own minor units', async (currency, amount) => {
  await using box = await sandbox();
  const payment = { ...card, currency, amount, confirm: true, payment_method: 'pm_card_visa' };
  expect(await box.stripe.paymentIntents.create(payment)).toMatchObject({ status: 'succeeded', amount, currency });
});

test('metadata is merged, limited, and copied to the charge when it is made', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const created = await stripe.paymentIntents.create({
    ...card,
    amount: 1000,
    metadata: { a: '1', b: '2', 0: 'zero' },
  });
  expect(created.metadata).toEqual({ a: '1', b: '2', 0: 'zero' });
  const merged = await stripe.paymentIntents.update(created.id, { metadata: { b: '', c: '3' } });
  expect(merged.metadata).toEqual({ a: '1', c: '3', 0: 'zero' });
  const paid = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' });
  await stripe.paymentIntents.update(created.id, { metadata: { late: 'yes' } });
  const charge = await stripe.charges.retrieve(idOf(paid.latest_charge) ?? '');
  expect(charge.metadata).toEqual({ a: '1', c: '3', 0: 'zero' });

  const many = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`key${n}`, 'x']));
  for (const metadata of [many, { ['k'.repeat(41)]: 'x' }, { k: 'v'.repeat(501) }])
    expect((await failure(stripe.paymentIntents.create({ ...card, amount: 1000, metadata }))).statusCode).toBe(400);
  const cleared = await stripe.paymentIntents.update(created.id, { metadata: '' });
  expect(cleared.metadata).toEqual({});
});
