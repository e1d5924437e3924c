import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { PoisonError } from '../../../services/runtime/errors.ts';
import { cancelPaymentIntent, capturePaymentIntent, executor } from './support.ts';

/** A Stripe with one PaymentIntent over 123.45, of which the money is held if there is a card. */
const open = async (card: string | null = 'pm_card_visa', captureMethod: 'manual' | 'automatic' = 'manual') => {
  const box = await sandbox();
  const { id } = await box.stripe.paymentIntents.create({
    amount: 12_345,
    currency: 'usd',
    capture_method: captureMethod,
    payment_method_types: ['card'],
    ...(card !== null && { payment_method: card, confirm: true }),
  });
  return {
    box,
    id,
    execute: executor(box.running.url, { secretKey, timeoutMs: 10_000 }),
    intent: () => box.stripe.paymentIntents.retrieve(id),
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
};

describe('CapturePaymentIntent', () => {
  it('takes the amount once, however often it is told', async () => {
    await using stripe = await open();
    const first = await stripe.execute(capturePaymentIntent(stripe.id));
    const again = await stripe.execute(capturePaymentIntent(stripe.id));
    expect(first.result).toMatchObject({ status: 'succeeded', objectId: stripe.id, objectStatus: 'succeeded' });
    expect(again.result).toMatchObject({ status: 'succeeded', replayed: true });
    expect(await stripe.intent()).toMatchObject({ status: 'succeeded', amount_received: 12_345 });
  });

  it('takes a part and releases the rest', async () => {
    await using stripe = await open();
    await stripe.execute(capturePaymentIntent(stripe.id, 10_000n));
    expect(await stripe.intent()).toMatchObject({ status: 'succeeded', amount_received: 10_000 });
    const { data } = await stripe.box.stripe.balanceTransactions.list();
    expect(data.map(({ reporting_category: category, amount }) => [category, amount])).toEqual([
      ['partial_capture_reversal', -2_345],
      ['charge', 12_345],
    ]);
  });

  it('is done when it was done, although the key is forgotten or Stripe failed under it', async () => {
    await using stripe = await open();
    await stripe.box.hook('/faults', {
      kind: 'error_after_commit',
      method: 'POST',
      path: '/v1/payment_intents/*/capture',
    });
    const failed = await stripe.execute(capturePaymentIntent(stripe.id), { attempts: 5 });
    expect(failed.result).toMatchObject({ status: 'succeeded', detail: { how: 'found' } });
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    const late = await stripe.execute(capturePaymentIntent(stripe.id));
    expect(late.result).toMatchObject({ status: 'succeeded', objectId: stripe.id, detail: { how: 'found' } });
    expect(late.result.requestId).toMatch(/^req_/);
  });

  it.each<[string, bigint, string]>([
    ['of more than is held', 12_346n, 'amount_too_large'],
    ['of what was captured for another amount', 9_000n, 'payment_intent_unexpected_state'],
  ])('%s is refused', async (_name, amount, code) => {
    await using stripe = await open();
    if (amount < 12_345n) await stripe.box.stripe.paymentIntents.capture(stripe.id, { amount_to_capture: 8_000 });
    const { result } = await stripe.execute(capturePaymentIntent(stripe.id, amount));
    expect(result).toMatchObject({ status: 'refused', errorCode: code });
  });

  it('of what has expired is refused', async () => {
    await using stripe = await open();
    await stripe.box.hook('/clock/advance', { seconds: 8 * 24 * 3_600 });
    await stripe.box.settled();
    const { result } = await stripe.execute(capturePaymentIntent(stripe.id));
    expect(result).toMatchObject({ status: 'refused', errorCode: 'payment_intent_unexpected_state' });
  });

  it('of an amount that Stripe does not have is refused', async () => {
    await using stripe = await open();
    const { result } = await stripe.execute(capturePaymentIntent(stripe.id, 1_001n, '100001', 'KWD'));
    expect(result).toMatchObject({ status: 'refused', errorCode: 'inexact_amount' });
  });
});

describe('CancelPaymentIntent', () => {
  it.each<[string, string | null]>([
    ['that waits for a card', null],
    ['that holds money', 'pm_card_visa'],
  ])('ends one %s, once', async (_name, card) => {
    await using stripe = await open(card);
    const first = await stripe.execute(cancelPaymentIntent(stripe.id));
    expect(first.result).toMatchObject({ status: 'succeeded', objectStatus: 'canceled' });
    expect((await stripe.execute(cancelPaymentIntent(stripe.id))).result).toMatchObject({ replayed: true });
    expect(await stripe.intent()).toMatchObject({ status: 'canceled', cancellation_reason: 'requested_by_customer' });
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    const late = await stripe.execute(cancelPaymentIntent(stripe.id, null));
    expect(late.result).toMatchObject({ status: 'succeeded', objectStatus: 'canceled', detail: { how: 'found' } });
  });

  it('leaves one that was paid meanwhile', async () => {
    await using stripe = await open('pm_card_visa', 'automatic');
    const { result } = await stripe.execute(cancelPaymentIntent(stripe.id));
    expect(result).toMatchObject({ status: 'succeeded', objectStatus: 'succeeded', detail: { how: 'found' } });
    expect(await stripe.intent()).toMatchObject({ status: 'succeeded' });
  });

  it('for a reason that Stripe does not have is for a person', async () => {
    await using stripe = await open();
    await expect(stripe.execute(cancelPaymentIntent(stripe.id, 'whim'))).rejects.toThrow(PoisonError);
  });
});
