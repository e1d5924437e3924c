/** The order stream over in-memory brokers, Stripe as its sandbox, and nobody who takes Stripe's webhooks. */
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas, type Schemas } from '../../../schemas/serde.ts';
import { topics } from '../../../schemas/topics.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { openEventPages } from '../../../services/scanner/stripe/events-api.ts';
import { type ScanSetup, stripeScanner } from '../../../services/scanner/stripe/scan.ts';
import { stripeStage } from '../../../services/stripe-executor/stage.ts';
import { openStripeApi } from '../../../services/stripe-executor/stripe-api.ts';
import { ordersRow, policy } from '../../unit/order-stream/fixtures.ts';
import { checkout, pipeChange, shopLog } from '../order-stream/shop-log.ts';

export const openScanned = async (options: { effects?: (schemas: Schemas) => readonly EffectStage<never>[] } = {}) => {
  const box = await sandbox();
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  const base = new URL(box.running.url);
  const stripe = stripeStage({
    api: openStripeApi({ secretKey, base, timeoutMs: 10_000, requestsPerSecond: 1_000 }),
    version: 'test',
    concurrency: 4,
    commands: schemas.topic('stripeCommands'),
    objects: schemas.topic('stripeObjects'),
    results: schemas.topic('stripeResults'),
    deadLetters: schemas.topic('deadLetters'),
  });
  const driver = await openDriver(orderTopology(schemas, policy, 'test', { current: loadWorkflows() }), {
    partitions: 2,
    startMs: Date.now(),
    topics: [
      ...[topics.scanPositions, topics.exceptions, topics.repairs, topics.deadLetterActions, topics.stripeEvents],
      ...[topics.stripeCommands, topics.adnsfCommands, topics.erpCommands, topics.notifications],
    ].map(({ name }) => name),
    effects: [stripe as never, ...(options.effects?.(schemas) ?? [])],
  });
  for (const key of ['stripeEvents', 'exceptions', 'repairs'] as const) await schemas.topic(key).value.open?.();
  const cluster = memoryCluster(driver.broker, systemScheduler);
  const log = shopLog(registry);
  const setup: ScanSetup = {
    cluster,
    schemas,
    admin: await cluster.admin(),
    reader: await cluster.reader(),
    pages: openEventPages({ secretKey, base, timeoutMs: 10_000, requestsPerSecond: 1_000, pageSize: 4 }),
    timing: { overlapSeconds: 600, graceSeconds: -1, chunkSeconds: 40 * 24 * 3_600 },
    livemode: false,
    types: ['*'],
    now: () => Date.now(),
  };
  return {
    box,
    driver,
    schemas,
    setup,
    cluster,
    scanner: (over: Partial<ScanSetup> = {}) => stripeScanner({ ...setup, ...over }),
    /** An order as the shop writes it, up to its PaymentIntent. */
    place: async (orderNumber: number) => {
      const order = { ...ordersRow(), OrderNumber: orderNumber, CustomerID: orderNumber } as Record<string, unknown>;
      for (const change of checkout(log, order)) await pipeChange(driver, change);
    },
    /** What the shopper does on the page: every open PaymentIntent is paid. */
    pay: async () => {
      for (const { id, status } of (await box.stripe.paymentIntents.list({ limit: 100 })).data)
        if (status === 'requires_payment_method')
          await box.stripe.paymentIntents.confirm(id, {
            payment_method: 'pm_card_visa',
            return_url: 'https://shop.example/',
          });
      await box.settled();
    },
    events: () => driver.readAll(schemas.topic('stripeEvents')),
    exceptions: () => driver.readAll(schemas.topic('exceptions')).flatMap(({ value }) => value ?? []),
    commands: () =>
      (['stripeCommands', 'adnsfCommands', 'erpCommands'] as const).flatMap((key) =>
        driver.readAll(schemas.topic(key) as never).map(({ value }) => (value as { commandId: string }).commandId),
      ),
    [Symbol.asyncDispose]: async () => {
      await driver.close();
      await box[Symbol.asyncDispose]();
    },
  };
};

export type Scanned = Awaited<ReturnType<typeof openScanned>>;
