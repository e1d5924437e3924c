/**
 * Avro values as JSON that people can read and write, and back, by the schema they were written with. Longs are decimal
 * text, decimals as people write them ("19.9900"), bytes `{"$text": …}` when they are text and `{"$bytes": base64}` else.
 */

type Field = Readonly<{ name: string; type: Node; default?: unknown }>;
type Complex = Readonly<{
  type: Node;
  name?: string;
  namespace?: string;
  fields?: readonly Field[];
  items?: Node;
  values?: Node;
  symbols?: readonly string[];
  size?: number;
  scale?: number;
  logicalType?: string;
}>;
type Node = string | readonly Node[] | Complex;

/** What does not fit the schema; the message names the field. */
export class MisfitError extends Error {
  override readonly name = 'MisfitError';
}

const isUnion = (node: Node): node is readonly Node[] => Array.isArray(node);

/** A schema with the names it declares. */
export type TextSchema = Readonly<{ root: Node; named: ReadonlyMap<string, Complex> }>;

const NAMED = new Set(['record', 'enum', 'fixed']);
const PRIMITIVES = new Set(['null', 'boolean', 'int', 'long', 'float', 'double', 'string', 'bytes']);

export const textSchema = (schema: string): TextSchema => {
  const named = new Map<string, Complex>();
  /** Names made whole, so that a reference is found wherever it stands. */
  const whole = (node: Node, namespace: string): Node => {
    if (typeof node === 'string')
      return PRIMITIVES.has(node) || node.includes('.') || namespace === '' ? node : `${namespace}.${node}`;
    if (isUnion(node)) return node.map((branch) => whole(branch, namespace));
    const { type } = node;
    if (typeof type !== 'string') return whole(type, namespace);
    if (!NAMED.has(type))
      return {
        ...node,
        ...(node.items === undefined ? {} : { items: whole(node.items, namespace) }),
        ...(node.values === undefined ? {} : { values: whole(node.values, namespace) }),
      };
    const own = node.name ?? '';
    const space = own.includes('.') ? own.slice(0, own.lastIndexOf('.')) : (node.namespace ?? namespace);
    const name = own.includes('.') || space === '' ? own : `${space}.${own}`;
    const fields = node.fields?.map((field) => ({ ...field, type: whole(field.type, space) }));
    const made: Complex = { ...node, name, ...(fields === undefined ? {} : { fields }) };
    named.set(name, made);
    return made;
  };
  return { root: whole(JSON.parse(schema) as Node, ''), named };
};

const resolved = ({ named }: TextSchema, node: Node): Complex | readonly Node[] => {
  if (isUnion(node)) return node;
  if (typeof node !== 'string') return node;
  return named.get(node) ?? { type: node };
};

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const bytesText = (bytes: Buffer): Readonly<Record<string, string>> => {
  try {
    const text = strictUtf8.decode(bytes);
    if (!/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text)) return { $text: text };
  } catch {
    // No text, then.
  }
  return { $bytes: bytes.toString('base64') };
};

