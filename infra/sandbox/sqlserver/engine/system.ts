import { SqlError, invalidObject } from '../errors.ts';
import type { Name } from '../sql/ast.ts';
import type { CaptureInstance, ChangeRow } from '../storage/cdc.ts';
import { BEFORE_UPDATE, capturedValue } from '../storage/cdc.ts';
import type { Context, OutputColumn } from './context.ts';
import { localTicks, roundToDatetime } from './datetime.ts';
import type { SqlType, Value } from './types.ts';
import {
  BIT,
  DATETIME,
  INT,
  SMALLINT,
  SYSNAME,
  TINYINT,
  binary,
  char,
  nvarchar,
  varbinary,
  showValue,
} from './types.ts';

/** A table computed from the state of the server. `seek` is the ordinal of a column its rows are ordered by. */
export interface VirtualTable {
  readonly columns: readonly OutputColumn[];
  readonly rows: (low: Value) => Iterable<readonly Value[]>;
  readonly seek?: number;
}

export const col = (name: string, type: SqlType, nullable = true): OutputColumn => ({ name, type, nullable });
const table = (columns: readonly OutputColumn[], rows: () => Iterable<readonly Value[]>): VirtualTable => ({
  columns,
  rows,
});
export const datetimeOf = (ms: number): bigint => roundToDatetime(localTicks(new Date(ms)));
export const SYSTEM_DATABASES = ['master', 'tempdb', 'model', 'msdb'];
const SCHEMA_IDS: Readonly<Record<string, number>> = { dbo: 1, cdc: 6 };

function changeTables({ db }: Context): VirtualTable {
  return table(
    [
      col('object_id', INT, false),
      col('version', INT),
      col('source_object_id', INT),
      col('capture_instance', SYSNAME, false),
      col('start_lsn', binary(10)),
      col('end_lsn', binary(10)),
      col('supports_net_changes', BIT),
      col('has_drop_pending', BIT),
      col('role_name', SYSNAME),
      col('index_name', SYSNAME),
      col('filegroup_name', SYSNAME),
      col('create_date', DATETIME),
      col('partition_switch', BIT, false),
    ],
    () =>
      db.cdc.instances.map((i) => [
        i.objectId,
        0,
        i.table.objectId,
        i.name,
        i.startLsn,
        null,
        i.netChanges ? 1 : 0,
        null,
        i.role,
        i.indexName,
        null,
        datetimeOf(i.createdAt),
        1,
      ]),
  );
}

function capturedColumns({ db }: Context): VirtualTable {
  return table(
    [
      col('object_id', INT, false),
      col('column_name', SYSNAME, false),
      col('column_id', INT),
      col('column_type', SYSNAME, false),
      col('column_ordinal', INT, false),
      col('is_computed', BIT),
      col('masking_function', nvarchar(4000)),
    ],
    () =>
      db.cdc.instances.flatMap((i) =>
        i.columns.map((c, n) => [i.objectId, c.name, c.ordinal + 1, c.type.name, n + 1, 0, null]),
      ),
  );
}

/** First index of a sorted list whose LSN is not below `low`. */
function firstFrom<T>(list: readonly T[], lsnOf: (item: T) => Buffer, low: Value): number {
  if (!Buffer.isBuffer(low)) return 0;
  let from = 0;
  let until = list.length;
  while (from < until) {
    const middle = (from + until) >> 1;
    if (Buffer.compare(lsnOf(list[middle]!), low) < 0) from = middle + 1;
    else until = middle;
  }
  return from;
}

function* slice<T>(list: readonly T[], from: number, to: (row: T) => readonly Value[]): Generator<readonly Value[]> {
  for (let i = from; i < list.length; i++) yield to(list[i]!);
}

