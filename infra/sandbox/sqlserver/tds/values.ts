import { guidBytes, guidOf, rescale } from '../engine/convert.ts';
import { EPOCH_1900, TICKS_PER_DAY, threeHundredths, ticksOfThreeHundredths } from '../engine/datetime.ts';
import type { SqlType, Value, ZonedTicks } from '../engine/types.ts';
import {
  BIGINT,
  BIT,
  DATETIME,
  FLOAT,
  GUID,
  INT,
  MONEY,
  NULLTYPE,
  REAL,
  SMALLINT,
  TINYINT,
  datetime2,
  datetimeoffset,
  decimal,
  nvarchar,
  typeNamed,
  varbinary,
  varchar,
} from '../engine/types.ts';
import type { Reader, Writer } from './bytes.ts';

/** SQL_Latin1_General_CP1_CI_AS as five bytes: LCID 0x0409, flags, sort id 52. */
export const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);
const LONG = 0xffff;
const NULL_PLP = 0xffffffffffffffffn;

// Windows-1252 where it differs from Latin-1
const CP1252 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
const CP1252_BYTES = new Map(Array.from(CP1252, (c, i) => [c, 0x80 + i] as const));

export function toCodePage(text: string): Buffer {
  if (/^[\x00-\x7f]*$/.test(text)) return Buffer.from(text, 'latin1');
  return Buffer.from(
    Array.from(text, (c) => CP1252_BYTES.get(c) ?? (c.charCodeAt(0) < 0x100 ? c.charCodeAt(0) : 0x3f)),
  );
}

export const fromCodePage = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[\x80-\x9f]/g, (c) => CP1252[c.charCodeAt(0) - 0x80]!);

const timeWidth = (scale: number): number => (scale <= 2 ? 3 : scale <= 4 ? 4 : 5);
const decimalWidth = (precision: number): number =>
  precision <= 9 ? 4 : precision <= 19 ? 8 : precision <= 28 ? 12 : 16;
const isMax = (type: SqlType): boolean => type.length === -1;

/** TYPE_INFO of a column. `table` names the owner of text, ntext and image columns. */
export function writeTypeInfo(w: Writer, type: SqlType, table: readonly string[] = []): void {
  const sized = (token: number, length: number): void => {
    w.u8(token).u16(isMax(type) ? LONG : length);
  };
  switch (type.name) {
    case 'tinyint':
      w.u8(0x26).u8(1);
      return;
    case 'smallint':
      w.u8(0x26).u8(2);
      return;
    case 'int':
    case 'null':
      w.u8(0x26).u8(4);
      return;
    case 'bigint':
      w.u8(0x26).u8(8);
      return;
    case 'bit':
      w.u8(0x68).u8(1);
      return;
    case 'float':
      w.u8(0x6d).u8(8);
      return;
    case 'real':
      w.u8(0x6d).u8(4);
      return;
    case 'money':
      w.u8(0x6e).u8(8);
      return;
    case 'smallmoney':
      w.u8(0x6e).u8(4);
      return;
    case 'datetime':
      w.u8(0x6f).u8(8);
      return;
    case 'smalldatetime':
      w.u8(0x6f).u8(4);
      return;
    case 'decimal':
      w.u8(0x6a).u8(17).u8(type.precision).u8(type.scale);
      return;
    case 'uniqueidentifier':
      w.u8(0x24).u8(16);
      return;
    case 'date':
      w.u8(0x28);
      return;
    case 'time':
      w.u8(0x29).u8(type.scale);
      return;
    case 'datetime2':
      w.u8(0x2a).u8(type.scale);
      return;
    case 'datetimeoffset':
      w.u8(0x2b).u8(type.scale);
      return;
    case 'nvarchar':
    case 'nchar':
      sized(type.name === 'nvarchar' ? 0xe7 : 0xef, Math.min(4000, Math.max(1, type.length)) * 2);
      w.bytes(COLLATION);
      return;
    case 'varchar':
    case 'char':
      sized(type.name === 'varchar' ? 0xa7 : 0xaf, Math.min(8000, Math.max(1, type.length)));
      w.bytes(COLLATION);
      return;
    case 'varbinary':
    case 'binary':
      sized(type.name === 'varbinary' ? 0xa5 : 0xad, Math.min(8000, Math.max(1, type.length)));
      return;
    case 'text':
    case 'ntext':
    case 'image':
      w.u8(type.name === 'ntext' ? 0x63 : type.name === 'text' ? 0x23 : 0x22).u32(0x7fffffff);
      if (type.name !== 'image') w.bytes(COLLATION);
      w.u8(table.length);
      for (const part of table) w.text(part);
      return;
  }
}

