import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection, Request, TYPES } from 'tedious';
import type { SqlServer, SqlServerOptions } from '../../../infra/sandbox/sqlserver/server.ts';
import { startSqlServer } from '../../../infra/sandbox/sqlserver/server.ts';

export { TYPES };
export const PASSWORD = 'Str0ng_enough';
export const DATABASE = 'AspDotNetStorefront';

/** A real SQL Server to run what makes sense there too, as mssql://user:password@host:port; it needs connectors/sql loaded. */
const realUrl = process.env['TEST_SQLSERVER_URL'];
export const isReal = realUrl !== undefined;
export const SANDBOX_ONLY = 'needs the sandbox: it starts, kills or inspects the server (TEST_SQLSERVER_URL is set)';

const VARIABLES = { CDC_PASSWORD: PASSWORD, EXECUTOR_PASSWORD: PASSWORD, SHOP_PASSWORD: PASSWORD };

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  close(): Promise<void>;
}

/** A new sandbox in memory with the shop's schema. */
export const startSandbox = (options: Partial<SqlServerOptions> = {}): Promise<SqlServer> =>
  startSqlServer({ saPassword: PASSWORD, variables: VARIABLES, ...options });

/** The server under test: the real one when named, else a sandbox. */
export async function openTarget(): Promise<Target> {
  if (realUrl !== undefined) {
    const { hostname, port, username, password } = new URL(realUrl);
    return {
      host: hostname,
      port: Number(port || '1433'),
      user: username,
      password: decodeURIComponent(password),
      close: () => Promise.resolve(),
    };
  }
  const server = await startSandbox();
  return { host: '127.0.0.1', port: server.port, user: 'sa', password: PASSWORD, close: () => server.close() };
}

/** A sandbox whose only script is `sql`; for tests that need nothing of the shop. */
export async function startWith(sql: string, options: Partial<SqlServerOptions> = {}): Promise<SqlServer> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlserver-script-'));
  const script = join(folder, 'init.sql');
  await writeFile(script, sql);
  try {
    return await startSandbox({ scripts: [script], ...options });
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Parameter = readonly [type: (typeof TYPES)[keyof typeof TYPES], value: unknown];
export type Row = Record<string, unknown>;

/** A connection with promises. Errors of the server keep their `number`. */
export class Client {
  readonly connection: Connection;

  private constructor(connection: Connection) {
    this.connection = connection;
  }

  static open(
    port: number,
    options: { host?: string; user?: string; password?: string; encrypt?: boolean; database?: string } = {},
  ): Promise<Client> {
    const connection = new Connection({
      server: options.host ?? '127.0.0.1',
      authentication: {
        type: 'default',
        options: { userName: options.user ?? 'sa', password: options.password ?? PASSWORD },
      },
      options: {
        port,
        database: options.database ?? DATABASE,
        encrypt: options.encrypt ?? false,
        trustServerCertificate: true,
        requestTimeout: 15_000,
      },
    });
    return new Promise((resolve, reject) => {
      connection.connect((error) => (error ? reject(error) : resolve(new Client(connection))));
    });
  }

  private run(text: string, parameters: Record<string, Parameter>, start: (request: Request) => void): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      const rows: Row[] = [];
      const request = new Request(text, (error) => (error ? reject(error) : resolve(rows)));
      for (const [name, [type, value]] of Object.entries(parameters)) request.addParameter(name, type, value);
      request.on('row', (columns: { metadata: { colName: string }; value: unknown }[]) => {
        rows.push(Object.fromEntries(columns.map((c) => [c.metadata.colName, c.value])));
      });
      start(request);
    });
  }

  query(text: string, parameters: Record<string, Parameter> = {}): Promise<Row[]> {
    return this.run(text, parameters, (request) => this.connection.execSql(request));
  }

  /** Plain batch, not sp_executesql. */
  batch(text: string): Promise<Row[]> {
    return this.run(text, {}, (request) => this.connection.execSqlBatch(request));
  }

  /** The first column of the first row. */
  async value(text: string, parameters: Record<string, Parameter> = {}): Promise<unknown> {
    const [row] = await this.query(text, parameters);
    return row === undefined ? undefined : Object.values(row)[0];
  }

  async values(text: string): Promise<unknown[]> {
    return (await this.query(text)).map((row) => Object.values(row)[0]);
  }

  private step(start: (done: (error?: Error | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
  }

  begin = (): Promise<void> => this.step((done) => this.connection.beginTransaction(done));
  commit = (): Promise<void> => this.step((done) => this.connection.commitTransaction(done));
  rollback = (): Promise<void> => this.step((done) => this.connection.rollbackTransaction(done));

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.connection.once('end', () => resolve());
      this.connection.close();
    });
  }
}

/** The number of the SQL error that `work` ends with; undefined when it succeeds. */
export async function errorNumber(work: Promise<unknown>): Promise<number | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as { number?: number }).number;
  }
}

/** Waits until `holds` returns true. */
export async function until(holds: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('condition not met in time');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
