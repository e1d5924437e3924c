/** Where the commands find the cluster, the shop, Stripe and the ledger. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { DEFAULT_DIRECTORY } from '../order-stream/workflows/directory.ts';
import {
  commonVariables,
  type Config,
  type Environment,
  flag,
  port,
  readVariables,
  secret,
  secretList,
} from '../platform/variables.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');

export const variables = {
  MILLRACE_KAFKA_BROKERS: commonVariables.MILLRACE_KAFKA_BROKERS,
  MILLRACE_REGISTRY_URL: commonVariables.MILLRACE_REGISTRY_URL,
  MILLRACE_PARTITIONS: commonVariables.MILLRACE_PARTITIONS,
  MILLRACE_REPLICATION: commonVariables.MILLRACE_REPLICATION,
  MILLRACE_STORES: commonVariables.MILLRACE_STORES,
  MILLRACE_CONNECT_URL: z.url(),
  MILLRACE_STRIPE_API_BASE: z.url().optional(),
  MILLRACE_STRIPE_SECRET_KEY: secret(),
  MILLRACE_ADNSF_SQL_HOST: z.string().default('127.0.0.1'),
  MILLRACE_ADNSF_SQL_PORT: port().default(1433),
  MILLRACE_ADNSF_SQL_DATABASE: z.string().default('AspDotNetStorefront'),
  MILLRACE_ADNSF_SQL_USER: z.string(),
  MILLRACE_ADNSF_SQL_PASSWORD: secret(),
  MILLRACE_ADNSF_SQL_ENCRYPT: flag().default(true),
  MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE: flag().default(false),
  MILLRACE_STRIPE_METHODS: z.string().default('Stripe'),
  MILLRACE_STRIPE_CAPTURE_ON_SHIPMENT: z.string().default(''),
  MILLRACE_STRIPE_OFF_SESSION: z.string().default(''),
  MILLRACE_SHIPPED_WITH_FIRST: flag().default(false),
  MILLRACE_STRIPE_LIVEMODE: flag().default(false),
  MILLRACE_WORKFLOWS_DIR: z.string().default(DEFAULT_DIRECTORY),
  MILLRACE_ENVIRONMENT: z.string().default('production'),
  MILLRACE_LEDGER_DB: z.string(),
  /** How old what Stripe says must be, without an order, before `verify` tells of it; 0: it tells at once. */
  MILLRACE_UNROUTED_AFTER_MS: z.coerce.number().int().nonnegative().default(600_000),
  MILLRACE_PAYMENTS_URL: z.url().optional(),
  MILLRACE_PAYMENT_LINK_SECRETS: secretList().optional(),
} as const;

export type CliConfig = Config<typeof variables>;

/** The state directory of a local stack. */
export const stateDirOf = (name: string): string => join(REPOSITORY, '.state', name);

/** The environment of the local stack of this name, with our own variables over it. */
export const environmentOf = async (name: string): Promise<Environment> => {
  if (process.env['MILLRACE_KAFKA_BROKERS'] !== undefined) return process.env;
  const path = join(stateDirOf(name), 'env.json');
  try {
    const stored = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(path, 'utf8')));
    return { ...stored, ...process.env };
  } catch (error) {
    throw new Error(
      `MILLRACE_KAFKA_BROKERS is not set, and ${path} cannot be read: start a stack with \`up\`, or set the variables`,
      { cause: error },
    );
  }
};

/** Everything the commands need. @throws FatalError naming each variable that is missing or wrong */
export const configOf = (environment: Environment): CliConfig => readVariables(variables, environment).config;
