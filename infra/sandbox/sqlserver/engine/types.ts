import { SqlError } from '../errors.ts';

export type TypeName =
  | 'bit'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'decimal'
  | 'money'
  | 'smallmoney'
  | 'float'
  | 'real'
  | 'date'
  | 'time'
  | 'datetime'
  | 'smalldatetime'
  | 'datetime2'
  | 'datetimeoffset'
  | 'char'
  | 'varchar'
  | 'nchar'
  | 'nvarchar'
  | 'text'
  | 'ntext'
  | 'binary'
  | 'varbinary'
  | 'image'
  | 'uniqueidentifier'
  | 'null';

/** `length` counts characters (bytes for binary types), -1 is (max). `precision` and `scale` as SQL Server shows them. */
export interface SqlType {
  readonly name: TypeName;
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
}

/** An instant with its zone: `ticks` are 100 ns units of UTC since 0001-01-01, `offset` is in minutes. */
export interface ZonedTicks {
  readonly ticks: bigint;
  readonly offset: number;
}

/**
 * A runtime value; its meaning comes from the static type beside it.
 * Integers and bit, float, real: number. bigint: bigint. decimal and money: bigint in units of 10^-scale.
 * Dates and times: bigint ticks of 100 ns since 0001-01-01 (`time`: since midnight). GUIDs: upper-case text.
 */
export type Value = null | number | bigint | string | Buffer | ZonedTicks;

/** A value as text whatever its type, nothing for null; for names, keys and messages. */
export function showValue(value: Value | undefined): string {
  if (value === null || value === undefined) return '';
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex')}`;
  return typeof value === 'object' ? String(value.ticks) : String(value);
}

const make = (name: TypeName, length = 0, precision = 0, scale = 0): SqlType => ({ name, length, precision, scale });

export const BIT = make('bit', 0, 1);
export const TINYINT = make('tinyint', 0, 3);
export const SMALLINT = make('smallint', 0, 5);
export const INT = make('int', 0, 10);
export const BIGINT = make('bigint', 0, 19);
export const MONEY = make('money', 0, 19, 4);
export const FLOAT = make('float', 0, 53);
export const REAL = make('real', 0, 24);
export const DATETIME = make('datetime', 0, 23, 3);
export const GUID = make('uniqueidentifier');
export const NULLTYPE = make('null');
export const SYSNAME = make('nvarchar', 128);
export const decimal = (precision: number, scale: number): SqlType => make('decimal', 0, precision, scale);
export const nvarchar = (length: number): SqlType => make('nvarchar', length);
export const varchar = (length: number): SqlType => make('varchar', length);
export const char = (length: number): SqlType => make('char', length);
export const binary = (length: number): SqlType => make('binary', length);
export const varbinary = (length: number): SqlType => make('varbinary', length);
export const datetime2 = (scale: number): SqlType => make('datetime2', 0, 20 + scale, scale);
export const datetimeoffset = (scale: number): SqlType => make('datetimeoffset', 0, 27 + scale, scale);

const PRECEDENCE: readonly TypeName[] = [
  'null',
  'binary',
  'varbinary',
  'char',
  'varchar',
  'nchar',
  'nvarchar',
  'uniqueidentifier',
  'image',
  'text',
  'ntext',
  'bit',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'smallmoney',
  'money',
  'decimal',
  'real',
  'float',
  'time',
  'date',
  'smalldatetime',
  'datetime',
  'datetime2',
  'datetimeoffset',
];
const RANK = new Map(PRECEDENCE.map((name, rank) => [name, rank]));

export type Family = 'integer' | 'bigint' | 'scaled' | 'float' | 'time' | 'string' | 'binary' | 'guid' | 'null';