function lsnTimeMapping({ db }: Context): VirtualTable {
  return {
    seek: 0,
    columns: [
      col('start_lsn', binary(10), false),
      col('tran_begin_time', DATETIME),
      col('tran_end_time', DATETIME),
      col('tran_id', varbinary(10)),
      col('tran_begin_lsn', binary(10)),
    ],
    rows: (low) =>
      slice(
        db.cdc.times,
        firstFrom(db.cdc.times, (t) => t.lsn, low),
        (t) => [t.lsn, datetimeOf(t.beganAt), datetimeOf(t.endedAt), t.transaction, t.beginLsn],
      ),
  };
}

const changeColumns = (instance: CaptureInstance): OutputColumn[] =>
  instance.columns.map((c) => ({
    name: c.name,
    type: c.type,
    nullable: true,
    table: ['cdc', `${instance.name}_CT`],
  }));

const changeHead = (): OutputColumn[] => [
  col('__$start_lsn', binary(10), false),
  col('__$seqval', binary(10), false),
  col('__$operation', INT, false),
  col('__$update_mask', varbinary(128)),
];

const changeValues = (instance: CaptureInstance, change: ChangeRow): Value[] =>
  instance.columns.map((_, i) => capturedValue(instance, change, i));

function changeTable(instance: CaptureInstance): VirtualTable {
  return {
    seek: 0,
    columns: [
      col('__$start_lsn', binary(10), false),
      col('__$end_lsn', binary(10)),
      ...changeHead().slice(1),
      ...changeColumns(instance),
      col('__$command_id', INT),
    ],
    rows: (low) =>
      slice(
        instance.rows,
        firstFrom(instance.rows, (r) => r.lsn, low),
        (r) => [r.lsn, null, r.sequence, r.operation, r.mask, ...changeValues(instance, r), 1],
      ),
  };
}

function tableObjects({ db }: Context): (readonly Value[])[] {
  const tables = [...db.tables.values()].map((t) => [
    t.name,
    t.objectId,
    SCHEMA_IDS[t.schema] ?? 1,
    'U ',
    'USER_TABLE',
    datetimeOf(t.createdAt),
    0,
    t.captures.length > 0 ? 1 : 0,
  ]);
  const changes = db.cdc.instances.map((i) => [
    `${i.name}_CT`,
    i.objectId,
    6,
    'U ',
    'USER_TABLE',
    datetimeOf(i.createdAt),
    1,
    0,
  ]);
  return [...tables, ...changes];
}

const OBJECT_COLUMNS = [
  col('name', SYSNAME, false),
  col('object_id', INT, false),
  col('schema_id', INT, false),
  col('type', char(2)),
  col('type_desc', nvarchar(60)),
  col('create_date', DATETIME, false),
  col('is_ms_shipped', BIT, false),
];

function triggers({ db }: Context): (readonly Value[])[] {
  return [...db.tables.values()].flatMap((t) => t.triggers.map((g) => [g.name, g.objectId, t.objectId, 'TR', 0, 0]));
}

function principals({ db }: Context): (readonly Value[])[] {
  const fixed: (readonly Value[])[] = [['dbo', 1, 'S', 'SQL_USER']];
  const users = [...db.security.users.values()].map((u, i) => [u.name, 5 + i, 'S', 'SQL_USER'] as const);
  const roles = [...db.security.roles.values()].map((r, i) => [r.name, 16384 + i, 'R', 'DATABASE_ROLE'] as const);
  return [...fixed, ...users, ...roles];
}

function roleMembers(context: Context): (readonly Value[])[] {
  const all = principals(context);
  const idOf = (name: string): Value =>
    all.find((p) => showValue(p[0]).toLowerCase() === name.toLowerCase())?.[1] ?? null;
  return [...context.db.security.roles.values()].flatMap((role) =>
    [...role.members].map((member) => [idOf(role.name), idOf(member)]),
  );
}

function sysColumns({ db }: Context): (readonly Value[])[] {
  return [...db.tables.values()].flatMap((t) =>
    t.columns.map((c) => [
      t.objectId,
      c.name,
      c.ordinal + 1,
      c.type.length > 0 && c.type.name.startsWith('n') ? c.type.length * 2 : c.type.length || 8,
      c.type.precision,
      c.type.scale,
      c.nullable ? 1 : 0,
      c.identity ? 1 : 0,
      c.type.name,
    ]),
  );
}

