import type { Name } from '../sql/ast.ts';
import type { Database } from '../storage/database.ts';
import type { Lockable, Mode } from '../storage/locks.ts';
import type { Row, RowValues, Table } from '../storage/table.ts';
import type { Transaction } from '../storage/transaction.ts';
import type { SqlType, Value } from './types.ts';

export type Isolation = 'READ UNCOMMITTED' | 'READ COMMITTED' | 'REPEATABLE READ' | 'SERIALIZABLE';

export interface OutputColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  readonly identity?: boolean;
  /** Where a text, ntext or image column comes from; the wire format names it. */
  readonly table?: Name;
}

export interface ResultSet {
  readonly columns: readonly OutputColumn[];
  readonly rows: Iterable<readonly Value[]>;
}

export interface Variable {
  readonly type: SqlType;
  value: Value;
}

/** Rows of a table variable, or of `inserted` and `deleted` in a trigger. */
export interface RowSource {
  readonly columns: readonly OutputColumn[];
  readonly rows: RowValues[];
}

/** What lives as long as a connection (or until it is reset). */
export interface SessionState {
  readonly spid: number;
  readonly login: string;
  readonly user: string;
  readonly host: string;
  readonly application: string;
  database: string;
  isolation: Isolation;
  lockTimeoutMs: number;
  implicitTransactions: boolean;
  xactAbort: boolean;
  noCount: boolean;
  transaction: Transaction | undefined;
  transactionCount: number;
  rowCount: number;
  error: number;
  /** decimal(38,0) as SCOPE_IDENTITY() has it; @@IDENTITY also sees triggers. */
  lastIdentity: bigint | null;
  identityInsert: Table | undefined;
}

/** What lives as long as a batch, a procedure call or a trigger. */
export interface Context {
  readonly db: Database;
  readonly session: SessionState;
  readonly variables: Map<string, Variable>;
  readonly tables: Map<string, RowSource>;
  scopeIdentity: bigint | null;
  /** The error that a CATCH block handles. */
  caught: { number: number; message: string; severity: number; state: number } | undefined;
  /** Names of the triggers running, outermost first. */
  readonly nesting: readonly string[];
  /** How many TRY blocks are around the running statement. */
  guards: number;
  /** ms since 1970 that GETDATE() shows; fixed while a statement runs. */
  now: number;
  /** The transaction of the running statement. */
  transaction: Transaction;
  /** Locks a reader waited for and gives back when its statement ends. */
  readonly momentary: { target: Lockable; mode: Mode }[];
  /** Set when a statement reads or writes a table: what starts an implicit transaction. */
  touchedTable: boolean;
}

/** Rows at one point of a query's evaluation; a correlated subquery sees its outer frame through `parent`. */
export interface Frame {
  readonly rows: (RowValues | null)[];
  readonly handles: (Row | undefined)[];
  readonly parent: Frame | undefined;
  aggregates: readonly Value[];
  windows: readonly Value[];
}

export interface Compiled {
  readonly type: SqlType;
  readonly eval: (frame: Frame) => Value;
  readonly nullable: boolean;
  /** Set for a plain column reference. */
  readonly column?: { readonly name: string; readonly identity: boolean; readonly table: Name | undefined };
  /** Set when the value is the same for every frame. */
  readonly constant?: boolean;
  /** An integer written in the statement: in decimal arithmetic it has as many digits as were written. */
  readonly digits?: number;
}

export type Predicate = (frame: Frame) => boolean | null;
