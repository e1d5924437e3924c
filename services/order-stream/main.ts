/** Runs the order stream: `node services/order-stream/main.ts`. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { runService } from '../platform/service.ts';
import { flag } from '../platform/variables.ts';
import { startApplication } from '../runtime/application.ts';
import { cleanPaymentMethod } from './domain/shop.ts';
import { ORDER_STREAM, orderTopology } from './topology.ts';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

const variables = {
  /** Payment methods of the shop that Stripe collects, with commas between them. */
  MILLRACE_STRIPE_METHODS: z
    .string()
    .default('Stripe')
    .transform((text) => text.split(',').map(cleanPaymentMethod)),
  MILLRACE_STRIPE_LIVEMODE: flag().default(false),
};

await runService({ service: ORDER_STREAM, variables }, async (platform) => {
  const { config, cluster, schemas, stateDir, logger } = platform;
  const policy = {
    stores: config.MILLRACE_STORES,
    stripeMethods: config.MILLRACE_STRIPE_METHODS,
    livemode: config.MILLRACE_STRIPE_LIVEMODE,
  };
  const application = await startApplication(orderTopology(schemas, policy, version), {
    cluster,
    stateDir,
    logger,
    instance: `${ORDER_STREAM}-${hostname()}-${process.pid}`,
  });
  platform.onStop(() => application.stop());
  application.crashed.catch(platform.fail);
  platform.ready();
});
