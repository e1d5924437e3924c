import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { topics } from '../../../schemas/topics.ts';
import { letterId } from '../../../services/dead-letters/letter.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { stripeStage } from '../../../services/stripe-executor/stage.ts';
import { openStripeApi } from '../../../services/stripe-executor/stripe-api.ts';
import { createPaymentIntent } from '../../unit/stripe-executor/support.ts';
import { openDesk } from './support.ts';

const open = async () => {
  const box = await sandbox();
  const api = openStripeApi({ secretKey, base: new URL(box.running.url), timeoutMs: 10_000, requestsPerSecond: 1_000 });
  const desk = await openDesk({
    effects: (schemas) => [
      stripeStage({
        api,
        version: 'test',
        concurrency: 4,
        commands: schemas.topic('stripeCommands'),
        objects: schemas.topic('stripeObjects'),
        results: schemas.topic('stripeResults'),
        deadLetters: schemas.topic('deadLetters'),
      }) as unknown as EffectStage<never>,
    ],
  });
  const { id: customer } = await box.stripe.customers.create({});
  return {
    desk,
    customer,
    commands: desk.schemas.topic('stripeCommands'),
    intents: async () => (await box.stripe.paymentIntents.list({ limit: 100 })).data,
    results: () => desk.driver.readAll(desk.schemas.topic('stripeResults')).flatMap(({ value }) => value ?? []),
    [Symbol.asyncDispose]: async () => {
      await desk.driver.close();
      await box[Symbol.asyncDispose]();
    },
  };
};

describe('a command that an executor refused', () => {
  it('is put right, redriven, and takes effect once', async () => {
    await using test = await open();
    const { desk, commands, customer } = test;
    await desk.driver.pipe(commands, '1', createPaymentIntent(customer, '1', { captureMethod: 'someday' }));
    const id = letterId((await desk.letters())[0]!);
    await desk.edit(id, 'payload.captureMethod', 'automatic_async');
    await desk.redrive(id);
    await desk.driver.run();
    expect((await test.intents()).map(({ metadata }) => metadata['order_id'])).toEqual(['1']);
    expect(test.results().map(({ status }) => status)).toEqual(['succeeded']);
  });

  it('and had taken effect by then, takes none again', async () => {
    await using test = await open();
    const { desk, commands, customer } = test;
    const command = createPaymentIntent(customer, '1');
    // The same command twice, once as bytes that nobody can read: what was refused is put right after it was done.
    await commands.value.open?.();
    const bad = Buffer.concat([Buffer.from([9]), commands.value.encode(command)]);
    await desk.driver.pipeBytes(topics.stripeCommands.name, Buffer.from('1'), bad);
    await desk.driver.pipe(commands, '1', command);
    const id = letterId((await desk.letters())[0]!);
    await desk.perform([id], { kind: 'edit', edited: () => Promise.resolve(commands.value.encode(command)) });
    await desk.redrive(id);
    await desk.driver.run();
    expect(await test.intents()).toHaveLength(1);
    expect(new Set(test.results().map(({ objectId }) => objectId)).size).toBe(1);
  });
});
