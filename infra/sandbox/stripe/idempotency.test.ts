import type Stripe from 'stripe';
import { expect, test } from 'vitest';
import { failure, sandbox, sdk } from './testing/sandbox.ts';
import type { Sandbox } from './testing/sandbox.ts';

const payment = {
  amount: 1000,
  currency: 'usd',
  payment_method_types: ['card'],
  confirm: true,
  payment_method: 'pm_card_visa',
} satisfies Stripe.PaymentIntentCreateParams;

const pay = (
  box: Sandbox,
  idempotencyKey: string,
  change: Partial<Stripe.PaymentIntentCreateParams> = {},
): Promise<Stripe.Response<Stripe.PaymentIntent>> =>
  box.stripe.paymentIntents.create({ ...payment, ...change }, { idempotencyKey });

const payments = async (box: Sandbox): Promise<number> => (await box.state()).objects['payment_intent'] ?? 0;

test('the same key answers the same, once done', async () => {
  await using box = await sandbox();
  const first = await pay(box, 'order-1/pay/1');
  const second = await pay(box, 'order-1/pay/1');
  expect(second.id).toBe(first.id);
  expect(first.lastResponse.headers['idempotent-replayed']).toBeUndefined();
  expect(second.lastResponse.headers['idempotent-replayed']).toBe('true');
  expect(second.lastResponse.headers['original-request']).toBe(first.lastResponse.requestId);
  // The answer is of then, even though the object has changed since.
  await box.stripe.paymentIntents.update(first.id, { description: 'later' });
  expect((await pay(box, 'order-1/pay/1')).description).toBeNull();
  expect(await payments(box)).toBe(1);
  const [event] = (await box.stripe.events.list({ type: 'payment_intent.succeeded' })).data;
  expect(event?.request).toEqual({ id: first.lastResponse.requestId, idempotency_key: 'order-1/pay/1' });
});

test('a declined payment is remembered with its key', async () => {
  await using box = await sandbox();
  const decline = { payment_method: 'pm_card_chargeDeclined' };
  const first = await failure(pay(box, 'k', decline));
  const second = await failure(pay(box, 'k', decline));
  expect([first.statusCode, second.statusCode]).toEqual([402, 402]);
  expect(second.payment_intent?.id).toBe(first.payment_intent?.id);
  expect(await payments(box)).toBe(1);
});

test('the same key with other parameters or for another endpoint is an error', async () => {
  await using box = await sandbox();
  const first = await pay(box, 'k');
  const other = await failure(pay(box, 'k', { amount: 1001 }));
  expect(other).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
  const elsewhere = await failure(box.stripe.paymentIntents.cancel(first.id, {}, { idempotencyKey: 'k' }));
  expect(elsewhere.type).toBe('StripeIdempotencyError');
});

test('a validation error leaves the key free', async () => {
  await using box = await sandbox();
  expect((await failure(pay(box, 'k', { amount: 1 }))).code).toBe('amount_too_small');
  expect((await pay(box, 'k')).status).toBe('succeeded');
});

test('a key that is in use is a conflict, which may be retried', async () => {
  await using box = await sandbox();
  await box.hook('/faults', { kind: 'slow', method: 'POST', path: '/v1/payment_intents', holdMs: 300 });
  const first = pay(box, 'k');
  await expect.poll(async () => (await box.state()).faults).toBe(0);
  const second = await failure(pay(box, 'k'));
  expect(second).toMatchObject({ statusCode: 409, code: 'idempotency_key_in_use' });
  const retrying = sdk(box.running.port, { maxNetworkRetries: 5 });
  const third = await retrying.paymentIntents.create(payment, { idempotencyKey: 'k' });
  expect(third.id).toBe((await first).id);
  expect(await payments(box)).toBe(1);
});

test('a key is forgotten after a day', async () => {
  await using box = await sandbox();
  const first = await pay(box, 'k');
  await box.hook('/clock/advance', { seconds: 24 * 3600 - 60 });
  expect((await pay(box, 'k')).id).toBe(first.id);
  await box.hook('/clock/advance', { seconds: 61 });
  expect((await pay(box, 'k')).id).not.toBe(first.id);
});

test.each([
  ['rate_limit', 429, 0, 200],
  ['error_before_commit', 500, 0, 200],
  ['error_saved', 500, 0, 500],
  ['error_after_commit', 500, 1, 500],
  ['timeout_before_commit', undefined, 0, 200],
  ['timeout_after_commit', undefined, 1, 200],
  ['reset_before_commit', undefined, 0, 200],
  ['reset_after_commit', undefined, 1, 200],
])('%s: answers %s, leaves %i payments, and a retry answers %i', async (kind, status, made, retried) => {
  await using box = await sandbox();
  const count = kind.startsWith('reset') ? 2 : 1; // The SDK itself retries a reset connection once.
  await box.hook('/faults', { kind, method: 'POST', path: '/v1/payment_intents', holdMs: 60_000, count });
  // A held connection ends by the client's own timeout.
  const impatient = sdk(box.running.port, { timeout: 150 });
  const error = await failure(impatient.paymentIntents.create(payment, { idempotencyKey: 'k' }));
  expect(error.statusCode).toBe(status);
  if (kind === 'rate_limit')
    expect(error).toMatchObject({ type: 'StripeRateLimitError', headers: { 'retry-after': '1' } });
  if (status === undefined) expect(error.type).toBe('StripeConnectionError');
  expect(await payments(box)).toBe(made);
  expect((await box.state()).faults).toBe(0);
  if (retried === 200) {
    const paid = await pay(box, 'k');
    expect(paid.status).toBe('succeeded');
    expect(paid.lastResponse.headers['idempotent-replayed']).toBe(made === 1 ? 'true' : undefined);
  } else {
    const again = await failure(pay(box, 'k'));
    expect(again).toMatchObject({ statusCode: retried, headers: { 'idempotent-replayed': 'true' } });
  }
  const expected = kind === 'error_saved' ? 0 : 1;
  expect(await payments(box)).toBe(expected);
  const log = (await box.requests()).filter(({ idempotencyKey }) => idempotencyKey === 'k');
  expect(log[0]).toMatchObject({ outcome: kind, status: status ?? 0, path: '/v1/payment_intents', method: 'POST' });
});

test('faults strike at a rate that the seed decides, and can be cleared', async () => {
  const strike = async (seed: string): Promise<string> => {
    await using box = await sandbox({ seed });
    await box.hook('/faults', { kind: 'rate_limit', path: '/v1/customers*', rate: 0.5 });
    await box.hook('/faults', { kind: 'rate_limit', path: '/v1/customers', rate: 0.5 });
    let pattern = '';
    for (let n = 0; n < 16; n++)
      pattern += await box.stripe.customers.list().then(
        () => '.',
        () => 'x',
      );
    await box.hook('/faults', undefined, 'DELETE');
    await box.stripe.customers.list();
    return pattern;
  };
  const first = await strike('one');
  expect(first).toMatch(/x/);
  expect(first).toMatch(/\./);
  expect(await strike('one')).toBe(first);
  expect(await strike('two')).not.toBe(first);
});
