/** The shop's database as it is: rows rewritten, lines that come late or change, states that go backwards, other versions. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAvro, readSchema } from '../../../schemas/avro.ts';
import type { OrdersValue } from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { topics } from '../../../schemas/topics.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { ordersRow, policy } from '../../unit/order-stream/fixtures.ts';
import { type Change, checkout, pipeChange, type ShopLog, shopLog, type Table, tables } from './shop-log.ts';

type Row = Readonly<Record<string, unknown>>;

const row = (over: Partial<OrdersValue> = {}): Row => ordersRow(over);
const workflows = { current: loadWorkflows() };

const open = async () => {
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  const driver = await openDriver(orderTopology(schemas, policy, 'test', workflows), { partitions: 1 });
  const assembled = () => driver.readAll(schemas.topic('assembledOrders')).map(({ value }) => value!);
  const commands = () =>
    (['stripeCommands', 'adnsfCommands', 'erpCommands'] as const).flatMap((topic) =>
      driver.readAll(schemas.topic(topic)).map(({ value }) => value!.commandId),
    );
  const letters = () => driver.deadLetters().map(({ code, message }) => `${code}: ${message}`);
  return { driver, registry, assembled, commands, letters };
};

const price = (cents: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(cents) * 100n);
  return bytes;
};

const line = (index: number, cents: number): Row => ({
  OrderNumber: 100123,
  ShoppingCartRecID: 7000 + index,
  CustomerID: 58001,
  ProductID: index + 1,
  VariantID: index + 1,
  Quantity: index + 1,
  OrderedProductSKU: `SKU-${index}`,
  OrderedProductName: `Thing ${index}`,
  OrderedProductPrice: price(cents),
  IsTaxable: 1,
});

const key = '58001';
const twice = (log: ShopLog, table: Table, before: Row, after: Row): Change[] => [
  log.update(table, key, before, after),
  log.update(table, key, after, after),
];

/** The last lines of `checkout` with two lines: at their price for all. */
const priced = [line(0, 999), line(1, 1998)];

const stories: Readonly<Record<string, (log: ShopLog) => readonly Change[]>> = {
  'maintenance rewrites all rows, again and again': (log) => [
    ...checkout(log, row()),
    ...[1, 2, 3].flatMap(() => [
      ...twice(log, 'orders', row(), row()),
      ...priced.flatMap((each) => twice(log, 'orderLines', each, each)),
      ...twice(
        log,
        'customers',
        { CustomerID: 58001, Email: 'ana@example.com' },
        { CustomerID: 58001, Email: 'ana@example.com' },
      ),
    ]),
  ],
  'maintenance in the middle of the checkout': (log) =>
    checkout(log, row()).flatMap((change, index) => {
      if (index !== 12) return [change];
      const first = row({ TransactionState: null, InventoryWasReduced: 0 });
      return [change, ...twice(log, 'orders', first, first)];
    }),
  'carts emptied without a purchase, and carts that nobody buys': (log) => {
    const cart = { ShoppingCartRecID: 9000, CustomerID: 58001, VariantID: 9, Quantity: 1, CartType: 0, CreatedOn: 5n };
    return [
      log.insert('carts', key, cart),
      log.remove('carts', key, cart),
      log.tombstone('carts', key),
      ...checkout(log, row()),
      log.insert('carts', key, cart),
      log.remove('carts', key, cart),
    ];
  },
  'AUTHORIZED and back to PENDING before it is complete': (log) => {
    const held = row({ TransactionState: 'AUTHORIZED', InventoryWasReduced: 0 });
    return [
      log.insert('orders', key, held),
      ...twice(log, 'orders', held, row({ InventoryWasReduced: 0 })),
      ...checkout(log, row()),
    ];
  },
  'paid, PENDING by mistake, paid, voided': (log) => {
    const states = ['PENDING', 'CAPTURED', 'PENDING', 'CAPTURED', 'VOIDED'];
    return [
      ...checkout(log, row()),
      ...states
        .slice(1)
        .flatMap((state, index) =>
          twice(log, 'orders', row({ TransactionState: states[index]! }), row({ TransactionState: state })),
        ),
    ];
  },
};

