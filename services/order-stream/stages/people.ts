/**
 * Puts what the shop's rows and what Stripe's customers say of people into one topic, and so into one order: the one in
 * which each person's decider hears it, now and in every replay (ADR 0029). Two topics read side by side have none.
 */
import type { Schemas } from '../../../schemas/serde.ts';
import type { TopicValues } from '../../../schemas/topics.ts';
import { input, type Stage, type StageContext, type StageRecord } from '../../runtime/topology.ts';

export const peopleStage = (schemas: Schemas): Stage => {
  const people = schemas.topic('peopleFacts');
  const handOn = (record: StageRecord<TopicValues['peopleFacts']>, context: StageContext): void => {
    if (record.value === null) context.count('ignored', 'tombstone');
    else context.send(people, record.key, record.value);
  };
  return {
    name: 'people',
    inputs: [
      input({ topic: schemas.topic('shopCustomers'), process: handOn }),
      input({ topic: schemas.topic('customerFacts'), process: handOn }),
    ],
    stores: [],
    outputs: [people],
  };
};
