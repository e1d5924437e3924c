import { startSqlServer } from './server.ts';

const env = process.env;

function required(name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}

const scripts = env['SQLSERVER_INIT'];
const dataDir = env['SQLSERVER_DATA_DIR'];

const server = await startSqlServer({
  port: Number(env['SQLSERVER_PORT'] ?? '0'),
  host: env['SQLSERVER_HOST'] ?? '127.0.0.1',
  ...(dataDir === undefined ? {} : { dataDir }),
  database: env['SQLSERVER_DATABASE'] ?? 'AspDotNetStorefront',
  saPassword: required('MSSQL_SA_PASSWORD'),
  variables: env,
  ...(scripts === undefined ? {} : { scripts: scripts.split(':').filter((path) => path !== '') }),
  sync: env['SQLSERVER_SYNC'] === 'commit',
});
process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void server.close().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