function serverServices(context: Context): VirtualTable {
  const { session } = context;
  const allowed = session.login.toLowerCase() === 'sa' || serverPermission(context, 'VIEW SERVER STATE');
  if (!allowed)
    throw new SqlError(300, `VIEW SERVER SECURITY STATE permission was denied on object 'server', database 'master'.`, {
      severity: 14,
      ends: 'batch',
    });
  return table(
    [
      col('servicename', nvarchar(256), false),
      col('startup_type', INT),
      col('startup_type_desc', nvarchar(256), false),
      col('status', INT),
      col('status_desc', nvarchar(256), false),
    ],
    () => [
      ['SQL Server (MSSQLSERVER)', 2, 'Automatic', 4, 'Running'],
      ['SQL Server Agent (MSSQLSERVER)', 2, 'Automatic', 4, 'Running'],
    ],
  );
}

export function serverPermission({ db, session }: Context, permission: string): boolean {
  try {
    db.security.check(session.login, permission, { schema: '', name: 'server' }, [], 'master');
    return true;
  } catch (error) {
    if (error instanceof SqlError) return false;
    throw error;
  }
}

const SYS: Readonly<Record<string, (context: Context) => VirtualTable>> = {
  databases: ({ db }) =>
    table(
      [
        col('name', SYSNAME, false),
        col('database_id', INT, false),
        col('is_cdc_enabled', BIT, false),
        col('state', TINYINT),
        col('state_desc', nvarchar(60)),
        col('collation_name', SYSNAME),
        col('snapshot_isolation_state', TINYINT),
        col('is_read_committed_snapshot_on', BIT),
        col('create_date', DATETIME, false),
      ],
      () =>
        [...SYSTEM_DATABASES, db.name].map((name, i) => [
          name,
          i + 1,
          name === db.name && db.cdc.enabledAt !== undefined ? 1 : 0,
          0,
          'ONLINE',
          'SQL_Latin1_General_CP1_CI_AS',
          0,
          0,
          datetimeOf(db.createdAt),
        ]),
    ),
  tables: (context) => table([...OBJECT_COLUMNS, col('is_tracked_by_cdc', BIT)], () => tableObjects(context)),
  objects: (context) =>
    table(OBJECT_COLUMNS, () => [
      ...tableObjects(context).map((row) => row.slice(0, 7)),
      ...triggers(context).map((g) => [g[0]!, g[1]!, 1, 'TR', 'SQL_TRIGGER', datetimeOf(context.db.createdAt), 0]),
    ]),
  triggers: (context) =>
    table(
      [
        col('name', SYSNAME, false),
        col('object_id', INT, false),
        col('parent_id', INT, false),
        col('type', char(2)),
        col('is_disabled', BIT),
        col('is_ms_shipped', BIT),
      ],
      () => triggers(context),
    ),
  schemas: () =>
    table([col('name', SYSNAME, false), col('schema_id', INT, false)], () => [
      ['dbo', 1],
      ['sys', 4],
      ['cdc', 6],
    ]),
  columns: (context) =>
    table(
      [
        col('object_id', INT, false),
        col('name', SYSNAME),
        col('column_id', INT, false),
        col('max_length', SMALLINT, false),
        col('precision', TINYINT, false),
        col('scale', TINYINT, false),
        col('is_nullable', BIT),
        col('is_identity', BIT, false),
        col('type_name', SYSNAME),
      ],
      () => sysColumns(context),
    ),
  indexes: ({ db }) =>
    table(
      [
        col('object_id', INT, false),
        col('name', SYSNAME),
        col('index_id', INT, false),
        col('type_desc', nvarchar(60)),
        col('is_unique', BIT),
        col('is_primary_key', BIT),
      ],
      () =>
        [...db.tables.values()].flatMap((t) =>
          t.indexes
            .filter((i) => !i.hidden)
            .map((i, n) => [
              t.objectId,
              i.name,
              n + 1,
              i.clustered ? 'CLUSTERED' : 'NONCLUSTERED',
              i.unique ? 1 : 0,
              i.primary ? 1 : 0,
            ]),
        ),
    ),
  server_principals: ({ db }) =>
    table(
      [
        col('name', SYSNAME, false),
        col('principal_id', INT, false),
        col('type', char(1), false),
        col('type_desc', nvarchar(60)),
      ],
      () => [
        ['sa', 1, 'S', 'SQL_LOGIN'],
        ...[...db.security.logins.values()].map((l, i) => [l.name, 260 + i, 'S', 'SQL_LOGIN'] as const),
      ],
    ),
  sql_logins: (context) => SYS['server_principals']!(context),
  database_principals: (context) =>
    table(
      [
        col('name', SYSNAME, false),
        col('principal_id', INT, false),
        col('type', char(1), false),
        col('type_desc', nvarchar(60)),
      ],
      () => principals(context),
    ),
  database_role_members: (context) =>
    table([col('role_principal_id', INT, false), col('member_principal_id', INT, false)], () => roleMembers(context)),
  dm_server_services: serverServices,
};

