/** Orders that the shop's own gateway has charged at Stripe: nothing is made there, and everything is kept in step. */
import { afterEach, describe, expect, it } from 'vitest';
import type { CommandResult } from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { openDriver, type TopologyDriver } from '../../../services/runtime/testing/driver.ts';
import { permutations } from '../../unit/order-stream/playing.ts';
import { commandResult, ordersRow, policy, stripeEvent } from '../../unit/order-stream/fixtures.ts';
import { checkout, pipeChange, shopLog } from './shop-log.ts';

let driver: TopologyDriver | undefined;
afterEach(() => driver?.close());

const intent = {
  id: 'pi_9',
  object: 'payment_intent',
  amount: 3744,
  amount_received: 3744,
  currency: 'usd',
  status: 'succeeded',
  latest_charge: 'ch_9',
  metadata: {},
};
const charge = {
  id: 'ch_9',
  object: 'charge',
  amount: 3744,
  amount_captured: 3744,
  amount_refunded: 0,
  currency: 'usd',
  status: 'succeeded',
  captured: true,
  payment_intent: 'pi_9',
  balance_transaction: 'txn_9',
  metadata: {},
};
const refund = {
  id: 're_9',
  object: 'refund',
  amount: 1000,
  currency: 'usd',
  status: 'succeeded',
  charge: 'ch_9',
  payment_intent: 'pi_9',
  balance_transaction: 'txn_re',
  metadata: {},
};
/** Of an old version: it names its charge only. */
const dispute = {
  id: 'dp_9',
  object: 'dispute',
  amount: 3744,
  currency: 'usd',
  status: 'needs_response',
  charge: 'ch_9',
  balance_transactions: [],
};

const events = [
  { key: 'pi_9', type: 'payment_intent.succeeded', object: intent },
  { key: 'pi_9', type: 'charge.updated', object: charge },
  { key: 'pi_9', type: 'refund.created', object: refund },
  { key: 'ch_9', type: 'charge.dispute.created', object: dispute },
] as const;
type Told = (typeof events)[number] | 'order';

const balances: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  txn_9: { gross: '3744', fee: '139', net: '3605', currency: 'USD', category: 'charge' },
  txn_re: { gross: '-1000', fee: '0', net: '-1000', currency: 'USD', category: 'refund' },
};

const play = async (story: readonly Told[], state = 'CAPTURED', reference = 'pi_9') => {
  await driver?.close();
  const registry = memoryRegistry();
  const schemas = openSchemas(registry);
  const opened = await openDriver(orderTopology(schemas, policy, 'test', { current: loadWorkflows() }), {
    partitions: 2,
  });
  driver = opened;
  const row = ordersRow({ TransactionState: state, AuthorizationPNREF: reference, PaymentMethod: 'Credit Card' });
  for (const told of story) {
    if (told !== 'order')
      await opened.pipe(
        schemas.topic('stripeEvents'),
        told.key,
        stripeEvent(told.type, told.object, `evt_${told.type}`),
      );
    else for (const change of checkout(shopLog(registry), row)) await pipeChange(opened, change);
  }
  const answered = new Set<string>();
  for (let news = true; news;) {
    news = false;
    for (const { value } of opened.readAll(schemas.topic('stripeCommands'))) {
      if (value === null || answered.has(value.commandId)) continue;
      answered.add(value.commandId);
      news = true;
      const { commandId, type } = value;
      if (type === 'LabelPayment') {
        const objectId = value.payload.reference;
        await opened.pipe(schemas.topic('stripeResults'), '100123', commandResult({ commandId, type, objectId }));
        continue;
      }
      if (type !== 'FetchBalanceTransaction') throw new Error(`nobody answers ${commandId}`);
      const id = value.payload.balanceTransactionId;
      const result: CommandResult = commandResult({ commandId, type, objectId: id, detail: balances[id]! });
      await opened.pipe(schemas.topic('stripeResults'), '100123', result);
    }
  }
  const ids = (['stripeCommands', 'adnsfCommands', 'erpCommands'] as const).flatMap((key) =>
    opened
      .readAll(schemas.topic(key) as never)
      .map(({ value }) => (value as { commandId: string }).commandId.replace('100123/', '')),
  );
  expect(opened.deadLetters()).toEqual([]);
  const waiting = opened.store('routing', schemas.store('order-stream', 'unrouted')).entries();
  return { ids: ids.sort(), waiting };
};

describe('an order that was charged by the shop at Stripe', () => {
  const expected = [
    'create-sales-order/1',
    'decrement-inventory/1',
    'fetch-balance-transaction/txn_9',
    'fetch-refund-balance/txn_re',
    'issue-credit-memo/re_9',
    'label-payment/1',
    'open-dispute/dp_9',
    'record-dispute/dp_9/needs_response',
    'record-fee/txn_9',
    'record-payment/1',
    'record-refund/re_9',
    'request-shipping-label/1',
    'upsert-customer/1',
  ];

  it('has its fee, refunds and disputes told, whatever is heard first, and nothing is made at Stripe', async () => {
    // One in three of all orders: each is a stream of its own.
    const stories = permutations<Told>(['order', ...events]).filter((_, index) => index % 3 === 0);
    for (const story of stories) {
      const { ids, waiting } = await play(story);
      expect(ids).toEqual(expected);
      expect(waiting).toEqual([]);
    }
  });

  it('or only authorised by it is paid when Stripe says so', async () => {
    for (const story of permutations<Told>(['order', events[0], events[1]])) {
      const { ids } = await play(story, 'AUTHORIZED');
      expect(ids).toEqual(expected.filter((id) => !/re_9|txn_re|dp_9/.test(id)));
    }
    expect((await play(['order'], 'AUTHORIZED')).ids).not.toContain('record-payment/1');
  });

  it('by its charge is the same order', async () => {
    const { ids, waiting } = await play(['order', events[3]], 'CAPTURED', 'ch_9');
    expect(ids).toContain('open-dispute/dp_9');
    expect(waiting).toEqual([]);
  });
});
