import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ShopServer, startShopServer, type Way, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { policy } from '../../unit/order-stream/fixtures.ts';
import { openPaymentWorld, TAX, TOTAL } from './payment-world.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

const later = { policy: { ...policy, captureOnShipment: ['STRIPE'] } };
const SHIP = `ShippedOn = GETDATE(), ShippedVIA = N'UPS', ShippingTrackingNumber = N'1Z999'`;

/** One order of which the money is held. */
const authorised = async (way: Way) => {
  const test = await openPaymentWorld(server, way, later);
  await test.pay();
  expect(await test.intent()).toMatchObject({ status: 'requires_capture', capture_method: 'manual' });
  return test;
};
const codes = (test: Awaited<ReturnType<typeof authorised>>): readonly string[] =>
  test.driver.deadLetters().map(({ code }) => code);

describe.each(ways)('an order that is captured when it is shipped, with the shop over $name', (way) => {
  it('is authorised, then shipped, then sold and paid', async () => {
    await using test = await authorised(way);
    const held = await test.row();
    expect(held).toMatchObject({ TransactionState: 'AUTHORIZED', CapturedOn: null });
    expect(held.AuthorizedOn).not.toBeNull();
    expect(test.commandIds()).toContain('request-shipping-label/1');
    expect(test.commandIds().filter((id) => /sales-order|record-payment|capture/.test(id))).toEqual([]);
    expect((await test.judged()).findings).toEqual([]);

    await test.sql(`ShippedOn = GETDATE(), ShippingTrackingNumber = N'Pending From FedEx ShipManager'`);
    await test.hear();
    expect(await test.intent()).toMatchObject({ status: 'requires_capture' });

    await test.sql(SHIP);
    await test.hear();
    expect(await test.intent()).toMatchObject({ status: 'succeeded', amount_received: Number(TOTAL) });
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED' });
    const { findings, booked, books } = await test.judged();
    expect(findings).toEqual([]);
    expect(booked).toMatchObject({ conflicts: 0 });
    expect(books.payments).toMatchObject([{ amount: TOTAL, tax: TAX }]);
    const ids = test.commandIds();
    expect(ids.filter((id) => id === 'request-shipping-label/1')).toHaveLength(1);
    expect(codes(test)).toEqual([]);
  });

  it('is shipped by the warehouse in two parcels, and captured once when the second has left', async () => {
    await using test = await authorised(way);
    const parcel = (n: number, quantity: number) => ({
      ...{ orderId: test.orderId, shipmentId: `S-${n}`, lines: [{ variantId: 2, quantity }], final: n === 2 },
      ...{ carrier: 'UPS', trackingNumber: `1Z${n}`, shippedAt: BigInt(Date.now()) },
    });
    const ship = async (...parcels: readonly ReturnType<typeof parcel>[]) => {
      for (const each of parcels) test.driver.feed(test.schemas.topic('erpShipments'), test.orderId, each);
      await test.driver.run();
      await test.hear();
    };
    const first = parcel(1, 2);
    await ship(first, first);
    expect(await test.intent()).toMatchObject({ status: 'requires_capture' });
    expect(await test.row()).toMatchObject({ ShippedOn: null });
    await ship(parcel(2, 1), first);
    expect(await test.intent()).toMatchObject({ status: 'succeeded', amount_received: Number(TOTAL) });
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED', ShippingTrackingNumber: '1Z1, 1Z2' });
    const ids = test.commandIds().filter((id) => /^(capture|mark-shipped)/.test(id));
    expect(ids.sort()).toEqual(['capture/1', 'mark-shipped/1']);
    // Somebody corrects what it is tracked by, and writes that it was shipped once more: nothing is captured again.
    await test.sql(`ShippedOn = GETDATE(), ShippingTrackingNumber = N'1Z3'`);
    await test.hear();
    expect(test.commandIds().filter((id) => id.startsWith('capture'))).toEqual(['capture/1']);
    const { findings, booked, books } = await test.judged();
    expect(findings).toEqual([]);
    expect(booked).toMatchObject({ conflicts: 0 });
    expect(books.payments).toMatchObject([{ amount: TOTAL, tax: TAX }]);
    expect(codes(test)).toEqual([]);
  });

  it('and that costs less by then is captured for less; what is released is not a refund, and real refunds still are', async () => {
    await using test = await authorised(way);
    await test.sql(`OrderTotal = 100.00`);
    await test.hear();
    expect(codes(test)).toEqual([]);
    await test.sql(SHIP);
    await test.hear();
    expect(await test.intent()).toMatchObject({ status: 'succeeded', amount: Number(TOTAL), amount_received: 10_000 });
    const sold = await test.judged();
    expect(sold.findings).toEqual([]);
    expect(sold.books).toMatchObject({ payments: [{ amount: 10_000n }], creditMemos: [], fees: [{}, {}] });
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED' });
    expect(test.commandIds().filter((id) => /record-refund|credit-memo/.test(id))).toEqual([]);

    const { latest_charge: charge, id } = await test.intent();
    expect(charge).not.toBeNull();
    await test.box.stripe.refunds.create({ payment_intent: id, amount: 4_000 });
    await test.credit('10.00');
    await test.hear();
    const part = await test.judged();
    expect(part).toMatchObject({ findings: [], refunded: 5_000n, booked: { conflicts: 0 } });
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED' });

    await test.sql(`TransactionState = N'REFUNDED', RefundedOn = GETDATE(), RefundReason = N'sent back'`);
    await test.hear();
    const all = await test.judged();
    expect(all).toMatchObject({ findings: [], refunded: 10_000n, booked: { conflicts: 0 } });
    expect(all.books.creditMemos.reduce((sum, { tax }) => sum + tax, 0n)).toBe(TAX);
    expect(codes(test)).toEqual([]);
  });

  it('and that costs more by then waits for a person', async () => {
    await using test = await authorised(way);
    await test.sql(`OrderTotal = 200.00, ${SHIP}`);
    await test.hear();
    expect(codes(test)).toEqual(['capture_exceeds_authorization']);
    expect(await test.intent()).toMatchObject({ status: 'requires_capture' });
  });

  it('and is not shipped in time is voided when its authorisation expires', async () => {
    await using test = await authorised(way);
    await test.box.hook('/clock/advance', { seconds: 8 * 24 * 3_600 });
    await test.hear();
    const row = await test.row();
    expect(row.TransactionState).toBe('VOIDED');
    expect(row.VoidedOn).not.toBeNull();
    expect(row.CustomerServiceNotes).toContain('the authorisation expired');
    const { id } = await test.intent();
    expect(test.commandIds()).toContain(`notify-cancellation/${id}`);
    expect(test.commandIds()).not.toContain('cancel-payment-intent/1');
    expect((await test.judged()).findings).toEqual([]);
    expect(codes(test)).toEqual([]);
    await test.sql(SHIP);
    await test.hear();
    expect(codes(test)).toEqual(['shipped_unpaid']);
  });

  it('and is voided in the shop holds nothing any more', async () => {
    await using test = await authorised(way);
    await test.sql(`TransactionState = N'VOIDED', VoidedOn = GETDATE()`);
    await test.hear();
    expect(await test.intent()).toMatchObject({
      status: 'canceled',
      cancellation_reason: 'requested_by_customer',
    });
    expect(test.commandIds().filter((id) => /void-order|notify-cancellation/.test(id))).toEqual([]);
    expect((await test.judged()).findings).toEqual([]);
    expect(codes(test)).toEqual([]);
  });
});

