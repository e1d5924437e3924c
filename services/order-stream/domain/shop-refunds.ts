/**
 * Refunds that were begun in the shop, and what of them is to be asked of Stripe. A part is an order of its own, which
 * names its parent; the whole is a state of the order, often with such an order beside it, and is asked for once.
 */
import type {
  AssembledOrder,
  CommandResult,
  OrderState,
  RefundRefusal,
  RefundRequest,
  ShopClosing,
  ShopCredit,
} from '../../../schemas/generated/types.ts';
import { before } from './object-state.ts';
import { isForcedRefund, isOwnRefund, REFUNDED } from './shop.ts';

/** The intent of a refund that a state of the order or a credit asks for; of one that a return asks for, the other. */
const INTENT = 'create-refund';
const OF_RETURNS = 'refund-return';

/** The request that pays a return back. */
export const requestOfReturn = (returnId: number): string => `return-${returnId}`;

/** The request that a command of ours made a refund for; null when none of ours did. */
export const requestOf = (commandId: string | null): string | null => {
  const [, intent, which] = /^[^/]+\/([^/]+)\/(.+)$/.exec(commandId ?? '') ?? [];
  if (intent === INTENT) return which!;
  return intent === OF_RETURNS ? `return-${which}` : null;
};

/** Whether Stripe was asked to pay a return back. */
export const isAsked = ({ orderId, issued }: Pick<OrderState, 'orderId' | 'issued'>, returnId: number): boolean =>
  issued.includes(`${orderId}/${OF_RETURNS}/${returnId}`);

const unrelated = { paidAs: null, maybeOf: null } as const;

type Told = Readonly<{ causationId: string; at: bigint }>;

const imageOf = ({ orderId, place, changedAt }: AssembledOrder): Told => ({
  causationId: `adnsf:Orders:${orderId}@${place}`,
  at: changedAt,
});

const earlier = (left: Told, right: Told): boolean =>
  before({ at: left.at, factId: left.causationId }, { at: right.at, factId: right.causationId });

/** The list with one more, sorted; the same list when it knows it and was told of it no later. */
const withTold = <T extends Told>(list: readonly T[], item: T, rank: (item: T) => bigint): readonly T[] => {
  const index = list.findIndex((other) => rank(other) === rank(item));
  if (index >= 0) return earlier(item, list[index]!) ? list.with(index, item) : list;
  return [...list, item].sort((left, right) => (rank(left) < rank(right) ? -1 : 1));
};

/** A credit for goods that were paid back as a return before asks for nothing; where that cannot be told, a person says. */
const returnOf = (
  state: OrderState,
  { orderNumber, amount }: ShopCredit,
): Pick<RefundRequest, 'paidAs' | 'maybeOf'> => {
  if (state.issued.includes(`${state.orderId}/${INTENT}/credit-${orderNumber}`)) return unrelated;
  const paid = state.returns.filter(({ id, refusal }) => refusal === null && isAsked(state, id));
  const paidAs = paid.find(({ latest }) => latest.creditOrderNumber === orderNumber)?.id ?? null;
  const maybe = paid.find(({ payable, latest }) => payable?.amount === amount && latest.creditOrderNumber === null);
  return { paidAs, maybeOf: paidAs === null ? (maybe?.id ?? null) : null };
};

const partOf = (state: OrderState, credit: ShopCredit): RefundRequest => {
  const { orderNumber, amount, reason, causationId, at } = credit;
  const id = `credit-${orderNumber}`;
  return { id, amount, reason, forced: false, causationId, at, refusal: null, ...returnOf(state, credit) };
};

/** The nth refund of all that is left: by what the order says, by a credit over its total, or by both. */
const wholeOf = (n: number, closing: ShopClosing | undefined, credit: ShopCredit | undefined): RefundRequest => {
  const { reason, causationId, at } = (closing ?? credit)!;
  const forced = credit === undefined && isForcedRefund(reason);
  return { id: `full-${n}`, amount: null, reason, forced, causationId, at, refusal: null, ...unrelated };
};