function writeLong(w: Writer, bytes: Buffer | null): void {
  if (bytes === null) {
    w.u64(NULL_PLP);
    return;
  }
  w.u64(BigInt(bytes.length));
  if (bytes.length > 0) w.u32(bytes.length).bytes(bytes);
  w.u32(0);
}

function writeVariable(w: Writer, bytes: Buffer | null, type: SqlType): void {
  if (isMax(type)) writeLong(w, bytes);
  else if (bytes === null) w.u16(LONG);
  else w.u16(bytes.length).bytes(bytes);
}

const dayOf = (ticks: bigint): bigint => ticks / TICKS_PER_DAY;
const timeUnits = (ticks: bigint, scale: number): bigint => (ticks % TICKS_PER_DAY) / 10n ** BigInt(7 - scale);

/** A value of a column or return parameter, as its TYPE_INFO announced it. */
export function writeValue(w: Writer, value: Value, type: SqlType): void {
  switch (type.name) {
    case 'nvarchar':
    case 'nchar':
      if (value !== null && !isMax(type)) {
        const text = value as string;
        w.u16(text.length * 2).ucs2(text);
      } else writeVariable(w, value === null ? null : Buffer.from(value as string, 'utf16le'), type);
      return;
    case 'varchar':
    case 'char':
      writeVariable(w, value === null ? null : toCodePage(value as string), type);
      return;
    case 'varbinary':
    case 'binary':
      writeVariable(w, value === null ? null : (value as Buffer), type);
      return;
    case 'text':
    case 'ntext':
    case 'image': {
      if (value === null) {
        w.u8(0);
        return;
      }
      const bytes = Buffer.isBuffer(value)
        ? value
        : type.name === 'ntext'
          ? Buffer.from(value as string, 'utf16le')
          : toCodePage(value as string);
      // text pointer and timestamp: nobody may use them, but they must be there
      w.u8(16).bytes(Buffer.alloc(16, 0x64)).bytes(Buffer.alloc(8, 0x01)).u32(bytes.length).bytes(bytes);
      return;
    }
    default:
      if (value === null) w.u8(0);
      else writeFixed(w, value, type);
  }
}

