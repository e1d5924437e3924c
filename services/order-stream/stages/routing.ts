/**
 * Brings what Stripe says to the order it is about. Most objects carry the order's id in their metadata; for the others
 * the objects that do tell which order they belong to, through a topic keyed by object.
 */
import type { LinkedObject, PaymentFact, StripeEvent } from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { input, type Stage, type StageContext, type StageRecord } from '../../runtime/topology.ts';
import type { Policy } from '../domain/policy.ts';
import { interpret } from '../sources/stripe.ts';

export const routingStage = (application: string, schemas: Schemas, policy: Policy): Stage => {
  const links = schemas.store(application, 'links');
  const unrouted = schemas.store(application, 'unrouted');
  const objects = schemas.topic('stripeObjects');
  const payments = schemas.topic('orderPayments');

  const route = (fact: PaymentFact, orderId: string, context: StageContext): void => {
    if (fact.kind === 'payment.other') context.count('ignored', `payment_intent ${fact.status}`);
    else context.send(payments, orderId, { ...fact, orderId });
  };

  const event = (record: StageRecord<StripeEvent>, context: StageContext): void => {
    if (record.value === null) {
      context.count('ignored', 'tombstone');
      return;
    }
    if (record.value.livemode !== policy.livemode) {
      context.deadLetter(
        'livemode_mismatch',
        `event ${record.value.id} is of ${record.value.livemode ? 'live' : 'test'} mode`,
      );
      return;
    }
    const said = interpret(record.value);
    switch (said.kind) {
      case 'malformed':
        context.deadLetter('malformed_event', said.message);
        return;
      case 'ignored':
        context.count('ignored', said.reason);
        return;
      case 'fact': {
        if (said.orderId !== null) {
          for (const objectId of said.links) {
            if (context.store(links).get(objectId)?.orderId === said.orderId) continue;
            context.store(links).put(objectId, { objectId, orderId: said.orderId });
            context.send(objects, objectId, { objectId, orderId: said.orderId });
          }
          route(said.fact, said.orderId, context);
          return;
        }
        const known = context.store(links).get(record.key);
        if (known) route(said.fact, known.orderId, context);
        else {
          const waiting = context.store(unrouted).get(record.key)?.facts ?? [];
          context.store(unrouted).put(record.key, { facts: [...waiting, said.fact] });
          context.count('unrouted', record.value.type);
        }
      }
    }
  };

  const link = (record: StageRecord<LinkedObject>, context: StageContext): void => {
    if (record.value === null) {
      context.count('ignored', 'tombstone');
      return;
    }
    const { orderId } = record.value;
    context.store(links).put(record.key, record.value);
    for (const fact of context.store(unrouted).get(record.key)?.facts ?? []) route(fact, orderId, context);
    context.store(unrouted).delete(record.key);
  };

  return {
    name: 'routing',
    inputs: [input({ topic: schemas.topic('stripeEvents'), process: event }), input({ topic: objects, process: link })],
    stores: [links, unrouted],
    outputs: [objects, payments],
  };
};
