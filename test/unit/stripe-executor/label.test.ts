import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { executor, labelPayment } from './support.ts';

/** A Stripe at which another program has charged 123.45. */
const open = async (metadata: Record<string, string> = { source: 'plug-in' }) => {
  const box = await sandbox();
  const intent = await box.stripe.paymentIntents.create({
    amount: 12_345,
    currency: 'usd',
    payment_method_types: ['card'],
    payment_method: 'pm_card_visa',
    confirm: true,
    metadata,
  });
  const charge = intent.latest_charge as string;
  return {
    box,
    intent: intent.id,
    charge,
    execute: executor(box.running.url, { secretKey, timeoutMs: 10_000 }),
    labels: async () => [
      (await box.stripe.paymentIntents.retrieve(intent.id)).metadata,
      (await box.stripe.charges.retrieve(charge)).metadata,
    ],
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
};

const label = {
  source: 'plug-in',
  order_id: '100001',
  aspdotnetstorefrontorderid: '100001',
  order_number: '100001',
  command_id: '100001/label-payment/1',
};

describe('LabelPayment', () => {
  it.each(['intent', 'charge'] as const)('by its %s names the order on all of the payment, once', async (by) => {
    await using test = await open();
    const { result } = await test.execute(labelPayment(test[by]));
    expect(result).toMatchObject({ status: 'succeeded', objectId: test.intent, detail: { how: 'created' } });
    expect(await test.labels()).toEqual([label, label]);
    const again = await test.execute(labelPayment(test[by]));
    expect(again.result).toMatchObject({ status: 'succeeded', objectId: test.intent, detail: { how: 'found' } });
  });

  it('tells that both belong to the order, so that what is told of either finds it', async () => {
    await using test = await open();
    const { outputs } = await test.execute(labelPayment(test.charge));
    expect(outputs.map(({ topic, key, value }) => [topic.name, key, value])).toMatchObject([
      ['stripe.objects', test.intent, { objectId: test.intent, orderId: '100001' }],
      ['stripe.objects', test.charge, { objectId: test.charge, orderId: '100001' }],
      ['stripe.results', '100001', { type: 'LabelPayment' }],
    ]);
  });

  it('writes on neither when one of them names another order', async () => {
    await using test = await open({});
    await test.box.stripe.charges.update(test.charge, { metadata: { order_id: '100002' } });
    const { result } = await test.execute(labelPayment(test.intent));
    expect(result).toMatchObject({
      status: 'refused',
      errorCode: 'payment_of_another_order',
      errorMessage: expect.stringContaining('100002') as string,
    });
    expect(await test.labels()).toEqual([{}, { order_id: '100002' }]);
  });

  it('is done when it was done although Stripe failed under its key', async () => {
    await using test = await open();
    await test.box.hook('/faults', { kind: 'error_after_commit', method: 'POST', path: '/v1/payment_intents/*' });
    const { result } = await test.execute(labelPayment(test.intent), { attempts: 5 });
    expect(result.status).toBe('succeeded');
    expect(await test.labels()).toEqual([label, label]);
  });

  it('of what Stripe does not have is refused', async () => {
    await using test = await open();
    const { result } = await test.execute(labelPayment('pi_nowhere'));
    expect(result).toMatchObject({ status: 'refused', errorCode: 'resource_missing' });
  });
});
