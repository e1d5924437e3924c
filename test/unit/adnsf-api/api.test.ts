import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDocument } from '../../../infra/sandbox/adnsf/document.ts';
import { READ_KEY, type ShopServer, startShopServer, WRITE_KEY } from '../adnsf-executor/shop-server.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
  // An answer that the document does not allow is one of these.
  expect(server.faults).toEqual([]);
});

type Body = Record<string, unknown> & { error?: { code: string; message: string } };

const { operations } = openDocument();
const operationOf = (method: string, path: string) =>
  operations.find(
    (each) =>
      each.method.toUpperCase() === method && new RegExp(`^${each.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path),
  );

/** Sends a request, and holds the answer against the document: refusals too. */
const ask = async (
  method: string,
  path: string,
  { key = WRITE_KEY, headers = {}, body }: { key?: string; headers?: Record<string, string>; body?: unknown } = {},
) => {
  const answer = await fetch(`${server.rest.url}/api/v1${path}`, {
    method,
    headers: {
      ...(key !== '' && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const json = (text === '' ? {} : JSON.parse(text)) as Body;
  const operation = operationOf(method, `/api/v1${path.split('?')[0] ?? ''}`);
  if (operation !== undefined && text !== '') {
    const check = operation.checkAnswer.get(answer.status);
    expect(check, `${operation.id} says nothing of ${answer.status}`).toBeDefined();
    expect(check!(json), `${operation.id} ${answer.status}`).toBeUndefined();
  }
  return { status: answer.status, code: json.error?.code, json, etag: answer.headers.get('etag') ?? '' };
};

let order: number;
let keys = 0;
const newKey = (): string => `test/${++keys}`;
beforeEach(async () => {
  order = await server.place();
});
const change = (body: object, over: Record<string, string> = {}) => ({
  headers: { 'idempotency-key': newKey(), ...over },
  body: { outcome: 'applied:x>y', ...body },
});

describe('the document', () => {
  it('is served as it is committed, to anybody', async () => {
    const { status, json } = await ask('GET', '/openapi.json', { key: '' });
    expect(status).toBe(200);
    expect(json).toEqual(openDocument().json);
    expect(readFileSync('infra/sandbox/adnsf/openapi.yaml', 'utf8')).toContain('openapi: 3.1.0');
  });

  it('has the resources of the shop with the usual verbs, and no place for cards', () => {
    const paths = new Set(operations.map(({ path }) => path.split('/')[3]));
    for (const name of ['orders', 'products', 'customers', 'payments', 'webhooks', 'returns'])
      expect(paths).toContain(name);
    expect(JSON.stringify(openDocument().json)).not.toMatch(/cardNumber|cvv|expiration/i);
  });
});

describe('who may', () => {
  it.each(['', 'wrong', `${WRITE_KEY}x`, WRITE_KEY.slice(0, -1)])('nobody with the key %j', async (key) => {
    const { status, code } = await ask('GET', `/orders/${order}`, { key });
    expect([status, code]).toEqual([401, 'key_refused']);
  });

  it('takes either key while one is being rolled', async () => {
    expect((await ask('GET', `/orders/${order}`, { key: 'adnsf_write_key_0' })).status).toBe(200);
  });

  it('lets a reading key read only', async () => {
    const { status, etag } = await ask('GET', `/orders/${order}`, { key: READ_KEY });
    expect(status).toBe(200);
    const refused = await ask('PATCH', `/orders/${order}`, {
      key: READ_KEY,
      ...change({ transactionState: 'CAPTURED' }, { 'if-match': etag }),
    });
    expect([refused.status, refused.code]).toEqual([403, 'key_may_only_read']);
  });
});

describe('an order', () => {
  it('is read with its lines and addresses, money exact and times local', async () => {
    await server.sql(
      `UPDATE dbo.Orders SET BillingCity = N'Köln', OrderDate = '2026-06-30T10:00:00' WHERE OrderNumber = ${order}`,
    );
    await server.sql(`INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID,
      Quantity, OrderedProductSKU, OrderedProductPrice, IsTaxable) VALUES (${order}, 5, 7, 1, 2, 3, N'RDG-40-SLT', 387.0001, 1)`);
    const { json, etag } = await ask('GET', `/orders/${order}`);
    expect(json).toMatchObject({
      orderNumber: order,
      total: '123.4500',
      orderDate: '2026-06-30T10:00:00',
      transactionState: 'PENDING',
      paymentReference: null,
      isNew: true,
      billTo: { city: 'Köln' },
      lines: [{ cartRecordId: 5, quantity: 3, sku: 'RDG-40-SLT', extendedPrice: '387.0001', taxable: true }],
    });
    expect(etag).toMatch(/^"[\w-]{27}"$/);
    expect((await ask('GET', `/orders/${order}`)).etag).toBe(etag);
  });

  it('is changed once per key, and only as it was read', async () => {
    const { etag } = await ask('GET', `/orders/${order}`);
    const request = change(
      { transactionState: 'CAPTURED', capturedOn: '2026-07-01T08:34:56.789' },
      { 'if-match': etag },
    );
    const first = await ask('PATCH', `/orders/${order}`, request);
    expect(first).toMatchObject({
      status: 200,
      json: {
        replayed: false,
        resource: { transactionState: 'CAPTURED', capturedOn: '2026-07-01T08:34:56.790' },
        applied: { orderNumber: order, outcome: 'applied:x>y' },
      },
    });
    expect(first.etag).not.toBe(etag);
    const again = await ask('PATCH', `/orders/${order}`, request);
    expect(again).toMatchObject({ status: 200, json: { replayed: true, applied: first.json['applied'] } });
    const stale = await ask('PATCH', `/orders/${order}`, change({ transactionState: 'VOIDED' }, { 'if-match': etag }));
    expect([stale.status, stale.code]).toEqual([412, 'changed_meanwhile']);
    const unseen = await ask('PATCH', `/orders/${order}`, change({ transactionState: 'VOIDED' }));
    expect([unseen.status, unseen.code]).toEqual([428, 'if_match_required']);
    expect((await ask('GET', `/orders/${order}`)).json['transactionState']).toBe('CAPTURED');
    const command = encodeURIComponent(request.headers['idempotency-key']);
    expect((await ask('GET', `/commands/${command}`)).json).toEqual(first.json['applied']);
  });

  it('is not changed by half when its key cannot be kept', async () => {
    const { etag } = await ask('GET', `/orders/${order}`);
    const taken = newKey();
    await server.sql(
      `INSERT INTO dbo.Millrace_AppliedCommand (CommandID, OrderNumber, Outcome) VALUES (N'${taken}', 1, N'x')`,
    );
    const refused = await ask('PATCH', `/orders/${order}`, {
      ...change({ transactionState: 'CAPTURED' }, { 'if-match': etag, 'idempotency-key': taken }),
    });
    expect([refused.status, refused.code]).toEqual([409, 'key_reused']);
    expect((await ask('GET', `/orders/${order}`)).etag).toBe(etag);
  });

  it.each([
    ['a state that there is none of', { transactionState: 'PAID' }],
    ['a field that is not to be written', { total: '1.00' }],
    ['a time with a zone', { capturedOn: '2026-07-01T08:34:56Z' }],
    ['a number as text', { readyToShip: 'yes' }],
    ['a text that is too long', { paymentGateway: 'x'.repeat(51) }],
  ])('refuses %s', async (_name, body) => {
    const { etag } = await ask('GET', `/orders/${order}`);
    const refused = await ask('PATCH', `/orders/${order}`, change(body, { 'if-match': etag }));
    expect([refused.status, refused.code]).toEqual([400, 'bad_request']);
    expect((await ask('GET', `/orders/${order}`)).etag).toBe(etag);
  });

  it('says plainly what is not there and what is not asked well', async () => {
    expect(await ask('GET', '/orders/1')).toMatchObject({ status: 404, code: 'order_not_found' });
    expect(await ask('GET', '/nothing')).toMatchObject({ status: 404, code: 'not_found' });
    expect(await ask('GET', '/orders/x')).toMatchObject({ status: 400, code: 'bad_request' });
    expect(await ask('GET', '/orders?colour=red')).toMatchObject({ status: 400, code: 'bad_request' });
    expect(await ask('GET', '/orders?limit=201')).toMatchObject({ status: 400, code: 'bad_request' });
    const body = { outcome: 'x' };
    expect(await ask('PATCH', `/orders/${order}`, { body, headers: { 'if-match': '"x"' } })).toMatchObject({
      status: 400,
    });
    expect(
      (await ask('PATCH', `/orders/${order}`, { body: '{"outcome":', headers: { 'idempotency-key': 'x' } })).status,
    ).toBe(400);
  });

  it('comes in pages that miss none and repeat none', async () => {
    const placed = [
      await server.place({ CustomerID: '77' }),
      await server.place({ CustomerID: '77' }),
      await server.place({ CustomerID: '77' }),
    ];
    const seen: number[] = [];
    let after: number | null = 0;
    let pages = 0;
    while (after !== null) {
      const { json } = await ask('GET', `/orders?customerId=77&limit=2&after=${after}`);
      seen.push(...(json['data'] as { orderNumber: number }[]).map(({ orderNumber }) => orderNumber));
      after = json['next'] as number | null;
      pages++;
    }
    expect([seen, pages]).toEqual([placed, 2]);
  });
});

describe('the other resources', () => {
  it('a customer is made once per key, changed, and found by e-mail', async () => {
    const request = { headers: { 'idempotency-key': newKey() }, body: { email: 'ada@example.com', firstName: 'Ada' } };
    const made = await ask('POST', '/customers', request);
    const again = await ask('POST', '/customers', request);
    expect([made.status, again.status, again.json['replayed']]).toEqual([201, 201, true]);
    expect(again.json['resource']).toEqual(made.json['resource']);
    const { customerId } = made.json['resource'] as { customerId: number };
    const changed = await ask('PATCH', `/customers/${customerId}`, change({ phone: '+1 555 0100', lastName: null }));
    expect(changed.json).toMatchObject({ resource: { firstName: 'Ada', phone: '+1 555 0100', lastName: null } });
    const { json } = await ask('GET', '/customers?email=ada%40example.com');
    expect(json['data']).toHaveLength(1);
  });

  it('a product’s price and stock are changed exactly', async () => {
    const { json } = await ask('PATCH', '/products/6', change({ price: '34.9999', stock: 17 }));
    expect(json).toMatchObject({ resource: { variantId: 6, price: '34.9999', stock: 17, salePrice: null } });
    expect(await ask('PATCH', '/products/6', change({ price: '1.00001' }))).toMatchObject({ status: 400 });
  });

  it('a payment is noted on an order that is there', async () => {
    const body = { orderNumber: order, type: 'CAPTURE', reference: 'ch_1', gateway: 'STRIPE', amount: '123.45' };
    const made = await ask('POST', '/payments', { headers: { 'idempotency-key': newKey() }, body });
    expect(made.json).toMatchObject({ resource: { ...body, amount: '123.4500' }, applied: { orderNumber: order } });
    expect((await ask('GET', `/payments?orderNumber=${order}`)).json['data']).toHaveLength(1);
    const nowhere = await ask('POST', '/payments', {
      headers: { 'idempotency-key': newKey() },
      body: { ...body, orderNumber: 1 },
    });
    expect([nowhere.status, nowhere.code]).toEqual([404, 'order_not_found']);
  });

  it('a return moves on', async () => {
    const body = {
      rmaNumber: 'RMA-1',
      orderNumber: order,
      cartRecordId: 5,
      customerId: 7,
      productId: 1,
      variantId: 2,
      quantity: 1,
    };
    const made = await ask('POST', '/returns', { headers: { 'idempotency-key': newKey() }, body });
    const { returnId } = made.json['resource'] as { returnId: number };
    const moved = await ask(
      'PATCH',
      `/returns/${returnId}`,
      change({ state: 'REFUNDED', refundAmount: '12.00', refundReference: 're_1' }),
    );
    expect(moved.json).toMatchObject({
      resource: { state: 'REFUNDED', refundAmount: '12.0000', refundReference: 're_1' },
    });
  });

  it('a webhook is made, never tells its secret, and goes', async () => {
    const body = { url: 'https://millrace.example.com/webhooks/adnsf', secret: 'a-secret-of-length' };
    const made = await ask('POST', '/webhooks', { headers: { 'idempotency-key': newKey() }, body });
    expect(JSON.stringify(made.json)).not.toContain(body.secret);
    const { webhookId } = made.json['resource'] as { webhookId: number };
    expect((await ask('GET', `/webhooks/${webhookId}`)).json['url']).toBe(body.url);
    expect((await ask('DELETE', `/webhooks/${webhookId}`)).status).toBe(204);
    expect((await ask('DELETE', `/webhooks/${webhookId}`)).status).toBe(404);
  });
});
