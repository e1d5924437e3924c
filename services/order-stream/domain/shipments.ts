/**
 * What the ERP or the warehouse says of goods that have left: in one parcel or in several, each told by its own id. The shop
 * knows one shipment per order: it is told once all is gone, or with the first parcel if the shop is run so.
 */
import type { AssembledOrder, Delivery, ErpShipment, OrderState } from '../../../schemas/generated/types.ts';
import type { Refusal } from './assemble.ts';
import type { Folded } from './order.ts';

const quantities = (
  lines: readonly Readonly<{ variantId: number; quantity: number }>[],
): ReadonlyMap<number, number> => {
  const sums = new Map<number, number>();
  for (const { variantId, quantity } of lines) sums.set(variantId, (sums.get(variantId) ?? 0) + quantity);
  return sums;
};

/** By time of leaving, whatever was told first. */
const inTime = (left: ErpShipment, right: ErpShipment): number =>
  left.shippedAt < right.shippedAt || (left.shippedAt === right.shippedAt && left.shipmentId < right.shipmentId)
    ? -1
    : 1;

const present = (texts: readonly (string | null)[]): readonly string[] =>
  [...new Set(texts.filter((text) => text !== null && text !== ''))] as readonly string[];

const deliveryOf = (shipments: readonly ErpShipment[]): Delivery => {
  const sorted = shipments.toSorted(inTime);
  const { orderId, shipmentId, shippedAt } = sorted.at(-1)!;
  const carriers = present(sorted.map(({ carrier }) => carrier));
  return {
    carrier: carriers.length === 0 ? null : carriers.join(', '),
    trackingNumbers: present(sorted.map(({ trackingNumber }) => trackingNumber)),
    shippedAt,
    causationId: `erp:${orderId}/shipment/${shipmentId}`,
  };
};

/** What differs between what was sold and what left; undefined when nothing does, or when more is still to leave. */
const difference = (order: AssembledOrder, shipments: readonly ErpShipment[]): string | undefined => {
  const sold = quantities(order.lines);
  const gone = quantities(shipments.flatMap(({ lines }) => lines));
  const over = [...gone].filter(([variantId, quantity]) => quantity > (sold.get(variantId) ?? 0));
  const told = (list: readonly (readonly [number, number])[]): string =>
    list
      .map(
        ([variantId, quantity]) =>
          `${quantity} of variant ${variantId}, of which ${sold.get(variantId) ?? 0} were sold`,
      )
      .join('; ');
  if (over.length > 0) return `more has left than was sold: ${told(over)}`;
  const ended = shipments.some(({ final }) => final);
  // One that is final and names nothing takes along whatever is left.
  if (!ended || shipments.some(({ final, lines }) => final && lines.length === 0)) return undefined;
  const short = [...sold].filter(([variantId, quantity]) => (gone.get(variantId) ?? 0) < quantity);
  return short.length === 0
    ? undefined
    : `less has left than was sold, and nothing is to follow: ${told(short.map(([variantId]) => [variantId, gone.get(variantId) ?? 0]))}`;
};

const isAll = (order: AssembledOrder, shipments: readonly ErpShipment[]): boolean => {
  const gone = quantities(shipments.flatMap(({ lines }) => lines));
  return (
    shipments.some(({ final, lines }) => final && lines.length === 0) ||
    [...quantities(order.lines)].every(([variantId, quantity]) => gone.get(variantId) === quantity)
  );
};

/** The state with what follows from its shipments, as far as it is known what was sold. What has left stays gone. */
export const withDelivery = (state: OrderState): OrderState => {
  const { placed, shipments } = state;
  if (placed === null || shipments.length === 0 || state.delivered !== null) return state;
  const problem = difference(placed, shipments) ?? null;
  return {
    ...state,
    dispatched: state.dispatched ?? deliveryOf(shipments.slice(0, 1)),
    delivered: problem === null && isAll(placed, shipments) ? deliveryOf(shipments) : null,
    shipmentProblem: problem,
  };
};

const saying = ({ lines, ...rest }: ErpShipment): string =>
  JSON.stringify([rest, [...quantities(lines)].sort()], (_name, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );

/** Why a shipment cannot be one of this order; undefined when it can. */
const refused = (state: OrderState, { orderId, shipmentId, lines }: ErpShipment): Refusal | undefined => {
  if (orderId !== state.orderId)
    return {
      code: 'shipment_of_another_order',
      message: `shipment ${shipmentId} says that it is of order ${orderId}, and was written under ${state.orderId}`,
    };
  const odd = lines.find(({ quantity }) => quantity <= 0);
  if (odd === undefined) return undefined;
  return {
    code: 'shipment_quantity',
    message: `shipment ${shipmentId} of order ${orderId} has ${odd.quantity} of variant ${odd.variantId}`,
  };
};

/** The state after a shipment. Told twice in two ways, the first telling counts, and a person is told. */
export const withErpShipment = (state: OrderState, shipment: ErpShipment): Folded => {
  const refusal = refused(state, shipment);
  if (refusal !== undefined) return { state, refusal };
  const { orderId, shipmentId } = shipment;
  const known = state.shipments.find((other) => other.shipmentId === shipmentId);
  if (known === undefined) {
    const next = { ...state, shipments: [...state.shipments, shipment] };
    if (state.delivered === null) return { state: withDelivery(next) };
    return {
      state: next,
      refusal: {
        code: 'shipped_again',
        message: `order ${orderId} has left whole, and shipment ${shipmentId} is of it as well`,
      },
    };
  }
  if (saying(known) === saying(shipment)) return { state };
  const key = `shipment_changed/${shipmentId}`;
  const isKnown = state.refusals.includes(key);
  return {
    known: isKnown,
    state: isKnown ? state : { ...state, refusals: [...state.refusals, key] },
    refusal: {
      code: 'shipment_changed',
      message: `shipment ${shipmentId} of order ${orderId} was told before, and otherwise; it counts as it was told first`,
    },
  };
};
