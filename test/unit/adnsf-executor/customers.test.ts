import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EraseShopCustomer, UpdateShopCustomer } from '../../../schemas/generated/types.ts';
import type { AdnsfCommand } from '../../../schemas/topics.ts';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { addressText } from '../../../services/order-stream/domain/customers/fields.ts';
import type { Row } from '../../../services/adnsf-executor/sql/connection.ts';
import { type ShopServer, startShopServer, ways } from './shop-server.ts';
import { PAID_AT, STORES } from './support.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

const home = {
  line1: '1 Main St',
  line2: 'Suite 2',
  city: 'Springfield',
  state: 'IL',
  postalCode: '62701',
  country: 'US',
};
/** All that these tests write. */
const accepted = [
  ...['Ana Test', 'Ana Maria Test', 'Ana'].map((value) => ({ field: 'name', value })),
  ...[null, '+1 555 0100'].map((value) => ({ field: 'phone', value })),
  ...[null, home, { ...home, line1: '2 Side St' }].map((value) => ({ field: 'address', value: addressText(value) })),
];

let commands = 0;
const about = () => ({
  commandId: `customer:ana/${++commands}`,
  orderId: 'customer:ana',
  target: 'adnsf' as const,
  causationId: 'evt_1',
  occurredAt: PAID_AT,
  workflow: 'customers@1',
});
const update = (customerId: number, over: Partial<UpdateShopCustomer['payload']> = {}): UpdateShopCustomer => ({
  ...about(),
  type: 'UpdateShopCustomer',
  payload: {
    customerId,
    customerKey: 'ana@example.com',
    fields: ['name', 'phone'],
    expected: accepted,
    email: 'Ana@Example.com',
    name: 'Ana Maria Test',
    phone: '+1 555 0100',
    address: null,
    ...over,
  },
});
const erase = (customerId: number): EraseShopCustomer => ({
  ...about(),
  type: 'EraseShopCustomer',
  payload: { customerId },
});

