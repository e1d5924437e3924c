/**
 * Brings what Stripe says of payments to the order or the invoice that they pay. Most objects carry the order's id in
 * their metadata; for the others the objects that do tell which order they belong to, through a topic keyed by object,
 * and so do invoices of what they are paid with. What is about no payment (payouts, customers, billing, the catalogue)
 * goes to a topic of its own. What a payout has booked of a payment before anybody said whose it is meets its order here.
 */
import type {
  AssembledOrder,
  CommandResult,
  LinkedObject,
  PaymentFact,
  PayoutLine,
  StripeEvent,
} from '../../../schemas/generated/types.ts';
import type { Schemas } from '../../../schemas/serde.ts';
import { input, type Stage, type StageContext, type StageRecord } from '../../runtime/topology.ts';
import { isBookedElsewhere } from '../domain/booked-by-orders.ts';
import { unclaimedLines } from '../domain/payout-claims.ts';
import type { Policy } from '../domain/policy.ts';
import { stripeReferenceOf, subjectOf } from '../domain/shop.ts';
import type { OtherFact } from '../sources/stripe/facts.ts';
import { interpret } from '../sources/stripe/interpret.ts';

const isSame = (left: PaymentFact, right: PaymentFact): boolean =>
  left.factId === right.factId && left.objectId === right.objectId && left.kind === right.kind;

const isInvoice = (key: string): boolean => key.startsWith('invoice:');

export const routingStage = (application: string, schemas: Schemas, policy: Policy): Stage => {
  const links = schemas.store(application, 'links');
  const unrouted = schemas.store(application, 'unrouted');
  const unclaimed = schemas.store(application, 'unclaimed');
  const objects = schemas.topic('stripeObjects');
  const payments = schemas.topic('orderPayments');
  const payouts = schemas.topic('payoutFacts');
  const customers = schemas.topic('customerFacts');
  const catalog = schemas.topic('catalogFacts');
  const billing = schemas.topic('billingFacts');
  const orphans = schemas.topic('payoutUnclaimed');
  const claims = schemas.topic('payoutClaims');

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

  /** An order that an object names counts for more than an invoice that it pays. */
  const isTakenByOrder = (objectId: string, orderId: string, context: StageContext): boolean => {
    const known = context.store(links).get(objectId)?.orderId;
    return known !== undefined && isInvoice(orderId) && !isInvoice(known);
  };

  const publish = (objectIds: readonly string[], orderId: string, context: StageContext): void => {
    for (const objectId of objectIds) {
      if (context.store(links).get(objectId)?.orderId === orderId) continue;
      if (isTakenByOrder(objectId, orderId, context)) continue;
      context.store(links).put(objectId, { objectId, orderId });
      context.send(objects, objectId, { objectId, orderId });
    }
  };

  /**
   * Invoices name a PaymentIntent, and so do orders that the shop's own gateway has charged; its charges, which old
   * versions' refunds and disputes name alone, are known from what is told of it.
   */
  const publishOf = (facts: readonly PaymentFact[], orderId: string, context: StageContext): void => {
    const ids = facts.flatMap(({ paymentIntentId, chargeId }) => [paymentIntentId, chargeId]);
    publish([...new Set(ids.filter((id) => id !== null))], orderId, context);
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
        if (said.orderId !== null) publish(said.links, said.orderId, context);
        const orderId = said.orderId ?? context.store(links).get(record.key)?.orderId;
        if (orderId !== undefined) {
          if (said.orderId === null) publishOf(said.payments, orderId, context);
          for (const fact of said.payments) route(fact, orderId, context);
        } else if (said.payments.length > 0) {
          keepWaiting(said.payments, record.key, context);
          context.count('unrouted', record.value.type);
        }
      }
    }
  };

  /** Tells payouts of their lines that the owner of the object books. Lines stay known: a page may be read again. */
  const claim = (objectId: string, lines: readonly PayoutLine[], owner: string, context: StageContext): void => {
    const told = lines.map((line) => {
      if (line.owner !== null || !isBookedElsewhere({ category: line.category, orderId: owner })) return line;
      context.send(claims, `payout:${line.payoutId}`, { ...line, owner });
      return { ...line, owner };
    });
    context.store(unclaimed).put(objectId, { lines: told });
  };

  /** A page of a payout's list: what is nobody's goes to where its owner will be told of. */
  const listed = ({ value: result }: StageRecord<CommandResult>, context: StageContext): void => {
    for (const line of result === null ? [] : unclaimedLines(result)) context.send(orphans, line.objectId, line);
  };

  const orphan = ({ key, value: line }: StageRecord<PayoutLine>, context: StageContext): void => {
    if (line === null) {
      context.count('ignored', 'tombstone');
      return;
    }
    const known = context.store(unclaimed).get(key)?.lines ?? [];
    if (known.some(({ balanceTransactionId }) => balanceTransactionId === line.balanceTransactionId)) {
      context.count('ignored', 'nothing_new');
      return;
    }
    const lines = [...known, line];
    const owner = context.store(links).get(key)?.orderId;
    if (owner === undefined) context.store(unclaimed).put(key, { lines });
    else claim(key, lines, owner, context);
  };

  const link = (record: StageRecord<LinkedObject>, context: StageContext): void => {
    if (record.value === null) {
      context.count('ignored', 'tombstone');
      return;
    }
    const { orderId } = record.value;
    if (isTakenByOrder(record.key, orderId, context)) {
      context.count('ignored', 'invoice_of_order');
      return;
    }
    context.store(links).put(record.key, record.value);
    const orphaned = context.store(unclaimed).get(record.key);
    if (orphaned !== undefined) claim(record.key, orphaned.lines, orderId, context);
    const waiting = context.store(unrouted).get(record.key)?.facts ?? [];
    publishOf(waiting, orderId, context);
    for (const fact of waiting) route(fact, orderId, context);
    context.store(unrouted).delete(record.key);
  };

  /**
   * What the shop's own gateway has charged is the order's, although nothing at Stripe says so. Orders that Stripe collects
   * are named by their PaymentIntent.
   */
  const order = (record: StageRecord<AssembledOrder>, context: StageContext): void => {
    const placed = record.value;
    if (placed === null || policy.stripeMethods.includes(placed.paymentMethod)) return;
    // What a subscription has billed belongs to its invoice.
    if (placed.subscriptionId !== null) return;
    const charged = stripeReferenceOf(placed.paymentReference);
    if (charged !== null && placed.complete) publish([charged], subjectOf(placed), context);
  };

  return {
    name: 'routing',
    inputs: [
      input({ topic: schemas.topic('stripeEvents'), process: event }),
      input({ topic: objects, process: link }),
      input({ topic: schemas.topic('assembledOrders'), process: order }),
      input({ topic: schemas.topic('adnsfSnapshots'), process: order }),
      input({ topic: schemas.topic('stripeResults'), process: listed, concerns: (key) => key.startsWith('payout:') }),
      input({ topic: orphans, process: orphan }),
    ],
    stores: [links, unrouted, unclaimed],
    outputs: [objects, payments, payouts, customers, catalog, billing, orphans, claims],
  };
};
