/**
 * What is known of an order, folded from facts in whatever order they come. Each fact is told once, by the identity of
 * what it is about; hearing it again, late, or under another event id changes nothing.
 */
import type {
  AssembledOrder,
  CommandResult,
  Decline,
  OrderReturn,
  OrderState,
  PaymentFact,
  Settlement,
} from '../../../schemas/generated/types.ts';
import type { Refusal } from './assemble.ts';
import { changeSince } from './changed.ts';
import { withDispute } from './disputes.ts';
import { withRefundSettlement, withRefundSteps } from './refund-steps.ts';
import { withRefund } from './refunds.ts';
import { unitsIfIn, unitsIn } from './result-units.ts';
import { withDelivery } from './shipments.ts';
import { withReturnImage, withReturnRefusal, withReturns } from './returns.ts';
import { asSold, withAuthorization, withCancellation, withShipment, withVoid } from './shipping.ts';
import { AD_HOC_CREDIT, isAccepted } from './shop.ts';
import { withClosing, withCredit, withRefundRefusal, withRefundRequests } from './shop-refunds.ts';

export const initialOrder = (orderId: string): OrderState => ({
  orderId,
  placed: null,
  stripeCustomer: null,
  paymentIntent: null,
  paid: null,
  declines: [],
  balance: null,
  fee: null,
  issued: [],
  workflows: [],
  refusals: [],
  refunds: [],
  disputes: [],
  refundSteps: [],
  credits: [],
  closings: [],
  refundRequests: [],
  authorized: null,
  cancellations: [],
  shipped: null,
  voided: null,
  sortings: [],
  parent: null,
  labelled: null,
  shipments: [],
  dispatched: null,
  delivered: null,
  shipmentProblem: null,
  returns: [],
});

/** The state after a fact, and why the fact calls for a person, if it does. `known`: that was told before. */
export type Folded<S = OrderState> = Readonly<{ state: S; refusal?: Refusal; known?: boolean }>;

/** Steps of refunds share out what was sold. */
const withSoldSteps = (state: OrderState, before: OrderState): OrderState =>
  state.placed === before.placed ? state : withRefundRequests(withRefundSteps(state));

/** The order may have ended: paid back, or voided. */
const withEnding = (state: OrderState, order: AssembledOrder): OrderState => {
  const ended = withVoid(withClosing(state, order), order);
  return ended.voided === state.voided ? ended : withRefundRequests(ended);
};

/**
 * The first complete image is what was bought. Later ones bring changes of the shop's own, ours among them; and credits,
 * which are orders of their own, are told to their parent.
 */
const withImage = (before: OrderState, order: AssembledOrder): Folded => {
  if (order.orderId !== before.orderId) return { state: withCredit(before, order) };
  const isCredit = order.transactionType === AD_HOC_CREDIT;
  if (before.placed === null && order.complete && (isCredit || isAccepted(order.state)))
    return {
      state: withDelivery(
        withRefundRequests(withRefundSteps(asSold(withShipment({ ...before, placed: order }, order)))),
      ),
    };
  if (isCredit) return { state: before };
  const state = withEnding(withSoldSteps(withShipment(before, order), before), order);
  if (state.placed === null) return { state };
  const change = changeSince(state.placed, order);
  if (change === undefined) return { state };
  // What is shipped is what is sold: until then it may still be changed.
  if (state.authorized !== null && state.shipped === null && state.paid === null) return { state };
  const key = `order_changed/${change}`;
  const known = state.refusals.includes(key);
  return {
    known,
    state: known ? state : { ...state, refusals: [...state.refusals, key] },
    refusal: {
      code: 'order_changed',
      message: `order ${state.orderId} is acted on as it was when it was complete (${state.placed.place}), and has changed since: ${change}`,
    },
  };
};

/** The order that this one repeats, or adds to: the shop may write it when all else is there. */
const withParent = (state: OrderState, order: AssembledOrder): OrderState => {
  const { orderId, parentOrderNumber: parent, transactionType, place, changedAt: at } = order;
  const isOwn = orderId === state.orderId && transactionType !== AD_HOC_CREDIT;
  if (!isOwn || state.parent !== null || parent === null || parent <= 0 || String(parent) === orderId) return state;
  return { ...state, parent: { orderId: String(parent), causationId: `adnsf:Orders:${orderId}@${place}`, at } };
};

const withWhole = (before: OrderState, order: AssembledOrder): Folded => {
  const folded = withImage(before, order);
  return { ...folded, state: withParent(folded.state, order) };
};

const declineOf = (fact: PaymentFact): Decline => ({
  factId: fact.factId,
  paymentIntentId: fact.paymentIntentId ?? fact.objectId,
  chargeId: fact.chargeId,
  code: fact.failureCode ?? 'unknown',
  declineCode: fact.declineCode,
  message: fact.failureMessage ?? 'The payment was declined.',
  at: fact.occurredAt,
});

/** One attempt, one charge; failures before a charge exists are told apart by their reason. */
export const declineIdentity = (decline: Decline): string =>
  decline.chargeId ?? `${decline.paymentIntentId}-${decline.code}`;

