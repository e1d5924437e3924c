/**
 * One decider per order, and per whatever else is decided about: facts in, commands out, each command once. What is
 * known of each, its aggregate says; what is sent, the workflows.
 */
import type { Schemas } from '../../../schemas/serde.ts';
import type { TopicKey } from '../../../schemas/topics.ts';
import { redrivenFrom } from '../../runtime/redrive.ts';
import { input, type Stage, type StageContext, type StageRecord, type Store } from '../../runtime/topology.ts';
import type { Policy } from '../domain/policy.ts';
import {
  type Aggregate,
  aggregateOf,
  aggregates,
  type Decided,
  type FactKind,
  isNobodys,
} from '../workflows/aggregates.ts';
import { decide, holdsOf } from '../workflows/decide.ts';
import type { Command } from '../workflows/plan.ts';
import type { Workflows } from '../workflows/set.ts';

/** Each topic of facts, in a fixed order, with what its facts are to each kind that hears of it. */
const heardBy = (): ReadonlyMap<TopicKey, ReadonlyMap<Aggregate, FactKind<Decided>>> => {
  const heard = new Map<TopicKey, Map<Aggregate, FactKind<Decided>>>();
  for (const aggregate of aggregates.values())
    for (const fact of Object.values(aggregate.facts))
      for (const topic of fact.topics)
        heard.set(topic, (heard.get(topic) ?? new Map<Aggregate, FactKind<Decided>>()).set(aggregate, fact));
  return heard;
};

/** The stage keeps the name of its first kind: consumer group, producers and changelogs are named by it. */
export const decidersStage = (application: string, schemas: Schemas, policy: Policy, workflows: Workflows): Stage => {
  const stores = new Map(
    [...aggregates.values()].map((aggregate) => [
      aggregate,
      schemas.store(application, aggregate.store) as unknown as Store<Decided>,
    ]),
  );
  const stripeCommands = schemas.topic('stripeCommands');
  const adnsfCommands = schemas.topic('adnsfCommands');
  const erpCommands = schemas.topic('erpCommands');
  const notifications = schemas.topic('notifications');

  const emit = (command: Command, context: StageContext): void => {
    switch (command.target) {
      case 'stripe':
        context.send(stripeCommands, command.orderId, command);
        break;
      case 'adnsf':
        context.send(adnsfCommands, command.orderId, command);
        break;
      case 'erp':
        context.send(erpCommands, command.orderId, command);
        break;
      case 'notifications':
        context.send(notifications, command.orderId, command);
        break;
    }
  };

  const onFact =
    (kinds: ReadonlyMap<Aggregate, FactKind<Decided>>) =>
    (record: StageRecord, context: StageContext): void => {
      if (record.value === null) {
        context.count('ignored', 'tombstone');
        return;
      }
      if (isNobodys(record.key)) {
        context.count('ignored', 'nobodys');
        return;
      }
      const aggregate = aggregateOf(record.key);
      const fact = kinds.get(aggregate);
      const store = stores.get(aggregate);
      if (fact === undefined || store === undefined) {
        context.deadLetter('unknown_key', `no ${aggregate.name} hears of ${record.topic}: key ${record.key}`);
        return;
      }
      const before = context.store(store).get(record.key) ?? aggregate.initial(record.key);
      const folded = fact.fold(before, record.value);
      const { refusal, known = false } = folded;
      // Whoever redrove it must hear that nothing has come of it.
      const redriven = redrivenFrom(record.headers) !== undefined;
      if (refusal && (!known || redriven)) context.deadLetter(refusal.code, refusal.message);
      if (folded.state === before) {
        const still = redriven && !refusal ? holdsOf(workflows.current, aggregate, policy, before) : [];
        for (const { code, message } of still) context.deadLetter(code, message);
        context.count('ignored', 'nothing_new');
        return;
      }
      const { state, commands, letters } = decide(workflows.current, aggregate, policy, before, folded);
      for (const { code, message } of letters) context.deadLetter(code, message);
      for (const command of commands) emit(command, context);
      context.store(store).put(record.key, state);
    };

  return {
    name: 'orders',
    inputs: [...heardBy()].map(([topic, kinds]) => input({ topic: schemas.topic(topic), process: onFact(kinds) })),
    stores: [...stores.values()],
    outputs: [stripeCommands, adnsfCommands, erpCommands, notifications],
  };
};