const INFORMATION_SCHEMA: Readonly<Record<string, (context: Context) => VirtualTable>> = {
  tables: ({ db }) =>
    table(
      [
        col('TABLE_CATALOG', SYSNAME),
        col('TABLE_SCHEMA', SYSNAME),
        col('TABLE_NAME', SYSNAME, false),
        col('TABLE_TYPE', nvarchar(10)),
      ],
      () => [...db.tables.values()].map((t) => [db.name, t.schema, t.name, 'BASE TABLE']),
    ),
  columns: ({ db }) =>
    table(
      [
        col('TABLE_CATALOG', SYSNAME),
        col('TABLE_SCHEMA', SYSNAME),
        col('TABLE_NAME', SYSNAME, false),
        col('COLUMN_NAME', SYSNAME),
        col('ORDINAL_POSITION', INT),
        col('COLUMN_DEFAULT', nvarchar(4000)),
        col('IS_NULLABLE', nvarchar(3)),
        col('DATA_TYPE', nvarchar(128)),
        col('CHARACTER_MAXIMUM_LENGTH', INT),
      ],
      () =>
        [...db.tables.values()].flatMap((t) =>
          t.columns.map((c) => [
            db.name,
            t.schema,
            t.name,
            c.name,
            c.ordinal + 1,
            c.default?.text ?? null,
            c.nullable ? 'YES' : 'NO',
            c.type.name,
            c.type.length === 0 ? null : c.type.length,
          ]),
        ),
    ),
};

function cdcTable(name: string, context: Context): VirtualTable | undefined {
  const { db, session } = context;
  const found = (): VirtualTable | undefined => {
    switch (name) {
      case 'change_tables':
        return changeTables(context);
      case 'captured_columns':
        return capturedColumns(context);
      case 'lsn_time_mapping':
        return lsnTimeMapping(context);
      case 'index_columns':
        return table(
          [
            col('object_id', INT, false),
            col('column_name', SYSNAME, false),
            col('index_ordinal', TINYINT, false),
            col('column_id', INT, false),
          ],
          () =>
            db.cdc.instances.flatMap((i) =>
              (i.table.primaryKey?.columns ?? []).map((c, n) => [i.objectId, i.table.columns[c]!.name, n + 1, c + 1]),
            ),
        );
      case 'ddl_history':
        return table(
          [
            col('source_object_id', INT),
            col('object_id', INT),
            col('ddl_command', nvarchar(-1)),
            col('ddl_lsn', binary(10)),
            col('ddl_time', DATETIME),
          ],
          () => [],
        );
      default: {
        const instance = name.endsWith('_ct') ? db.cdc.find(name.slice(0, -3)) : undefined;
        return instance && changeTable(instance);
      }
    }
  };
  const result = db.cdc.enabledAt === undefined ? undefined : found();
  if (result) db.security.check(session.user, 'SELECT', { schema: 'cdc', name }, [], db.name);
  return result;
}

