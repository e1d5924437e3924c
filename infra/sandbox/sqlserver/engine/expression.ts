import { SqlError } from '../errors.ts';
import type { CompareOperator, Expr } from '../sql/ast.ts';
import { comparer } from './compare.ts';
import type { Compiled, Frame, Predicate } from './context.ts';
import { converter, overflow, rescale, textOf } from './convert.ts';
import { EPOCH_1900, TICKS_PER_DAY, parseDateTime } from './datetime.ts';
import { callFunction, globalVariable } from './functions.ts';
import type { Scope } from './scope.ts';
import { constant } from './scope.ts';
import { compileSubquery } from './query.ts';
import type { SqlType, Value } from './types.ts';
import {
  BIGINT,
  DATETIME,
  FLOAT,
  INT,
  MONEY,
  NULLTYPE,
  commonType,
  decimal,
  family,
  isUnicode,
  showValue,
} from './types.ts';

export const AGGREGATES = new Set(['COUNT', 'COUNT_BIG', 'SUM', 'MIN', 'MAX', 'AVG', 'STRING_AGG']);

/** Turns an expression into a function of the current rows, with its static type. */
export function compile(expr: Expr, scope: Scope): Compiled {
  switch (expr.k) {
    case 'literal':
      return {
        ...constant(expr.type, expr.value),
        ...(expr.type.name === 'int' ? { digits: showValue(expr.value).length } : {}),
      };
    case 'variable':
      return compileVariable(expr.name, scope);
    case 'column':
      return compileColumn(expr.name, scope);
    case 'default':
      if (scope.defaults) return compile(scope.defaults, scope);
      return constant(NULLTYPE, null);
    case 'negate': {
      const operand = compile(expr.operand, scope);
      const { type } = operand;
      return { ...operand, eval: (f) => negate(operand.eval(f)), type: type.name === 'bit' ? INT : type };
    }
    case 'binary':
      return arithmetic(expr.op, compile(expr.left, scope), compile(expr.right, scope));
    case 'case':
      return compileCase(expr, scope);
    case 'cast':
      return compileCast(expr, scope);
    case 'call':
      return compileCall(expr, scope);
    case 'subquery': {
      const query = compileSubquery(expr.query, scope);
      const type = query.columns[0]!.type;
      return {
        type,
        nullable: true,
        eval: (f) => {
          let value: Value = null;
          let count = 0;
          for (const row of query.run(f)) {
            if (++count > 1)
              throw new SqlError(
                512,
                'Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.',
              );
            value = row[0] ?? null;
          }
          return value;
        },
      };
    }
    case 'compare':
    case 'and':
    case 'or':
    case 'not':
    case 'null?':
    case 'in':
    case 'between':
    case 'like':
    case 'exists':
      throw new SqlError(102, 'Incorrect syntax: a condition stands where a value is expected.', {
        severity: 15,
        ends: 'batch',
      });
  }
}

function negate(value: Value): Value {
  if (value === null) return null;
  return typeof value === 'bigint' ? -value : -(value as number);
}

function compileVariable(name: string, scope: Scope): Compiled {
  if (name.startsWith('@@')) return globalVariable(name, scope.context);
  const variable = scope.context.variables.get(name);
  if (!variable)
    throw new SqlError(137, `Must declare the scalar variable "${name}".`, { severity: 15, state: 2, ends: 'batch' });
  return { type: variable.type, eval: () => variable.value, nullable: true, constant: true };
}

function compileColumn(name: readonly string[], scope: Scope): Compiled {
  const { depth, source, ordinal, column, bound } = scope.resolve(name);
  bound.used.add(column.name);
  const about = { name: column.name, identity: column.identity ?? false, table: column.table ?? bound.object };
  const base = { type: column.type, nullable: column.nullable, column: about };
  if (depth === 0) return { ...base, eval: (f) => f.rows[source]?.[ordinal] ?? null };
  return {
    ...base,
    eval: (f) => {
      let frame: Frame | undefined = f;
      for (let i = 0; i < depth; i++) frame = frame?.parent;
      return frame?.rows[source]?.[ordinal] ?? null;
    },
  };
}

export function convertTo(value: Compiled, type: SqlType): Compiled {
  const convert = converter(value.type, type);
  return { ...value, type, eval: (f) => convert(value.eval(f)) };
}

const dividedByZero = (): SqlError => new SqlError(8134, 'Divide by zero error encountered.');

