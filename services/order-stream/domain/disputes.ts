/** Disputes about an order, by the state they are in at Stripe, and the money they moved. */
import type { DisputeState, Movement, PaymentFact } from '../../../schemas/generated/types.ts';
import { before, either, furthest, withObject, withTelling } from './object-state.ts';

/**
 * How far a dispute has come. An inquiry (`warning_*`) may become a dispute even after it was closed. What was won or
 * lost may be appealed and decided anew: there the latest telling counts.
 */
const ranks: Readonly<Record<string, number>> = {
  warning_needs_response: 10,
  warning_under_review: 20,
  warning_closed: 30,
  prevented: 60,
  needs_response: 40,
  under_review: 50,
  charge_refunded: 60,
  won: 60,
  lost: 60,
  appeal_needs_response: 60,
  appeal_under_review: 60,
};

export const disputeRank = (status: string): number => (Object.hasOwn(ranks, status) ? ranks[status]! : 0);

/** By balance transaction, sorted; the same array when none is new. */
const withMovements = (known: readonly Movement[], told: readonly Movement[]): readonly Movement[] => {
  const ids = new Set(known.map(({ balanceTransactionId }) => balanceTransactionId));
  const news = told.filter(({ balanceTransactionId }) => !ids.has(balanceTransactionId));
  if (news.length === 0) return known;
  const byId = new Map([...known, ...news].map((movement) => [movement.balanceTransactionId, movement] as const));
  return [...byId.values()].sort((left, right) => (left.balanceTransactionId < right.balanceTransactionId ? -1 : 1));
};

/** What says how it was opened stays what it was, whatever is told of it before that is sent. */
const openedAs = ({ factId, amount, evidenceDueAt }: PaymentFact) => ({
  openedBy: factId,
  openedAmount: amount,
  openedDueAt: evidenceDueAt,
});

const began = (fact: PaymentFact): DisputeState => ({
  id: fact.objectId,
  status: fact.status,
  history: withTelling([], fact),
  paymentIntentId: fact.paymentIntentId,
  chargeId: fact.chargeId,
  amount: fact.amount,
  currency: fact.currency,
  reason: fact.reason,
  toldAt: fact.occurredAt,
  toldBy: fact.factId,
  movements: withMovements([], fact.movements),
  evidenceDueAt: fact.evidenceDueAt,
  createdAt: fact.objectCreatedAt,
  ...openedAs(fact),
});

const joined = (known: DisputeState, fact: PaymentFact): DisputeState => {
  const history = withTelling(known.history, fact);
  const told = { at: fact.occurredAt, factId: fact.factId };
  const isLater = before({ at: known.toldAt, factId: known.toldBy }, told);
  const isFirst = known.history.every((telling) => before(told, telling));
  return {
    ...known,
    status: furthest(history, disputeRank),
    history,
    paymentIntentId: either(known.paymentIntentId, fact.paymentIntentId),
    chargeId: either(known.chargeId, fact.chargeId),
    ...(isLater && {
      amount: fact.amount,
      currency: fact.currency,
      reason: fact.reason,
      evidenceDueAt: fact.evidenceDueAt,
      toldAt: told.at,
      toldBy: told.factId,
    }),
    ...(isFirst && openedAs(fact)),
    movements: withMovements(known.movements, fact.movements),
    createdAt: either(known.createdAt, fact.objectCreatedAt),
  };
};

/** The disputes after a fact of kind `dispute.*`, by id; the same array when it tells nothing new. */
export const withDispute = (disputes: readonly DisputeState[], fact: PaymentFact): readonly DisputeState[] =>
  withObject(disputes, fact, began, joined);
