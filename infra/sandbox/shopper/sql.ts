import { Connection, Request, TYPES } from 'tedious';

/** Where the shop's database is and who asks. */
export type ShopLogin = Readonly<{
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  encrypt: boolean;
}>;

export type Param = Readonly<{ type: 'int' | 'text' | 'guid' | 'money'; value: string | number | bigint | null }>;
export type Row = Readonly<Record<string, unknown>>;
export type Answer = Readonly<{ rows: readonly Row[] }>;

/** The database is away or gave the statement up. Whether it took effect is unknown. */
export class SqlAwayError extends Error {
  override readonly name = 'SqlAwayError';
}

/** One connection to the shop's database, one statement at a time, each its own transaction. */
export interface SqlSession {
  run(statement: string, params?: Readonly<Record<string, Param>>): Promise<Answer>;
  /** Runs the statements in one transaction. */
  together(work: () => Promise<void>): Promise<void>;
  close(): void;
}

export const int = (value: number): Param => ({ type: 'int', value });
export const text = (value: string | null): Param => ({ type: 'text', value });
export const guid = (value: string): Param => ({ type: 'guid', value });
/** Cents. */
export const money = (value: bigint): Param => ({ type: 'money', value });

/** Cents as an exact decimal. */
export const decimalOf = (cents: bigint): string => {
  const digits = String(cents < 0n ? -cents : cents).padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

/** Deadlock victim, lock timeout, and a server that is going down or coming up. */
const passing = new Set([1205, 1222, 596, 6005, 17142, 18401, 4060, 40613]);

const translate = (error: Error): Error => {
  const { number, code } = error as { number?: number; code?: string };
  // What has a code and is not from the server is the connection's end, told by the driver or by the socket itself.
  const away = number === undefined && typeof code === 'string';
  // A refused login is a wrong password, not a server that is away.
  if (code === 'ELOGIN' && !(number !== undefined && passing.has(number))) return error;
  if (away || (number !== undefined && passing.has(number))) return new SqlAwayError(error.message, { cause: error });
  return error;
};

const connect = (login: ShopLogin): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const connection = new Connection({
      server: login.host,
      authentication: { type: 'default', options: { userName: login.user, password: login.password } },
      options: {
        port: login.port,
        database: login.database,
        encrypt: login.encrypt,
        trustServerCertificate: true,
        appName: 'storefront',
        connectTimeout: 5_000,
        requestTimeout: 15_000,
        rowCollectionOnRequestCompletion: false,
        useUTC: false,
      },
    });
    // Failures of a connection are told to the request in hand as well.
    connection.on('error', () => connection.close());
    connection.connect((error) => {
      if (error) {
        connection.close();
        reject(translate(error));
      } else resolve(connection);
    });
  });

/** @throws SqlAwayError when the server cannot be reached */
export const openSql = async (login: ShopLogin): Promise<SqlSession> => {
  const connection = await connect(login);
  let closed = false;
  connection.on('end', () => (closed = true));

  const run: SqlSession['run'] = (statement, params = {}) =>
    new Promise((resolve, reject) => {
      if (closed) {
        reject(new SqlAwayError('the connection is closed'));
        return;
      }
      const rows: Row[] = [];
      const request = new Request(statement, (error) => {
        if (error) reject(translate(error));
        else resolve({ rows });
      });
      for (const [name, { type, value }] of Object.entries(params)) {
        switch (type) {
          case 'int':
            request.addParameter(name, TYPES.Int, value);
            break;
          case 'guid':
            request.addParameter(name, TYPES.UniqueIdentifier, value);
            break;
          case 'money':
            // As text: a money parameter of the driver would go through a float.
            request.addParameter(name, TYPES.VarChar, decimalOf(value as bigint), { length: 24 });
            break;
          case 'text':
            request.addParameter(name, TYPES.NVarChar, value);
            break;
        }
      }
      request.on('row', (columns: readonly { metadata: { colName: string }; value: unknown }[]) => {
        rows.push(Object.fromEntries(columns.map((column) => [column.metadata.colName, column.value])));
      });
      connection.execSql(request);
    });

  const transaction = (verb: 'beginTransaction' | 'commitTransaction' | 'rollbackTransaction'): Promise<void> =>
    new Promise((resolve, reject) => {
      if (closed) {
        reject(new SqlAwayError('the connection is closed'));
        return;
      }
      connection[verb]((error?: Error | null) => {
        if (error) reject(translate(error));
        else resolve();
      });
    });

  return {
    run,
    async together(work) {
      await transaction('beginTransaction');
      try {
        await work();
      } catch (error) {
        // The first failure is the one to tell; a connection that cannot roll back is given up.
        await transaction('rollbackTransaction').catch(() => connection.close());
        throw error;
      }
      await transaction('commitTransaction');
    },
    close() {
      closed = true;
      connection.close();
    },
  };
};
