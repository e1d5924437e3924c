/** Takes Stripe's webhooks into the topic of Stripe events. */
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { runService } from '../platform/service.ts';
import { count, flag, milliseconds, port, secretList } from '../platform/variables.ts';
import { openKeeper } from './keeper.ts';
import { webhookServer } from './server.ts';

const variables = {
  MILLRACE_WEBHOOKS_HOST: z.string().default('127.0.0.1'),
  MILLRACE_WEBHOOKS_PORT: port(),
  MILLRACE_STRIPE_WEBHOOK_SECRETS: secretList(),
  MILLRACE_STRIPE_LIVEMODE: flag().default(false),
  MILLRACE_WEBHOOKS_TOLERANCE_SECONDS: count().default(300),
  MILLRACE_WEBHOOKS_MAX_BODY_BYTES: count().default(1_000_000),
  MILLRACE_WEBHOOKS_MAX_IN_FLIGHT: count().default(1_000),
  MILLRACE_WEBHOOKS_TIMEOUT_MS: milliseconds().default(10_000),
} as const;

await runService({ service: 'webhooks', variables }, async (platform) => {
  const { config, logger, cluster } = platform;
  const topic = platform.schemas.topic('stripeEvents');
  await topic.value.open?.();
  const admin = await cluster.admin();
  platform.onStop(() => admin.close());
  if (!(await admin.partitions([topic.name])).has(topic.name))
    throw new Error(`there is no topic ${topic.name}: run \`millrace apply\``);

  const keeper = openKeeper({ cluster, topic, timeoutMs: config.MILLRACE_WEBHOOKS_TIMEOUT_MS });
  platform.onStop(() => keeper.close());
  const server = webhookServer({
    endpoint: {
      secrets: config.MILLRACE_STRIPE_WEBHOOK_SECRETS,
      toleranceSeconds: config.MILLRACE_WEBHOOKS_TOLERANCE_SECONDS,
      livemode: config.MILLRACE_STRIPE_LIVEMODE,
    },
    keep: (event) => keeper.keep(event),
    brokersReachable: async () => {
      try {
        return (await admin.partitions([topic.name])).has(topic.name);
      } catch {
        return false;
      }
    },
    maxBodyBytes: config.MILLRACE_WEBHOOKS_MAX_BODY_BYTES,
    maxInFlight: config.MILLRACE_WEBHOOKS_MAX_IN_FLIGHT,
    now: () => Date.now(),
    logger,
  });
  platform.onStop(() => server.close());
  await server.listen({ host: config.MILLRACE_WEBHOOKS_HOST, port: config.MILLRACE_WEBHOOKS_PORT });
  platform.ready({ port: (server.server.address() as AddressInfo).port, path: '/webhooks/stripe' });
});