const FAMILIES: Readonly<Record<TypeName, Family>> = {
  bit: 'integer',
  tinyint: 'integer',
  smallint: 'integer',
  int: 'integer',
  bigint: 'bigint',
  decimal: 'scaled',
  money: 'scaled',
  smallmoney: 'scaled',
  float: 'float',
  real: 'float',
  date: 'time',
  time: 'time',
  datetime: 'time',
  smalldatetime: 'time',
  datetime2: 'time',
  datetimeoffset: 'time',
  char: 'string',
  varchar: 'string',
  nchar: 'string',
  nvarchar: 'string',
  text: 'string',
  ntext: 'string',
  binary: 'binary',
  varbinary: 'binary',
  image: 'binary',
  uniqueidentifier: 'guid',
  null: 'null',
};

export const family = (type: SqlType): Family => FAMILIES[type.name];
export const isNumeric = (type: SqlType): boolean => ['integer', 'bigint', 'scaled', 'float'].includes(family(type));
export const isUnicode = (type: SqlType): boolean => type.name.startsWith('n');
export const isLegacyLob = (type: SqlType): boolean => ['text', 'ntext', 'image'].includes(type.name);

const integerDigits = (type: SqlType): number => type.precision - type.scale;
const longer = (a: number, b: number): number => (a === -1 || b === -1 ? -1 : Math.max(a, b));

/** The type two operands are brought to before they are compared or merged. */
export function commonType(a: SqlType, b: SqlType): SqlType {
  const [high, low] = RANK.get(a.name)! >= RANK.get(b.name)! ? [a, b] : [b, a];
  if (family(high) === 'string' || family(high) === 'binary')
    return family(low) === family(high) ? { ...high, length: longer(high.length, low.length) } : high;
  if (high.name === 'decimal' && low.name !== 'null' && isNumeric(low)) {
    const scale = Math.max(high.scale, low.scale);
    return decimal(Math.min(38, Math.max(integerDigits(high), integerDigits(low)) + scale), scale);
  }
  if (high.name === low.name && high.scale < low.scale) return low;
  return high;
}

/** Resolves a type as written in T-SQL. `args` are the numbers in brackets, 'max' as -1. */
export function typeNamed(written: string, args: readonly number[]): SqlType {
  const first = args[0];
  switch (written.toLowerCase()) {
    case 'bit':
      return BIT;
    case 'tinyint':
      return TINYINT;
    case 'smallint':
      return SMALLINT;
    case 'int':
    case 'integer':
      return INT;
    case 'bigint':
      return BIGINT;
    case 'decimal':
    case 'numeric':
    case 'dec':
      return decimal(first ?? 18, args[1] ?? 0);
    case 'money':
      return MONEY;
    case 'smallmoney':
      return make('smallmoney', 0, 10, 4);
    case 'float':
      return (first ?? 53) <= 24 ? REAL : FLOAT;
    case 'real':
      return REAL;
    case 'date':
      return make('date', 0, 10);
    case 'time':
      return make('time', 0, 8 + (first ?? 7), first ?? 7);
    case 'datetime':
      return DATETIME;
    case 'smalldatetime':
      return make('smalldatetime', 0, 16);
    case 'datetime2':
      return datetime2(first ?? 7);
    case 'datetimeoffset':
      return datetimeoffset(first ?? 7);
    case 'char':
    case 'character':
      return char(first ?? 1);
    case 'varchar':
      return varchar(first ?? 1);
    case 'nchar':
      return make('nchar', first ?? 1);
    case 'nvarchar':
      return nvarchar(first ?? 1);
    case 'sysname':
      return SYSNAME;
    case 'text':
      return make('text', 2147483647);
    case 'ntext':
      return make('ntext', 1073741823);
    case 'image':
      return make('image', 2147483647);
    case 'binary':
      return binary(first ?? 1);
    case 'varbinary':
      return varbinary(first ?? 1);
    case 'uniqueidentifier':
      return GUID;
    default:
      throw new SqlError(243, `Type ${written} is not a defined system type.`, { ends: 'batch' });
  }
}
