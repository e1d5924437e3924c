import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RetriableError, TaskMigratedError } from '../../../services/runtime/errors.ts';
import { openShopOrders, type ShopOrders } from '../../../services/scanner/shop/orders.ts';
import { shopScanner, type ShopScanSetup } from '../../../services/scanner/shop/scan.ts';
import { type ShopServer, startShopServer } from '../../unit/adnsf-executor/shop-server.ts';
import { policy } from '../../unit/order-stream/fixtures.ts';
import { openScanned } from './support.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

const finishedOrder = async (over: Readonly<Record<string, string>> = {}): Promise<number> => {
  const order = await server.place({
    Email: `N'ana@example.com'`,
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

const open = async (fromOrder: number) => {
  const test = await openScanned();
  const shop = openShopOrders({
    host: '127.0.0.1',
    port: server.port,
    database: 'AspDotNetStorefront',
    user: 'millrace_cdc',
    password: 'Cdc-pass-word-1',
    encrypt: false,
    trustServerCertificate: true,
    timeoutMs: 5_000,
    pageSize: 2,
  });
  await test.schemas.topic('adnsfSnapshots').value.open?.();
  await test.schemas.topic('adnsfReturns').value.open?.();
  const setup: ShopScanSetup = {
    ...test.setup,
    shop,
    policy,
    fromOrder,
    graceSeconds: -60,
    now: () => Date.now(),
  };
  return {
    ...test,
    shopSetup: setup,
    shopScanner: (over: Partial<ShopScanSetup> = {}) => shopScanner({ ...setup, ...over }),
    snapshots: () => test.driver.readAll(test.schemas.topic('adnsfSnapshots')),
    [Symbol.asyncDispose]: async () => {
      shop.close();
      await test[Symbol.asyncDispose]();
    },
  };
};

describe('scanning the shop', () => {
  it('finds orders that capture never told of, and they go on as any other', async () => {
    const orders = [await finishedOrder(), await finishedOrder(), await finishedOrder()];
    await using test = await open(orders[0]!);
    expect((await test.shopScanner().scan()).found).toEqual(orders);
    await test.driver.run();
    const snapshot = test.snapshots().find(({ key }) => key === String(orders[0]));
    expect(snapshot!.headers['millrace-source']?.toString()).toBe('scan');
    expect(snapshot!.value).toMatchObject({
      orderNumber: orders[0],
      total: 12_345n,
      currency: 'USD',
      // 08:34:56 in New York.
      placedAt: BigInt(Date.UTC(2026, 6, 1, 12, 34, 56)),
      email: 'ana@example.com',
      shipTo: { city: 'Boston' },
      lines: [
        { sku: 'W-1', extendedPrice: '100.0000' },
        { sku: 'W-1', extendedPrice: '18.4501' },
      ],
    });
    await test.pay();
    await test.scanner().scan();
    await test.driver.run();
    for (const order of orders)
      expect(test.commands()).toEqual(
        expect.arrayContaining([
          `${order}/create-payment-intent/1`,
          `${order}/mark-paid/1`,
          `${order}/record-payment/1`,
        ]),
      );
    expect(new Set(test.commands()).size).toBe(test.commands().length);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('an order that capture tells of later, or told of before, is the same one', async () => {
    const first = await finishedOrder();
    const second = await finishedOrder();
    await using test = await open(first);
    await test.place(second);
    expect((await test.shopScanner().scan()).found).toEqual([first]);
    await test.driver.run();
    const before = test.commands();
    await test.place(first);
    expect(test.commands()).toEqual(before);
    const again = test.shopScanner();
    expect((await again.scan()).found).toEqual([]);
    expect((await again.scan()).found).toEqual([]);
    expect(test.snapshots()).toHaveLength(1);
  });

  it('leaves alone what is not finished, too young, or older than what is ours', async () => {
    const older = await finishedOrder();
    const unfinished = await finishedOrder({ InventoryWasReduced: '0' });
    const voided = await finishedOrder({ TransactionState: `N'VOIDED'` });
    const ours = await finishedOrder();
    await using test = await open(older + 1);
    expect((await test.shopScanner({ graceSeconds: 600 }).scan()).looked).toBe(0);
    const { found } = await test.shopScanner().scan();
    expect(found).toEqual([ours]);
    expect(found).not.toContain(unfinished);
    expect(found).not.toContain(voided);
  });

  it('tells once of an order that cannot be taken', async () => {
    const order = await finishedOrder({ Email: `N''` });
    await using test = await open(order);
    expect((await test.shopScanner().scan()).refused).toBe(1);
    expect((await test.shopScanner().scan()).refused).toBe(0);
    expect(test.exceptions().map(({ orderId, code, who }) => [orderId, code, who])).toEqual([
      [String(order), 'missing_email', 'operations'],
    ]);
    expect(test.snapshots()).toEqual([]);
  });

  it.each(['send', 'commit', 'committed'] as const)(
    'killed at %s, nothing is told twice or left out',
    async (point) => {
      const orders = [await finishedOrder(), await finishedOrder(), await finishedOrder()];
      await using test = await open(orders[0]!);
      let nth = 0;
      test.driver.broker.onRequest = (at, detail) => {
        if (at === point && detail === 'scanner-shop' && ++nth === 2) throw new RetriableError('the power went off');
      };
      await expect(test.shopScanner().scan()).rejects.toThrow('the power went off');
      test.driver.broker.onRequest = undefined;
      await test.shopScanner().scan();
      expect(
        test
          .snapshots()
          .map(({ key }) => Number(key))
          .sort(),
      ).toEqual(orders);
    },
  );

  it('of two scanners the later one goes on, and nothing is told twice', async () => {
    const order = await finishedOrder();
    await using test = await open(order);
    let second: Promise<unknown> | undefined;
    const slow: ShopOrders = {
      ...test.shopSetup.shop,
      order: async (orderNumber) => {
        second ??= test.shopScanner().scan();
        await second;
        return test.shopSetup.shop.order(orderNumber);
      },
    };
    await expect(test.shopScanner({ shop: slow }).scan()).rejects.toThrow(TaskMigratedError);
    expect(test.snapshots()).toHaveLength(1);
  });

  it('comes again when the shop does not answer', async () => {
    await using test = await open(1);
    const away = openShopOrders({
      host: '127.0.0.1',
      port: 1,
      database: 'AspDotNetStorefront',
      user: 'millrace_cdc',
      password: 'wrong',
      encrypt: false,
      trustServerCertificate: true,
      timeoutMs: 1_000,
      pageSize: 2,
    });
    await expect(test.shopScanner({ shop: away }).scan()).rejects.toThrow(RetriableError);
  });
});

describe('scanning the shop for returns', () => {
  const giveBack = (order: number, over: Readonly<Record<string, string>> = {}) =>
    server.giveBack(order, { ShoppingCartRecID: '1', ...over });

  it('finds those that nobody told of, or told too little of, and they go on as any other', async () => {
    const order = await finishedOrder();
    const ids = [
      await giveBack(order),
      await giveBack(order, { ReturnState: `N'REQUESTED'`, RefundAmount: 'NULL' }),
      await giveBack(order, { ReturnState: `N'REJECTED'` }),
    ];
    await using test = await open(order);
    const returns = () => test.driver.readAll(test.schemas.topic('adnsfReturns')).map(({ value }) => value!);
    expect((await test.shopScanner().scan()).returns).toEqual(ids);
    expect(returns()).toMatchObject([
      { orderId: String(order), returnId: ids[0], state: 'RECEIVED', amount: 981n, place: '' },
      { returnId: ids[1], state: 'REQUESTED', amount: null },
      { returnId: ids[2], state: 'REJECTED' },
    ]);
    expect((await test.shopScanner().scan()).returns).toEqual([]);
    await server.sql(`UPDATE dbo.Custom_OrderReturn SET ReturnState = N'APPROVED' WHERE OrderReturnID = ${ids[1]!}`);
    expect((await test.shopScanner().scan()).returns).toEqual([ids[1]]);
    await server.sql(`UPDATE dbo.Custom_OrderReturn SET RefundAmount = 1 WHERE OrderReturnID = ${ids[1]!}`);
    expect((await test.shopScanner().scan()).returns).toEqual([ids[1]]);
    await test.driver.run();
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('raises what cannot be told, once, and goes on', async () => {
    const order = await finishedOrder();
    const wrong = await giveBack(order, { ReturnState: `N'RECIEVED'` });
    const right = await giveBack(order);
    await using test = await open(order);
    expect(await test.shopScanner().scan()).toMatchObject({ returns: [right], refused: 1 });
    expect(await test.shopScanner().scan()).toMatchObject({ returns: [], refused: 0 });
    expect(test.exceptions()).toMatchObject([
      {
        exceptionId: `shop/return/${wrong}/return_unknown_state`,
        orderId: String(order),
        code: 'return_unknown_state',
      },
    ]);
  });
});
