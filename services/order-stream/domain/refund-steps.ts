/**
 * Money of refunds as it left the Stripe balance and came back to it: what the shop and the ERP are told. A refund counts
 * from when a balance transaction moved its money, not from when it is called succeeded: so the books are Stripe's.
 */
import type {
  AssembledOrder,
  OrderState,
  RefundState,
  RefundStep,
  ReturnState,
  Settlement,
  Sorting,
} from '../../../schemas/generated/types.ts';
import { before } from './object-state.ts';
import { requestOf } from './shop-refunds.ts';

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

/** What a refund says of the goods that it pays back. */
const returnOf = (refund: RefundState, returns: readonly ReturnState[]) => {
  const request = requestOf(refund.commandId);
  const named = request === null ? refund.returnId : (/^return-(\d+)$/.exec(request)?.[1] ?? null);
  // Whoever made it by hand may have written anything there.
  if (named === null || !/^[1-9]\d{0,8}$/.test(named)) return { returnId: null, returnKnown: true, returned: [] };
  const returnId = Number(named);
  if (request === null) return { returnId, returnKnown: true, returned: [] };
  const known = returns.find(({ id }) => id === returnId)?.payable ?? null;
  return { returnId, returnKnown: known !== null, returned: known?.lines ?? [] };
};

const stepOf = (
  refund: RefundState,
  back: boolean,
  balanceTransactionId: string,
  returns: readonly ReturnState[],
): RefundStep => {
  const { factId, at: toldAt } = back ? toldOf(refund, 'failed', 'canceled') : toldOf(refund, 'succeeded', 'pending');
  // Whichever telling comes first says when the refund was made.
  const at = back ? toldAt : (refund.createdAt ?? toldAt);
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
    waits: false,
    undone: false,
    tax: null,
    settlement: null,
    ready: false,
    requestedBy: requestOf(refund.commandId),
    ...returnOf(refund, returns),
  };
};

const sameLines = (left: RefundStep['returned'], right: RefundStep['returned']): boolean =>
  left.length === right.length &&
  left.every((line, index) =>
    (Object.keys(line) as (keyof typeof line)[]).every((name) => line[name] === right[index]![name]),
  );

/** A known step, told as its refund is known now: who told it first is arrival's, and later tellings may be earlier ones. */
const retold = (step: RefundStep, refunds: readonly RefundState[], returns: readonly ReturnState[]): RefundStep => {
  const refund = refunds.find(({ id }) => id === step.refundId)!;
  const { back, balanceTransactionId, undone, settlement } = step;
  const told = { ...stepOf(refund, back, balanceTransactionId, returns), undone, settlement };
  return sameLines(told.returned, step.returned) ? { ...told, returned: step.returned } : told;
};

/** Whether a refund is of the payment that paid the order; of a second one nothing was booked. */
const isOf = ({ paymentIntentId, chargeId }: RefundState, paid: OrderState['paid']): boolean => {
  if (paid === null) return true;
  if (paymentIntentId !== null) return paymentIntentId === paid.paymentIntentId;
  return chargeId === null || paid.chargeId === null || chargeId === paid.chargeId;
};

const none: readonly Sorting[] = [];

/** What Stripe calls the release of what was authorised and not captured. */
const RELEASE = 'partial_capture_reversal';

/**
 * Of a payment of which a part was released Stripe makes a refund that is none: nobody was paid back. Which one it is, only
 * its balance transaction tells.
 */
const sortingsOf = (
  { paid, sortings = none }: Pick<Refundable, 'paid' | 'sortings'>,
  refunds: readonly RefundState[],
): readonly Sorting[] => {
  if (paid === null || paid.released === 0n) return sortings.length === 0 ? sortings : [];
  return refunds.flatMap((refund): Sorting[] => {
    const { id: refundId, balanceTransactionId, chargeId } = refund;
    if (balanceTransactionId === null) return [];
    const { factId, at } = toldOf(refund, 'succeeded', 'pending');
    const settlement = sortings.find((each) => each.refundId === refundId)?.settlement ?? null;
    return [{ refundId, balanceTransactionId, chargeId, factId, at, settlement }];
  });
};

const isRefund = (sortings: readonly Sorting[], { paid }: Pick<Refundable, 'paid'>) => {
  if (paid === null || paid.released === 0n) return () => true;
  const sorted = new Map(sortings.map(({ refundId, settlement }) => [refundId, settlement?.category ?? null]));
  return ({ id }: RefundState): boolean => (sorted.get(id) ?? RELEASE) !== RELEASE;
};

const oursOf = ({ refunds, paid }: Refundable): readonly RefundState[] =>
  refunds.filter((refund) => isOf(refund, paid));

/** Refunds of what paid the order, without what only releases a part of it that was not captured. */
export const refundsOf = (state: Refundable): readonly RefundState[] => {
  const ours = oursOf(state);
  return ours.filter(isRefund(sortingsOf(state, ours), state));
};