/** Play the story at a pace: all of one topic, then all of the next, in portions. */
const played = async (
  story: (log: ShopLog) => readonly Change[],
  order: readonly Table[],
  portion: number,
): Promise<unknown> => {
  const opened = await open();
  const changes = story(shopLog(opened.registry));
  for (let from = 0; from < changes.length; from += portion) {
    const some = changes.slice(from, from + portion);
    for (const table of order)
      for (const change of some.filter((each) => each.table === table))
        opened.driver.feedBytes(topics[table].name, Buffer.from(change.key), change.value, {
          timestamp: change.timestamp,
        });
    await opened.driver.run();
  }
  const found = { assembled: opened.assembled(), commands: opened.commands(), letters: opened.letters() };
  await opened.driver.close();
  return found;
};

const anyPace = fc.tuple(
  fc.shuffledSubarray(['customers', 'carts', 'orderLines', 'orders'] as const, { minLength: 4 }),
  fc.integer({ min: 1, max: 80 }),
);

const sameAtEveryPace = async (story: (log: ShopLog) => readonly Change[], expected: unknown): Promise<void> =>
  await fc.assert(
    fc.asyncProperty(anyPace, async ([order, portion]) => {
      expect(await played(story, order, portion)).toEqual(expected);
    }),
    { numRuns: 4 },
  );

describe('an untidy story, at every pace of reading', () => {
  it.each(Object.entries(stories))('%s: one order, acted on once', async (_name, story) => {
    const expected = await played(story, ['customers', 'carts', 'orderLines', 'orders'], Infinity);
    expect(expected).toMatchObject({ commands: ['100123/ensure-customer/1'], letters: [] });
    await sameAtEveryPace(story, expected);
  });
});

describe('an order that changes after it was complete', () => {
  const total = row({ TransactionState: 'PENDING' });
  const noted = row({ AuthorizationPNREF: 'pi_1', PaymentGateway: 'STRIPE' });

  const changed: readonly (readonly [string, (log: ShopLog) => readonly Change[], string])[] = [
    [
      'a line that comes late',
      (log) => [log.insert('orderLines', key, line(2, 500)), ...twice(log, 'orders', total, noted)],
      '3 × SKU-2 (cart row 7002) for 5.0000',
    ],
    [
      'the price for one becomes the price for all',
      (log) => [...twice(log, 'orderLines', line(1, 1998), line(1, 4321)), ...twice(log, 'orders', total, noted)],
      '2 × SKU-1 (cart row 7001) for 43.2100',
    ],
    ['another total', (log) => twice(log, 'orders', row(), ordersRow({}, 3745n)), 'total 3744 → 3745'],
  ];

  it.each(changed)('%s: told to a person, once', async (_name, after, says) => {
    const story = (log: ShopLog) => [
      ...checkout(log, row()),
      ...after(log),
      ...twice(log, 'customers', {}, { CustomerID: 58001, Email: 'other@example.com' }),
    ];
    const expected = await played(story, ['customers', 'carts', 'orderLines', 'orders'], Infinity);
    expect(expected).toMatchObject({
      commands: ['100123/ensure-customer/1'],
      letters: [expect.stringMatching(/^order_changed: /)],
    });
    expect((expected as { letters: string[] }).letters[0]).toContain(says);
    await sameAtEveryPace(story, expected);
  });

  it('is told once, whatever else the shop writes on it afterwards', async () => {
    const shipped = row({ AuthorizationPNREF: 'pi_1', PaymentGateway: 'STRIPE', ShippingTrackingNumber: '1Z' });
    const story = (log: ShopLog) => [
      ...checkout(log, row()),
      log.insert('orderLines', key, line(2, 500)),
      ...twice(log, 'orders', total, noted),
      ...twice(log, 'orders', noted, shipped),
    ];
    const { letters } = (await played(story, ['orders', 'orderLines', 'carts', 'customers'], 7)) as {
      letters: string[];
    };
    expect(letters).toHaveLength(1);
  });

  it('back to PENDING, when it was not collected because it was authorised: nobody would ask for the money', async () => {
    const held = row({ TransactionState: 'AUTHORIZED' });
    const story = (log: ShopLog) => [...checkout(log, held), ...twice(log, 'orders', held, row())];
    const { letters } = (await played(story, ['orders', 'orderLines', 'carts', 'customers'], 80)) as {
      letters: string[];
    };
    expect(letters).toEqual([expect.stringContaining('state AUTHORIZED → PENDING')]);
  });
});

