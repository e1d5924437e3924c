import { SqlError } from '../errors.ts';
import type { Expr, OrderItem, Query, Select, SelectItem } from '../sql/ast.ts';
import { checkPermission } from './access.ts';
import { comparer, keyOf, nullsFirst } from './compare.ts';
import type { Compiled, Context, Frame, OutputColumn, ResultSet } from './context.ts';
import { converter } from './convert.ts';
import { compile, predicate } from './expression.ts';
import { bindSources } from './from.ts';
import { aggregate, rowNumbers } from './grouping.ts';
import { Scope, matches } from './scope.ts';
import type { SqlType, Value } from './types.ts';
import { commonType } from './types.ts';

/** A query bound to its scope: columns are known, rows come when it is run under an outer frame. */
export interface CompiledQuery {
  readonly columns: readonly OutputColumn[];
  readonly run: (outer: Frame | undefined) => Iterable<readonly Value[]>;
}

export function newFrame(sources: number, parent: Frame | undefined): Frame {
  return {
    rows: new Array<null>(sources).fill(null),
    handles: new Array<undefined>(sources).fill(undefined),
    parent,
    aggregates: [],
    windows: [],
  };
}

interface OutputItem {
  readonly value: Compiled;
  readonly name: string;
  readonly assign: string | undefined;
}

/** Expands stars and compiles the select list. */
export function compileItems(items: readonly SelectItem[], scope: Scope): OutputItem[] {
  return items.flatMap((item): OutputItem[] => {
    if (item.k === 'expr') {
      const value = compile(item.expr, scope);
      const name = item.alias ?? (item.expr.k === 'column' ? (value.column?.name ?? '') : '');
      return [{ value, name, assign: item.assign }];
    }
    const chosen = scope.sources.filter((s) => item.qualifier.length === 0 || matches(s, item.qualifier));
    if (chosen.length === 0)
      throw new SqlError(
        107,
        `The column prefix '${item.qualifier.join('.')}' does not match with a table name or alias name used in the query.`,
        {
          severity: 15,
          ends: 'batch',
        },
      );
    return chosen.flatMap((source) =>
      source.columns.map((column): OutputItem => {
        const index = scope.sources.indexOf(source);
        const ordinal = source.columns.indexOf(column);
        source.used.add(column.name);
        const value: Compiled = {
          type: column.type,
          nullable: column.nullable,
          eval: (f) => f.rows[index]?.[ordinal] ?? null,
          column: { name: column.name, identity: column.identity ?? false, table: column.table ?? source.object },
        };
        return { value, name: column.name, assign: undefined };
      }),
    );
  });
}

export function outputColumn({ value, name }: { value: Compiled; name: string }): OutputColumn {
  const { type } = value;
  const table = value.column?.table;
  return {
    name,
    type: type.name === 'null' ? { ...type, name: 'int', precision: 10 } : type,
    nullable: value.nullable,
    ...(value.column?.identity ? { identity: true } : {}),
    ...(table ? { table } : {}),
  };
}

interface OrderKey {
  readonly read: (frame: Frame, row: readonly Value[]) => Value;
  readonly compare: (a: Value, b: Value) => number;
  readonly descending: boolean;
}

function orderKeys(orderBy: readonly OrderItem[], items: readonly OutputItem[], scope: Scope): OrderKey[] {
  return orderBy.map(({ expr, descending }) => {
    const place = orderPlace(expr, items);
    const value = place === undefined ? compile(expr, scope) : items[place]!.value;
    return {
      read: place === undefined ? (f) => value.eval(f) : (_, row) => row[place] ?? null,
      compare: nullsFirst(comparer(value.type)),
      descending,
    };
  });
}

/** ORDER BY 2 and ORDER BY alias mean output columns. */
function orderPlace(expr: Expr, items: readonly OutputItem[]): number | undefined {
  if (expr.k === 'literal' && typeof expr.value === 'number') {
    if (expr.value < 1 || expr.value > items.length)
      throw new SqlError(
        108,
        `The ORDER BY position number ${expr.value} is out of range of the number of items in the select list.`,
        {
          ends: 'batch',
        },
      );
    return expr.value - 1;
  }
  if (expr.k !== 'column' || expr.name.length > 1) return undefined;
  const wanted = expr.name[0]!.toLowerCase();
  const place = items.findIndex((item) => item.name.toLowerCase() === wanted);
  return place < 0 ? undefined : place;
}

