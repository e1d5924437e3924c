import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { type ShopServer, startShopServer, ways } from './shop-server.ts';
import { markShippedCommand, PAID_AT, STORES } from './support.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

const look = async (orderNumber: number) =>
  (
    await server.sql(`SELECT TransactionState, CONVERT(varchar(30), ShippedOn, 126) AS ShippedOn, ShippedVIA,
      ShippingTrackingNumber, ReadyToShip, IsNew, CustomerServiceNotes FROM dbo.Orders WHERE OrderNumber = ${orderNumber}`)
  )[0]!;

describe.each(ways)('goods that have left, with the shop over $name', (way) => {
  let shop: Shop & OrderLookup;
  beforeAll(() => {
    shop = way.open(server);
  });
  afterAll(() => shop.close());
  const ship = (orderNumber: number, over = {}) =>
    execute(shop, STORES, markShippedCommand(orderNumber, over), PAID_AT);

  it('are written on the order as the shop does it, once, and its state stays', async () => {
    const order = await server.place({ TransactionState: `N'AUTHORIZED'` });
    const first = await ship(order);
    expect(first).toMatchObject({ status: 'succeeded', objectStatus: 'AUTHORIZED', replayed: false });
    const row = await look(order);
    expect(row).toMatchObject({
      TransactionState: 'AUTHORIZED',
      ShippedOn: '2026-07-01T08:34:56.790',
      ShippedVIA: 'UPS',
      ShippingTrackingNumber: '1Z1, 1Z2',
      ReadyToShip: 1,
      IsNew: 0,
    });
    expect(row['CustomerServiceNotes']).toContain('Shipped by UPS: 1Z1, 1Z2');
    expect(await ship(order)).toMatchObject({ status: 'succeeded', replayed: true });
    expect(await look(order)).toEqual(row);
  });

  it('are not written over what somebody in the shop has written', async () => {
    const order = await server.place({ ShippedOn: `'2026-01-02T03:04:05'`, ShippingTrackingNumber: `N'by hand'` });
    const before = await look(order);
    expect(await ship(order)).toMatchObject({ status: 'succeeded', detail: { outcome: 'already' } });
    expect(await look(order)).toEqual(before);
  });

  it("replace FedEx's placeholder, also when there is nothing to track them by", async () => {
    const placeholder = {
      ShippedOn: `'2026-01-02T03:04:05'`,
      ShippingTrackingNumber: `N'Pending From FedEx ShipManager'`,
    };
    const tracked = await server.place(placeholder);
    await ship(tracked);
    expect(await look(tracked)).toMatchObject({ ShippingTrackingNumber: '1Z1, 1Z2' });
    const untracked = await server.place(placeholder);
    await ship(untracked, { carrier: null, trackingNumbers: [] });
    expect(await look(untracked)).toMatchObject({ ShippingTrackingNumber: null });
  });

  it('of many parcels are tracked by as many as there is room for, all of them in the notes', async () => {
    const order = await server.place();
    const trackingNumbers = Array.from({ length: 9 }, (_, n) => `1Z999AA1012345678${n}`);
    await ship(order, { trackingNumbers });
    const row = await look(order);
    expect(row['ShippingTrackingNumber']).toBe(trackingNumbers.slice(0, 5).join(', '));
    for (const each of trackingNumbers) expect(row['CustomerServiceNotes']).toContain(each);
  });

  it.each(['VOIDED', 'FORCE VOIDED', 'FRAUD', 'REFUNDED'])(
    "of an order that is %s are a person's to look at",
    async (state) => {
      const order = await server.place({ TransactionState: `N'${state}'` });
      expect(await ship(order)).toMatchObject({ status: 'refused', errorCode: 'state_conflict' });
      expect(await look(order)).toMatchObject({ TransactionState: state, ShippedOn: null });
    },
  );
});
