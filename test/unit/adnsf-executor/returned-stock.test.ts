import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { type ShopServer, startShopServer, ways } from './shop-server.ts';
import { PAID_AT, STORES, voidOrder } from './support.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

/** Products of the demo shop: one that is counted by variant, one by size alone, and one by both, which is made for this. */
const variants = async () => {
  const [plain] = await server.sql(
    `SELECT TOP (1) v.VariantID, v.ProductID FROM dbo.ProductVariant v JOIN dbo.Product p ON p.ProductID = v.ProductID
     WHERE p.TrackInventoryBySizeAndColor = 0 ORDER BY v.VariantID`,
  );
  const [sized] = await server.sql(
    `SELECT TOP (1) v.VariantID, v.ProductID FROM dbo.ProductVariant v JOIN dbo.Product p ON p.ProductID = v.ProductID
     WHERE p.TrackInventoryBySizeAndColor = 1 ORDER BY v.VariantID`,
  );
  return { plain: plain!, sized: sized! };
};
type Variant = Awaited<ReturnType<typeof variants>>['plain'];

const addLine = async (
  orderNumber: number,
  variant: Variant,
  quantity: number,
  chosen: Readonly<{ color?: string; size?: string }> = {},
): Promise<void> => {
  const option = (value: string | undefined): string => (value === undefined ? 'NULL' : `N'${value}'`);
  await server.sql(
    `INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity,
       ChosenColor, ChosenSize, IsTaxable, CartType)
     VALUES (${orderNumber}, 1, 7, ${String(variant['ProductID'])}, ${String(variant['VariantID'])}, ${quantity},
       ${option(chosen.color)}, ${option(chosen.size)}, 1, 0)`,
  );
};
const onShelf = async (variant: Variant): Promise<number> =>
  (await server.sql(`SELECT Inventory FROM dbo.ProductVariant WHERE VariantID = ${String(variant['VariantID'])}`))[0]![
    'Inventory'
  ] as number;
const counted = async (variant: Variant): Promise<Readonly<Record<string, number>>> => {
  const rows = await server.sql(
    `SELECT Color, Size, Quan FROM dbo.Inventory WHERE VariantID = ${String(variant['VariantID'])}`,
  );
  return Object.fromEntries(
    rows.map((row) => {
      const [color, size] = [row['Color'], row['Size']] as readonly (string | null)[];
      return [`${color ?? ''}/${size ?? ''}`, row['Quan'] as number];
    }),
  );
};
const reduced = async (orderNumber: number): Promise<unknown> =>
  (await server.sql(`SELECT InventoryWasReduced FROM dbo.Orders WHERE OrderNumber = ${orderNumber}`))[0]![
    'InventoryWasReduced'
  ];

describe.each(ways)('the stock of an order that we end, with the shop over $name', (way) => {
  let shop: Shop & OrderLookup;
  beforeAll(() => {
    shop = way.open(server);
  });
  afterAll(() => shop.close());
  const end = (orderNumber: number) => execute(shop, STORES, voidOrder(orderNumber), PAID_AT);
  const placed = (over: Readonly<Record<string, string>> = {}) =>
    server.place({ InventoryWasReduced: '1', AuthorizationPNREF: `N'pi_1'`, ...over });

  it('is put back, all lines of it, once', async () => {
    const { plain } = await variants();
    const order = await placed();
    await addLine(order, plain, 3);
    await addLine(order, plain, 2);
    const before = await onShelf(plain);
    expect(await end(order)).toMatchObject({ status: 'succeeded', objectStatus: 'VOIDED' });
    expect(await onShelf(plain)).toBe(before + 5);
    expect(await reduced(order)).toBe(0);
    expect(await end(order)).toMatchObject({ status: 'succeeded', replayed: true });
    expect(await onShelf(plain)).toBe(before + 5);
  });

  it('is put back by colour and size where it is counted so, whatever the option cost', async () => {
    const { sized } = await variants();
    const { ProductID: product, VariantID: variant } = sized;
    await server.sql(
      `UPDATE dbo.Product SET TrackInventoryBySize = 1, TrackInventoryByColor = 1 WHERE ProductID = ${String(product)};
       DELETE FROM dbo.Inventory WHERE VariantID = ${String(variant)};
       INSERT INTO dbo.Inventory (VariantID, Color, Size, Quan) VALUES (${String(variant)}, N'Red', N'Large', 10);
       INSERT INTO dbo.Inventory (VariantID, Color, Size, Quan) VALUES (${String(variant)}, N'Blue', N'Large', 10);
       INSERT INTO dbo.Inventory (VariantID, Color, Size, Quan) VALUES (${String(variant)}, NULL, N'Large', 10)`,
    );
    const shelf = await onShelf(sized);
    const order = await placed();
    await addLine(order, sized, 3, { color: 'Red[+2.00]', size: 'Large [5.00]' });
    await end(order);
    expect(await counted(sized)).toEqual({ 'Red/Large': 13, 'Blue/Large': 10, '/Large': 10 });
    expect(await onShelf(sized)).toBe(shelf);
    // Counted by size alone, the colour says nothing.
    await server.sql(`UPDATE dbo.Product SET TrackInventoryByColor = 0 WHERE ProductID = ${String(product)}`);
    const other = await placed();
    await addLine(other, sized, 1, { color: 'Red', size: 'Large' });
    await end(other);
    expect(await counted(sized)).toEqual({ 'Red/Large': 13, 'Blue/Large': 10, '/Large': 11 });
  });

  it('stays as it is when nothing was taken off it, or the shop has put it back', async () => {
    const { plain } = await variants();
    const before = await onShelf(plain);
    const order = await placed({ InventoryWasReduced: '0' });
    await addLine(order, plain, 3);
    expect(await end(order)).toMatchObject({ status: 'succeeded', objectStatus: 'VOIDED' });
    expect(await onShelf(plain)).toBe(before);
  });

  it.each(['CAPTURED', 'VOIDED'])('stays as it is when the order is %s', async (state) => {
    const { plain } = await variants();
    const before = await onShelf(plain);
    const order = await placed({ TransactionState: `N'${state}'` });
    await addLine(order, plain, 3);
    await end(order);
    expect(await onShelf(plain)).toBe(before);
    expect(await reduced(order)).toBe(1);
  });
});
