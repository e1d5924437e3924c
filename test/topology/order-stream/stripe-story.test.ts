import fc from 'fast-check';
import { personOf } from '../../../services/order-stream/sources/person.ts';
import { describe, expect, it } from 'vitest';
import type { OrderState } from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import { assembledOrder, commandResult, policy, stripeEvent } from '../../unit/order-stream/fixtures.ts';
import { type Kept, kept, story, twin, versions } from '../../unit/order-stream/stripe-fixtures.ts';

const isOfOrder = ({ name }: Kept): boolean => /^(payment_intent|charge|refund)\./.test(name);

const schemas = openSchemas(memoryRegistry());
const topology = orderTopology(schemas, policy, 'test', { current: loadWorkflows() });

const open = async (partitions: number) => {
  const driver = await openDriver(topology, { partitions });
  const order = (orderId = '100123') => driver.store('orders', schemas.store('order-stream', 'orders')).get(orderId);
  const waiting = () => driver.store('routing', schemas.store('order-stream', 'unrouted')).entries();
  const tell = ({ key, event }: Kept) => driver.feed(schemas.topic('stripeEvents'), key, event);
  const commands = () =>
    (['stripeCommands', 'adnsfCommands', 'erpCommands', 'notifications'] as const).flatMap((topic) =>
      driver.readAll(schemas.topic(topic)).map(({ value }) => value!),
    );
  return { driver, order, waiting, tell, commands };
};

/** By which event something was first told, and when, is arrival's; what is known is not. */
const meaning = (state: OrderState): object => {
  const untold = <T extends object>(part: T | null) => part && { ...part, factId: null, at: null };
  const { declines, paid, balance, issued } = state;
  return {
    ...state,
    paid: untold(paid),
    balance: untold(balance),
    declines: declines.map(untold),
    issued: [...issued].sort(),
  };
};

/** How a dispute stands is told by several events, a second apart: which of them was first is arrival's. */
const untimed = (payload: object): object => ({
  ...payload,
  ...('toldAt' in payload && { toldAt: null }),
  ...('closedAt' in payload && { closedAt: null }),
});

/** The story with ids of its own: as many orders as there are ways to hear it can share one stream. */
const numbered = (text: string, n: number): string =>
  text.replaceAll('100123', `100123${n}`).replaceAll(/_([34])([A-Z])/g, `_${n}x$1$2`);
const unnumbered = (text: string, n: number): string =>
  text.replaceAll(`100123${n}`, '100123').replaceAll(new RegExp(`_${n}x([34][A-Z])`, 'g'), '_$1');

const plain = (value: unknown): string =>
  JSON.stringify(value, (_name, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));

type Telling = Readonly<{ events: readonly Kept[]; batch?: number }>;

/**
 * Each telling is of an order of its own, which was placed before. What becomes of them: state and commands, as text
 * that would be the same for all orders.
 */
const play = async (tellings: readonly Telling[], partitions = 1): Promise<readonly string[]> => {
  const opened = await open(partitions);
  const { driver } = opened;
  for (const [n, { events, batch = Infinity }] of tellings.entries()) {
    const orderId = numbered('100123', n);
    const result = (commandId: string, type: string, objectId: string, detail = {}) =>
      driver.feed(
        schemas.topic('stripeResults'),
        orderId,
        commandResult({ orderId, commandId: numbered(commandId, n), type, objectId: numbered(objectId, n), detail }),
      );
    driver.feed(schemas.topic('assembledOrders'), orderId, assembledOrder({ orderId }));
    result('100123/ensure-customer/1', 'EnsureCustomer', 'cus_3Story');
    result('100123/create-payment-intent/1', 'CreatePaymentIntent', 'pi_3Story');
    for (const [index, { name, event }] of events.entries()) {
      opened.tell(kept(name, Buffer.from(numbered(event.body.toString(), n))));
      if ((index + 1) % batch === 0) await driver.run();
    }
    const fee = { gross: '3744', fee: '139', net: '3605', currency: 'usd' };
    result('100123/fetch-balance-transaction/txn_3Paid', 'FetchBalanceTransaction', 'txn_3Paid', fee);
  }
  await driver.run();
  expect(driver.deadLetters().map(({ code, message }) => `${code}: ${message}`)).toEqual([]);
  expect(opened.waiting()).toEqual([]);
  const commands = Map.groupBy(opened.commands(), ({ orderId }) => orderId);
  const found = tellings.map((_telling, n) => {
    const orderId = numbered('100123', n);
    const sent = (commands.get(orderId) ?? [])
      .map(({ payload, ...command }) => ({
        ...command,
        payload: untimed(payload),
        causationId: null,
        occurredAt: null,
      }))
      .sort((left, right) => (left.commandId < right.commandId ? -1 : 1));
    return unnumbered(plain({ state: meaning(opened.order(orderId)!), sent }), n);
  });
  await driver.close();
  return found;
};