const decimalText = (bytes: Buffer, scale: number): string => {
  let unscaled = bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
  if (bytes.length > 0 && bytes[0]! >= 0x80) unscaled -= 1n << BigInt(8 * bytes.length);
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, cut)}${scale > 0 ? `.${digits.slice(cut)}` : ''}`;
};

const decimalBytes = (text: string, scale: number, path: string): Buffer => {
  const [, sign = '', whole, part = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === undefined || part.length > scale)
    throw new MisfitError(`${path}: expected a decimal of at most ${scale} places as text, got '${text}'`);
  const value = BigInt(whole + part.padEnd(scale, '0')) * (sign === '-' ? -1n : 1n);
  let length = 1;
  while (BigInt.asIntN(8 * length, value) !== value) length += 1;
  return Buffer.from(
    BigInt.asUintN(8 * length, value)
      .toString(16)
      .padStart(2 * length, '0'),
    'hex',
  );
};

const isDecimal = (node: Complex): node is Complex & { scale: number } =>
  node.type === 'bytes' && typeof node.scale === 'number';

/** The one type of an optional field. */
const optional = (branches: readonly Node[], path: string): Node => {
  const [only, ...more] = branches.filter((branch) => branch !== 'null');
  if (only === undefined || more.length > 0)
    throw new MisfitError(`${path}: a field of several types cannot be shown as text`);
  return only;
};

/** A decoded value as JSON. @throws MisfitError for unions of several types */
export const toText = (schema: TextSchema, value: unknown, node = schema.root, path = ''): unknown => {
  const type = resolved(schema, node);
  if (isUnion(type)) return value === null ? null : toText(schema, value, optional(type, path), path);
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  switch (type.type) {
    case 'record':
      return Object.fromEntries(
        (type.fields ?? []).map(({ name, type: of }) => [
          name,
          toText(schema, (value as Record<string, unknown>)[name], of, at(name)),
        ]),
      );
    case 'array':
      return (value as readonly unknown[]).map((item, index) => toText(schema, item, type.items, `${path}[${index}]`));
    case 'map':
      return Object.fromEntries(
        Object.entries(value as Record<string, unknown>).map(([name, item]) => [
          name,
          toText(schema, item, type.values, at(name)),
        ]),
      );
    case 'long':
      return String(value);
    case 'bytes':
    case 'fixed':
      return isDecimal(type) ? decimalText(value as Buffer, type.scale) : bytesText(value as Buffer);
    default:
      return value;
  }
};

const shown = (value: unknown): string => {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
};

const bytesOf = (value: unknown, path: string): Buffer => {
  const given = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  if (typeof given['$text'] === 'string') return Buffer.from(given['$text'], 'utf8');
  if (typeof given['$bytes'] === 'string') return Buffer.from(given['$bytes'], 'base64');
  throw new MisfitError(`${path}: expected {"$text": …} or {"$bytes": base64}, got ${shown(value)}`);
};

/** JSON as a value that can be encoded. @throws MisfitError naming the field that does not fit */
export const fromText = (schema: TextSchema, json: unknown, node = schema.root, path = ''): unknown => {
  const type = resolved(schema, node);
  const here = path === '' ? 'the record' : path;
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`);
  if (isUnion(type)) {
    if (json === null && type.includes('null')) return null;
    return fromText(schema, json, optional(type, here), path);
  }
  const expected = (what: string): never => {
    throw new MisfitError(`${here}: expected ${what}, got ${shown(json)}`);
  };
  const object = (): Record<string, unknown> =>
    typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : expected('an object');
  switch (type.type) {
    case 'record': {
      const given = object();
      const fields = type.fields ?? [];
      const unknown = Object.keys(given).find((name) => !fields.some((field) => field.name === name));
      if (unknown !== undefined) throw new MisfitError(`${at(unknown)}: there is no such field`);
      return Object.fromEntries(
        fields.map(({ name, type: of }) => {
          if (!(name in given)) throw new MisfitError(`${at(name)}: the field is missing`);
          return [name, fromText(schema, given[name], of, at(name))];
        }),
      );
    }
    case 'array':
      if (!Array.isArray(json)) return expected('a list');
      return json.map((item, index) => fromText(schema, item, type.items, `${path}[${index}]`));
    case 'map':
      return Object.fromEntries(
        Object.entries(object()).map(([name, item]) => [name, fromText(schema, item, type.values, at(name))]),
      );
    case 'long': {
      const text = typeof json === 'number' && Number.isSafeInteger(json) ? String(json) : json;
      if (typeof text !== 'string' || !/^-?\d{1,19}$/.test(text)) return expected('a whole number');
      return BigInt.asIntN(64, BigInt(text)) === BigInt(text) ? BigInt(text) : expected('a whole number of 64 bits');
    }
    case 'int':
      return typeof json === 'number' && (json | 0) === json ? json : expected('a whole number of 32 bits');
    case 'float':
    case 'double':
      return typeof json === 'number' ? json : expected('a number');
    case 'string':
      return typeof json === 'string' ? json : expected('text');
    case 'boolean':
      return typeof json === 'boolean' ? json : expected('true or false');
    case 'null':
      return json === null ? null : expected('null');
    case 'enum':
      return typeof json === 'string' && type.symbols?.includes(json) === true
        ? json
        : expected(`one of ${type.symbols?.join(', ') ?? ''}`);
    case 'bytes':
      if (!isDecimal(type)) return bytesOf(json, here);
      return typeof json === 'string'
        ? decimalBytes(json, type.scale, here)
        : expected('a decimal as text, such as "19.9900"');
    case 'fixed': {
      const bytes = bytesOf(json, here);
      return bytes.length === type.size ? bytes : expected(`${type.size ?? 0} bytes`);
    }
    default:
      throw new MisfitError(`${here}: unknown type ${JSON.stringify(type.type)}`);
  }
};
