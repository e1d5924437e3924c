/**
 * Whether what Stripe said was handed on, each fact as often as it was told. A fact whose order is not known yet waits,
 * and is kept once however often it is told meanwhile: of such a fact there is at least one, and no more than were told.
 */
import type { PaymentFact } from '../../schemas/generated/types.ts';
import { interpret } from '../../services/order-stream/sources/stripe/interpret.ts';
import { canonical } from './canonical.ts';
import type { Evidence } from './evidence.ts';
import type { Say } from './sequence.ts';

type Told = { least: number; most: number; readonly orderId: string | null };

const otherTopics = ['payoutFacts', 'customerFacts', 'catalogFacts', 'billingFacts'] as const;
/** What both sides say of people is handed on once more, as it is. */
const ofPeople = ['shopCustomers', 'customerFacts'] as const;

export const checkFacts = (evidence: Evidence, complete: boolean, say: Say): void => {
  const told = new Map<string, Told>();
  const tell = (topic: string, fact: unknown, orderId: string | null, waited: boolean): void => {
    const text = `${topic} ${canonical(fact)}`;
    const known = told.get(text);
    if (known === undefined) told.set(text, { least: 1, most: 1, orderId });
    else {
      known.most++;
      if (!waited) known.least++;
    }
  };
  const orderOf = new Map<string, string>();
  const waiting: { fact: PaymentFact; key: string }[] = [];
  const route = (fact: PaymentFact, orderId: string, waited: boolean): void => {
    if (fact.kind !== 'payment.other') tell('orderPayments', { ...fact, orderId }, orderId, waited);
  };
  for (const { key, value } of evidence.stripeEvents) {
    if (value === null) continue;
    const said = interpret(value);
    if (said.kind !== 'facts') continue;
    for (const other of said.others) tell(other.topic, other.fact, null, false);
    if (said.orderId === null) waiting.push(...said.payments.map((fact) => ({ fact, key })));
    else {
      for (const objectId of said.links) orderOf.set(objectId, said.orderId);
      for (const fact of said.payments) route(fact, said.orderId, false);
    }
  }
  // Of charges that name a PaymentIntent, and of what failed to pay an invoice, it is found out on the way.
  for (const { value } of evidence.stripeObjects)
    if (value !== null && !orderOf.has(value.objectId)) orderOf.set(value.objectId, value.orderId);
  for (const { fact, key } of waiting) {
    const orderId = orderOf.get(key);
    if (orderId !== undefined) route(fact, orderId, true);
  }

  for (const topic of ofPeople)
    for (const { value } of evidence[topic]) if (value !== null) tell('peopleFacts', value, null, false);

  const found = new Map<string, number>();
  for (const topic of ['orderPayments', ...otherTopics, 'peopleFacts'] as const)
    for (const { value } of evidence[topic]) {
      const text = `${topic} ${canonical(value)}`;
      found.set(text, (found.get(text) ?? 0) + 1);
    }
  for (const [text, times] of found) {
    const known = told.get(text);
    if (known === undefined) say('mismatched', null, `no event says ${text}`);
    else if (times > known.most)
      say('doubled', known.orderId, `handed on ${times} times, told ${known.most} times: ${text}`);
  }
  if (!complete) return;
  for (const [text, { least, orderId }] of told)
    if ((found.get(text) ?? 0) < least)
      say('lost', orderId, `told ${least} times, handed on ${found.get(text) ?? 0} times: ${text}`);
};
