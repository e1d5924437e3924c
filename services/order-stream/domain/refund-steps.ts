/**
 * Money of refunds as it left the Stripe balance and came back to it: what the shop and the ERP are told. A refund counts
 * from when a balance transaction moved its money, not from when it is called succeeded: so the books are Stripe's.
 */
import type {
  AssembledOrder,
  OrderState,
  RefundState,
  RefundStep,
  Settlement,
} from '../../../schemas/generated/types.ts';
import { before } from './object-state.ts';

/** The earliest telling of the first of these statuses that was told; of any, when none was. */
const toldOf = ({ history }: RefundState, ...statuses: readonly string[]) => {
  for (const status of statuses) {
    const telling = history.find((each) => each.status === status);
    if (telling !== undefined) return telling;
  }
  return history.reduce((first, each) => (before(each, first) ? each : first));
};

const isStep = (refundId: string, back: boolean) => (step: RefundStep) =>
  step.refundId === refundId && step.back === back;

const stepOf = (refund: RefundState, back: boolean, balanceTransactionId: string): RefundStep => {
  const { factId, at } = back ? toldOf(refund, 'failed', 'canceled') : toldOf(refund, 'succeeded', 'pending');
  const { id: refundId, paymentIntentId, chargeId, amount, currency } = refund;
  return {
    refundId,
    back,
    balanceTransactionId,
    paymentIntentId,
    chargeId,
    amount,
    currency,
    reason: back ? refund.failureCode : refund.reason,
    factId,
    at,
    refunded: 0n,
    tax: null,
    settlement: null,
    opened: null,
  };
};

/** Steps that refunds took and that are not among the known ones. Money comes back only after it left. */
const newSteps = (known: readonly RefundStep[], refunds: readonly RefundState[]): readonly RefundStep[] =>
  refunds.flatMap((refund) => {
    const { id, balanceTransactionId: left, failureBalanceTransactionId: back } = refund;
    if (left === null) return [];
    return [
      ...(known.some(isStep(id, false)) ? [] : [stepOf(refund, false, left)]),
      ...(back === null || known.some(isStep(id, true)) ? [] : [stepOf(refund, true, back)]),
    ];
  });

const smaller = (left: bigint, right: bigint): bigint => (left < right ? left : right);
const larger = (left: bigint, right: bigint): bigint => (left > right ? left : right);

/**
 * The tax in the next refund of an order: what is due of `tax` when `refunded` of `paid` is paid back, less what earlier
 * refunds that stand have taken. Rounded down each time, so that the last unit goes with the refund that completes it; it
 * is never negative and never more than the refund.
 */
export const taxShare = (
  order: Readonly<{ paid: bigint; tax: bigint }>,
  refunded: bigint,
  amount: bigint,
  taken: bigint,
): bigint => {
  if (order.paid <= 0n) return 0n;
  const due = (order.tax * smaller(refunded, order.paid)) / order.paid;
  return smaller(larger(due - taken, 0n), amount);
};

/** What each step comes to, after those before it. */
const summed = (steps: readonly RefundStep[], placed: AssembledOrder | null): readonly RefundStep[] => {
  const paid = placed === null ? 0n : placed.total - placed.giftCard;
  const order = { paid, tax: placed === null ? 0n : smaller(placed.tax, larger(paid, 0n)) };
  const left = new Map<string, RefundStep>();
  let refunded = 0n;
  let taken = 0n;
  return steps.map((step) => {
    const opening = step.back ? left.get(step.refundId) : undefined;
    refunded += step.back ? -step.amount : step.amount;
    const tax = step.back ? (opening?.tax ?? 0n) : taxShare(order, refunded, step.amount, taken);
    taken += step.back ? -tax : tax;
    const next: RefundStep = {
      ...step,
      refunded,
      tax: placed === null ? null : tax,
      opened: opening?.settlement ?? null,
    };
    if (!step.back) left.set(step.refundId, { ...next, tax });
    return next;
  });
};

const isSame = (left: RefundStep, right: RefundStep | undefined): boolean =>
  right !== undefined &&
  (['refundId', 'back', 'refunded', 'tax', 'settlement', 'opened'] as const).every(
    (name) => left[name] === right[name],
  );

const withSteps = (state: OrderState, steps: readonly RefundStep[]): OrderState => {
  const refundSteps = summed(steps, state.placed);
  const isNews =
    refundSteps.length !== state.refundSteps.length ||
    refundSteps.some((step, index) => !isSame(step, state.refundSteps[index]));
  return isNews ? { ...state, refundSteps } : state;
};

/**
 * The state with the steps its refunds took. Those that were told before stay where they are: tax is shared out in the
 * order of telling, which is the order of one partition and the same in every replay.
 */
export const withRefundSteps = (state: OrderState): OrderState => {
  if (state.refunds.length === 0) return state;
  return withSteps(state, [...state.refundSteps, ...newSteps(state.refundSteps, state.refunds)]);
};

/** The state with what a balance transaction of a refund came to; undefined when it is of no refund. */
export const withRefundSettlement = (
  state: OrderState,
  balanceTransactionId: string,
  settlement: Settlement,
): OrderState | undefined => {
  const index = state.refundSteps.findIndex((step) => step.balanceTransactionId === balanceTransactionId);
  const step = state.refundSteps[index];
  if (step === undefined) return undefined;
  return step.settlement === null ? withSteps(state, state.refundSteps.with(index, { ...step, settlement })) : state;
};
