/**
 * Stripe's units and ours. Topics carry ISO 4217 minor units; they are turned into Stripe's where a request is made and
 * back where an object of Stripe's is read, and nowhere else.
 *
 * Source of every table: docs.stripe.com/currencies ("Zero-decimal currencies", "Three-decimal currencies", "Special
 * cases", "Maximum charge amounts"). Where it lists a currency twice (UGX), the special case governs.
 */
import { decimalText, exponentOf, InexactAmountError, rescaled } from './money.ts';

/** MGA has two decimals in ISO 4217 and none at Stripe. */
const zeroDecimal = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '));
/** Requests take them in thousandths whose last digit is 0. */
const threeDecimal = new Set('BHD JOD KWD OMR TND'.split(' '));
/** Without decimals since ISO dropped them, but written with two that are always 00. */
const wholeInHundredths = new Set('ISK UGX'.split(' '));
/** Charged in hundredths, paid out in whole units. */
const paidOutWhole = new Set('HUF TWD'.split(' '));

/** Digits that an amount may have with any payment method; cards alone would take more. */
const digits: Readonly<Record<string, number>> = { IDR: 12, COP: 10, INR: 9 };
const USUAL_DIGITS = 8;

/** How many decimals Stripe writes a currency with. @throws InexactAmountError for a currency it does not document */
export const stripeExponentOf = (currency: string): number => {
  const code = currency.toUpperCase();
  if (zeroDecimal.has(code)) return 0;
  if (threeDecimal.has(code)) return 3;
  if (wholeInHundredths.has(code) || exponentOf(code) === 2) return 2;
  throw new InexactAmountError('currency_not_at_stripe', `how Stripe writes ${code} is not documented`);
};

/** Ours as Stripe's. @throws InexactAmountError when Stripe cannot say it */
export const toStripeUnits = (units: bigint, currency: string): bigint => {
  const code = currency.toUpperCase();
  const amount = { unscaled: units, scale: exponentOf(code) };
  const stripe = rescaled(amount, stripeExponentOf(code), `${code} is finer than Stripe takes it`);
  if (threeDecimal.has(code) && stripe % 10n !== 0n)
    throw new InexactAmountError('inexact_amount', `${decimalText(amount)} ${code} has a third decimal that is not 0`);
  return stripe;
};

/** Stripe's as ours. @throws InexactAmountError when it is finer than the currency's minor unit */
export const fromStripeUnits = (stripe: bigint, currency: string): bigint => {
  const code = currency.toUpperCase();
  return rescaled(
    { unscaled: stripe, scale: stripeExponentOf(code) },
    exponentOf(code),
    `${code} from Stripe has more decimals than ${code} has`,
  );
};

/**
 * What Stripe may be asked to charge, in its units. Minimum amounts are not judged here: they depend on the currency
 * the account settles in and on the rate of the day, which only Stripe knows; it refuses (`amount_too_small`), and a
 * person is told.
 * @throws InexactAmountError
 */
export const chargeable = (units: bigint, currency: string): bigint => {
  const code = currency.toUpperCase();
  if (units <= 0n) throw new InexactAmountError('amount_not_positive', `${units} ${code} cannot be charged`);
  const stripe = toStripeUnits(units, code);
  const most = digits[code] ?? USUAL_DIGITS;
  if (stripe.toString().length > most)
    throw new InexactAmountError(
      'amount_too_large',
      `${stripe} ${code} has more than ${most} digits in Stripe's units`,
    );
  return stripe;
};

/** What a manual payout may be asked for, in Stripe's units: HUF and TWD only whole. @throws InexactAmountError */
export const payableOut = (units: bigint, currency: string): bigint => {
  const code = currency.toUpperCase();
  if (units <= 0n) throw new InexactAmountError('amount_not_positive', `${units} ${code} cannot be paid out`);
  const stripe = toStripeUnits(units, code);
  if (paidOutWhole.has(code) && stripe % 100n !== 0n)
    throw new InexactAmountError(
      'inexact_amount',
      `${stripe} ${code} (hundredths): Stripe pays out whole ${code} only`,
    );
  return stripe;
};
