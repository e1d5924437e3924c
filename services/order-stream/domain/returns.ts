/**
 * Goods that customers give back, and what of it is to be asked of Stripe. A return says once that money is to go back:
 * by its first image that is accepted and has an amount. Whatever paid it back, by whichever hand, counts for it; where
 * that cannot be told, a person says so before money moves a second time.
 */
import type {
  CommandResult,
  OrderReturn,
  OrderState,
  RefundState,
  ReturnState,
  ReturnStep,
} from '../../../schemas/generated/types.ts';
import { before } from './object-state.ts';
import { returnRank } from './return-rows.ts';
import { refundsOf } from './refund-steps.ts';
import { refundRank } from './refunds.ts';
import { isOwnReturnReference } from './shop.ts';
import { isAsked, refusalIn, requestOf, requestOfCredit, requestOfReturn } from './shop-refunds.ts';

const REFUNDED = 'REFUNDED';
const CLOSED = 'CLOSED';

const earlier = (left: OrderReturn, right: OrderReturn): boolean =>
  before({ at: left.changedAt, factId: left.factId }, { at: right.changedAt, factId: right.factId });

/** Written by our own command: what it says is known. */
const isOwn = ({ state, reference }: OrderReturn): boolean =>
  (state === REFUNDED || state === CLOSED) && isOwnReturnReference(reference);

const isAccepted = (told: OrderReturn): boolean =>
  !isOwn(told) &&
  (told.state === 'RECEIVED' || told.state === REFUNDED || (told.state === 'APPROVED' && !told.goodsExpected));

const isPayable = (told: OrderReturn): boolean =>
  isAccepted(told) && told.state !== REFUNDED && told.amount !== null && told.amount > 0n;

const isRestocked = ({ state, restock, goodsExpected, receivedAt }: OrderReturn): boolean =>
  restock && goodsExpected && (state === 'RECEIVED' || state === REFUNDED || (state === CLOSED && receivedAt !== null));

const isEnded = (told: OrderReturn): boolean => !isOwn(told) && (told.state === REFUNDED || told.state === CLOSED);

const isFurther = (told: OrderReturn, known: OrderReturn): boolean => {
  const [rank, other] = [returnRank(told.state), returnRank(known.state)];
  return rank > other || (rank === other && earlier(known, told));
};

/** The earliest image of those that `holds`: a join, so that the order of arrival does not matter. */
const first = (known: OrderReturn | null, told: OrderReturn, holds: (told: OrderReturn) => boolean) =>
  holds(told) && (known === null || earlier(told, known)) ? told : known;

const withImage = (known: ReturnState | undefined, told: OrderReturn): ReturnState => ({
  id: told.returnId,
  latest: known === undefined || isFurther(told, known.latest) ? told : known.latest,
  accepted: first(known?.accepted ?? null, told, isAccepted),
  payable: first(known?.payable ?? null, told, isPayable),
  restocked: first(known?.restocked ?? null, told, isRestocked),
  rejected: first(known?.rejected ?? null, told, (each) => each.state === 'REJECTED'),
  ended: first(known?.ended ?? null, told, isEnded),
  refusal: known?.refusal ?? null,
  ask: known?.ask ?? null,
  problem: known?.problem ?? null,
  other: known?.other ?? null,
  steps: known?.steps ?? [],
});

const isSame = (left: object, right: object): boolean =>
  (Object.keys(left) as (keyof typeof left)[]).every((name) => left[name] === right[name]);

/** The state after an image of a return; the same state when it tells nothing new. */
export const withReturnImage = (state: OrderState, told: OrderReturn): OrderState => {
  const index = state.returns.findIndex(({ id }) => id === told.returnId);
  const known = state.returns[index];
  const next = withImage(known, told);
  if (known === undefined)
    return { ...state, returns: [...state.returns, next].sort((left, right) => left.id - right.id) };
  return isSame(next, known) ? state : { ...state, returns: state.returns.with(index, next) };
};

const stands = ({ status }: RefundState): boolean => refundRank(status) < refundRank('canceled');