function integerArithmetic(op: string, a: number, b: number, type: SqlType): number {
  let result: number;
  switch (op) {
    case '+':
      result = a + b;
      break;
    case '-':
      result = a - b;
      break;
    case '*':
      result = a * b;
      break;
    case '/':
      if (b === 0) throw dividedByZero();
      result = Math.trunc(a / b);
      break;
    case '%':
      if (b === 0) throw dividedByZero();
      result = a % b;
      break;
    case '&':
      return a & b;
    case '|':
      return a | b;
    default:
      return a ^ b;
  }
  if (type.name === 'int' && (result > 2147483647 || result < -2147483648)) throw overflow(type);
  return result;
}

function bigArithmetic(op: string, a: bigint, b: bigint): bigint {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      if (b === 0n) throw dividedByZero();
      return a / b;
    case '%':
      if (b === 0n) throw dividedByZero();
      return a % b;
    case '&':
      return a & b;
    case '|':
      return a | b;
    default:
      return a ^ b;
  }
}

/** Precision and scale as T-SQL gives them to decimal arithmetic. */
function decimalResult(op: string, a: SqlType, b: SqlType): SqlType {
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  switch (op) {
    case '+':
    case '-':
    case '%': {
      const scale = Math.max(a.scale, b.scale);
      return decimal(Math.min(38, whole + scale + 1), scale);
    }
    case '*': {
      const scale = a.scale + b.scale;
      const precision = a.precision + b.precision + 1;
      if (precision <= 38) return decimal(precision, scale);
      return decimal(38, Math.max(Math.min(scale, 6), scale - (precision - 38)));
    }
    default: {
      const scale = Math.max(6, a.scale + b.precision + 1);
      const precision = a.precision - a.scale + b.scale + scale;
      if (precision <= 38) return decimal(precision, scale);
      return decimal(38, Math.max(6, scale - (precision - 38)));
    }
  }
}

function asDecimal({ type, digits }: Compiled): SqlType {
  if (digits !== undefined) return decimal(digits, 0);
  if (type.name === 'decimal') return type;
  if (type.name === 'money' || type.name === 'smallmoney') return decimal(19, 4);
  return decimal(type.precision || 10, 0);
}

function scaledArithmetic(op: string, left: Compiled, right: Compiled): Compiled {
  const money = [left.type, right.type].every((t) => t.name !== 'decimal');
  const a = asDecimal(left);
  const b = asDecimal(right);
  const type = money ? MONEY : decimalResult(op, a, b);
  const x = convertTo(left, money ? { ...MONEY, precision: 38 } : a);
  const y = convertTo(right, money ? { ...MONEY, precision: 38 } : b);
  const scaleX = money ? 4 : a.scale;
  const scaleY = money ? 4 : b.scale;
  const limit = 10n ** BigInt(type.precision);
  const fit = (v: bigint): bigint => {
    if ((v < 0n ? -v : v) >= limit) throw overflow(type);
    return v;
  };
  return {
    type,
    nullable: true,
    eval: (f) => {
      const p = x.eval(f) as bigint | null;
      const q = y.eval(f) as bigint | null;
      if (p === null || q === null) return null;
      if (op === '*') return fit(rescale(p * q, scaleX + scaleY, type.scale));
      if (op === '/') {
        if (q === 0n) throw dividedByZero();
        return fit((p * 10n ** BigInt(type.scale + scaleY - scaleX)) / q);
      }
      return fit(bigArithmetic(op, rescale(p, scaleX, type.scale), rescale(q, scaleY, type.scale)));
    },
  };
}

function floatArithmetic(op: string, left: Compiled, right: Compiled): Compiled {
  const x = convertTo(left, FLOAT);
  const y = convertTo(right, FLOAT);
  return {
    type: FLOAT,
    nullable: true,
    eval: (f) => {
      const a = x.eval(f) as number | null;
      const b = y.eval(f) as number | null;
      if (a === null || b === null) return null;
      if (op === '/' && b === 0) throw dividedByZero();
      return op === '+' ? a + b : op === '-' ? a - b : op === '*' ? a * b : op === '/' ? a / b : a % b;
    },
  };
}

