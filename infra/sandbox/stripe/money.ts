import { invalidParameter } from './errors.ts';

const zeroDecimal = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));
const threeDecimal = new Set('bhd jod kwd omr tnd'.split(' '));
/** Sent with two decimals that must be 00, although the currency has none. */
const hundredfold = new Set(['isk', 'ugx']);
const twoDecimal = new Set(
  (
    'usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd bwp byn bzd cad cdf chf cny cop ' +
    'crc cve czk dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr isk jmd kes kgs ' +
    'khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen ' +
    'pgk php pkr pln qar ron rsd rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx ' +
    'uyu uzs wst xcd yer zar zmw'
  ).split(' '),
);

/** Smallest amounts that Stripe documents, in minor units. Where it documents none, one minor unit. */
const minimum: Readonly<Record<string, bigint>> = {
  usd: 50n,
  aed: 200n,
  aud: 50n,
  bgn: 100n,
  brl: 50n,
  cad: 50n,
  chf: 50n,
  czk: 1500n,
  dkk: 250n,
  eur: 50n,
  gbp: 30n,
  hkd: 400n,
  huf: 17500n,
  inr: 50n,
  jpy: 50n,
  mxn: 1000n,
  myr: 200n,
  nok: 300n,
  nzd: 50n,
  pln: 200n,
  ron: 200n,
  sek: 300n,
  sgd: 50n,
  thb: 1000n,
};

const largest = 99_999_999n;

/** @returns the lower-case code. @throws ApiError for a code that Stripe does not take. */
export const parseCurrency = (text: string): string => {
  const code = text.toLowerCase();
  if (!twoDecimal.has(code) && !zeroDecimal.has(code) && !threeDecimal.has(code))
    throw invalidParameter(`Invalid currency: ${text}.`, 'currency', 'invalid_currency');
  return code;
};

/** How many decimals Stripe writes a currency with. */
export const decimalsOf = (currency: string): number =>
  zeroDecimal.has(currency) ? 0 : threeDecimal.has(currency) ? 3 : 2;

/** What amounts on the balance are multiples of: 100 for ISK and UGX, which have no decimals. */
export const granularity = (currency: string): bigint => (hundredfold.has(currency) ? 100n : 1n);

/** Charged in hundredths, and paid out whole. */
const paidOutWhole = new Set(['huf', 'twd']);

/** What payouts are multiples of. */
export const payoutGranularity = (currency: string): bigint =>
  paidOutWhole.has(currency) ? 100n : granularity(currency);

/** The granularity of amounts: 10 for three decimals of which the last is 0, 100 for ISK and UGX. */
const step = (currency: string): bigint => (threeDecimal.has(currency) ? 10n : hundredfold.has(currency) ? 100n : 1n);

/**
 * Checks an amount to be charged, in minor units.
 * @throws ApiError when it is below the currency's minimum, beyond eight digits or finer than the currency allows.
 */
export const checkAmount = (amount: bigint, currency: string): void => {
  if (amount < 1n)
    throw invalidParameter('This value must be greater than or equal to 1.', 'amount', 'parameter_invalid_integer');
  if (amount > largest)
    throw invalidParameter(`Amount must be no more than ${largest} minor units.`, 'amount', 'amount_too_large');
  const least = minimum[currency] ?? 1n;
  if (amount < least)
    throw invalidParameter(
      `Amount must be at least ${least} ${currency} in minor units.`,
      'amount',
      'amount_too_small',
    );
  if (amount % step(currency) !== 0n)
    throw invalidParameter(
      `Amounts in ${currency} must be a multiple of ${step(currency)} minor units.`,
      'amount',
      'invalid_charge_amount',
    );
};

/** Up to what the currency can have. */
const payable = (fee: bigint, currency: string): bigint => {
  const unit = granularity(currency);
  return ((fee + unit - 1n) / unit) * unit;
};

/** Stripe's price for a card payment: 2.9 % rounded half up, and 30 minor units. */
export const processingFee = (amount: bigint, currency: string): bigint =>
  payable((amount * 29n + 500n) / 1000n + 30n, currency);

/** Stripe's price for a conversion: 1 % of what it came to, rounded half up. */
export const conversionFee = (amount: bigint, currency: string): bigint => payable((amount + 50n) / 100n, currency);

/** What a lost or open dispute costs, in minor units. It does not come back with a win. */
export const disputeFee = 1500n;
