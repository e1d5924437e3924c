import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlServer } from '../../../infra/sandbox/sqlserver/server.ts';
import { Client, DATABASE, PASSWORD, SANDBOX_ONLY, isReal, startSandbox } from './harness.ts';

const SCRIPT = `
CREATE TABLE dbo.Item (id int IDENTITY(1,1) NOT NULL PRIMARY KEY, name nvarchar(20) NOT NULL, price money NULL, at datetime2(7) NULL);
CREATE UNIQUE INDEX UX_Item ON dbo.Item (name);
GO
EXEC sys.sp_cdc_enable_db;
EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'Item', @role_name = NULL, @supports_net_changes = 0;
CREATE LOGIN reader WITH PASSWORD = N'${PASSWORD}';
CREATE USER reader FOR LOGIN reader;
GRANT SELECT ON dbo.Item (id) TO reader;
GO`;

describe.skipIf(isReal)(isReal ? `recovery: ${SANDBOX_ONLY}` : 'recovery', () => {
  let folder: string;
  let script: string;
  const journal = (): string => join(folder, `${DATABASE}.journal`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqlserver-recovery-'));
    script = join(folder, 'init.sql');
    await writeFile(script, SCRIPT);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const start = (more: { compactAboveBytes?: number } = {}): Promise<SqlServer> =>
    startSandbox({ dataDir: folder, scripts: [script], ...more });

  /** Everything a client can see: rows, changes, log positions. */
  const picture = async (port: number): Promise<unknown[]> => {
    const client = await Client.open(port);
    const seen: unknown[] = [];
    for (const sql of [
      'SELECT * FROM dbo.Item ORDER BY id',
      'SELECT * FROM cdc.dbo_Item_CT',
      'SELECT * FROM cdc.lsn_time_mapping',
      'SELECT * FROM cdc.change_tables',
      'SELECT sys.fn_cdc_get_max_lsn() AS lsn',
    ])
      seen.push(await client.query(sql));
    await client.close();
    return seen;
  };

  const fill = async (port: number): Promise<void> => {
    const client = await Client.open(port);
    await client.batch(
      "INSERT dbo.Item (name, price, at) VALUES (N'a', 1.5, SYSDATETIME()), (N'b', NULL, NULL), (N'c', 3, NULL)",
    );
    await client.batch("UPDATE dbo.Item SET name = N'bb' WHERE name = 'b'; DELETE dbo.Item WHERE name = 'a'");
    await client.batch("BEGIN TRAN; INSERT dbo.Item (name) VALUES (N'gone'); ROLLBACK");
    await client.close();
  };

  it('brings everything back after a restart, compacted or not', async () => {
    let server = await start();
    await fill(server.port);
    const before = await picture(server.port);
    for (const options of [{}, { compactAboveBytes: 1 }, {}]) {
      await server.close();
      server = await start(options);
      expect(await picture(server.port)).toEqual(before);
    }
    const client = await Client.open(server.port);
    expect(await client.value("INSERT dbo.Item (name) OUTPUT inserted.id VALUES (N'next')")).toBe(5);
    await expect(client.batch("INSERT dbo.Item (name) VALUES (N'BB')")).rejects.toMatchObject({ number: 2601 });
    await client.close();
    const reader = await Client.open(server.port, { user: 'reader' });
    expect(await reader.values('SELECT id FROM dbo.Item')).toEqual([2, 3, 5]);
    await expect(reader.query('SELECT name FROM dbo.Item')).rejects.toMatchObject({ number: 230 });
    await reader.close();
    await server.close();
  });

  it('cuts a torn tail and goes on with higher LSNs', async () => {
    let server = await start();
    await fill(server.port);
    const whole = (await stat(journal())).size;
    const before = await picture(server.port);
    const client = await Client.open(server.port);
    await client.batch("INSERT dbo.Item (name) VALUES (N'torn')");
    await client.close();
    await server.close();
    const size = (await stat(journal())).size;
    for (const cut of [size - 1, whole + 9, whole + 3]) {
      await truncate(journal(), cut);
      server = await start();
      expect(await picture(server.port)).toEqual(before);
      await server.close();
      expect((await stat(journal())).size).toBe(whole);
    }
    await appendFile(journal(), Buffer.alloc(64, 0x7f));
    server = await start();
    const again = await Client.open(server.port);
    const old = (await again.value('SELECT sys.fn_cdc_get_max_lsn()')) as Buffer;
    await again.batch("INSERT dbo.Item (name) VALUES (N'new')");
    const fresh = (await again.value('SELECT sys.fn_cdc_get_max_lsn()')) as Buffer;
    expect(Buffer.compare(fresh, old)).toBe(1);
    await again.close();
    await server.close();
  });

  const child = async (): Promise<{ process: ChildProcess; port: number }> => {
    const main = new URL('../../../infra/sandbox/sqlserver/main.ts', import.meta.url).pathname;
    const process_ = spawn(process.execPath, [main], {
      env: {
        ...process.env,
        SQLSERVER_PORT: '0',
        SQLSERVER_DATA_DIR: folder,
        SQLSERVER_INIT: script,
        MSSQL_SA_PASSWORD: PASSWORD,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(process_.stdout), 'line')) as [string];
    const { ready, port } = JSON.parse(line) as { ready: boolean; port: number };
    expect(ready).toBe(true);
    return { process: process_, port };
  };

  it('loses nothing it has acknowledged when the process is killed', async () => {
    let acknowledged = 0;
    let highest: Buffer = Buffer.alloc(10);
    for (let round = 0; round < 2; round++) {
      const server = await child();
      const client = await Client.open(server.port);
      client.connection.on('error', () => undefined);
      expect(await client.value('SELECT COUNT(*) FROM dbo.Item')).toBeGreaterThanOrEqual(acknowledged);
      const lsn = (await client.value('SELECT sys.fn_cdc_get_max_lsn()')) as Buffer;
      expect(Buffer.compare(lsn, highest)).toBeGreaterThanOrEqual(0);
      const target = acknowledged + 25;
      const writing = (async () => {
        for (let i = 0; ; i++) {
          await client.batch(`INSERT dbo.Item (name) VALUES (N'${round}-${i}')`);
          acknowledged++;
          if (acknowledged === target) server.process.kill('SIGKILL');
        }
      })();
      await expect(writing).rejects.toThrow();
      if (server.process.exitCode === null && server.process.signalCode === null) await once(server.process, 'exit');
      const check = await start();
      const reader = await Client.open(check.port);
      const rows = (await reader.value('SELECT COUNT(*) FROM dbo.Item')) as number;
      expect(rows - acknowledged).toBeGreaterThanOrEqual(0);
      expect(rows - acknowledged).toBeLessThanOrEqual(1);
      acknowledged = rows;
      expect(await reader.value('SELECT COUNT(*) FROM cdc.dbo_Item_CT WHERE __$operation = 2')).toBe(rows);
      highest = (await reader.value('SELECT sys.fn_cdc_get_max_lsn()')) as Buffer;
      await reader.close();
      await check.close();
    }
  });

  it('starts over when its scripts never finished', async () => {
    await writeFile(script, `${SCRIPT}\nSELECT * FROM dbo.NoSuchTable;\n`);
    await expect(start()).rejects.toThrow(/NoSuchTable/);
    await writeFile(script, SCRIPT);
    const server = await start();
    await fill(server.port);
    await server.close();
  });
});
