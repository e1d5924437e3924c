import type { FastifyInstance } from 'fastify';
import Stripe from 'stripe';
import { afterEach, describe, expect, it } from 'vitest';
import { startStripe } from '../../../infra/sandbox/stripe/server.ts';
import type { OrderRow } from '../../../services/adnsf-executor/domain/order-row.ts';
import type { Intent } from '../../../services/payments/domain/offer.ts';
import { type Intents, openIntents, StripeAwayError } from '../../../services/payments/intents.ts';
import { signedPath } from '../../../services/payments/link.ts';
import { paymentServer, type PaymentServerOptions } from '../../../services/payments/server.ts';
import { openLogger } from '../../../services/platform/logger.ts';
import { RetriableError } from '../../../services/runtime/errors.ts';

const NOW = 1_780_000_000;
const SECRET = 'a-link-secret-of-the-test';
const CLIENT_SECRET = 'pi_1_secret_abcdefghijklmnopqrstuvw';

const order = (over: Partial<OrderRow> = {}): OrderRow => ({
  orderNumber: 100_007,
  storeId: 1,
  state: 'PENDING',
  paymentReference: 'pi_1',
  total: '123.4500',
  couponType: 0,
  couponAmount: null,
  shipped: false,
  ...over,
});
const intent = (over: Partial<Intent> = {}): Intent => ({
  id: 'pi_1',
  clientSecret: CLIENT_SECRET,
  amount: 12_345n,
  currency: 'USD',
  status: 'requires_payment_method',
  orderId: '100007',
  ...over,
});

let app: FastifyInstance | undefined;
let logged: string[] = [];
afterEach(async () => {
  await app?.close();
  // Whatever happened, no log ever holds what pays an order or opens a link.
  const log = logged.join('');
  expect(log).not.toMatch(/_secret_|signature=/);
  expect(log).not.toContain(SECRET);
  logged = [];
});

type World = Readonly<{ row?: OrderRow | undefined | Error; found?: Intent | undefined | Error }>;

const start = async (world: World = {}, over: Partial<PaymentServerOptions> = {}) => {
  const asked: string[] = [];
  const row = 'row' in world ? world.row : order();
  const found = 'found' in world ? world.found : intent();
  const intents: Intents = {
    retrieve: (id) => {
      asked.push(id);
      return found instanceof Error ? Promise.reject(found) : Promise.resolve(found);
    },
  };
  app = await paymentServer({
    orders: { look: () => (row instanceof Error ? Promise.reject(row) : Promise.resolve(row)) },
    intents,
    stores: { '1': { currency: 'USD', timeZone: 'UTC' } },
    publishableKey: 'pk_test_1',
    linkSecrets: [SECRET, 'the-secret-before-that-one'],
    stripeJs: new URL('https://js.stripe.com/v3/'),
    origins: ['https://shop.example.com'],
    trustedProxies: [],
    perClient: 100,
    perOrder: 100,
    now: () => NOW * 1_000,
    // Without the logger's own scrubbing of known values: nothing may reach it in the first place.
    logger: openLogger({ service: 'payments', level: 'trace', write: (line) => logged.push(line) }),
    ...over,
  });
  const server = app;
  const get = async (path: string, headers: Record<string, string> = {}, remoteAddress = '192.0.2.1') => {
    const answer = await server.inject({ method: 'GET', url: path, headers, remoteAddress });
    const json = /json/.test(String(answer.headers['content-type'])) ? answer.json<Record<string, unknown>>() : {};
    const { code } = (json['error'] ?? {}) as { code?: string };
    return { status: answer.statusCode, code, json, headers: answer.headers, text: answer.body };
  };
  return { get, asked, server };
};

const link = (orderId = '100007', expires = NOW + 60, secret = SECRET) => signedPath(secret, orderId, expires);

