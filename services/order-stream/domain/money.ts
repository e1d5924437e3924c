/**
 * Money is a bigint of ISO 4217 minor units with its currency, everywhere but at Stripe's edge (stripe-money.ts). What
 * does not fit the minor unit exactly is refused with a reason, never rounded.
 */
import { isoExponent } from './currencies.ts';

/** An exact decimal: `unscaled` × 10^-`scale`. */
export type Decimal = Readonly<{ unscaled: bigint; scale: number }>;

export type AmountRefusal =
  /** There is no such currency. */
  | 'unknown_currency'
  /** Finer than the currency's minor unit, or than what Stripe takes of it. */
  | 'inexact_amount'
  /** Beyond 64 bits. */
  | 'amount_out_of_range'
  /** Text that is not a decimal. */
  | 'not_a_decimal'
  /** A currency whose decimals at Stripe are not documented. */
  | 'currency_not_at_stripe'
  | 'amount_not_positive'
  /** More digits than Stripe takes. */
  | 'amount_too_large';

/** An amount that cannot be had exactly. `code` is for operators to filter by. */
export class InexactAmountError extends Error {
  override readonly name = 'InexactAmountError';
  readonly code: AmountRefusal;

  constructor(code: AmountRefusal, message: string) {
    super(message);
    this.code = code;
  }
}

const MAX_LONG = 2n ** 63n - 1n;

export const tenTo = (exponent: number): bigint => 10n ** BigInt(exponent);

/**
 * How many decimals the minor unit of a currency has (ISO 4217). @throws InexactAmountError on what is not a currency
 */
export const exponentOf = (currency: string): number => {
  const exponent = isoExponent(currency);
  if (exponent === undefined) throw new InexactAmountError('unknown_currency', `'${currency}' is not a currency`);
  return exponent;
};

/** `12.3400` of scale 4 as text. */
export const decimalText = ({ unscaled, scale }: Decimal): string => {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return unscaled < 0n ? `-${text}` : text;
};

/** More digits than any amount has: longer text is not worth a bigint. */
const MAX_DECIMAL_TEXT = 64;

/** `12.3400` as an exact decimal. @throws InexactAmountError when the text is not one */
export const decimalFromText = (text: string): Decimal => {
  const match = text.length > MAX_DECIMAL_TEXT ? null : /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
  if (!match) throw new InexactAmountError('not_a_decimal', `'${text.slice(0, MAX_DECIMAL_TEXT)}' is not a decimal`);
  const [, sign, whole = '', fraction = ''] = match;
  const unscaled = BigInt(`${whole}${fraction}`);
  return { unscaled: sign === '-' ? -unscaled : unscaled, scale: fraction.length };
};

/** Two's-complement big-endian bytes, as Kafka Connect writes decimals. */
export const decimalFromBytes = (bytes: Uint8Array, scale: number): Decimal => {
  let unscaled = 0n;
  for (const byte of bytes) unscaled = (unscaled << 8n) | BigInt(byte);
  return { unscaled: BigInt.asIntN(bytes.length * 8, unscaled), scale };
};

/** `amount` at another scale. @throws InexactAmountError (`inexact_amount`) when digits other than 0 would be lost */
export const rescaled = (amount: Decimal, scale: number, what: string): bigint => {
  const surplus = amount.scale - scale;
  if (surplus <= 0) return amount.unscaled * tenTo(-surplus);
  if (amount.unscaled % tenTo(surplus) !== 0n)
    throw new InexactAmountError('inexact_amount', `${decimalText(amount)} ${what}`);
  return amount.unscaled / tenTo(surplus);
};

/** Exact minor units of an amount. @throws InexactAmountError */
export const minorUnits = (amount: Decimal, currency: string): bigint => {
  const code = currency.toUpperCase();
  const units = rescaled(amount, exponentOf(code), `${code} has more decimals than ${code} has`);
  if (units > MAX_LONG || units < -MAX_LONG)
    throw new InexactAmountError('amount_out_of_range', `${decimalText(amount)} ${code} does not fit 64 bits`);
  return units;
};

/**
 * The same number in minor units of another currency, for an amount that was read as one of the wrong currency: 1500.00 is
 * 150000 cents and 1500 yen. Undefined when the other currency has not so many decimals. Nothing is converted.
 */
export const readAs = (units: bigint, read: string, currency: string): bigint | undefined => {
  const surplus = exponentOf(read) - exponentOf(currency);
  if (surplus <= 0) return units * tenTo(-surplus);
  return units % tenTo(surplus) === 0n ? units / tenTo(surplus) : undefined;
};

/** `1234` USD as `12.34`. */
export const moneyText = (units: bigint, currency: string): string =>
  decimalText({ unscaled: units, scale: exponentOf(currency) });
