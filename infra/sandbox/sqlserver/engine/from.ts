import { SqlError, invalidObject } from '../errors.ts';
import type { CompareOperator, Expr, Name, Source } from '../sql/ast.ts';
import type { Index, Table } from '../storage/table.ts';
import { lookUpRows, scanRows } from './access.ts';
import type { Compiled, Frame, OutputColumn, Predicate } from './context.ts';
import { compile, convertTo, predicate } from './expression.ts';
import { compileQuery, newFrame } from './query.ts';
import type { BoundSource, Scope } from './scope.ts';
import type { VirtualTable } from './system.ts';
import { systemFunction, systemTable } from './system.ts';
import type { Value } from './types.ts';
import { commonType } from './types.ts';

/** Fills the frame with one combination of rows after the other; each yield is one. */
export interface Plan {
  readonly rows: (frame: Frame) => Iterable<unknown>;
  readonly sources: readonly number[];
}

interface Join {
  readonly kind: 'join';
  readonly join: Extract<Source, { k: 'join' }>;
  readonly left: Node;
  readonly right: Node;
}
interface Leaf {
  readonly kind: 'leaf';
  readonly index: number;
  readonly access: (frame: Frame, narrow: Narrow) => Iterable<unknown>;
  readonly table: Table | undefined;
  readonly virtual: VirtualTable | undefined;
}
type Node = Join | Leaf;

/** What conditions say about a leaf before it is read. */
interface Narrow {
  readonly key: { readonly index: Index; readonly values: readonly Compiled[] } | undefined;
  readonly from: Compiled | undefined;
}

const NOTHING: Narrow = { key: undefined, from: undefined };

export const columnsOfTable = (table: Table): OutputColumn[] =>
  table.columns.map((c) => ({
    name: c.name,
    type: c.type,
    nullable: c.nullable,
    ...(c.identity ? { identity: true } : {}),
  }));

function addSource(scope: Scope, source: Omit<BoundSource, 'used'>): number {
  scope.sources.push({ ...source, used: new Set() });
  return scope.sources.length - 1;
}

function rowLeaf(
  scope: Scope,
  alias: string,
  columns: readonly OutputColumn[],
  rows: (f: Frame) => Iterable<readonly Value[]>,
  object?: Name,
): Leaf {
  const index = addSource(scope, { alias: alias.toLowerCase(), object, columns, table: undefined });
  return {
    kind: 'leaf',
    index,
    table: undefined,
    virtual: undefined,
    *access(frame) {
      for (const row of rows(frame)) {
        frame.rows[index] = row;
        yield row;
      }
    },
  };
}

function tableLeaf(scope: Scope, table: Table, alias: string, hints: readonly string[], forChange: boolean): Leaf {
  const { context } = scope;
  const index = addSource(scope, {
    alias: alias.toLowerCase(),
    object: [table.schema, table.name],
    columns: columnsOfTable(table),
    table,
  });
  return {
    kind: 'leaf',
    index,
    table,
    virtual: undefined,
    *access(frame, { key }) {
      const values = key?.values.map((v) => v.eval(frame));
      const rows =
        key && values
          ? lookUpRows(context, table, key.index, values, hints, forChange)
          : scanRows(context, table, hints, forChange);
      for (const row of rows) {
        frame.rows[index] = row.values;
        frame.handles[index] = row;
        yield row;
      }
    },
  };
}

function virtualLeaf(scope: Scope, virtual: VirtualTable, alias: string, object: Name): Leaf {
  const index = addSource(scope, { alias: alias.toLowerCase(), object, columns: virtual.columns, table: undefined });
  scope.context.touchedTable = true;
  return {
    kind: 'leaf',
    index,
    table: undefined,
    virtual,
    *access(frame, { from }) {
      const low = from?.eval(frame) ?? null;
      for (const row of virtual.rows(low)) {
        frame.rows[index] = row;
        yield row;
      }
    },
  };
}

function renamed(columns: readonly OutputColumn[], names: readonly string[]): OutputColumn[] {
  return columns.map((c, i) => ({ ...c, name: names[i] ?? c.name }));
}