describe('who holds a link', () => {
  it('gets what Stripe.js needs, and nobody keeps it', async () => {
    const { get, asked } = await start();
    const { status, json, headers } = await get(link());
    expect([status, json]).toEqual([
      200,
      {
        clientSecret: CLIENT_SECRET,
        publishableKey: 'pk_test_1',
        amount: 12_345,
        amountText: '123.45',
        currency: 'USD',
        status: 'requires_payment_method',
      },
    ]);
    expect(headers).toMatchObject({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    await get(link());
    expect(asked).toEqual(['pi_1', 'pi_1']);
  });

  it('may have it by either secret while one is being rolled', async () => {
    const { get } = await start();
    expect((await get(link('100007', NOW + 60, 'the-secret-before-that-one'))).status).toBe(200);
  });

  it.each([
    ['no signature', '/pay/100007', 403, 'link_malformed'],
    ['a short signature', `/pay/100007?expires=${NOW + 60}&signature=abc`, 403, 'link_malformed'],
    ['two signatures', `${link()}&signature=abc`, 403, 'link_malformed'],
    ['an order that is no number', '/pay/x?expires=1&signature=2', 403, 'link_malformed'],
    ['another’s secret', link('100007', NOW + 60, 'a-secret-of-somebody-else'), 403, 'link_wrong'],
    ['another order’s signature', link().replace('/100007', '/100008'), 403, 'link_wrong'],
    ['a later end', link().replace(String(NOW + 60), String(NOW + 61)), 403, 'link_wrong'],
    ['a link that has expired', link('100007', NOW), 410, 'link_expired'],
    ['a link that is expired and not genuine', link('100007', NOW - 1, 'x'.repeat(16)), 403, 'link_wrong'],
  ])('is refused with %s', async (_name, path, status, code) => {
    const { get, asked } = await start();
    const answer = await get(path);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(asked).toEqual([]);
  });
});

describe('an order', () => {
  it.each([
    ['is not there', { row: undefined }, 404, 'order_not_found'],
    ['has no payment yet', { row: order({ paymentReference: null }) }, 409, 'not_ready'],
    ['has a placeholder for a payment', { row: order({ paymentReference: 'TBD' }) }, 409, 'not_ready'],
    ['is void', { row: order({ state: 'VOIDED' }) }, 409, 'order_closed'],
    ['is of a store that nobody set up', { row: order({ storeId: 9 }) }, 409, 'store_unknown'],
    ['is bound to the payment of another', { found: intent({ orderId: '100008' }) }, 409, 'payment_of_other_order'],
    ['is bound to a payment of nobody', { found: intent({ orderId: undefined }) }, 409, 'payment_of_other_order'],
    ['is a cent more than its payment', { row: order({ total: '123.46' }) }, 409, 'amount_mismatch'],
    ['has a fraction of a cent', { row: order({ total: '123.4501' }) }, 409, 'amount_mismatch'],
    ['is in another currency', { found: intent({ currency: 'EUR' }) }, 409, 'amount_mismatch'],
    ['has a payment that is canceled', { found: intent({ status: 'canceled' }) }, 409, 'payment_closed'],
    ['is paid, and its payment is not', { row: order({ state: 'CAPTURED' }) }, 409, 'order_paid'],
    ['is bound to a payment that Stripe has not', { found: undefined }, 409, 'payment_unknown'],
  ])('gets no secret when it %s', async (_name, world: World, status, code) => {
    const { get } = await start(world);
    const answer = await get(link());
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.text).not.toContain('_secret_');
    expect(answer.headers['retry-after']).toBe(code === 'not_ready' ? '1' : undefined);
  });

  it.each(['succeeded', 'processing', 'requires_capture'])('that is %s tells so, without a secret', async (status) => {
    const { get } = await start({ row: order({ state: 'CAPTURED' }), found: intent({ status }) });
    const answer = await get(link());
    expect(answer).toMatchObject({ status: 200, json: { status, clientSecret: null, amount: 12_345 } });
  });

  it('is shown in the units of its currency as Stripe counts them', async () => {
    const stores = { '1': { currency: 'ISK', timeZone: 'UTC' } };
    const world = { row: order({ total: '500.0000' }), found: intent({ amount: 50_000n, currency: 'ISK' }) };
    const { get } = await start(world, { stores });
    expect((await get(link())).json).toMatchObject({ amount: 50_000, amountText: '500.00', currency: 'ISK' });
  });

  it('may be paid after a decline, and a gift card’s part is not asked for again', async () => {
    const row = order({ state: 'REFUSED', total: '150', couponType: 2, couponAmount: '26.55' });
    const { get } = await start({ row });
    expect((await get(link())).json['clientSecret']).toBe(CLIENT_SECRET);
  });
});

describe('trouble', () => {
  it.each([
    ['Stripe', { found: new StripeAwayError('Stripe: no answer') }],
    ['the shop', { row: new RetriableError('SQL Server: ESOCKET') }],
  ])('asks to come again while %s is away', async (_name, world) => {
    const { get } = await start(world);
    const answer = await get(link());
    expect([answer.status, answer.code, answer.headers['retry-after']]).toEqual([503, 'away', '5']);
    expect(logged.join('')).toContain('cannot be looked up');
  });

  it('says nothing of what is unexpected', async () => {
    const { get } = await start({ found: new TypeError('of undefined') });
    const answer = await get(link());
    expect([answer.status, answer.text]).toEqual([500, '{"error":{"code":"internal","message":"unexpected"}}']);
  });

  it('bounds how often one client asks, and leaves the others alone', async () => {
    const { get, asked } = await start({}, { perClient: 2 });
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push(await get('/pay/100007?expires=1&signature=x'));
    expect(statuses.map(({ status }) => status)).toEqual([403, 403, 429]);
    expect(Number(statuses[2]!.headers['retry-after'])).toBeGreaterThan(0);
    expect((await get(link(), {}, '192.0.2.2')).status).toBe(200);
    expect(asked).toHaveLength(1);
  });

  it('bounds how often one order is asked for, and strangers do not use that up', async () => {
    const { get } = await start({}, { perOrder: 2 });
    for (let n = 0; n < 5; n++) await get(link('100007', NOW + 60, 'a-secret-of-somebody-else'), {}, `192.0.2.${n}`);
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await get(link(), {}, `198.51.100.${n}`)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('believes a proxy about the client only when it is ours', async () => {
    const path = '/pay/100007?expires=1&signature=x';
    const { get } = await start({}, { perClient: 1 });
    await get(path, { 'x-forwarded-for': '203.0.113.1' });
    expect((await get(path, { 'x-forwarded-for': '203.0.113.2' })).status).toBe(429);
    await app!.close();
    const behind = await start({}, { perClient: 1, trustedProxies: ['192.0.2.1'] });
    await behind.get(path, { 'x-forwarded-for': '203.0.113.1' });
    expect((await behind.get(path, { 'x-forwarded-for': '203.0.113.2' })).status).toBe(403);
  });
});

describe('browsers', () => {
  it('are served a page that holds no secret and may run nothing but ours and Stripe’s', async () => {
    const { get, asked } = await start();
    const { status, text, headers } = await get(link(), { accept: 'text/html,application/xhtml+xml,*/*' });
    expect(status).toBe(200);
    expect(text).toContain('src="https://js.stripe.com/v3/"');
    expect(text).not.toMatch(/_secret_|pk_test|<script>|onclick|style=/);
    expect(asked).toEqual([]);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self' https://js.stripe.com");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*(?!\.(js\.)?stripe\.com)/);
    expect((await get('/assets/pay.js')).headers['content-type']).toMatch(/javascript/);
  });

  it('of the shop’s own pages may ask, and no others', async () => {
    const { get } = await start();
    const allowed = await get(link(), { origin: 'https://shop.example.com' });
    expect(allowed.headers['access-control-allow-origin']).toBe('https://shop.example.com');
    const other = await get(link(), { origin: 'https://evil.example.com' });
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('get nothing by other paths or methods', async () => {
    const { get, server } = await start();
    expect((await get('/')).status).toBe(404);
    expect((await server.inject({ method: 'POST', url: link() })).statusCode).toBe(404);
    expect((await get('/healthz')).status).toBe(200);
  });
});

describe('at Stripe', () => {
  it('reads a PaymentIntent as it is, knows what is not there, and says when Stripe is away', async () => {
    const stripe = await startStripe({ secretKey: 'sk_test_pay' });
    const base = new URL(stripe.url);
    const sdk = new Stripe('sk_test_pay', { host: base.hostname, port: base.port, protocol: 'http', telemetry: false });
    const made = await sdk.paymentIntents.create({ amount: 500, currency: 'usd', metadata: { order_id: '7' } });
    const intents = openIntents({ secretKey: 'sk_test_pay', base, timeoutMs: 2_000 });
    expect(await intents.retrieve(made.id)).toEqual({
      id: made.id,
      clientSecret: made.client_secret,
      amount: 500n,
      currency: 'USD',
      status: 'requires_payment_method',
      orderId: '7',
    });
    expect(await intents.retrieve('pi_nothing')).toBeUndefined();
    const wrong = openIntents({ secretKey: 'sk_test_wrong', base, timeoutMs: 2_000 });
    await expect(wrong.retrieve(made.id)).rejects.toBeInstanceOf(StripeAwayError);
    await stripe.close();
    await expect(intents.retrieve(made.id)).rejects.toBeInstanceOf(StripeAwayError);
  });
});
