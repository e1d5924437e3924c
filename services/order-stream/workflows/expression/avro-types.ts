/** Avro schemas as types of a workflow. */
import { bool, type Field, listOf, nullable, text, time, type Type, units, whole } from './types.ts';

type Avro = string | readonly Avro[] | AvroObject;
type AvroObject = Readonly<{
  type: Avro;
  name?: string;
  namespace?: string;
  logicalType?: string;
  fields?: readonly Readonly<{ name: string; type: Avro; default?: unknown }>[];
  items?: Avro;
  values?: Avro;
  symbols?: readonly string[];
}>;

const primitives: Readonly<Record<string, Type>> = { string: text, long: units, int: whole, boolean: bool };

/** A default as the schema writes it, in JSON, as the value it stands for. */
const fallbackOf = (type: Type, json: unknown): unknown => {
  if (json === null) return null;
  switch (type.kind) {
    case 'nullable':
      return fallbackOf(type.of, json);
    case 'units':
    case 'time':
      return BigInt(json as number);
    case 'list':
      return (json as unknown[]).map((item) => fallbackOf(type.of, item));
    case 'map':
      return Object.fromEntries(
        Object.entries(json as object).map(([key, value]) => [key, fallbackOf(type.of, value)]),
      );
    case 'record':
      return Object.fromEntries(
        [...type.fields].map(([name, field]) => {
          const own = (json as Record<string, unknown>)[name];
          return [name, own === undefined ? field.fallback?.value : fallbackOf(field.type, own)];
        }),
      );
    default:
      return json;
  }
};

/**
 * The type of a schema's values. Throws on unions other than with null, which no record of the product has.
 *
 * @param schema the text of an `.avsc` file
 */
export const typeOfAvro = (schema: string): Type => {
  const named = new Map<string, Type>();
  const visit = (avro: Avro, namespace: string): Type => {
    if (typeof avro === 'string') {
      const known = primitives[avro] ?? named.get(avro.includes('.') ? avro : `${namespace}.${avro}`);
      return known ?? { kind: 'opaque', name: avro };
    }
    if (Array.isArray(avro)) {
      const others = (avro as readonly Avro[]).filter((branch) => branch !== 'null');
      if (others.length !== 1) throw new TypeError(`not a union with null: ${JSON.stringify(avro)}`);
      const type = visit(others[0]!, namespace);
      return others.length === avro.length ? type : nullable(type);
    }
    const object = avro as AvroObject;
    const space = object.namespace ?? namespace;
    switch (object.type) {
      case 'array':
        return listOf(visit(object.items!, space));
      case 'map':
        return { kind: 'map', of: visit(object.values!, space) };
      case 'enum': {
        const type: Type = { kind: 'text', symbols: object.symbols! };
        named.set(`${space}.${object.name!}`, type);
        return type;
      }
      case 'record': {
        const fields = new Map<string, Field>();
        const type: Type = { kind: 'record', name: object.name!, fields };
        named.set(`${space}.${object.name!}`, type);
        for (const field of object.fields!) {
          const own = visit(field.type, space);
          fields.set(field.name, {
            type: own,
            ...('default' in field ? { fallback: { value: fallbackOf(own, field.default) } } : {}),
          });
        }
        return type;
      }
      default:
        return object.type === 'long' && object.logicalType?.startsWith('timestamp') === true
          ? time
          : visit(object.type, space);
    }
  };
  return visit(JSON.parse(schema) as Avro, '');
};
