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

export const parseAvro = (schema: string): avro.Type =>
  avro.Type.forSchema(JSON.parse(schema) as avro.Schema, avroOptions());

/** The text of `schemas/<file>.avsc`. */
export const readSchema = (file: string): string => readFileSync(new URL(`./${file}.avsc`, import.meta.url), 'utf8');
