import type { SqlType, Value, ZonedTicks } from './types.ts';
import { family, showValue } from './types.ts';

// SQL_Latin1_General_CP1_CI_AS: case does not count, accents do, trailing blanks do not.
const collator = new Intl.Collator('en-US', { sensitivity: 'accent' });

export const foldText = (text: string): string => {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return (end === text.length ? text : text.slice(0, end)).toLowerCase();
};

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const x = foldText(a);
  const y = foldText(b);
  return x === y ? 0 : collator.compare(x, y) || (x < y ? -1 : 1);
}

function compareBinary(a: Buffer, b: Buffer): number {
  if (a.length === b.length) return Buffer.compare(a, b);
  const size = Math.max(a.length, b.length);
  return Buffer.compare(
    Buffer.concat([a, Buffer.alloc(size - a.length)]),
    Buffer.concat([b, Buffer.alloc(size - b.length)]),
  );
}

/** Ordering of two non-null values of one type: negative, zero or positive. */
export function comparer(type: SqlType): (a: Value, b: Value) => number {
  switch (family(type)) {
    case 'string':
      return (a, b) => compareText(a as string, b as string);
    case 'binary':
      return (a, b) => compareBinary(a as Buffer, b as Buffer);
    case 'time':
      if (type.name === 'datetimeoffset')
        return (a, b) => {
          const x = (a as ZonedTicks).ticks;
          const y = (b as ZonedTicks).ticks;
          return x < y ? -1 : x > y ? 1 : 0;
        };
      return (a, b) => ((a as bigint) < (b as bigint) ? -1 : (a as bigint) > (b as bigint) ? 1 : 0);
    case 'guid':
      return (a, b) => ((a as string) < (b as string) ? -1 : a === b ? 0 : 1);
    case 'integer':
    case 'bigint':
    case 'scaled':
    case 'float':
    case 'null':
      return (a, b) => ((a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0);
  }
}

/** Null sorts first, as in SQL Server. */
export function nullsFirst(compare: (a: Value, b: Value) => number): (a: Value, b: Value) => number {
  return (a, b) => (a === null ? (b === null ? 0 : -1) : b === null ? 1 : compare(a, b));
}

/** Text that is equal exactly when two values of a type are equal; used for index and grouping keys. */
export function keyOf(value: Value, type: SqlType): string {
  if (value === null) return '\u0000';
  switch (family(type)) {
    case 'string':
      return foldText(value as string);
    case 'binary':
      return (value as Buffer).toString('latin1').replace(/\0+$/, '');
    case 'time':
      return type.name === 'datetimeoffset' ? String((value as ZonedTicks).ticks) : showValue(value);
    case 'integer':
    case 'bigint':
    case 'scaled':
    case 'float':
    case 'guid':
    case 'null':
      return showValue(value);
  }
}

export function sameValue(a: Value | undefined, b: Value | undefined): boolean {
  const x = a ?? null;
  const y = b ?? null;
  if (x === y) return true;
  if (x === null || y === null) return false;
  if (Buffer.isBuffer(x)) return Buffer.isBuffer(y) && x.equals(y);
  if (typeof x === 'object') {
    const z = y as ZonedTicks;
    return typeof y === 'object' && x.ticks === z.ticks && x.offset === z.offset;
  }
  return false;
}
