import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readerStage } from '../../../services/adnsf-executor/reader/stage.ts';
import { type Client, openClient } from '../../../services/adnsf-executor/rest/client.ts';
import { RetriableError } from '../../../services/runtime/errors.ts';
import { READ_KEY, type ShopServer, startShopServer } from '../../unit/adnsf-executor/shop-server.ts';
import { crashPoints, driveExecutor, openTopics } from './support.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  expect(server.faults).toEqual([]);
  await server.close();
});

const policy = {
  stores: { '1': { currency: 'USD', timeZone: 'America/New_York' } },
  stripeMethods: ['STRIPE'],
  captureOnShipment: [],
  offSession: [],
  shippedWithFirst: false,
  livemode: false,
};

const open = async (through?: (client: Client) => Client) => {
  const topics = await openTopics();
  const client = openClient({ base: new URL(server.rest.url), apiKey: READ_KEY, timeoutMs: 5_000 });
  const driver = await driveExecutor(
    readerStage({
      client: through?.(client) ?? client,
      policy,
      version: 'test',
      concurrency: 4,
      webhooks: topics.adnsfWebhooks,
      snapshots: topics.adnsfSnapshots,
      returns: topics.adnsfReturns,
      deadLetters: topics.deadLetters,
    }),
  );
  return {
    driver,
    tell: (orderNumber: number | null, type = 'order.updated', customerId: number | null = 7) => {
      const event = {
        id: `e-${String(orderNumber)}`,
        type,
        createdAt: 1n,
        orderNumber,
        customerId,
        body: Buffer.alloc(0),
      };
      driver.feed(topics.adnsfWebhooks, String(customerId ?? orderNumber), event);
    },
    snapshots: () => driver.readAll(topics.adnsfSnapshots),
    returns: () => driver.readAll(topics.adnsfReturns),
    letters: () => driver.deadLetters(),
    [Symbol.asyncDispose]: () => driver.close(),
  };
};

/** An order that checkout has finished, with its customer and two lines. */
const finished = async (over: Readonly<Record<string, string>> = {}): Promise<number> => {
  await server.sql(`IF NOT EXISTS (SELECT 1 FROM dbo.Customer WHERE Email = N'ana@example.com')
    INSERT INTO dbo.Customer (Email, FirstName, LastName, IsRegistered) VALUES (N'ana@example.com', N'Ana', N'Test', 1)`);
  const [customer] = await server.sql(`SELECT CustomerID FROM dbo.Customer WHERE Email = N'ana@example.com'`);
  const order = await server.place({
    CustomerID: String(customer!['CustomerID']),
    OrderDate: `'2026-07-01T08:34:56'`,
    OrderSubtotal: '118.45',
    OrderTax: '5',
    InventoryWasReduced: '1',
    ShippingCity: `N'Boston'`,
    ...over,
  });
  for (const [record, price] of [
    [1, '100.0000'],
    [2, '18.4501'],
  ])
    await server.sql(`INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID,
      Quantity, OrderedProductSKU, OrderedProductPrice, IsTaxable) VALUES (${order}, ${record!}, 7, 1, 2, 3, N' W-1 ', ${price!}, 1)`);
  return order;
};

