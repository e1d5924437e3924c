import { randomUUID } from 'node:crypto';
import { SqlError } from '../errors.ts';
import type { Expr } from '../sql/ast.ts';
import { addToLsn } from '../storage/lsn.ts';
import { comparer } from './compare.ts';
import type { Compiled, Context, Frame } from './context.ts';
import { converter, textOf } from './convert.ts';
import {
  TICKS_PER_DAY,
  TICKS_PER_MS,
  calendar,
  localTicks,
  roundToDatetime,
  ticksFromUnixMs,
  ticksOf,
  zoneOffset,
} from './datetime.ts';
import { compareCompiled } from './expression.ts';
import type { Scope } from './scope.ts';
import { constant } from './scope.ts';
import type { SqlType, Value, ZonedTicks } from './types.ts';
import {
  BIGINT,
  DATETIME,
  FLOAT,
  GUID,
  INT,
  NULLTYPE,
  SMALLINT,
  SYSNAME,
  binary,
  commonType,
  datetime2,
  datetimeoffset,
  decimal,
  family,
  isUnicode,
  nvarchar,
  varchar,
  showValue,
} from './types.ts';

export const VERSION_TEXT =
  'Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64) \n\tOct  8 2022 05:58:25 \n\tCopyright (C) 2022 Microsoft Corporation\n\tDeveloper Edition (64-bit) on Linux (Millrace sandbox)';
export const SERVER_NAME = 'SANDBOX';

const IDENTITY_TYPE = decimal(38, 0);

/** @@ROWCOUNT and its kin; read when evaluated, not when compiled. */
export function globalVariable(name: string, { session, nesting }: Context): Compiled {
  const of = (type: SqlType, read: () => Value): Compiled => ({ type, eval: read, nullable: true });
  switch (name) {
    case '@@rowcount':
      return of(INT, () => session.rowCount);
    case '@@trancount':
      return of(INT, () => session.transactionCount);
    case '@@error':
      return of(INT, () => session.error);
    case '@@identity':
      return of(IDENTITY_TYPE, () => session.lastIdentity);
    case '@@spid':
      return of(SMALLINT, () => session.spid);
    case '@@version':
      return of(nvarchar(300), () => VERSION_TEXT);
    case '@@servername':
      return of(SYSNAME, () => SERVER_NAME);
    case '@@lock_timeout':
      return of(INT, () => session.lockTimeoutMs);
    case '@@nestlevel':
      return of(INT, () => nesting.length);
    case '@@language':
      return of(SYSNAME, () => 'us_english');
    case '@@microsoftversion':
      return of(INT, () => 0x100003e8);
    default:
      throw new SqlError(137, `Must declare the scalar variable "${name}".`, { severity: 15, state: 2, ends: 'batch' });
  }
}

export const currentDatetime = (context: Context): bigint => roundToDatetime(localTicks(new Date(context.now)));

type CompileArg = (expr: Expr) => Compiled;
type Build = (args: readonly Compiled[], context: Context) => Compiled;

/** A function whose result is null when any argument is. */
const strict =
  (type: SqlType | ((args: readonly Compiled[]) => SqlType), compute: (...values: never[]) => Value): Build =>
  (args) => ({
    type: typeof type === 'function' ? type(args) : type,
    nullable: true,
    eval: (f) => {
      const values = args.map((a) => a.eval(f));
      return values.includes(null) ? null : compute(...(values as never[]));
    },
  });

/** As {@link strict} with every argument as text first. */
const onText =
  (type: SqlType | ((args: readonly Compiled[]) => SqlType), compute: (...texts: string[]) => Value): Build =>
  (args) => ({
    type: typeof type === 'function' ? type(args) : type,
    nullable: true,
    eval: (f) => {
      const values: string[] = [];
      for (const a of args) {
        const value = a.eval(f);
        if (value === null) return null;
        values.push(textOf(value, a.type));
      }
      return compute(...values);
    },
  });

