/** One record of a history dropped, doubled, altered, or put before another of its key. */
import type { Schemas } from '../../../schemas/serde.ts';
import type { TopicKey } from '../../../schemas/topics.ts';
import type { ConsumedRecord } from '../../../services/runtime/ports.ts';
import type { Logs } from './history.ts';

export type Spot = Readonly<{ source: string; index: number }>;
export type Tampering = 'drop' | 'double' | 'alter' | 'swap';

type Value = Readonly<Record<string, unknown>>;

/** Changes of a record's value that matter; each is tried. */
const alterations: Partial<Record<TopicKey, readonly ((value: Value) => Value)[]>> = {
  assembledOrders: [
    (value) => ({ ...value, total: (value['total'] as bigint) + 1n }),
    (value) => ({ ...value, place: `${value['place'] as string}0` }),
  ],
  orderPayments: [
    (value) => ({ ...value, amount: (value['amount'] as bigint) - 1n }),
    (value) => ({ ...value, factId: 'evt_forged' }),
    (value) => ({ ...value, kind: 'payment.canceled' }),
  ],
};
const command: readonly ((value: Value) => Value)[] = [
  (value) => ({ ...value, commandId: `${value['commandId'] as string}0` }),
  (value) => ({ ...value, causationId: 'evt_forged' }),
  (value) => ({ ...value, occurredAt: (value['occurredAt'] as bigint) + 1n }),
  (value) => ({ ...value, orderId: '999999' }),
  (value) => ({ ...value, workflow: 'forged@9' }),
];
const result: readonly ((value: Value) => Value)[] = [
  (value) => ({ ...value, commandId: `${value['commandId'] as string}0` }),
  (value) => ({ ...value, orderId: '999999' }),
  (value) => ({ ...value, type: 'Forged' }),
  (value) => ({ ...value, target: 'forged' }),
  (value) => ({ ...value, status: 'refused' }),
  (value) => ({ ...value, objectId: null }),
];

const topicOf = (source: string): string => source.slice(0, source.lastIndexOf('/'));

const keyOfTopic: Readonly<Record<string, TopicKey>> = {
  'orders.assembled': 'assembledOrders',
  'order.payments': 'orderPayments',
  'stripe.commands': 'stripeCommands',
  'adnsf.commands': 'adnsfCommands',
  'erp.commands': 'erpCommands',
  notifications: 'notifications',
  'stripe.results': 'stripeResults',
  'adnsf.results': 'adnsfResults',
  'erp.results': 'erpResults',
};

/** Topics whose every record is part of what a certificate says. */
export const provenTopics: readonly string[] = Object.keys(keyOfTopic);

const changesOf = (topic: string): readonly ((value: Value) => Value)[] =>
  topic.endsWith('.results') ? result : (alterations[keyOfTopic[topic]!] ?? command);

export const alterationCount = (topic: string): number => changesOf(topic).length;

const altered = (schemas: Schemas, topic: string, record: ConsumedRecord, nth: number): ConsumedRecord => {
  const { value: serde } = schemas.topic(keyOfTopic[topic]!);
  const changed = changesOf(topic)[nth]!(serde.decode(record.value!));
  return { ...record, value: serde.encode(changed as never) };
};

/** The next record of the same key in the same partition. */
export const nextOfKey = (logs: Logs, { source, index }: Spot): number => {
  const records = logs.get(source)!;
  return records.findIndex((record, at) => at > index && record.key?.equals(records[index]!.key!) === true);
};

/** The history with one record tampered with. `alter:n` makes the nth alteration. */
export const tampered = (schemas: Schemas, logs: Logs, spot: Spot, how: Tampering, nth = 0): Logs => {
  const { source, index } = spot;
  const records = [...logs.get(source)!];
  const record = records[index]!;
  switch (how) {
    case 'drop':
      records.splice(index, 1);
      break;
    case 'double':
      records.splice(index + 1, 0, record);
      break;
    case 'alter':
      records[index] = altered(schemas, topicOf(source), record, nth);
      break;
    case 'swap': {
      const other = nextOfKey(logs, spot);
      records[index] = records[other]!;
      records[other] = record;
    }
  }
  return new Map([...logs, [source, records]]);
};
