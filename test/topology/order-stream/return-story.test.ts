import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ShopServer, startShopServer, type Way, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { openPaymentWorld, TOTAL } from './payment-world.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

/** One order, paid, of which three were bought. */
const open = async (way: Way) => {
  const world = await openPaymentWorld(server, way, { place: { InventoryWasReduced: '1' } });
  await world.pay();
  const { id } = await world.intent();
  const letters = () => world.driver.deadLetters().map(({ code }) => code);
  return {
    ...world,
    letters,
    refund: (amount: number, metadata: Record<string, string> = {}) =>
      world.box.stripe.refunds.create({ payment_intent: id, amount, metadata }),
    fail: (refund: string) => world.box.hook(`/refunds/${refund}/fail`, { reason: 'expired_or_canceled_card' }),
    refunds: async () => (await world.box.stripe.refunds.list({ payment_intent: id })).data,
    change: (returnId: number, assignments: string) =>
      world.server.sql(`UPDATE dbo.Custom_OrderReturn SET ${assignments} WHERE OrderReturnID = ${returnId}`),
  };
};

describe.each(ways)('returns, with the shop over $name', (way) => {
  it('are paid back once when the goods have come, and shop, Stripe and ERP agree', async () => {
    await using test = await open(way);
    const id = await test.giveBack({ ReturnState: `N'REQUESTED'`, RefundAmount: 'NULL', ReceivedOn: 'NULL' });
    await test.hear();
    await test.change(id, `ReturnState = N'APPROVED', ApprovedOn = GETDATE(), RefundAmount = 9.81`);
    await test.hear();
    expect(await test.refunds()).toEqual([]);

    await test.change(id, `ReturnState = N'RECEIVED', ReceivedOn = GETDATE(), Restock = 1`);
    await test.hear();
    const [refund, ...more] = await test.refunds();
    expect(more).toEqual([]);
    expect(refund).toMatchObject({ amount: 981, status: 'succeeded' });
    expect(refund!.metadata).toMatchObject({ return_id: String(id), order_id: test.orderId });
    const row = await test.returnRow(id);
    expect(row).toMatchObject({ ReturnState: 'REFUNDED', RefundReference: `Stripe ${refund!.id}` });
    expect(row.RestockedOn).not.toBeNull();
    const { findings, booked, books, refunded } = await test.judged();
    expect({ findings, booked, refunded }).toMatchObject({ findings: [], booked: { conflicts: 0 }, refunded: 981n });
    expect(books.creditMemos).toMatchObject([{ refundId: refund!.id, amount: 981n, returnId: BigInt(id) }]);
    expect(test.commandIds().filter((each) => each.includes('return'))).toEqual([
      `refund-return/${id}`,
      `restock-return/${id}`,
      `record-return-refunded/${refund!.id}`,
      `record-return/${id}-accepted`,
      `receive-return/${id}`,
      `notify-return-refunded/${refund!.id}`,
    ]);
    // Nothing more comes of it, whatever is heard again.
    await test.change(id, `ReturnState = N'CLOSED'`);
    await test.hear();
    expect(await test.refunds()).toHaveLength(1);
    expect(test.letters()).toEqual([]);
  });

  it('of all that was bought end with an order that is refunded, once', async () => {
    await using test = await open(way);
    const ids = [await test.giveBack({ RefundAmount: '100.00' }), await test.giveBack({ RefundAmount: '23.45' })];
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED' });
    for (const id of ids) expect(await test.returnRow(id)).toMatchObject({ ReturnState: 'REFUNDED' });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    // A third one of the same order finds nothing left.
    await test.giveBack({ RefundAmount: '0.01' });
    await test.hear();
    expect(await test.refunds()).toHaveLength(2);
    expect(test.letters()).toEqual(['return_exceeds_paid']);
  });

  it('whose money the bank sends back are to be paid again, by somebody who says so', async () => {
    await using test = await open(way);
    const id = await test.giveBack();
    await test.hear();
    const [first] = await test.refunds();
    await test.fail(first!.id);
    await test.hear();
    expect(await test.returnRow(id)).toMatchObject({ ReturnState: 'RECEIVED', RefundReference: null });
    expect(await test.refunds()).toHaveLength(1);
    await test.refund(981, { return_id: String(id), order_id: test.orderId });
    await test.hear();
    const second = (await test.refunds()).find(({ id: other }) => other !== first!.id)!;
    expect(await test.returnRow(id)).toMatchObject({
      ReturnState: 'REFUNDED',
      RefundReference: `Stripe ${second.id}`,
    });
    const { findings, books, refunded } = await test.judged();
    expect({ findings, refunded }).toEqual({ findings: [], refunded: 981n });
    expect(books.creditMemos.filter(({ reversedBy }) => reversedBy === null)).toMatchObject([{ returnId: BigInt(id) }]);
    expect(test.letters()).toEqual([]);
  });

  it('that somebody paid back at Stripe by hand are not paid again', async () => {
    await using test = await open(way);
    const refund = await test.refund(981);
    await test.hear();
    const id = await test.giveBack();
    await test.hear();
    expect(test.letters()).toEqual(['return_maybe_refunded']);
    await test.box.stripe.refunds.update(refund.id, { metadata: { return_id: String(id) } });
    await test.hear();
    expect(await test.returnRow(id)).toMatchObject({ ReturnState: 'REFUNDED', RefundReference: `Stripe ${refund.id}` });
    expect(await test.refunds()).toHaveLength(1);
    expect((await test.judged()).refunded).toBe(981n);
  });

  it('that the shop pays back by a credit are paid back by it alone', async () => {
    await using test = await open(way);
    const credit = await test.credit('9.81', 'RMA');
    const id = await test.giveBack({ RefundOrderNumber: String(credit) });
    await test.hear();
    const [refund, ...more] = await test.refunds();
    expect(more).toEqual([]);
    expect(refund!.metadata).toMatchObject({ command_id: `${test.orderId}/create-refund/credit-${credit}` });
    expect(await test.returnRow(id)).toMatchObject({
      ReturnState: 'REFUNDED',
      RefundReference: `Stripe ${refund!.id}`,
    });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 981n, booked: { conflicts: 0 } });
    expect(test.letters()).toEqual([]);
  });

  it('that are paid back are not paid again when the shop writes a credit for them afterwards', async () => {
    await using test = await open(way);
    const id = await test.giveBack();
    await test.hear();
    const credit = await test.credit('9.81', 'RMA');
    await test.hear();
    expect(await test.refunds()).toHaveLength(1);
    expect(test.letters()).toEqual(['credit_maybe_return']);
    await test.change(id, `RefundOrderNumber = ${credit}`);
    await test.hear();
    expect(await test.refunds()).toHaveLength(1);
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 981n, booked: { conflicts: 0 } });
  });

  it('over as much as a credit that is for something else are paid back beside it, when somebody says so', async () => {
    await using test = await open(way);
    await test.credit('9.81', 'late');
    await test.hear();
    const id = await test.giveBack();
    await test.hear();
    expect(test.letters()).toEqual(['return_maybe_credited']);
    await test.change(id, 'RefundOrderNumber = 0');
    await test.hear();
    expect(await test.refunds()).toHaveLength(2);
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 1_962n, booked: { conflicts: 0 } });
  });
});
