import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  deedOf,
  deeds,
  isHeld,
  refundAll,
  refundPart,
  ship,
  voidHeld,
  voidPaid,
} from '../../../infra/sandbox/shopper/merchant.ts';
import { openSql, type SqlSession } from '../../../infra/sandbox/shopper/sql.ts';
import { type ShopServer, startShopServer } from '../adnsf-executor/shop-server.ts';

let server: ShopServer;
let sql: SqlSession;
beforeAll(async () => {
  server = await startShopServer();
  sql = await openSql({
    host: '127.0.0.1',
    port: server.port,
    database: 'AspDotNetStorefront',
    user: 'millrace_shop',
    password: 'Shop-pass-word-1',
    encrypt: false,
  });
});
afterAll(async () => {
  sql.close();
  await server.close();
});

const look = async (number: number) =>
  (
    await server.sql(`SELECT TransactionState, RefundedOn, VoidedOn, ShippedOn, ShippingTrackingNumber,
      CONVERT(varchar(40), OrderTotal, 2) AS Total FROM dbo.Orders WHERE OrderNumber = ${number}`)
  )[0]!;

describe('what the merchant does', () => {
  it('is a function of the seed, and everything is done by somebody', () => {
    const done = Array.from({ length: 400 }, (_, index) => deedOf('seed', index, 1));
    expect(new Set(done)).toEqual(new Set(deeds));
    expect(done).toEqual(Array.from({ length: 400 }, (_, index) => deedOf('seed', index, 1)));
    expect(Array.from({ length: 50 }, (_, index) => deedOf('seed', index, 0)).some((deed) => deed)).toBe(false);
    expect(deeds.filter(isHeld)).toHaveLength(4);
  });

  it('pays a part back as an order of its own, once', async () => {
    const order = await server.place({ TransactionState: `N'CAPTURED'` });
    for (let n = 0; n < 2; n += 1) await refundPart(sql, order, 345n, 'guid');
    const credits = await server.sql(`SELECT OrderNumber, TransactionType, TransactionState,
      CONVERT(varchar(40), OrderTotal, 2) AS Total FROM dbo.Orders WHERE ParentOrderNumber = ${order}`);
    expect(credits).toMatchObject([{ TransactionType: 2, TransactionState: 'REFUNDED', Total: '3.4500' }]);
    const lines = await server.sql(
      `SELECT OrderedProductSKU FROM dbo.Orders_ShoppingCart WHERE OrderNumber = ${String(credits[0]!['OrderNumber'])}`,
    );
    expect(lines).toEqual([{ OrderedProductSKU: 'ADHOCREFUND' }]);
    expect(await look(order)).toMatchObject({ TransactionState: 'CAPTURED' });
  });

  it.each([
    ['pays all of it back', refundAll, 'CAPTURED', 'REFUNDED'],
    ['ends what is paid', voidPaid, 'CAPTURED', 'VOIDED'],
    ['ends what is held', voidHeld, 'AUTHORIZED', 'VOIDED'],
  ] as const)('%s, from the state it is in', async (_name, act, from, to) => {
    const order = await server.place({ TransactionState: `N'${from}'` });
    const other = await server.place();
    for (const number of [order, other]) await act(sql, number);
    expect(await look(order)).toMatchObject({ TransactionState: to });
    expect(await look(other)).toMatchObject({ TransactionState: 'PENDING' });
  });

  it('ships an order once, for less than it cost', async () => {
    const order = await server.place({ TransactionState: `N'AUTHORIZED'`, OrderSubtotal: '123.45' });
    for (let n = 0; n < 2; n += 1) await ship(sql, order, 345n);
    expect(await look(order)).toMatchObject({ Total: '120.0000', ShippingTrackingNumber: `1Z${order}` });
  });
});