/** Refunds that are of the return by what they say themselves, or by the credit that the return names. */
const refundsFor = (state: OrderState, refunds: readonly RefundState[], { id, latest }: ReturnState) => {
  const credit = (latest.creditOrderNumber ?? 0) > 0 ? requestOfCredit(state, latest.creditOrderNumber!) : null;
  return refunds.filter((refund) => {
    const request = requestOf(refund.commandId);
    if (request !== null) return request === requestOfReturn(id) || request === credit;
    return refund.returnId === String(id);
  });
};

const stepsFor = (state: OrderState, tied: readonly RefundState[]): readonly ReturnStep[] =>
  state.refundSteps
    .filter(({ refundId, waits, undone }) => !waits && !undone && tied.some(({ id }) => id === refundId))
    .map(({ refundId, back, amount, currency, reason, factId, at }) => ({
      refundId,
      back,
      amount,
      currency,
      reason,
      factId,
      at,
    }));

/** What of the payment is neither paid back nor asked for, by others than returns. */
const leftOf = (state: OrderState, refunds: readonly RefundState[]): bigint => {
  const made = new Set(refunds.map(({ commandId }) => requestOf(commandId)));
  const pending = state.refundRequests.filter(
    ({ id, forced, refusal, paidAs }) => !forced && refusal === null && paidAs === null && !made.has(id),
  );
  if (state.paid === null || pending.some(({ amount }) => amount === null)) return 0n;
  const asked = pending.reduce((sum, { amount }) => sum + (amount ?? 0n), 0n);
  const back = refunds.filter(stands).reduce((sum, { amount }) => sum + amount, 0n);
  return state.paid.amount - back - asked;
};

type Judged = Pick<ReturnState, 'ask' | 'problem' | 'other'>;

const nothing: Judged = { ask: null, problem: null, other: null };
const held = (problem: string, other: string | bigint | number): Judged => ({
  ask: null,
  problem,
  other: String(other),
});

/** A refund that somebody made at Stripe and that may be of the return: nobody said of what it is. */
const maybePaidBy = (refunds: readonly RefundState[], payable: OrderReturn): RefundState | undefined =>
  refunds.find(
    ({ commandId, returnId, status, amount, createdAt }) =>
      commandId === null &&
      returnId === null &&
      stands({ status } as RefundState) &&
      (amount === payable.amount || (createdAt !== null && createdAt >= (payable.requestedAt ?? payable.changedAt))),
  );

/** Of a return that was asked for: whether what happened since contradicts that. */
const contradictionOf = (each: ReturnState, tied: readonly RefundState[]): Omit<Judged, 'ask'> => {
  const standing = tied.filter(stands);
  const none = { problem: null, other: null };
  if (standing.length > 1) return { problem: 'refunded_twice', other: standing.map(({ id }) => id).join(', ') };
  if (each.rejected !== null) return { problem: 'taken_back', other: each.rejected.state };
  const { ended, latest, payable } = each;
  const reference = ended?.reference ?? null;
  if (ended?.state === REFUNDED && !tied.some(({ id }) => reference?.includes(id) === true))
    return { problem: 'refunded_elsewhere', other: reference ?? 'no reference' };
  if (latest.amount !== payable!.amount && !isOwn(latest))
    return { problem: 'changed', other: String(latest.amount ?? 'no amount') };
  return none;
};

const askOf = ({ amount, factId: causationId, changedAt: at }: OrderReturn): NonNullable<ReturnState['ask']> => ({
  amount: amount!,
  causationId,
  at,
});

/** Of a return that was not asked for. `left`: what of the payment is left. */
const judged = (
  state: OrderState,
  each: ReturnState,
  refunds: readonly RefundState[],
  tied: readonly RefundState[],
  left: bigint,
  tooMany: boolean,
): Judged => {
  const { payable, latest } = each;
  const [other] = tied;
  if (other !== undefined) {
    const owed = payable ?? (latest.amount === null ? null : latest);
    const standing = tied.filter(stands);
    if (standing.length > 1) return held('refunded_twice', standing.map(({ id }) => id).join(', '));
    if (owed !== null && owed.amount !== other.amount) return held('refund_differs', other.id);
  }
  if (tooMany)
    return held(
      'too_many',
      latest.lines.reduce((sum, { quantity }) => sum + quantity, 0),
    );
  if (other !== undefined || payable === null || state.paid === null) return nothing;
  if (each.rejected !== null || each.ended !== null) return nothing;
  // The credit asks for it.
  if ((latest.creditOrderNumber ?? 0) > 0) return nothing;
  const maybe = maybePaidBy(refunds, payable);
  if (maybe !== undefined) return held('maybe_refunded', maybe.id);
  const named = new Set(state.returns.map(({ latest: { creditOrderNumber } }) => creditOrderNumber));
  const credit = state.credits.find(({ amount, orderNumber }) => amount === payable.amount && !named.has(orderNumber));
  if (credit !== undefined && latest.creditOrderNumber === null) return held('maybe_credited', credit.orderNumber);
  if (payable.amount! > left) return held('exceeds_paid', left > 0n ? left : 0n);
  return { ask: askOf(payable), problem: null, other: null };
};

