/** The functions of the expression language. They are pure: the same arguments give the same value, for ever. */
import { dateIn, instantOf } from '../../domain/local-time.ts';
import { decimalFromText, InexactAmountError, minorUnits, moneyText } from '../../domain/money.ts';
import { ScheduleError, straightLine } from '../../domain/revenue-schedule.ts';
import { textOrNull } from '../../domain/shop.ts';
import { type FunctionDefinition, simple } from './definition.ts';
import { MappingError } from './typed.ts';
import { bool, listOf, nothing, nullable, recordOf, text, time, units } from './types.ts';
import { aList, aText, concat, dedupeKey, fallback, lookup, normaliseAddress, sum } from './variadic.ts';

/** Amounts that do not fit a currency are the mapping's to tell, not the process's. */
const exact = <T>(make: () => T): T => {
  try {
    return make();
  } catch (error) {
    if (error instanceof InexactAmountError) throw new MappingError(error.message, { cause: error });
    throw error;
  }
};

const revenuePart = recordOf('revenue part', [
  ['month', text],
  ['amount', units],
  ['dueAt', time],
]);

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
      (written: string, currency: string) => exact(() => minorUnits(decimalFromText(written), currency)),
    ),
    money: simple(
      'money(units, currency)',
      'minor units as people write the amount: 1234 USD as 12.34',
      [units, text],
      text,
      (amount: bigint, currency: string) => exact(() => moneyText(amount, currency)),
    ),
    straightLine: simple(
      'straightLine(units, from, to)',
      'the parts of an amount that are earned in each month of a service, by days of UTC: {month, amount, dueAt}; they come to the amount exactly',
      [units, time, time],
      listOf(revenuePart),
      (amount: bigint, from: bigint, to: bigint) => {
        try {
          return straightLine(amount, from, to);
        } catch (error) {
          if (error instanceof ScheduleError) throw new MappingError(error.message, { cause: error });
          throw error;
        }
      },
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
