import { SqlError, invalidColumn } from '../errors.ts';
import type { Expr, Name, Query } from '../sql/ast.ts';
import type { Table } from '../storage/table.ts';
import type { Compiled, Context, OutputColumn } from './context.ts';
import type { Value } from './types.ts';

/** A source of a query with the names its columns go by. */
export interface BoundSource {
  readonly alias: string;
  /** Schema and object when the source is a named object, for `dbo.Orders.Column`. */
  readonly object: Name | undefined;
  readonly columns: readonly OutputColumn[];
  readonly table: Table | undefined;
  /** Columns the statement reads, for permission checks. */
  readonly used: Set<string>;
}

export interface AggregateSlot {
  readonly name: string;
  readonly argument: Compiled | undefined;
  readonly distinct: boolean;
}

export interface WindowSlot {
  readonly name: string;
  readonly partition: readonly Compiled[];
  readonly order: readonly { readonly value: Compiled; readonly descending: boolean }[];
}

/** Names visible to the expressions of one query block. */
export class Scope {
  readonly sources: BoundSource[] = [];
  readonly parent: Scope | undefined;
  readonly context: Context;
  readonly ctes: ReadonlyMap<string, { query: Query; columns: readonly string[]; scope: Scope | undefined }>;
  /** Filled while compiling the parts of a grouped query in which aggregates may stand. */
  aggregates: AggregateSlot[] | undefined;
  windows: WindowSlot[] | undefined;
  /** Value of DEFAULT where it may be written. */
  defaults: Expr | undefined;

  constructor(context: Context, parent: Scope | undefined, ctes?: Scope['ctes']) {
    this.context = context;
    this.parent = parent;
    this.ctes = ctes ?? parent?.ctes ?? new Map();
  }

  /** Finds a column by name, here or in an outer query. */
  resolve(name: Name): { depth: number; source: number; ordinal: number; column: OutputColumn; bound: BoundSource } {
    const here = this.resolveHere(name);
    if (here) return { depth: 0, ...here };
    let depth = 1;
    for (let scope = this.parent; scope; scope = scope.parent, depth++) {
      const found = scope.resolveHere(name);
      if (found) return { depth, ...found };
    }
    if (name.length > 1)
      throw new SqlError(4104, `The multi-part identifier "${name.join('.')}" could not be bound.`, { ends: 'batch' });
    throw invalidColumn(name[0]!);
  }

  resolveHere(name: Name): { source: number; ordinal: number; column: OutputColumn; bound: BoundSource } | undefined {
    const wanted = name.at(-1)!.toLowerCase();
    const qualifier = name.slice(0, -1);
    let found: { source: number; ordinal: number; column: OutputColumn; bound: BoundSource } | undefined;
    for (const [source, bound] of this.sources.entries()) {
      if (qualifier.length > 0 && !matches(bound, qualifier)) continue;
      const ordinal = bound.columns.findIndex((c) => c.name.toLowerCase() === wanted);
      if (ordinal < 0) continue;
      if (found) throw new SqlError(209, `Ambiguous column name '${name.at(-1)!}'.`, { ends: 'batch' });
      found = { source, ordinal, column: bound.columns[ordinal]!, bound };
    }
    return found;
  }
}

/** Whether a qualifier (alias, table, schema.table) means this source. */
export function matches(bound: BoundSource, qualifier: Name): boolean {
  const last = qualifier.at(-1)!.toLowerCase();
  if (qualifier.length === 1) return bound.alias === last;
  if (!bound.object) return false;
  const schema = (qualifier.at(-2) || 'dbo').toLowerCase();
  return bound.object.at(-1)!.toLowerCase() === last && (bound.object.at(-2) ?? 'dbo').toLowerCase() === schema;
}

export const constant = (type: Compiled['type'], value: Value): Compiled => ({
  type,
  eval: () => value,
  nullable: value === null,
  constant: true,
});
