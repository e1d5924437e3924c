import { SqlError } from '../errors.ts';
import {
  EPOCH_1900,
  TICKS_PER_DAY,
  formatDate,
  formatOffset,
  formatStyle,
  formatTime,
  parseDateTime,
  roundToDatetime,
  roundToMinute,
  roundToScale,
} from './datetime.ts';
import type { SqlType, Value, ZonedTicks } from './types.ts';
import { family, isUnicode, showValue } from './types.ts';

export type Converter = (value: Value) => Value;

const INTEGER_RANGE: Partial<Record<SqlType['name'], readonly [number, number]>> = {
  bit: [0, 1],
  tinyint: [0, 255],
  smallint: [-32768, 32767],
  int: [-2147483648, 2147483647],
};

export const typeLabel = (type: SqlType): string => (type.name === 'decimal' ? 'numeric' : type.name);

export const overflow = (type: SqlType): SqlError =>
  new SqlError(8115, `Arithmetic overflow error converting expression to data type ${typeLabel(type)}.`, { state: 2 });

const conversionFailed = (from: SqlType, to: SqlType, value: Value): SqlError => {
  if (family(to) === 'time')
    return new SqlError(241, 'Conversion failed when converting date and/or time from character string.', {
      ends: 'batch',
    });
  if (to.name === 'uniqueidentifier')
    return new SqlError(8169, 'Conversion failed when converting from a character string to uniqueidentifier.', {
      state: 2,
      ends: 'batch',
    });
  if (to.name === 'money' || to.name === 'smallmoney')
    return new SqlError(235, 'Cannot convert a char value to money. The char value has incorrect syntax.', {
      ends: 'batch',
    });
  if (family(to) === 'integer' && to.name !== 'bit')
    return new SqlError(
      245,
      `Conversion failed when converting the ${from.name} value '${showValue(value)}' to data type ${to.name}.`,
      { ends: 'batch' },
    );
  return new SqlError(8114, `Error converting data type ${from.name} to ${typeLabel(to)}.`, {
    state: 5,
    ends: 'batch',
  });
};

const clash = (from: SqlType, to: SqlType): SqlError =>
  new SqlError(206, `Operand type clash: ${typeLabel(from)} is incompatible with ${typeLabel(to)}`, {
    state: 2,
    ends: 'batch',
  });

/** Changes the scale of a scaled integer, rounding half away from zero. */
export function rescale(value: bigint, from: number, to: number): bigint {
  if (to >= from) return value * 10n ** BigInt(to - from);
  const unit = 10n ** BigInt(from - to);
  const half = value < 0n ? -(unit / 2n) : unit / 2n;
  return (value + half) / unit;
}