const ours = (name: Name, { db }: Context): boolean => {
  const database = name.at(-3)?.toLowerCase();
  return !database || database === db.name.toLowerCase() || SYSTEM_DATABASES.includes(database);
};

/** A system view or change table by name; undefined when there is none. */
export function systemTable(name: Name, context: Context): VirtualTable | undefined {
  if (!ours(name, context)) return undefined;
  const object = name.at(-1)!.toLowerCase();
  switch ((name.at(-2) ?? '').toLowerCase()) {
    case 'sys':
      return SYS[object]?.(context);
    case 'information_schema':
      return INFORMATION_SCHEMA[object]?.(context);
    case 'cdc':
      return cdcTable(object, context);
    default:
      return undefined;
  }
}

const ALL_CHANGES = 'fn_cdc_get_all_changes_';

/** The columns captured must be readable by the caller, and the gating role, if there is one, must hold. */
export function checkCapture(instance: CaptureInstance, { db, session }: Context): void {
  const names = instance.columns.map((c) => c.name);
  db.security.check(session.user, 'SELECT', instance.table, names, db.name);
  if (instance.role !== null && !db.security.isMember(session.user, instance.role))
    throw new SqlError(
      229,
      `The SELECT permission was denied on the object 'fn_cdc_get_all_changes_${instance.name}', database '${db.name}', schema 'cdc'.`,
      {
        severity: 14,
        state: 5,
        ends: 'batch',
      },
    );
}

function allChanges(instance: CaptureInstance, context: Context, args: readonly Value[]): Iterable<readonly Value[]> {
  const [from, to, filter] = args;
  const max = context.db.cdc.maxLsn;
  const valid =
    Buffer.isBuffer(from) &&
    Buffer.isBuffer(to) &&
    max !== null &&
    Buffer.compare(from, instance.startLsn) >= 0 &&
    Buffer.compare(to, max) <= 0 &&
    Buffer.compare(from, to) <= 0;
  // how SQL Server answers a range it cannot serve
  if (!valid || args.length < 3)
    throw new SqlError(
      313,
      'An insufficient number of arguments were supplied for the procedure or function cdc.fn_cdc_get_all_changes_ ... .',
      {
        state: 3,
        ends: 'batch',
      },
    );
  const withBefore = showValue(filter).toLowerCase() === 'all update old';
  const start = firstFrom(instance.rows, (r) => r.lsn, from);
  return (function* () {
    for (let i = start; i < instance.rows.length; i++) {
      const r = instance.rows[i]!;
      if (Buffer.compare(r.lsn, to) > 0) return;
      if (!withBefore && r.operation === BEFORE_UPDATE) continue;
      yield [r.lsn, r.sequence, r.operation, r.mask, ...changeValues(instance, r)];
    }
  })();
}

/** A table-valued function by name; error 208 when there is none. */
export function systemFunction(
  name: Name,
  context: Context,
): { columns: readonly OutputColumn[]; rows: (args: readonly Value[]) => Iterable<readonly Value[]> } {
  const object = name.at(-1)!.toLowerCase();
  context.touchedTable = true;
  if (ours(name, context) && (name.at(-2) ?? '').toLowerCase() === 'cdc' && object.startsWith(ALL_CHANGES)) {
    const instance = context.db.cdc.find(object.slice(ALL_CHANGES.length));
    if (instance) {
      checkCapture(instance, context);
      return {
        columns: [...changeHead(), ...changeColumns(instance)],
        rows: (values) => allChanges(instance, context, values),
      };
    }
  }
  throw invalidObject(name.join('.'));
}
