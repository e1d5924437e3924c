import { SqlError, invalidColumn, invalidObject } from '../errors.ts';
import type { Assignment, Name, SelectItem, Source, Statement } from '../sql/ast.ts';
import type { Column, Row, RowValues, Table } from '../storage/table.ts';
import { checkPermission } from './access.ts';
import type { Context, Frame, OutputColumn, ResultSet, RowSource } from './context.ts';
import { columnConverter } from './convert.ts';
import { compile, predicate } from './expression.ts';
import { bindSources, columnsOfTable } from './from.ts';
import { compileItems, compileQuery, newFrame, outputColumn } from './query.ts';
import { Scope } from './scope.ts';
import type { SqlType, Value } from './types.ts';

/** Rows a statement has changed, for OUTPUT and triggers. */
export interface Changed {
  readonly table: Table;
  readonly inserted: RowValues[];
  readonly deleted: RowValues[];
}

export interface ChangeResult {
  readonly count: number;
  readonly output: ResultSet | undefined;
  readonly changed: Changed | undefined;
}

type RunExec = (
  exec: Extract<Statement, { k: 'exec' }>,
  context: Context,
) => { types: readonly SqlType[]; rows: Iterable<readonly Value[]> };

function targetRows(name: Name, context: Context): RowSource | undefined {
  const rows = name.length === 1 ? context.tables.get(name[0]!.toLowerCase()) : undefined;
  if (!rows && name[0]!.startsWith('@'))
    throw new SqlError(1087, `Must declare the table variable "${name[0]!}".`, {
      severity: 15,
      state: 2,
      ends: 'batch',
    });
  return rows;
}

function requireTable(name: Name, context: Context): Table {
  const table = context.db.table(name);
  if (!table) throw invalidObject(name.join('.'));
  context.touchedTable = true;
  return table;
}

const labelOf = (context: Context, table: Table): string => `${context.db.name}.${table.fullName}`;

function requireNotNull(values: readonly Value[], table: Table, context: Context, action: string): void {
  for (const column of table.columns)
    if (!column.nullable && (values[column.ordinal] ?? null) === null)
      throw new SqlError(
        515,
        `Cannot insert the value NULL into column '${column.name}', table '${labelOf(context, table)}'; column does not allow nulls. ${action} fails.`,
        { state: 2 },
      );
}

/** Evaluates OUTPUT items over `inserted` and `deleted` images of each changed row. */
function outputOf(
  items: readonly SelectItem[],
  changed: readonly { before: RowValues | null; after: RowValues | null }[],
  columns: readonly OutputColumn[],
  context: Context,
): ResultSet | undefined {
  if (items.length === 0) return undefined;
  const scope = new Scope(context, undefined);
  for (const alias of ['inserted', 'deleted'])
    scope.sources.push({ alias, object: undefined, columns, table: undefined, used: new Set() });
  const compiled = compileItems(items, scope);
  const rows = changed.map(({ before, after }) => {
    const frame = newFrame(2, undefined);
    frame.rows[0] = after;
    frame.rows[1] = before;
    return compiled.map((item) => item.value.eval(frame));
  });
  return { columns: compiled.map(outputColumn), rows };
}

function store(output: ResultSet | undefined, into: string | undefined, context: Context): ResultSet | undefined {
  if (output === undefined || into === undefined) return output;
  const target = targetRows([into], context)!;
  const converts = target.columns.map((c, i) => columnConverter(output.columns[i]!.type, c, into));
  for (const row of output.rows) target.rows.push(converts.map((convert, i) => convert(row[i] ?? null)));
  return undefined;
}

// --- INSERT ---

type Insert = Extract<Statement, { k: 'insert' }>;

function insertColumns(
  names: readonly string[] | undefined,
  columns: readonly { name: string }[],
  skip: string | undefined,
): number[] {
  if (!names) return columns.flatMap((c, i) => (c.name === skip ? [] : [i]));
  return names.map((name) => {
    const place = columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
    if (place < 0) throw invalidColumn(name);
    return place;
  });
}

const wrongCount = (): SqlError =>
  new SqlError(213, 'Column name or number of supplied values does not match table definition.', { ends: 'batch' });

