import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { PoisonError } from '../../../services/runtime/errors.ts';
import { createRefund, executor, HOUR } from './support.ts';

/** A Stripe with one payment of 123.45. */
const open = async () => {
  const box = await sandbox();
  const execute = executor(box.running.url, { secretKey, timeoutMs: 10_000 });
  const intent = await box.stripe.paymentIntents.create({
    amount: 12_345,
    currency: 'usd',
    payment_method: 'pm_card_visa',
    payment_method_types: ['card'],
    confirm: true,
  });
  return {
    box,
    execute,
    intent: intent.id,
    charge: intent.latest_charge as string,
    refunds: async () => (await box.stripe.refunds.list({ limit: 100 })).data,
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
};

describe('CreateRefund', () => {
  it('pays back once, however often it is told', async () => {
    await using stripe = await open();
    const command = createRefund(stripe.intent);
    const first = await stripe.execute(command);
    const again = await stripe.execute(command);
    const [refund, ...more] = await stripe.refunds();
    expect(more).toEqual([]);
    expect(refund).toMatchObject({
      amount: 345,
      payment_intent: stripe.intent,
      reason: 'requested_by_customer',
      metadata: { order_id: '100001', command_id: '100001/create-refund/credit-100200' },
    });
    expect(first.result).toMatchObject({ status: 'succeeded', objectId: refund!.id, detail: { how: 'created' } });
    expect(again.result).toMatchObject({ objectId: refund!.id, replayed: true });
  });

  it('looks before it acts when the key may be forgotten', async () => {
    await using stripe = await open();
    const command = createRefund(stripe.intent);
    const { result } = await stripe.execute(command);
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    const again = await stripe.execute(command, { writtenAt: Date.now(), now: Date.now() + 30 * HOUR });
    expect(again.result).toMatchObject({ objectId: result.objectId, detail: { how: 'found' } });
    expect(await stripe.refunds()).toHaveLength(1);
  });

  it('that found a refund of its own over another amount is for a person', async () => {
    await using stripe = await open();
    await stripe.execute(createRefund(stripe.intent));
    await stripe.box.hook('/clock/advance', { seconds: 30 * 3_600 });
    const other = createRefund(stripe.intent, 'credit-100200', { amount: 346n });
    const late = { writtenAt: Date.now(), now: Date.now() + 30 * HOUR };
    await expect(stripe.execute(other, late)).rejects.toThrow(PoisonError);
  });

  it('makes it once although Stripe failed under the key', async () => {
    await using stripe = await open();
    await stripe.box.hook('/faults', { kind: 'error_after_commit', method: 'POST', path: '/v1/refunds' });
    const { result } = await stripe.execute(createRefund(stripe.intent), { attempts: 5 });
    expect(result).toMatchObject({ status: 'succeeded' });
    expect(await stripe.refunds()).toHaveLength(1);
  });

  it('of all that is left pays back what is left, and then nothing', async () => {
    await using stripe = await open();
    await stripe.execute(createRefund(stripe.intent));
    const whole = await stripe.execute(createRefund(stripe.intent, 'full-1', { amount: null }));
    expect(whole.result).toMatchObject({ status: 'succeeded' });
    const nothing = await stripe.execute(createRefund(stripe.intent, 'full-2', { amount: null }));
    expect(nothing.result).toMatchObject({
      status: 'succeeded',
      objectId: stripe.intent,
      objectStatus: 'refunded',
      detail: { how: 'nothing_left' },
    });
    expect(nothing.result.requestId).toMatch(/^req_/);
    expect((await stripe.refunds()).map(({ amount }) => amount).sort()).toEqual([12_000, 345]);
  });

  it.each<[string, Parameters<typeof createRefund>[2], string]>([
    ['of more than was paid', { amount: 12_346n }, 'invalid_request_error'],
    ['of an amount that Stripe does not have', { amount: 1_001n, currency: 'KWD' }, 'inexact_amount'],
  ])('%s is refused', async (_name, over, code) => {
    await using stripe = await open();
    const { result } = await stripe.execute(createRefund(stripe.intent, 'credit-100200', over));
    expect(result).toMatchObject({ status: 'refused', errorCode: code });
    expect(await stripe.refunds()).toEqual([]);
  });

  it('of what was charged back is refused, and says so', async () => {
    await using stripe = await open();
    await stripe.box.hook('/disputes', { charge: stripe.charge });
    const { result } = await stripe.execute(createRefund(stripe.intent));
    expect(result).toMatchObject({ status: 'refused', errorCode: 'charge_disputed' });
  });

  it('of a part of what is paid back already is refused', async () => {
    await using stripe = await open();
    await stripe.execute(createRefund(stripe.intent, 'full-1', { amount: null }));
    const { result } = await stripe.execute(createRefund(stripe.intent));
    expect(result).toMatchObject({ status: 'refused', errorCode: 'charge_already_refunded' });
  });
});
