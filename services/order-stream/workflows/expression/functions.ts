/** The functions of the expression language. They are pure: the same arguments give the same value, for ever. */
import { dateIn, instantOf } from '../../domain/local-time.ts';
import { exponentOf, InexactAmountError, minorUnits, moneyText } from '../../domain/money.ts';
import { customerKeyOf, textOrNull } from '../../domain/shop.ts';
import { hint } from './hint.ts';
import type { Span } from './parse.ts';
import { constant, type Evaluate, fitted, MappingError, type Table, type Typed } from './typed.ts';
import { bool, mayBeNull, nothing, nullable, present, show, text, time, type Type, union, units } from './types.ts';

export type CallSite = Readonly<{
  span: Span;
  tables: ReadonlyMap<string, Table>;
  /** Refuses the call, or one of its arguments. */
  fail: (message: string, argument?: number) => never;
}>;

export type FunctionDefinition = Readonly<{
  /** As people write it. */
  usage: string;
  does: string;
  check: (args: readonly Typed[], site: CallSite) => Typed;
}>;

/** A function of so many arguments of these types. `pure` never sees a null unless the parameter may be one. */
const simple = (
  usage: string,
  does: string,
  parameters: readonly Type[],
  result: Type,
  pure: (...args: never[]) => unknown,
): FunctionDefinition => ({
  usage,
  does,
  check: (args, site) => {
    if (args.length !== parameters.length)
      site.fail(`${usage} takes ${parameters.length} arguments, not ${args.length}`);
    const runs = parameters.map((type, index) => {
      const fit = fitted(args[index]!, type);
      return typeof fit === 'string' ? site.fail(fit, index) : fit;
    });
    const apply = pure as (...values: unknown[]) => unknown;
    const [a, b] = runs;
    const run: Evaluate =
      b === undefined
        ? (frame) => apply(a!.run(frame))
        : runs.length === 2
          ? (frame) => apply(a!.run(frame), b.run(frame))
          : (frame) => apply(...runs.map((each) => each.run(frame)));
    if (!runs.every((each) => each.constant !== undefined)) return { type: result, run, span: site.span };
    try {
      return constant(result, run([]), site.span);
    } catch (error) {
      return site.fail((error as Error).message);
    }
  },
});

/** A decimal as people write it. */
const decimalOf = (written: string): { unscaled: bigint; scale: number } => {
  const parts = /^(-?)(\d+)(?:\.(\d+))?$/.exec(written.trim());
  if (!parts) throw new MappingError(`'${written}' is not a decimal number`);
  const [, sign = '', integer = '', fraction = ''] = parts;
  return { unscaled: BigInt(`${sign}${integer}${fraction}`), scale: fraction.length };
};

/** Amounts that do not fit a currency are the mapping's to tell, not the process's. */
const exact = <T>(make: () => T): T => {
  try {
    return make();
  } catch (error) {
    if (error instanceof InexactAmountError) throw new MappingError(error.message, { cause: error });
    throw error;
  }
};

const arity = (usage: string, args: readonly Typed[], least: number, site: CallSite, most = Infinity): void => {
  if (args.length < least || args.length > most)
    site.fail(`${usage} takes ${most === least ? least : `${least} or more`} arguments, not ${args.length}`);
};

