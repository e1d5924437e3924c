import { describe, expect, it } from 'vitest';
import { type Sandbox, sandbox } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { paymentStory } from '../../../services/cli/stripe-story.ts';

const pay = async ({ stripe }: Sandbox, over: object = {}): Promise<string> =>
  (
    await stripe.paymentIntents.create({
      amount: 6_139,
      currency: 'usd',
      payment_method_types: ['card'],
      payment_method: 'pm_card_visa',
      confirm: true,
      ...over,
    })
  ).id;

const netOf = async ({ stripe }: Sandbox): Promise<bigint> => {
  let net = 0n;
  for await (const transaction of stripe.balanceTransactions.list({ limit: 100 }))
    if (transaction.type !== 'payout') net += BigInt(transaction.net);
  return net;
};

describe('a payment as Stripe tells it', () => {
  it('has all that it did to the balance: the charge, and what a dispute took', async () => {
    await using box = await sandbox();
    const id = await pay(box, { payment_method: 'pm_card_createDispute' });
    await box.settled();
    const story = await paymentStory(box.stripe, id);
    expect(story.moved.reduce((sum, { net }) => sum + net, 0n)).toBe(await netOf(box));
    expect(story.moved.map(({ by }) => by)).toEqual(['charge', 'dispute']);
    expect(story.payout).toBeNull();
  });

  it('counts what went back, and not what was only released', async () => {
    await using box = await sandbox();
    const id = await pay(box, { capture_method: 'manual' });
    await box.stripe.paymentIntents.capture(id, { amount_to_capture: 5_000 });
    await box.settled();
    await box.stripe.refunds.create({ payment_intent: id, amount: 700 });
    await box.settled();
    const story = await paymentStory(box.stripe, id);
    expect(story.refunded).toBe(700n);
    expect(story.moved.reduce((sum, { net }) => sum + net, 0n)).toBe(await netOf(box));
  });

  it('has a refund that came back both ways, and nothing went back', async () => {
    await using box = await sandbox();
    const id = await pay(box, { payment_method: 'pm_card_refundFail' });
    await box.settled();
    await box.stripe.refunds.create({ payment_intent: id, amount: 1_000 });
    await box.settled();
    const story = await paymentStory(box.stripe, id);
    expect(story.moved.map(({ by, gross }) => [by, gross])).toEqual([
      ['charge', 6_139n],
      ['refund', -1_000n],
      ['refund', 1_000n],
    ]);
    expect(story.refunded).toBe(0n);
  });

  it('knows the payout that brought it to the bank, among others', async () => {
    await using box = await sandbox();
    const other = await pay(box);
    await box.settled();
    await box.hook('/payouts/run', {});
    await box.hook('/clock/advance', { seconds: 3 * 24 * 3_600 });
    const id = await pay(box);
    await box.settled();
    expect((await paymentStory(box.stripe, id)).payout).toBeNull();
    await box.hook('/payouts/run', {});
    await box.settled();
    const [second, first] = (await box.stripe.payouts.list()).data;
    expect((await paymentStory(box.stripe, other)).payout?.id).toBe(first!.id);
    expect((await paymentStory(box.stripe, id)).payout).toEqual({
      id: second!.id,
      status: second!.status,
      arrivesAt: BigInt(second!.arrival_date) * 1000n,
    });
  });
});
