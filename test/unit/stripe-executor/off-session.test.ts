import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { createPaymentIntent, executor, HOUR } from './support.ts';

/** A Stripe with a customer who has saved these methods, one after another. */
const open = async (...methods: readonly string[]) => {
  const box = await sandbox();
  const { stripe } = box;
  const customer = await stripe.customers.create({ email: 'ada@example.com' });
  const saved: string[] = [];
  for (const method of methods) {
    saved.push((await stripe.paymentMethods.attach(method, { customer: customer.id })).id);
    await box.hook('/clock/advance', { seconds: 60 });
  }
  return {
    box,
    saved,
    customer: customer.id,
    prefer: (id: string) => stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } }),
    execute: executor(box.running.url, { secretKey, timeoutMs: 10_000 }),
    command: createPaymentIntent(customer.id, '100001', { offSession: true, saveMethod: true }),
    intents: async () => (await stripe.paymentIntents.list({ limit: 100 })).data,
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
};

describe('CreatePaymentIntent for a customer who is not there', () => {
  it('charges the card that was saved last', async () => {
    await using test = await open('pm_card_visa', 'pm_card_mastercard');
    const { result } = await test.execute(test.command);
    expect(result).toMatchObject({
      status: 'succeeded',
      objectStatus: 'succeeded',
      detail: { collection: 'off_session' },
    });
    const [intent] = await test.intents();
    expect(intent).toMatchObject({
      id: result.objectId,
      status: 'succeeded',
      amount_received: 12_345,
      payment_method: test.saved[1],
      metadata: { order_id: '100001', command_id: '100001/create-payment-intent/1' },
    });
  });

  it('charges the default of the customer before any other', async () => {
    await using test = await open('pm_card_visa', 'pm_card_mastercard');
    await test.prefer(test.saved[0]!);
    await test.execute(test.command);
    expect(await test.intents()).toMatchObject([{ status: 'succeeded', payment_method: test.saved[0] }]);
  });

  it('only holds the money when it is captured on shipment', async () => {
    await using test = await open('pm_card_visa');
    const { payload } = test.command;
    const { result } = await test.execute({ ...test.command, payload: { ...payload, captureMethod: 'manual' } });
    expect(result).toMatchObject({ objectStatus: 'requires_capture', detail: { collection: 'off_session' } });
  });

  it('leaves it to be paid, and saves what it is paid with, when nothing is saved', async () => {
    await using test = await open();
    const { result } = await test.execute(test.command);
    expect(result).toMatchObject({
      status: 'succeeded',
      objectStatus: 'requires_payment_method',
      detail: { collection: 'on_session' },
    });
    const [intent] = await test.intents();
    expect(intent).toMatchObject({ setup_future_usage: 'off_session', payment_method: null, last_payment_error: null });
    await test.box.stripe.paymentIntents.confirm(intent!.id, {
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.example/paid',
    });
    const { data } = await test.box.stripe.customers.listPaymentMethods(test.customer);
    expect(data).toHaveLength(1);
  });

  it.each([
    ['pm_card_authenticationRequired', 'authentication_required'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined'],
  ])('takes the no of the bank (%s) as an answer: there is one PaymentIntent, which waits', async (method, code) => {
    await using test = await open(method);
    for (const now of [0, 0, 30 * HOUR]) {
      const { result } = await test.execute(test.command, { now: Date.now() + now });
      expect(result).toMatchObject({
        status: 'succeeded',
        objectStatus: 'requires_payment_method',
        detail: { collection: 'off_session' },
      });
    }
    expect(await test.intents()).toMatchObject([{ status: 'requires_payment_method', last_payment_error: { code } }]);
    expect((await test.box.stripe.charges.list()).data).toHaveLength(1);
  });

  it.each(['error_after_commit', 'reset_after_commit', 'timeout_after_commit'])(
    'charges once, although the answer was lost (%s) and another method is saved since',
    async (kind) => {
      await using test = await open('pm_card_visa');
      await test.box.hook('/faults', { kind, method: 'POST', path: '/v1/payment_intents' });
      const execute = executor(test.box.running.url, { secretKey, timeoutMs: 300 });
      await execute(test.command).catch(() => undefined);
      const other = await test.box.stripe.paymentMethods.attach('pm_card_mastercard', { customer: test.customer });
      await test.prefer(other.id);
      const { result } = await test.execute(test.command, { attempts: 5 });
      expect(result).toMatchObject({ status: 'succeeded', detail: { collection: 'off_session' } });
      expect(await test.intents()).toMatchObject([{ id: result.objectId, payment_method: test.saved[0] }]);
      expect((await test.box.stripe.charges.list()).data).toHaveLength(1);
    },
  );
});