const concat: FunctionDefinition = {
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

const fallback: FunctionDefinition = {
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

const lookup: FunctionDefinition = {
  usage: 'lookup("table", key) or lookup("table", key, otherwise)',
  does: 'the row of a table of the document; without `otherwise` null when there is none',
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
    if (args[2] === undefined) return { type: nullable(of), run: read, span: site.span };
    const otherwise = fitted(args[2], nullable(of));
    if (typeof otherwise === 'string') return site.fail(otherwise, 2);
    const type = mayBeNull(otherwise.type) ? nullable(of) : of;
    return { type, run: (frame) => read(frame) ?? otherwise.run(frame), span: site.span };
  },
};

/** Blanks collapsed; state, ZIP and country code in capitals; a blank is no value. */
const normalisedAddress = (address: Readonly<Record<string, unknown>>): Record<string, unknown> | null => {
  const parts = Object.entries(address).map(([field, value]): [string, unknown] => {
    if (typeof value !== 'string') return [field, value];
    const tidy = textOrNull(value.replaceAll(/\s+/g, ' '));
    const code = field === 'state' || field === 'zip' || (field === 'country' && tidy?.length === 2);
    return [field, code ? (tidy?.toUpperCase() ?? null) : tidy];
  });
  return parts.some(([, value]) => value !== null) ? Object.fromEntries(parts) : null;
};

const normaliseAddress: FunctionDefinition = {
  usage: 'normaliseAddress(address)',
  does: 'the address with blanks collapsed and codes in capitals; null when nothing is in it',
  check: (args, site) => {
    arity(normaliseAddress.usage, args, 1, site, 1);
    const { type, run } = args[0]!;
    const record = present(type);
    if (record.kind !== 'record' || [...record.fields.values()].some((field) => field.type.kind !== 'nullable'))
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

const dedupeKey: FunctionDefinition = {
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

const aText: FunctionDefinition = {
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

const aList = (usage: string, does: string, make: (of: Type) => Type, pure: (list: readonly unknown[]) => unknown) => {
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

const sum: FunctionDefinition = {
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

const instant = (written: string): bigint => {
  const value = /^\d{4}-\d{2}-\d{2}(T.*(Z|[+-]\d{2}:\d{2}))?$/.test(written) ? Date.parse(written) : NaN;
  if (Number.isNaN(value)) throw new MappingError(`'${written}' is not a date or a time with its zone`);
  return BigInt(value);
};

export const functions: ReadonlyMap<string, FunctionDefinition> = new Map(
  Object.entries({
    concat,
    default: fallback,
    lookup,
    normaliseAddress,
    dedupeKey,
    text: aText,
    sum,
    count: aList(
      'count(list)',
      'how many are in the list',
      () => units,
      (list) => BigInt(list.length),
    ),
    first: aList(
      'first(list)',
      'the first of the list, or null',
      (of) => (of.kind === 'null' ? nothing : nullable(of)),
      (list) => list[0] ?? null,
    ),
    minorUnits: simple(
      'minorUnits(decimal, currency)',
      'the exact minor units of a decimal in text; what does not fit the currency is refused, never rounded',
      [text, text],
      units,
      (written: string, currency: string) => exact(() => minorUnits(decimalOf(written), currency)),
    ),
    money: simple(
      'money(units, currency)',
      'minor units as people write the amount: 1234 USD as 12.34',
      [units, text],
      text,
      (amount: bigint, currency: string) =>
        exact(() => {
          exponentOf(currency);
          return moneyText(amount, currency);
        }),
    ),
    date: simple(
      'date(time, zone)',
      "the day that a zone's calendar shows at a time: 2026-03-01",
      [time, text],
      text,
      (at: bigint, zone: string) => {
        try {
          return dateIn(at, zone);
        } catch (error) {
          throw new MappingError(`'${zone}' is not a time zone`, { cause: error });
        }
      },
    ),
    startOfDay: simple(
      'startOfDay(date, zone)',
      'the time at which a day begins in a zone',
      [text, text],
      time,
      (day: string, zone: string) => {
        try {
          return instantOf(instant(day), zone);
        } catch (error) {
          throw error instanceof MappingError
            ? error
            : new MappingError(`'${zone}' is not a time zone`, { cause: error });
        }
      },
    ),
    time: simple('time("2026-03-01T00:00:00Z")', 'a point in time', [text], time, instant),
    lower: simple('lower(text)', 'in lower case', [text], text, (value: string) => value.toLowerCase()),
    upper: simple('upper(text)', 'in capitals', [text], text, (value: string) => value.toUpperCase()),
    trim: simple(
      'trim(text)',
      'without blanks around it; null when nothing is left',
      [nullable(text)],
      nullable(text),
      textOrNull,
    ),
    startsWith: simple(
      'startsWith(text, beginning)',
      'whether it begins so',
      [text, text],
      bool,
      (value: string, beginning: string) => value.startsWith(beginning),
    ),
    endsWith: simple('endsWith(text, end)', 'whether it ends so', [text, text], bool, (value: string, end: string) =>
      value.endsWith(end),
    ),
  }),
);
