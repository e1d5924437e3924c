/** Takes Stripe's webhooks, and the shop's own, into their topics. */
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
  /** Set when the shop sends webhooks of its own. */
  MILLRACE_ADNSF_WEBHOOK_SECRETS: secretList().optional(),
  MILLRACE_STRIPE_LIVEMODE: flag().default(false),
  MILLRACE_WEBHOOKS_TOLERANCE_SECONDS: count().default(300),
  MILLRACE_WEBHOOKS_MAX_BODY_BYTES: count().default(1_000_000),
  MILLRACE_WEBHOOKS_MAX_IN_FLIGHT: count().default(1_000),
  MILLRACE_WEBHOOKS_TIMEOUT_MS: milliseconds().default(10_000),
} as const;

await runService({ service: 'webhooks', variables }, async (platform) => {
  const { config, logger, cluster } = platform;
  const topic = platform.schemas.topic('stripeEvents');
  const shopTopic = platform.schemas.topic('adnsfWebhooks');
  const shopSecrets = config.MILLRACE_ADNSF_WEBHOOK_SECRETS;
  const topics = shopSecrets === undefined ? [topic] : [topic, shopTopic];
  for (const each of topics) await each.value.open?.();
  const admin = await cluster.admin();
  platform.onStop(() => admin.close());
  const missing = async (): Promise<string | undefined> => {
    const present = await admin.partitions(topics.map(({ name }) => name));
    return topics.find(({ name }) => !present.has(name))?.name;
  };
  const lacking = await missing();
  if (lacking !== undefined) throw new Error(`there is no topic ${lacking}: run \`millrace apply\``);

  const timeoutMs = config.MILLRACE_WEBHOOKS_TIMEOUT_MS;
  const keeper = openKeeper({ cluster, topic, timeoutMs });
  platform.onStop(() => keeper.close());
  const shopKeeper = openKeeper({ cluster, topic: shopTopic, timeoutMs });
  platform.onStop(() => shopKeeper.close());
  const server = webhookServer({
    endpoint: {
      secrets: config.MILLRACE_STRIPE_WEBHOOK_SECRETS,
      toleranceSeconds: config.MILLRACE_WEBHOOKS_TOLERANCE_SECONDS,
      livemode: config.MILLRACE_STRIPE_LIVEMODE,
    },
    keep: (event) => keeper.keep(event),
    ...(shopSecrets !== undefined && {
      shop: {
        secrets: shopSecrets,
        toleranceSeconds: config.MILLRACE_WEBHOOKS_TOLERANCE_SECONDS,
        keep: (event) => shopKeeper.keep(event),
      },
    }),
    brokersReachable: async () => {
      try {
        return (await missing()) === undefined;
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
  platform.ready({
    port: (server.server.address() as AddressInfo).port,
    path: '/webhooks/stripe',
    shop: shopSecrets !== undefined,
  });
});
