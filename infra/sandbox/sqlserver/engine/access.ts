import type { Lockable, Mode } from '../storage/locks.ts';
import { IS, IX, LockWait, S, U, X, acquire, isBlocked } from '../storage/locks.ts';
import type { Index, Row, Table } from '../storage/table.ts';
import type { Context } from './context.ts';
import type { Value } from './types.ts';

const ESCALATE_ABOVE_ROWS = 5000;

/** Throws 229 or 230 when the user may not. A trigger acts for its owner, so nothing is asked inside one. */
export function checkPermission(context: Context, permission: string, table: Table, columns: Iterable<string>): void {
  const { db, session, nesting } = context;
  if (nesting.length === 0) db.security.check(session.user, permission, table, columns, db.name);
}

/** How a statement locks what it reads of one table. */
interface Policy {
  /** Row mode; 0 reads anything. */
  readonly mode: 0 | typeof S | typeof U | typeof X;
  /** Kept to the end of the transaction, or only awaited. */
  readonly hold: boolean;
  /** Also protects the keys looked up against new rows. */
  readonly range: boolean;
  readonly skipLocked: boolean;
  readonly table: 0 | typeof S | typeof X;
}

function policyOf(context: Context, hints: readonly string[], forChange: boolean): Policy {
  const has = (hint: string): boolean => hints.includes(hint);
  const { isolation } = context.session;
  const range = has('HOLDLOCK') || has('SERIALIZABLE') || isolation === 'SERIALIZABLE';
  const repeatable = range || has('REPEATABLEREAD') || isolation === 'REPEATABLE READ';
  const dirty = has('NOLOCK') || has('READUNCOMMITTED') || isolation === 'READ UNCOMMITTED';
  const mode = has('XLOCK') ? X : has('UPDLOCK') || forChange ? U : dirty && !repeatable ? 0 : S;
  return {
    mode,
    hold: repeatable || has('UPDLOCK') || has('XLOCK'),
    range,
    skipLocked: has('READPAST'),
    table: has('TABLOCKX') ? X : has('TABLOCK') ? S : 0,
  };
}

function awaitOnly(context: Context, target: Lockable, mode: Mode): void {
  if (isBlocked(context.transaction, target, mode)) throw new LockWait(target, mode, true);
}

function lockTable(context: Context, table: Table, policy: Policy, scan: boolean): Policy {
  const { transaction } = context;
  if (policy.table === X) acquire(transaction, table, X);
  else if (policy.table === S) {
    if (policy.hold) acquire(transaction, table, S);
    else awaitOnly(context, table, S);
  }
  if (policy.mode === 0) return policy;
  const intent = policy.mode === S ? IS : IX;
  if (!policy.hold) awaitOnly(context, table, intent);
  else if (scan && (policy.range || table.rows.size > ESCALATE_ABOVE_ROWS)) {
    // one table lock instead of thousands of row locks; rows of other writers are settled once it is granted
    acquire(transaction, table, policy.mode === S ? S : X);
    return { ...policy, hold: false };
  } else acquire(transaction, table, intent);
  return policy;
}

function* lockRows(context: Context, rows: Iterable<Row>, policy: Policy): Generator<Row> {
  const { transaction } = context;
  for (const row of rows) {
    const { mode } = policy;
    if (mode !== 0) {
      if (policy.skipLocked && isBlocked(transaction, row, mode)) continue;
      if (row.lock !== undefined && !policy.hold) awaitOnly(context, row, mode);
      if (policy.hold && row.values) acquire(transaction, row, mode);
    }
    if (row.values) yield row;
  }
}

/** Every row of a table that the transaction may see, locked as hints and isolation level ask. */
export function scanRows(context: Context, table: Table, hints: readonly string[], forChange = false): Iterable<Row> {
  context.touchedTable = true;
  const policy = lockTable(context, table, policyOf(context, hints, forChange), true);
  return lockRows(context, table.rows.values(), policy);
}

/** Rows with the given key in an index. They may also hold other keys that are not committed yet: test them again. */
export function lookUpRows(
  context: Context,
  table: Table,
  index: Index,
  key: readonly Value[],
  hints: readonly string[],
  forChange = false,
): Iterable<Row> {
  context.touchedTable = true;
  const policy = lockTable(context, table, policyOf(context, hints, forChange), false);
  const text = table.keyOfValues(index, key);
  if (policy.range && policy.mode !== 0) acquire(context.transaction, table.keyLock(index, text), policy.mode);
  return lockRows(context, [...(index.buckets.get(text) ?? [])], policy);
}
