import { SqlError } from '../errors.ts';
import type { Column, Table } from '../storage/table.ts';
import type { Context, OutputColumn, ResultSet } from './context.ts';
import { likePattern } from './expression.ts';
import { checkCapture, col, datetimeOf } from './system.ts';
import type { SqlType, Value } from './types.ts';
import {
  BIGINT,
  BIT,
  DATETIME,
  GUID,
  INT,
  SMALLINT,
  SYSNAME,
  TINYINT,
  binary,
  char,
  nvarchar,
  varchar,
  showValue,
} from './types.ts';

export interface ProcedureArgument {
  /** With its @, lower case; undefined when given by position. */
  readonly name: string | undefined;
  readonly value: Value;
  readonly type: SqlType;
}

type Procedure = (context: Context, arg: (place: number, name: string) => Value) => ResultSet | undefined;

const text = (value: Value): string | null => (value === null ? null : showValue(value));
const like = (pattern: Value): ((s: string) => boolean) => {
  if (pattern === null) return () => true;
  const regex = likePattern(showValue(pattern), '\\');
  return (s) => regex.test(s);
};

function tablesForCatalog({ db }: Context): [schema: string, name: string][] {
  const rows = [...db.tables.values()].map((t): [string, string] => [t.schema, t.name]);
  if (db.cdc.enabledAt !== undefined) {
    for (const name of ['captured_columns', 'change_tables', 'ddl_history', 'index_columns', 'lsn_time_mapping'])
      rows.push(['cdc', name]);
    rows.push(['dbo', 'systranschemas']);
    for (const instance of db.cdc.instances) rows.push(['cdc', `${instance.name}_CT`]);
  }
  return rows.sort((a, b) => (a.join('.') < b.join('.') ? -1 : 1));
}

const spTables: Procedure = (context, arg) => {
  const name = like(arg(0, '@table_name'));
  const owner = like(arg(1, '@table_owner'));
  const types = text(arg(3, '@table_type'));
  const wanted = !types || types.includes("'TABLE'");
  return {
    columns: [
      col('TABLE_QUALIFIER', SYSNAME),
      col('TABLE_OWNER', SYSNAME),
      col('TABLE_NAME', SYSNAME),
      col('TABLE_TYPE', varchar(32)),
      col('REMARKS', varchar(254)),
    ],
    rows: wanted
      ? tablesForCatalog(context)
          .filter(([s, n]) => owner(s) && name(n))
          .map(([s, n]) => [context.db.name, s, n, 'TABLE', null])
      : [],
  };
};

/** What the catalog procedures say of a type: ODBC code, precision, length in bytes, scale, radix, date-time sub code, system type. */
function odbc({
  name,
  length,
  precision,
  scale,
}: SqlType): [
  code: number,
  precision: number,
  bytes: number,
  scale: number | null,
  radix: number | null,
  sub: number | null,
  octets: number | null,
  ss: number,
] {
  const bytes = name.startsWith('n') ? length * 2 : length;
  switch (name) {
    case 'bit':
      return [-7, 1, 1, null, null, null, null, 50];
    case 'tinyint':
      return [-6, 3, 1, 0, 10, null, null, 38];
    case 'smallint':
      return [5, 5, 2, 0, 10, null, null, 38];
    case 'int':
      return [4, 10, 4, 0, 10, null, null, 38];
    case 'bigint':
      return [-5, 19, 8, 0, 10, null, null, 63];
    case 'decimal':
      return [3, precision, precision + 2, scale, 10, null, null, 106];
    case 'money':
      return [3, 19, 21, 4, 10, null, null, 110];
    case 'smallmoney':
      return [3, 10, 12, 4, 10, null, null, 110];
    case 'float':
      return [6, 53, 8, null, 2, null, null, 109];
    case 'real':
      return [7, 24, 4, null, 2, null, null, 109];
    case 'date':
      return [91, 10, 6, null, null, 1, null, 0];
    case 'time':
      return [-154, 8 + (scale ? scale + 1 : 0), 12, scale, null, null, null, 0];
    case 'datetime':
      return [93, 23, 16, 3, null, 3, null, 111];
    case 'smalldatetime':
      return [93, 16, 16, 0, null, 3, null, 111];
    case 'datetime2':
      return [93, 19 + (scale ? scale + 1 : 0), 16, scale, null, 3, null, 0];
    case 'datetimeoffset':
      return [-155, 26 + (scale ? scale + 1 : 0), 20, scale, null, null, null, 0];
    case 'uniqueidentifier':
      return [-11, 36, 16, null, null, null, null, 37];
    case 'char':
      return [1, length, length, null, null, null, length, 39];
    case 'nchar':
      return [-8, length, bytes, null, null, null, bytes, 39];
    case 'varchar':
      return [12, Math.max(0, length), Math.max(0, length), null, null, null, Math.max(0, length), 39];
    case 'nvarchar':
      return [-9, Math.max(0, length), Math.max(0, bytes), null, null, null, Math.max(0, bytes), 39];
    case 'binary':
      return [-2, length, length, null, null, null, length, 37];
    case 'varbinary':
      return [-3, Math.max(0, length), Math.max(0, length), null, null, null, Math.max(0, length), 37];
    case 'text':
      return [-1, 2147483647, 2147483647, null, null, null, 2147483647, 35];
    case 'ntext':
      return [-10, 1073741823, 2147483646, null, null, null, 2147483646, 35];
    case 'image':
      return [-4, 2147483647, 2147483647, null, null, null, 2147483647, 34];
    case 'null':
      return [12, 0, 0, null, null, null, null, 39];
  }
}

