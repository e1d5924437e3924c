/** Where schema ids come from: the registry, or memory for tests that need no broker. */
import confluent from '@kafkajs/confluent-schema-registry';
import { avroOptions } from './avro.ts';

const { SchemaRegistry, SchemaType } = confluent;

export interface Registry {
  /** The id of exactly this schema under the subject. Throws when it is not registered. */
  idOf(subject: string, schema: string): Promise<number>;
  /** Every schema that was ever registered under the subject. */
  versionsOf(subject: string): Promise<readonly { id: number; schema: string }[]>;
  /** The schema text behind an id. Throws `UnknownSchemaError` when the registry has no such id. */
  schemaOf(id: number): Promise<string>;
  /** The same as it was registered, with attributes such as a decimal's scale. */
  textOf(id: number): Promise<string>;
}

/** The registry answered, and it has no such schema: the bytes are not ours. */
export class UnknownSchemaError extends Error {
  override readonly name = 'UnknownSchemaError';
}

const isMissing = (error: unknown): boolean => (error as { status?: number }).status === 404;

/** A Confluent-compatible registry over HTTP. */
export const httpRegistry = (url: string): Registry => {
  const client = new SchemaRegistry(
    { host: url, retry: { retries: 5, initialRetryTimeInSecs: 0.1, maxRetryTimeInSecs: 5 } },
    { [SchemaType.AVRO]: avroOptions() },
  );
  return {
    async idOf(subject, schema) {
      return client.getRegistryIdBySchema(subject, { type: SchemaType.AVRO, schema });
    },
    async versionsOf(subject) {
      const get = async (path: string): Promise<unknown> => {
        const response = await fetch(`${url}/subjects/${encodeURIComponent(subject)}/versions${path}`);
        if (!response.ok) throw new Error(`schema registry: ${response.status} for versions of ${subject}`);
        return response.json();
      };
      const versions = (await get('')) as readonly number[];
      return Promise.all(versions.map(async (version) => (await get(`/${version}`)) as { id: number; schema: string }));
    },
    async schemaOf(id) {
      try {
        return JSON.stringify(await client.getSchema(id));
      } catch (error) {
        if (isMissing(error)) throw new UnknownSchemaError(`schema id ${id} is not in the registry`, { cause: error });
        throw error;
      }
    },
    async textOf(id) {
      const response = await fetch(`${url.replace(/\/$/, '')}/schemas/ids/${id}`, {
        signal: AbortSignal.timeout(15_000),
      });
      if (response.status === 404) throw new UnknownSchemaError(`schema id ${id} is not in the registry`);
      if (!response.ok) throw new Error(`schema registry: ${response.status} for schema id ${id}`);
      return ((await response.json()) as { schema: string }).schema;
    },
  };
};

/** Gives every schema text an id of its own; nothing is ever unregistered. */
export const memoryRegistry = (): Registry & { register(schema: string): number } => {
  const ids = new Map<string, number>();
  const register = (schema: string): number => {
    const text = JSON.stringify(JSON.parse(schema));
    const id = ids.get(text) ?? ids.size + 1;
    ids.set(text, id);
    return id;
  };
  const schemaOf = (id: number): Promise<string> => {
    for (const [schema, known] of ids) if (known === id) return Promise.resolve(schema);
    return Promise.reject(new UnknownSchemaError(`schema id ${id} is not in the registry`));
  };
  return {
    register,
    idOf: (_subject, schema) => Promise.resolve(register(schema)),
    versionsOf: () => Promise.resolve([...ids].map(([schema, id]) => ({ id, schema }))),
    schemaOf,
    textOf: schemaOf,
  };
};