describe.each(ways)('customers of the shop over $name', (way) => {
  let shop: Shop & OrderLookup;
  let customerId: number;
  beforeAll(() => {
    shop = way.open(server);
  });
  afterAll(async () => {
    await shop.close();
    expect(server.faults).toEqual([]);
  });
  const run = (command: AdnsfCommand) => execute(shop, STORES, command, PAID_AT);
  const customer = async (): Promise<Row> =>
    (
      await server.sql(`SELECT Email, FirstName, LastName, Phone, Active, BillingAddressID, Notes, Password
        FROM dbo.Customer WHERE CustomerID = ${customerId}`)
    )[0]!;
  const addresses = () =>
    server.sql(`SELECT Address1, Address2, Suite, City, State, Zip, Country FROM dbo.Address
      WHERE CustomerID = ${customerId}`);
  const register = async (email: string): Promise<number> => {
    const [made] = await server.sql(
      `INSERT INTO dbo.Customer (Email, FirstName, LastName, Notes, Password, IsRegistered)
       VALUES (N'${email}', N'Ana', N'Test', N'likes tea', N'hash', 1); SELECT CAST(SCOPE_IDENTITY() AS int) AS Id`,
    );
    return made!['Id'] as number;
  };
  beforeEach(async () => {
    await server.sql(`UPDATE dbo.Customer SET Email = N''`);
    customerId = await register('Ana@Example.com');
  });

  it('are given what was changed, and no more; a repetition changes nothing and says the same', async () => {
    const command = update(customerId, { fields: ['phone'] });
    const result = await run(command);
    expect(result).toMatchObject({ status: 'succeeded', objectId: String(customerId), detail: { outcome: 'applied' } });
    expect(await customer()).toMatchObject({ FirstName: 'Ana', LastName: 'Test', Phone: '+1 555 0100' });
    await server.sql(`UPDATE dbo.Customer SET Phone = N'9' WHERE CustomerID = ${customerId}`);
    expect(await run(command)).toEqual({ ...result, replayed: true });
    expect(await customer()).toMatchObject({ Phone: '9' });
  });

  it('have the last of several names as their last', async () => {
    await run(update(customerId));
    expect(await customer()).toMatchObject({ FirstName: 'Ana Maria', LastName: 'Test' });
    expect(await run(update(customerId))).toMatchObject({ detail: { outcome: 'already' } });
    await run(update(customerId, { name: 'Ana' }));
    expect(await customer()).toMatchObject({ FirstName: 'Ana', LastName: null });
  });

  it('get a billing address, keep the name that the shop has for the country, and lose it again', async () => {
    await run(update(customerId, { fields: ['address'], address: home }));
    expect(await addresses()).toMatchObject([{ Address1: '1 Main St', City: 'Springfield', Zip: '62701' }]);
    await server.sql(`UPDATE dbo.Address SET Country = N'United States' WHERE CustomerID = ${customerId}`);
    await run(update(customerId, { fields: ['address'], address: { ...home, line1: '2 Side St' } }));
    expect(await addresses()).toMatchObject([{ Address1: '2 Side St', Country: 'United States' }]);
    await run(update(customerId, { fields: ['address'], address: null }));
    expect(await customer()).toMatchObject({ BillingAddressID: null });
  });

  it('who have another e-mail address by now are left alone', async () => {
    await server.sql(`UPDATE dbo.Customer SET Email = N'bea@example.com' WHERE CustomerID = ${customerId}`);
    expect(await run(update(customerId))).toMatchObject({ status: 'succeeded', detail: { outcome: 'superseded' } });
    expect(await customer()).toMatchObject({ Email: 'bea@example.com', Phone: null });
  });

  it('whom somebody changed meanwhile are left as they are', async () => {
    await server.sql(`UPDATE dbo.Customer SET Phone = N'9' WHERE CustomerID = ${customerId}`);
    expect(await run(update(customerId))).toMatchObject({ status: 'succeeded', detail: { outcome: 'superseded' } });
    expect(await customer()).toMatchObject({ FirstName: 'Ana', Phone: '9' });
    await run(update(customerId, { fields: ['name'] }));
    expect(await customer()).toMatchObject({ FirstName: 'Ana Maria', Phone: '9' });
  });

  it('do not get the e-mail address of another account', async () => {
    const wanted = { fields: ['email'], email: 'bea@example.com' };
    await run(update(customerId, wanted));
    expect(await customer()).toMatchObject({ Email: 'bea@example.com' });
    const bea = customerId;
    customerId = await register('Ana@Example.com');
    expect(await run(update(customerId, wanted))).toMatchObject({ status: 'refused', errorCode: 'email_taken' });
    expect((await run(update(customerId, wanted))).errorMessage).toContain(String(bea));
    expect(await customer()).toMatchObject({ Email: 'Ana@Example.com' });
  });

  it('are not cut short', async () => {
    expect(await run(update(customerId, { phone: '1'.repeat(26) }))).toMatchObject({
      status: 'refused',
      errorCode: 'too_long',
    });
    expect(await run(update(1_999_999_999))).toMatchObject({ status: 'refused', errorCode: 'customer_not_found' });
  });

  it('are forgotten: no name, no log-in, no address; and again nothing', async () => {
    await run(update(customerId, { fields: ['address'], address: home }));
    expect(await run(erase(customerId))).toMatchObject({ status: 'succeeded', objectStatus: 'anonymous' });
    expect(await customer()).toEqual({
      Email: '',
      FirstName: null,
      LastName: null,
      Phone: null,
      Active: 0,
      BillingAddressID: null,
      Notes: null,
      Password: '',
    });
    expect(await addresses()).toEqual([]);
    expect(await run(erase(customerId))).toMatchObject({ detail: { outcome: 'already' } });
    expect(await run(erase(1_999_999_999))).toMatchObject({ status: 'succeeded', objectStatus: 'gone' });
    expect(await run(update(customerId))).toMatchObject({ detail: { outcome: 'superseded' } });
  });
});