function columnRow(context: Context, table: Table, column: Column): Value[] {
  const [code, precision, bytes, scale, radix, sub, octets, ss] = odbc(column.type);
  const typeName = column.type.name + (column.identity ? ' identity' : '');
  const dated = sub !== null;
  return [
    context.db.name, table.schema, table.name, column.name, code, typeName, precision, bytes, scale, radix,
    column.nullable ? 1 : 0, null, column.default?.text ?? null, dated ? 9 : code, sub, octets, column.ordinal + 1,
    column.nullable ? 'YES' : 'NO', 0, 0, 0, column.identity ? 1 : 0, null, null, null, null, null, null,
    column.nullable && ss === 38 ? 38 : ss,
  ]; // prettier-ignore
}

const SP_COLUMNS: readonly OutputColumn[] = [
  col('TABLE_QUALIFIER', SYSNAME), col('TABLE_OWNER', SYSNAME), col('TABLE_NAME', SYSNAME), col('COLUMN_NAME', SYSNAME),
  col('DATA_TYPE', SMALLINT), col('TYPE_NAME', SYSNAME), col('PRECISION', INT), col('LENGTH', INT), col('SCALE', SMALLINT),
  col('RADIX', SMALLINT), col('NULLABLE', SMALLINT), col('REMARKS', varchar(254)), col('COLUMN_DEF', nvarchar(4000)),
  col('SQL_DATA_TYPE', SMALLINT), col('SQL_DATETIME_SUB', SMALLINT), col('CHAR_OCTET_LENGTH', INT), col('ORDINAL_POSITION', INT),
  col('IS_NULLABLE', varchar(254)), col('SS_IS_SPARSE', SMALLINT), col('SS_IS_COLUMN_SET', SMALLINT), col('SS_IS_COMPUTED', SMALLINT),
  col('SS_IS_IDENTITY', SMALLINT), col('SS_UDT_CATALOG_NAME', SYSNAME), col('SS_UDT_SCHEMA_NAME', SYSNAME),
  col('SS_UDT_ASSEMBLY_TYPE_NAME', nvarchar(-1)), col('SS_XML_SCHEMACOLLECTION_CATALOG_NAME', SYSNAME),
  col('SS_XML_SCHEMACOLLECTION_SCHEMA_NAME', SYSNAME), col('SS_XML_SCHEMACOLLECTION_NAME', SYSNAME), col('SS_DATA_TYPE', TINYINT),
]; // prettier-ignore

const spColumns: Procedure = (context, arg) => {
  const table = like(arg(0, '@table_name'));
  const owner = like(arg(1, '@table_owner'));
  const column = like(arg(3, '@column_name'));
  const tables = [...context.db.tables.values()].filter((t) => table(t.name) && owner(t.schema));
  return {
    columns: SP_COLUMNS,
    rows: tables.flatMap((t) => t.columns.filter((c) => column(c.name)).map((c) => columnRow(context, t, c))),
  };
};

const tableArgument = (context: Context, name: Value, owner: Value): Table | undefined =>
  context.db.table([text(owner) ?? 'dbo', text(name) ?? '']);

const spPkeys: Procedure = (context, arg) => {
  const table = tableArgument(context, arg(0, '@table_name'), arg(1, '@table_owner'));
  const key = table?.primaryKey;
  return {
    columns: [
      col('TABLE_QUALIFIER', SYSNAME),
      col('TABLE_OWNER', SYSNAME),
      col('TABLE_NAME', SYSNAME, false),
      col('COLUMN_NAME', SYSNAME, false),
      col('KEY_SEQ', SMALLINT),
      col('PK_NAME', SYSNAME),
    ],
    rows: (key?.columns ?? []).map((c, i) => [
      context.db.name,
      table!.schema,
      table!.name,
      table!.columns[c]!.name,
      i + 1,
      key!.name,
    ]),
  };
};