export function scaledToString(value: bigint, scale: number): string {
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const sign = value < 0n ? '-' : '';
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Reads decimal text; undefined when it is not a number. */
export function parseScaled(text: string, scale: number): bigint | undefined {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?\s*$/.exec(text);
  if (!match || ((match[2] ?? '') === '' && (match[3] ?? '') === '')) return undefined;
  const fraction = match[3] ?? '';
  const value = rescale(BigInt((match[2] ?? '') + fraction || '0'), fraction.length, scale);
  return match[1] === '-' ? -value : value;
}

function checkPrecision(value: bigint, to: SqlType): bigint {
  const size = value < 0n ? -value : value;
  if (size >= 10n ** BigInt(to.name === 'smallmoney' ? 10 : to.precision)) throw overflow(to);
  return value;
}

function checkInteger(value: number, to: SqlType): number {
  if (to.name === 'bit') return value === 0 ? 0 : 1;
  const range = INTEGER_RANGE[to.name];
  if (range && (value < range[0] || value > range[1])) {
    if (to.name === 'int') throw overflow(to);
    throw new SqlError(220, `Arithmetic overflow error for data type ${to.name}, value = ${value}.`, { state: 2 });
  }
  return value;
}

function checkBigint(value: bigint, to: SqlType): bigint {
  if (value < -(2n ** 63n) || value >= 2n ** 63n) throw overflow(to);
  return value;
}

function toInteger(from: SqlType, to: SqlType): Converter {
  switch (family(from)) {
    case 'integer':
      return (v) => checkInteger(v as number, to);
    case 'bigint':
      return (v) => {
        const n = Number(v);
        return checkInteger(n, to);
      };
    case 'float':
      return (v) => checkInteger(Math.trunc(v as number), to);
    case 'scaled': {
      // money rounds when it becomes an integer, decimal truncates
      const unit = 10n ** BigInt(from.scale);
      return from.name === 'decimal'
        ? (v) => checkInteger(Number((v as bigint) / unit), to)
        : (v) => checkInteger(Number(rescale(v as bigint, from.scale, 0)), to);
    }
    case 'string':
      return (v) => {
        const text = (v as string).trim();
        if (to.name === 'bit' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true' ? 1 : 0;
        if (text === '') return 0;
        if (!/^[+-]?\d+$/.test(text)) throw conversionFailed(from, to, v);
        const n = Number(text);
        if (to.name === 'int' && (n < -2147483648 || n > 2147483647))
          throw new SqlError(248, `The conversion of the ${from.name} value '${text}' overflowed an int column.`);
        return checkInteger(n, to);
      };
    case 'binary':
      return (v) => {
        const padded = Buffer.concat([Buffer.alloc(4), v as Buffer]).subarray(-4);
        return checkInteger(padded.readInt32BE(0), to);
      };
    case 'time':
    case 'guid':
    case 'null':
      throw clash(from, to);
  }
}

function toBigint(from: SqlType, to: SqlType): Converter {
  switch (family(from)) {
    case 'integer':
      return (v) => BigInt(v as number);
    case 'bigint':
      return (v) => v;
    case 'float':
      return (v) => checkBigint(BigInt(Math.trunc(v as number)), to);
    case 'scaled': {
      const unit = 10n ** BigInt(from.scale);
      return (v) => checkBigint((v as bigint) / unit, to);
    }
    case 'string':
      return (v) => {
        const text = (v as string).trim();
        if (text === '') return 0n;
        if (!/^[+-]?\d+$/.test(text)) throw conversionFailed(from, to, v);
        return checkBigint(BigInt(text), to);
      };
    case 'binary':
      return (v) =>
        Buffer.concat([Buffer.alloc(8), v as Buffer])
          .subarray(-8)
          .readBigInt64BE(0);
    case 'time':
    case 'guid':
    case 'null':
      throw clash(from, to);
  }
}

function toScaled(from: SqlType, to: SqlType): Converter {
  switch (family(from)) {
    case 'integer':
      return (v) => checkPrecision(BigInt(v as number) * 10n ** BigInt(to.scale), to);
    case 'bigint':
      return (v) => checkPrecision((v as bigint) * 10n ** BigInt(to.scale), to);
    case 'scaled':
      return (v) => checkPrecision(rescale(v as bigint, from.scale, to.scale), to);
    case 'float':
      return (v) => {
        const parsed = parseScaled((v as number).toFixed(Math.min(20, to.scale + 2)), to.scale);
        if (parsed === undefined) throw overflow(to);
        return checkPrecision(parsed, to);
      };
    case 'string':
      return (v) => {
        let text = v as string;
        if (to.name !== 'decimal') {
          text = text.replace(/[$,]/g, '');
          if (text.trim() === '') return 0n;
        }
        const parsed = parseScaled(text, to.scale);
        if (parsed === undefined) throw conversionFailed(from, to, v);
        return checkPrecision(parsed, to);
      };
    case 'binary':
    case 'time':
    case 'guid':
    case 'null':
      throw clash(from, to);
  }
}

function toFloat(from: SqlType, to: SqlType): Converter {
  const round = to.name === 'real' ? Math.fround : (n: number): number => n;
  switch (family(from)) {
    case 'integer':
    case 'float':
      return (v) => round(v as number);
    case 'bigint':
      return (v) => round(Number(v));
    case 'scaled':
      return (v) => round(Number(scaledToString(v as bigint, from.scale)));
    case 'string':
      return (v) => {
        const text = (v as string).trim();
        const n = text === '' ? 0 : Number(text);
        if (Number.isNaN(n)) throw conversionFailed(from, to, v);
        return round(n);
      };
    case 'binary':
    case 'time':
    case 'guid':
    case 'null':
      throw clash(from, to);
  }
}

/** Brings wall-clock ticks to what a date or time type can hold. */
function settle(ticks: bigint, to: SqlType): bigint {
  switch (to.name) {
    case 'date':
      return ticks - (ticks % TICKS_PER_DAY);
    case 'time':
      return roundToScale(ticks % TICKS_PER_DAY, to.scale) % TICKS_PER_DAY;
    case 'datetime':
      return roundToDatetime(ticks);
    case 'smalldatetime':
      return roundToMinute(ticks);
    default:
      return roundToScale(ticks, to.scale);
  }
}

function toTime(from: SqlType, to: SqlType): Converter {
  const zoned = to.name === 'datetimeoffset';
  const finish = (ticks: bigint, offset = 0): Value =>
    zoned
      ? { ticks: roundToScale(ticks - BigInt(offset) * 600_000_000n, to.scale), offset }
      : settle(from.name === 'time' && to.name !== 'time' ? ticks + EPOCH_1900 : ticks, to);
  switch (family(from)) {
    case 'time':
      if (from.name === to.name && from.scale === to.scale) return (v) => v;
      if (from.name === 'datetimeoffset')
        return (v) => {
          const { ticks, offset } = v as ZonedTicks;
          return finish(ticks + BigInt(offset) * 600_000_000n, offset);
        };
      return (v) => finish(v as bigint);
    case 'string':
      return (v) => {
        const parsed = parseDateTime(v as string);
        if (!parsed) throw conversionFailed(from, to, v);
        return finish(parsed.ticks, parsed.offset);
      };
    case 'integer':
      if (to.name !== 'datetime' && to.name !== 'smalldatetime') throw clash(from, to);
      return (v) => EPOCH_1900 + BigInt(v as number) * TICKS_PER_DAY;
    case 'float':
      if (to.name !== 'datetime') throw clash(from, to);
      return (v) => roundToDatetime(EPOCH_1900 + BigInt(Math.round((v as number) * Number(TICKS_PER_DAY))));
    case 'bigint':
    case 'scaled':
    case 'binary':
    case 'guid':
    case 'null':
      throw clash(from, to);
  }
}

export function textOf(value: Value, from: SqlType, style?: number): string {
  switch (from.name) {
    case 'bit':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return showValue(value);
    case 'float':
    case 'real':
      return Number((value as number).toPrecision(6)).toString();
    case 'decimal':
      return scaledToString(value as bigint, from.scale);
    case 'money':
    case 'smallmoney':
      return scaledToString(rescale(value as bigint, 4, style === 2 ? 4 : 2), style === 2 ? 4 : 2);
    case 'uniqueidentifier':
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'text':
    case 'ntext':
      return value as string;
    case 'date':
      return (style === undefined ? undefined : formatStyle(value as bigint, style, 0)) ?? formatDate(value as bigint);
    case 'time':
      return formatTime(value as bigint, from.scale);
    case 'datetime':
    case 'smalldatetime':
      return formatStyle(value as bigint, style ?? 0, from.name === 'datetime' ? 3 : 0) ?? '';
    case 'datetime2':
      return formatStyle(value as bigint, style ?? 121, from.scale) ?? '';
    case 'datetimeoffset': {
      const { ticks, offset } = value as ZonedTicks;
      const wall = ticks + BigInt(offset) * 600_000_000n;
      return `${formatDate(wall)} ${formatTime(wall, from.scale)} ${formatOffset(offset)}`;
    }
    case 'binary':
    case 'varbinary':
    case 'image': {
      const hex = (value as Buffer).toString('hex').toUpperCase();
      if (style === 1) return `0x${hex}`;
      return style === 2 ? hex : (value as Buffer).toString('latin1');
    }
    case 'null':
      return '';
  }
}

function toText(from: SqlType, to: SqlType, style?: number): Converter {
  const fixed = to.name === 'char' || to.name === 'nchar';
  const limit = to.length <= 0 || to.name.endsWith('text') ? Infinity : to.length;
  return (v) => {
    const text = textOf(v, from, style);
    const cut = text.length > limit ? text.slice(0, limit) : text;
    return fixed && limit !== Infinity ? cut.padEnd(limit, ' ') : cut;
  };
}

function toBinary(from: SqlType, to: SqlType, style?: number): Converter {
  const fit = (bytes: Buffer): Buffer => {
    if (to.length <= 0 || to.name === 'image') return bytes;
    if (bytes.length > to.length) return bytes.subarray(0, to.length);
    return to.name === 'binary' ? Buffer.concat([bytes, Buffer.alloc(to.length - bytes.length)]) : bytes;
  };
  switch (family(from)) {
    case 'binary':
      return (v) => fit(v as Buffer);
    case 'integer':
      return (v) => {
        const size = from.name === 'int' ? 4 : from.name === 'smallint' ? 2 : 1;
        const bytes = Buffer.alloc(4);
        bytes.writeInt32BE(v as number);
        return to.length > 0 && to.length < size ? bytes.subarray(4 - to.length) : fit(bytes.subarray(4 - size));
      };
    case 'bigint':
      return (v) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64BE(v as bigint);
        return fit(bytes);
      };
    case 'guid':
      return (v) => fit(guidBytes(v as string));
    case 'string':
      return (v) => {
        const text = v as string;
        if (style === 1 || style === 2) return fit(Buffer.from(style === 1 ? text.slice(2) : text, 'hex'));
        return fit(Buffer.from(text, isUnicode(from) ? 'utf16le' : 'latin1'));
      };
    case 'scaled':
    case 'float':
    case 'time':
    case 'null':
      throw clash(from, to);
  }
}

export function guidBytes(guid: string): Buffer {
  const hex = Buffer.from(guid.replaceAll('-', ''), 'hex');
  hex.subarray(0, 4).reverse();
  hex.subarray(4, 6).reverse();
  hex.subarray(6, 8).reverse();
  return hex;
}

export function guidOf(bytes: Buffer): string {
  const copy = Buffer.from(bytes);
  copy.subarray(0, 4).reverse();
  copy.subarray(4, 6).reverse();
  copy.subarray(6, 8).reverse();
  const hex = copy.toString('hex').toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function toGuid(from: SqlType, to: SqlType): Converter {
  switch (family(from)) {
    case 'guid':
      return (v) => v;
    case 'string':
      return (v) => {
        const match = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?/i.exec(
          (v as string).trim(),
        );
        if (!match) throw conversionFailed(from, to, v);
        return match[1]!.toUpperCase();
      };
    case 'binary':
      return (v) => guidOf(Buffer.concat([v as Buffer, Buffer.alloc(16)]).subarray(0, 16));
    case 'integer':
    case 'bigint':
    case 'scaled':
    case 'float':
    case 'time':
    case 'null':
      throw clash(from, to);
  }
}

function converterOfNonNull(from: SqlType, to: SqlType, style?: number): Converter {
  switch (family(to)) {
    case 'integer':
      return toInteger(from, to);
    case 'bigint':
      return toBigint(from, to);
    case 'scaled':
      return toScaled(from, to);
    case 'float':
      return toFloat(from, to);
    case 'time':
      return toTime(from, to);
    case 'string':
      return toText(from, to, style);
    case 'binary':
      return toBinary(from, to, style);
    case 'guid':
      return toGuid(from, to);
    case 'null':
      return (v) => v;
  }
}

const same = (a: SqlType, b: SqlType): boolean =>
  a.name === b.name && a.length === b.length && a.precision === b.precision && a.scale === b.scale;

/** CAST semantics between two types: text is cut silently, numbers out of range are errors. Null stays null. */
export function converter(from: SqlType, to: SqlType, style?: number): Converter {
  if (from.name === 'null' || (style === undefined && same(from, to))) return (v) => v;
  const convert = converterOfNonNull(from, to, style);
  return (v) => (v === null ? null : convert(v));
}

/** Assignment to a column: as {@link converter}, but text and binary that do not fit are error 2628, not cut. */
export function columnConverter(from: SqlType, column: { name: string; type: SqlType }, table: string): Converter {
  const convert = converter(from, column.type);
  const limit = column.type.length;
  const kind = family(column.type);
  if (limit <= 0 || (kind !== 'string' && kind !== 'binary')) return convert;
  const refuse = (shown: string): never => {
    throw new SqlError(
      2628,
      `String or binary data would be truncated in table '${table}', column '${column.name}'. Truncated value: '${shown}'.`,
    );
  };
  if (kind === 'binary')
    return (v) => (Buffer.isBuffer(v) && v.length > limit ? refuse(v.subarray(0, limit).toString('hex')) : convert(v));
  return (v) => {
    if (v === null) return null;
    const text = textOf(v, from);
    if (text.length > limit && text.trimEnd().length > limit) refuse(text.slice(0, limit));
    return convert(v);
  };
}
