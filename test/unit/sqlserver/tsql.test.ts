import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Target } from './harness.ts';
import { Client, TYPES, errorNumber, openTarget } from './harness.ts';

let target: Target;
let db: Client;

beforeAll(async () => {
  target = await openTarget();
  db = await Client.open(target.port, target);
  await db.batch(`CREATE TABLE dbo.TsqlItem (
    id int IDENTITY(10,5) NOT NULL PRIMARY KEY, name nvarchar(10) NOT NULL, price money NULL, qty int NOT NULL DEFAULT (1),
    code char(3) NULL, CONSTRAINT UQ_TsqlItem UNIQUE (name, qty))`);
});
afterAll(async () => {
  await db.batch('DROP TABLE dbo.TsqlItem');
  await db.close();
  await target.close();
});
beforeEach(async () => {
  await db.batch('DELETE FROM dbo.TsqlItem');
  await db.batch(`SET IDENTITY_INSERT dbo.TsqlItem ON;
    INSERT dbo.TsqlItem (id, name, price, qty, code) VALUES (1, N'Apple', 1.25, 4, 'a'), (2, N'banana', NULL, 1, 'b'), (3, N'Cherry', 3, 2, 'c');
    SET IDENTITY_INSERT dbo.TsqlItem OFF;`);
});

const names = (sql: string): Promise<unknown[]> => db.values(`SELECT name FROM dbo.TsqlItem ${sql}`);

describe('select', () => {
  it('compares text without case and trailing blanks', async () => {
    expect(await names("WHERE name = N'APPLE  ' ")).toEqual(['Apple']);
    expect(await names("WHERE name LIKE 'b%' OR name LIKE '[c]_erry'")).toEqual(['banana', 'Cherry']);
    expect(await names("WHERE name NOT IN ('apple', 'CHERRY')")).toEqual(['banana']);
  });

  it('treats null as unknown', async () => {
    expect(await names('WHERE price > 1')).toEqual(['Apple', 'Cherry']);
    expect(await names('WHERE NOT (price > 1)')).toEqual([]);
    expect(await names('WHERE price NOT IN (SELECT CAST(NULL AS money))')).toEqual([]);
    expect(await names('WHERE ISNULL(price, 0) = 0')).toEqual(['banana']);
  });

  it('orders, limits and pages', async () => {
    expect(await names('ORDER BY price')).toEqual(['banana', 'Apple', 'Cherry']);
    expect(await db.values('SELECT TOP (2) name FROM dbo.TsqlItem ORDER BY id DESC')).toEqual(['Cherry', 'banana']);
    expect(await names('ORDER BY id OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY')).toEqual(['banana']);
  });

  it('joins, groups and nests', async () => {
    const rows = await db.query(`SELECT a.name, b.name AS other FROM dbo.TsqlItem a LEFT JOIN dbo.TsqlItem b
      ON b.qty = a.qty + 1 ORDER BY a.id`);
    expect(rows.map((r) => [r['name'], r['other']])).toEqual([
      ['Apple', null],
      ['banana', 'Cherry'],
      ['Cherry', null],
    ]);
    const [total] = await db.query(
      'SELECT COUNT(*) n, COUNT(price) p, SUM(price * qty) s, MIN(name) lo, MAX(qty) hi FROM dbo.TsqlItem',
    );
    expect(total).toEqual({ n: 3, p: 2, s: 11, lo: 'Apple', hi: 4 });
    expect(await db.values(`SELECT qty % 2 FROM dbo.TsqlItem GROUP BY qty % 2 HAVING COUNT(*) > 1`)).toEqual([0]);
    expect(await names('t WHERE EXISTS (SELECT 1 FROM dbo.TsqlItem x WHERE x.qty > t.qty AND x.id < t.id)')).toEqual([
      'banana',
      'Cherry',
    ]);
    const ranked = `WITH ranked AS (SELECT name, ROW_NUMBER() OVER (PARTITION BY qty % 2 ORDER BY id DESC) AS n FROM dbo.TsqlItem)
      SELECT name FROM ranked WHERE n = 1 ORDER BY name`;
    expect(await db.values(ranked)).toEqual(['banana', 'Cherry']);
    expect(await db.values('SELECT 1 AS x UNION SELECT 1 UNION ALL SELECT 2 ORDER BY x')).toEqual([1, 2]);
  });

  it('does arithmetic as T-SQL does', async () => {
    const [row] = await db.query(`SELECT 7 / 2 AS a, -7 / 2 AS b, 7 % 3 AS c, CONVERT(varchar(20), 10.0 / 4) AS d,
      CONVERT(varchar(20), CAST(1 AS money) / 3) AS e, 'a' + N'ß' AS f, CAST(2.5 AS int) AS g, CAST('2.50' AS money) AS h,
      CASE WHEN 1 = 0 THEN 1 END AS i, COALESCE(NULL, 5) AS j, LEN('ab  ') AS k, CAST(0.5 AS decimal(9,0)) AS l`);
    expect(row).toEqual({
      a: 3,
      b: -3,
      c: 1,
      d: '2.500000',
      e: '0.33',
      f: 'aß',
      g: 2,
      h: 2.5,
      i: null,
      j: 5,
      k: 2,
      l: 1,
    });
    expect(await errorNumber(db.batch('SELECT 2147483647 + 1'))).toBe(8115);
  });

  it('knows dates', async () => {
    const [row] =
      await db.query(`SELECT CONVERT(varchar(30), DATEADD(month, 1, '2026-01-31'), 120) AS a, DATEDIFF(day, '2026-02-28', '2026-03-01') AS b,
      CONVERT(varchar(30), CAST('2026-05-06 07:08:09.998' AS datetime), 121) AS c, DATEPART(year, '2026-05-06') AS d, CONVERT(char(8), CAST('2026-05-06' AS date), 112) AS e`);
    expect(row).toEqual({ a: '2026-02-28 00:00:00', b: 1, c: '2026-05-06 07:08:09.997', d: 2026, e: '20260506' });
  });
});

