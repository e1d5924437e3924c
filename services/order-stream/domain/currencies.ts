/**
 * ISO 4217's minor units, from a pinned package rather than from Intl: what a program decides about money must not
 * change with the runtime's locale data.
 */
import iso4217 from 'currency-codes';

/** ISO assigns these no minor unit: metals, bond units, tests, "no currency". */
const notMoney = new Set('XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '));

/**
 * Assigned after the package's list was made (amendment 176, 2025), and withdrawn codes that old events still carry.
 */
const amendments: readonly (readonly [string, number])[] = [
  ['XCG', 2],
  ['HRK', 2],
  ['MRO', 2],
  ['SLL', 2],
  ['STD', 2],
];

const exponents: ReadonlyMap<string, number> = new Map([
  ...iso4217.data.filter(({ code }) => !notMoney.has(code)).map(({ code, digits }) => [code, digits] as const),
  ...amendments,
]);

/** Every currency we know, upper case, sorted. */
export const currencies: readonly string[] = [...exponents.keys()].sort();

/** Decimals of a currency's minor unit; undefined for what is not a currency. Any case. */
export const isoExponent = (currency: string): number | undefined => exponents.get(currency.toUpperCase());
