/** All sides for an audit: the shop's database, Stripe, the topics, and a ledger that books what it is not made to lose. */
import { atDesk, type Done, type Orders } from '../../../services/cli/audit/desk.ts';
import { lookTwice } from '../../../services/cli/audit/look.ts';
import { driftId } from '../../../services/cli/audit/remedies.ts';
import type { CliConfig } from '../../../services/cli/environment.ts';
import { topicsOf } from '../../../services/cli/kafka.ts';
import type { LedgerReader } from '../../../services/cli/ledger.ts';
import { openShop as openShopReader } from '../../../services/cli/shop.ts';
import { openStripe } from '../../../services/cli/stripe.ts';
import type { Sides } from '../../../services/cli/verify/collect.ts';
import { openShop } from '../../../services/adnsf-executor/sql/shop.ts';
import { adnsfStage } from '../../../services/adnsf-executor/stage.ts';
import { secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import type { ShopServer } from '../../unit/adnsf-executor/shop-server.ts';
import { policy } from '../../unit/order-stream/fixtures.ts';
import { openScanned } from './support.ts';

/** Columns of the order that the order stream is told of, in SQL. */
const asTold = {
  OrderSubtotal: '29.97',
  OrderTax: '2.47',
  OrderShippingCosts: '5.00',
  OrderTotal: '37.44',
  InventoryWasReduced: '1',
  Email: `N'ana@example.com'`,
};

export const openAudited = async (server: ShopServer) => {
  const shop = openShop(server.options());
  const test = await openScanned({
    effects: (schemas) => [
      adnsfStage({
        shop,
        stores: policy.stores,
        version: 'test',
        concurrency: 4,
        commands: schemas.topic('adnsfCommands'),
        results: schemas.topic('adnsfResults'),
        deadLetters: schemas.topic('deadLetters'),
      }) as never,
    ],
  });
  const { driver, schemas, setup, box } = test;
  const config = {
    MILLRACE_ADNSF_SQL_HOST: '127.0.0.1',
    MILLRACE_ADNSF_SQL_PORT: server.port,
    MILLRACE_ADNSF_SQL_DATABASE: 'AspDotNetStorefront',
    MILLRACE_ADNSF_SQL_USER: 'millrace_executor',
    MILLRACE_ADNSF_SQL_PASSWORD: server.options().password,
    MILLRACE_ADNSF_SQL_ENCRYPT: false,
    MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE: true,
    MILLRACE_STORES: policy.stores,
    MILLRACE_STRIPE_API_BASE: box.running.url,
    MILLRACE_STRIPE_SECRET_KEY: secretKey,
  } as unknown as CliConfig;
  const reader = await openShopReader(config);
  const orders: number[] = [];
  const lost = new Set<string>();

  const commands = (key: 'stripeCommands' | 'adnsfCommands' | 'erpCommands') =>
    driver
      .readAll<{ commandId: string }>(schemas.topic(key) as never)
      .map((record) => ({ ...record, value: record.value! }));
  const booked = (): string[] => [
    ...new Set(
      commands('erpCommands')
        .filter(({ value, headers }) => !lost.has(value.commandId) || headers['millrace-repair'] !== undefined)
        .map(({ value }) => value.commandId),
    ),
  ];
  const ledger: LedgerReader = {
    people: () => ({ profiles: [], merged: new Map(), erased: new Set() }),
    items: () => [],
    everything: () => ({
      salesOrders: [],
      invoices: [],
      subscriptions: [],
      payments: [],
      fees: [],
      creditMemos: [],
      disputes: [],
      conversions: [],
      disputeMovements: [],
      payouts: [],
      applied: booked(),
      conflicts: [],
      trialBalance: new Map(),
      clearing: new Map(),
    }),
    order: () => [],
    orderCount: () => 0,
    positions: () =>
      [0, 1].map((partition) => ({
        topic: 'erp.commands',
        partition,
        offset: driver.broker.log({ topic: 'erp.commands', partition }).high,
      })),
    close: () => undefined,
  };
  const topics = await topicsOf(test.cluster, schemas);
  const sides: Sides = {
    topics,
    ledger,
    stripe: openStripe(config),
    // The database is shared by tests, each of which has its own topics.
    shop: {
      ...reader,
      orders: async () => (await reader.orders()).filter(({ orderId }) => orders.includes(Number(orderId))),
    },
  };
  const look = async (erp: boolean) => {
    const found = await lookTwice(sides, ['STRIPE'], { books: true, afterMs: 0 });
    // This ledger has ids only; of the books nothing but their ids is of interest here.
    const own = (books: boolean | undefined, code: string | undefined) =>
      books !== true || (erp && code === 'not_in_ledger');
    return {
      looked: { ...found.looked, findings: found.looked.findings.filter((each) => own(each.books, each.code)) },
      all: found.all.filter((each) => own(each.books, each.code)),
    };
  };
  return {
    ...test,
    sql: server.sql,
    look,
    commandsOf: commands,
    results: () => driver.readAll(schemas.topic('adnsfResults')),
    repairs: () => driver.readAll(schemas.topic('repairs')).flatMap(({ value }) => value ?? []),
    lose: (commandId: string) => void lost.add(commandId),
    /** One order from checkout to its end. */
    order: async (): Promise<number> => {
      const orderNumber = await server.place(asTold);
      orders.push(orderNumber);
      await test.place(orderNumber);
      await test.pay();
      await test.scanner().scan();
      await driver.run();
      return orderNumber;
    },
    audit: async (what: Partial<Orders> = {}, erp = true): Promise<Done[]> => {
      const { looked, all } = await look(erp);
      const done: Done[] = [];
      const present = new Set(all.map(driftId));
      const desk = { cluster: setup.cluster, topics, reader: setup.reader };
      const auditor = { by: 'ada', at: 1_790_000_000_000n };
      for await (const each of atDesk(desk, looked, present, { repair: undefined, raise: false, ...what }, auditor))
        done.push(each);
      return done;
    },
    desk: { cluster: setup.cluster, topics, reader: setup.reader },
    [Symbol.asyncDispose]: async () => {
      reader.close();
      await test[Symbol.asyncDispose]();
      await shop.close();
    },
  };
};
