/**
 * Shoppers from the command line. Tells what they do as JSON lines on stdout; exits 0 when all are done, 1 when one
 * failed. SIGTERM and SIGINT leave unfinished visits for the next run.
 */
import { Command, InvalidArgumentError } from 'commander';
import { join } from 'node:path';
import { z } from 'zod';
import { flag, port, readVariables, secret, secretList } from '../../../services/platform/variables.ts';
import { openBrowser } from './browser.ts';
import { openDiary } from './diary.ts';
import { paymentPage } from './payment-page.ts';
import { runShoppers } from './run.ts';
import { openTill } from './till.ts';

const variables = {
  MILLRACE_ADNSF_SQL_HOST: z.string().default('127.0.0.1'),
  MILLRACE_ADNSF_SQL_PORT: port().default(1433),
  MILLRACE_ADNSF_SQL_DATABASE: z.string().default('AspDotNetStorefront'),
  MILLRACE_ADNSF_SQL_ENCRYPT: flag().default(false),
  MILLRACE_SHOP_SQL_USER: z.string(),
  MILLRACE_SHOP_SQL_PASSWORD: secret(),
  MILLRACE_STRIPE_API_BASE: z.url().optional(),
  MILLRACE_STRIPE_SECRET_KEY: secret(),
  MILLRACE_STRIPE_PUBLISHABLE_KEY: secret(),
  MILLRACE_PAYMENTS_URL: z.url().optional(),
  MILLRACE_PAYMENT_LINK_SECRETS: secretList().optional(),
  MILLRACE_STATE_DIR: z.string().optional(),
};

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('must be a number above 0');
  return value;
};
const whole = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError('must be a whole number');
  return value;
};

const share = (text: string): number => {
  const value = Number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('must be a number from 0 to 1');
  return value;
};

type Flags = Readonly<{
  orders?: number;
  rate?: number;
  seed: string;
  untidy: number;
  merchant: number;
  abroad: number;
  concurrency: number;
  patience: number;
  first: number;
  diary?: string;
}>;

const flags = new Command('shopper')
  .description('Shoppers who buy in the shop and pay at Stripe')
  .option('--orders <n>', 'place so many new orders, see each through, and exit', whole)
  .option('--rate <per-minute>', 'visits per minute, until stopped', positive)
  .option('--seed <text>', 'what the shoppers are is a function of this', process.env['MILLRACE_SEED'] ?? 'millrace')
  .option('--untidy <share>', 'share of visits that are as untidy as a real shop, from 0 to 1', share, 0)
  .option('--merchant <share>', 'share of visits that the merchant does something about, from 0 to 1', share, 0)
  .option('--abroad <share>', 'share of visits to the store that sells in another currency, from 0 to 1', share, 0)
  .option('--concurrency <n>', 'visits side by side', positive, 12)
  .option('--patience <seconds>', 'how long a visit may take', positive, 600)
  .option('--first <n>', 'number of the first visit when the diary knows none', whole, 0)
  .option('--diary <file>', 'where visits are noted (default: shopper/diary.json in MILLRACE_STATE_DIR)')
  .parse()
  .opts<Flags>();

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const { config } = readVariables(variables, process.env);
const linkSecret = config.MILLRACE_PAYMENT_LINK_SECRETS?.[0];
if (config.MILLRACE_PAYMENTS_URL !== undefined && linkSecret === undefined)
  throw new Error('MILLRACE_PAYMENTS_URL is set, and MILLRACE_PAYMENT_LINK_SECRETS is not');
const stateDir = config.MILLRACE_STATE_DIR;
const diaryFile = flags.diary ?? (stateDir === undefined ? undefined : join(stateDir, 'shopper', 'diary.json'));
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort(new Error(signal)));

const access = {
  base: config.MILLRACE_STRIPE_API_BASE,
  secretKey: config.MILLRACE_STRIPE_SECRET_KEY,
  publishableKey: config.MILLRACE_STRIPE_PUBLISHABLE_KEY,
};
const begun = performance.now();
const counts: Record<string, number> = {};
const summary = await runShoppers({
  seed: flags.seed,
  untidy: flags.untidy,
  merchant: flags.merchant,
  abroad: flags.abroad,
  till: openTill(access),
  amount: flags.rate === undefined ? { orders: flags.orders ?? 40 } : { rate: flags.rate },
  concurrency: flags.concurrency,
  patienceMs: flags.patience * 1_000,
  login: {
    host: config.MILLRACE_ADNSF_SQL_HOST,
    port: config.MILLRACE_ADNSF_SQL_PORT,
    database: config.MILLRACE_ADNSF_SQL_DATABASE,
    user: config.MILLRACE_SHOP_SQL_USER,
    password: config.MILLRACE_SHOP_SQL_PASSWORD,
    encrypt: config.MILLRACE_ADNSF_SQL_ENCRYPT,
  },
  browser: openBrowser(
    access,
    config.MILLRACE_PAYMENTS_URL === undefined || linkSecret === undefined
      ? undefined
      : paymentPage(config.MILLRACE_PAYMENTS_URL, linkSecret),
  ),
  diary: await openDiary(diaryFile, flags.seed, flags.first),
  signal: stopping.signal,
  tell: (visit, event) => {
    counts[event.event] = (counts[event.event] ?? 0) + 1;
    say({ at: new Date().toISOString(), visit, ...event });
  },
});
say({ event: 'done', seconds: Math.round(performance.now() - begun) / 1_000, ...summary, counts });
process.exitCode = summary.failed > 0 ? 1 : 0;
