import { SqlError } from '../errors.ts';
import type { DdlStatement } from '../sql/ast.ts';
import type { Database } from './database.ts';
import type { PasswordHash } from './security.ts';
import { Table } from './table.ts';

/** A change of the catalog as it is journaled: names resolved, passwords hashed. Applying it again gives the same catalog. */
export type CatalogChange =
  | Exclude<DdlStatement, { k: 'login' | 'truncate' | 'nothing' | 'create-database' }>
  | { readonly k: 'login-password'; readonly name: string; readonly password: PasswordHash }
  | { readonly k: 'cdc-database' }
  | {
      readonly k: 'cdc-table';
      readonly schema: string;
      readonly table: string;
      readonly instance: string;
      readonly columns: readonly string[] | null;
      readonly role: string | null;
      readonly netChanges: boolean;
    }
  | { readonly k: 'cdc-disable-table'; readonly instance: string };

function enableCapture(db: Database, change: Extract<CatalogChange, { k: 'cdc-table' }>, at: number): void {
  const table = db.requireTable([change.schema, change.table]);
  const columns = change.columns
    ? change.columns.map((name) => {
        const column = table.column(name);
        if (!column)
          throw new SqlError(
            22958,
            `The column '${name}' specified in the captured column list does not exist in table '${table.fullName}'.`,
          );
        return column;
      })
    : table.columns;
  const instance = {
    name: change.instance,
    objectId: db.takeObjectId(),
    table,
    startLsn: db.cdc.addDummy(at),
    createdAt: at,
    columns: [...columns].sort((a, b) => a.ordinal - b.ordinal),
    role: change.role,
    indexName: table.primaryKey?.name ?? null,
    netChanges: change.netChanges,
    rows: [],
  };
  db.cdc.instances.push(instance);
  table.captures.push(instance);
}

function disableCapture(db: Database, name: string): void {
  const instance = db.cdc.find(name);
  if (!instance) return;
  db.cdc.instances.splice(db.cdc.instances.indexOf(instance), 1);
  instance.table.captures.splice(instance.table.captures.indexOf(instance), 1);
}

/** Applies a catalog change, live or from the journal. `at`: ms since 1970. */
export function applyCatalogChange(db: Database, change: CatalogChange, at: number): void {
  switch (change.k) {
    case 'create-table': {
      const [schema, name] = db.resolve(change.name);
      const table = new Table(schema, name, db.takeObjectId(), change.columns, change.keys, at);
      db.tables.set(table.fullName.toLowerCase(), table);
      return;
    }
    case 'alter-table-add':
      db.requireTable(change.name).addColumns(change.columns);
      return;
    case 'drop-table': {
      const table = db.table(change.name);
      if (!table) return;
      for (const capture of [...table.captures]) disableCapture(db, capture.name);
      db.tables.delete(table.fullName.toLowerCase());
      return;
    }
    case 'create-index':
      db.requireTable(change.table).addIndex({ ...change, primary: false, constraint: false });
      return;
    case 'create-trigger': {
      const table = db.requireTable(change.table);
      const [, name] = db.resolve(change.name);
      const old = table.triggers.findIndex((t) => t.name.toLowerCase() === name.toLowerCase());
      const objectId = old >= 0 ? table.triggers[old]!.objectId : db.takeObjectId();
      const trigger = { name, objectId, events: change.events, body: change.body };
      if (old >= 0) table.triggers[old] = trigger;
      else table.triggers.push(trigger);
      return;
    }
    case 'login-password':
      db.security.setLogin(change.name, change.password);
      return;
    case 'create-user':
      db.security.addUser(change.name, change.login);
      return;
    case 'create-role':
      db.security.addRole(change.name);
      return;
    case 'role-member':
      db.security.setMember(change.role, change.member, change.add);
      return;
    case 'permission': {
      const { securable } = change;
      for (const { name, columns } of change.permissions) {
        const scope =
          securable.k === 'object'
            ? { object: db.resolve(securable.name).join('.').toLowerCase() }
            : securable.k === 'schema'
              ? { schema: securable.schema.toLowerCase() }
              : {};
        const named = columns.length > 0 ? columns : securable.k === 'object' ? securable.columns : [];
        db.security.change(change.action, name, scope, named, change.grantee);
      }
      return;
    }
    case 'cdc-database':
      db.cdc.enabledAt = at;
      db.cdc.addDummy(at);
      return;
    case 'cdc-table':
      enableCapture(db, change, at);
      return;
    case 'cdc-disable-table':
      disableCapture(db, change.instance);
      return;
  }
}