const spStatistics: Procedure = (context, arg) => {
  const table = tableArgument(context, arg(0, '@table_name'), arg(1, '@table_owner'));
  const onlyUnique = arg(4, '@is_unique') === 'Y';
  const rows: Value[][] = [];
  if (table) {
    const head = [context.db.name, table.schema, table.name];
    rows.push([...head, null, null, null, 0, null, null, null, table.rows.size, 1, null]);
    for (const index of table.indexes)
      if (!index.hidden && (index.unique || !onlyUnique))
        index.columns.forEach((c, i) =>
          rows.push([
            ...head,
            index.unique ? 0 : 1,
            table.name,
            index.name,
            index.clustered ? 1 : 3,
            i + 1,
            table.columns[c]!.name,
            'A',
            table.rows.size,
            1,
            null,
          ]),
        );
  }
  return {
    columns: [
      col('TABLE_QUALIFIER', SYSNAME), col('TABLE_OWNER', SYSNAME), col('TABLE_NAME', SYSNAME), col('NON_UNIQUE', SMALLINT),
      col('INDEX_QUALIFIER', SYSNAME), col('INDEX_NAME', SYSNAME), col('TYPE', SMALLINT), col('SEQ_IN_INDEX', SMALLINT),
      col('COLUMN_NAME', SYSNAME), col('COLLATION', char(1)), col('CARDINALITY', INT), col('PAGES', INT), col('FILTER_CONDITION', varchar(128)),
    ], // prettier-ignore
    rows,
  };
};

// --- change data capture ---

function requireOwner({ db, session }: Context, procedure: string): void {
  if (!db.security.isMember(session.user, 'db_owner'))
    throw new SqlError(
      22904,
      `Caller is not authorized to initiate the requested action. DBO privileges are required. (${procedure})`,
      { ends: 'batch' },
    );
}

const enableDatabase: Procedure = (context) => {
  requireOwner(context, 'sp_cdc_enable_db');
  if (context.db.cdc.enabledAt === undefined) context.db.changeCatalog({ k: 'cdc-database' });
  return undefined;
};

const enableTable: Procedure = (context, arg) => {
  requireOwner(context, 'sp_cdc_enable_table');
  const { db } = context;
  if (db.cdc.enabledAt === undefined)
    throw new SqlError(
      22901,
      `The database '${db.name}' is not enabled for Change Data Capture. Ensure that the correct database context is set and retry the operation.`,
    );
  const schema = text(arg(0, '@source_schema')) ?? 'dbo';
  const name = text(arg(1, '@source_name')) ?? '';
  const table = db.table([schema, name]);
  if (!table)
    throw new SqlError(
      22931,
      `Source table '${schema}.${name}' does not exist in the current database. Ensure that the correct database context is set.`,
    );
  const role = text(arg(3, '@role_name'));
  const instance = text(arg(2, '@capture_instance')) ?? `${table.schema}_${table.name}`;
  if (db.cdc.find(instance))
    throw new SqlError(
      22926,
      `Could not create a capture instance because the capture instance name '${instance}' already exists in the current database.`,
    );
  if (table.captures.length >= 2)
    throw new SqlError(22962, `Two capture instances already exist for source table '${table.fullName}'.`);
  const netChanges = Boolean(Number(arg(4, '@supports_net_changes') ?? (table.primaryKey ? 1 : 0)));
  if (netChanges && !table.primaryKey)
    throw new SqlError(
      22939,
      'The parameter @supports_net_changes is set to 1, but the source table does not have a primary key defined and no alternate unique index has been specified.',
    );
  const list = text(arg(6, '@captured_column_list'));
  const columns =
    list
      ?.split(',')
      .map((c) => c.trim().replace(/^\[|\]$/g, ''))
      .filter((c) => c !== '') ?? null;
  if (role !== null && !db.security.roles.has(role.toLowerCase())) db.changeCatalog({ k: 'create-role', name: role });
  db.changeCatalog({ k: 'cdc-table', schema: table.schema, table: table.name, instance, columns, role, netChanges });
  return undefined;
};