/** The rows an INSERT brings, each cell with its type; undefined cells mean DEFAULT. */
function sourceRows(
  statement: Insert,
  places: readonly number[],
  context: Context,
  runExec: RunExec,
): { types: readonly (readonly SqlType[])[] | readonly SqlType[]; rows: (Value | undefined)[][]; perRow: boolean } {
  const { source } = statement;
  switch (source.k) {
    case 'defaults':
      return { types: [], rows: [[]], perRow: false };
    case 'values': {
      const scope = new Scope(context, undefined);
      const frame = newFrame(0, undefined);
      const types: SqlType[][] = [];
      const rows = source.rows.map((exprs) => {
        if (exprs.length !== places.length)
          throw exprs.length < places.length
            ? new SqlError(
                109,
                'There are more columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.',
                { severity: 15, ends: 'batch' },
              )
            : new SqlError(
                110,
                'There are fewer columns in the INSERT statement than values specified in the VALUES clause. The number of values in the VALUES clause must match the number of columns specified in the INSERT statement.',
                { severity: 15, ends: 'batch' },
              );
        const compiled = exprs.map((e) => (e.k === 'default' ? undefined : compile(e, scope)));
        types.push(compiled.map((c) => c?.type ?? { name: 'null', length: 0, precision: 0, scale: 0 }));
        return compiled.map((c) => c?.eval(frame));
      });
      return { types, rows, perRow: true };
    }
    case 'query': {
      const query = compileQuery(source.query, context, undefined);
      if (query.columns.length !== places.length) throw wrongCount();
      return {
        types: query.columns.map((c) => c.type),
        rows: Array.from(query.run(undefined), (r) => [...r]),
        perRow: false,
      };
    }
    case 'exec': {
      const result = runExec(source.exec, context);
      if (result.types.length !== places.length) throw wrongCount();
      return { types: result.types, rows: Array.from(result.rows, (r) => [...r]), perRow: false };
    }
  }
}

function insertIntoRows(statement: Insert, target: RowSource, context: Context, runExec: RunExec): ChangeResult {
  const name = statement.table[0]!;
  const places = insertColumns(statement.columns, target.columns, undefined);
  const { types, rows, perRow } = sourceRows(statement, places, context, runExec);
  rows.forEach((row, r) => {
    const values = new Array<Value>(target.columns.length).fill(null);
    places.forEach((place, i) => {
      const type = perRow ? (types as SqlType[][])[r]![i]! : (types as SqlType[])[i]!;
      values[place] = columnConverter(type, target.columns[place]!, name)(row[i] ?? null);
    });
    target.rows.push(values);
  });
  return { count: rows.length, output: undefined, changed: undefined };
}

function takeIdentity(table: Table, column: Column, context: Context): number {
  const next = table.nextIdentity;
  table.nextIdentity += column.identity!.increment;
  noteIdentity(next, context);
  return next;
}

function noteIdentity(value: number, context: Context): void {
  context.scopeIdentity = BigInt(value);
  context.session.lastIdentity = BigInt(value);
}

export function runInsert(statement: Insert, context: Context, runExec: RunExec): ChangeResult {
  const rowsTarget = targetRows(statement.table, context);
  if (rowsTarget) return insertIntoRows(statement, rowsTarget, context, runExec);
  const table = requireTable(statement.table, context);
  const { session } = context;
  const identity = table.identityColumn;
  const explicit = session.identityInsert === table;
  const places = insertColumns(statement.columns, table.columns, explicit ? undefined : identity?.name);
  if (identity && places.includes(identity.ordinal) && !explicit)
    throw new SqlError(
      544,
      `Cannot insert explicit value for identity column in table '${table.name}' when IDENTITY_INSERT is set to OFF.`,
    );
  checkPermission(
    context,
    'INSERT',
    table,
    places.map((p) => table.columns[p]!.name),
  );
  if (statement.output.length > 0) checkPermission(context, 'SELECT', table, []);
  const { types, rows, perRow } = sourceRows(statement, places, context, runExec);
  const label = labelOf(context, table);
  const convertsOf = (row: readonly SqlType[]): ((v: Value) => Value)[] =>
    places.map((place, i) => columnConverter(row[i]!, table.columns[place]!, label));
  const shared = perRow ? undefined : statement.source.k === 'defaults' ? [] : convertsOf(types as SqlType[]);
  const fill = defaultsFor(table, places, context);
  const inserted: RowValues[] = [];
  for (const [r, row] of rows.entries()) {
    const converts = shared ?? convertsOf((types as SqlType[][])[r]!);
    const values = fill(row, (cell, i) => converts[i]!(cell));
    if (identity) {
      if (!places.includes(identity.ordinal))
        values[identity.ordinal] = identityValue(takeIdentity(table, identity, context), identity);
      else {
        const given = Number(values[identity.ordinal]);
        noteIdentity(given, context);
        table.nextIdentity = Math.max(table.nextIdentity, given + identity.identity!.increment);
      }
    }
    requireNotNull(values, table, context, 'INSERT');
    table.insert(context.transaction, values);
    inserted.push(values);
  }
  const images = inserted.map((after) => ({ before: null, after }));
  const output = store(
    outputOf(statement.output, images, columnsOfTable(table), context),
    statement.outputInto,
    context,
  );
  return { count: rows.length, output, changed: { table, inserted, deleted: [] } };
}