/** The writer's schema of a table as another version of the shop has it. */
const version = (
  table: Table,
  without: readonly string[],
  more: readonly Readonly<Record<string, unknown>>[],
): string => {
  const schema = JSON.parse(readSchema(tables[table])) as {
    fields: { type: [string, { fields: { name: string }[] }] }[];
  };
  const value = schema.fields[0]!.type[1];
  value.fields = [...more, ...value.fields.filter(({ name }) => !without.includes(name))] as { name: string }[];
  return JSON.stringify(schema);
};

const text = (name: string) => ({ name, type: ['null', 'string'], default: null });

/** Re-encodes a change with the writer's schema of that version. */
const as = (registry: ReturnType<typeof memoryRegistry>, change: Change, schema: string): Change => {
  if (change.value === null) return change;
  const ours = parseAvro(readSchema(tables[change.table]));
  const theirs = parseAvro(schema);
  const decoded = JSON.parse(
    JSON.stringify(ours.fromBuffer(change.value.subarray(5)), (_name, value: unknown) =>
      typeof value === 'bigint' ? `big:${value}` : value,
    ),
    (_name, value: unknown) =>
      typeof value === 'string' && value.startsWith('big:')
        ? BigInt(value.slice(4))
        : (value as { type?: unknown } | null)?.type === 'Buffer'
          ? Buffer.from((value as { data: number[] }).data)
          : value,
  ) as { before: Record<string, unknown> | null; after: Record<string, unknown> | null };
  const names = (JSON.parse(schema) as { fields: { type: [string, { fields: { name: string }[] }] }[] }).fields[0]!
    .type[1].fields;
  for (const image of [decoded.before, decoded.after])
    if (image !== null)
      for (const { name } of names) if (!(name in image)) image[name] = name.startsWith('THUB') ? 'N' : null;
  const header = Buffer.alloc(5);
  header.writeInt32BE(registry.register(schema), 1);
  return { ...change, value: Buffer.concat([header, theirs.toBuffer(decoded)]) };
};

describe('versions of the shop', () => {
  /** 9.4 has columns of its own, and lacks some that are only carried. */
  const nine: Partial<Record<Table, string>> = {
    orders: version(
      'orders',
      ['ShippingTrackingNumber', 'BillingSuite', 'StoreID'],
      [text('THUB_POSTED_TO_ACCOUNTING'), text('THUB_ACCOUNTING_REF')],
    ),
    orderLines: version(
      'orderLines',
      [],
      [text('SubscriptionInterval'), { name: 'IsAPack', type: ['null', 'int'], default: null }],
    ),
    carts: version('carts', [], [{ name: 'GiftRegistryForCustomerID', type: ['null', 'int'], default: null }]),
    customers: version('customers', ['IsRegistered'], [text('DateOfBirth')]),
  };

  it('9.x and 10.x give the same order', async () => {
    const play = async (schemas: Partial<Record<Table, string>>) => {
      const opened = await open();
      const customer = { CustomerID: 58001, Email: 'ana@example.com' };
      for (const change of checkout(shopLog(opened.registry), row(), { customer })) {
        const schema = schemas[change.table];
        await pipeChange(opened.driver, schema === undefined ? change : as(opened.registry, change, schema));
      }
      const found = { assembled: opened.assembled(), commands: opened.commands(), letters: opened.letters() };
      await opened.driver.close();
      return found;
    };
    const ten = await play({});
    expect(ten.assembled).toHaveLength(1);
    expect(await play(nine)).toEqual(ten);
  });

  it.each([
    ['orders', 'InventoryWasReduced'],
    ['orders', 'TransactionType'],
    ['orders', 'RecurringSubscriptionID'],
    ['orders', 'CouponDiscountAmount'],
    ['orderLines', 'OrderedProductPrice'],
    ['customers', 'Email'],
  ] as const)('%s without %s, which decisions need, is refused by name', async (table, column) => {
    const opened = await open();
    for (const change of checkout(shopLog(opened.registry), row()))
      await pipeChange(
        opened.driver,
        change.table === table ? as(opened.registry, change, version(table, [column], [])) : change,
      );
    // An order has its own e-mail address; what else it is made of, only its table and that of its lines say.
    expect(opened.assembled()).toHaveLength(table === 'customers' ? 1 : 0);
    const [letter] = opened.letters();
    expect(letter).toMatch(/^missing_column: /);
    expect(letter).toContain(`Value.${column}`);
    await opened.driver.close();
  });
});
