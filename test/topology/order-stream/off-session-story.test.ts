import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { type ShopServer, startShopServer, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { policy } from '../../unit/order-stream/fixtures.ts';
import { openPaymentWorld, type PaymentWorld, TOTAL } from './payment-world.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

/** A customer of before, with a saved card. */
const returning =
  (card: string) =>
  async ({ stripe }: Sandbox): Promise<void> => {
    const email = 'ana@example.com';
    const customer = await stripe.customers.create({ email, metadata: { customer_key: email } });
    await stripe.paymentMethods.attach(card, { customer: customer.id });
  };

const offSession = { ...policy, offSession: ['STRIPE'] };
const notices = (test: PaymentWorld): readonly string[] =>
  test.commandIds().filter((id) => /^(ask-to|notify)/.test(id));

describe.each(ways)('an order of which nobody is at a page, with the shop over $name', (way) => {
  it('is paid with the card that the customer has saved, without anybody doing anything', async () => {
    await using test = await openPaymentWorld(server, way, { policy: offSession, before: returning('pm_card_visa') });
    await test.hear();
    expect(await test.intent()).toMatchObject({ status: 'succeeded', amount_received: Number(TOTAL) });
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED' });
    expect(await test.judged()).toMatchObject({ findings: [], booked: { conflicts: 0 } });
    expect(notices(test)).toEqual([]);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('waits for a customer whom the bank wants to hear, and is paid by them under the same PaymentIntent', async () => {
    await using test = await openPaymentWorld(server, way, {
      policy: offSession,
      before: returning('pm_card_authenticationRequired'),
    });
    await test.hear();
    const { id, status } = await test.intent();
    expect(status).toBe('requires_payment_method');
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUSED', AuthorizationPNREF: id });
    expect(notices(test)).toEqual([expect.stringMatching(/^ask-to-authenticate\/ch_/)]);
    await test.pay();
    expect((await test.box.stripe.paymentIntents.list()).data).toHaveLength(1);
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED' });
    expect(await test.judged()).toMatchObject({ findings: [], booked: { conflicts: 0 } });
  });

  it('asks who has nothing saved, and charges the next order to what that was paid with', async () => {
    await using test = await openPaymentWorld(server, way, { policy: offSession });
    await test.hear();
    const { id, customer } = await test.intent();
    expect(notices(test)).toEqual([`ask-to-pay/${id}`]);
    await test.pay();
    const { data } = await test.box.stripe.customers.listPaymentMethods(customer as string);
    expect(data).toHaveLength(1);
    expect(await test.judged()).toMatchObject({ findings: [] });
  });

  it('is held on the saved card, and captured when it is shipped', async () => {
    await using test = await openPaymentWorld(server, way, {
      policy: { ...offSession, captureOnShipment: ['STRIPE'] },
      before: returning('pm_card_visa'),
    });
    await test.hear();
    expect(await test.intent()).toMatchObject({ status: 'requires_capture' });
    expect(await test.row()).toMatchObject({ TransactionState: 'AUTHORIZED' });
    await test.sql(`ShippedOn = GETDATE(), ShippingTrackingNumber = N'1Z999'`);
    await test.hear();
    expect(await test.intent()).toMatchObject({ status: 'succeeded', amount_received: Number(TOTAL) });
    expect(await test.judged()).toMatchObject({ findings: [], booked: { conflicts: 0 } });
    expect(test.driver.deadLetters()).toEqual([]);
  });
});