/** Steps that refunds took and that are not among the known ones. Money comes back only after it left. */
const newSteps = (
  known: readonly RefundStep[],
  refunds: readonly RefundState[],
  sortings: readonly Sorting[],
  returns: readonly ReturnState[],
): readonly RefundStep[] =>
  refunds.flatMap((refund) => {
    const { id, balanceTransactionId: left, failureBalanceTransactionId: back } = refund;
    if (left === null) return [];
    const settlement = sortings.find(({ refundId }) => refundId === id)?.settlement ?? null;
    return [
      ...(known.some(isStep(id, false)) ? [] : [{ ...stepOf(refund, false, left, returns), settlement }]),
      ...(back === null || known.some(isStep(id, true)) ? [] : [stepOf(refund, true, back, returns)]),
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

/**
 * The steps in the order in which they are told to others, and what each comes to after those before it. At Stripe no more
 * is ever paid back than was paid; so a step that would, by what was told so far, follows one that is still to be told:
 * another refund came back. It waits for that one. Should its own refund come back first, nothing has come of it, and
 * nobody is told of either. What was told keeps its place whatever is heard later.
 */
const summed = (steps: readonly RefundStep[], placed: Refundable['placed']): readonly RefundStep[] => {
  if (placed === null) return steps.map((step) => ({ ...step, refunded: 0n, waits: false, tax: null, ready: false }));
  const paid = larger(placed.total - placed.giftCard, 0n);
  const order = { paid, tax: smaller(placed.tax, paid) };
  const taken: RefundStep[] = [];
  const undone: RefundStep[] = [];
  let waiting: RefundStep[] = [];
  let refunded = 0n;
  let taxed = 0n;

  const openingOf = ({ refundId }: RefundStep): RefundStep | undefined => taken.find(isStep(refundId, false));
  const fits = (step: RefundStep): boolean =>
    step.back ? openingOf(step) !== undefined : refunded + step.amount <= paid;
  const take = (step: RefundStep): void => {
    const opening = step.back ? openingOf(step) : undefined;
    refunded += step.back ? -step.amount : step.amount;
    const tax = step.back ? (opening?.tax ?? 0n) : taxShare(order, refunded, step.amount, taxed);
    taxed += step.back ? -tax : tax;
    const ready = taken.every(({ settlement }) => settlement !== null);
    taken.push({ ...step, refunded, waits: false, tax, ready });
  };
  const untold = (step: RefundStep) => ({ ...step, refunded, tax: null, ready: false });

  for (const step of steps) {
    if (step.undone) {
      undone.push(step);
      continue;
    }
    waiting.push(step);
    for (let next = waiting.find(fits); next !== undefined; next = waiting.find(fits)) {
      take(next);
      waiting.splice(waiting.indexOf(next), 1);
    }
    const back = waiting.find((each) => each.back);
    if (back === undefined) continue;
    undone.push(...waiting.filter(({ refundId }) => refundId === back.refundId));
    waiting = waiting.filter(({ refundId }) => refundId !== back.refundId);
  }
  return [
    ...taken,
    ...undone.map((step) => ({ ...untold(step), waits: false, undone: true })),
    ...waiting.map((step) => ({ ...untold(step), waits: true })),
  ];
};

const isSame = (left: RefundStep, right: RefundStep | undefined): boolean =>
  right !== undefined && (Object.keys(left) as (keyof RefundStep)[]).every((name) => left[name] === right[name]);

/** What refunds are of: an order, or whatever else was paid. */
export type Refundable = Pick<OrderState, 'refunds' | 'refundSteps' | 'paid'> &
  Readonly<{ placed: Pick<AssembledOrder, 'total' | 'giftCard' | 'tax'> | null }> &
  // Only of an order something is captured in part, and comes back.
  Partial<Pick<OrderState, 'sortings' | 'returns'>>;

const withSteps = <S extends Refundable>(state: S, steps: readonly RefundStep[]): S => {
  const refundSteps = summed(steps, state.placed);
  const isNews =
    refundSteps.length !== state.refundSteps.length ||
    refundSteps.some((step, index) => !isSame(step, state.refundSteps[index]));
  return isNews ? { ...state, refundSteps } : state;
};

/**
 * The state with the steps its refunds took. Tax is shared out in the order in which they were told, which is the order of
 * one partition and the same in every replay, whenever it becomes known what was bought.
 */
export const withRefundSteps = <S extends Refundable>(state: S): S => {
  if (state.refunds.length === 0) return state;
  const ours = oursOf(state);
  const sortings = sortingsOf(state, ours);
  const refunds = ours.filter(isRefund(sortings, state));
  const returns = state.returns ?? [];
  const known = state.refundSteps
    .filter(({ refundId }) => refunds.some(({ id }) => id === refundId))
    .map((step) => retold(step, refunds, returns));
  return withSteps(sortings === (state.sortings ?? none) ? state : { ...state, sortings }, [
    ...known,
    ...newSteps(known, refunds, sortings, returns),
  ]);
};

const withSorted = <S extends Refundable>(
  state: S,
  balanceTransactionId: string,
  settlement: Settlement,
): S | undefined => {
  const sortings = state.sortings ?? none;
  const index = sortings.findIndex((each) => each.balanceTransactionId === balanceTransactionId);
  const sorting = sortings[index];
  if (sorting === undefined) return undefined;
  if (sorting.settlement !== null) return state;
  return withRefundSteps({ ...state, sortings: sortings.with(index, { ...sorting, settlement }) });
};

/** The state with what a balance transaction of a refund came to; undefined when it is of no refund. */
export const withRefundSettlement = <S extends Refundable>(
  state: S,
  balanceTransactionId: string,
  settlement: Settlement,
): S | undefined => {
  const index = state.refundSteps.findIndex((step) => step.balanceTransactionId === balanceTransactionId);
  const step = state.refundSteps[index];
  if (step === undefined) return withSorted(state, balanceTransactionId, settlement);
  return step.settlement === null ? withSteps(state, state.refundSteps.with(index, { ...step, settlement })) : state;
};
