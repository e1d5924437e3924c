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

/** TransactionType 2: an ad-hoc refund, which is an Orders row of its own. */
export const AD_HOC_CREDIT = 2;
/** CouponType 2: the coupon amount is money that a gift card pays. */
export const GIFT_CARD = 2;

export const isAccepted = (state: string | null): boolean => state !== null && acceptedStates.has(state);

export const isKnownState = (state: string): boolean => knownStates.has(state);

/** ADNSF compares payment methods after dropping blanks, dots and brackets, in upper case. */
export const cleanPaymentMethod = (method: string | null): string =>
  (method ?? '').replaceAll(/[ .()]/g, '').toUpperCase();

/** Not ids: placeholders of checkout and of offline methods. */
const notReferences = new Set(['', 'TBD', 'N/A', 'ZeroCostOrder']);

export const paymentReferenceOf = (pnref: string | null): string | null =>
  pnref === null || notReferences.has(pnref) ? null : pnref;

/** A blank is no value. */
export const textOrNull = (text: string | null | undefined): string | null => {
  const trimmed = text?.trim();
  return trimmed === undefined || trimmed === '' ? null : trimmed;
};

/** One person, one key: mail hosts do not tell case, and shops do not either. */
export const customerKeyOf = (email: string): string => email.trim().toLowerCase();
