import { randomBytes } from 'node:crypto';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isErrno } from './errno.ts';
import type { StateLayout } from './state.ts';

/** Everything secret in a local stack. Made once per state directory, so that a restart still fits its data. */
export interface Secrets {
  readonly sqlServerSa: string;
  readonly sqlServerCdc: string;
  readonly sqlServerExecutor: string;
  readonly sqlServerShop: string;
  readonly stripeSecretKey: string;
  readonly stripePublishableKey: string;
  readonly stripeWebhookSecret: string;
  readonly adnsfApiKey: string;
  readonly adnsfApiReadKey: string;
  readonly adnsfWebhookSecret: string;
  readonly paymentLinkSecret: string;
}

/** Each secret's file name below `secrets/` and how a fresh one is made. */
const RECIPES: { readonly [Name in keyof Secrets]: readonly [file: string, make: () => string] } = {
  sqlServerSa: ['sqlserver-sa-password', password],
  sqlServerCdc: ['sqlserver-cdc-password', password],
  sqlServerExecutor: ['sqlserver-executor-password', password],
  sqlServerShop: ['sqlserver-shop-password', password],
  stripeSecretKey: ['stripe-secret-key', () => `sk_test_${token(24)}`],
  stripePublishableKey: ['stripe-publishable-key', () => `pk_test_${token(24)}`],
  stripeWebhookSecret: ['stripe-webhook-secret', () => `whsec_${token(24)}`],
  adnsfApiKey: ['adnsf-api-key', () => token(24)],
  adnsfApiReadKey: ['adnsf-api-read-key', () => token(24)],
  adnsfWebhookSecret: ['adnsf-webhook-secret', () => token(32)],
  paymentLinkSecret: ['payment-link-secret', () => token(32)],
};

/** Loads the secrets of a state directory and makes those that are missing, one file of mode 0600 each. */
export async function loadSecrets(layout: StateLayout): Promise<Secrets> {
  const entries = await Promise.all(
    Object.entries(RECIPES).map(async ([name, [file, make]]) => [
      name,
      await loadOrMake(join(layout.secrets, file), make),
    ]),
  );
  return Object.fromEntries(entries) as Secrets;
}

async function loadOrMake(path: string, make: () => string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  const secret = make();
  await writeFile(path, `${secret}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(path, 0o600);
  return secret;
}

function token(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** SQL Server wants three of: upper case, lower case, digit, symbol. The prefix gives all four. */
function password(): string {
  return `Mr1!${token(16)}`;
}