describe('changes', () => {
  it('inserts with identity, defaults and OUTPUT', async () => {
    const rows = await db.query(
      "INSERT INTO dbo.TsqlItem (name) OUTPUT inserted.id, inserted.qty VALUES (N'x'), (N'y')",
    );
    expect(rows.map((r) => r['qty'])).toEqual([1, 1]);
    expect((rows[1]!['id'] as number) - (rows[0]!['id'] as number)).toBe(5);
    const id = await db.value("INSERT dbo.TsqlItem (name) VALUES (N'z'); SELECT CAST(SCOPE_IDENTITY() AS int)");
    expect(id).toBe((rows[1]!['id'] as number) + 5);
    await db.query('INSERT dbo.TsqlItem (name, qty) SELECT LEFT(name, 3), qty + 10 FROM dbo.TsqlItem WHERE id < 3');
    expect(await names('WHERE qty > 10 ORDER BY qty')).toEqual(['ban', 'App']);
  });

  it('updates through a join and reports rows', async () => {
    const rows = await db.query(`UPDATE t SET qty += s.n, price = NULL OUTPUT deleted.qty AS was, inserted.qty AS now
      FROM dbo.TsqlItem t JOIN (VALUES (1, 100), (3, 300)) AS s (id, n) ON s.id = t.id WHERE t.qty > 1`);
    expect(rows).toEqual([
      { was: 4, now: 104 },
      { was: 2, now: 302 },
    ]);
    expect(await db.value("UPDATE dbo.TsqlItem SET qty = 0 WHERE name = 'nobody'; SELECT @@ROWCOUNT")).toBe(0);
    expect(await db.value('DELETE dbo.TsqlItem WHERE id IN (1, 2); SELECT @@ROWCOUNT')).toBe(2);
  });

  it.each([
    ["INSERT dbo.TsqlItem (name, qty) VALUES (N'APPLE ', 4)", 2627],
    ['INSERT dbo.TsqlItem (name) VALUES (NULL)', 515],
    ["INSERT dbo.TsqlItem (name) VALUES (N'far too long a name')", 2628],
    ['UPDATE dbo.TsqlItem SET name = NULL', 515],
    ['UPDATE dbo.TsqlItem SET id = 1', 8102],
    ["INSERT dbo.TsqlItem (name, nope) VALUES (N'a', 1)", 207],
  ])('%s is error %i and changes nothing', async (sql, number) => {
    expect(await errorNumber(db.batch(sql))).toBe(number);
    expect(await db.value('SELECT COUNT(*) FROM dbo.TsqlItem')).toBe(3);
  });

  it('undoes a statement that fails half-way, and goes on with the next', async () => {
    const error = errorNumber(
      db.batch("UPDATE dbo.TsqlItem SET qty = 10 / (qty - 2); INSERT dbo.TsqlItem (name) VALUES (N'after')"),
    );
    expect(await error).toBe(8134);
    expect(await db.values('SELECT qty FROM dbo.TsqlItem ORDER BY id')).toEqual([4, 1, 2, 1]);
  });
});