function bindTable(source: Extract<Source, { k: 'table' }>, scope: Scope, changed: string | undefined): Leaf {
  const { name, hints } = source;
  const alias = source.alias ?? name.at(-1)!;
  const { context } = scope;
  if (name.length === 1) {
    const plain = name[0]!.toLowerCase();
    const cte = scope.ctes.get(plain);
    if (cte) {
      const others = new Map([...scope.ctes].filter(([n]) => n !== plain));
      const holder = cte.scope;
      const query = compileQuery(
        { ...cte.query },
        context,
        holder ? Object.assign(Object.create(holder) as Scope, { ctes: others }) : undefined,
      );
      return rowLeaf(scope, alias, renamed(query.columns, cte.columns), (f) => query.run(f.parent));
    }
    const rows = context.tables.get(plain);
    if (rows) return rowLeaf(scope, alias, rows.columns, () => rows.rows);
    if (plain.startsWith('@'))
      throw new SqlError(1087, `Must declare the table variable "${name[0]!}".`, {
        severity: 15,
        state: 2,
        ends: 'batch',
      });
  }
  const table = context.db.table(name);
  if (table) return tableLeaf(scope, table, alias, hints, changed === alias.toLowerCase());
  const virtual = systemTable(name, context);
  if (virtual) return virtualLeaf(scope, virtual, alias, name.slice(-2));
  throw invalidObject(name.join('.'));
}

function bind(source: Source, scope: Scope, changed: string | undefined): Node {
  switch (source.k) {
    case 'table':
      return bindTable(source, scope, changed);
    case 'function': {
      const args = source.args.map((a) => compile(a, scope));
      const virtual = systemFunction(source.name, scope.context);
      return rowLeaf(scope, source.alias ?? source.name.at(-1)!, virtual.columns, (f) =>
        virtual.rows(args.map((a) => a.eval(f))),
      );
    }
    case 'derived': {
      const query = compileQuery(source.query, scope.context, scope.parent ?? outerCtes(scope));
      return rowLeaf(scope, source.alias, renamed(query.columns, source.columns), (f) => query.run(f.parent));
    }
    case 'values': {
      const rows = source.rows.map((row) => row.map((e) => compile(e, scope)));
      const types = rows[0]!.map((_, i) => rows.map((r) => r[i]!.type).reduce(commonType));
      const cells = rows.map((row) => row.map((v, i) => convertTo(v, types[i]!)));
      const columns = types.map((type, i) => ({ name: source.columns[i] ?? '', type, nullable: true }));
      return rowLeaf(scope, source.alias, columns, (f) => cells.map((row) => row.map((v) => v.eval(f))));
    }
    case 'join': {
      const left = bind(source.left, scope, changed);
      const right = bind(source.right, scope, changed);
      return { kind: 'join', join: source, left, right };
    }
  }
}

/** A derived table sees the common table expressions around it but not its neighbours. */
function outerCtes(scope: Scope): Scope | undefined {
  return scope.ctes.size > 0 ? Object.assign(Object.create(scope) as Scope, { sources: [] }) : undefined;
}

// --- narrowing: index look-ups and lower bounds from conditions ---

const conjuncts = (expr: Expr | undefined): Expr[] =>
  expr === undefined ? [] : expr.k === 'and' ? [...conjuncts(expr.left), ...conjuncts(expr.right)] : [expr];

/** Whether an expression only needs outer frames and the given sources. */
function known(expr: Expr, scope: Scope, available: ReadonlySet<number>): boolean {
  switch (expr.k) {
    case 'literal':
    case 'variable':
      return true;
    case 'column': {
      const here = scope.resolveHere(expr.name);
      return here === undefined || available.has(here.source);
    }
    case 'negate':
      return known(expr.operand, scope, available);
    case 'cast':
      return expr.kind === 'cast' && known(expr.operand, scope, available);
    case 'binary':
      return known(expr.left, scope, available) && known(expr.right, scope, available);
    case 'call':
      return (
        expr.over === undefined &&
        ['GETDATE', 'SCOPE_IDENTITY', 'ISNULL', 'COALESCE'].includes(expr.name.at(-1)!.toUpperCase()) &&
        expr.args.every((a) => known(a, scope, available))
      );
    default:
      return false;
  }
}

function columnOf(expr: Expr, scope: Scope, source: number): number | undefined {
  if (expr.k !== 'column') return undefined;
  const here = scope.resolveHere(expr.name);
  return here?.source === source ? here.ordinal : undefined;
}

