import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSecureContext } from 'node:tls';
import { generate } from 'selfsigned';
import { runScript } from './initialise.ts';
import { Database } from './storage/database.ts';
import { Connection } from './tds/connection.ts';

const SCRIPTS = ['adnsf-demo.sql', 'enable-cdc.sql', 'logins.sql', 'returns.sql'].map((name) =>
  fileURLToPath(new URL(`../../../connectors/sql/${name}`, import.meta.url)),
);

export interface SqlServerOptions {
  /** 0 takes any free port. */
  readonly port?: number;
  readonly host?: string;
  /** Folder of the journal; without it the database lives in memory. */
  readonly dataDir?: string;
  readonly database?: string;
  readonly saPassword: string;
  /** sqlcmd variables of the scripts, passwords among them. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Scripts run once, when the database is new. Default: the shop's schema, its CDC, its logins. */
  readonly scripts?: readonly string[];
  /** Flush every commit to the disk, not only to the operating system. */
  readonly sync?: boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly compactAboveBytes?: number;
  readonly onFault?: (error: unknown) => void;
}

export interface SqlServer {
  readonly port: number;
  readonly database: Database;
  /** Ends all connections, rolls back what is open, closes the journal. */
  close(): Promise<void>;
}

async function selfSigned(): Promise<{ key: string; cert: string }> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048, algorithm: 'sha256' });
  return { key: made.private, cert: made.cert };
}

/** Starts the server and, on a new database, runs its scripts. Resolves when it listens. */
export async function startSqlServer(options: SqlServerOptions): Promise<SqlServer> {
  const name = options.database ?? 'AspDotNetStorefront';
  const database = Database.open({
    name,
    ...(options.dataDir === undefined ? {} : { path: join(options.dataDir, `${name}.journal`) }),
    ...(options.sync === undefined ? {} : { sync: options.sync }),
    ...(options.compactAboveBytes === undefined ? {} : { compactAboveBytes: options.compactAboveBytes }),
  });
  if (!database.initialised) {
    for (const script of options.scripts ?? SCRIPTS)
      runScript(database, script, { DATABASE: name, ...options.variables });
    database.markInitialised();
  }
  // TLS 1.3 has post-handshake records that TDS 7 has no packet for
  const secureContext = createSecureContext({ ...(options.tls ?? (await selfSigned())), maxVersion: 'TLSv1.2' });
  const connections = new Set<Connection>();
  const onFault =
    options.onFault ??
    ((error: unknown) =>
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`));
  let nextSpid = 51;
  const server = createServer((socket) => {
    const spid = 51 + ((nextSpid++ - 51) % 32000);
    const connection = new Connection(socket, spid, {
      db: database,
      saPassword: options.saPassword,
      secureContext,
      onFault,
    });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    database,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const connection of connections) connection.destroy();
      await closed;
      database.close();
    },
  };
}
