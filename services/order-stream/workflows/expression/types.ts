/** The types that values of a workflow have. They come from the Avro schemas of states and commands. */

export type Field = Readonly<{
  type: Type;
  /** What stands in for it when a mapping leaves it out. */
  fallback?: Readonly<{ value: unknown }>;
}>;

export type Type =
  /** `symbols`: the only texts there may be. */
  | Readonly<{ kind: 'text'; symbols?: readonly string[] }>
  /** bigint; an amount in minor units, or any other long. */
  | Readonly<{ kind: 'units' }>
  /** A number without a fraction: Avro's int. */
  | Readonly<{ kind: 'whole' }>
  /** bigint, epoch milliseconds. */
  | Readonly<{ kind: 'time' }>
  | Readonly<{ kind: 'bool' }>
  | Readonly<{ kind: 'null' }>
  | Readonly<{ kind: 'list'; of: Type }>
  | Readonly<{ kind: 'map'; of: Type }>
  | Readonly<{ kind: 'record'; name: string; fields: ReadonlyMap<string, Field> }>
  /** May be null; what is in it never is. */
  | Readonly<{ kind: 'nullable'; of: Type }>
  /** Carried, never looked into: bytes, fractions. */
  | Readonly<{ kind: 'opaque'; name: string }>;

export const text: Type = { kind: 'text' };
export const units: Type = { kind: 'units' };
export const whole: Type = { kind: 'whole' };
export const time: Type = { kind: 'time' };
export const bool: Type = { kind: 'bool' };
export const nothing: Type = { kind: 'null' };
export const listOf = (of: Type): Type => ({ kind: 'list', of });
export const recordOf = (name: string, fields: Iterable<readonly [string, Type]>): Type => ({
  kind: 'record',
  name,
  fields: new Map([...fields].map(([field, type]) => [field, { type }])),
});

export const nullable = (type: Type): Type =>
  type.kind === 'null' || type.kind === 'nullable' ? type : { kind: 'nullable', of: type };

/** What a value is once it is known not to be null. */
export const present = (type: Type): Type => (type.kind === 'nullable' ? type.of : type);

export const mayBeNull = (type: Type): boolean => type.kind === 'nullable' || type.kind === 'null';

/** For messages: `units`, `text or null`, `list of OrderLine`. */
export const show = (type: Type): string => {
  switch (type.kind) {
    case 'nullable':
      return `${show(type.of)} or null`;
    case 'list':
      return `list of ${show(type.of)}`;
    case 'map':
      return `map of ${show(type.of)}`;
    case 'record':
    case 'opaque':
      return type.name;
    case 'text':
      return type.symbols === undefined ? 'text' : `one of ${type.symbols.join(', ')}`;
    case 'whole':
      return 'whole number';
    default:
      return type.kind;
  }
};

/**
 * Why a value of type `from` cannot stand where `to` is wanted, or undefined when it can as it is. A record fits when it
 * has every field that is wanted, and each of them fits; it may have more.
 */
export const misfit = (from: Type, to: Type): string | undefined => {
  const wrong = `needs ${show(to)}, but this is ${show(from)}`;
  if (to.kind === 'nullable') return from.kind === 'null' ? undefined : misfit(present(from), to.of);
  if (from.kind === 'nullable')
    return misfit(from.of, to) ?? `needs ${show(to)}, but this may be null: use default(…), or make sure with 'needs'`;
  if (from.kind !== to.kind) return wrong;
  switch (to.kind) {
    case 'list':
    case 'map':
      return misfit((from as typeof to).of, to.of) === undefined ? undefined : wrong;
    case 'text': {
      const { symbols } = from as typeof to;
      if (to.symbols === undefined) return undefined;
      return symbols?.every((symbol) => to.symbols!.includes(symbol)) === true ? undefined : wrong;
    }
    case 'record': {
      const { fields } = from as typeof to;
      for (const [name, field] of to.fields) {
        const own = fields.get(name);
        if (own === undefined) return `${wrong}, which has no '${name}'`;
        const why = misfit(own.type, field.type);
        if (why !== undefined) return `${wrong}, whose '${name}' ${why}`;
      }
      return undefined;
    }
    case 'opaque':
      return from.kind === 'opaque' && from.name === to.name ? undefined : wrong;
    default:
      return undefined;
  }
};

/** The type that holds values of both, or undefined. */
export const union = (left: Type, right: Type): Type | undefined => {
  if (left.kind === 'null') return nullable(right);
  if (right.kind === 'null') return nullable(left);
  const [a, b] = [present(left), present(right)];
  const both = misfit(a, b) === undefined ? b : misfit(b, a) === undefined ? a : undefined;
  return both === undefined ? undefined : mayBeNull(left) || mayBeNull(right) ? nullable(both) : both;
};
