/**
 * Orders whose money is held at checkout and captured when they are shipped. Until then the shop may change them: what is
 * sold is the order as it was shipped.
 */
import type { AssembledOrder, Cancellation, OrderState, PaymentFact } from '../../../schemas/generated/types.ts';
import { before } from './object-state.ts';
import { isShipped, isVoid } from './shop.ts';

/** The state in which what was shipped is what was bought, unless the money was taken by other means before. */
export const asSold = (state: OrderState): OrderState => {
  const { placed, authorized, shipped, paid } = state;
  if (placed === null || authorized === null || shipped === null || paid !== null) return state;
  const { state: placedState, paymentReference, place, changedAt } = placed;
  return { ...state, placed: { ...shipped, state: placedState, paymentReference, place, changedAt } };
};

/** The state after an image of the order that says it is shipped: the first one counts. */
export const withShipment = (state: OrderState, order: AssembledOrder): OrderState =>
  state.shipped === null && isShipped(order) ? asSold({ ...state, shipped: order }) : state;

/** The state after an image in which somebody has ended the order. */
export const withVoid = (state: OrderState, order: AssembledOrder): OrderState =>
  state.voided === null && isVoid(order.state)
    ? {
        ...state,
        voided: {
          state: order.state,
          causationId: `adnsf:Orders:${order.orderId}@${order.place}`,
          at: order.changedAt,
        },
      }
    : state;

export const withAuthorization = (state: OrderState, fact: PaymentFact): OrderState => {
  if (state.authorized !== null) return state;
  const { factId, chargeId, amount, currency, occurredAt: at, objectId } = fact;
  return asSold({
    ...state,
    authorized: { factId, paymentIntentId: fact.paymentIntentId ?? objectId, chargeId, amount, currency, at },
  });
};

/** By PaymentIntent; of twins the one that was told first. */
export const withCancellation = (state: OrderState, fact: PaymentFact): OrderState => {
  const { factId, reason, occurredAt: at, objectId } = fact;
  const told: Cancellation = { factId, paymentIntentId: fact.paymentIntentId ?? objectId, reason, at };
  const known = state.cancellations.find(({ paymentIntentId }) => paymentIntentId === told.paymentIntentId);
  if (known !== undefined && !before(told, known)) return state;
  const others = state.cancellations.filter((each) => each !== known);
  const cancellations = [...others, told].sort((a, b) => (a.paymentIntentId < b.paymentIntentId ? -1 : 1));
  return { ...state, cancellations };
};
