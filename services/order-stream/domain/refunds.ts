/** Refunds of an order, by the state they are in at Stripe. */
import type { PaymentFact, RefundState } from '../../../schemas/generated/types.ts';
import { before, either, furthest, withObject, withTelling } from './object-state.ts';

/**
 * How far a refund has come. A refund that succeeded may still fail, when the customer's bank sends the money back;
 * that is its end. Stripe may add statuses: one we do not know is kept, and anything we know goes before it.
 */
const ranks: Readonly<Record<string, number>> = {
  requires_action: 10,
  pending: 20,
  succeeded: 30,
  canceled: 40,
  failed: 50,
};

export const refundRank = (status: string): number => (Object.hasOwn(ranks, status) ? ranks[status]! : 0);

const began = (fact: PaymentFact): RefundState => ({
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
  balanceTransactionId: fact.balanceTransactionId,
  failureBalanceTransactionId: fact.failureBalanceTransactionId,
  failureCode: fact.failureCode,
  createdAt: fact.objectCreatedAt,
  commandId: fact.commandId,
  returnId: fact.returnId,
});

const joined = (known: RefundState, fact: PaymentFact): RefundState => {
  const history = withTelling(known.history, fact);
  const told = { at: fact.occurredAt, factId: fact.factId };
  const isLater = before({ at: known.toldAt, factId: known.toldBy }, told);
  return {
    ...known,
    status: furthest(history, refundRank),
    history,
    paymentIntentId: either(known.paymentIntentId, fact.paymentIntentId),
    chargeId: either(known.chargeId, fact.chargeId),
    ...(isLater && {
      amount: fact.amount,
      currency: fact.currency,
      // People write it there, and put it right.
      returnId: fact.returnId,
      toldAt: told.at,
      toldBy: told.factId,
    }),
    reason: either(known.reason, fact.reason),
    balanceTransactionId: either(known.balanceTransactionId, fact.balanceTransactionId),
    failureBalanceTransactionId: either(known.failureBalanceTransactionId, fact.failureBalanceTransactionId),
    failureCode: either(known.failureCode, fact.failureCode),
    createdAt: either(known.createdAt, fact.objectCreatedAt),
    commandId: either(known.commandId, fact.commandId),
  };
};

/** The refunds after a fact of kind `refund.*`, by id; the same array when it tells nothing new. */
export const withRefund = (refunds: readonly RefundState[], fact: PaymentFact): readonly RefundState[] =>
  withObject(refunds, fact, began, joined);
