/** Prices of the shop, over every way to it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SetItemPrice } from '../../../schemas/generated/types.ts';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
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
const setPrice = (variantId: number, over: Partial<SetItemPrice['payload']> = {}): SetItemPrice => ({
  commandId: `item:${variantId}/set-item-price/${++commands}`,
  orderId: `item:${variantId}`,
  target: 'adnsf',
  causationId: 'item by the ERP',
  occurredAt: PAID_AT,
  workflow: 'catalogue@1',
  type: 'SetItemPrice',
  payload: {
    variantId,
    currency: 'USD',
    price: 3_675n,
    salePrice: 2_999n,
    expectedPrice: 3_450n,
    expectedSalePrice: null,
    ...over,
  },
});

describe.each(ways)('prices over $name', (way) => {
  let shop: Shop & OrderLookup;
  const variant = way.name === 'sql' ? 6 : 16;
  beforeAll(async () => {
    shop = way.open(server);
    await server.sql(`UPDATE dbo.ProductVariant SET Price = 34.50, SalePrice = NULL WHERE VariantID = ${variant}`);
  });
  afterAll(async () => {
    await shop.close();
    expect(server.faults).toEqual([]);
  });
  const run = (command: SetItemPrice) => execute(shop, STORES, command, 1n);
  const row = async () =>
    (
      await server.sql(`SELECT CONVERT(varchar(40), Price, 2) AS Price, CONVERT(varchar(40), SalePrice, 2) AS SalePrice
        FROM dbo.ProductVariant WHERE VariantID = ${variant}`)
    )[0];

  it('are set exactly, once', async () => {
    const command = setPrice(variant);
    const told = await run(command);
    expect(told).toMatchObject({ status: 'succeeded', objectId: String(variant), detail: { outcome: 'applied' } });
    expect(await row()).toMatchObject({ Price: '36.7500', SalePrice: '29.9900' });
    expect(await run(command)).toEqual({ ...told, replayed: true });
    expect(await run(setPrice(variant))).toMatchObject({ detail: { outcome: 'already' } });
  });

  it('that somebody changed meanwhile are left alone', async () => {
    expect(await run(setPrice(variant, { price: 1_000n }))).toMatchObject({ detail: { outcome: 'superseded' } });
    const other = { price: 1_000n, expectedPrice: 3_675n, expectedSalePrice: 2_998n };
    expect(await run(setPrice(variant, other))).toMatchObject({ detail: { outcome: 'superseded' } });
    expect(await row()).toMatchObject({ Price: '36.7500', SalePrice: '29.9900' });
  });

  it('end a sale, and are refused where there is none or no room', async () => {
    const ended = { price: 3_675n, salePrice: null, expectedPrice: 3_675n, expectedSalePrice: 2_999n };
    await run(setPrice(variant, ended));
    expect(await row()).toMatchObject({ Price: '36.7500', SalePrice: null });
    expect(await run(setPrice(999_999))).toMatchObject({ status: 'refused', errorCode: 'variant_not_found' });
    const much = { price: 9_000_000_000_000_000_00n, expectedPrice: 3_675n, expectedSalePrice: null };
    expect(await run(setPrice(variant, much))).toMatchObject({ errorCode: 'price_out_of_range' });
  });
});