function dateArithmetic(op: string, left: Compiled, right: Compiled): Compiled {
  const [date, days] = family(left.type) === 'time' ? [left, right] : [right, left];
  if ((date.type.name !== 'datetime' && date.type.name !== 'smalldatetime') || (op !== '+' && op !== '-'))
    throw new SqlError(
      402,
      `The data types ${left.type.name} and ${right.type.name} are incompatible in the operator.`,
      {
        ends: 'batch',
      },
    );
  const other = convertTo(days, family(days.type) === 'time' ? DATETIME : FLOAT);
  return {
    type: date.type,
    nullable: true,
    eval: (f) => {
      const a = date.eval(f) as bigint | null;
      const b = other.eval(f);
      if (a === null || b === null) return null;
      const ticks = typeof b === 'bigint' ? b - EPOCH_1900 : BigInt(Math.round((b as number) * Number(TICKS_PER_DAY)));
      return op === '+' ? a + ticks : a - ticks;
    },
  };
}

function concatenate(left: Compiled, right: Compiled): Compiled {
  const unicode = isUnicode(left.type) || isUnicode(right.type);
  const length = left.type.length === -1 || right.type.length === -1 ? -1 : left.type.length + right.type.length;
  const most = unicode ? 4000 : 8000;
  const type: SqlType = {
    name: unicode ? 'nvarchar' : 'varchar',
    length: length === -1 ? -1 : Math.min(most, Math.max(1, length)),
    precision: 0,
    scale: 0,
  };
  return {
    type,
    nullable: true,
    eval: (f) => {
      const a = left.eval(f);
      const b = right.eval(f);
      return a === null || b === null ? null : textOf(a, left.type) + textOf(b, right.type);
    },
  };
}

function arithmetic(op: string, left: Compiled, right: Compiled): Compiled {
  const kinds = [family(left.type), family(right.type)];
  if (kinds.every((k) => k === 'null')) return constant(NULLTYPE, null);
  if (op === '+' && kinds.every((k) => k === 'string' || k === 'null')) return concatenate(left, right);
  if (op === '+' && kinds.every((k) => k === 'binary'))
    return {
      type: { name: 'varbinary', length: left.type.length + right.type.length, precision: 0, scale: 0 },
      nullable: true,
      eval: (f) => {
        const a = left.eval(f);
        const b = right.eval(f);
        return a === null || b === null ? null : Buffer.concat([a as Buffer, b as Buffer]);
      },
    };
  if (kinds.includes('time')) return dateArithmetic(op, left, right);
  let type = commonType(left.type, right.type);
  if (['tinyint', 'bit', 'smallint'].includes(type.name) || family(type) === 'string' || family(type) === 'binary')
    type = INT;
  switch (family(type)) {
    case 'float':
      return floatArithmetic(op, left, right);
    case 'scaled':
      return scaledArithmetic(op, left, right);
    case 'bigint': {
      const x = convertTo(left, BIGINT);
      const y = convertTo(right, BIGINT);
      return {
        type: BIGINT,
        nullable: true,
        eval: (f) => {
          const a = x.eval(f) as bigint | null;
          const b = y.eval(f) as bigint | null;
          return a === null || b === null ? null : bigArithmetic(op, a, b);
        },
      };
    }
    case 'integer': {
      const x = convertTo(left, type);
      const y = convertTo(right, type);
      return {
        type,
        nullable: left.nullable || right.nullable,
        eval: (f) => {
          const a = x.eval(f) as number | null;
          const b = y.eval(f) as number | null;
          return a === null || b === null ? null : integerArithmetic(op, a, b, type);
        },
      };
    }
    case 'time':
    case 'string':
    case 'binary':
    case 'guid':
    case 'null':
      throw new SqlError(8117, `Operand data type ${type.name} is invalid for the operator.`, { ends: 'batch' });
  }
}

function compileCase(expr: Extract<Expr, { k: 'case' }>, scope: Scope): Compiled {
  const tests = expr.whens.map(({ when }) =>
    expr.input ? predicate({ k: 'compare', op: '=', left: expr.input, right: when }, scope) : predicate(when, scope),
  );
  const results = expr.whens.map(({ then }) => compile(then, scope));
  const last = expr.otherwise ? compile(expr.otherwise, scope) : constant(NULLTYPE, null);
  const all = [...results, last];
  const type = all.map((r) => r.type).reduce(commonType);
  const values = all.map((r) => convertTo(r, type));
  return {
    type,
    nullable: all.some((r) => r.nullable),
    eval: (f) => {
      const hit = tests.findIndex((test) => test(f) === true);
      return values[hit < 0 ? values.length - 1 : hit]!.eval(f);
    },
  };
}