const disableTable: Procedure = (context, arg) => {
  requireOwner(context, 'sp_cdc_disable_table');
  const { db } = context;
  const wanted = text(arg(2, '@capture_instance')) ?? 'all';
  const table = db.table([text(arg(0, '@source_schema')) ?? 'dbo', text(arg(1, '@source_name')) ?? '']);
  for (const { name } of [...(table?.captures ?? [])])
    if (wanted.toLowerCase() === 'all' || wanted.toLowerCase() === name.toLowerCase())
      db.changeCatalog({ k: 'cdc-disable-table', instance: name });
  return undefined;
};

const helpCapture: Procedure = (context, arg) => {
  const { db } = context;
  const schema = text(arg(0, '@source_schema'));
  const name = text(arg(1, '@source_name'));
  const visible = db.cdc.instances.filter((instance) => {
    if (schema !== null && instance.table.schema.toLowerCase() !== schema.toLowerCase()) return false;
    if (name !== null && instance.table.name.toLowerCase() !== name.toLowerCase()) return false;
    try {
      checkCapture(instance, context);
      return true;
    } catch (error) {
      if (error instanceof SqlError) return false;
      throw error;
    }
  });
  const quoted = (columns: readonly Column[]): string => columns.map((c) => `[${c.name}]`).join(', ');
  return {
    columns: [
      col('source_schema', SYSNAME), col('source_table', SYSNAME), col('capture_instance', SYSNAME), col('object_id', INT),
      col('source_object_id', INT), col('start_lsn', binary(10)), col('end_lsn', binary(10)), col('supports_net_changes', BIT),
      col('has_drop_pending', BIT), col('role_name', SYSNAME), col('index_name', SYSNAME), col('filegroup_name', SYSNAME),
      col('create_date', DATETIME), col('index_column_list', nvarchar(-1)), col('captured_column_list', nvarchar(-1)),
    ], // prettier-ignore
    rows: visible.map((i) => [
      i.table.schema, i.table.name, i.name, i.objectId, i.table.objectId, i.startLsn, null, i.netChanges ? 1 : 0, null, i.role,
      i.indexName, null, datetimeOf(i.createdAt), quoted((i.table.primaryKey?.columns ?? []).map((c) => i.table.columns[c]!)), quoted(i.columns),
    ]), // prettier-ignore
  };
};

const helpJobs: Procedure = ({ db }) => ({
  columns: [
    col('job_id', GUID), col('job_type', nvarchar(20)), col('job_name', SYSNAME), col('maxtrans', INT), col('maxscans', INT),
    col('continuous', BIT), col('pollinginterval', BIGINT), col('retention', BIGINT), col('threshold', BIGINT),
  ], // prettier-ignore
  rows: [['0F8FAD5B-D9CB-469F-A165-708677289501', 'capture', `cdc.${db.name}_capture`, 500, 10, 1, 5n, 0n, 0n]],
});

const roleMember =
  (add: boolean): Procedure =>
  (context, arg) => {
    requireOwner(context, 'sp_addrolemember');
    context.db.changeCatalog({
      k: 'role-member',
      role: text(arg(0, '@rolename')) ?? '',
      member: text(arg(1, '@membername')) ?? '',
      add,
    });
    return undefined;
  };

const PROCEDURES: Readonly<Record<string, Procedure>> = {
  sp_tables: spTables,
  sp_columns: spColumns,
  sp_columns_100: spColumns,
  sp_pkeys: spPkeys,
  sp_statistics: spStatistics,
  sp_statistics_100: spStatistics,
  sp_cdc_enable_db: enableDatabase,
  sp_cdc_enable_table: enableTable,
  sp_cdc_disable_table: disableTable,
  sp_cdc_help_change_data_capture: helpCapture,
  sp_cdc_help_jobs: helpJobs,
  // the capture job of the sandbox has no knobs and always runs
  sp_cdc_change_job: () => undefined,
  sp_cdc_start_job: () => undefined,
  sp_cdc_stop_job: () => undefined,
  sp_addrolemember: roleMember(true),
  sp_droprolemember: roleMember(false),
  sp_reset_connection: () => undefined,
};

/** Runs a built-in procedure. Arguments bind by name, or by position. Error 2812 when there is no such procedure. */
export function callProcedure(
  name: string,
  args: readonly ProcedureArgument[],
  context: Context,
): ResultSet | undefined {
  const procedure = PROCEDURES[name.toLowerCase()];
  if (!procedure) throw new SqlError(2812, `Could not find stored procedure '${name}'.`, { state: 62 });
  const named = new Map(args.filter((a) => a.name !== undefined).map((a) => [a.name!.toLowerCase(), a.value]));
  return procedure(context, (place, parameter) => {
    const given = named.get(parameter);
    if (given !== undefined) return given;
    const positional = args[place];
    return positional?.name === undefined ? (positional?.value ?? null) : null;
  });
}