const identityValue = (n: number, column: Column): Value =>
  column.type.name === 'bigint' || column.type.name === 'decimal' ? BigInt(n) : n;

/** Builds whole rows: given cells converted, the rest from the columns' defaults. */
function defaultsFor(
  table: Table,
  places: readonly number[],
  context: Context,
): (row: readonly (Value | undefined)[], convert: (cell: Value, i: number) => Value) => Value[] {
  const scope = new Scope(context, undefined);
  const frame = newFrame(0, undefined);
  const placeOf = new Map(places.map((place, i) => [place, i]));
  const defaults = table.columns.map((column) => {
    if (!column.default) return undefined;
    const value = compile(column.default.expr, scope);
    const convert = columnConverter(value.type, column, table.fullName);
    return (): Value => convert(value.eval(frame));
  });
  return (row, convert) =>
    table.columns.map((_, ordinal) => {
      const i = placeOf.get(ordinal);
      const cell = i === undefined ? undefined : row[i];
      if (cell === undefined || i === undefined) return defaults[ordinal]?.() ?? null;
      return convert(cell, i);
    });
}

// --- UPDATE and DELETE ---

type Update = Extract<Statement, { k: 'update' }>;
type Delete = Extract<Statement, { k: 'delete' }>;

function aliasOf(source: Source): readonly { alias: string; name: Name }[] {
  if (source.k === 'join') return [...aliasOf(source.left), ...aliasOf(source.right)];
  if (source.k !== 'table') return [];
  return [{ alias: (source.alias ?? source.name.at(-1)!).toLowerCase(), name: source.name }];
}

/** The FROM clause of a change: the written one, or the target alone. Also which alias is changed. */
function changeSource(statement: Update | Delete, context: Context): { from: Source; alias: string; name: Name } {
  const { target, hints } = statement;
  const last = target.at(-1)!.toLowerCase();
  if (!statement.from) {
    return { from: { k: 'table', name: target, alias: undefined, hints }, alias: last, name: target };
  }
  const tables = aliasOf(statement.from);
  const found =
    tables.find((t) => target.length === 1 && t.alias === last) ??
    tables.find((t) => t.name.at(-1)!.toLowerCase() === last);
  if (found) return { from: statement.from, alias: found.alias, name: found.name };
  requireTable(target, context);
  const left: Source = { k: 'table', name: target, alias: undefined, hints };
  return { from: { k: 'join', kind: 'cross', left, right: statement.from, on: undefined }, alias: last, name: target };
}

interface Found {
  readonly scope: Scope;
  readonly source: number;
  readonly table: Table;
  readonly frames: Frame[];
}

/** Finds the rows to change, each once, with the frame that found it. */
function findRows(statement: Update | Delete, context: Context): Found {
  const { from, alias, name } = changeSource(statement, context);
  const table = requireTable(name, context);
  const scope = new Scope(context, undefined);
  const plan = bindSources(from, statement.where, scope, alias);
  const source = scope.sources.findIndex((s) => s.alias === alias && s.table === table);
  const where = statement.where ? predicate(statement.where, scope) : undefined;
  const top = statement.top ? Number(compile(statement.top, scope).eval(newFrame(0, undefined))) : Infinity;
  const frames: Frame[] = [];
  const seen = new Set<Row>();
  const frame = newFrame(scope.sources.length, undefined);
  const walk = plan.rows(frame)[Symbol.iterator]();
  while (frames.length < top && walk.next().done !== true) {
    const row = frame.handles[source];
    if (!row || seen.has(row) || (where && where(frame) !== true)) continue;
    seen.add(row);
    frames.push({ ...frame, rows: frame.rows.slice(), handles: frame.handles.slice() });
  }
  return { scope, source, table, frames };
}

function checkSources(scope: Scope, context: Context, changed: number): void {
  for (const [i, { table, used }] of scope.sources.entries())
    if (table && (used.size > 0 || i !== changed)) checkPermission(context, 'SELECT', table, used);
}

