/** An order whose money Stripe converts: the real order stream and Stripe's executor, a Stripe, and a ledger. */
import type Stripe from 'stripe';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import type { AssembledOrder } from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { topics } from '../../../schemas/topics.ts';
import type { CliConfig } from '../../../services/cli/environment.ts';
import { topicsOf } from '../../../services/cli/kafka.ts';
import { openLedger as openBooks } from '../../../services/cli/ledger.ts';
import { proofIn } from '../../../services/cli/payout/collect.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import { bookFindings } from '../../../services/cli/verify/books.ts';
import { clearingOf } from '../../../services/cli/verify/payouts.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { toStripeUnits } from '../../../services/order-stream/domain/stripe-money.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { stripeStage } from '../../../services/stripe-executor/stage.ts';
import { openStripeApi } from '../../../services/stripe-executor/stripe-api.ts';
import { soundWorld } from '../../unit/cli/world.ts';
import { recordsOf, SOURCE, temporaryLedger } from '../../unit/erp-ledger/support.ts';
import { assembledOrder, policy } from '../../unit/order-stream/fixtures.ts';
import { kept } from '../../unit/order-stream/stripe-fixtures.ts';

const ORDER = '100123';
const DAY = { seconds: 24 * 3_600 };

export type Setting = Readonly<{
  /** Of the shop. */
  currency: string;
  /** Minor units. */
  total: bigint;
  tax?: bigint;
  /** Of the account at Stripe. */
  settlement: string;
  /** Captured when it is shipped. */
  later?: boolean;
  /** In which order events are delivered; each is delivered twice. The latest first by default. */
  deliver?: (events: readonly Stripe.Event[]) => readonly Stripe.Event[];
}>;

export const openExchangeWorld = async (setting: Setting) => {
  const { currency, total, tax = 0n, settlement, later = false } = setting;
  const deliver = setting.deliver ?? ((events: readonly Stripe.Event[]) => events);
  const box = await sandbox({ settlement: [settlement.toLowerCase()] });
  const schemas = openSchemas(memoryRegistry());
  const stripe = stripeStage({
    version: 'test',
    concurrency: 4,
    api: openStripeApi({ secretKey, base: new URL(box.running.url), timeoutMs: 10_000, requestsPerSecond: 1_000 }),
    commands: schemas.topic('stripeCommands'),
    results: schemas.topic('stripeResults'),
    objects: schemas.topic('stripeObjects'),
    deadLetters: schemas.topic('deadLetters'),
  });
  const inShop = { ...policy, captureOnShipment: later ? ['STRIPE'] : [] };
  const driver = await openDriver(orderTopology(schemas, inShop, 'test', { current: loadWorkflows() }), {
    partitions: 2,
    startMs: Date.now(),
    topics: [topics.deadLetterActions.name, topics.erpResults.name],
    effects: [stripe] as unknown as EffectStage<never>[],
  });
  const told = new Set<string>();
  let images = 0;

  const image = (over: Partial<AssembledOrder> = {}): AssembledOrder =>
    assembledOrder({
      ...{ orderId: ORDER, orderNumber: Number(ORDER), currency, total, tax, subtotal: total - tax, shipping: 0n },
      place: `image/${++images}`,
      ...over,
    });
  let latest = image();
  const observe = async (over: Partial<AssembledOrder> = {}): Promise<void> => {
    latest = image(over);
    await driver.pipe(schemas.topic('assembledOrders'), ORDER, latest);
  };

  /** Tells what happened at Stripe since. */
  const hear = async (): Promise<void> => {
    await box.settled();
    const { data } = await box.stripe.events.list({ limit: 100 });
    const news = data.filter(({ id }) => !told.has(id));
    for (const event of deliver([...news, ...news])) {
      const { key, event: heard } = kept(event.type, Buffer.from(JSON.stringify(event)));
      driver.feed(schemas.topic('stripeEvents'), key, heard);
    }
    for (const { id } of news) told.add(id);
    await driver.run();
  };

  const intent = async () => (await box.stripe.paymentIntents.list()).data.at(-1)!;
  const pay = async (): Promise<void> => {
    await box.stripe.paymentIntents.confirm((await intent()).id, {
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.example/paid',
    });
  };
  const refund = async (units?: bigint): Promise<Stripe.Refund> =>
    box.stripe.refunds.create({
      payment_intent: (await intent()).id,
      ...(units !== undefined && { amount: Number(toStripeUnits(units, currency)) }),
    });

  /** Books all that was sent to the ERP, and judges the books against Stripe. */
  const judged = async () => {
    using files = temporaryLedger();
    const topic = schemas.topic('erpCommands');
    const commands = driver.readAll(topic).map(({ value }) => value!);
    const ledger = openLedger(files.path);
    ledger.begin(SOURCE, 0n);
    const records = recordsOf(commands, (command) => topic.value.encode(command));
    const batch = { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) };
    const booked = ledger.book(batch, (value) => topic.value.decode(value));
    ledger.close();
    const config = { MILLRACE_STRIPE_API_BASE: box.running.url, MILLRACE_STRIPE_SECRET_KEY: secretKey } as CliConfig;
    const {
      net,
      open: stripeOpen,
      balance,
      payments,
      payouts,
      invoices,
      subscriptions,
    } = await openStripe(config).everything();
    const reader = openBooks(files.path);
    const books = reader.everything();
    const story = reader.order(ORDER).map(({ what }) => what);
    reader.close();
    const balances = files.read((each) => each.trialBalance());
    const [sample] = soundWorld().shop;
    const { subtotal, shipping } = latest;
    const shop = [{ ...sample!, orderId: ORDER, currency, subtotal, tax: latest.tax, shipping, total: latest.total }];
    const facts = {
      ...soundWorld(),
      ...{ shop, payments, invoices, subscriptions, payouts, ledger: books },
      ...{ stripeNet: net, stripeOpen, stripeBalance: balance },
    };
    /** Debit less credit, by currency; nothing where it is zero. */
    const account = (code: string): Readonly<Record<string, bigint>> =>
      Object.fromEntries(
        balances.flatMap((row): [string, bigint][] => {
          const rest = row.debit - row.credit;
          return row.account === code && rest !== 0n ? [[row.currency, rest]] : [];
        }),
      );
    return { booked, books, story, account, findings: bookFindings(facts), clearing: clearingOf(facts), facts };
  };

  return {
    box,
    driver,
    schemas,
    observe,
    hear,
    intent,
    pay,
    refund,
    judged,
    /** Another day, another rate. */
    nextDay: () => box.hook('/clock/advance', DAY),
    payOut: async () => {
      const { payouts } = await box.hook<{ payouts: Stripe.Payout[] }>('/payouts/run', {});
      await hear();
      return payouts;
    },
    proof: async (payoutId: string) =>
      (await proofIn(await topicsOf(memoryCluster(driver.broker, systemScheduler), schemas), payoutId))!,
    commands: () => driver.readAll(schemas.topic('erpCommands')).map(({ value }) => value!),
    letters: () => driver.deadLetters().map(({ code, message }) => `${code}: ${message}`),
    [Symbol.asyncDispose]: async () => {
      await driver.close();
      await box[Symbol.asyncDispose]();
    },
  };
};

export type ExchangeWorld = Awaited<ReturnType<typeof openExchangeWorld>>;
