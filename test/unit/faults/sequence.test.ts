import { beforeAll, describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas, type Schemas } from '../../../schemas/serde.ts';
import { type TopicKey, topics } from '../../../schemas/topics.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import { orderTopology } from '../../../services/order-stream/topology.ts';
import { openDriver } from '../../../services/runtime/testing/driver.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import type { Evidence, Seen } from '../../faults/evidence.ts';
import { sequenceFindings } from '../../faults/sequence.ts';
import { checkout, pipeChange, shopLog } from '../../topology/order-stream/shop-log.ts';
import { commandResult, ordersRow, policy, stripeEvent } from '../order-stream/fixtures.ts';

const ORDER = '100123';
const workflows = { current: loadWorkflows() };
let schemas: Schemas;
/** What a run without faults leaves behind. */
let evidence: Evidence;

const intent = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 3744,
  amount_received: 3744,
  currency: 'usd',
  status: 'succeeded',
  latest_charge: 'ch_1',
  last_payment_error: null,
  metadata: { order_id: ORDER },
};

beforeAll(async () => {
  const registry = memoryRegistry();
  schemas = openSchemas(registry);
  const driver = await openDriver(orderTopology(schemas, policy, 'test', workflows), { partitions: 2 });
  for (const change of checkout(shopLog(registry), ordersRow())) await pipeChange(driver, change);
  const result = (over: Parameters<typeof commandResult>[0]) =>
    driver.pipe(schemas.topic('stripeResults'), ORDER, commandResult(over));
  await result({});
  await result({ commandId: `${ORDER}/create-payment-intent/1`, type: 'CreatePaymentIntent', objectId: 'pi_1' });
  const event = stripeEvent('payment_intent.succeeded', intent, 'evt_1');
  await driver.pipe(schemas.topic('stripeEvents'), ORDER, event);
  await driver.pipe(schemas.topic('stripeEvents'), ORDER, event);
  const written = new Set<TopicKey>(['deadLetters']);
  evidence = Object.fromEntries(
    (Object.keys(topics) as TopicKey[]).map((key): [TopicKey, readonly Seen<unknown>[]] => [
      key,
      written.has(key)
        ? []
        : driver.broker.topics().includes(topics[key].name)
          ? driver.readAll(schemas.topic(key) as Topic<unknown>)
          : [],
    ]),
  ) as unknown as Evidence;
  await driver.close();
});

const kinds = (changed: Partial<Evidence>, complete = true): string[] => [
  ...new Set(
    sequenceFindings({ ...evidence, ...changed }, { schemas, policy, workflows, agreed: new Map() }, complete).map(
      ({ kind }) => kind,
    ),
  ),
];

const changedAt = <V>(records: readonly Seen<V>[], index: number, change: (value: V) => V): Seen<V>[] =>
  records.map((record, at) => (at === index ? { ...record, value: change(record.value!) } : record));
const swapped = <V>(records: readonly V[]): V[] => [records[1]!, records[0]!, ...records.slice(2)];

describe('the oracle of sequences', () => {
  it('finds nothing where nothing went wrong', () => {
    expect(evidence.erpCommands.length).toBeGreaterThan(3);
    expect(evidence.orderPayments).toHaveLength(2);
    expect(kinds({})).toEqual([]);
    expect(kinds({}, false)).toEqual([]);
  });

  it('misses a command, sees one twice, one too many, one that says something else, and two in the wrong order', () => {
    const { erpCommands } = evidence;
    expect(kinds({ erpCommands: erpCommands.slice(0, -1) })).toEqual(['lost']);
    expect(kinds({ erpCommands: [...erpCommands, erpCommands.at(-1)!] })).toEqual(['doubled']);
    expect(
      kinds({ erpCommands: changedAt(erpCommands, 0, (value) => ({ ...value, commandId: `${ORDER}/gift/1` })) }),
    ).toEqual(['mismatched', 'lost']);
    expect(
      kinds({
        erpCommands: changedAt(erpCommands, 1, (value) =>
          value.type === 'CreateSalesOrder'
            ? { ...value, payload: { ...value.payload, total: value.payload.total + 1n } }
            : value,
        ),
      }),
    ).toEqual(['mismatched']);
    expect(kinds({ erpCommands: swapped(erpCommands) })).toEqual(['reordered']);
  });

  it('allows the end of what was sent to be missing only while things are under way', () => {
    expect(kinds({ erpCommands: evidence.erpCommands.slice(0, -1) }, false)).toEqual([]);
    expect(kinds({ assembledOrders: [], ...nothingOfOrders() }, false)).toEqual([]);
    expect(kinds({ assembledOrders: [], ...nothingOfOrders() })).toContain('lost');
  });

  it('misses a fact, and sees one more often than it was told', () => {
    const { orderPayments } = evidence;
    expect(kinds({ orderPayments: orderPayments.slice(1) })).toEqual(['lost']);
    expect(kinds({ orderPayments: [...orderPayments, orderPayments[0]!] })).toEqual(['doubled']);
    expect(kinds({ orderPayments: changedAt(orderPayments, 0, (fact) => ({ ...fact, amount: 1n })) })).toContain(
      'mismatched',
    );
  });

  it('sees an image that its rows do not give', () => {
    const { assembledOrders } = evidence;
    expect(kinds({ assembledOrders: [...assembledOrders, ...assembledOrders] })).toContain('doubled');
    expect(kinds({ assembledOrders: changedAt(assembledOrders, 0, (image) => ({ ...image, tax: 1n })) })).toContain(
      'mismatched',
    );
  });
});

const nothingOfOrders = (): Partial<Evidence> => ({
  stripeCommands: [],
  adnsfCommands: [],
  erpCommands: [],
  notifications: [],
});
