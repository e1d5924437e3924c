/** Avro as this project reads it: every `long` is a bigint, every optional is `null | T`. */
import { readFileSync } from 'node:fs';
import avro from 'avsc';

const exactLong = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const bytes = Buffer.allocUnsafe(8);
    bytes.writeBigInt64LE(value);
    return bytes;
  },
  fromJSON: (value: number | string) => BigInt(value),
  toJSON: (value: bigint) => value.toString(),
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (left: bigint, right: bigint) => (left < right ? -1 : left > right ? 1 : 0),
});

/**
 * avsc's own long refuses what a double cannot hold, and longs that carry attributes (`connect.name`, `logicalType`) are
 * types of their own to it; this hook gives both the exact one.
 */
export const avroOptions = (): { typeHook: (schema: unknown) => avro.Type | undefined } => ({
  typeHook: (schema) => {
    if (schema === 'long') return exactLong;
    const attributed = schema as { type?: unknown } | null;
    return typeof attributed === 'object' && attributed?.type === 'long' ? exactLong : undefined;
  },
});

/** Of a function of texts, which are few: what each makes is made once in a process. */
export const once = <V>(make: (...texts: readonly string[]) => V): ((...texts: readonly string[]) => V) => {
  const made = new Map<string, V>();
  return (...texts) => {
    const key = texts.join('\0');
    const known = made.get(key);
    if (known !== undefined) return known;
    const fresh = make(...texts);
    made.set(key, fresh);
    return fresh;
  };
};

/** The type of a schema. Types never change, and making one costs as much as reading a thousand records. */
export const parseAvro: (schema: string) => avro.Type = once((schema) =>
  avro.Type.forSchema(JSON.parse(schema) as avro.Schema, avroOptions()),
);

/** Reads with one schema what was written with another. @throws Error when it cannot be read so */
export const resolverOf: (reader: string, writer: string) => avro.Resolver = once((reader, writer) =>
  parseAvro(reader).createResolver(parseAvro(writer)),
);

/** The full name of a schema's record. */
export const recordName: (schema: string) => string = once((schema) => {
  const { namespace, name } = JSON.parse(schema) as { namespace?: string; name: string };
  return namespace === undefined ? name : `${namespace}.${name}`;
});

/** The text of `schemas/<file>.avsc`. */
export const readSchema: (file: string) => string = once((file) =>
  readFileSync(new URL(`./${file}.avsc`, import.meta.url), 'utf8'),
);