const permutations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

const seed = 20_260_826;

describe.each(versions)('an order that is declined, paid, refunded and disputed, in %s', (version) => {
  const events = story(version).filter(isOfOrder);

  it('ends as it should', async () => {
    const [found] = await play([{ events }], 3);
    const { state, sent } = JSON.parse(found!) as { state: object; sent: { commandId: string }[] };
    expect(state).toMatchObject({
      paid: { paymentIntentId: 'pi_3Story', amount: '3744n', currency: 'USD' },
      declines: [{ chargeId: 'ch_3Declined' }],
      balance: { balanceTransactionId: 'txn_3Paid' },
      fee: { fee: '139n' },
      refunds: [
        {
          id: 're_3Story',
          status: 'failed',
          amount: '1000n',
          paymentIntentId: 'pi_3Story',
          chargeId: 'ch_3Paid',
          balanceTransactionId: 'txn_3Refund',
          failureBalanceTransactionId: 'txn_3RefundBack',
          failureCode: 'lost_or_stolen_card',
          history: [{ status: 'failed' }, { status: 'succeeded' }],
        },
      ],
      disputes: [
        {
          id: 'dp_3Story',
          status: 'won',
          amount: '2744n',
          chargeId: 'ch_3Paid',
          reason: 'fraudulent',
          movements: [{ net: '-4244n' }, { net: '2744n' }],
          history: [{ status: 'needs_response' }, { status: 'under_review' }, { status: 'won' }],
        },
      ],
    });
    expect(sent.map(({ commandId }) => commandId)).toContain('100123/mark-paid/1');
  });

  it('ends the same in any order, with duplicates and with twins under other ids', async () => {
    const all = [...events, ...events.map((event) => twin(event))];
    const telling = fc
      .tuple(
        fc.shuffledSubarray(all, { minLength: all.length }),
        fc.array(fc.constantFrom(...all), { maxLength: 6 }),
        fc.constantFrom(1, 4, Infinity),
      )
      .map(([once, again, batch]) => ({ events: [...again, ...once], batch }));
    const tellings = [{ events: all }, ...fc.sample(telling, { seed, numRuns: 30 })];
    for (const partitions of [1, 3]) expect(new Set(await play(tellings, partitions)).size).toBe(1);
  });
});

describe('any order of a few events', () => {
  const names = [
    'payment_intent.payment_failed',
    'payment_intent.succeeded',
    'charge.updated',
    'refund.created',
    'refund.failed',
    'charge.dispute.funds_withdrawn',
  ];
  const events = story('2026-08-26.dahlia').filter(({ name }) => names.includes(name));

  it('all 720 of them end the same', { timeout: 120_000 }, async () => {
    expect(events).toHaveLength(6);
    const tellings = permutations(events).map((order) => ({ events: order }));
    expect(tellings).toHaveLength(720);
    expect(new Set(await play(tellings)).size).toBe(1);
  });
});