function sidesOf(expr: Expr): { left: Expr; op: CompareOperator; right: Expr }[] {
  if (expr.k === 'between' && !expr.not) return [{ left: expr.operand, op: '>=', right: expr.low }];
  if (expr.k !== 'compare') return [];
  const mirrored: Partial<Record<CompareOperator, CompareOperator>> = {
    '=': '=',
    '<': '>',
    '<=': '>=',
    '>': '<',
    '>=': '<=',
  };
  const back = mirrored[expr.op];
  const sides = [{ left: expr.left, op: expr.op, right: expr.right }];
  return back ? [...sides, { left: expr.right, op: back, right: expr.left }] : sides;
}

function narrowLeaf(leaf: Leaf, conditions: readonly Expr[], scope: Scope, available: ReadonlySet<number>): Narrow {
  const equal = new Map<number, Compiled>();
  let from: Compiled | undefined;
  if (!leaf.table && leaf.virtual?.seek === undefined) return NOTHING;
  const columns = scope.sources[leaf.index]!.columns;
  for (const condition of conditions)
    for (const { left, op, right } of sidesOf(condition)) {
      const ordinal = columnOf(left, scope, leaf.index);
      if (ordinal === undefined || !known(right, scope, available)) continue;
      const { type } = columns[ordinal]!;
      const value = compile(right, scope);
      // the index holds column values: usable only if comparing would bring the other side to the column's type
      if (commonType(type, value.type).name !== type.name) continue;
      if (op === '=') equal.set(ordinal, convertTo(value, { ...type, length: type.length > 0 ? 0 : type.length }));
      if (ordinal === leaf.virtual?.seek && (op === '=' || op === '>=' || op === '>')) from = value;
    }
  const usable = leaf.table?.indexes.filter((index) => index.columns.every((c) => equal.has(c))) ?? [];
  usable.sort((a, b) => Number(b.unique) - Number(a.unique) || b.columns.length - a.columns.length);
  const index = usable[0];
  const key = index && { index, values: index.columns.map((c) => equal.get(c)!) };
  return { key, from };
}

function sourcesOf(node: Node): number[] {
  return node.kind === 'leaf' ? [node.index] : [...sourcesOf(node.left), ...sourcesOf(node.right)];
}

function plan(node: Node, where: readonly Expr[], scope: Scope, available: ReadonlySet<number>): Plan {
  if (node.kind === 'leaf') {
    const narrow = narrowLeaf(node, where, scope, available);
    return { sources: [node.index], rows: (frame) => node.access(frame, narrow) };
  }
  const { join } = node;
  const flipped = join.kind === 'right';
  const [outer, inner] = flipped ? [node.right, node.left] : [node.left, node.right];
  const outerJoin = join.kind === 'left' || flipped;
  const on = conjuncts(join.on);
  const first = plan(outer, outerJoin ? where : [...where, ...on], scope, available);
  const reached = new Set([...available, ...first.sources]);
  const second = plan(inner, outerJoin ? on : [...where, ...on], scope, reached);
  const test: Predicate | undefined = join.on ? predicate(join.on, scope) : undefined;
  const innerSources = sourcesOf(inner);
  return {
    sources: [...first.sources, ...second.sources],
    *rows(frame) {
      const walk = first.rows(frame)[Symbol.iterator]();
      while (walk.next().done !== true) {
        let matched = false;
        for (const row of second.rows(frame)) {
          if (test && test(frame) !== true) continue;
          matched = true;
          yield row;
        }
        if (matched || !outerJoin) continue;
        for (const i of innerSources) {
          frame.rows[i] = null;
          frame.handles[i] = undefined;
        }
        yield null;
      }
    },
  };
}

/**
 * Binds a FROM clause: adds its sources to the scope and returns how to walk their combinations. Join conditions are
 * applied, WHERE is not: it only helps to find rows. `changed` is the alias of the table an UPDATE or DELETE will change.
 */
export function bindSources(from: Source | undefined, where: Expr | undefined, scope: Scope, changed?: string): Plan {
  if (!from) return { sources: [], rows: () => [null] };
  const node = bind(from, scope, changed);
  return plan(node, conjuncts(where), scope, new Set());
}

export { newFrame };
