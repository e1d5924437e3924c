import { afterAll, beforeAll, expect, it } from 'vitest';
import { bookedByOrders } from '../../../services/order-stream/domain/booked-by-orders.ts';
import { type ShopServer, startShopServer, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { policy } from '../../unit/order-stream/fixtures.ts';
import { openPaymentWorld, type PaymentWorld } from './payment-world.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

/** Balance transactions of a world, each with its category, and those that its ledger has booked one by one. */
const bookedIn = async (world: PaymentWorld) => {
  await world.hear();
  const { data } = await world.box.stripe.balanceTransactions.list({ limit: 100 });
  const judged = await world.judged();
  const { findings, books } = judged;
  expect(findings).toEqual([]);
  const reversals = world.driver
    .readAll(world.schemas.topic('erpCommands'))
    .flatMap(({ value }) => (value?.type === 'ReverseCreditMemo' ? [value.payload.balanceTransactionId] : []));
  const booked = new Set([
    ...books.fees.map(({ balanceTransactionId }) => balanceTransactionId),
    ...books.creditMemos.map((memo) => (memo as unknown as { balanceTransactionId: string }).balanceTransactionId),
    ...books.disputeMovements.map(({ balanceTransactionId }) => balanceTransactionId),
    ...reversals,
  ]);
  return data.map(({ id, reporting_category: category }) => ({ id, category, booked: booked.has(id) }));
};

it('each category that orders book is booked, one booking for each balance transaction', async () => {
  const [way] = ways;
  const seen = [];
  {
    // Captured for less than was authorised, refunded in part.
    await using world = await openPaymentWorld(server, way!, { policy: { ...policy, captureOnShipment: ['STRIPE'] } });
    await world.pay();
    await world.sql(`OrderTotal = 100.00, ShippedOn = GETDATE(), ShippingTrackingNumber = N'1Z'`);
    await world.hear();
    await world.credit('10.00');
    seen.push(...(await bookedIn(world)));
  }
  {
    // A refund that comes back, and a dispute that is won.
    await using world = await openPaymentWorld(server, way!);
    await world.pay();
    const { id, latest_charge: charge } = await world.intent();
    const refund = await world.box.stripe.refunds.create({ payment_intent: id, amount: 345 });
    await world.hear();
    await world.box.hook(`/refunds/${refund.id}/fail`, {});
    await world.hear();
    const dispute = await world.box.hook<{ id: string }>('/disputes', { charge });
    await world.box.hook(`/disputes/${dispute.id}/close`, { verdict: 'won' });
    seen.push(...(await bookedIn(world)));
  }
  expect(seen.filter(({ booked }) => !booked)).toEqual([]);
  expect([...new Set(seen.map(({ category }) => category))].sort()).toEqual([...bookedByOrders].sort());
});
