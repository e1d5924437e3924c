/** The stages and topics that an order goes through, by what they mean for it. */
import type { Schemas } from '../../../schemas/serde.ts';
import { ORDER_STREAM, orderTopology } from '../../order-stream/topology.ts';
import type { Policy } from '../../order-stream/domain/policy.ts';
import type { Workflows } from '../../order-stream/workflows/set.ts';
import { groupId } from '../../runtime/topics.ts';
import type { Serde, Stage, Topic } from '../../runtime/topology.ts';

/** An executor or a subscriber: who reads commands, and where its answers go. */
export type Answering = Readonly<{
  commands: string;
  results: string | null;
  /** The consumer group whose positions tell what was carried out; null when the reader keeps them to itself. */
  group: string | null;
}>;

export type Ways = Readonly<{
  assembly: Stage;
  routing: Stage;
  orders: Stage;
  groupOf: (stage: Stage) => string;
  images: Topic<unknown>;
  returns: Topic<unknown>;
  payments: Topic<unknown>;
  /** What the decider reads of the shop as somebody else wrote it. */
  snapshots: readonly Topic<unknown>[];
  targets: ReadonlyMap<string, Answering>;
  serdeOf: (topic: string) => Serde<unknown>;
  /** Everything that has to be opened before it is used. */
  serdes: readonly Serde<unknown>[];
}>;

export const waysOf = (schemas: Schemas, policy: Policy, workflows: Workflows): Ways => {
  const topology = orderTopology(schemas, policy, 'certify', workflows);
  const stage = (name: string): Stage => {
    const found = topology.stages.find((each) => each.name === name);
    if (found === undefined) throw new Error(`the order stream has no stage ${name}`);
    return found;
  };
  const topic = (key: Parameters<Schemas['topic']>[0]): Topic<unknown> => schemas.topic(key);
  const targets = new Map<string, Answering>([
    [
      'stripe',
      {
        commands: topic('stripeCommands').name,
        results: topic('stripeResults').name,
        group: groupId('stripe-executor', 'stripe'),
      },
    ],
    [
      'adnsf',
      {
        commands: topic('adnsfCommands').name,
        results: topic('adnsfResults').name,
        group: groupId('adnsf-executor', 'adnsf'),
      },
    ],
    ['erp', { commands: topic('erpCommands').name, results: topic('erpResults').name, group: null }],
    [
      'notifications',
      {
        commands: topic('notifications').name,
        results: topic('notificationResults').name,
        group: groupId('notifier', 'notifications'),
      },
    ],
  ]);
  const all = [
    ...topology.stages.flatMap(({ inputs, outputs }) => [
      ...inputs.map((input) => input.topic as Topic<unknown>),
      ...outputs,
    ]),
    topic('erpResults'),
    topic('notificationResults'),
    topic('deadLetters'),
  ];
  const made = new Set([...targets.values()].map(({ results }) => results));
  for (const { name } of [topic('assembledOrders'), topic('orderReturns'), topic('orderPayments')]) made.add(name);
  const byName = new Map(all.map(({ name, value }) => [name, value]));
  return {
    assembly: stage('assembly'),
    routing: stage('routing'),
    orders: stage('orders'),
    groupOf: ({ name }) => groupId(ORDER_STREAM, name),
    images: topic('assembledOrders'),
    returns: topic('orderReturns'),
    payments: topic('orderPayments'),
    snapshots: stage('orders')
      .inputs.map((input) => input.topic as Topic<unknown>)
      .filter(({ name }) => !made.has(name)),
    targets,
    serdeOf: (name) => {
      const serde = byName.get(name);
      if (serde === undefined) throw new Error(`no stage reads or writes ${name}`);
      return serde;
    },
    serdes: [...byName.values(), ...topology.stages.flatMap(({ stores }) => stores.map(({ value }) => value))],
  };
};