function compareRows(keys: readonly OrderKey[], a: readonly Value[], b: readonly Value[]): number {
  for (const [i, key] of keys.entries()) {
    const order = key.compare(a[i] ?? null, b[i] ?? null);
    if (order !== 0) return key.descending ? -order : order;
  }
  return 0;
}

function countOf(value: Compiled | undefined, frame: Frame): number | undefined {
  if (!value) return undefined;
  const count = value.eval(frame);
  if (count === null)
    throw new SqlError(
      1060,
      'The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.',
      { ends: 'batch' },
    );
  const n = Number(typeof count === 'bigint' ? count : (count as number));
  if (n < 0) throw new SqlError(1060, 'A TOP or FETCH clause may not have a negative row count.', { ends: 'batch' });
  return n;
}

interface Block extends CompiledQuery {
  readonly items: readonly OutputItem[];
}

/** Compiles one SELECT with the ORDER BY that belongs to it. */
function compileSelect(
  select: Select,
  orderBy: readonly OrderItem[],
  limits: { offset: Expr | undefined; fetch: Expr | undefined },
  scope: Scope,
): Block {
  const plan = bindSources(select.from, select.where, scope);
  const where = select.where ? predicate(select.where, scope) : undefined;
  scope.aggregates = [];
  scope.windows = [];
  const groups = select.groupBy.map((g) => compile(g, scope));
  const items = compileItems(select.items, scope);
  const having = select.having ? predicate(select.having, scope) : undefined;
  const keys = orderKeys(orderBy, items, scope);
  const slots = scope.aggregates;
  const windows = scope.windows;
  const top = select.top ? compile(select.top, scope) : undefined;
  const offset = limits.offset ? compile(limits.offset, scope) : undefined;
  const fetch = limits.fetch ? compile(limits.fetch, scope) : undefined;
  const grouped = groups.length > 0 || slots.length > 0 || having !== undefined;
  checkRead(scope);
  const simple = !grouped && windows.length === 0 && keys.length === 0 && !select.distinct && !offset;

  function* collect(outer: Frame | undefined, limit: number): Generator<Frame> {
    const frame = newFrame(scope.sources.length, outer);
    let count = 0;
    if (limit === 0) return;
    const walk = plan.rows(frame)[Symbol.iterator]();
    while (walk.next().done !== true) {
      if (where && where(frame) !== true) continue;
      yield { ...frame, rows: frame.rows.slice(), handles: frame.handles.slice() };
      if (++count >= limit) return;
    }
  }

  const project = (frame: Frame): Value[] => items.map((item) => item.value.eval(frame));

  function run(outer: Frame | undefined): Iterable<readonly Value[]> {
    const start = newFrame(scope.sources.length, outer);
    const limit = countOf(top, start) ?? Infinity;
    if (simple)
      return mapLazily(
        [...collect(outer, limit)],
        project,
        items.every((i) => i.value.column !== undefined),
      );
    let frames = [...collect(outer, Infinity)];
    if (grouped) frames = aggregate(frames, groups, slots, newFrame(scope.sources.length, outer));
    if (having) frames = frames.filter((f) => having(f) === true);
    if (windows.length > 0) rowNumbers(frames, windows);
    let out = frames.map((frame) => {
      const row = project(frame);
      return { row, order: keys.map((key) => key.read(frame, row)) };
    });
    if (select.distinct)
      out = distinctRows(
        out,
        items.map((i) => i.value.type),
      );
    if (keys.length > 0) out.sort((a, b) => compareRows(keys, a.order, b.order));
    const from = countOf(offset, start) ?? 0;
    const until = Math.min(limit, from + (countOf(fetch, start) ?? Infinity));
    return out.slice(from, until).map(({ row }) => row);
  }
  return { columns: items.map(outputColumn), items, run };
}

function checkRead(scope: Scope): void {
  for (const { table, used } of scope.sources) if (table) checkPermission(scope.context, 'SELECT', table, used);
}