function writeFixed(w: Writer, value: NonNullable<Value>, type: SqlType): void {
  switch (type.name) {
    case 'bit':
    case 'tinyint':
      w.u8(1).u8(Number(value));
      return;
    case 'smallint':
      w.u8(2).i16(value as number);
      return;
    case 'int':
    case 'null':
      w.u8(4).i32(value as number);
      return;
    case 'bigint':
      w.u8(8).u64(value as bigint);
      return;
    case 'float':
      w.u8(8).f64(value as number);
      return;
    case 'real':
      w.u8(4).f32(value as number);
      return;
    case 'money': {
      const units = value as bigint;
      w.u8(8)
        .i32(Number(units >> 32n))
        .u32(Number(units & 0xffffffffn));
      return;
    }
    case 'smallmoney':
      w.u8(4).i32(Number(value));
      return;
    case 'decimal': {
      const units = value as bigint;
      const width = decimalWidth(type.precision);
      w.u8(width + 1)
        .u8(units < 0n ? 0 : 1)
        .uint(units < 0n ? -units : units, width);
      return;
    }
    case 'uniqueidentifier':
      w.u8(16).bytes(guidBytes(value as string));
      return;
    case 'datetime': {
      const ticks = value as bigint;
      w.u8(8)
        .i32(Number(dayOf(ticks) - dayOf(EPOCH_1900)))
        .u32(threeHundredths(ticks));
      return;
    }
    case 'smalldatetime': {
      const ticks = value as bigint;
      w.u8(4)
        .u16(Number(dayOf(ticks) - dayOf(EPOCH_1900)))
        .u16(Number((ticks % TICKS_PER_DAY) / 600_000_000n));
      return;
    }
    case 'date':
      w.u8(3).uint(dayOf(value as bigint), 3);
      return;
    case 'time': {
      const width = timeWidth(type.scale);
      w.u8(width).uint(timeUnits(value as bigint, type.scale), width);
      return;
    }
    case 'datetime2': {
      const width = timeWidth(type.scale);
      const ticks = value as bigint;
      w.u8(width + 3)
        .uint(timeUnits(ticks, type.scale), width)
        .uint(dayOf(ticks), 3);
      return;
    }
    case 'datetimeoffset': {
      const width = timeWidth(type.scale);
      const { ticks, offset } = value as ZonedTicks;
      w.u8(width + 5)
        .uint(timeUnits(ticks, type.scale), width)
        .uint(dayOf(ticks), 3)
        .i16(offset);
      return;
    }
    default:
      throw new TypeError(`no fixed form of ${type.name}`);
  }
}

// --- parameters ---

function readLong(r: Reader): Buffer | null {
  if (r.u64() === NULL_PLP) return null;
  const chunks: Buffer[] = [];
  for (let length = r.u32(); length !== 0; length = r.u32()) chunks.push(r.bytes(length));
  return Buffer.concat(chunks);
}

function readVariable(r: Reader, max: number): Buffer | null {
  if (max === LONG) return readLong(r);
  const length = r.u16();
  return length === LONG ? null : r.bytes(length);
}

const typed = (type: SqlType, value: Value): { type: SqlType; value: Value } => ({ type, value });

function readMoney(r: Reader, length: number): bigint {
  if (length === 4) return BigInt(r.i32());
  const high = BigInt(r.i32());
  return (high << 32n) | BigInt(r.u32());
}

function readDatetime(r: Reader, length: number): bigint {
  if (length === 4) return EPOCH_1900 + BigInt(r.u16()) * TICKS_PER_DAY + BigInt(r.u16()) * 600_000_000n;
  const day = BigInt(r.i32());
  return EPOCH_1900 + day * TICKS_PER_DAY + ticksOfThreeHundredths(r.u32());
}

const INTEGERS: Readonly<Record<number, SqlType>> = { 1: TINYINT, 2: SMALLINT, 4: INT, 8: BIGINT };

function readInteger(r: Reader, length: number): Value {
  switch (length) {
    case 1:
      return r.u8();
    case 2:
      return r.i16();
    case 4:
      return r.i32();
    default:
      return r.i64();
  }
}

const readTime = (r: Reader, width: number, scale: number): bigint => r.uint(width) * 10n ** BigInt(7 - scale);

