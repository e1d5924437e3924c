import { SqlError, invalidObject, notSupported } from '../errors.ts';
import type { DdlStatement, Name } from '../sql/ast.ts';
import { X, acquire } from '../storage/locks.ts';
import { hashPassword } from '../storage/security.ts';
import type { Table } from '../storage/table.ts';
import type { Context } from './context.ts';
import { compile } from './expression.ts';
import { newFrame } from './query.ts';
import { Scope } from './scope.ts';

function requireRole(context: Context, ...roles: string[]): void {
  const { db, session } = context;
  if (!['db_owner', ...roles].some((role) => db.security.isMember(session.user, role)))
    throw new SqlError(262, `Permission denied in database '${db.name}'.`, { severity: 14, ends: 'batch' });
}

function requireTable(name: Name, context: Context): Table {
  const table = context.db.table(name);
  if (!table) throw invalidObject(name.join('.'));
  return table;
}

const taken = (name: string): SqlError =>
  new SqlError(2714, `There is already an object named '${name}' in the database.`, { state: 6, ends: 'batch' });

function truncate(name: Name, context: Context): void {
  const table = requireTable(name, context);
  if (table.captures.length > 0)
    throw new SqlError(
      4711,
      `Cannot truncate table '${name.join('.')}' because it is published for replication or enabled for Change Data Capture.`,
    );
  acquire(context.transaction, table, X);
  for (const row of [...table.rows.values()]) table.delete(context.transaction, row);
}

/** New NOT NULL columns give existing rows their default, as SQL Server does. */
function addColumns(statement: Extract<DdlStatement, { k: 'alter-table-add' }>, context: Context): void {
  const table = requireTable(statement.name, context);
  acquire(context.transaction, table, X);
  for (const column of statement.columns) {
    if (table.column(column.name))
      throw new SqlError(
        2705,
        `Column names in each table must be unique. Column name '${column.name}' in table '${table.fullName}' is specified more than once.`,
        { ends: 'batch' },
      );
    if (!column.nullable && !column.default && table.rows.size > 0)
      throw new SqlError(
        4901,
        `ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition specified. Column '${column.name}' cannot be added to non-empty table '${table.name}'.`,
        { ends: 'batch' },
      );
  }
  context.db.changeCatalog({ ...statement, name: [table.schema, table.name] });
  const filled = statement.columns.filter((c) => !c.nullable && c.default);
  if (filled.length === 0) return;
  const scope = new Scope(context, undefined);
  for (const row of [...table.rows.values()]) {
    if (!row.values) continue;
    const values = table.columns.map((c) => row.values![c.ordinal] ?? null);
    for (const { name, default: fallback } of filled)
      values[table.column(name)!.ordinal] = compile(fallback!.expr, scope).eval(newFrame(0, undefined));
    table.update(context.transaction, row, values);
  }
}

function changePrincipal(
  statement: Extract<DdlStatement, { k: 'login' | 'create-user' | 'create-role' }>,
  context: Context,
): void {
  const { db } = context;
  const { security } = db;
  const wanted = statement.name.toLowerCase();
  const exists = (): SqlError =>
    new SqlError(statement.k === 'login' ? 15025 : 15023, `The principal '${statement.name}' already exists.`, {
      ends: 'batch',
    });
  switch (statement.k) {
    case 'login': {
      if (statement.create && (security.logins.has(wanted) || wanted === 'sa')) throw exists();
      if (!statement.create && !security.logins.has(wanted))
        throw new SqlError(
          15151,
          `Cannot alter the login '${statement.name}', because it does not exist or you do not have permission.`,
          { ends: 'batch' },
        );
      db.changeCatalog({ k: 'login-password', name: statement.name, password: hashPassword(statement.password) });
      return;
    }
    case 'create-user':
      if (security.users.has(wanted)) throw exists();
      if (!security.logins.has(statement.login.toLowerCase()))
        throw new SqlError(15007, `'${statement.login}' is not a valid login or you do not have permission.`, {
          ends: 'batch',
        });
      db.changeCatalog(statement);
      return;
    case 'create-role':
      if (security.roles.has(wanted)) throw exists();
      db.changeCatalog(statement);
      return;
  }
}

/** Runs a statement that changes the catalog. It takes effect at once and cannot be rolled back, so not inside BEGIN TRANSACTION. */
export function runDdl(statement: DdlStatement, context: Context): void {
  const { db, session } = context;
  if (statement.k === 'nothing') return;
  if (statement.k === 'truncate') {
    requireRole(context, 'db_ddladmin');
    truncate(statement.name, context);
    return;
  }
  if (session.transactionCount > 0)
    throw new SqlError(
      226,
      `${statement.k.toUpperCase().replaceAll('-', ' ')} statement not allowed within multi-statement transaction.`,
      { ends: 'batch' },
    );
  requireRole(context, 'db_ddladmin');
  switch (statement.k) {
    case 'create-database':
      if (statement.name.toLowerCase() === db.name.toLowerCase())
        throw new SqlError(1801, `Database '${statement.name}' already exists. Choose a different database name.`, {
          ends: 'batch',
        });
      throw notSupported(`CREATE DATABASE ${statement.name}`);
    case 'create-table': {
      if (statement.name.at(-1)!.startsWith('#')) throw notSupported('CREATE TABLE #temporary');
      if (db.table(statement.name)) throw taken(statement.name.at(-1)!);
      db.changeCatalog({ ...statement, name: db.resolve(statement.name) });
      return;
    }
    case 'alter-table-add':
      addColumns(statement, context);
      return;
    case 'drop-table': {
      const table = db.table(statement.name);
      if (!table) {
        if (statement.ifExists) return;
        throw new SqlError(
          3701,
          `Cannot drop the table '${statement.name.join('.')}', because it does not exist or you do not have permission.`,
          { severity: 11, state: 5 },
        );
      }
      acquire(context.transaction, table, X);
      db.changeCatalog({ ...statement, name: [table.schema, table.name] });
      return;
    }
    case 'create-index': {
      const table = requireTable(statement.table, context);
      if (table.indexes.some((i) => i.name.toLowerCase() === statement.name.toLowerCase()))
        throw new SqlError(
          1913,
          `The operation failed because an index or statistics with name '${statement.name}' already exists on table '${table.fullName}'.`,
          { ends: 'batch' },
        );
      acquire(context.transaction, table, X);
      db.changeCatalog({ ...statement, table: [table.schema, table.name] });
      return;
    }
    case 'create-trigger': {
      const table = requireTable(statement.table, context);
      const name = statement.name.at(-1)!;
      const old = table.triggers.some((t) => t.name.toLowerCase() === name.toLowerCase());
      if (old && !statement.replace) throw taken(name);
      db.changeCatalog({ ...statement, table: [table.schema, table.name] });
      return;
    }
    case 'login':
    case 'create-user':
    case 'create-role':
      changePrincipal(statement, context);
      return;
    case 'role-member':
    case 'permission':
      db.changeCatalog(statement);
      return;
  }
}
