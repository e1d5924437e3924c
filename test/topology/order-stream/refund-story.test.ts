import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { adnsfStage } from '../../../services/adnsf-executor/stage.ts';
import type { CliConfig } from '../../../services/cli/environment.ts';
import { openLedger as openBooks } from '../../../services/cli/ledger.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import { bookFindings } from '../../../services/cli/verify/books.ts';
import { refundedOf } from '../../../services/cli/verify/refunds.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { stripeStage } from '../../../services/stripe-executor/stage.ts';
import { openStripeApi } from '../../../services/stripe-executor/stripe-api.ts';
import { type ShopServer, startShopServer, type Way, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { STORES } from '../../unit/adnsf-executor/support.ts';
import { soundWorld } from '../../unit/cli/world.ts';
import { recordsOf, SOURCE, temporaryLedger } from '../../unit/erp-ledger/support.ts';
import { assembledOrder, policy } from '../../unit/order-stream/fixtures.ts';
import { kept } from '../../unit/order-stream/stripe-fixtures.ts';

let server: ShopServer;
let box: Sandbox;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

const TAX = 1_137n;
const TOTAL = 12_345n;

/** Order stream and both executors over a shop, a Stripe and memory for Kafka; one order in it, paid. */
const open = async (way: Way) => {
  box = await sandbox();
  const schemas = openSchemas(memoryRegistry());
  const shop = way.open(server);
  const common = { version: 'test', concurrency: 4, deadLetters: schemas.topic('deadLetters') } as const;
  const stripe = stripeStage({
    ...common,
    api: openStripeApi({ secretKey, base: new URL(box.running.url), timeoutMs: 10_000, requestsPerSecond: 1_000 }),
    commands: schemas.topic('stripeCommands'),
    objects: schemas.topic('stripeObjects'),
    results: schemas.topic('stripeResults'),
  });
  const adnsf = adnsfStage({
    ...common,
    shop,
    stores: STORES,
    commands: schemas.topic('adnsfCommands'),
    results: schemas.topic('adnsfResults'),
  });
  const driver = await openDriver(orderTopology(schemas, policy, 'test', { current: loadWorkflows() }), {
    partitions: 2,
    startMs: Date.now(),
    effects: [stripe, adnsf] as unknown as EffectStage<never>[],
  });
  const orderNumber = await server.place();
  const orderId = String(orderNumber);
  const told = new Set<string>();

  /** Tells what happened at Stripe since, the latest first and everything twice. */
  const hear = async () => {
    await box.settled();
    const { data } = await box.stripe.events.list({ limit: 100 });
    for (const event of [...data, ...data]) {
      if (told.has(event.id)) continue;
      const { key, event: heard } = kept(event.type, Buffer.from(JSON.stringify(event)));
      driver.feed(schemas.topic('stripeEvents'), key, heard);
    }
    for (const { id } of data) told.add(id);
    await driver.run();
  };
  const image = assembledOrder({
    orderId,
    orderNumber,
    tax: TAX,
    total: TOTAL,
    shipping: 0n,
    subtotal: TOTAL - TAX,
  });
  await driver.pipe(schemas.topic('assembledOrders'), orderId, image);
  const [intent] = (await box.stripe.paymentIntents.list()).data;
  await box.stripe.paymentIntents.confirm(intent!.id, {
    payment_method: 'pm_card_visa',
    return_url: 'https://shop.example/paid',
  });
  await hear();

  /** Books all that was sent to the ERP, and judges the books against Stripe. */
  const judged = async () => {
    using files = temporaryLedger();
    const topic = schemas.topic('erpCommands');
    const commands = driver.readAll(topic).map(({ value }) => value!);
    const ledger = openLedger(files.path);
    ledger.begin(SOURCE, 0n);
    const records = recordsOf(commands, (command) => topic.value.encode(command));
    const booked = ledger.book(
      { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) },
      (value) => topic.value.decode(value),
    );
    ledger.close();
    const config = { MILLRACE_STRIPE_API_BASE: box.running.url, MILLRACE_STRIPE_SECRET_KEY: secretKey } as CliConfig;
    const { payments, net, open: stripeOpen, balance: stripeBalance } = await openStripe(config).everything();
    const reader = openBooks(files.path);
    const books = reader.everything();
    const entries = reader.order(orderId).map(({ what }) => what);
    reader.close();
    const [sample] = soundWorld().shop;
    const order = { ...sample!, orderId, subtotal: image.subtotal, tax: TAX, shipping: 0n, total: TOTAL };
    const facts = {
      ...soundWorld(),
      shop: [order],
      payments,
      stripeNet: net,
      stripeOpen,
      stripeBalance,
      ledger: books,
    };
    return { booked, books, entries, findings: bookFindings(facts), refunded: refundedOf(payments[0]!) };
  };
  const row = async () =>
    (
      await server.sql(
        `SELECT TransactionState, RefundedOn, RefundReason, CustomerServiceNotes FROM dbo.Orders WHERE OrderNumber = ${orderNumber}`,
      )
    )[0]!;
  return {
    driver,
    hear,
    judged,
    row,
    refund: (amount?: number) =>
      box.stripe.refunds.create({ payment_intent: intent!.id, ...(amount !== undefined && { amount }) }),
    fail: (id: string) => box.hook(`/refunds/${id}/fail`, { reason: 'expired_or_canceled_card' }),
    [Symbol.asyncDispose]: async () => {
      await driver.close();
      await shop.close();
      await box[Symbol.asyncDispose]();
    },
  };
};

describe.each(ways)('refunds begun at Stripe, with the shop over $name', (way) => {
  it('in parts, one of which comes back and is made again, end with all sides the same to the cent', async () => {
    await using test = await open(way);
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED' });

    await test.refund(345);
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED', RefundedOn: null });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 345n });

    const rest = await test.refund();
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED' });
    expect((await test.row())['RefundedOn']).not.toBeNull();
    const full = await test.judged();
    expect(full).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(full.books.creditMemos.reduce((sum, { tax }) => sum + tax, 0n)).toBe(TAX);

    await test.fail(rest.id);
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED', RefundedOn: null });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 345n, booked: { conflicts: 0 } });

    await test.refund();
    await test.hear();
    const again = await test.judged();
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED' });
    expect(again).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(again.books.creditMemos).toHaveLength(3);
    expect(again.entries.filter((what) => /^credit memo of .* reversed$/.test(what))).toHaveLength(1);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('all heard at once and backwards, end the same', async () => {
    await using test = await open(way);
    const first = await test.refund(12_000);
    await test.fail(first.id);
    await test.refund(345);
    const third = await test.refund();
    await test.fail(third.id);
    await test.refund();
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED' });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(test.driver.deadLetters()).toEqual([]);
  });
});