function compileSet(
  set: readonly Assignment[],
  found: Found,
  context: Context,
): { ordinal: number; variable: string | undefined; read: (f: Frame) => Value }[] {
  const { table, scope } = found;
  return set.map(({ target, expr }) => {
    if (target.startsWith('@')) {
      const variable = context.variables.get(target);
      const value = compile(expr, scope);
      const convert = columnConverter(value.type, { name: target, type: variable?.type ?? value.type }, '');
      return { ordinal: -1, variable: target, read: (f) => convert(value.eval(f)) };
    }
    const column = table.column(target);
    if (!column) throw invalidColumn(target);
    if (column.identity) throw new SqlError(8102, `Cannot update identity column '${column.name}'.`, { ends: 'batch' });
    scope.defaults = column.default?.expr;
    const value = compile(expr, scope);
    scope.defaults = undefined;
    const convert = columnConverter(value.type, column, labelOf(context, table));
    return { ordinal: column.ordinal, variable: undefined, read: (f) => convert(value.eval(f)) };
  });
}

function updateRowsTarget(statement: Update, target: RowSource, context: Context): ChangeResult {
  const scope = new Scope(context, undefined);
  scope.sources.push({
    alias: statement.target[0]!,
    object: undefined,
    columns: target.columns,
    table: undefined,
    used: new Set(),
  });
  const where = statement.where ? predicate(statement.where, scope) : undefined;
  const set = statement.set.map(({ target: name, expr }) => {
    const place = target.columns.findIndex((c) => c.name.toLowerCase() === name.toLowerCase());
    if (place < 0) throw invalidColumn(name);
    const value = compile(expr, scope);
    const convert = columnConverter(value.type, target.columns[place]!, statement.target[0]!);
    return { place, read: (f: Frame) => convert(value.eval(f)) };
  });
  let count = 0;
  target.rows.forEach((row, i) => {
    const frame = newFrame(1, undefined);
    frame.rows[0] = row;
    if (where && where(frame) !== true) return;
    const values = [...row];
    for (const { place, read } of set) values[place] = read(frame);
    target.rows[i] = values;
    count++;
  });
  return { count, output: undefined, changed: undefined };
}

export function runUpdate(statement: Update, context: Context): ChangeResult {
  const rowsTarget = targetRows(statement.target, context);
  if (rowsTarget && !statement.from) return updateRowsTarget(statement, rowsTarget, context);
  const found = findRows(statement, context);
  const { table, scope, source, frames } = found;
  const set = compileSet(statement.set, found, context);
  const names = set.flatMap((s) => (s.ordinal < 0 ? [] : [table.columns[s.ordinal]!.name]));
  checkPermission(context, 'UPDATE', table, names);
  checkSources(scope, context, source);
  const images: { before: RowValues; after: RowValues }[] = [];
  for (const frame of frames) {
    const row = frame.handles[source]!;
    const before = frame.rows[source]!;
    const after = table.columns.map((c) => before[c.ordinal] ?? null);
    for (const { ordinal, variable, read } of set) {
      const value = read(frame);
      if (variable === undefined) after[ordinal] = value;
      else {
        const held = context.variables.get(variable);
        if (held) held.value = value;
      }
    }
    requireNotNull(after, table, context, 'UPDATE');
    table.update(context.transaction, row, after);
    images.push({ before, after });
  }
  const output = store(
    outputOf(statement.output, images, columnsOfTable(table), context),
    statement.outputInto,
    context,
  );
  const changed = { table, inserted: images.map((i) => i.after), deleted: images.map((i) => i.before) };
  return { count: frames.length, output, changed };
}

export function runDelete(statement: Delete, context: Context): ChangeResult {
  const rowsTarget = targetRows(statement.target, context);
  if (rowsTarget && !statement.from) return deleteRowsTarget(statement, rowsTarget, context);
  const { table, scope, source, frames } = findRows(statement, context);
  checkPermission(context, 'DELETE', table, []);
  checkSources(scope, context, source);
  const deleted = frames.map((frame) => frame.rows[source]!);
  for (const frame of frames) table.delete(context.transaction, frame.handles[source]!);
  const images = deleted.map((before) => ({ before, after: null }));
  const output = store(
    outputOf(statement.output, images, columnsOfTable(table), context),
    statement.outputInto,
    context,
  );
  return { count: frames.length, output, changed: { table, inserted: [], deleted } };
}

function deleteRowsTarget(statement: Delete, target: RowSource, context: Context): ChangeResult {
  const scope = new Scope(context, undefined);
  scope.sources.push({
    alias: statement.target[0]!,
    object: undefined,
    columns: target.columns,
    table: undefined,
    used: new Set(),
  });
  const where = statement.where ? predicate(statement.where, scope) : undefined;
  const kept = target.rows.filter((row) => {
    const frame = newFrame(1, undefined);
    frame.rows[0] = row;
    return where !== undefined && where(frame) !== true;
  });
  const count = target.rows.length - kept.length;
  target.rows.splice(0, target.rows.length, ...kept);
  return { count, output: undefined, changed: undefined };
}
