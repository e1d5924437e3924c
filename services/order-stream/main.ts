/** Runs the order stream: `node services/order-stream/main.ts`. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import { countService } from '../platform/counts.ts';
import { runService } from '../platform/service.ts';
import { flag, milliseconds } from '../platform/variables.ts';
import { startApplication } from '../runtime/application.ts';
import { paymentMethodsIn } from './domain/shop.ts';
import { ORDER_STREAM, orderTopology } from './topology.ts';
import { DEFAULT_DIRECTORY } from './workflows/directory.ts';
import { openWorkflows } from './workflows/reload.ts';

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')));

const variables = {
  /** Payment methods of the shop that Stripe collects, with commas between them. */
  MILLRACE_STRIPE_METHODS: z.string().default('Stripe').transform(paymentMethodsIn),
  /** Those of them that are only authorised at checkout, and captured when the order is shipped. */
  MILLRACE_STRIPE_CAPTURE_ON_SHIPMENT: z.string().default('').transform(paymentMethodsIn),
  /** Those of them that are charged to what the customer has saved; `recurring`: repeats of recurring orders. */
  MILLRACE_STRIPE_OFF_SESSION: z.string().default('').transform(paymentMethodsIn),
  /** An order of several parcels is shipped, and what is authorised captured, with the first of them. */
  MILLRACE_SHIPPED_WITH_FIRST: flag().default(false),
  MILLRACE_STRIPE_LIVEMODE: flag().default(false),
  MILLRACE_WORKFLOWS_DIR: z.string().default(DEFAULT_DIRECTORY),
  /** Decides which versions of workflows are active. */
  MILLRACE_ENVIRONMENT: z.string().default('production'),
  MILLRACE_WORKFLOWS_POLL_MS: milliseconds().default(2000),
};

await runService({ service: ORDER_STREAM, variables }, async (platform) => {
  const { config, cluster, schemas, stateDir, logger } = platform;
  const policy = {
    stores: config.MILLRACE_STORES,
    stripeMethods: config.MILLRACE_STRIPE_METHODS,
    captureOnShipment: config.MILLRACE_STRIPE_CAPTURE_ON_SHIPMENT,
    offSession: config.MILLRACE_STRIPE_OFF_SESSION,
    shippedWithFirst: config.MILLRACE_SHIPPED_WITH_FIRST,
    livemode: config.MILLRACE_STRIPE_LIVEMODE,
  };
  const workflows = openWorkflows({
    directory: config.MILLRACE_WORKFLOWS_DIR,
    environment: config.MILLRACE_ENVIRONMENT,
    now: () => Date.now(),
  });
  const polling = setInterval(() => {
    const reload = workflows.look();
    if (reload === undefined) return;
    countService(ORDER_STREAM, 'workflows', reload.kind);
    if (reload.kind === 'refused') logger.error({ err: reload.error }, 'changed workflows are not taken in');
    else {
      logger.info({ added: reload.added }, 'workflows taken in');
      if (reload.late.length > 0)
        logger.warn({ versions: reload.late }, 'active since before they came: a replay decides differently');
    }
  }, config.MILLRACE_WORKFLOWS_POLL_MS);
  platform.onStop(() => clearInterval(polling));
  const application = await startApplication(orderTopology(schemas, policy, version, workflows), {
    cluster,
    stateDir,
    logger,
    instance: `${ORDER_STREAM}-${hostname()}-${process.pid}`,
  });
  platform.onStop(() => application.stop());
  application.crashed.catch(platform.fail);
  platform.ready();
});