describe.each(ways)('an order that is ended, with the shop over $name', (way) => {
  it('before it was paid cannot be paid any more', async () => {
    await using test = await openPaymentWorld(server, way);
    await test.sql(`TransactionState = N'FRAUD'`);
    await test.hear();
    expect(await test.intent()).toMatchObject({ status: 'canceled', cancellation_reason: 'fraudulent' });
    expect(await test.row()).toMatchObject({ TransactionState: 'FRAUD' });
    expect(codes(test)).toEqual([]);
  });

  it('at Stripe is voided in the shop', async () => {
    await using test = await openPaymentWorld(server, way);
    const { id } = await test.intent();
    await test.box.stripe.paymentIntents.cancel(id, { cancellation_reason: 'duplicate' });
    await test.hear();
    const row = await test.row();
    expect(row.TransactionState).toBe('VOIDED');
    expect(row.CustomerServiceNotes).toContain('cancelled at Stripe: duplicate');
    expect(test.commandIds()).not.toContain('cancel-payment-intent/1');
    expect(codes(test)).toEqual([]);
  });

  it('after it was paid is paid back', async () => {
    await using test = await openPaymentWorld(server, way);
    await test.pay();
    await test.sql(`TransactionState = N'VOIDED', VoidedOn = GETDATE()`);
    await test.hear();
    expect(await test.judged()).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(await test.row()).toMatchObject({ TransactionState: 'VOIDED' });
    expect(test.commandIds()).toContain('create-refund/void');
    expect(codes(test)).toEqual([]);
  });

  it('while it is being paid is paid back, and nothing is shipped', async () => {
    await using test = await openPaymentWorld(server, way);
    const { id } = await test.intent();
    await test.box.stripe.paymentIntents.confirm(id, {
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.example/paid',
    });
    await test.sql(`TransactionState = N'VOIDED', VoidedOn = GETDATE()`);
    await test.observe();
    await test.hear();
    expect(test.commandIds()).toContain('cancel-payment-intent/1');
    expect(await test.judged()).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(test.commandIds().filter((each) => /shipping-label|decrement|mark-paid/.test(each))).toEqual([]);
    expect(codes(test)).toEqual([]);
  });

  it('by force after it was paid waits for a person', async () => {
    await using test = await openPaymentWorld(server, way);
    await test.pay();
    await test.sql(`TransactionState = N'FORCE VOIDED', VoidedOn = GETDATE()`);
    await test.hear();
    expect(codes(test)).toEqual(['refund_forced']);
    expect((await test.box.stripe.refunds.list()).data).toEqual([]);
  });
});
