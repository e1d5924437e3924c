/** Configuration from environment variables. Any of them may come as `<NAME>_FILE`, the path of a file with the value. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { FatalError } from '../runtime/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const secrets = new WeakSet<z.ZodType>();

/** A value that must never be seen in a log. */
export const secret = (): z.ZodString => {
  const type = z.string().min(1);
  secrets.add(type);
  return type;
};

/** Several secrets with commas between them. */
export const secretList = (): z.ZodType<readonly string[], string> => {
  const type = z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .refine((list) => list.length > 0, 'must have at least one value');
  secrets.add(type);
  return type;
};

export const port = (): z.ZodType<number> => z.coerce.number().int().min(0).max(65_535);
export const count = (): z.ZodType<number> => z.coerce.number().int().positive();
export const milliseconds = count;
export const flag = (): z.ZodType<boolean, string> => z.enum(['true', 'false']).transform((text) => text === 'true');

/** Every zone has wall clocks; a store's decides how its local times are read and written. */
const timeZone = z.string().refine((zone) => {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}, 'is not a time zone');

const storeFacts = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/),
  timeZone,
  catalogue: z.boolean().optional(),
});

/**
 * What the shop's tables do not say of a store: its currency, the zone of its local times, and whether the catalogue's
 * prices are in that currency. By StoreID.
 */
export type Stores = Readonly<
  Record<string, Readonly<{ currency: string; timeZone: string; catalogue?: boolean | undefined }>>
>;

export const stores = (): z.ZodType<Stores> =>
  z.preprocess(
    (text, context) => {
      if (typeof text !== 'string') return text;
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.issues.push({ code: 'custom', message: 'is not JSON', input: text });
        return z.NEVER;
      }
    },
    z.record(z.string().regex(/^\d+$/), storeFacts),
  );

/** What every service has. */
export const commonVariables = {
  MILLRACE_KAFKA_BROKERS: z
    .string()
    .transform((text) => text.split(',').map((broker) => broker.trim()))
    .refine((brokers) => brokers.every((broker) => /^[^\s:]+:\d+$/.test(broker)), 'must be host:port, with commas'),
  MILLRACE_REGISTRY_URL: z.url(),
  MILLRACE_STATE_DIR: z.string().min(1),
  MILLRACE_PARTITIONS: count().default(4),
  MILLRACE_REPLICATION: count().default(1),
  MILLRACE_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  MILLRACE_METRICS_PORT: port().optional(),
  MILLRACE_STORES: stores().default({ '1': { currency: 'USD', timeZone: 'America/New_York' } }),
} as const;

export type Variables = Readonly<Record<string, z.ZodType>>;
export type Config<V extends Variables> = { readonly [K in keyof V]: z.output<V[K]> };

const textOf = (name: string, environment: Environment): string | undefined => {
  const direct = environment[name];
  const path = environment[`${name}_FILE`];
  const present = (value: string | undefined): value is string => value !== undefined && value !== '';
  if (present(direct) && present(path)) throw new FatalError(`configuration: both ${name} and ${name}_FILE are set`);
  if (!present(path)) return present(direct) ? direct : undefined;
  try {
    // Editors and `echo` leave a newline at the end, which is never part of a secret.
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    throw new FatalError(`configuration: ${name}_FILE cannot be read: ${(error as Error).message}`, { cause: error });
  }
};

const isSecret = (type: z.ZodType): boolean =>
  secrets.has(type) || (type instanceof z.ZodOptional && isSecret(type.unwrap() as z.ZodType));

/**
 * Parses the variables and says which values are secret.
 * @throws FatalError naming every variable that is missing or wrong, never showing its value.
 */
export const readVariables = <V extends Variables>(
  variables: V,
  environment: Environment,
): { config: Config<V>; secrets: readonly string[] } => {
  const problems: string[] = [];
  const found: string[] = [];
  const config: Record<string, unknown> = {};
  for (const [name, type] of Object.entries(variables)) {
    const text = textOf(name, environment);
    const parsed = type.safeParse(text);
    if (parsed.success) config[name] = parsed.data;
    else {
      const reasons = parsed.error.issues.map((issue) => [...issue.path, issue.message].join(': '));
      problems.push(text === undefined ? `${name} is not set` : `${name}: ${reasons.join('; ')}`);
    }
    if (text !== undefined && isSecret(type)) found.push(...text.split(',').map((part) => part.trim()), text);
  }
  if (problems.length > 0) throw new FatalError(`configuration: ${problems.join(' | ')}`);
  return { config: config as Config<V>, secrets: found };
};