/** In which returns take from what is left: those that were asked for or put back on the shelf, then the first that were said to be paid. */
const inTurn = (state: OrderState): readonly ReturnState[] => {
  const { orderId, issued } = state;
  const asked = new Set(
    state.returns.filter(({ id }) => isAsked(state, id) || issued.includes(`${orderId}/receive-return/${id}`)),
  );
  return state.returns.toSorted((left, right) => {
    if (asked.has(left) !== asked.has(right)) return asked.has(left) ? -1 : 1;
    const [one, two] = [left.payable ?? left.latest, right.payable ?? right.latest];
    return earlier(one, two) ? -1 : 1;
  });
};

/** Whether more comes back of a line, with those before, than was bought. */
const counter = ({ placed }: OrderState) => {
  const taken = new Map<string, number>();
  return ({ latest }: ReturnState): boolean =>
    latest.lines.some(({ cartRecordId, variantId, quantity }) => {
      const key = `${cartRecordId}/${variantId}`;
      const bought = (placed?.lines ?? [])
        .filter((line) => line.cartRecordId === cartRecordId && line.variantId === variantId)
        .reduce((sum, line) => sum + line.quantity, 0);
      const all = (taken.get(key) ?? 0) + quantity;
      if (all > bought) return true;
      taken.set(key, all);
      return false;
    });
};

/** The state with what its returns ask for, by all that is known. */
export const withReturns = (state: OrderState): OrderState => {
  if (state.returns.length === 0 || state.placed === null) return state;
  const refunds = refundsOf(state);
  let left = leftOf(state, refunds);
  const tooMany = counter(state);
  const next = new Map<number, ReturnState>();
  for (const each of inTurn(state)) {
    const tied = refundsFor(state, refunds, each);
    // A refund of ours was asked for, whether that or the refund is heard of first.
    const asked =
      isAsked(state, each.id) || tied.some(({ commandId }) => requestOf(commandId) === requestOfReturn(each.id));
    const counts = each.accepted !== null && (each.rejected === null || asked);
    const surplus = counts && tooMany(each);
    const outcome: Judged =
      asked && each.payable !== null
        ? { ask: askOf(each.payable), ...contradictionOf(each, tied) }
        : judged(state, each, refunds, tied, left, surplus);
    // What is made is among what went back.
    if (outcome.ask !== null && each.refusal === null && tied.length === 0) left -= outcome.ask.amount;
    const steps = stepsFor(state, tied);
    const kept = steps.length === each.steps.length && steps.every((step, index) => isSame(step, each.steps[index]!));
    const sameAsk = outcome.ask !== null && each.ask !== null && isSame(outcome.ask, each.ask);
    const updated = { ...each, ...outcome, ask: sameAsk ? each.ask : outcome.ask, steps: kept ? each.steps : steps };
    next.set(each.id, isSame(updated, each) ? each : updated);
  }
  const returns = state.returns.map(({ id }) => next.get(id)!);
  return returns.every((each, index) => each === state.returns[index]) ? state : { ...state, returns };
};

/** The state in which Stripe has refused to pay a return back. */
export const withReturnRefusal = (state: OrderState, result: CommandResult): OrderState => {
  const request = requestOf(result.commandId);
  const index = state.returns.findIndex(({ id, refusal }) => requestOfReturn(id) === request && refusal === null);
  const known = state.returns[index];
  if (known === undefined) return state;
  return { ...state, returns: state.returns.with(index, { ...known, refusal: refusalIn(result) }) };
};
