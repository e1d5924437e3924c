import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { tcpProbe } from './health.ts';
import type { Part, StackContext } from './part.ts';
import { REPOSITORY } from './state.ts';

/** The SQL Server sandbox: TDS and CDC for the real connector, JDBC driver and tedious. */
export function sqlServerPart(context: StackContext): Part {
  const { layout, ports, secrets } = context;
  const home = layout.data('sqlserver');
  return {
    name: 'sqlserver',
    needs: [],
    prepare: async () => {
      await mkdir(home, { recursive: true });
    },
    launch: {
      command: process.execPath,
      args: [join(REPOSITORY, 'infra/sandbox/sqlserver/main.ts')],
      env: {
        SQLSERVER_PORT: String(ports.sqlserver),
        SQLSERVER_DATA_DIR: home,
        MSSQL_SA_PASSWORD: secrets.sqlServerSa,
        CDC_PASSWORD: secrets.sqlServerCdc,
        EXECUTOR_PASSWORD: secrets.sqlServerExecutor,
        SHOP_PASSWORD: secrets.sqlServerShop,
      },
      cwd: REPOSITORY,
    },
    probe: tcpProbe(ports.sqlserver),
    startMs: 30_000,
    graceMs: 5_000,
  };
}
