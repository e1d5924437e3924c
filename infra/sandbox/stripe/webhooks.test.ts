import Stripe from 'stripe';
import { expect, test, vi } from 'vitest';
import { endpoint, sandbox, secretKey } from './testing/sandbox.ts';
import type { Endpoint, Sandbox } from './testing/sandbox.ts';

const pay = async ({ stripe }: Sandbox): Promise<Stripe.PaymentIntent> =>
  stripe.paymentIntents.create({
    amount: 1000,
    currency: 'usd',
    payment_method_types: ['card'],
    confirm: true,
    payment_method: 'pm_card_visa',
  });

const verify = (received: Endpoint['received'][number] | undefined, secret: string): Stripe.Event =>
  new Stripe(secretKey).webhooks.constructEvent(received?.body ?? '', received?.signature ?? '', secret);

const ids = (target: Endpoint): string[] => target.received.map(({ event }) => event.id);

test('events are signed for the configured endpoint, with every secret while one is being rolled', async () => {
  await using target = await endpoint();
  await using box = await sandbox({ webhook: { url: target.url, secrets: ['whsec_new', 'whsec_old'] } });
  const paid = await pay(box);
  await box.settled();
  expect(target.types().sort()).toEqual(
    ['payment_intent.created', 'charge.succeeded', 'payment_intent.succeeded', 'charge.updated'].sort(),
  );
  for (const secret of ['whsec_new', 'whsec_old'])
    for (const received of target.received)
      expect(verify(received, secret)).toMatchObject({ api_version: '2026-08-26.dahlia', livemode: false });
  expect(() => verify(target.received[0], 'whsec_wrong')).toThrow(/signature/);
  const success = target.received.find(({ event }) => event.type === 'payment_intent.succeeded');
  expect(success?.event.data.object).toMatchObject({ id: paid.id, status: 'succeeded' });
  expect(success?.event).toEqual(await box.stripe.events.retrieve(success?.event.id ?? ''));
});

test('endpoints are registered, get what they ask for, and are removed', async () => {
  await using target = await endpoint();
  await using box = await sandbox();
  const made = await box.stripe.webhookEndpoints.create({
    url: target.url,
    enabled_events: ['payment_intent.succeeded'],
    api_version: '2026-08-26.dahlia',
  });
  const listed = await box.stripe.webhookEndpoints.list();
  expect(listed.data).toMatchObject([{ id: made.id, status: 'enabled' }]);
  expect(listed.data[0]?.secret).toBeUndefined();
  await pay(box);
  await box.settled();
  expect(target.types()).toEqual(['payment_intent.succeeded']);
  expect(verify(target.received[0], made.secret ?? '').type).toBe('payment_intent.succeeded');
  expect(await box.stripe.webhookEndpoints.del(made.id)).toMatchObject({ deleted: true });
  await pay(box);
  await box.settled();
  expect(target.received).toHaveLength(1);
});

test('what is not answered with 2xx in time is sent again', async () => {
  await using target = await endpoint();
  const statuses = [500, 302, 0, 404, 200];
  target.answer = (n) => statuses[n - 1] ?? 200;
  await using box = await sandbox({
    webhook: { url: target.url, secrets: ['whsec_1'] },
    deliveryTimeoutMs: 50,
  });
  await box.stripe.customers.create();
  await box.settled();
  expect(new Set(ids(target)).size).toBe(1);
  expect(target.received).toHaveLength(5);
  expect((await box.state()).webhooks).toEqual({ pending: 0, delivered: 1, failed: 0, refusals: 4 });
});

test('deliveries wait while paused, and while nobody listens', async () => {
  await using target = await endpoint();
  await using box = await sandbox({ webhook: { url: 'http://127.0.0.1:1/', secrets: ['whsec_1'] } });
  await box.stripe.customers.create();
  await vi.waitFor(async () => {
    expect((await box.state()).webhooks.refusals).toBeGreaterThan(1);
  });
  await box.hook('/webhooks', { paused: true, endpoint: { url: target.url, secrets: ['whsec_1'] } });
  await box.stripe.customers.create();
  expect((await box.state()).webhooks.pending).toBe(2);
  expect(target.received).toHaveLength(0);
  await box.hook('/webhooks', { paused: false });
  await box.settled();
  expect(target.received).toHaveLength(2);
});

test('events come twice, as twins, and out of order, as the seed decides', async () => {
  const run = async (seed: string): Promise<{ sent: string[]; created: string[] }> => {
    await using target = await endpoint();
    await using box = await sandbox({ seed, webhook: { url: target.url, secrets: ['whsec_1'] } });
    await box.hook('/webhooks', { duplicates: 0.4, twins: 0.3, reorderMs: 150 });
    for (let n = 0; n < 20; n++) await box.stripe.customers.create({ metadata: { n: String(n) } });
    await box.settled();
    const created = (await box.stripe.events.list({ limit: 100 })).data.map(({ id }) => id).reverse();
    return { sent: ids(target), created };
  };
  const first = await run('one');
  expect(first.created.length).toBeGreaterThan(20); // Twins: two ids for one fact.
  expect(first.sent.length).toBeGreaterThan(first.created.length);
  expect(new Set(first.sent)).toEqual(new Set(first.created));
  expect(first.sent).not.toEqual(first.sent.toSorted((a, b) => first.created.indexOf(a) - first.created.indexOf(b)));
  const second = await run('one');
  expect(second.created).toEqual(first.created);
  expect(second.sent.toSorted()).toEqual(first.sent.toSorted());
  expect((await run('two')).created).not.toEqual(first.created);
});
