/**
 * Money is a bigint of minor units with an ISO currency. What does not fit the minor unit exactly is refused, never
 * rounded. Exponents are Stripe's, not ISO 4217's: what is sent to Stripe must be what Stripe understands
 * (docs.stripe.com/currencies).
 */

const zeroDecimal = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'.split(' '));
/** Sent in thousandths whose last digit is 0. */
const threeDecimal = new Set('BHD JOD KWD OMR TND'.split(' '));
/** Sent in hundredths that are always whole units. */
const wholeUnitsInHundredths = new Set('ISK UGX'.split(' '));

/** An exact decimal: `unscaled` × 10^-`scale`. */
export type Decimal = Readonly<{ unscaled: bigint; scale: number }>;

export class InexactAmountError extends Error {
  override readonly name = 'InexactAmountError';
}

const tenTo = (exponent: number): bigint => 10n ** BigInt(exponent);

/** How many decimals the minor unit of a currency has at Stripe. Throws on what is not a currency code. */
export const exponentOf = (currency: string): number => {
  const code = currency.toUpperCase();
  if (!/^[A-Z]{3}$/.test(code)) throw new InexactAmountError(`'${currency}' is not a currency code`);
  if (zeroDecimal.has(code)) return 0;
  return threeDecimal.has(code) ? 3 : 2;
};

/** `12.3400` of scale 4 as text. */
export const decimalText = ({ unscaled, scale }: Decimal): string => {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return unscaled < 0n ? `-${text}` : text;
};

/** Two's-complement big-endian bytes, as Kafka Connect writes decimals. */
export const decimalFromBytes = (bytes: Uint8Array, scale: number): Decimal => {
  let unscaled = 0n;
  for (const byte of bytes) unscaled = (unscaled << 8n) | BigInt(byte);
  return { unscaled: BigInt.asIntN(bytes.length * 8, unscaled), scale };
};

/** Exact minor units of an amount, or `InexactAmountError`. */
export const minorUnits = (amount: Decimal, currency: string): bigint => {
  const code = currency.toUpperCase();
  const exponent = exponentOf(code);
  const surplus = amount.scale - exponent;
  const refuse = (why: string): never => {
    throw new InexactAmountError(`${decimalText(amount)} ${code} ${why}`);
  };
  if (surplus > 0 && amount.unscaled % tenTo(surplus) !== 0n) refuse(`has more decimals than ${code} has`);
  const units = surplus >= 0 ? amount.unscaled / tenTo(surplus) : amount.unscaled * tenTo(-surplus);
  if (wholeUnitsInHundredths.has(code) && units % 100n !== 0n) refuse('is not a whole number of units');
  if (threeDecimal.has(code) && units % 10n !== 0n) refuse('has a third decimal that is not 0');
  return units;
};

/** `1234` USD as `12.34`. */
export const moneyText = (units: bigint, currency: string): string =>
  decimalText({ unscaled: units, scale: exponentOf(currency) });