/** TYPE_INFO and value of an RPC parameter. */
export function readTypedValue(r: Reader): { type: SqlType; value: Value } {
  const token = r.u8();
  switch (token) {
    case 0x1f:
      return typed(NULLTYPE, null);
    case 0x30:
      return typed(TINYINT, r.u8());
    case 0x32:
      return typed(BIT, r.u8());
    case 0x34:
      return typed(SMALLINT, r.i16());
    case 0x38:
      return typed(INT, r.i32());
    case 0x7f:
      return typed(BIGINT, r.i64());
    case 0x3e:
      return typed(FLOAT, r.f64());
    case 0x3b:
      return typed(REAL, r.f32());
    case 0x26: {
      const declared = r.u8();
      const length = r.u8();
      return typed(INTEGERS[declared] ?? INT, length === 0 ? null : readInteger(r, length));
    }
    case 0x68: {
      r.u8();
      return typed(BIT, r.u8() === 0 ? null : r.u8());
    }
    case 0x6d: {
      const declared = r.u8();
      const length = r.u8();
      return typed(declared === 4 ? REAL : FLOAT, length === 0 ? null : length === 4 ? r.f32() : r.f64());
    }
    case 0x6e: {
      const declared = r.u8();
      const length = r.u8();
      return typed(declared === 4 ? typeNamed('smallmoney', []) : MONEY, length === 0 ? null : readMoney(r, length));
    }
    case 0x6f: {
      const declared = r.u8();
      const length = r.u8();
      const type = declared === 4 ? typeNamed('smalldatetime', []) : DATETIME;
      return typed(type, length === 0 ? null : readDatetime(r, length));
    }
    case 0x6a:
    case 0x6c: {
      r.u8();
      const type = decimal(r.u8(), r.u8());
      const length = r.u8();
      if (length === 0) return typed(type, null);
      const positive = r.u8() !== 0;
      const units = r.uint(length - 1);
      return typed(type, positive ? units : -units);
    }
    case 0x24: {
      r.u8();
      return typed(GUID, r.u8() === 0 ? null : guidOf(r.bytes(16)));
    }
    case 0x28:
      return typed(typeNamed('date', []), r.u8() === 0 ? null : r.uint(3) * TICKS_PER_DAY);
    case 0x29: {
      const scale = r.u8();
      const length = r.u8();
      return typed(typeNamed('time', [scale]), length === 0 ? null : readTime(r, length, scale));
    }
    case 0x2a: {
      const scale = r.u8();
      const length = r.u8();
      if (length === 0) return typed(datetime2(scale), null);
      const time = readTime(r, length - 3, scale);
      return typed(datetime2(scale), r.uint(3) * TICKS_PER_DAY + time);
    }
    case 0x2b: {
      const scale = r.u8();
      const length = r.u8();
      if (length === 0) return typed(datetimeoffset(scale), null);
      const time = readTime(r, length - 5, scale);
      const ticks = r.uint(3) * TICKS_PER_DAY + time;
      return typed(datetimeoffset(scale), { ticks, offset: r.i16() });
    }
    case 0xe7:
    case 0xef: {
      const max = r.u16();
      r.bytes(5);
      const bytes = readVariable(r, max);
      return typed(nvarchar(max === LONG ? -1 : Math.max(1, max / 2)), bytes && bytes.toString('utf16le'));
    }
    case 0xa7:
    case 0xaf: {
      const max = r.u16();
      r.bytes(5);
      const bytes = readVariable(r, max);
      return typed(varchar(max === LONG ? -1 : Math.max(1, max)), bytes && fromCodePage(bytes));
    }
    case 0xa5:
    case 0xad: {
      const max = r.u16();
      const bytes = readVariable(r, max);
      return typed(varbinary(max === LONG ? -1 : Math.max(1, max)), bytes && Buffer.from(bytes));
    }
    case 0x63:
    case 0x23: {
      r.u32();
      r.bytes(5);
      const length = r.i32();
      if (length < 0) return typed(nvarchar(-1), null);
      const bytes = r.bytes(length);
      return typed(nvarchar(-1), token === 0x63 ? bytes.toString('utf16le') : fromCodePage(bytes));
    }
    case 0x22: {
      r.u32();
      const length = r.i32();
      return typed(varbinary(-1), length < 0 ? null : Buffer.from(r.bytes(length)));
    }
    default:
      throw new TypeError(`parameter type 0x${token.toString(16)} is not supported`);
  }
}

export { rescale };
