import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { stripeStage } from '../../../services/stripe-executor/stage.ts';
import { openStripeApi } from '../../../services/stripe-executor/stripe-api.ts';
import { createPaymentIntent, ensureCustomer } from '../../unit/stripe-executor/support.ts';
import { crashPoints, driveExecutor, openTopics } from './support.ts';

const open = async () => {
  const box = await sandbox();
  const topics = await openTopics();
  const stage = stripeStage({
    api: openStripeApi({
      secretKey,
      base: new URL(box.running.url),
      timeoutMs: 10_000,
      requestsPerSecond: 1_000,
    }),
    version: 'test',
    concurrency: 4,
    commands: topics.stripeCommands,
    objects: topics.stripeObjects,
    results: topics.stripeResults,
    deadLetters: topics.deadLetters,
  });
  const driver = await driveExecutor(stage);
  const { id: customer } = await box.stripe.customers.create({});
  return {
    box,
    driver,
    topics,
    customer,
    intents: async () => (await box.stripe.paymentIntents.list({ limit: 100 })).data,
    results: () => driver.readAll(topics.stripeResults).flatMap(({ value }) => value ?? []),
    [Symbol.asyncDispose]: async () => {
      await driver.close();
      await box[Symbol.asyncDispose]();
    },
  };
};

const orders = ['100001', '100002', '100003', '100004', '100005'];

describe('stripe-executor in the engine', () => {
  it.each(crashPoints)('one PaymentIntent and one result per order when it dies %s', async (point) => {
    await using test = await open();
    const { driver, topics, customer } = test;
    for (const nth of [1, 2]) {
      driver.crash(point);
      for (const order of orders)
        driver.feed(topics.stripeCommands, `${order}${nth}`, createPaymentIntent(customer, `${order}${nth}`));
      await driver.run();
    }
    const intents = await test.intents();
    const results = test.results();
    expect(intents).toHaveLength(2 * orders.length);
    expect(results).toHaveLength(2 * orders.length);
    expect(new Map(results.map(({ orderId, objectId }) => [orderId, objectId]))).toEqual(
      new Map(intents.map(({ id, metadata }) => [metadata['order_id']!, id])),
    );
    expect(driver.deadLetters()).toEqual([]);
  });

  it('gets all orders through a Stripe that fails every other time', async () => {
    await using test = await open();
    const { driver, topics, customer, box } = test;
    const kinds = ['rate_limit', 'error_before_commit', 'error_after_commit', 'error_saved', 'reset_after_commit'];
    for (const kind of kinds) await box.hook('/faults', { kind, path: '/v1/payment_intents', rate: 0.15 });
    await box.hook('/faults', { kind: 'error_before_commit', path: '/v1/customers', rate: 0.3 });
    const many = Array.from({ length: 25 }, (_, index) => String(200_000 + index));
    for (const order of many) {
      driver.feed(topics.stripeCommands, order, ensureCustomer('ada@example.com', order));
      driver.feed(topics.stripeCommands, order, createPaymentIntent(customer, order));
    }
    await driver.run();
    await box.hook('/faults', undefined, 'DELETE');

    const results = test.results();
    expect(results).toHaveLength(2 * many.length);
    expect(results.every(({ status }) => status === 'succeeded')).toBe(true);
    const persons = results.filter(({ type }) => type === 'EnsureCustomer');
    expect(new Set(persons.map(({ objectId }) => objectId)).size).toBe(1);
    const intents = await test.intents();
    expect(intents.map(({ metadata }) => metadata['order_id']!).sort()).toEqual(many);
    const made = results.flatMap(({ type, objectId }) => (type === 'CreatePaymentIntent' ? [objectId] : []));
    expect(new Set(made)).toEqual(new Set(intents.map(({ id }) => id)));
  });

  it.each([
    ['while Stripe knows their keys', 0],
    ['after Stripe may have forgotten their keys', 48 * 3_600_000],
  ])('answers commands that a replay sends again, %s, and makes nothing', async (_, ageMs) => {
    await using test = await open();
    const { driver, topics, customer, box } = test;
    const at = BigInt(Date.now() - ageMs);
    const commands = ['100001', '100002'].flatMap((order) => [
      { ...ensureCustomer('ada@example.com', order), occurredAt: at },
      { ...createPaymentIntent(customer, order), occurredAt: at },
    ]);
    const send = async () => {
      for (const command of commands) driver.feed(topics.stripeCommands, command.orderId, command, { timestamp: at });
      await driver.run();
      const people = await box.stripe.customers.list({ limit: 100 });
      return { intents: (await test.intents()).map(({ id }) => id), people: people.data.map(({ id }) => id) };
    };
    const made = await send();
    const first = test.results();
    expect(await send()).toEqual(made);
    const answers = Map.groupBy(test.results(), ({ commandId }) => commandId);
    expect(first).toHaveLength(4);
    for (const [commandId, told] of answers) {
      expect(told, commandId).toHaveLength(2);
      expect(told[1]?.objectId).toBe(told[0]?.objectId);
      expect(told[1]?.completedAt).toBe(told[0]?.completedAt);
      expect(told[1]?.status).toBe('succeeded');
    }
    expect(driver.deadLetters()).toEqual([]);
  });

  it('tells refusals as results, puts contradictions aside, and goes on', async () => {
    await using test = await open();
    const { driver, topics, customer } = test;
    const commands = [
      createPaymentIntent(customer, '1'),
      createPaymentIntent('cus_nobody', '2'),
      createPaymentIntent(customer, '3', { captureMethod: 'someday' }),
      { ...createPaymentIntent(customer, '1', { amount: 5n }), workflow: 'collect@2' },
      createPaymentIntent(customer, '4'),
    ];
    for (const command of commands) await driver.pipe(topics.stripeCommands, command.orderId, command);
    await driver.pipe(topics.stripeCommands, '5', null);
    const told = test.results().map(({ orderId, status, errorCode }) => [orderId, status, errorCode]);
    expect(told.sort()).toEqual([
      ['1', 'succeeded', null],
      ['2', 'refused', 'resource_missing'],
      ['4', 'succeeded', null],
    ]);
    expect(
      driver
        .deadLetters()
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['capture_method_unknown', 'idempotency_mismatch', 'no_command']);
    expect(await test.intents()).toHaveLength(2);
  });
});