describe('batches', () => {
  it('runs variables, conditions and loops', async () => {
    const sum = await db.value(`DECLARE @i int = 0, @s int = 0;
      WHILE @i < 10 BEGIN SET @i += 1; IF @i % 2 = 0 CONTINUE; IF @i > 7 BREAK; SET @s = @s + @i; END;
      SELECT @s`);
    expect(sum).toBe(16);
    expect(await db.value('DECLARE @n int; SELECT @n = MAX(qty) FROM dbo.TsqlItem; SELECT @n')).toBe(4);
    const fromTable = await db.value(
      "DECLARE @t TABLE (a int, b nvarchar(5)); INSERT @t VALUES (1, 'x'), (2, 'y'); SELECT b FROM @t WHERE a = 2",
    );
    expect(fromTable).toBe('y');
  });

  it('catches and rethrows', async () => {
    const number = await db.value('BEGIN TRY SELECT 1/0 END TRY BEGIN CATCH SELECT ERROR_NUMBER() END CATCH');
    expect(number).toBe(8134);
    expect(await errorNumber(db.batch("BEGIN TRY THROW 50123, 'mine', 1 END TRY BEGIN CATCH THROW END CATCH"))).toBe(
      50123,
    );
  });

  it('keeps savepoints apart', async () => {
    const left = await db.query(`BEGIN TRAN; UPDATE dbo.TsqlItem SET qty = 90 WHERE id = 1; SAVE TRAN here;
      DELETE dbo.TsqlItem; ROLLBACK TRAN here; COMMIT; SELECT COUNT(*) AS n, MAX(qty) AS q, @@TRANCOUNT AS t FROM dbo.TsqlItem`);
    expect(left).toEqual([{ n: 3, q: 90, t: 0 }]);
  });

  it('ends the transaction on an error when XACT_ABORT is on', async () => {
    const fresh = await Client.open(target.port, target);
    const work = fresh.batch('SET XACT_ABORT ON; BEGIN TRAN; UPDATE dbo.TsqlItem SET qty = 77; SELECT 1/0; COMMIT');
    expect(await errorNumber(work)).toBe(8134);
    expect(await fresh.value('SELECT @@TRANCOUNT')).toBe(0);
    expect(await db.value('SELECT COUNT(*) FROM dbo.TsqlItem WHERE qty = 77')).toBe(0);
    await fresh.close();
  });

  it('passes parameters by name', async () => {
    const rows = await db.query('SELECT name FROM dbo.TsqlItem WHERE price = @price AND name = @name', {
      name: [TYPES.NVarChar, 'apple'],
      price: [TYPES.Money, 1.25],
    });
    expect(rows).toEqual([{ name: 'Apple' }]);
  });
});
