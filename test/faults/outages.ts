/** Parts that restart, die or are away, and a Stripe that misbehaves. */
import type { PartName } from '../../infra/local/part.ts';
import type { Fault } from './fault.ts';
import type { World } from './world.ts';

const restart = (part: PartName, short?: true): Fault => ({
  name: `restart-${part}`,
  what: `${part} restarts`,
  ...(short && { short }),
  inject: async (world) => {
    const at = Date.now();
    await world.stack.restart(part);
    return { at };
  },
});

const killPart = (part: PartName, awaySeconds: number, what: string, short?: true): Fault => ({
  name: awaySeconds > 0 ? `away-${part}` : `kill-${part}`,
  what,
  ...(short && { short }),
  inject: async (world) => {
    const at = Date.now();
    await world.stack.kill(part, 'SIGKILL');
    world.killed();
    try {
      await world.sleep(awaySeconds * 1_000);
    } finally {
      await world.stack.restart(part);
    }
    return { at };
  },
});

/** Requests by which the executor does its work; nobody else makes them. */
const calls = [
  { method: 'POST', path: '/v1/customers' },
  { method: 'POST', path: '/v1/payment_intents' },
  { method: 'GET', path: '/v1/balance_transactions/*' },
] as const;

const stripeFault = (kind: string, what: string, count: number, short?: true): Fault => ({
  name: `stripe-${kind.replaceAll('_', '-')}`,
  what: `Stripe: ${what}, ${count} times each at customers, PaymentIntents and balance transactions`,
  ...(short && { short }),
  inject: async (world) => {
    const at = Date.now();
    for (const call of calls) await world.stripe.fault({ kind, ...call, count });
    try {
      await world.until('Stripe has misbehaved as often as it should', 180, async () => {
        return (await world.stripe.faultsLeft()) === 0;
      });
    } finally {
      await world.stripe.clearFaults();
    }
    return { at };
  },
});

const deliveries: Fault = {
  name: 'webhooks-disordered',
  what: 'every webhook doubled, with a twin of another id, up to 6 s out of order',
  short: true,
  inject: async (world) => {
    const at = Date.now();
    await world.stripe.deliveries({ duplicates: 1, twins: 1, reorderMs: 6_000 });
    try {
      await world.sleep(8_000);
    } finally {
      await world.stripe.deliveries(world.usualDeliveries);
    }
    return { at };
  },
};

/** Ends and starts the service of webhooks, as whoever rolls a secret does. */
const renew = async ({ supervisor }: World): Promise<void> => {
  await supervisor.end('webhooks');
  await supervisor.start('webhooks');
  await supervisor.ready('webhooks');
};

/** Once as it should be done, with both valid for a while, and once with Stripe ahead of us. */
const roll: Fault = {
  name: 'webhook-secret-rolled',
  what: 'the webhook secret is rolled: in order, then with Stripe ahead of us',
  inject: async (world) => {
    const at = Date.now();
    const [old = ''] = world.secretsInUse();
    const [second, third] = [world.newSecret(), world.newSecret()];
    world.acceptSecrets([old, second]);
    await renew(world);
    await world.stripe.signWith(world.webhookUrl, [old, second]);
    await world.sleep(2_000);
    await world.stripe.signWith(world.webhookUrl, [second]);
    world.acceptSecrets([second]);
    await renew(world);
    await world.sleep(1_000);
    await world.stripe.signWith(world.webhookUrl, [third]);
    await world.sleep(3_000);
    world.acceptSecrets([third, second]);
    await renew(world);
    return { at };
  },
};

export const outages: readonly Fault[] = [
  restart('kafka'),
  killPart('kafka', 0, 'kill -9 of the broker', true),
  killPart('connect', 0, 'kill -9 of Connect in mid-stream', true),
  restart('registry'),
  restart('sqlserver'),
  killPart('sqlserver', 60, 'ADNSF (SQL Server) away for 60 s'),
  stripeFault('rate_limit', '429', 6),
  stripeFault('error_before_commit', '500 before commit', 3),
  stripeFault('error_after_commit', '500 after commit', 3, true),
  stripeFault('error_saved', '500 that its idempotency key remembers', 2),
  stripeFault('timeout_after_commit', 'no answer after commit', 2),
  stripeFault('reset_before_commit', 'connection reset before commit', 3),
  stripeFault('reset_after_commit', 'connection reset after commit', 3, true),
  deliveries,
  roll,
];
