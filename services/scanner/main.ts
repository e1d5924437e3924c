/** Looks for what was never delivered, and feeds it in as if it had been. */
import { z } from 'zod';
import { cleanPaymentMethod } from '../order-stream/domain/shop.ts';
import { runService } from '../platform/service.ts';
import { count, flag, milliseconds, port, secret } from '../platform/variables.ts';
import { FatalError } from '../runtime/errors.ts';
import { systemScheduler } from '../runtime/scheduler.ts';
import { auditRound } from '../cli/audit/round.ts';
import { configOf } from '../cli/environment.ts';
import { goRounds } from './rounds.ts';
import { openShopOrders } from './shop/orders.ts';
import { shopScanner } from './shop/scan.ts';
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
  /** The first order that is ours to look after. Without it the shop's tables are not looked at. */
  MILLRACE_SCANNER_FROM_ORDER: count().optional(),
  MILLRACE_SCANNER_SHOP_INTERVAL_MS: milliseconds().default(900_000),
  MILLRACE_SCANNER_SHOP_GRACE_SECONDS: count().default(600),
  MILLRACE_ADNSF_SQL_HOST: z.string().min(1).optional(),
  MILLRACE_ADNSF_SQL_PORT: port().default(1433),
  MILLRACE_ADNSF_SQL_DATABASE: z.string().default('AspDotNetStorefront'),
  MILLRACE_ADNSF_CDC_USER: z.string().min(1).optional(),
  MILLRACE_ADNSF_CDC_PASSWORD: secret().optional(),
  MILLRACE_ADNSF_SQL_ENCRYPT: flag().default(true),
  MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE: flag().default(false),
  MILLRACE_ADNSF_SQL_TIMEOUT_MS: milliseconds().default(15_000),
  /** As the order stream has it: which orders need an e-mail address. */
  MILLRACE_STRIPE_METHODS: z
    .string()
    .default('Stripe')
    .transform((text) => text.split(',').map(cleanPaymentMethod)),
} as const;

/** Of order numbers; a page is a piece of the clustered index. */
const PAGE_SIZE = 1_000;
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
  const fromOrder = config.MILLRACE_SCANNER_FROM_ORDER;
  if (fromOrder !== undefined) {
    const {
      MILLRACE_ADNSF_SQL_HOST: host,
      MILLRACE_ADNSF_CDC_USER: user,
      MILLRACE_ADNSF_CDC_PASSWORD: password,
    } = config;
    if (host === undefined || user === undefined || password === undefined)
      throw new FatalError(
        'configuration: MILLRACE_SCANNER_FROM_ORDER needs MILLRACE_ADNSF_SQL_HOST, MILLRACE_ADNSF_CDC_USER and MILLRACE_ADNSF_CDC_PASSWORD',
      );
    const shop = openShopOrders({
      host,
      user,
      password,
      port: config.MILLRACE_ADNSF_SQL_PORT,
      database: config.MILLRACE_ADNSF_SQL_DATABASE,
      encrypt: config.MILLRACE_ADNSF_SQL_ENCRYPT,
      trustServerCertificate: config.MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE,
      timeoutMs: config.MILLRACE_ADNSF_SQL_TIMEOUT_MS,
      pageSize: PAGE_SIZE,
    });
    platform.onStop(() => shop.close());
    const orders = shopScanner({
      cluster,
      schemas,
      admin,
      reader,
      shop,
      fromOrder,
      policy: {
        stores: config.MILLRACE_STORES,
        stripeMethods: config.MILLRACE_STRIPE_METHODS,
        captureOnShipment: [],
        offSession: [],
        shippedWithFirst: false,
        livemode: config.MILLRACE_STRIPE_LIVEMODE,
      },
      graceSeconds: config.MILLRACE_SCANNER_SHOP_GRACE_SECONDS,
      now: () => Date.now(),
    });
    const work = async (ending: AbortSignal): Promise<void> => {
      const { found, returns, refused, looked } = await orders.scan(ending);
      const more = { returns: returns.length, refused, looked };
      if (found.length > 0 || returns.length > 0 || refused > 0)
        logger.warn({ found: found.length, ...more, first: found[0] }, 'orders, or returns, were never told of');
    };
    rounds.push(goRounds({ ...common, name: 'shop', everyMs: config.MILLRACE_SCANNER_SHOP_INTERVAL_MS, work }));
  }
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
  platform.ready({
    stripe: base ?? 'https://api.stripe.com',
    audit: auditEveryMs !== undefined,
    fromOrder: fromOrder ?? 'none',
  });
});