function compileCast(expr: Extract<Expr, { k: 'cast' }>, scope: Scope): Compiled {
  const operand = compile(expr.operand, scope);
  const style = expr.style ? compile(expr.style, scope) : undefined;
  // CAST to char types without a length means 30 characters
  const { type } = expr;
  const nullable = operand.nullable || expr.kind !== 'cast';
  if (expr.kind === 'parse') return { type, nullable, eval: (f) => parseText(operand.eval(f), type) };
  const plain = style ? undefined : converter(operand.type, type);
  const convert = (f: Frame): Value => {
    const value = operand.eval(f);
    if (plain) return plain(value);
    return converter(operand.type, type, Number(style!.eval(f)))(value);
  };
  if (expr.kind === 'cast') return { type, nullable, eval: convert };
  return {
    type,
    nullable: true,
    eval: (f) => {
      try {
        return convert(f);
      } catch (error) {
        if (error instanceof SqlError) return null;
        throw error;
      }
    },
  };
}

/** PARSE reads culture-formatted text; only dates and numbers exist. */
function parseText(value: Value, type: SqlType): Value {
  if (value === null) return null;
  const text = showValue(value);
  const failed = (): SqlError =>
    new SqlError(9819, `Error converting string value '${text}' into data type ${type.name} using culture ''.`);
  if (family(type) === 'time' && (text.trim() === '' || !parseDateTime(text))) throw failed();
  try {
    return converter({ name: 'nvarchar', length: 4000, precision: 0, scale: 0 }, type)(text);
  } catch (error) {
    throw error instanceof SqlError ? failed() : error;
  }
}

function compileCall(expr: Extract<Expr, { k: 'call' }>, scope: Scope): Compiled {
  const name = expr.name.at(-1)!.toUpperCase();
  if (expr.over) {
    if (!scope.windows)
      throw new SqlError(4108, 'Windowed functions can only appear in the SELECT or ORDER BY clauses.', {
        ends: 'batch',
      });
    const slot = scope.windows.length;
    scope.windows.push({
      name,
      partition: expr.over.partition.map((p) => compile(p, scope)),
      order: expr.over.order.map((o) => ({ value: compile(o.expr, scope), descending: o.descending })),
    });
    return { type: BIGINT, nullable: false, eval: (f) => f.windows[slot] ?? null };
  }
  if (expr.name.length === 1 && AGGREGATES.has(name)) return compileAggregate(expr, name, scope);
  return callFunction(expr, scope, (e) => compile(e, scope));
}

function aggregateType(name: string, argument: Compiled | undefined): SqlType {
  if (name === 'COUNT') return INT;
  if (name === 'COUNT_BIG') return BIGINT;
  const { type } = argument!;
  if (name === 'MIN' || name === 'MAX' || name === 'STRING_AGG') return type;
  if (family(type) === 'integer') return INT;
  if (type.name === 'decimal') return decimal(38, name === 'AVG' ? Math.max(6, type.scale) : type.scale);
  return type.name === 'smallmoney' ? MONEY : type;
}

function compileAggregate(expr: Extract<Expr, { k: 'call' }>, name: string, scope: Scope): Compiled {
  const slots = scope.aggregates;
  if (!slots)
    throw new SqlError(
      147,
      'An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list.',
      {
        severity: 15,
        ends: 'batch',
      },
    );
  scope.aggregates = undefined;
  const argument = expr.star ? undefined : compile(expr.args[0]!, scope);
  scope.aggregates = slots;
  const slot = slots.length;
  slots.push({ name, argument, distinct: expr.distinct });
  const type = aggregateType(name, argument);
  return { type, nullable: !name.startsWith('COUNT'), eval: (f) => f.aggregates[slot] ?? null };
}

// --- conditions ---

const TESTS: Readonly<Record<CompareOperator, (order: number) => boolean>> = {
  '=': (o) => o === 0,
  '<>': (o) => o !== 0,
  '<': (o) => o < 0,
  '<=': (o) => o <= 0,
  '>': (o) => o > 0,
  '>=': (o) => o >= 0,
};

export function compareCompiled(op: CompareOperator, left: Compiled, right: Compiled): Predicate {
  const type = commonType(left.type, right.type);
  const x = convertTo(left, type);
  const y = convertTo(right, type);
  const compare = comparer(type);
  const test = TESTS[op];
  return (f) => {
    const a = x.eval(f);
    if (a === null) return null;
    const b = y.eval(f);
    return b === null ? null : test(compare(a, b));
  };
}

const invert = (value: boolean | null): boolean | null => (value === null ? null : !value);