/** Plain column projections are made row by row while the reply is sent; anything else at once. */
function mapLazily(frames: readonly Frame[], project: (f: Frame) => Value[], lazy: boolean): Iterable<Value[]> {
  if (!lazy) return frames.map(project);
  return {
    *[Symbol.iterator]() {
      for (const frame of frames) yield project(frame);
    },
  };
}

function distinctRows<T extends { row: readonly Value[] }>(rows: readonly T[], types: readonly SqlType[]): T[] {
  const seen = new Set<string>();
  return rows.filter(({ row }) => {
    const key = row.map((v, i) => keyOf(v, types[i]!)).join('\u0001');
    return !seen.has(key) && Boolean(seen.add(key));
  });
}

export function compileQuery(query: Query, context: Context, parent: Scope | undefined): CompiledQuery {
  return compileWithItems(query, context, parent);
}

function compileWithItems(query: Query, context: Context, parent: Scope | undefined): Block {
  let ctes = parent?.ctes;
  if (query.ctes.length > 0) {
    const named = new Map(ctes);
    ctes = named;
    const holder = new Scope(context, parent, named);
    for (const { name, columns, query: body } of query.ctes)
      named.set(name.toLowerCase(), { query: body, columns, scope: holder });
  }
  if (query.branches.length === 1) {
    const { select } = query.branches[0]!;
    return compileSelect(select, query.orderBy, query, new Scope(context, parent, ctes));
  }
  return compileUnion(query, context, parent, ctes);
}

function compileUnion(
  query: Query,
  context: Context,
  parent: Scope | undefined,
  ctes: Scope['ctes'] | undefined,
): Block {
  const none = { offset: undefined, fetch: undefined };
  const blocks = query.branches.map((b) => compileSelect(b.select, [], none, new Scope(context, parent, ctes)));
  const first = blocks[0]!;
  if (blocks.some((b) => b.items.length !== first.items.length))
    throw new SqlError(
      205,
      'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
      {
        ends: 'batch',
      },
    );
  const columns = first.columns.map((column, i) => ({
    ...column,
    type: blocks.map((b) => b.columns[i]!.type).reduce(commonType),
    nullable: blocks.some((b) => b.columns[i]!.nullable),
  }));
  const types = columns.map((c) => c.type);
  const converts = blocks.map((b) => b.columns.map((c, i) => converter(c.type, types[i]!)));
  const keys = orderKeys(query.orderBy, first.items, new Scope(context, parent, ctes));
  const run = (outer: Frame | undefined): (readonly Value[])[] => {
    let rows: { row: readonly Value[] }[] = [];
    blocks.forEach((block, b) => {
      for (const row of block.run(outer)) rows.push({ row: row.map((v, i) => converts[b]![i]!(v)) });
      if (!query.branches[b]!.all) rows = distinctRows(rows, types);
    });
    const frame = newFrame(0, outer);
    const sorted = rows.map(({ row }) => ({ row, order: keys.map((key) => key.read(frame, row)) }));
    if (keys.length > 0) sorted.sort((a, b) => compareRows(keys, a.order, b.order));
    return sorted.map(({ row }) => row);
  };
  return { columns, items: first.items, run };
}

export const compileSubquery = (query: Query, scope: Scope): CompiledQuery => compileQuery(query, scope.context, scope);

/** Runs a SELECT statement. With `SELECT @a = …` it sets variables and has no result set. */
export function runSelect(query: Query, context: Context): ResultSet | undefined {
  const block = compileWithItems(query, context, undefined);
  const assigned = block.items.some((item) => item.assign !== undefined);
  if (!assigned) return { columns: block.columns, rows: block.run(undefined) };
  let count = 0;
  const converts = block.items.map((item) => {
    const variable = context.variables.get(item.assign ?? '');
    if (!variable)
      throw new SqlError(137, `Must declare the scalar variable "${item.assign ?? ''}".`, {
        severity: 15,
        state: 2,
        ends: 'batch',
      });
    return { variable, convert: converter(item.value.type, variable.type) };
  });
  for (const row of block.run(undefined)) {
    converts.forEach(({ variable, convert }, i) => (variable.value = convert(row[i] ?? null)));
    count++;
  }
  context.session.rowCount = count;
  return undefined;
}
