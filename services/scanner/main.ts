/** Looks for what was never delivered, and feeds it in as if it had been. */
import { z } from 'zod';
import { runService } from '../platform/service.ts';
import { count, flag, milliseconds, secret } from '../platform/variables.ts';
import { systemScheduler } from '../runtime/scheduler.ts';
import { auditRound } from '../cli/audit/round.ts';
import { configOf } from '../cli/environment.ts';
import { goRounds } from './rounds.ts';
import { openEventPages } from './stripe/events-api.ts';
import { stripeScanner } from './stripe/scan.ts';

const variables = {
  MILLRACE_STRIPE_SECRET_KEY: secret(),
  MILLRACE_STRIPE_API_BASE: z.url({ protocol: /^https?$/ }).optional(),
  MILLRACE_STRIPE_TIMEOUT_MS: milliseconds().default(20_000),
  MILLRACE_STRIPE_LIVEMODE: flag().default(false),
  MILLRACE_SCANNER_INTERVAL_MS: milliseconds().default(60_000),
  MILLRACE_SCANNER_OVERLAP_SECONDS: count().default(600),
  MILLRACE_SCANNER_GRACE_SECONDS: count().default(120),
  MILLRACE_SCANNER_REQUESTS_PER_SECOND: count().default(5),
  MILLRACE_SCANNER_EVENT_TYPES: z.string().default('*'),
  MILLRACE_SCANNER_AUDIT_INTERVAL_MS: milliseconds().optional(),
} as const;

/** Progress is kept after each hour of the list. */
const CHUNK_SECONDS = 3_600;

await runService({ service: 'scanner', variables }, async (platform) => {
  const { config, schemas, logger, cluster, signal } = platform;
  const base = config.MILLRACE_STRIPE_API_BASE;
  const admin = await cluster.admin();
  platform.onStop(() => admin.close());
  const reader = await cluster.reader();
  platform.onStop(() => reader.close());
  const scanner = stripeScanner({
    cluster,
    schemas,
    admin,
    reader,
    pages: openEventPages({
      secretKey: config.MILLRACE_STRIPE_SECRET_KEY,
      timeoutMs: config.MILLRACE_STRIPE_TIMEOUT_MS,
      requestsPerSecond: config.MILLRACE_SCANNER_REQUESTS_PER_SECOND,
      ...(base !== undefined && { base: new URL(base) }),
    }),
    timing: {
      overlapSeconds: config.MILLRACE_SCANNER_OVERLAP_SECONDS,
      graceSeconds: config.MILLRACE_SCANNER_GRACE_SECONDS,
      chunkSeconds: CHUNK_SECONDS,
    },
    livemode: config.MILLRACE_STRIPE_LIVEMODE,
    types: config.MILLRACE_SCANNER_EVENT_TYPES.split(',').map((type) => type.trim()),
    now: () => Date.now(),
  });
  const common = { scheduler: systemScheduler, logger, signal };
  const rounds = [
    goRounds({
      ...common,
      name: 'stripe',
      everyMs: config.MILLRACE_SCANNER_INTERVAL_MS,
      work: async (ending) => {
        const { found, refused, listed } = await scanner.scan(ending);
        if (found.length > 0 || refused > 0)
          logger.warn({ found: found.length, refused, listed, first: found[0] }, 'events were never delivered');
      },
    }),
  ];
  const auditEveryMs = config.MILLRACE_SCANNER_AUDIT_INTERVAL_MS;
  if (auditEveryMs !== undefined) {
    // It asks all sides, so it needs what the commands need: a variable that is missing is named now.
    const sides = configOf(process.env);
    const work = (): Promise<void> => auditRound(sides, logger);
    rounds.push(goRounds({ ...common, name: 'audit', everyMs: auditEveryMs, work }));
  }
  platform.onStop(async () => {
    await Promise.all(rounds);
  });
  for (const round of rounds) round.catch(platform.fail);
  platform.ready({ stripe: base ?? 'https://api.stripe.com', audit: auditEveryMs !== undefined });
});
