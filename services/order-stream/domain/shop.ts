/** What ADNSF means by its codes. Values that are not listed are carried as data and never acted on. */

/** Checkout writes these only when it has charged, authorised, or accepted the order for later payment. */
const acceptedStates = new Set(['AUTHORIZED', 'CAPTURED', 'PENDING']);

const knownStates = new Set([
  ...acceptedStates,
  'AUTH',
  'AUTH CAPTURE',
  'VOIDED',
  'FORCE VOIDED',
  'REFUNDED',
  'FRAUD',
  'UNKNOWN',
  'REFUSED',
  'ERROR',
]);

/** All of it is paid back, or it is a credit. */
export const REFUNDED = 'REFUNDED';

/** States in which somebody has ended the order, whatever was paid. */
const voidStates = new Set(['VOIDED', 'FORCE VOIDED', 'FRAUD']);

export const isVoid = (state: string | null): state is string => state !== null && voidStates.has(state);

/** TransactionType 2: an ad-hoc refund, which is an Orders row of its own. */
export const AD_HOC_CREDIT = 2;
/** TransactionType 3: the shop's schedule placed it, and its gateway has billed it by itself. */
export const RECURRING_AUTO = 3;
/** CartType 2: the shop's scheduler has placed it, as a repeat. */
export const RECURRING_CART = 2;
/** CouponType 2: the coupon amount is money that a gift card pays. */
export const GIFT_CARD = 2;

export const isAccepted = (state: string | null): boolean => state !== null && acceptedStates.has(state);

/** Whether an order has ended. */
export const isClosed = (state: string | null): boolean => state === REFUNDED || isVoid(state);

export const isKnownState = (state: string): boolean => knownStates.has(state);

/** ADNSF compares payment methods after dropping blanks, dots and brackets, in upper case. */
export const cleanPaymentMethod = (method: string | null): string =>
  (method ?? '').replaceAll(/[ .()]/g, '').toUpperCase();

/** Payment methods as settings name them, with commas between them. */
export const paymentMethodsIn = (text: string): readonly string[] =>
  text
    .split(',')
    .map(cleanPaymentMethod)
    .filter((method) => method !== '');

/** Not ids: placeholders of checkout and of offline methods. */
const notReferences = new Set(['', 'TBD', 'N/A', 'ZeroCostOrder']);

export const paymentReferenceOf = (pnref: string | null): string | null =>
  pnref === null || notReferences.has(pnref) ? null : pnref;

/** The PaymentIntent or charge at Stripe that the shop's own gateway has made. */
export const stripeReferenceOf = (reference: string | null): string | null =>
  reference !== null && /^(pi|ch|py)_\w+$/.test(reference) ? reference : null;

/** The subscription at Stripe that bills a repeated order; the ids of other gateways say nothing to us. */
export const subscriptionOf = (id: string | null | undefined): string | null =>
  id != null && /^sub_\w+$/.test(id) ? id : null;

/** A blank is no value. */
export const textOrNull = (text: string | null | undefined): string | null => {
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' ? null : trimmed;
};

/** One person, one key: mail hosts do not tell case, and shops do not either. */
export const customerKeyOf = (email: string): string => email.trim().toLowerCase();

/** What our own command writes into RefundReason: by it we know the image that comes of it. */
export const ownRefundReason = (refundId: string, reason: string | null): string =>
  `Stripe ${refundId}: ${reason ?? 'no reason given'}`;

export const isOwnRefund = (refundReason: string | null): boolean => /^Stripe (re|pyr)_\w+: /.test(refundReason ?? '');

/** What our own command writes into RefundReference of a return: by it we know the image that comes of it. */
export const ownReturnReference = (refundId: string): string => `Stripe ${refundId}`;

export const isOwnReturnReference = (reference: string | null): boolean =>
  /^Stripe (re|pyr)_\w+$/.test(reference ?? '');

/** ADNSF writes this when somebody marks an order as refunded without asking the payment provider. */
export const isForcedRefund = (refundReason: string | null): boolean =>
  refundReason?.trim().toUpperCase() === 'ADMIN FORCED REFUND';

/** The order that a row is about: credits are about their parent, if they have one. */
export const subjectOf = (
  order: Readonly<{ orderId: string; transactionType: number; parentOrderNumber: number | null }>,
): string =>
  order.transactionType === AD_HOC_CREDIT && (order.parentOrderNumber ?? 0) > 0
    ? String(order.parentOrderNumber)
    : order.orderId;

/** FedEx Ship Manager's export marks orders as shipped with this, before they are. */
const PLACEHOLDER = 'PENDING FROM FEDEX SHIPMANAGER';

export const isShipped = (order: Readonly<{ shippedAt: bigint | null; trackingNumber: string | null }>): boolean =>
  order.shippedAt !== null && order.trackingNumber?.toUpperCase() !== PLACEHOLDER;
