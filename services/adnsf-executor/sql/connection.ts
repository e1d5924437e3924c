/** A connection to SQL Server with promises: statements with parameters, and transactions. */
import { Connection, type ConnectionConfiguration, ISOLATION_LEVEL, Request, type TYPES } from 'tedious';

export type Parameter = Readonly<{ type: (typeof TYPES)[keyof typeof TYPES]; value: string | number | Date | null }>;
export type Row = Readonly<Record<string, unknown>>;

export interface SqlConnection {
  query(text: string, parameters: Readonly<Record<string, Parameter>>): Promise<readonly Row[]>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  rollback(): Promise<void>;
  /** False once the server or the network has ended it. */
  readonly alive: boolean;
  close(): void;
}

type Callback = (error?: Error | null) => void;

const done = (start: (callback: Callback) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    start((error) => {
      if (error) reject(error);
      else resolve();
    });
  });

type Column = Readonly<{ metadata: Readonly<{ colName: string }>; value: unknown }>;

/** @throws what the driver throws; `failure.ts` says what it means */
export const openConnection = async (configuration: ConnectionConfiguration): Promise<SqlConnection> => {
  const connection = new Connection(configuration);
  let alive = true;
  // An error while nothing is asked (a lost socket) has nobody else to go to; the next use of the connection fails.
  connection.on('error', () => (alive = false));
  connection.on('end', () => (alive = false));
  await done((callback) => connection.connect(callback));

  return {
    query: (text, parameters) =>
      new Promise((resolve, reject) => {
        const rows: Row[] = [];
        const request = new Request(text, (error) => {
          if (error) reject(error);
          else resolve(rows);
        });
        for (const [name, { type, value }] of Object.entries(parameters)) request.addParameter(name, type, value);
        request.on('row', (columns: readonly Column[]) => {
          rows.push(Object.fromEntries(columns.map(({ metadata, value }) => [metadata.colName, value])));
        });
        connection.execSql(request);
      }),
    begin: () => done((callback) => connection.beginTransaction(callback, '', ISOLATION_LEVEL['READ_COMMITTED'])),
    commit: () => done((callback) => connection.commitTransaction(callback)),
    rollback: () => done((callback) => connection.rollbackTransaction(callback)),
    get alive() {
      return alive;
    },
    close: () => {
      alive = false;
      connection.close();
    },
  };
};