const textType = (args: readonly Compiled[]): SqlType => {
  const first = args[0]!.type;
  return family(first) === 'string' ? { ...first, name: isUnicode(first) ? 'nvarchar' : 'varchar' } : varchar(8000);
};
const longText = (args: readonly Compiled[]): SqlType => (isUnicode(textType(args)) ? nvarchar(4000) : varchar(8000));
const numberType = (args: readonly Compiled[]): SqlType => args[0]!.type;
const value =
  (type: SqlType, read: (context: Context) => Value): Build =>
  (_, context) => ({
    type,
    nullable: true,
    eval: () => read(context),
  });

function coalesce(args: readonly Compiled[], type: SqlType): Compiled {
  const converted = args.map((a) => {
    const convert = converter(a.type, type);
    return (f: Frame): Value => convert(a.eval(f));
  });
  return {
    type,
    nullable: args.every((a) => a.nullable),
    eval: (f) => {
      for (const read of converted) {
        const found = read(f);
        if (found !== null) return found;
      }
      return null;
    },
  };
}

const PARTS: Readonly<Record<string, string>> = {
  year: 'year', yy: 'year', yyyy: 'year',
  quarter: 'quarter', qq: 'quarter', q: 'quarter',
  month: 'month', mm: 'month', m: 'month',
  dayofyear: 'dayofyear', dy: 'dayofyear', y: 'dayofyear',
  day: 'day', dd: 'day', d: 'day',
  week: 'week', wk: 'week', ww: 'week',
  weekday: 'weekday', dw: 'weekday', w: 'weekday',
  hour: 'hour', hh: 'hour',
  minute: 'minute', mi: 'minute', n: 'minute',
  second: 'second', ss: 'second', s: 'second',
  millisecond: 'millisecond', ms: 'millisecond',
  microsecond: 'microsecond', mcs: 'microsecond',
  tzoffset: 'tzoffset', tz: 'tzoffset',
}; // prettier-ignore

function partOf(args: readonly Compiled[], f: Frame): string {
  const written = showValue(args[0]!.eval(f));
  const part = PARTS[written.toLowerCase()];
  if (!part)
    throw new SqlError(155, `'${written}' is not a recognized datepart option.`, { severity: 15, ends: 'batch' });
  return part;
}

function asDate(arg: Compiled): Compiled {
  if (family(arg.type) === 'time') return arg;
  const convert = converter(arg.type, datetime2(7));
  return { ...arg, type: datetime2(7), eval: (f) => convert(arg.eval(f)) };
}

const wallTicks = (v: Value): bigint =>
  typeof v === 'bigint' ? v : (v as ZonedTicks).ticks + BigInt((v as ZonedTicks).offset) * 600_000_000n;

function datePart(part: string, v: Value): number {
  const ticks = wallTicks(v);
  const c = calendar(ticks);
  switch (part) {
    case 'year':
      return c.year;
    case 'quarter':
      return Math.ceil(c.month / 3);
    case 'month':
      return c.month;
    case 'day':
      return c.day;
    case 'dayofyear':
      return Number((ticks - ticksOf(c.year, 1, 1)) / TICKS_PER_DAY) + 1;
    case 'weekday':
      return c.weekday;
    case 'hour':
      return c.hour;
    case 'minute':
      return c.minute;
    case 'second':
      return c.second;
    case 'millisecond':
      return Math.trunc(c.fraction / 10_000);
    case 'microsecond':
      return Math.trunc(c.fraction / 10);
    case 'tzoffset':
      return typeof v === 'object' && v !== null && 'offset' in v ? v.offset : 0;
    default:
      return Math.ceil((Number((ticks - ticksOf(c.year, 1, 1)) / TICKS_PER_DAY) + 1) / 7);
  }
}

const UNIT_TICKS: Readonly<Record<string, bigint>> = {
  week: 7n * TICKS_PER_DAY,
  weekday: TICKS_PER_DAY,
  dayofyear: TICKS_PER_DAY,
  day: TICKS_PER_DAY,
  hour: 36_000_000_000n,
  minute: 600_000_000n,
  second: 10_000_000n,
  millisecond: TICKS_PER_MS,
  microsecond: 10n,
};