describe('a refund or a dispute that does not name its order', () => {
  it('waits for the payment, by its PaymentIntent or by its charge, and is told once', async () => {
    for (const version of ['2018-02-28', '2026-08-26.dahlia']) {
      const opened = await open(3);
      const events = story(version).filter(isOfOrder);
      const [dispute] = events.filter(({ name }) => name === 'charge.dispute.created');
      const [payment] = events.filter(({ name }) => name === 'payment_intent.succeeded');
      expect(dispute!.key).toBe(version === '2018-02-28' ? 'ch_3Paid' : 'pi_3Story');
      for (const event of [dispute!, dispute!, twin(dispute!)]) opened.tell(event);
      await opened.driver.run();
      expect(opened.waiting().map(([key, { facts }]) => [key, facts.length])).toEqual([[dispute!.key, 2]]);
      opened.tell(payment!);
      await opened.driver.run();
      expect(opened.waiting()).toEqual([]);
      expect(opened.order()?.disputes).toMatchObject([{ id: 'dp_3Story', status: 'needs_response' }]);
      await opened.driver.close();
    }
  });

  it("goes to its order at once when Millrace's own metadata is on it", async () => {
    const opened = await open(3);
    const [refund] = story('2026-08-26.dahlia').filter(({ name }) => name === 'refund.created');
    const body = JSON.parse(refund!.event.body.toString()) as { data: { object: { metadata: object } } };
    body.data.object.metadata = { order_id: '100123' };
    opened.tell(kept('refund.created', Buffer.from(JSON.stringify(body))));
    await opened.driver.run();
    expect(opened.order()?.refunds).toMatchObject([{ id: 're_3Story', status: 'succeeded' }]);
    await opened.driver.close();
  });
});

describe('what is about no order', () => {
  it.each(versions)('goes to its own topic under its own key in %s', async (version) => {
    const opened = await open(3);
    for (const event of story(version)) if (!isOfOrder(event)) opened.tell(event);
    await opened.driver.run();
    const keys = (topic: 'payoutFacts' | 'customerFacts' | 'catalogFacts' | 'billingFacts') =>
      [...new Set(opened.driver.readAll(schemas.topic(topic)).map(({ key, value }) => `${key} ${value!.kind}`))].sort();
    expect(keys('payoutFacts')).toEqual([
      'payout:po_3Story payout.failed',
      'payout:po_3Story payout.in_transit',
      'payout:po_3Story payout.paid',
    ]);
    expect(keys('customerFacts')).toEqual([
      `${personOf('ana@example.com')} customer.deleted`,
      `${personOf('ana@example.com')} customer.present`,
    ]);
    expect(keys('catalogFacts')).toEqual(['product:prod_Story price.active', 'product:prod_Story product.active']);
    expect(keys('billingFacts')).toEqual([
      'invoice:in_Story invoice.paid',
      'invoice:in_Story invoice_payment.paid',
      'subscription:sub_Story subscription.active',
    ]);
    expect(opened.driver.deadLetters()).toEqual([]);
    expect(opened.driver.readAll(schemas.topic('orderPayments'))).toEqual([]);
    await opened.driver.close();
  });

  it('or of no known kind stays in its topic, and stops nothing', async () => {
    const opened = await open(1);
    opened.tell({ name: 'x', key: 'x', event: stripeEvent('treasury.something_new', { id: 'x', object: 'novelty' }) });
    for (const event of story('2026-08-26.dahlia').filter(({ name }) => name === 'payout.paid')) opened.tell(event);
    await opened.driver.run();
    expect(opened.driver.deadLetters()).toEqual([]);
    expect(opened.driver.readAll(schemas.topic('stripeEvents'))).toHaveLength(2);
    expect(opened.driver.readAll(schemas.topic('payoutFacts'))).toHaveLength(1);
    await opened.driver.close();
  });

  it('and is malformed, inexact or of the other mode is a dead letter with its bytes', async () => {
    const opened = await open(1);
    const refund = { id: 're_1', object: 'refund', status: 'succeeded', amount: 150, currency: 'usd', charge: 'ch_1' };
    const tell = (id: string, over: object, livemode = false) =>
      opened.tell({
        name: id,
        key: 'ch_1',
        event: { ...stripeEvent('refund.created', { ...refund, ...over }, id), livemode },
      });
    tell('evt_1', { amount: '150' });
    tell('evt_2', { currency: 'isk' });
    tell('evt_3', { livemode: true });
    tell('evt_4', {}, true);
    tell('evt_5', {});
    await opened.driver.run();
    const letters = opened.driver.deadLetters();
    expect(letters.map(({ code }) => code)).toEqual([
      'malformed_event',
      'inexact_amount',
      'livemode_mismatch',
      'livemode_mismatch',
    ]);
    for (const { value } of letters) expect(value?.length).toBeGreaterThan(100);
    expect(opened.waiting()).toMatchObject([['ch_1', { facts: [{ factId: 'evt_5', kind: 'refund.succeeded' }] }]]);
    await opened.driver.close();
  });
});
