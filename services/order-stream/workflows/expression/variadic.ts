/** Functions whose type depends on their arguments, or that take any number of them. */
import { normalisedAddress } from '../../domain/address.ts';
import { customerKeyOf } from '../../domain/shop.ts';
import { arity, type FunctionDefinition } from './definition.ts';
import { hint } from './hint.ts';
import { constant, type Evaluate, fitted } from './typed.ts';
import { mayBeNull, nullable, present, show, text, type Type, union, units } from './types.ts';

export const concat: FunctionDefinition = {
  usage: 'concat(between, a, b, …)',
  does: 'the texts that are there with `between` between them; null when none is',
  check: (args, site) => {
    arity(concat.usage, args, 2, site);
    const [between, ...parts] = args.map((arg, index) => {
      const fit = fitted(arg, index === 0 ? text : nullable(text));
      return typeof fit === 'string' ? site.fail(fit, index) : fit.run;
    });
    const run: Evaluate = (frame) => {
      let joined = '';
      let first = true;
      const separator = between!(frame) as string;
      for (const part of parts) {
        const value = part(frame) as string | null;
        if (value === null) continue;
        joined = first ? value : joined + separator + value;
        first = false;
      }
      return joined === '' ? null : joined;
    };
    return { type: nullable(text), run, span: site.span };
  },
};

export const fallback: FunctionDefinition = {
  usage: 'default(a, b, …)',
  does: 'the first that is not null',
  check: (args, site) => {
    arity(fallback.usage, args, 2, site);
    args.slice(0, -1).forEach(({ type }, index) => {
      if (!mayBeNull(type)) site.fail('is never null, so what comes after it is never taken', index);
    });
    const [first, ...others] = args;
    const last = others.at(-1)!;
    const type = others.reduce<Type>((known, other, index) => {
      const fit = fitted(other, nullable(present(known)));
      if (known.kind !== 'null' && typeof fit !== 'string') return known;
      return (
        union(known, other.type) ?? site.fail(`is ${show(other.type)}, where the first is ${show(known)}`, index + 1)
      );
    }, first!.type);
    const runs = args.map((arg) => {
      const fit = fitted(arg, nullable(present(type)));
      return typeof fit === 'string' ? arg.run : fit.run;
    });
    const [a, b] = [runs[0]!, runs[1]!];
    const run: Evaluate =
      runs.length === 2
        ? (frame) => a(frame) ?? b(frame)
        : (frame) => {
            for (const each of runs) {
              const value = each(frame);
              if (value !== null) return value;
            }
            return null;
          };
    return { type: mayBeNull(last.type) ? nullable(present(type)) : present(type), run, span: site.span };
  },
};

export const lookup: FunctionDefinition = {
  usage: 'lookup("table", key) or lookup("table", key, otherwise)',
  does: 'the row of a table of the document; without `otherwise` null when there is none, unless the key is written out and there is one',
  check: (args, site) => {
    arity(lookup.usage, args, 2, site, 3);
    const name = args[0]!.constant?.value;
    if (typeof name !== 'string') return site.fail("the table's name must be written out", 0);
    const table = site.tables.get(name);
    if (table === undefined) return site.fail(`there is no table '${name}'${hint(name, site.tables.keys())}`, 0);
    const key = fitted(args[1]!, nullable(text));
    if (typeof key === 'string') return site.fail(key, 1);
    const { rows, of } = table;
    const read: Evaluate = (frame) => rows.get(key.run(frame) as string) ?? null;
    const row = key.constant === undefined ? undefined : rows.get(key.constant.value as string);
    if (row !== undefined && args[2] === undefined) return constant(of, row, site.span);
    if (args[2] === undefined) return { type: nullable(of), run: read, span: site.span };
    const otherwise = fitted(args[2], nullable(of));
    if (typeof otherwise === 'string') return site.fail(otherwise, 2);
    const type = mayBeNull(otherwise.type) ? nullable(of) : of;
    return { type, run: (frame) => read(frame) ?? otherwise.run(frame), span: site.span };
  },
};

/** Text that may be null; or the list of fields that could not be read. */
const isAddressField = (name: string, { kind, ...rest }: Type): boolean =>
  name === 'unrecognised' ? kind === 'list' && (rest as { of: Type }).of.kind === 'text' : kind === 'nullable';

export const normaliseAddress: FunctionDefinition = {
  usage: 'normaliseAddress(address)',
  does: 'the address with its country, state and postcode as others read them; null when nothing is in it',
  check: (args, site) => {
    arity(normaliseAddress.usage, args, 1, site, 1);
    const { type, run } = args[0]!;
    const record = present(type);
    if (record.kind !== 'record' || ![...record.fields].every(([name, field]) => isAddressField(name, field.type)))
      return site.fail(`needs a record whose fields may all be null, but this is ${show(type)}`, 0);
    return {
      type: nullable(record),
      run: (frame) => {
        const address = run(frame) as Record<string, unknown> | null;
        return address === null ? null : normalisedAddress(address);
      },
      span: site.span,
    };
  },
};

export const dedupeKey: FunctionDefinition = {
  usage: 'dedupeKey(a, b, …)',
  does: 'one key for what people write in several ways: trimmed, in lower case, parts joined with /',
  check: (args, site) => {
    arity(dedupeKey.usage, args, 1, site);
    const parts = args.map((arg, index) => {
      const fit = fitted(arg, text);
      return typeof fit === 'string' ? site.fail(fit, index) : fit.run;
    });
    return {
      type: text,
      run: (frame) => parts.map((part) => customerKeyOf(part(frame) as string)).join('/'),
      span: site.span,
    };
  },
};

export const aText: FunctionDefinition = {
  usage: 'text(value)',
  does: 'a number, or true or false, as text',
  check: (args, site) => {
    arity(aText.usage, args, 1, site, 1);
    const { type, run } = args[0]!;
    if (!['units', 'whole', 'bool', 'text'].includes(type.kind))
      return site.fail(`does not write ${show(type)} as text`, 0);
    return { type: text, run: (frame) => String(run(frame)), span: site.span };
  },
};

export const aList = (
  usage: string,
  does: string,
  make: (of: Type) => Type,
  pure: (list: readonly unknown[]) => unknown,
) => {
  const definition: FunctionDefinition = {
    usage,
    does,
    check: (args, site) => {
      arity(usage, args, 1, site, 1);
      const { type, run } = args[0]!;
      if (type.kind !== 'list') return site.fail(`needs a list, but this is ${show(type)}`, 0);
      return { type: make(type.of), run: (frame) => pure(run(frame) as unknown[]), span: site.span };
    },
  };
  return definition;
};

export const sum: FunctionDefinition = {
  usage: 'sum(list)',
  does: 'the sum of a list of units, such as refunds.amount',
  check: (args, site) => {
    arity(sum.usage, args, 1, site, 1);
    const { type, run } = args[0]!;
    if (type.kind !== 'list' || type.of.kind !== 'units')
      return site.fail(`needs a list of units, but this is ${show(type)}`, 0);
    return {
      type: units,
      run: (frame) => (run(frame) as bigint[]).reduce((all, one) => all + one, 0n),
      span: site.span,
    };
  },
};
