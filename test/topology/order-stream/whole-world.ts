/** The real order stream and both executors over a real shop and a Stripe, and memory for Kafka. */
import type Stripe from 'stripe';
import { type Sandbox, sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { adnsfStage } from '../../../services/adnsf-executor/stage.ts';
import type { CliConfig } from '../../../services/cli/environment.ts';
import { openLedger as openBooks } from '../../../services/cli/ledger.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import type { Facts } from '../../../services/cli/verify/facts.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import type { Policy } from '../../../services/order-stream/domain/policy.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { stripeStage } from '../../../services/stripe-executor/stage.ts';
import { openStripeApi } from '../../../services/stripe-executor/stripe-api.ts';
import type { ShopServer, Way } from '../../unit/adnsf-executor/shop-server.ts';
import { STORES } from '../../unit/adnsf-executor/support.ts';
import { soundWorld } from '../../unit/cli/world.ts';
import { recordsOf, SOURCE, temporaryLedger } from '../../unit/erp-ledger/support.ts';
import { policy as usualPolicy } from '../../unit/order-stream/fixtures.ts';
import { kept } from '../../unit/order-stream/stripe-fixtures.ts';

export type WholeOptions = Readonly<{
  policy?: Policy;
  partitions?: number;
  /** What Stripe is like. */
  stripe?: Parameters<typeof sandbox>[0];
  /** To create besides those that the stages name. */
  topics?: readonly string[];
}>;

export const openWholeWorld = async (server: ShopServer, way: Way, options: WholeOptions = {}) => {
  const box: Sandbox = await sandbox(options.stripe);
  const schemas = openSchemas(memoryRegistry());
  const shop = way.open(server);
  const common = { version: 'test', concurrency: 4, deadLetters: schemas.topic('deadLetters') } as const;
  const stripe = stripeStage({
    ...common,
    api: openStripeApi({ secretKey, base: new URL(box.running.url), timeoutMs: 10_000, requestsPerSecond: 1_000 }),
    commands: schemas.topic('stripeCommands'),
    results: schemas.topic('stripeResults'),
    objects: schemas.topic('stripeObjects'),
  });
  const adnsf = adnsfStage({
    ...common,
    shop,
    stores: STORES,
    commands: schemas.topic('adnsfCommands'),
    results: schemas.topic('adnsfResults'),
  });
  const topology = orderTopology(schemas, options.policy ?? usualPolicy, 'test', { current: loadWorkflows() });
  const driver = await openDriver(topology, {
    partitions: options.partitions ?? 2,
    startMs: Date.now(),
    topics: options.topics ?? [],
    effects: [stripe, adnsf] as unknown as EffectStage<never>[],
  });
  const told = new Set<string>();

  /** What happened at Stripe and was not told yet, the latest first. */
  const news = async (): Promise<readonly Stripe.Event[]> => {
    await box.settled();
    const events: Stripe.Event[] = [];
    for await (const event of box.stripe.events.list({ limit: 100 })) if (!told.has(event.id)) events.push(event);
    return events;
  };

  /** Delivers events, as they are given, and lets everything come of them. */
  const tell = async (events: readonly Stripe.Event[]): Promise<void> => {
    for (const event of events) {
      const { key, event: heard } = kept(event.type, Buffer.from(JSON.stringify(event)));
      driver.feed(schemas.topic('stripeEvents'), key, heard);
      told.add(event.id);
    }
    await driver.run();
  };

  /** Books all that was sent to the ERP. `facts` are what verify would see of Stripe and the books. */
  const booked = async () => {
    using files = temporaryLedger();
    const topic = schemas.topic('erpCommands');
    const commands = driver.readAll(topic).map(({ value }) => value!);
    const ledger = openLedger(files.path);
    ledger.begin(SOURCE, 0n);
    const records = recordsOf(commands, (command) => topic.value.encode(command));
    const outcome = ledger.book(
      { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) },
      (value) => topic.value.decode(value),
    );
    ledger.close();
    const config = { MILLRACE_STRIPE_API_BASE: box.running.url, MILLRACE_STRIPE_SECRET_KEY: secretKey } as CliConfig;
    const { net: stripeNet, open: stripeOpen, balance: stripeBalance, ...at } = await openStripe(config).everything();
    const reader = openBooks(files.path);
    const books = reader.everything();
    const entries = [...new Set(commands.map(({ orderId }) => orderId))].map(
      (orderId) => [orderId, reader.order(orderId).map(({ what }) => what)] as const,
    );
    reader.close();
    const balances = files.read((each) => each.trialBalance());
    const facts: Facts = { ...soundWorld(), ...at, shop: [], stripeNet, stripeOpen, stripeBalance, ledger: books };
    return { commands, outcome, books, facts, balances, entries: new Map(entries) };
  };

  return {
    box,
    schemas,
    driver,
    news,
    tell,
    booked,
    close: async () => {
      await driver.close();
      await shop.close();
      await box[Symbol.asyncDispose]();
    },
  };
};
