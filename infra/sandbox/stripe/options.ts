import type { Rates } from './exchange.ts';
import { parseRates } from './exchange.ts';

/** How the simulator is set up. All durations are in milliseconds. */
export interface StripeOptions {
  /** 0 takes any free port. */
  port?: number;
  secretKey?: string;
  publishableKey?: string;
  /** Where state is kept. In memory without it. */
  dataDirectory?: string;
  /** A webhook endpoint that exists from the start, next to those created through the API. */
  webhook?: { url: string; secrets: readonly string[] };
  /** Ids and all chance are functions of this. */
  seed?: string;
  /** Probability that an event is delivered twice. */
  duplicates?: number;
  /** Probability that a fact gets two events with different ids. */
  twins?: number;
  /** Events are delivered at a random time within this window after they arise. */
  reorderMs?: number;
  /** Pauses between delivery attempts; the last is repeated. Stripe's own schedule takes days. */
  retryMs?: readonly number[];
  /** How long an endpoint may take to answer. */
  deliveryTimeoutMs?: number;
  /** How long the balance transaction of an asynchronous capture, a bank debit or a reconciliation takes. */
  settleMs?: number;
  /** Currencies that the account has bank accounts in, lower case: all others are converted to the first. None: nothing is. */
  settlement?: readonly string[];
  /** Worth in US dollars, beside the usual ones. */
  rates?: Rates;
  /** How long rates stay as they are: at Stripe a day, more or less. */
  ratePeriodSeconds?: number;
}

/** Options with every default filled in. */
export type Settings = Required<Omit<StripeOptions, 'dataDirectory' | 'webhook'>> &
  Pick<StripeOptions, 'dataDirectory' | 'webhook'>;

export const withDefaults = (options: StripeOptions): Settings => ({
  port: 0,
  secretKey: 'sk_test_sandbox',
  publishableKey: 'pk_test_sandbox',
  seed: 'millrace',
  duplicates: 0,
  twins: 0,
  reorderMs: 0,
  retryMs: [200, 500, 1_000, 2_000, 5_000, 10_000],
  deliveryTimeoutMs: 10_000,
  settleMs: 100,
  settlement: [],
  rates: {},
  ratePeriodSeconds: 86_400,
  ...options,
});

const number = (name: string, text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new Error(`${name} must be a number, not "${text}"`);
  return value;
};

const settlementCurrency = (text: string): string => {
  const code = text.trim().toLowerCase();
  if (!/^[a-z]{3}$/.test(code)) throw new Error(`STRIPE_SETTLEMENT is currencies with commas, not "${text}"`);
  return code;
};

const seconds = (text: string, name: string): number => {
  const value = number(name, text);
  if (value === 0) throw new Error(`${name} must be more than 0`);
  return value;
};

/**
 * Reads STRIPE_PORT, STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY, STRIPE_DATA_DIR, STRIPE_WEBHOOK_URL,
 * STRIPE_WEBHOOK_SECRET (several with commas), STRIPE_SEED, STRIPE_DUPLICATES, STRIPE_TWINS, STRIPE_REORDER_MS,
 * STRIPE_RETRY_MS (with commas), STRIPE_DELIVERY_TIMEOUT_MS, STRIPE_SETTLE_MS, STRIPE_SETTLEMENT (with commas),
 * STRIPE_RATES and STRIPE_RATE_PERIOD_S. @throws Error naming what is wrong.
 */
export const optionsFrom = (env: Readonly<Record<string, string | undefined>>): StripeOptions => {
  const text = <K extends keyof StripeOptions>(
    key: K,
    name: string,
    read: (value: string, name: string) => StripeOptions[K],
  ): Partial<StripeOptions> => {
    const value = env[name];
    return value === undefined || value === '' ? {} : { [key]: read(value, name) };
  };
  const same = (value: string): string => value;
  const numeric = (value: string, name: string): number => number(name, value);
  const url = env['STRIPE_WEBHOOK_URL'] ?? '';
  const secrets = (env['STRIPE_WEBHOOK_SECRET'] ?? '').split(',').filter((secret) => secret !== '');
  if (url !== '' && secrets.length === 0) throw new Error('STRIPE_WEBHOOK_URL needs STRIPE_WEBHOOK_SECRET');
  return {
    ...text('port', 'STRIPE_PORT', numeric),
    ...text('secretKey', 'STRIPE_SECRET_KEY', same),
    ...text('publishableKey', 'STRIPE_PUBLISHABLE_KEY', same),
    ...text('dataDirectory', 'STRIPE_DATA_DIR', same),
    ...text('seed', 'STRIPE_SEED', same),
    ...text('duplicates', 'STRIPE_DUPLICATES', numeric),
    ...text('twins', 'STRIPE_TWINS', numeric),
    ...text('reorderMs', 'STRIPE_REORDER_MS', numeric),
    ...text('retryMs', 'STRIPE_RETRY_MS', (value, name) => value.split(',').map((part) => number(name, part))),
    ...text('deliveryTimeoutMs', 'STRIPE_DELIVERY_TIMEOUT_MS', numeric),
    ...text('settleMs', 'STRIPE_SETTLE_MS', numeric),
    ...text('settlement', 'STRIPE_SETTLEMENT', (value) => value.split(',').map(settlementCurrency)),
    ...text('rates', 'STRIPE_RATES', parseRates),
    ...text('ratePeriodSeconds', 'STRIPE_RATE_PERIOD_S', seconds),
    ...(url !== '' && { webhook: { url, secrets } }),
  };
};
