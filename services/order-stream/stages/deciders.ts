/**
 * One decider per order, and per whatever else is decided about: facts in, commands out, each command once. What is
 * known of each, its aggregate says; what is sent, the workflows.
 */
import type { CommandResult } from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import type { TopicKey } from '../../../schemas/topics.ts';
import { redrivenFrom } from '../../runtime/redrive.ts';
import { input, type Stage, type StageContext, type StageRecord, type Store } from '../../runtime/topology.ts';
import type { Folded } from '../domain/order.ts';
import type { Policy } from '../domain/policy.ts';
import { type Aggregate, aggregateOf, aggregates, type Decided, type FactKind } from '../workflows/aggregates.ts';
import { decide, holdsOf } from '../workflows/decide.ts';
import type { Command } from '../workflows/plan.ts';
import type { Workflows } from '../workflows/set.ts';
import { earlyResults } from './early-results.ts';

/** What the facts of a topic are to each kind that hears of them. */
type Kinds = ReadonlyMap<Aggregate, readonly FactKind<Decided>[]>;

/** Each topic of facts, in a fixed order, with what its facts are to each kind that hears of it. */
const heardBy = (): ReadonlyMap<TopicKey, Kinds> => {
  const heard = new Map<TopicKey, Map<Aggregate, FactKind<Decided>[]>>();
  for (const aggregate of aggregates.values())
    for (const fact of Object.values(aggregate.facts))
      for (const topic of fact.topics) {
        const kinds = heard.get(topic) ?? new Map<Aggregate, FactKind<Decided>[]>();
        heard.set(topic, kinds.set(aggregate, [...(kinds.get(aggregate) ?? []), fact]));
      }
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
  const early = earlyResults(application, schemas);
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

  /** Decides what follows from a fact, and says so. */
  const follow = (aggregate: Aggregate, before: Decided, folded: Folded<Decided>, context: StageContext) => {
    const { state, commands, letters } = decide(workflows.current, aggregate, policy, before, folded);
    for (const { code, message } of letters) context.deadLetter(code, message);
    for (const command of commands) emit(command, context);
    return { state, commands };
  };

  /** The state after what had been answered already of commands that were sent now, and of those that followed. */
  const withEarly = (
    aggregate: Aggregate,
    after: Readonly<{ state: Decided; commands: readonly Command[] }>,
    context: StageContext,
  ): Decided => {
    const answers = Object.values(aggregate.facts).find(({ isAnswer }) => isAnswer);
    let { state } = after;
    if (answers === undefined) return state;
    const sent = [...after.commands];
    for (let command = sent.shift(); command !== undefined; command = sent.shift())
      for (const result of early.taken(command.commandId, context)) {
        const folded = answers.fold(state, result);
        // A refusal was told of when it came.
        if (folded.refusal && result.status === 'succeeded')
          context.deadLetter(folded.refusal.code, folded.refusal.message);
        if (folded.state === state) continue;
        const next = follow(aggregate, state, folded, context);
        ({ state } = next);
        sent.push(...next.commands);
      }
    return state;
  };

  const onFact =
    (kinds: Kinds) =>
    (record: StageRecord, context: StageContext): void => {
      const { value } = record;
      if (value === null) {
        context.count('ignored', 'tombstone');
        return;
      }
      const aggregate = aggregateOf(record.key);
      const fact = kinds.get(aggregate)?.find(({ tells }) => tells?.(value) ?? true);
      const store = stores.get(aggregate);
      if (fact === undefined || store === undefined) {
        context.deadLetter('unknown_key', `no ${aggregate.name} hears of ${record.topic}: key ${record.key}`);
        return;
      }
      const before = context.store(store).get(record.key) ?? aggregate.initial(record.key);
      const folded = fact.fold(before, value);
      const { refusal, known = false } = folded;
      if (fact.isAnswer && !before.issued.includes((value as CommandResult).commandId)) {
        const told = early.keep(value as CommandResult, context);
        if (refusal && !told) context.deadLetter(refusal.code, refusal.message);
        return;
      }
      // Whoever redrove it must hear that nothing has come of it.
      const redriven = redrivenFrom(record.headers) !== undefined;
      if (refusal && (!known || redriven)) context.deadLetter(refusal.code, refusal.message);
      if (folded.state === before) {
        const still = redriven && !refusal ? holdsOf(workflows.current, aggregate, policy, before) : [];
        for (const { code, message } of still) context.deadLetter(code, message);
        context.count('ignored', 'nothing_new');
        return;
      }
      const state = withEarly(aggregate, follow(aggregate, before, folded, context), context);
      context.store(store).put(record.key, state);
    };

  return {
    name: 'orders',
    inputs: [...heardBy()].map(([topic, kinds]) => input({ topic: schemas.topic(topic), process: onFact(kinds) })),
    stores: [...stores.values(), early.store],
    outputs: [stripeCommands, adnsfCommands, erpCommands, notifications],
  };
};
