/** One order with the real order stream and both executors, over a real shop and a Stripe, and memory for Kafka. */
import { type Sandbox, sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { adnsfStage } from '../../../services/adnsf-executor/stage.ts';
import type { CliConfig } from '../../../services/cli/environment.ts';
import { openLedger as openBooks } from '../../../services/cli/ledger.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import { bookFindings } from '../../../services/cli/verify/books.ts';
import { creditFindings, refundedOf } from '../../../services/cli/verify/refunds.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { instantOf } from '../../../services/order-stream/domain/local-time.ts';
import { decimalFromText, minorUnits } from '../../../services/order-stream/domain/money.ts';
import type { Policy } from '../../../services/order-stream/domain/policy.ts';
import { subjectOf } from '../../../services/order-stream/domain/shop.ts';
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
import { assembledOrder, policy as usualPolicy } from '../../unit/order-stream/fixtures.ts';
import { kept } from '../../unit/order-stream/stripe-fixtures.ts';

export const TAX = 1_137n;
export const TOTAL = 12_345n;

const ROW = `SELECT OrderNumber, ParentOrderNumber, TransactionType, TransactionState, RefundReason, AuthorizationPNREF,
  ShippingTrackingNumber, CustomerServiceNotes, VoidedOn, AuthorizedOn, CapturedOn, RefundedOn, ShippedOn,
  CONVERT(varchar(40), OrderTotal, 2) AS Total FROM dbo.Orders`;

type Row = Readonly<{
  OrderNumber: number;
  ParentOrderNumber: number | null;
  TransactionType: number;
  TransactionState: string | null;
  RefundReason: string | null;
  AuthorizationPNREF: string | null;
  ShippingTrackingNumber: string | null;
  CustomerServiceNotes: string | null;
  VoidedOn: Date | null;
  AuthorizedOn: Date | null;
  CapturedOn: Date | null;
  RefundedOn: Date | null;
  ShippedOn: Date | null;
  Total: string;
}>;

export const openPaymentWorld = async (
  server: ShopServer,
  way: Way,
  {
    policy = usualPolicy,
    place = {},
    before = () => Promise.resolve(),
  }: Readonly<{
    policy?: Policy;
    place?: Readonly<Record<string, string>>;
    /** What is at Stripe when the order is placed. */
    before?: (box: Sandbox) => Promise<void>;
  }> = {},
) => {
  const box: Sandbox = await sandbox();
  await before(box);
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
  const driver = await openDriver(orderTopology(schemas, policy, 'test', { current: loadWorkflows() }), {
    partitions: 2,
    startMs: Date.now(),
    effects: [stripe, adnsf] as unknown as EffectStage<never>[],
  });
  const orderNumber = await server.place(place);
  const orderId = String(orderNumber);
  const told = new Set<string>();
  const placedAs = new Map<number, string>();
  let images = 0;

  const rows = async (): Promise<readonly Row[]> =>
    (await server.sql(
      `${ROW} WHERE OrderNumber = ${orderNumber} OR ParentOrderNumber = ${orderNumber} ORDER BY OrderNumber`,
    )) as unknown as readonly Row[];

  const imageOf = (row: Row) => {
    const total = minorUnits(decimalFromText(row.Total), 'USD');
    const isCredit = row.TransactionType === 2;
    const tax = isCredit ? 0n : TAX;
    const at = (local: Date | null) => (local === null ? null : instantOf(BigInt(local.getTime()), 'America/New_York'));
    return assembledOrder({
      orderId: String(row.OrderNumber),
      orderNumber: row.OrderNumber,
      parentOrderNumber: row.ParentOrderNumber,
      transactionType: row.TransactionType,
      state: row.TransactionState,
      place: `image/${++images}`,
      changedAt: BigInt(Date.now()),
      subtotal: total - tax,
      shipping: 0n,
      tax,
      total,
      paymentReference: row.AuthorizationPNREF,
      refundedAt: at(row.RefundedOn),
      refundReason: row.RefundReason,
      shippedAt: at(row.ShippedOn),
      trackingNumber: row.ShippingTrackingNumber,
      ...(isCredit && { lines: [] }),
    });
  };

  /** What capture tells of the rows that changed since. @returns how many did */
  const observe = async (): Promise<number> => {
    let changed = 0;
    for (const row of await rows()) {
      const said = JSON.stringify(row);
      if (placedAs.get(row.OrderNumber) === said) continue;
      placedAs.set(row.OrderNumber, said);
      changed += 1;
      const image = imageOf(row);
      driver.feed(schemas.topic('assembledOrders'), subjectOf(image), image);
    }
    await driver.run();
    return changed;
  };

  /** Tells what happened at Stripe and in the shop since, the latest first and everything twice. */
  const hear = async () => {
    for (let news = 1; news > 0;) {
      await box.settled();
      const { data } = await box.stripe.events.list({ limit: 100 });
      news = data.filter(({ id }) => !told.has(id)).length;
      for (const event of [...data, ...data]) {
        if (told.has(event.id)) continue;
        const { key, event: heard } = kept(event.type, Buffer.from(JSON.stringify(event)));
        driver.feed(schemas.topic('stripeEvents'), key, heard);
      }
      for (const { id } of data) told.add(id);
      await driver.run();
      news += await observe();
    }
  };
  await observe();

  const intent = async () => (await box.stripe.paymentIntents.list()).data[0]!;
  const pay = async (method = 'pm_card_visa') => {
    const { id } = await intent();
    await box.stripe.paymentIntents.confirm(id, { payment_method: method, return_url: 'https://shop.example/paid' });
    await hear();
  };

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
    const inShop = (await rows()).map((row) => {
      const { orderId: id, parentOrderNumber, transactionType, state, subtotal, tax, shipping, total } = imageOf(row);
      const credit = transactionType === 2;
      const parent = parentOrderNumber === null ? null : String(parentOrderNumber);
      return { ...sample!, orderId: id, credit, parent, state, subtotal, tax, shipping, total };
    });
    const stripe = { payments, stripeNet: net, stripeOpen, stripeBalance };
    const facts = { ...soundWorld(), shop: inShop, ...stripe, ledger: books };
    const findings = [...bookFindings(facts), ...creditFindings(facts)];
    return { booked, books, entries, findings, refunded: refundedOf(payments[0]!) };
  };

  const commandIds = (): readonly string[] =>
    (['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const).flatMap((key) =>
      driver
        .readAll(schemas.topic(key) as never)
        .map(({ value }) => (value as { commandId: string }).commandId.replace(`${orderId}/`, '')),
    );

  return {
    box,
    driver,
    schemas,
    server,
    orderNumber,
    orderId,
    hear,
    observe,
    judged,
    intent,
    pay,
    commandIds,
    row: async () => (await rows()).find(({ OrderNumber }) => OrderNumber === orderNumber)!,
    /** Somebody refunds a part in the shop, as ADNSF writes it down. @returns the number of the credit */
    credit: async (amount: string, reason = 'damaged') =>
      server.place({
        ParentOrderNumber: String(orderNumber),
        TransactionType: '2',
        TransactionState: `N'REFUNDED'`,
        OrderTotal: amount,
        RefundedOn: 'GETDATE()',
        RefundReason: `N'${reason}'`,
        AuthorizationPNREF: `N''`,
      }),
    sql: (assignments: string) => server.sql(`UPDATE dbo.Orders SET ${assignments} WHERE OrderNumber = ${orderNumber}`),
    [Symbol.asyncDispose]: async () => {
      await driver.close();
      await shop.close();
      await box[Symbol.asyncDispose]();
    },
  };
};

export type PaymentWorld = Awaited<ReturnType<typeof openPaymentWorld>>;