const withMoney = (state: OrderState, fact: PaymentFact): Folded => {
  if (fact.kind.startsWith('refund.')) {
    const refunds = withRefund(state.refunds, fact);
    return { state: refunds === state.refunds ? state : withRefundSteps({ ...state, refunds }) };
  }
  if (fact.kind.startsWith('dispute.')) {
    const disputes = withDispute(state.disputes, fact);
    return { state: disputes === state.disputes ? state : { ...state, disputes } };
  }
  switch (fact.kind) {
    case 'payment.succeeded': {
      const paymentIntentId = fact.paymentIntentId ?? fact.objectId;
      if (state.paid !== null)
        return state.paid.paymentIntentId === paymentIntentId
          ? { state }
          : {
              state,
              refusal: {
                code: 'paid_twice',
                message: `order ${state.orderId} is paid by ${state.paid.paymentIntentId} and again by ${paymentIntentId}`,
              },
            };
      const { factId, chargeId, amount, currency, occurredAt: at } = fact;
      const released = fact.intended === null || fact.intended < amount ? 0n : fact.intended - amount;
      const paid = { factId, paymentIntentId, chargeId, amount, currency, at, released };
      return { state: withRefundRequests(withRefundSteps({ ...state, paid })) };
    }
    case 'payment.failed': {
      const decline = declineOf(fact);
      const known = state.declines.some((other) => declineIdentity(other) === declineIdentity(decline));
      return { state: known ? state : { ...state, declines: [...state.declines, decline] } };
    }
    case 'payment.authorized':
      return { state: withSoldSteps(withAuthorization(state, fact), state) };
    case 'payment.canceled':
      return { state: withCancellation(state, fact) };
    case 'charge.balanced': {
      const { factId, balanceTransactionId, chargeId, occurredAt: at } = fact;
      if (state.balance !== null || balanceTransactionId === null) return { state };
      return { state: { ...state, balance: { factId, balanceTransactionId, chargeId, at } } };
    }
    default:
      return { state };
  }
};

/** What a balance transaction came to. @throws TypeError when the result does not say so */
export const settlementIn = (result: CommandResult): Settlement => ({
  causationId: result.commandId,
  gross: unitsIn(result, 'gross'),
  fee: unitsIn(result, 'fee'),
  net: unitsIn(result, 'net'),
  currency: (result.detail['currency'] ?? '').toUpperCase(),
  at: result.completedAt,
  category: result.detail['category'] ?? null,
  presented: unitsIfIn(result, 'presented'),
  presentedCurrency: result.detail['presentedCurrency'] ?? null,
  rate: result.detail['rate'] ?? null,
  conversionFee: unitsIfIn(result, 'conversionFee') ?? 0n,
});

/** A peer said no for good: a person is told. */
export const withRefusal = <S extends Readonly<{ refusals: readonly string[] }>>(
  state: S,
  result: CommandResult,
): Folded<S> => {
  const known = state.refusals.includes(result.commandId);
  return {
    known,
    state: known ? state : { ...state, refusals: [...state.refusals, result.commandId] },
    refusal: {
      code: `${result.target}_refused`,
      message: `${result.commandId}: ${result.errorCode ?? 'refused'}: ${result.errorMessage ?? 'no reason given'}`,
    },
  };
};

const withAnswer = (state: OrderState, result: CommandResult): Folded => {
  if (result.status !== 'succeeded')
    return withRefusal(
      withReturnRefusal(result.type === 'CreateRefund' ? withRefundRefusal(state, result) : state, result),
      result,
    );
  const { commandId: causationId, completedAt: at, objectId } = result;
  switch (result.type) {
    case 'EnsureCustomer':
      if (state.stripeCustomer !== null || objectId === null) return { state };
      return { state: { ...state, stripeCustomer: { customerId: objectId, causationId, at } } };
    case 'CreatePaymentIntent':
      if (state.paymentIntent !== null || objectId === null) return { state };
      return {
        state: {
          ...state,
          paymentIntent: {
            ...{ paymentIntentId: objectId, causationId, at },
            collection: result.detail['collection'] ?? null,
          },
        },
      };
    case 'LabelPayment':
      if (state.labelled !== null || objectId === null) return { state };
      return { state: { ...state, labelled: { objectId, causationId, at } } };
    case 'FetchBalanceTransaction': {
      const settled = settlementIn(result);
      const refunded = withRefundSettlement(state, objectId ?? '', settled);
      if (refunded !== undefined) return { state: refunded };
      return { state: state.fee === null ? { ...state, fee: settled } : state };
    }
    default:
      return { state };
  }
};

/** What comes back may depend on whatever becomes known. */
const heedingReturns =
  <F>(fold: (state: OrderState, fact: F) => Folded) =>
  (state: OrderState, fact: F): Folded => {
    const folded = fold(state, fact);
    return folded.state === state ? folded : { ...folded, state: withReturns(folded.state) };
  };

export const withAssembled = heedingReturns(withWhole);
export const withPayment = heedingReturns(withMoney);
export const withResult = heedingReturns(withAnswer);
/** Credits and refunds may be of what comes back. */
export const withReturn = heedingReturns((state: OrderState, told: OrderReturn): Folded => {
  const known = withReturnImage(state, told);
  return { state: known === state ? state : withRefundSteps(withRefundRequests(known)) };
});
