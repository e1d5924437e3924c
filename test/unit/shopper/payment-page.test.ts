import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { paymentPage } from '../../../infra/sandbox/shopper/payment-page.ts';
import { openLogger } from '../../../services/platform/logger.ts';
import { paymentServer } from '../../../services/payments/server.ts';

const SECRET = 'a-link-secret-of-the-shop';
let app: FastifyInstance | undefined;
afterEach(async () => {
  await app?.close();
});

/** The real endpoint; the order's payment reference is a little later each time it is looked at. */
const start = async (references: readonly (string | null)[], status = 'requires_payment_method') => {
  const left = [...references];
  app = await paymentServer({
    orders: {
      look: (orderNumber) =>
        Promise.resolve({
          orderNumber,
          storeId: 1,
          state: 'PENDING',
          paymentReference: left.length > 1 ? left.shift()! : left[0]!,
          total: '5.0000',
          couponType: 0,
          couponAmount: null,
          shipped: false,
        }),
    },
    intents: {
      retrieve: (id) =>
        Promise.resolve({ id, clientSecret: `${id}_secret_x`, amount: 500n, currency: 'USD', status, orderId: '7' }),
    },
    stores: { '1': { currency: 'USD', timeZone: 'UTC' } },
    publishableKey: 'pk_test_1',
    linkSecrets: [SECRET],
    stripeJs: new URL('https://js.stripe.com/v3/'),
    origins: [],
    trustedProxies: [],
    perClient: 100,
    perOrder: 100,
    now: () => Date.now(),
    logger: openLogger({ service: 'payments', level: 'silent' }),
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
};
const patience = () => ({ until: Date.now() + 10_000, signal: new AbortController().signal });

describe('a shopper at the payment page', () => {
  it('waits until the payment is ready, and gets its secret', async () => {
    const open = paymentPage(await start([null, 'TBD', 'pi_1']), SECRET);
    expect(await open(patience(), { order: 7, id: 'pi_1' })).toEqual({
      clientSecret: 'pi_1_secret_x',
      status: 'requires_payment_method',
    });
  });

  it('finds nothing left to pay', async () => {
    const open = paymentPage(await start(['pi_1'], 'succeeded'), SECRET);
    expect(await open(patience(), { order: 7, id: 'pi_1' })).toEqual({ clientSecret: '', status: 'succeeded' });
  });

  it('does not wait for what no waiting mends', async () => {
    const base = await start(['pi_1']);
    await expect(paymentPage(base, 'x'.repeat(20))(patience(), { order: 7, id: 'pi_1' })).rejects.toThrow(/link_wrong/);
    await expect(paymentPage(base, SECRET)(patience(), { order: 7, id: 'pi_2' })).rejects.toThrow(/another payment/);
  });
});
