/**
 * The order stream as data: customer-keyed assembly, routing of what Stripe says, one order for what is said of people,
 * and one decider per order.
 */
import type { Schemas } from '../../schemas/serde.ts';
import type { Topology } from '../runtime/topology.ts';
import type { Policy } from './domain/policy.ts';
import { assemblyStage } from './stages/assembly.ts';
import { decidersStage } from './stages/deciders.ts';
import { peopleStage } from './stages/people.ts';
import { routingStage } from './stages/routing.ts';
import type { Workflows } from './workflows/set.ts';

export const ORDER_STREAM = 'order-stream';

/** @param workflows what is sent; its current set may be replaced while the topology runs */
export const orderTopology = (schemas: Schemas, policy: Policy, version: string, workflows: Workflows): Topology => ({
  application: ORDER_STREAM,
  version,
  stages: [
    assemblyStage(ORDER_STREAM, schemas, policy),
    routingStage(ORDER_STREAM, schemas, policy),
    peopleStage(schemas),
    decidersStage(ORDER_STREAM, schemas, policy, workflows),
  ],
  deadLetters: schemas.topic('deadLetters'),
});
