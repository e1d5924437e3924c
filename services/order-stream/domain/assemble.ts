/** An order with its lines and its customer, made of rows as they were at one place in the shop's log. */
import type { Address, AssembledOrder, CustomerRow, OrderLine, OrdersValue } from '../../../schemas/generated/types.ts';
import { normalisedAddress } from './address.ts';
import { instantOf } from './local-time.ts';
import { type Decimal, InexactAmountError, minorUnits } from './money.ts';
import type { Policy } from './policy.ts';
import {
  AD_HOC_CREDIT,
  cleanPaymentMethod,
  GIFT_CARD,
  isAccepted,
  isClosed,
  paymentReferenceOf,
  RECURRING_CART,
  subscriptionOf,
  textOrNull,
} from './shop.ts';
import { chargeable } from './stripe-money.ts';

/** Why an order cannot be acted on, in a word operators filter by and a sentence they can work with. */
export type Refusal = Readonly<{ code: string; message: string }>;

export type Assembly =
  | Readonly<{ kind: 'assembled'; order: AssembledOrder }>
  /** Checkout is still writing. */
  | Readonly<{ kind: 'unfinished' }>
  | Readonly<{ kind: 'refused'; refusal: Refusal }>;

export type OrderImage = Readonly<{
  row: OrdersValue;
  money: (bytes: Uint8Array | null) => Decimal;
  place: string;
  /** When the image was committed, epoch milliseconds. */
  changedAt: bigint;
}>;

const addressOf = (row: OrdersValue, which: 'Billing' | 'Shipping'): Address | null => {
  const of = (part: string): string | null => textOrNull(row[`${which}${part}` as keyof OrdersValue] as string | null);
  return normalisedAddress<Address>({
    firstName: of('FirstName'),
    lastName: of('LastName'),
    company: of('Company'),
    address1: of('Address1'),
    address2: of('Address2'),
    suite: of('Suite'),
    city: of('City'),
    state: of('State'),
    zip: of('Zip'),
    country: of('Country'),
    phone: of('Phone'),
    unrecognised: [],
  });
};

const refuse = (code: string, message: string): Assembly => ({ kind: 'refused', refusal: { code, message } });

/**
 * Checkout is many statements: an order may be acted on from the image on in which its state is an accepted one, its
 * lines are there and its stock was taken. `sent`: what was made of an earlier image, if one was complete; later ones only
 * add to it, and an e-mail address that a person filled in is not in the shop. `closed`: whether an order is told that
 * has ended, although nobody knows whether it was complete: who reads it as it is cannot tell what was before.
 */
export const assemble = (
  image: OrderImage,
  lines: readonly OrderLine[],
  customer: Pick<CustomerRow, 'email' | 'firstName' | 'lastName' | 'phone' | 'registered'> | null,
  policy: Policy,
  sent: AssembledOrder | null,
  closed: 'unfinished' | 'told' = 'unfinished',
): Assembly => {
  const { row } = image;
  const orderNumber = row.OrderNumber;
  if (orderNumber === null || row.CustomerID === null)
    return refuse('no_order_number', 'the Orders row has no OrderNumber or no CustomerID');
  const isCredit = row.TransactionType === AD_HOC_CREDIT;
  const finished = isAccepted(row.TransactionState) && lines.length > 0 && row.InventoryWasReduced === 1;
  const complete = sent !== null || finished || isCredit;
  if (!complete && !(closed === 'told' && isClosed(row.TransactionState) && lines.length > 0))
    return { kind: 'unfinished' };

  const store = policy.stores[String(row.StoreID ?? 1)];
  if (!store)
    return refuse('unknown_store', `order ${orderNumber}: no currency is configured for store ${row.StoreID ?? 1}`);
  const amount = (bytes: Uint8Array | null): bigint => minorUnits(image.money(bytes), store.currency);

  const paymentMethod = cleanPaymentMethod(row.PaymentMethod);
  const email = textOrNull(row.Email) ?? textOrNull(customer?.email) ?? sent?.email ?? null;
  try {
    const total = amount(row.OrderTotal);
    if (total < 0n) return refuse('negative_total', `order ${orderNumber}: the total is negative`);
    if (email === null && policy.stripeMethods.includes(paymentMethod))
      return refuse(
        'missing_email',
        `order ${orderNumber}: neither the order nor customer ${row.CustomerID} has an e-mail address`,
      );
    const giftCard = row.CouponType === GIFT_CARD ? amount(row.CouponDiscountAmount) : 0n;
    const isBilled = subscriptionOf(row.RecurringSubscriptionID) !== null;
    const collected =
      policy.stripeMethods.includes(paymentMethod) && row.TransactionState === 'PENDING' && !isCredit && !isBilled;
    if (collected && total > giftCard) chargeable(total - giftCard, store.currency);
    return {
      kind: 'assembled',
      order: {
        orderId: String(orderNumber),
        orderNumber,
        storeId: row.StoreID ?? 1,
        place: image.place,
        placedAt: instantOf(row.OrderDate ?? image.changedAt, store.timeZone),
        changedAt: image.changedAt,
        complete,
        state: row.TransactionState,
        transactionType: row.TransactionType ?? 0,
        parentOrderNumber: row.ParentOrderNumber,
        paymentMethod,
        paymentGateway: textOrNull(row.PaymentGateway),
        paymentReference: paymentReferenceOf(row.AuthorizationPNREF),
        currency: store.currency,
        subtotal: amount(row.OrderSubtotal),
        tax: amount(row.OrderTax),
        shipping: amount(row.OrderShippingCosts),
        total,
        giftCard,
        email,
        customer: {
          customerId: row.CustomerID,
          email: textOrNull(customer?.email),
          firstName: textOrNull(row.FirstName) ?? textOrNull(customer?.firstName),
          lastName: textOrNull(row.LastName) ?? textOrNull(customer?.lastName),
          phone: textOrNull(row.Phone) ?? textOrNull(customer?.phone),
          registered: customer?.registered ?? false,
        },
        billTo: addressOf(row, 'Billing'),
        shipTo: addressOf(row, 'Shipping'),
        shippingMethod: textOrNull(row.ShippingMethod),
        lines,
        shippedAt: row.ShippedOn === null ? null : instantOf(row.ShippedOn, store.timeZone),
        trackingNumber: textOrNull(row.ShippingTrackingNumber),
        refundedAt: row.RefundedOn === null ? null : instantOf(row.RefundedOn, store.timeZone),
        refundReason: textOrNull(row.RefundReason),
        subscriptionId: subscriptionOf(row.RecurringSubscriptionID),
        recurring: row.CartType === RECURRING_CART,
      },
    };
  } catch (error) {
    if (error instanceof InexactAmountError) return refuse(error.code, `order ${orderNumber}: ${error.message}`);
    throw error;
  }
};

/** JSON that does not depend on the order of fields: a decoded record has its schema's, a new one that of the code. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return part.toString();
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1)));
  });

/** Whether two assembled orders say the same, wherever in the log they were said. */
export const sameMeaning = (left: AssembledOrder, right: AssembledOrder): boolean => {
  const meaning = (order: AssembledOrder): string => canonical({ ...order, place: null, changedAt: null });
  return meaning(left) === meaning(right);
};
