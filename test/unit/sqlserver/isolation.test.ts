import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SqlServer } from '../../../infra/sandbox/sqlserver/server.ts';
import { Client, SANDBOX_ONLY, isReal, startWith, until } from './harness.ts';

const SCRIPT = `
CREATE TABLE dbo.Account (id int NOT NULL PRIMARY KEY, amount int NOT NULL);
GO
EXEC sys.sp_cdc_enable_db;
EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'Account', @role_name = NULL, @supports_net_changes = 0;
GO`;

describe.skipIf(isReal)(isReal ? `isolation: ${SANDBOX_ONLY}` : 'isolation', () => {
  let server: SqlServer;
  let a: Client;
  let b: Client;
  let c: Client;

  beforeAll(async () => {
    server = await startWith(SCRIPT);
    [a, b, c] = await Promise.all([Client.open(server.port), Client.open(server.port), Client.open(server.port)]);
  });
  afterAll(async () => {
    await Promise.all([a.close(), b.close(), c.close()]);
    await server.close();
  });
  beforeEach(async () => {
    for (const client of [a, b, c])
      await client.batch(
        'IF @@TRANCOUNT > 0 ROLLBACK; SET LOCK_TIMEOUT -1; SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
      );
    await a.batch('DELETE dbo.Account; INSERT dbo.Account VALUES (1, 10), (2, 20), (3, 30)');
  });

  /** Whether the server has a request waiting for a lock. */
  const somebodyWaits = (): boolean => {
    for (const table of server.database.tables.values()) {
      if ((table.lock?.queue.length ?? 0) > 0) return true;
      for (const row of table.rows.values()) if ((row.lock?.queue.length ?? 0) > 0) return true;
      for (const key of table.keyLocks.values()) if ((key.lock?.queue.length ?? 0) > 0) return true;
    }
    return false;
  };
  const blocks = async <T>(work: Promise<T>): Promise<{ result: Promise<T> }> => {
    await until(somebodyWaits);
    return { result: work };
  };

  it('hides uncommitted changes from readers, who wait', async () => {
    await a.batch(
      'BEGIN TRAN; UPDATE dbo.Account SET amount = 99 WHERE id = 1; DELETE dbo.Account WHERE id = 2; INSERT dbo.Account VALUES (4, 40)',
    );
    expect(await b.value('SELECT SUM(amount) FROM dbo.Account WITH (NOLOCK)')).toBe(169);
    expect(await b.values('SELECT id FROM dbo.Account WITH (READPAST)')).toEqual([3]);
    expect(await b.value('SELECT amount FROM dbo.Account WHERE id = 3')).toBe(30);
    const { result } = await blocks(b.value('SELECT SUM(amount) FROM dbo.Account'));
    await a.batch('ROLLBACK');
    expect(await result).toBe(60);
  });

  it('lets the second writer see what the first has committed', async () => {
    await a.batch('BEGIN TRAN; UPDATE dbo.Account SET amount = amount + 1 WHERE id = 1');
    const { result } = await blocks(
      b.batch('UPDATE dbo.Account SET amount = amount + 1 WHERE id = 1 AND amount = 10; SELECT @@ROWCOUNT AS n'),
    );
    await a.batch('COMMIT');
    expect(await result).toEqual([{ n: 0 }]);
  });

  it('gives up after LOCK_TIMEOUT with 1222, the transaction still open', async () => {
    await a.batch('BEGIN TRAN; UPDATE dbo.Account SET amount = 0 WHERE id = 1');
    await b.batch('SET LOCK_TIMEOUT 50; BEGIN TRAN; UPDATE dbo.Account SET amount = 0 WHERE id = 2');
    await expect(b.batch('SELECT amount FROM dbo.Account WHERE id = 1')).rejects.toMatchObject({ number: 1222 });
    expect(await b.value('SELECT @@TRANCOUNT')).toBe(1);
  });

  it('breaks a deadlock with 1205 and rolls the victim back', async () => {
    await a.batch('BEGIN TRAN; UPDATE dbo.Account SET amount = 11 WHERE id = 1');
    await b.batch('BEGIN TRAN; UPDATE dbo.Account SET amount = 22 WHERE id = 2');
    const { result } = await blocks(a.batch('UPDATE dbo.Account SET amount = 12 WHERE id = 2; COMMIT'));
    await expect(b.batch('UPDATE dbo.Account SET amount = 21 WHERE id = 1')).rejects.toMatchObject({ number: 1205 });
    await result;
    expect(await b.value('SELECT @@TRANCOUNT')).toBe(0);
    expect(await c.values('SELECT amount FROM dbo.Account ORDER BY id')).toEqual([11, 12, 30]);
  });

  it('waits for the fate of an uncommitted key before calling it a duplicate', async () => {
    await a.batch('BEGIN TRAN; INSERT dbo.Account VALUES (7, 1)');
    const first = await blocks(b.batch('INSERT dbo.Account VALUES (7, 2)'));
    await a.batch('ROLLBACK');
    await first.result;
    expect(await c.value('SELECT amount FROM dbo.Account WHERE id = 7')).toBe(2);
  });

  it('keeps a key free of others under UPDLOCK, HOLDLOCK', async () => {
    const guarded = `BEGIN TRAN; IF NOT EXISTS (SELECT 1 FROM dbo.Account WITH (UPDLOCK, HOLDLOCK) WHERE id = 8)`;
    await a.batch(`${guarded} SELECT 1`);
    const { result } = await blocks(b.batch(`${guarded} INSERT dbo.Account VALUES (8, 2); COMMIT`));
    await a.batch('INSERT dbo.Account VALUES (8, 1); COMMIT');
    await result;
    expect(await c.values('SELECT amount FROM dbo.Account WHERE id = 8')).toEqual([1]);
  });

  it('holds what a repeatable read has read', async () => {
    await a.batch(
      'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; BEGIN TRAN; SELECT * FROM dbo.Account WHERE id = 1',
    );
    await b.batch('UPDATE dbo.Account SET amount = 0 WHERE id = 2');
    const { result } = await blocks(b.batch('UPDATE dbo.Account SET amount = 0 WHERE id = 1'));
    expect(await a.value('SELECT amount FROM dbo.Account WHERE id = 1')).toBe(10);
    await a.batch('COMMIT');
    await result;
  });

  it('withdraws a waiting statement when its client cancels or leaves', async () => {
    await a.batch('BEGIN TRAN; UPDATE dbo.Account SET amount = 0 WHERE id = 1');
    const leaver = await Client.open(server.port);
    const waiting = leaver.batch(
      'BEGIN TRAN; UPDATE dbo.Account SET amount = 5 WHERE id = 3; UPDATE dbo.Account SET amount = 5 WHERE id = 1',
    );
    waiting.catch(() => undefined);
    await until(somebodyWaits);
    leaver.connection.close();
    await until(() => !somebodyWaits());
    await a.batch('COMMIT');
    expect(await c.values('SELECT amount FROM dbo.Account ORDER BY id')).toEqual([0, 20, 30]);
  });

  /**
   * What the connector does: lock each table to read its schema and the log's end, give the locks back, then read the rows.
   * Rows read plus changes after that log position must give the state at the end, whatever was written meanwhile.
   */
  it('makes a snapshot and the changes after it add up, under concurrent writers', async () => {
    const writers = await Promise.all(Array.from({ length: 3 }, () => Client.open(server.port)));
    let stop = false;
    const write = async (client: Client, seed: number): Promise<void> => {
      for (let i = 0; !stop; i++) {
        const id = 100 + ((seed * 7 + i * 13) % 40);
        const sql =
          i % 3 === 0
            ? `BEGIN TRAN; DELETE dbo.Account WHERE id = ${id}; INSERT dbo.Account VALUES (${id}, ${seed * 100000 + i}); COMMIT`
            : i % 3 === 1
              ? `UPDATE dbo.Account SET amount = amount + 1 WHERE id IN (${id}, ${id + 1})`
              : `BEGIN TRAN; DELETE dbo.Account WHERE id = ${id}; ${i % 2 ? 'ROLLBACK' : 'COMMIT'}`;
        // two writers may delete and insert the same key, or meet in a deadlock: both are refused cleanly
        await client.batch(sql).catch((error: unknown) => {
          const { number } = error as { number?: number };
          if (number !== 1205 && number !== 2627) throw error;
          return client.batch('IF @@TRANCOUNT > 0 ROLLBACK');
        });
      }
    };
    const writing = Promise.all(writers.map(write));
    const snapshots: { lsn: Buffer; rows: Map<number, number> }[] = [];
    for (let round = 0; round < 6; round++) {
      await until(() => server.database.cdc.times.length > round * 20);
      await c.batch('SET LOCK_TIMEOUT 10000; SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
      await c.batch('BEGIN TRAN; SAVE TRAN [dbz_schema_snapshot]');
      await c.batch('SELECT TOP(0) * FROM [AspDotNetStorefront].[dbo].[Account] WITH (TABLOCKX)');
      const lsn = (await c.value('SELECT [AspDotNetStorefront].sys.fn_cdc_get_max_lsn()')) as Buffer;
      await c.batch('ROLLBACK TRAN [dbz_schema_snapshot]');
      const rows = await c.batch('SELECT id, amount FROM dbo.Account');
      await c.batch('ROLLBACK');
      snapshots.push({ lsn, rows: new Map(rows.map((r) => [r['id'] as number, r['amount'] as number])) });
    }
    stop = true;
    await writing;
    const final = new Map(
      (await c.query('SELECT id, amount FROM dbo.Account')).map((r) => [r['id'] as number, r['amount'] as number]),
    );
    for (const { lsn, rows } of snapshots) {
      const changes = await c.query(
        `SELECT __$operation AS op, id, amount FROM cdc.dbo_Account_CT WHERE __$start_lsn > 0x${lsn.toString('hex')}
         ORDER BY __$start_lsn, __$seqval, __$operation`,
      );
      for (const change of changes) {
        if (change['op'] === 1) rows.delete(change['id'] as number);
        if (change['op'] === 2 || change['op'] === 4) rows.set(change['id'] as number, change['amount'] as number);
      }
      expect([...rows].sort()).toEqual([...final].sort());
    }
    await Promise.all(writers.map((w) => w.close()));
  });
});
