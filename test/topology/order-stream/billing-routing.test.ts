import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { permutations } from '../../unit/order-stream/billing-fixtures.ts';
import { policy } from '../../unit/order-stream/fixtures.ts';
import { kept } from '../../unit/order-stream/stripe-fixtures.ts';

const schemas = openSchemas(memoryRegistry());
const topology = orderTopology(schemas, policy, 'test', { current: loadWorkflows() });

const AT = 1_790_000_000;
let events = 0;
const event = (type: string, object: object) =>
  kept(
    type,
    Buffer.from(
      JSON.stringify({
        id: `evt_${type}_${++events}`,
        object: 'event',
        type,
        api_version: '2026-08-26.dahlia',
        created: AT,
        livemode: false,
        data: { object: { livemode: false, currency: 'usd', created: AT, metadata: {}, ...object } },
      }),
    ),
  );

/** Hears events at three partitions; what comes to which key, and what waits. */
const heard = async (told: readonly ReturnType<typeof event>[]) => {
  const driver = await openDriver(topology, { partitions: 3 });
  for (const { key, event: each } of told) {
    driver.feed(schemas.topic('stripeEvents'), key, each);
    await driver.run();
  }
  const routed = driver
    .readAll(schemas.topic('orderPayments'))
    .map(({ key, value }) => `${key} ${value!.kind} ${value!.objectId}`)
    .sort();
  const waiting = driver.store('routing', schemas.store('order-stream', 'unrouted')).entries();
  const letters = driver.deadLetters().map(({ message }) => message);
  await driver.close();
  return { routed, waiting, letters };
};

const intent = event('payment_intent.succeeded', {
  id: 'pi_1',
  object: 'payment_intent',
  status: 'succeeded',
  amount: 500,
  amount_received: 500,
  latest_charge: 'ch_1',
});
const charge = event('charge.updated', {
  id: 'ch_1',
  object: 'charge',
  status: 'succeeded',
  amount: 500,
  payment_intent: 'pi_1',
  balance_transaction: 'txn_1',
});
/** As old versions tell it: of its charge alone. */
const refund = event('charge.refund.updated', {
  id: 're_1',
  object: 'refund',
  status: 'succeeded',
  amount: 500,
  charge: 'ch_1',
  balance_transaction: 'txn_2',
});
const paid = event('invoice_payment.paid', {
  id: 'inpay_1',
  object: 'invoice_payment',
  status: 'paid',
  amount_paid: 500,
  invoice: 'in_1',
  payment: { type: 'payment_intent', payment_intent: 'pi_1' },
});

describe('what an invoice is paid with', () => {
  it('comes to the invoice, in whatever order it is heard, and nothing waits', async () => {
    for (const order of permutations([intent, charge, refund, paid])) {
      const { routed, waiting, letters } = await heard(order);
      expect(routed).toEqual([
        'invoice:in_1 charge.balanced ch_1',
        'invoice:in_1 payment.succeeded pi_1',
        'invoice:in_1 refund.succeeded re_1',
      ]);
      expect([waiting, letters]).toEqual([[], []]);
    }
  });

  it('stays with the order that it names', async () => {
    const ofOrder = event('payment_intent.succeeded', {
      id: 'pi_1',
      object: 'payment_intent',
      status: 'succeeded',
      amount: 500,
      amount_received: 500,
      latest_charge: 'ch_1',
      metadata: { order_id: '100123' },
    });
    const { routed, waiting } = await heard([ofOrder, paid, charge]);
    expect(routed).toEqual(['100123 charge.balanced ch_1', '100123 payment.succeeded pi_1']);
    expect(waiting).toEqual([]);
  });

  it('is said by the payment itself before basil', async () => {
    const old = event('charge.succeeded', {
      id: 'ch_1',
      object: 'charge',
      status: 'succeeded',
      amount: 500,
      invoice: 'in_1',
      balance_transaction: 'txn_1',
    });
    for (const order of permutations([old, refund])) {
      const { routed, waiting } = await heard(order);
      expect(routed).toEqual(['invoice:in_1 charge.balanced ch_1', 'invoice:in_1 refund.succeeded re_1']);
      expect(waiting).toEqual([]);
    }
  });
});