describe('the reader of the shop’s webhooks', () => {
  it.each(crashPoints)('tells an order as it is, also when it dies %s', async (point) => {
    await using test = await open();
    const order = await finished();
    test.driver.crash(point);
    test.tell(order);
    await test.driver.run();
    const [first, ...others] = test.snapshots();
    expect(others).toEqual([]);
    expect(first).toMatchObject({
      key: String(order),
      value: {
        orderId: String(order),
        place: '',
        state: 'PENDING',
        paymentMethod: 'STRIPE',
        currency: 'USD',
        subtotal: 11_845n,
        tax: 500n,
        shipping: 0n,
        total: 12_345n,
        email: 'ana@example.com',
        // 08:34:56 in New York.
        placedAt: BigInt(Date.UTC(2026, 6, 1, 12, 34, 56)),
        customer: { firstName: 'Ana', registered: true },
        billTo: null,
        shipTo: { city: 'Boston' },
        lines: [
          { cartRecordId: 1, sku: 'W-1', quantity: 3, extendedPrice: '100.0000', taxable: true, addedToCartAt: null },
          { cartRecordId: 2, extendedPrice: '18.4501' },
        ],
      },
    });
  });

  it('says nothing of an order that checkout still writes, and tells it when it is finished', async () => {
    await using test = await open();
    const order = await finished({ InventoryWasReduced: '0' });
    test.tell(order, 'order.created');
    await test.driver.run();
    expect(test.snapshots()).toEqual([]);
    await server.sql(`UPDATE dbo.Orders SET InventoryWasReduced = 1 WHERE OrderNumber = ${order}`);
    test.tell(order);
    await test.driver.run();
    expect(test.snapshots()).toMatchObject([{ value: { orderId: String(order) } }]);
  });

  it('puts aside what the shop tells of and has not, and what cannot be acted on', async () => {
    await using test = await open();
    test.tell(1);
    test.tell(await finished({ OrderTotal: '123.4501' }));
    test.tell(null, 'customer.updated');
    await test.driver.run();
    expect(test.snapshots()).toEqual([]);
    expect(
      test.driver
        .deadLetters()
        .map(({ code }) => code)
        .sort(),
    ).toEqual(['inexact_amount', 'order_not_found']);
  });

  it('asks until the shop answers', async () => {
    let refusals = 3;
    await using test = await open((client) => ({
      ...client,
      get: (...request) =>
        refusals-- > 0 ? Promise.reject(new RetriableError('the shop is away')) : client.get(...request),
    }));
    test.tell(await finished());
    await test.driver.run();
    expect([test.snapshots().length, test.driver.deadLetters()]).toEqual([1, []]);
  });
});

describe('the reader of webhooks about returns', () => {
  const giveBack = (order: number, over: Readonly<Record<string, string>> = {}) =>
    server.giveBack(order, {
      ShoppingCartRecID: '1',
      RefundAmount: '33.33',
      ReceivedOn: `'2026-07-02T08:00:00'`,
      ...over,
    });

  it.each(crashPoints)('tells all of the order as they are, also when it dies %s', async (point) => {
    await using test = await open();
    const order = await finished();
    const first = await giveBack(order, { Quantity: '3', ReasonCode: `N'too small'` });
    const second = await giveBack(order, { ShoppingCartRecID: '2', ReturnState: `N'REQUESTED'`, RefundAmount: 'NULL' });
    test.driver.crash(point);
    test.tell(order, 'return.updated');
    await test.driver.run();
    expect(test.snapshots()).toEqual([]);
    expect(test.returns()).toMatchObject([
      {
        key: String(order),
        value: {
          orderId: String(order),
          returnId: first,
          state: 'RECEIVED',
          amount: 3_333n,
          currency: 'USD',
          place: '',
          reason: 'too small',
          // 08:00 in New York.
          receivedAt: BigInt(Date.UTC(2026, 6, 2, 12)),
          lines: [{ cartRecordId: 1, productId: 1, variantId: 2, sku: 'W-1', quantity: 3 }],
        },
      },
      { value: { returnId: second, state: 'REQUESTED', amount: null } },
    ]);
  });

  it('says in a letter what is wrong with one, and tells orders all the same', async () => {
    await using test = await open();
    const order = await finished();
    await giveBack(order, { ReturnState: `N'RECIEVED'` });
    test.tell(order, 'return.created');
    test.tell(order);
    await test.driver.run();
    expect(test.returns()).toEqual([]);
    expect(test.letters().map(({ code }) => code)).toEqual(['return_unknown_state']);
    expect(test.snapshots()).toHaveLength(1);
  });

  it('reads all pages', async () => {
    await using test = await open();
    const order = await finished();
    for (let n = 0; n < 101; n += 1) await giveBack(order, { RefundAmount: '0.01' });
    test.tell(order, 'return.created');
    await test.driver.run();
    expect(test.returns()).toHaveLength(101);
  });
});
