/**
 * Orders whose money is held until they are shipped, and that the warehouse ships: one in two parcels, each told twice, one
 * whole. The shop's order must be shipped by that, and Stripe must have been asked for the money once.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openShop } from '../../../services/cli/shop.ts';
import { openTopics } from '../../../services/cli/kafka.ts';
import type { ErpShipment } from '../../../schemas/generated/types.ts';
import { HELD_METHOD } from '../../sandbox/shopper/merchant.ts';
import type { Shop } from '../../sandbox/shopper/shop.ts';
import { int } from '../../sandbox/shopper/sql.ts';
import { openWarehouse, type Warehouse } from '../../sandbox/warehouse.ts';
import type { Flow, FlowWorld, Outcome } from './flow.ts';
import { type Bought, buy, openShopFloor } from './shopping.ts';

const LOOK_EVERY_MS = 200;

/** Waits until the order page offers payment, and pays: the money is held then. */
const pay = async (shop: Shop, { stripe, signal }: FlowWorld, order: number): Promise<void> => {
  for (;;) {
    const { rows } = await shop.do({ until: Date.now() + 60_000, signal }, (sql) =>
      sql.run('SELECT AuthorizationPNREF FROM dbo.Orders WHERE OrderNumber = @number', { number: int(order) }),
    );
    const reference = (rows[0]?.['AuthorizationPNREF'] as string | null) ?? '';
    if (reference.startsWith('pi_')) {
      const paid = { payment_method: 'pm_card_visa', return_url: 'https://shop.example/paid' };
      await stripe.paymentIntents.confirm(reference, paid, { idempotencyKey: `held/${order}` });
      return;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal });
  }
};

/** @param parcels how many the lines are shared out to, one article of the first line in each but the last */
const send = async (warehouse: Warehouse, signal: AbortSignal, order: number, parcels: 1 | 2): Promise<void> => {
  const orderId = String(order);
  const { lines } = (await warehouse.asked(orderId, signal)).payload;
  const first = lines[0]!.variantId;
  const shipment = (n: number, what: ErpShipment['lines']): ErpShipment => ({
    ...{ orderId, shipmentId: `${orderId}-${n}`, lines: what, final: n === parcels },
    ...{ carrier: 'UPS', trackingNumber: `1Z${orderId}${n}`, shippedAt: BigInt(Date.now()) },
  });
  const all = lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
  if (parcels === 1) {
    await warehouse.ship(shipment(1, all));
    return;
  }
  const one = shipment(1, [{ variantId: first, quantity: 1 }]);
  const rest = all
    .map((line, index) => (index === 0 ? { ...line, quantity: line.quantity - 1 } : line))
    .filter(({ quantity }) => quantity > 0);
  const two = shipment(2, rest);
  for (const each of [one, one, two, two]) await warehouse.ship(each);
};

const judged = async ({ config, stripe }: FlowWorld, bought: readonly Bought[]): Promise<Outcome> => {
  const shop = await openShop(config);
  const topics = await openTopics(config);
  try {
    const orders = await shop.orders();
    const findings: string[] = [];
    for (const { order, planned } of bought) {
      const row = orders.find((each) => each.orderId === String(order));
      const reference = row !== undefined && 'reference' in row ? row.reference : null;
      const intent = reference === null ? undefined : await stripe.paymentIntents.retrieve(reference);
      const captures: string[] = [];
      for await (const { value } of topics.read(topics.schemas.topic('stripeCommands'), String(order)))
        if (value?.type === 'CapturePaymentIntent') captures.push(value.commandId);
      if (row === undefined || !('state' in row) || row.state !== 'CAPTURED')
        findings.push(`order ${order} is not CAPTURED in the shop`);
      else if (intent?.amount_received !== Number(planned.total))
        findings.push(`order ${order}: Stripe received ${intent?.amount_received ?? 0}, not ${planned.total}`);
      else if (captures.length !== 1) findings.push(`order ${order} was captured by ${captures.join(', ')}`);
    }
    return { started: bought.length, completed: bought.length - findings.length, findings };
  } finally {
    await topics.close();
    shop.close();
  }
};

export const shippedByWarehouse: Flow = {
  name: 'shipped by the warehouse, captured once',
  start: async (world) => {
    const shop = openShopFloor(world);
    const warehouse = await openWarehouse(world.config);
    try {
      const bought = await buy(shop, world.signal, `${world.seed} warehouse`, 2, HELD_METHOD);
      for (const [n, { order }] of bought.entries()) {
        await pay(shop, world, order);
        await send(warehouse, world.signal, order, n === 0 ? 2 : 1);
      }
      return () => judged(world, bought);
    } finally {
      await warehouse.close();
      shop.close();
    }
  },
};
