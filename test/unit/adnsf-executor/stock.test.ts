/** Stock of the shop, over every way to it: a sale is never lost, nothing counts twice, and what is done by hand is told once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CountStock, SetInventory } from '../../../schemas/generated/types.ts';
import type { AdnsfCommand } from '../../../schemas/topics.ts';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { PoisonError, RetriableError } from '../../../services/runtime/errors.ts';
import { type ShopServer, startShopServer, ways } from './shop-server.ts';
import { PAID_AT, STORES } from './support.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

let commands = 0;
const about = (variantId: number, intent: string) => ({
  commandId: `item:${variantId}/${intent}/${++commands}`,
  orderId: `item:${variantId}`,
  target: 'adnsf' as const,
  causationId: 'adnsf:ProductVariant',
  occurredAt: PAID_AT,
  workflow: 'catalogue@1',
});
const options = { color: null, size: null };

const countStock = (variantId: number, over: Partial<CountStock['payload']> = {}): CountStock => ({
  ...about(variantId, 'count-stock'),
  type: 'CountStock',
  payload: { variantId, ...options, ...over },
});
const setInventory = (
  variantId: number,
  supply: number,
  version: bigint,
  over: Partial<SetInventory['payload']> = {},
): SetInventory => ({
  ...about(variantId, 'set-inventory'),
  type: 'SetInventory',
  payload: { variantId, ...options, supply, version, ordersFrom: 0, ...over },
});

describe.each(ways)('stock over $name', (way) => {
  let shop: Shop & OrderLookup;
  let variant: number;
  let nextVariant = way.name === 'sql' ? 6 : 14;
  beforeAll(() => {
    shop = way.open(server);
  });
  afterAll(async () => {
    await shop.close();
    expect(server.faults).toEqual([]);
  });
  const run = (command: AdnsfCommand) => execute(shop, STORES, command, 1n);
  const insist = async (command: AdnsfCommand) => {
    for (;;) {
      try {
        return await run(command);
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
      }
    }
  };
  const sql = (text: string) => server.sql(text);
  const level = async (): Promise<unknown> =>
    (await sql(`SELECT Inventory FROM dbo.ProductVariant WHERE VariantID = ${variant}`))[0]!['Inventory'];
  /** A variant of 250 that nobody has bought. */
  const fresh = (): void => {
    variant = nextVariant++;
  };
  /** As the storefront's procedure does it: units and guard in one transaction. */
  const sell = async (quantity: number): Promise<number> => {
    const order = await server.place({ InventoryWasReduced: '0' });
    await sql(
      `INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity)
       VALUES (${order}, 1, 7, 1, ${variant}, ${quantity})`,
    );
    await server.sa.begin();
    await sql(`UPDATE dbo.ProductVariant SET Inventory = Inventory - ${quantity} WHERE VariantID = ${variant}`);
    await sql(`UPDATE dbo.Orders SET InventoryWasReduced = 1 WHERE OrderNumber = ${order}`);
    await server.sa.commit();
    return order;
  };

  it('opens with all there is and all that orders hold, and a sale changes nothing of it', async () => {
    fresh();
    await sell(3);
    expect(await run(countStock(variant))).toMatchObject({
      status: 'succeeded',
      objectId: String(variant),
      detail: { outcome: 'applied', before: '0', after: `1/${(250).toString(36)}/` },
    });
    await sell(2);
    expect(await run(countStock(variant))).toMatchObject({ detail: { outcome: 'already' } });
    expect(await level()).toBe(245);
  });

  it('tells once what was changed by hand, whatever is sold meanwhile', async () => {
    fresh();
    await run(countStock(variant));
    await sell(1);
    await sql(`UPDATE dbo.ProductVariant SET Inventory = 300 WHERE VariantID = ${variant}`);
    await sell(4);
    const counted = countStock(variant);
    const told = await run(counted);
    // 250, of which one was sold, became 300: 51 more.
    expect(told).toMatchObject({
      detail: { outcome: 'applied', before: (250).toString(36), after: `2/${(301).toString(36)}/` },
    });
    expect(await run(counted)).toEqual({ ...told, replayed: true });
    expect(await run(countStock(variant))).toMatchObject({ detail: { outcome: 'already' } });
  });

  it('sets what the ERP has without losing a sale, and no late or repeated count undoes a later one', async () => {
    fresh();
    await run(countStock(variant));
    await sell(5);
    const second = setInventory(variant, 120, 2n);
    expect(await run(second)).toMatchObject({
      detail: { outcome: 'applied', after: `2/${(120).toString(36)}/2` },
    });
    expect(await level()).toBe(115);
    await sell(1);
    expect(await run(second)).toMatchObject({ replayed: true });
    expect(await run(setInventory(variant, 400, 1n))).toMatchObject({ detail: { outcome: 'superseded' } });
    expect(await run(setInventory(variant, 400, 2n))).toMatchObject({ detail: { outcome: 'superseded' } });
    expect(await level()).toBe(114);
    // Our own write is no change by hand.
    expect(await run(countStock(variant))).toMatchObject({ detail: { outcome: 'already' } });
  });

  it('takes what came back and is on the shelf again for no change by hand', async () => {
    fresh();
    const order = await sell(5);
    await run(countStock(variant));
    await server.sa.begin();
    await sql(`INSERT INTO dbo.Custom_OrderReturn (RMANumber, OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID,
      Quantity, RestockedOn) VALUES (N'R-${order}', ${order}, 1, 7, 1, ${variant}, 2, GETDATE())`);
    await sql(`UPDATE dbo.ProductVariant SET Inventory = Inventory + 2 WHERE VariantID = ${variant}`);
    await server.sa.commit();
    expect(await run(countStock(variant))).toMatchObject({ detail: { outcome: 'already' } });
    await run(setInventory(variant, 100, 1n));
    expect(await level()).toBe(97);
  });

  it('gives back what an order that ended had taken, and does not count what the ERP never counted', async () => {
    fresh();
    const old = await sell(10);
    const order = await sell(2);
    await run(setInventory(variant, 100, 1n, { ordersFrom: order }));
    expect(await level()).toBe(98);
    await sql(`UPDATE dbo.Orders SET InventoryWasReduced = 0 WHERE OrderNumber = ${order};
      UPDATE dbo.ProductVariant SET Inventory = Inventory + 2 WHERE VariantID = ${variant}`);
    expect(await run(countStock(variant))).toMatchObject({ detail: { outcome: 'already' } });
    expect(old).toBeLessThan(order);
    expect(await level()).toBe(100);
  });

  it('loses no sale of checkouts that run at the same time', async () => {
    fresh();
    await run(countStock(variant));
    const sales = async (): Promise<void> => {
      for (let n = 0; n < 12; n++) await sell(1);
    };
    const counts = async (): Promise<void> => {
      for (let n = 1; n <= 12; n++) {
        await Promise.all([insist(countStock(variant)), insist(setInventory(variant, 500, BigInt(n)))]);
      }
    };
    await Promise.all([sales(), counts()]);
    expect(await level()).toBe(488);
    expect(await run(countStock(variant))).toMatchObject({ detail: { outcome: 'already' } });
  });

  it('keeps colours and sizes apart, by the words that lines have of them', async () => {
    variant = way.name === 'sql' ? 3 : 4;
    const size = way.name === 'sql' ? 'Small' : 'Medium';
    const order = await server.place({ InventoryWasReduced: '1' });
    await sql(`INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, ChosenSize)
      VALUES (${order}, 1, 7, 2, ${variant}, 7, N'${size}[+2.00]'), (${order}, 2, 7, 2, ${variant}, 9, N'Other');
      UPDATE dbo.Inventory SET Quan = Quan - 7 WHERE VariantID = ${variant} AND Size = N'${size}'`);
    expect(await run(countStock(variant, { size }))).toMatchObject({
      detail: { outcome: 'applied', after: `1/${(80).toString(36)}/` },
    });
    await run(setInventory(variant, 50, 9_007_199_254_740_993n, { size }));
    const quantities = await sql(`SELECT Quan FROM dbo.Inventory WHERE VariantID = ${variant} AND Size = N'${size}'`);
    expect(quantities).toMatchObject([{ Quan: 43 }]);
    expect(await level()).toBe(250);
    expect(await run(setInventory(variant, 60, 9_007_199_254_740_992n, { size }))).toMatchObject({
      detail: { outcome: 'superseded' },
    });
    expect(await run(countStock(variant))).toMatchObject({ errorCode: 'stock_kept_otherwise' });
    expect(await run(countStock(variant, { size: 'Huge' }))).toMatchObject({ errorCode: 'stock_not_found' });
    await sql(
      `INSERT INTO dbo.Inventory (VariantID, Size, Quan) VALUES (${variant}, N'Twin', 1), (${variant}, N'Twin', 1)`,
    );
    await expect(run(countStock(variant, { size: 'Twin' }))).rejects.toBeInstanceOf(PoisonError);
  });

  it('counts what a line has chosen only as far as its product is counted by it', async () => {
    variant = way.name === 'sql' ? 3 : 4;
    const colour = `Colour of ${way.name}`;
    await sql(`UPDATE dbo.Product SET TrackInventoryBySize = 0 WHERE ProductID = 2;
      INSERT INTO dbo.Inventory (VariantID, Color, Size, Quan) VALUES (${variant}, N'${colour}', NULL, 13)`);
    try {
      const order = await server.place({ InventoryWasReduced: '1' });
      await sql(`INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity, ChosenColor, ChosenSize)
        VALUES (${order}, 1, 7, 2, ${variant}, 7, N'${colour}', N'Huge')`);
      await run(setInventory(variant, 50, 1n, { color: colour }));
      const quantities = await sql(
        `SELECT Quan FROM dbo.Inventory WHERE VariantID = ${variant} AND Color = N'${colour}'`,
      );
      expect(quantities).toMatchObject([{ Quan: 43 }]);
    } finally {
      await sql(`UPDATE dbo.Product SET TrackInventoryBySize = 1 WHERE ProductID = 2`);
    }
  });

  it('refuses what the shop does not sell', async () => {
    expect(await run(countStock(999_999))).toMatchObject({ status: 'refused', errorCode: 'variant_not_found' });
    expect(await run(setInventory(way.name === 'sql' ? 1 : 2, -2_000_000_000, 1n))).toMatchObject({
      status: 'succeeded',
    });
  });
});
