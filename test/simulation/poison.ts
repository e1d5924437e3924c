/** Records that cannot be processed, put among the others, and the dead letter each must become. */
import type { Schemas } from '../../schemas/serde.ts';
import type { TopicKey } from '../../schemas/topics.ts';
import type { MemoryBroker } from '../../services/runtime/memory/broker.ts';
import { partitionOf } from '../../services/runtime/partitioner.ts';
import type { Poison } from './scenario.ts';
import type { World } from './world.ts';

export type PoisonLetter = Readonly<{ code: string; topic: string; partition: number; offset: bigint }>;

const nobodys = Buffer.from('not a value of anybody');

const stripeEvent = (over: object): object => ({
  id: 'evt_bad',
  type: 'payment_intent.succeeded',
  apiVersion: null,
  created: 0n,
  account: null,
  livemode: false,
  body: Buffer.from('{'),
  ...over,
});

export const addPoison = (world: World, broker: MemoryBroker, schemas: Schemas, poison: Poison): PoisonLetter => {
  const { orders } = world.scenario;
  const order = world.chance.pick(orders);
  const put = (key: TopicKey, recordKey: string | null, value: Buffer, code: string): PoisonLetter => {
    const topic = schemas.topic(key).name;
    const bytes = recordKey === null ? null : Buffer.from(recordKey);
    const partition = partitionOf(bytes, broker.partitionCount(topic) ?? 1);
    const record = { key: bytes, value, headers: {}, timestamp: BigInt(world.now) };
    const offset = broker.append(broker.log({ topic, partition }), record);
    return { code, topic, partition, offset };
  };
  const encoded = (key: TopicKey, value: object): Buffer => schemas.topic(key).value.encode(value as never);
  const customer = String(order.customerId);
  const orderId = String(order.orderNumber);
  switch (poison) {
    case 'cdc-bytes':
      return put('orders', customer, nobodys, 'undecodable');
    case 'cdc-operation': {
      const source = { ts_ms: 0n, snapshot: null, change_lsn: null, commit_lsn: null, event_serial_no: null };
      return put(
        'orderLines',
        customer,
        encoded('orderLines', { before: null, after: null, source, op: 't' }),
        'unknown_operation',
      );
    }
    case 'cdc-no-key':
      return put('customers', null, nobodys, 'invalid_key');
    case 'event-bytes':
      return put('stripeEvents', orderId, nobodys, 'undecodable');
    case 'event-not-json':
      return put('stripeEvents', orderId, encoded('stripeEvents', stripeEvent({})), 'malformed_event');
    case 'event-livemode':
      return put(
        'stripeEvents',
        orderId,
        encoded('stripeEvents', stripeEvent({ livemode: true })),
        'livemode_mismatch',
      );
    case 'assembled-bytes':
      return put('assembledOrders', orderId, nobodys, 'undecodable');
    case 'result-bytes':
      return put('stripeResults', orderId, nobodys, 'undecodable');
    case 'stripe-command-bytes':
      return put('stripeCommands', orderId, nobodys, 'undecodable');
    case 'adnsf-command-bytes':
      return put('adnsfCommands', orderId, nobodys, 'undecodable');
  }
};
