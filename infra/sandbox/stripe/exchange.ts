/**
 * In which currencies the account settles, and the rates of the day at which charges in others are converted. Stripe
 * converts when it books: a refund and a dispute at the rate of their own day, not at that of the charge.
 */
import { decimalsOf, granularity } from './money.ts';
import type { World } from './world.ts';

/** What one unit (not minor unit) of a currency is worth in US dollars, as decimal text. Any rates will do. */
export type Rates = Readonly<Record<string, string>>;

export const usualRates: Rates = {
  usd: '1',
  eur: '1.0832',
  gbp: '1.2714',
  chf: '1.1307',
  cad: '0.7318',
  aud: '0.6605',
  sek: '0.0957',
  huf: '0.002783',
  jpy: '0.006688',
  krw: '0.000731',
  isk: '0.007214',
  kwd: '3.2547',
  twd: '0.03091',
};

/** An amount as it is booked. `rate` is what Stripe says as exchange_rate: units per unit; null when nothing was converted. */
export interface Settled {
  amount: bigint;
  currency: string;
  rate: number | null;
}

/** How far a day's rate may be from the configured one. */
const SPREAD = 0.02;
const DIGITS = 6;
const setting = 'exchange.rates';

const positive = /^(?=.*[1-9])\d+(\.\d+)?$/;

/** Reads such as `jpy=0.0067,eur=1.08`, in US dollars. @throws Error naming what is wrong */
export const parseRates = (text: string): Rates =>
  Object.fromEntries(
    text.split(',').map((part) => {
      const [currency = '', rate = '', ...more] = part.split('=').map((side) => side.trim());
      if (!/^[a-z]{3}$/i.test(currency) || !positive.test(rate) || more.length > 0)
        throw new Error(`rates are such as jpy=0.0067,eur=1.08, in US dollars, not "${part}"`);
      return [currency.toLowerCase(), rate];
    }),
  );

/** The market moves: from now on these rates hold, beside the others. */
export const changeRates = (world: World, rates: Rates): Rates => {
  const changed = { ...ratesIn(world), ...rates };
  world.journal.set(setting, JSON.stringify(changed));
  return changed;
};

const ratesIn = (world: World): Rates => {
  const changed = world.journal.setting(setting);
  return { ...usualRates, ...world.settings.rates, ...(changed === undefined ? {} : (JSON.parse(changed) as Rates)) };
};

const dollars = (world: World, currency: string): number => {
  const rate = ratesIn(world)[currency];
  if (rate === undefined) throw new Error(`the simulator has no exchange rate for ${currency}: set STRIPE_RATES`);
  return Number(rate);
};

/** The rate of this period, in plain decimals of six digits that count. */
const rateText = (world: World, from: string, to: string): string => {
  const period = Math.floor(world.clock.seconds() / world.settings.ratePeriodSeconds);
  const drift = (world.chance('rate', from, to, period) * 2 - 1) * SPREAD;
  const rate = (dollars(world, from) / dollars(world, to)) * (1 + drift);
  const decimals = Math.min(Math.max(DIGITS - 1 - Math.floor(Math.log10(rate)), 0), 15);
  return rate.toFixed(decimals);
};

/** Half away from zero. */
const rounded = (numerator: bigint, denominator: bigint): bigint => {
  const half = (2n * (numerator < 0n ? -numerator : numerator) + denominator) / (2n * denominator);
  return numerator < 0n ? -half : half;
};

/**
 * Minor units of one currency in minor units of another, rounded half away from zero to what the other can have.
 * @param rate units per unit, plain decimal text
 */
export const convert = (amount: bigint, from: string, to: string, rate: string): bigint => {
  const [whole = '', fraction = ''] = rate.split('.');
  const scale = fraction.length + decimalsOf(from) - decimalsOf(to);
  const unscaled = amount * BigInt(whole + fraction);
  const step = granularity(to);
  const numerator = scale < 0 ? unscaled * 10n ** BigInt(-scale) : unscaled;
  return rounded(numerator, step * (scale < 0 ? 1n : 10n ** BigInt(scale))) * step;
};

/** The currency in which money of this one is booked: itself when the account settles in it, else the account's first. */
export const settlementOf = (world: World, currency: string): string => {
  const { settlement } = world.settings;
  return settlement.length === 0 || settlement.includes(currency) ? currency : settlement[0]!;
};

/** What an amount comes to on the balance now. */
export const settle = (world: World, amount: bigint, currency: string): Settled => {
  const to = settlementOf(world, currency);
  if (to === currency) return { amount, currency, rate: null };
  const rate = rateText(world, currency, to);
  return { amount: convert(amount, currency, to, rate), currency: to, rate: Number(rate) };
};