function addMonths(ticks: bigint, months: number): bigint {
  const c = calendar(ticks);
  const total = c.year * 12 + c.month - 1 + months;
  const year = Math.floor(total / 12);
  const month = (total % 12) + 1;
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return ticksOf(year, month, Math.min(c.day, last)) + (ticks % TICKS_PER_DAY);
}

const dateAdd: Build = (args) => {
  const date = asDate(args[2]!);
  const step = converter(args[1]!.type, INT);
  return {
    type: date.type,
    nullable: true,
    eval: (f) => {
      const part = partOf(args, f);
      const n = step(args[1]!.eval(f));
      const v = date.eval(f);
      if (n === null || v === null) return null;
      const ticks = typeof v === 'bigint' ? v : (v as ZonedTicks).ticks;
      const months = part === 'year' ? 12 : part === 'quarter' ? 3 : part === 'month' ? 1 : 0;
      const moved = months ? addMonths(ticks, months * (n as number)) : ticks + UNIT_TICKS[part]! * BigInt(n as number);
      return typeof v === 'bigint'
        ? date.type.name === 'datetime'
          ? roundToDatetime(moved)
          : moved
        : { ...(v as ZonedTicks), ticks: moved };
    },
  };
};

const dateDiff =
  (type: SqlType): Build =>
  (args) => {
    const from = asDate(args[1]!);
    const to = asDate(args[2]!);
    return {
      type,
      nullable: true,
      eval: (f) => {
        const part = partOf(args, f);
        const a = from.eval(f);
        const b = to.eval(f);
        if (a === null || b === null) return null;
        const x = wallTicks(a);
        const y = wallTicks(b);
        const unit = UNIT_TICKS[part];
        let n: bigint;
        if (unit) n = y / unit - x / unit;
        else {
          const p = calendar(x);
          const q = calendar(y);
          const months = (q.year - p.year) * 12 + q.month - p.month;
          n = BigInt(
            part === 'year'
              ? q.year - p.year
              : part === 'quarter'
                ? (q.year - p.year) * 4 + Math.ceil(q.month / 3) - Math.ceil(p.month / 3)
                : months,
          );
        }
        return type.name === 'bigint' ? n : Number(n);
      },
    };
  };