/** Turns a condition into a three-valued function: null is UNKNOWN. */
export function predicate(expr: Expr, scope: Scope): Predicate {
  switch (expr.k) {
    case 'and': {
      const a = predicate(expr.left, scope);
      const b = predicate(expr.right, scope);
      return (f) => {
        const x = a(f);
        if (x === false) return false;
        const y = b(f);
        return y === false ? false : x === null || y === null ? null : true;
      };
    }
    case 'or': {
      const a = predicate(expr.left, scope);
      const b = predicate(expr.right, scope);
      return (f) => {
        const x = a(f);
        if (x === true) return true;
        const y = b(f);
        return y === true ? true : x === null || y === null ? null : false;
      };
    }
    case 'not': {
      const a = predicate(expr.operand, scope);
      return (f) => invert(a(f));
    }
    case 'compare':
      return compareCompiled(expr.op, compile(expr.left, scope), compile(expr.right, scope));
    case 'null?': {
      const operand = compile(expr.operand, scope);
      return (f) => (operand.eval(f) === null) !== expr.not;
    }
    case 'between': {
      const inside = predicate(
        {
          k: 'and',
          left: { k: 'compare', op: '>=', left: expr.operand, right: expr.low },
          right: { k: 'compare', op: '<=', left: expr.operand, right: expr.high },
        },
        scope,
      );
      return expr.not ? (f) => invert(inside(f)) : inside;
    }
    case 'in':
      return membership(expr, scope);
    case 'like':
      return likeness(expr, scope);
    case 'exists': {
      const query = compileSubquery(expr.query, scope);
      return (f) => query.run(f)[Symbol.iterator]().next().done !== true;
    }
    case 'literal':
    case 'variable':
    case 'column':
    case 'default':
    case 'negate':
    case 'binary':
    case 'case':
    case 'cast':
    case 'call':
    case 'subquery':
      throw new SqlError(
        4145,
        'An expression of non-boolean type specified in a context where a condition is expected.',
        {
          severity: 15,
          ends: 'batch',
        },
      );
  }
}

function membership(expr: Extract<Expr, { k: 'in' }>, scope: Scope): Predicate {
  const { operand, list, not } = expr;
  if (!('branches' in list)) {
    const tests = list.map((item) => predicate({ k: 'compare', op: '=', left: operand, right: item }, scope));
    return (f) => {
      let unknown = false;
      for (const test of tests) {
        const hit = test(f);
        if (hit === true) return !not;
        unknown ||= hit === null;
      }
      return unknown ? null : not;
    };
  }
  const query = compileSubquery(list, scope);
  const value = compile(operand, scope);
  let candidate: Value = null;
  const same = compareCompiled('=', value, {
    type: query.columns[0]!.type,
    nullable: true,
    eval: () => candidate,
  });
  return (f) => {
    let unknown = false;
    for (const row of query.run(f)) {
      candidate = row[0] ?? null;
      const hit = same(f);
      if (hit === true) return !not;
      unknown ||= hit === null;
    }
    return unknown ? null : not;
  };
}

/** A LIKE pattern as a regular expression: %, _, [set], [^set] and an escape character. */
export function likePattern(pattern: string, escape: string | undefined): RegExp {
  let source = '';
  const literal = (c: string): string => c.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i]!;
    if (escape !== undefined && c === escape && i + 1 < pattern.length) source += literal(pattern[++i]!);
    else if (c === '%') source += '.*';
    else if (c === '_') source += '.';
    else if (c === '[') {
      const close = pattern.indexOf(']', i + 1);
      if (close < 0) source += '\\[';
      else {
        const set = pattern.slice(i + 1, close);
        const negated = set.startsWith('^');
        const body = (negated ? set.slice(1) : set).replace(/[\\\]^[]/g, '\\$&');
        source += `[${negated ? '^' : ''}${body}]`;
        i = close;
      }
    } else source += literal(c);
  }
  return new RegExp(`^${source}$`, 'is');
}

function likeness(expr: Extract<Expr, { k: 'like' }>, scope: Scope): Predicate {
  const value = compile(expr.operand, scope);
  const pattern = compile(expr.pattern, scope);
  const escape = expr.escape ? compile(expr.escape, scope) : undefined;
  let last: { text: string; regex: RegExp } | undefined;
  return (f) => {
    const text = value.eval(f);
    const wanted = pattern.eval(f);
    if (text === null || wanted === null) return null;
    const source = textOf(wanted, pattern.type);
    if (last?.text !== source) {
      const mark = escape?.eval(f);
      last = { text: source, regex: likePattern(source, typeof mark === 'string' ? mark : undefined) };
    }
    return last.regex.test(textOf(text, value.type)) !== expr.not;
  };
}