/** An order that somebody ended although it is paid: what was paid is asked back. */
const voidOf = ({ paid, voided }: OrderState): readonly RefundRequest[] => {
  if (paid === null || voided === null) return [];
  const { state: reason, causationId, at } = voided;
  return [
    { id: 'void', amount: null, reason, forced: reason !== 'VOIDED', causationId, at, refusal: null, ...unrelated },
  ];
};

const requestsOf = (state: OrderState): readonly RefundRequest[] => {
  const { placed, credits, closings, refundRequests } = state;
  if (placed === null) return [];
  const whole = credits.filter(({ amount }) => amount === placed.total);
  const wholes = Array.from({ length: Math.max(whole.length, closings.length) }, (_, index) =>
    wholeOf(index + 1, closings[index], whole[index]),
  );
  const parts = credits.filter(({ amount }) => amount !== placed.total).map((credit) => partOf(state, credit));
  return [...parts, ...wholes, ...voidOf(state)].map((request) => ({
    ...request,
    refusal: refundRequests.find(({ id }) => id === request.id)?.refusal ?? null,
  }));
};

/** Which request a credit is part of: its own, or that for all of the order; null while it is not known. */
export const requestOfCredit = ({ placed, credits }: OrderState, orderNumber: number): string | null => {
  const credit = credits.find((each) => each.orderNumber === orderNumber);
  if (placed === null || credit === undefined) return null;
  if (credit.amount !== placed.total) return `credit-${orderNumber}`;
  return `full-${credits.filter(({ amount }) => amount === placed.total).indexOf(credit) + 1}`;
};

/** The state with what its refunds in the shop ask for, as far as it is known what was bought. */
export const withRefundRequests = (state: OrderState): OrderState =>
  state.credits.length === 0 && state.closings.length === 0 && state.voided === null
    ? state
    : { ...state, refundRequests: requestsOf(state) };

/** The state of the parent after an image of a credit, which counts once the shop says that it is paid back. */
export const withCredit = (state: OrderState, credit: AssembledOrder): OrderState => {
  if (credit.state !== REFUNDED || credit.total <= 0n) return state;
  const { orderNumber, total: amount, currency, refundReason: reason } = credit;
  const known: ShopCredit = { orderNumber, amount, currency, reason, ...imageOf(credit) };
  const credits = withTold(state.credits, known, (each) => BigInt(each.orderNumber));
  return credits === state.credits ? state : withRefundRequests({ ...state, credits });
};

/** The state after an image of the order itself: that it is refunded counts, unless our own command has written it. */
export const withClosing = (state: OrderState, order: AssembledOrder): OrderState => {
  if (order.state !== REFUNDED || isOwnRefund(order.refundReason)) return state;
  const closing: ShopClosing = {
    refundedAt: order.refundedAt ?? 0n,
    reason: order.refundReason,
    ...imageOf(order),
  };
  const closings = withTold(state.closings, closing, ({ refundedAt }) => refundedAt);
  return closings === state.closings ? state : withRefundRequests({ ...state, closings });
};

/** Why Stripe did not make a refund. */
export const refusalIn = (result: CommandResult): RefundRefusal => ({
  code: result.errorCode ?? 'refused',
  message: result.errorMessage ?? 'no reason given',
  causationId: result.commandId,
  at: result.completedAt,
});

/** The state in which Stripe has refused to make a refund of the shop's. */
export const withRefundRefusal = (state: OrderState, result: CommandResult): OrderState => {
  const id = requestOf(result.commandId);
  const index = state.refundRequests.findIndex((request) => request.id === id && request.refusal === null);
  const request = state.refundRequests[index];
  if (request === undefined) return state;
  const refusal = refusalIn(result);
  return { ...state, refundRequests: state.refundRequests.with(index, { ...request, refusal }) };
};
