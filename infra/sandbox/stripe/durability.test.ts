import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { optionsFrom } from './options.ts';
import { endpoint, sandbox, sdk, secretKey } from './testing/sandbox.ts';

interface Process {
  child: ChildProcessByStdio<null, Readable, null>;
  port: number;
  ended: Promise<number | null>;
}

const start = async (env: Record<string, string>): Promise<Process> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { ...process.env, STRIPE_PORT: '0', STRIPE_SECRET_KEY: secretKey, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  for await (const line of createInterface(child.stdout)) {
    const { ready, port } = JSON.parse(line) as { ready: boolean; port: number };
    expect(ready).toBe(true);
    return { child, port, ended };
  }
  throw new Error(`the simulator ended with ${String(await ended)} before it was ready`);
};

const directory = async (): Promise<AsyncDisposable & { path: string }> => {
  const path = await mkdtemp(join(tmpdir(), 'stripe-sandbox-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
};

test('what was answered survives kill -9, and what was not delivered still is', async () => {
  await using data = await directory();
  await using target = await endpoint();
  target.answer = () => 503;
  const env = {
    STRIPE_DATA_DIR: data.path,
    STRIPE_WEBHOOK_URL: target.url,
    STRIPE_WEBHOOK_SECRET: 'whsec_1',
    STRIPE_RETRY_MS: '20,50',
    STRIPE_SETTLE_MS: '400',
  };
  const first = await start(env);
  const payment = { amount: 1000, currency: 'usd', payment_method_types: ['card'], confirm: true };
  const done: Stripe.PaymentIntent[] = [];
  const pay = async (stripe: Stripe, n: number): Promise<Stripe.PaymentIntent> =>
    stripe.paymentIntents.create(
      { ...payment, payment_method: 'pm_card_visa', metadata: { order_id: String(n) } },
      { idempotencyKey: `order-${n}` },
    );
  const stripe = sdk(first.port);
  for (let n = 0; n < 30; n++) {
    if (n === 20) setTimeout(() => first.child.kill('SIGKILL'), 15);
    try {
      done.push(await pay(stripe, n));
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeConnectionError)) throw error;
      break;
    }
  }
  if (first.child.exitCode === null) first.child.kill('SIGKILL');
  await first.ended;
  expect(done.length).toBeGreaterThanOrEqual(20);

  target.answer = () => 200;
  const second = await start(env);
  try {
    const again = sdk(second.port);
    for (const [n, paid] of done.entries()) expect((await pay(again, n)).id).toBe(paid.id);
    const orders: (string | undefined)[] = [];
    for await (const { metadata } of again.paymentIntents.list({ limit: 100 })) orders.push(metadata['order_id']);
    expect(new Set(orders).size).toBe(orders.length);
    expect(orders.length - done.length).toBeLessThanOrEqual(1); // One may have been done and not answered.
    await expect
      .poll(
        async () => {
          const { webhooks } = (await (await fetch(`http://127.0.0.1:${second.port}/_sandbox/state`)).json()) as {
            webhooks: { pending: number };
          };
          const charges = (await again.charges.list({ limit: 100 })).data;
          return webhooks.pending + charges.filter((charge) => charge.balance_transaction === null).length;
        },
        { timeout: 10_000, interval: 50 },
      )
      .toBe(0);
    const events: string[] = [];
    for await (const { id } of again.events.list({ limit: 100 })) events.push(id);
    expect(events).toHaveLength(4 * orders.length);
    expect(new Set(target.received.map(({ event }) => event.id))).toEqual(new Set(events));
  } finally {
    second.child.kill('SIGTERM');
  }
  expect(await second.ended).toBe(0);
});

test('the clock and the configuration of webhooks survive a restart', async () => {
  await using data = await directory();
  {
    await using box = await sandbox({ dataDirectory: data.path });
    await box.hook('/clock/advance', { seconds: 1000 });
    await box.hook('/webhooks', { paused: true, duplicates: 0.5 });
  }
  await using box = await sandbox({ dataDirectory: data.path });
  expect((await box.state()).now - Date.now()).toBeGreaterThan(999_000);
  expect(await box.hook('/webhooks')).toMatchObject({ paused: true, duplicates: 0.5, twins: 0 });
});

test('a wrong environment is named', () => {
  expect(() => optionsFrom({ STRIPE_DUPLICATES: 'often' })).toThrow('STRIPE_DUPLICATES must be a number, not "often"');
  expect(() => optionsFrom({ STRIPE_WEBHOOK_URL: 'http://127.0.0.1:1/' })).toThrow('STRIPE_WEBHOOK_SECRET');
  expect(optionsFrom({ STRIPE_PORT: '0', STRIPE_RETRY_MS: '1,2', STRIPE_SEED: '' })).toEqual({
    port: 0,
    retryMs: [1, 2],
  });
});

test('ids are a function of the seed', async () => {
  const run = async (seed: string): Promise<(string | null)[]> => {
    await using box = await sandbox({ seed });
    const customer = await box.stripe.customers.create();
    const intent = await box.stripe.paymentIntents.create({ amount: 500, currency: 'usd', customer: customer.id });
    return [customer.id, intent.id, intent.client_secret];
  };
  const first = await run('one');
  expect(await run('one')).toEqual(first);
  const second = await run('two');
  for (const [n, id] of first.entries()) expect(second[n]).not.toBe(id);
});
