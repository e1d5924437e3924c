/** Hands the shopper's page what it needs to pay an order: `/pay/<order>`, behind a signed link. */
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { openConfiguredShop, shopVariables } from '../adnsf-executor/adapter.ts';
import { runService } from '../platform/service.ts';
import { count, milliseconds, port, secret, secretList } from '../platform/variables.ts';
import { openIntents } from './intents.ts';
import { paymentServer } from './server.ts';

/** With commas between them. */
const list = () =>
  z.string().transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );

const variables = {
  ...shopVariables,
  MILLRACE_PAYMENTS_HOST: z.string().default('127.0.0.1'),
  MILLRACE_PAYMENTS_PORT: port(),
  MILLRACE_PAYMENT_LINK_SECRETS: secretList(),
  MILLRACE_PAYMENTS_ORIGINS: list().default([]),
  MILLRACE_PAYMENTS_TRUSTED_PROXIES: list().default([]),
  MILLRACE_PAYMENTS_PER_CLIENT: count().default(60),
  MILLRACE_PAYMENTS_PER_ORDER: count().default(60),
  MILLRACE_STRIPE_SECRET_KEY: secret(),
  MILLRACE_STRIPE_PUBLISHABLE_KEY: z.string().min(1),
  MILLRACE_STRIPE_API_BASE: z.url({ protocol: /^https?$/ }).optional(),
  MILLRACE_STRIPE_JS_URL: z.url({ protocol: /^https?$/ }).default('https://js.stripe.com/v3/'),
  MILLRACE_STRIPE_TIMEOUT_MS: milliseconds().default(10_000),
} as const;

await runService({ service: 'payments', variables }, async (platform) => {
  const { config, logger } = platform;
  const { shop } = openConfiguredShop(config);
  platform.onStop(() => shop.close());
  const base = config.MILLRACE_STRIPE_API_BASE;
  const server = await paymentServer({
    orders: shop,
    intents: openIntents({
      secretKey: config.MILLRACE_STRIPE_SECRET_KEY,
      timeoutMs: config.MILLRACE_STRIPE_TIMEOUT_MS,
      ...(base !== undefined && { base: new URL(base) }),
    }),
    stores: config.MILLRACE_STORES,
    publishableKey: config.MILLRACE_STRIPE_PUBLISHABLE_KEY,
    linkSecrets: config.MILLRACE_PAYMENT_LINK_SECRETS,
    stripeJs: new URL(config.MILLRACE_STRIPE_JS_URL),
    origins: config.MILLRACE_PAYMENTS_ORIGINS,
    trustedProxies: config.MILLRACE_PAYMENTS_TRUSTED_PROXIES,
    perClient: config.MILLRACE_PAYMENTS_PER_CLIENT,
    perOrder: config.MILLRACE_PAYMENTS_PER_ORDER,
    now: () => Date.now(),
    logger,
  });
  platform.onStop(() => server.close());
  await server.listen({ host: config.MILLRACE_PAYMENTS_HOST, port: config.MILLRACE_PAYMENTS_PORT });
  platform.ready({ port: (server.server.address() as AddressInfo).port, path: '/pay/<order>' });
});
