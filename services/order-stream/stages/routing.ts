/**
 * Brings what Stripe says to the order it is about. Most objects carry the order's id in their metadata; for the others
 * the objects that do tell which order they belong to, through a topic keyed by object. What is about no order
 * (payouts, customers, billing, the catalogue) goes to a topic of its own.
 */
import type { LinkedObject, PaymentFact, StripeEvent } from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { input, type Stage, type StageContext, type StageRecord } from '../../runtime/topology.ts';
import type { Policy } from '../domain/policy.ts';
import type { OtherFact } from '../sources/stripe/facts.ts';
import { interpret } from '../sources/stripe/interpret.ts';

const isSame = (left: PaymentFact, right: PaymentFact): boolean =>
  left.factId === right.factId && left.objectId === right.objectId && left.kind === right.kind;

export const routingStage = (application: string, schemas: Schemas, policy: Policy): Stage => {
  const links = schemas.store(application, 'links');
  const unrouted = schemas.store(application, 'unrouted');
  const objects = schemas.topic('stripeObjects');
  const payments = schemas.topic('orderPayments');
  const payouts = schemas.topic('payoutFacts');
  const customers = schemas.topic('customerFacts');
  const catalog = schemas.topic('catalogFacts');
  const billing = schemas.topic('billingFacts');

  const route = (fact: PaymentFact, orderId: string, context: StageContext): void => {
    if (fact.kind === 'payment.other') context.count('ignored', `payment_intent ${fact.status}`);
    else context.send(payments, orderId, { ...fact, orderId });
  };

  const hand = (other: OtherFact, context: StageContext): void => {
    switch (other.topic) {
      case 'payoutFacts':
        context.send(payouts, other.key, other.fact);
        break;
      case 'customerFacts':
        context.send(customers, other.key, other.fact);
        break;
      case 'catalogFacts':
        context.send(catalog, other.key, other.fact);
        break;
      case 'billingFacts':
        context.send(billing, other.key, other.fact);
        break;
    }
  };

  const publish = (objectIds: readonly string[], orderId: string, context: StageContext): void => {
    for (const objectId of objectIds) {
      if (context.store(links).get(objectId)?.orderId === orderId) continue;
      context.store(links).put(objectId, { objectId, orderId });
      context.send(objects, objectId, { objectId, orderId });
    }
  };

  const keepWaiting = (facts: readonly PaymentFact[], key: string, context: StageContext): void => {
    const waiting = context.store(unrouted).get(key)?.facts ?? [];
    const news = facts.filter((fact) => !waiting.some((other) => isSame(other, fact)));
    if (news.length > 0) context.store(unrouted).put(key, { facts: [...waiting, ...news] });
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
      case 'refused':
        context.deadLetter(said.code, said.message);
        return;
      case 'ignored':
        context.count('ignored', said.reason);
        return;
      case 'facts': {
        for (const other of said.others) hand(other, context);
        const orderId = said.orderId ?? context.store(links).get(record.key)?.orderId;
        if (orderId !== undefined) {
          publish(said.links, orderId, context);
          for (const fact of said.payments) route(fact, orderId, context);
        } else if (said.payments.length > 0) {
          keepWaiting(said.payments, record.key, context);
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
    for (const fact of context.store(unrouted).get(record.key)?.facts ?? []) {
      // What waited may be what others wait for: a payment's charge.
      const { paymentIntentId, chargeId } = fact;
      publish(
        [paymentIntentId, chargeId].filter((id) => id !== null && id !== record.key) as string[],
        orderId,
        context,
      );
      route(fact, orderId, context);
    }
    context.store(unrouted).delete(record.key);
  };

  return {
    name: 'routing',
    inputs: [input({ topic: schemas.topic('stripeEvents'), process: event }), input({ topic: objects, process: link })],
    stores: [links, unrouted],
    outputs: [objects, payments, payouts, customers, catalog, billing],
  };
};