/** Functions that need a fixed scope (system catalog, CDC). */
function objectIdOf(context: Context, name: string): number | null {
  const parts = name.replace(/[[\]"]/g, '').split('.');
  const table = context.db.table(parts);
  if (table) return table.objectId;
  const wanted = parts.at(-1)!.toLowerCase();
  for (const t of context.db.tables.values())
    for (const trigger of t.triggers) if (trigger.name.toLowerCase() === wanted) return trigger.objectId;
  for (const instance of context.db.cdc.instances)
    if (`${instance.name}_ct`.toLowerCase() === wanted) return instance.objectId;
  return null;
}

function objectName(context: Context, id: number): { schema: string; name: string } | null {
  for (const t of context.db.tables.values()) if (t.objectId === id) return t;
  for (const i of context.db.cdc.instances) if (i.objectId === id) return { schema: 'cdc', name: `${i.name}_CT` };
  return null;
}

const isDatabase = (context: Context, name: string): boolean => name.toLowerCase() === context.db.name.toLowerCase();
const DATABASE_IDS: Readonly<Record<string, number>> = { master: 1, tempdb: 2, model: 3, msdb: 4 };

const byContext =
  (type: SqlType, compute: (context: Context, ...values: readonly (Value | undefined)[]) => Value): Build =>
  (args, context) => ({
    type,
    nullable: true,
    eval: (f) => compute(context, ...args.map((a) => a.eval(f))),
  });

const FUNCTIONS: Readonly<Record<string, Build>> = {
  COALESCE: (args) => coalesce(args, args.map((a) => a.type).reduce(commonType)),
  ISNULL: (args) => coalesce(args, args[0]!.type.name === 'null' ? args[1]!.type : args[0]!.type),
  NULLIF: (args) => {
    const same = compareCompiled('=', args[0]!, args[1]!);
    return { type: args[0]!.type, nullable: true, eval: (f) => (same(f) === true ? null : args[0]!.eval(f)) };
  },
  GETDATE: value(DATETIME, currentDatetime),
  CURRENT_TIMESTAMP: value(DATETIME, currentDatetime),
  GETUTCDATE: value(DATETIME, (c) => roundToDatetime(ticksFromUnixMs(c.now))),
  SYSDATETIME: value(datetime2(7), (c) => localTicks(new Date(c.now))),
  SYSUTCDATETIME: value(datetime2(7), (c) => ticksFromUnixMs(c.now)),
  SYSDATETIMEOFFSET: value(datetimeoffset(7), (c) => ({
    ticks: ticksFromUnixMs(c.now),
    offset: zoneOffset(new Date(c.now)),
  })),
  NEWID: value(GUID, () => randomUUID().toUpperCase()),
  NEWSEQUENTIALID: value(GUID, () => randomUUID().toUpperCase()),
  RAND: value(FLOAT, () => Math.random()),
  PI: value(FLOAT, () => Math.PI),
  SCOPE_IDENTITY: value(IDENTITY_TYPE, (c) => c.scopeIdentity),
  XACT_STATE: value(SMALLINT, (c) => (c.session.transaction ? 1 : 0)),
  ERROR_NUMBER: value(INT, (c) => c.caught?.number ?? null),
  ERROR_MESSAGE: value(nvarchar(4000), (c) => c.caught?.message ?? null),
  ERROR_SEVERITY: value(INT, (c) => c.caught?.severity ?? null),
  ERROR_STATE: value(INT, (c) => c.caught?.state ?? null),
  ERROR_LINE: value(INT, (c) => (c.caught ? 1 : null)),
  ERROR_PROCEDURE: value(SYSNAME, () => null),
  USER_NAME: value(SYSNAME, (c) => c.session.user),
  CURRENT_USER: value(SYSNAME, (c) => c.session.user),
  SESSION_USER: value(SYSNAME, (c) => c.session.user),
  USER: value(SYSNAME, (c) => c.session.user),
  SUSER_SNAME: value(SYSNAME, (c) => c.session.login),
  SUSER_NAME: value(SYSNAME, (c) => c.session.login),
  SYSTEM_USER: value(SYSNAME, (c) => c.session.login),
  ORIGINAL_LOGIN: value(SYSNAME, (c) => c.session.login),
  HOST_NAME: value(nvarchar(128), (c) => c.session.host),
  APP_NAME: value(nvarchar(128), (c) => c.session.application),
  // text
  LEN: onText(INT, (s) => s.trimEnd().length),
  DATALENGTH: (args) => ({
    type: INT,
    nullable: true,
    eval: (f) => {
      const v = args[0]!.eval(f);
      if (v === null) return null;
      if (Buffer.isBuffer(v)) return v.length;
      return textOf(v, args[0]!.type).length * (isUnicode(args[0]!.type) ? 2 : 1);
    },
  }),
  UPPER: onText(textType, (s) => s.toUpperCase()),
  LOWER: onText(textType, (s) => s.toLowerCase()),
  LTRIM: onText(textType, (s) => s.trimStart()),
  RTRIM: onText(textType, (s) => s.trimEnd()),
  TRIM: onText(textType, (s) => s.trim()),
  LEFT: onText(textType, (s, n) => s.slice(0, Math.max(0, Number(n)))),
  RIGHT: onText(textType, (s, n) => (Number(n) <= 0 ? '' : s.slice(-Number(n)))),
  SUBSTRING: onText(textType, (s, from, n) => {
    const start = Number(from) - 1;
    return s.slice(Math.max(0, start), Math.max(0, start + Number(n)));
  }),
  REPLACE: onText(longText, (s, find, by) => {
    if (find === '') return s;
    return s.replace(new RegExp(find.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'gi'), () => by);
  }),
  REPLICATE: onText(longText, (s, n) => s.repeat(Math.max(0, Number(n)))),
  REVERSE: onText(textType, (s) => Array.from(s).reverse().join('')),
  SPACE: onText(varchar(8000), (n) => ' '.repeat(Math.max(0, Number(n)))),
  CHARINDEX: onText(
    INT,
    (find, s, ...from) => s.toLowerCase().indexOf(find.toLowerCase(), Number(from[0] ?? '1') - 1) + 1,
  ),
  STUFF: onText(
    longText,
    (s, from, n, by) => s.slice(0, Number(from) - 1) + by + s.slice(Number(from) - 1 + Number(n)),
  ),
  CHAR: onText(varchar(1), (n) => String.fromCharCode(Number(n))),
  NCHAR: onText(nvarchar(1), (n) => String.fromCharCode(Number(n))),
  ASCII: onText(INT, (s) => s.charCodeAt(0)),
  UNICODE: onText(INT, (s) => s.charCodeAt(0)),
  QUOTENAME: onText(nvarchar(258), (s) => `[${s.replaceAll(']', ']]')}]`),
  STR: onText(varchar(10), (s) => s.padStart(10)),
  CONCAT: (args) => ({
    type: args.some((a) => isUnicode(a.type)) ? nvarchar(4000) : varchar(8000),
    nullable: false,
    eval: (f) => args.map((a) => textOfNullable(a, f)).join(''),
  }),
  // numbers
  ABS: strict(numberType, (n: number | bigint) => (n < 0 ? (typeof n === 'bigint' ? -n : -n) : n)),
  CEILING: strict(numberType, (n: number) => (typeof n === 'number' ? Math.ceil(n) : n)),
  FLOOR: strict(numberType, (n: number) => (typeof n === 'number' ? Math.floor(n) : n)),
  SIGN: strict(INT, (n: number | bigint) => (n > 0 ? 1 : n < 0 ? -1 : 0)),
  ROUND: (args) => {
    const [number, places] = [args[0]!, args[1]!];
    return {
      type: number.type,
      nullable: true,
      eval: (f) => {
        const n = number.eval(f);
        const p = places.eval(f) as number | null;
        if (n === null || p === null) return null;
        if (typeof n === 'number') return Math.sign(n) * (Math.round(Math.abs(n) * 10 ** p) / 10 ** p);
        if (typeof n !== 'bigint' || p >= number.type.scale) return n;
        const unit = 10n ** BigInt(number.type.scale - p);
        return ((n + (n < 0n ? -unit : unit) / 2n) / unit) * unit;
      },
    };
  },
  POWER: strict(FLOAT, (a: number, b: number) => a ** b),
  SQRT: strict(FLOAT, (a: number) => Math.sqrt(a)),
  ISNUMERIC: onText(INT, (s) => (s.trim() !== '' && !Number.isNaN(Number(s)) ? 1 : 0)),
  // dates
  DATEADD: dateAdd,
  DATEDIFF: dateDiff(INT),
  DATEDIFF_BIG: dateDiff(BIGINT),
  DATEPART: (args) => {
    const date = asDate(args[1]!);
    return {
      type: INT,
      nullable: true,
      eval: (f) => {
        const v = date.eval(f);
        return v === null ? null : datePart(partOf(args, f), v);
      },
    };
  },
  YEAR: (args) => partFunction('year', args),
  MONTH: (args) => partFunction('month', args),
  DAY: (args) => partFunction('day', args),
  TODATETIMEOFFSET: (args) => {
    const date = asDate(args[0]!);
    const zone = converter(args[1]!.type, INT);
    return {
      type: datetimeoffset(date.type.name === 'datetime' ? 3 : 7),
      nullable: true,
      eval: (f) => {
        const v = date.eval(f);
        const offset = zone(args[1]!.eval(f));
        if (v === null || offset === null) return null;
        return { ticks: wallTicks(v) - BigInt(offset as number) * 600_000_000n, offset: offset as number };
      },
    };
  },
  // catalog
  DB_NAME: byContext(SYSNAME, (c) => c.session.database),
  DB_ID: byContext(SMALLINT, (c, name) => {
    const wanted = name === undefined ? c.session.database : showValue(name);
    return isDatabase(c, wanted) ? 5 : (DATABASE_IDS[wanted.toLowerCase()] ?? null);
  }),
  SCHEMA_NAME: byContext(SYSNAME, () => 'dbo'),
  SCHEMA_ID: byContext(INT, (_, name) => (name === 'cdc' ? 6 : 1)),
  OBJECT_ID: byContext(INT, (c, name) => (name == null ? null : objectIdOf(c, showValue(name)))),
  OBJECT_NAME: byContext(SYSNAME, (c, id) => (id == null ? null : (objectName(c, Number(id))?.name ?? null))),
  OBJECT_SCHEMA_NAME: byContext(SYSNAME, (c, id) => (id == null ? null : (objectName(c, Number(id))?.schema ?? null))),
  COL_LENGTH: byContext(SMALLINT, (c, table, column) => {
    const found = c.db.table(showValue(table).replace(/[[\]]/g, '').split('.'))?.column(showValue(column));
    return found ? found.type.length * (isUnicode(found.type) ? 2 : 1) || found.type.precision : null;
  }),
  IDENT_CURRENT: byContext(IDENTITY_TYPE, (c, name) => {
    const table = c.db.table(showValue(name).split('.'));
    return table?.identityColumn ? BigInt(table.nextIdentity - (table.identityColumn.identity?.increment ?? 1)) : null;
  }),
  TRIGGER_NESTLEVEL: byContext(INT, (c, id) => {
    if (id === undefined) return c.nesting.length;
    return c.nesting.filter((name) => objectIdOf(c, name) === id).length;
  }),
  SERVERPROPERTY: byContext(nvarchar(256), (_, name) => {
    const known: Readonly<Record<string, string>> = {
      engineedition: '3',
      edition: 'Developer Edition (64-bit)',
      productversion: '16.0.1000.6',
      productlevel: 'RTM',
      productmajorversion: '16',
      servername: SERVER_NAME,
      machinename: SERVER_NAME,
      collation: 'SQL_Latin1_General_CP1_CI_AS',
    };
    return known[showValue(name).toLowerCase()] ?? null;
  }),
  DATABASEPROPERTYEX: byContext(nvarchar(128), (_, __, property) =>
    showValue(property).toLowerCase() === 'collation' ? 'SQL_Latin1_General_CP1_CI_AS' : 'ONLINE',
  ),
  IS_MEMBER: byContext(INT, (c, role) => (c.db.security.isMember(c.session.user, showValue(role)) ? 1 : 0)),
  IS_ROLEMEMBER: byContext(INT, (c, role, user) =>
    c.db.security.isMember(user == null ? c.session.user : showValue(user), showValue(role)) ? 1 : 0,
  ),
  IS_SRVROLEMEMBER: byContext(INT, (c) => (c.session.login.toLowerCase() === 'sa' ? 1 : 0)),
  HAS_PERMS_BY_NAME: byContext(INT, () => 1),
  // change data capture
  FN_CDC_GET_MAX_LSN: byContext(binary(10), (c) => c.db.cdc.maxLsn),
  FN_CDC_GET_MIN_LSN: byContext(binary(10), (c, name) => c.db.cdc.find(showValue(name))?.startLsn ?? Buffer.alloc(10)),
  FN_CDC_INCREMENT_LSN: strict(binary(10), (lsn: Buffer) => addToLsn(lsn, 1)),
  FN_CDC_DECREMENT_LSN: strict(binary(10), (lsn: Buffer) => addToLsn(lsn, -1)),
  FN_CDC_MAP_LSN_TO_TIME: byContext(DATETIME, (c, lsn) => {
    const ms = Buffer.isBuffer(lsn) ? c.db.cdc.timeOfLsn(lsn) : undefined;
    return ms === undefined ? null : roundToDatetime(localTicks(new Date(ms)));
  }),
  FN_CDC_MAP_TIME_TO_LSN: (args, context) => {
    const time = asDate(args[1]!);
    return {
      type: binary(10),
      nullable: true,
      eval: (f) => lsnAtTime(context, showValue(args[0]!.eval(f)), time.eval(f)),
    };
  },
  FN_CDC_IS_BIT_SET: strict(INT, (position: number, mask: Buffer) => {
    const byte = mask[mask.length - 1 - ((position - 1) >> 3)] ?? 0;
    return (byte >> ((position - 1) & 7)) & 1;
  }),
  FN_CDC_GET_COLUMN_ORDINAL: byContext(INT, (c, name, column) => {
    const place = c.db.cdc
      .find(showValue(name))
      ?.columns.findIndex((x) => x.name.toLowerCase() === showValue(column).toLowerCase());
    return place === undefined || place < 0 ? null : place + 1;
  }),
};

function lsnAtTime(context: Context, relation: string, time: Value): Value {
  if (time === null) return null;
  const wanted = wallTicks(time);
  const times = context.db.cdc.times.map((t) => ({ lsn: t.lsn, at: localTicks(new Date(t.endedAt)) }));
  switch (relation.toLowerCase()) {
    case 'smallest greater than':
      return times.find((t) => t.at > wanted)?.lsn ?? null;
    case 'smallest greater than or equal':
      return times.find((t) => t.at >= wanted)?.lsn ?? null;
    case 'largest less than':
      return times.findLast((t) => t.at < wanted)?.lsn ?? null;
    default:
      return times.findLast((t) => t.at <= wanted)?.lsn ?? null;
  }
}

function textOfNullable(arg: Compiled, f: Frame): string {
  const v = arg.eval(f);
  return v === null ? '' : textOf(v, arg.type);
}

function partFunction(part: string, args: readonly Compiled[]): Compiled {
  const date = asDate(args[0]!);
  return {
    type: INT,
    nullable: true,
    eval: (f) => {
      const v = date.eval(f);
      return v === null ? null : datePart(part, v);
    },
  };
}

function greatest(args: readonly Compiled[], sign: 1 | -1): Compiled {
  const type = args.map((a) => a.type).reduce(commonType);
  const compare = comparer(type);
  const reads = args.map((a) => ({ a, convert: converter(a.type, type) }));
  return {
    type,
    nullable: true,
    eval: (f) => {
      let best: Value = null;
      for (const { a, convert } of reads) {
        const v = convert(a.eval(f));
        if (v !== null && (best === null || compare(v, best) * sign > 0)) best = v;
      }
      return best;
    },
  };
}

const SCHEMAS = new Set(['sys', 'dbo', 'cdc']);

/** Compiles a call of a built-in scalar function; error 195 when there is none of that name. */
export function callFunction(expr: Extract<Expr, { k: 'call' }>, scope: Scope, compileArg: CompileArg): Compiled {
  const name = expr.name.at(-1)!.toUpperCase();
  if (name === 'IIF' && expr.args.length === 3)
    return compileArg({
      k: 'case',
      input: undefined,
      whens: [{ when: expr.args[0]!, then: expr.args[1]! }],
      otherwise: expr.args[2],
    });
  const args = expr.args.map(compileArg);
  if (name === 'GREATEST' || name === 'LEAST') return greatest(args, name === 'GREATEST' ? 1 : -1);
  const schema = expr.name.at(-2)?.toLowerCase();
  const build = schema === undefined || SCHEMAS.has(schema) ? FUNCTIONS[name] : undefined;
  if (!build)
    throw new SqlError(195, `'${expr.name.join('.')}' is not a recognized built-in function name.`, {
      severity: 15,
      state: 10,
      ends: 'batch',
    });
  return build(args, scope.context);
}

export const nullValue = constant(NULLTYPE, null);
