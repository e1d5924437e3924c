/** Does at Stripe what the order stream decided. */
import { z } from 'zod';
import { runService } from '../platform/service.ts';
import { count, milliseconds, secret } from '../platform/variables.ts';
import { startEffects } from '../runtime/effect-task.ts';
import { stripeStage } from './stage.ts';
import { openStripeApi } from './stripe-api.ts';

const VERSION = '1';

const variables = {
  MILLRACE_STRIPE_SECRET_KEY: secret(),
  MILLRACE_STRIPE_API_BASE: z.url({ protocol: /^https?$/ }).optional(),
  MILLRACE_STRIPE_TIMEOUT_MS: milliseconds().default(20_000),
  MILLRACE_STRIPE_REQUESTS_PER_SECOND: count().default(25),
  MILLRACE_STRIPE_CONCURRENCY: count().default(16),
} as const;

await runService({ service: 'stripe-executor', variables }, async (platform) => {
  const { config, schemas, logger, cluster } = platform;
  const base = config.MILLRACE_STRIPE_API_BASE;
  const api = openStripeApi({
    secretKey: config.MILLRACE_STRIPE_SECRET_KEY,
    timeoutMs: config.MILLRACE_STRIPE_TIMEOUT_MS,
    requestsPerSecond: config.MILLRACE_STRIPE_REQUESTS_PER_SECOND,
    ...(base !== undefined && { base: new URL(base) }),
  });
  const stage = stripeStage({
    api,
    version: VERSION,
    concurrency: config.MILLRACE_STRIPE_CONCURRENCY,
    commands: schemas.topic('stripeCommands'),
    objects: schemas.topic('stripeObjects'),
    results: schemas.topic('stripeResults'),
    deadLetters: schemas.topic('deadLetters'),
  });
  const effects = await startEffects(stage, { cluster, logger });
  platform.onStop(() => effects.stop());
  effects.crashed.catch(platform.fail);
  platform.ready({ stripe: base ?? 'https://api.stripe.com' });
});
