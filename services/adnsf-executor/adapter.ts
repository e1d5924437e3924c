/** Which way to the shop: its database or its REST API, as configured. */
import { z } from 'zod';
import { type Config, count, flag, milliseconds, port, secret } from '../platform/variables.ts';
import { FatalError } from '../runtime/errors.ts';
import { type Client, openClient } from './rest/client.ts';
import { openRestShop } from './rest/shop.ts';
import type { OrderLookup, Shop } from './shop.ts';
import { openShop } from './sql/shop.ts';

export const shopVariables = {
  MILLRACE_ADNSF_ADAPTER: z.enum(['sql', 'rest']).default('sql'),
  MILLRACE_ADNSF_SQL_HOST: z.string().min(1).optional(),
  MILLRACE_ADNSF_SQL_PORT: port().default(1433),
  MILLRACE_ADNSF_SQL_DATABASE: z.string().min(1).optional(),
  MILLRACE_ADNSF_SQL_USER: z.string().min(1).optional(),
  MILLRACE_ADNSF_SQL_PASSWORD: secret().optional(),
  MILLRACE_ADNSF_SQL_ENCRYPT: flag().default(true),
  MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE: flag().default(false),
  MILLRACE_ADNSF_SQL_CONNECTIONS: count().default(4),
  MILLRACE_ADNSF_SQL_TIMEOUT_MS: milliseconds().default(15_000),
  MILLRACE_ADNSF_REST_URL: z.url({ protocol: /^https?$/ }).optional(),
  MILLRACE_ADNSF_REST_KEY: secret().optional(),
  MILLRACE_ADNSF_REST_TIMEOUT_MS: milliseconds().default(15_000),
  MILLRACE_ADNSF_REST_CONCURRENCY: count().default(8),
} as const;

export type ShopConfig = Config<typeof shopVariables>;

export type OpenedShop = Readonly<{
  shop: Shop & OrderLookup;
  /** How many commands it takes at one time. */
  concurrency: number;
  /** For people. */
  address: string;
}>;

/** What must be set once this adapter is chosen. @throws FatalError naming all that is not */
const required = <K extends keyof ShopConfig>(config: ShopConfig, names: readonly K[]) => {
  const missing = names.filter((name) => config[name] === undefined);
  if (missing.length > 0)
    throw new FatalError(
      `configuration: ${missing.join(', ')} is not set (MILLRACE_ADNSF_ADAPTER is ${config.MILLRACE_ADNSF_ADAPTER})`,
    );
  return config as ShopConfig & { readonly [N in K]: NonNullable<ShopConfig[N]> };
};

/** The REST API, for what only it can do, whichever way commands take. @throws FatalError when it is not configured */
export const openConfiguredClient = (config: ShopConfig): Client => {
  const rest = required(config, ['MILLRACE_ADNSF_REST_URL', 'MILLRACE_ADNSF_REST_KEY']);
  return openClient({
    base: new URL(rest.MILLRACE_ADNSF_REST_URL),
    apiKey: rest.MILLRACE_ADNSF_REST_KEY,
    timeoutMs: rest.MILLRACE_ADNSF_REST_TIMEOUT_MS,
  });
};

/** Opens nothing yet: the first command does. @throws FatalError when the configuration lacks something */
export const openConfiguredShop = (config: ShopConfig): OpenedShop => {
  switch (config.MILLRACE_ADNSF_ADAPTER) {
    case 'rest': {
      const rest = required(config, ['MILLRACE_ADNSF_REST_URL', 'MILLRACE_ADNSF_REST_KEY']);
      const base = new URL(rest.MILLRACE_ADNSF_REST_URL);
      return {
        shop: openRestShop({
          base,
          apiKey: rest.MILLRACE_ADNSF_REST_KEY,
          timeoutMs: rest.MILLRACE_ADNSF_REST_TIMEOUT_MS,
        }),
        concurrency: rest.MILLRACE_ADNSF_REST_CONCURRENCY,
        address: base.origin,
      };
    }
    case 'sql': {
      const sql = required(config, [
        'MILLRACE_ADNSF_SQL_HOST',
        'MILLRACE_ADNSF_SQL_DATABASE',
        'MILLRACE_ADNSF_SQL_USER',
        'MILLRACE_ADNSF_SQL_PASSWORD',
      ]);
      return {
        shop: openShop({
          host: sql.MILLRACE_ADNSF_SQL_HOST,
          port: sql.MILLRACE_ADNSF_SQL_PORT,
          database: sql.MILLRACE_ADNSF_SQL_DATABASE,
          user: sql.MILLRACE_ADNSF_SQL_USER,
          password: sql.MILLRACE_ADNSF_SQL_PASSWORD,
          encrypt: sql.MILLRACE_ADNSF_SQL_ENCRYPT,
          trustServerCertificate: sql.MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE,
          connections: sql.MILLRACE_ADNSF_SQL_CONNECTIONS,
          timeoutMs: sql.MILLRACE_ADNSF_SQL_TIMEOUT_MS,
        }),
        concurrency: sql.MILLRACE_ADNSF_SQL_CONNECTIONS,
        address: `${sql.MILLRACE_ADNSF_SQL_HOST}:${sql.MILLRACE_ADNSF_SQL_PORT}`,
      };
    }
  }
};
