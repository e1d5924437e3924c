import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SqlServer } from '../../../infra/sandbox/sqlserver/server.ts';
import type { Row } from './harness.ts';
import { Client, SANDBOX_ONLY, isReal, startSandbox } from './harness.ts';

const head = '__$start_lsn AS lsn, __$seqval AS seq, __$operation AS op, __$update_mask AS mask';
const hex = (value: unknown): string => (value as Buffer).toString('hex');

// a real capture job runs seconds later and cannot be awaited in the same way
describe.skipIf(isReal)(isReal ? `change data capture: ${SANDBOX_ONLY}` : 'change data capture', () => {
  let server: SqlServer;
  let db: Client;
  let lastLsn: Buffer;

  beforeAll(async () => {
    server = await startSandbox();
    db = await Client.open(server.port);
  });
  afterAll(async () => {
    await db.close();
    await server.close();
  });

  const mark = async (): Promise<void> => {
    lastLsn = (await db.value('SELECT sys.fn_cdc_get_max_lsn()')) as Buffer;
  };
  /** Change rows of a table since the last {@link mark}. */
  const changes = (table: string, columns: string): Promise<Row[]> =>
    db.query(
      `SELECT ${head}, ${columns} FROM cdc.dbo_${table}_CT WHERE __$start_lsn > 0x${hex(lastLsn)} ORDER BY __$start_lsn, __$seqval, __$operation`,
    );
  const order = (number: number, more = ''): string =>
    `INSERT dbo.Orders (OrderNumber, CustomerID, CustomerGUID, CartType, OrderTotal, OrderNotes${more === '' ? '' : ', CardNumber'})
     VALUES (${number}, 7, newid(), 0, 12.34, N'note'${more === '' ? '' : `, N'${more}'`});`;

  it('doubles an insert through the UpdatedOn trigger, in one transaction', async () => {
    await mark();
    await db.batch(order(1));
    const rows = await changes('Orders', 'OrderNumber, UpdatedOn');
    expect(rows.map((r) => r['op'])).toEqual([2, 3, 4]);
    expect(new Set(rows.map((r) => hex(r['lsn']))).size).toBe(1);
    expect(hex(rows[0]!['seq']) < hex(rows[1]!['seq'])).toBe(true);
    expect(hex(rows[1]!['seq'])).toBe(hex(rows[2]!['seq']));
    expect(rows[1]!['UpdatedOn']).not.toEqual(rows[2]!['UpdatedOn']);
  });

  it('doubles an update, with masks that name the changed columns', async () => {
    await mark();
    await db.batch("UPDATE dbo.Orders SET TransactionState = N'CAPTURED' WHERE OrderNumber = 1");
    const rows = await changes(
      'Orders',
      "TransactionState, sys.fn_cdc_is_bit_set(sys.fn_cdc_get_column_ordinal('dbo_Orders', 'TransactionState'), __$update_mask) AS state, sys.fn_cdc_is_bit_set(sys.fn_cdc_get_column_ordinal('dbo_Orders', 'UpdatedOn'), __$update_mask) AS updated",
    );
    expect(rows.map((r) => [r['op'], r['TransactionState'], r['state'], r['updated']])).toEqual([
      [3, null, 1, 0],
      [4, 'CAPTURED', 1, 0],
      [3, 'CAPTURED', 0, 1],
      [4, 'CAPTURED', 0, 1],
    ]);
  });

  it('blanks unchanged large columns in before-images only', async () => {
    await mark();
    await db.batch('UPDATE dbo.Orders SET OrderTotal = 1 WHERE OrderNumber = 1');
    const quiet = await changes('Orders', 'OrderNotes');
    expect(quiet.slice(0, 2).map((r) => r['OrderNotes'])).toEqual([null, 'note']);
    await mark();
    await db.batch("UPDATE dbo.Orders SET OrderNotes = N'other' WHERE OrderNumber = 1");
    const changed = await changes('Orders', 'OrderNotes');
    expect(changed.slice(0, 2).map((r) => r['OrderNotes'])).toEqual(['note', 'other']);
  });

  it('never captures card columns, nor an update of nothing else', async () => {
    const captured = await db.values(
      "SELECT column_name FROM cdc.captured_columns WHERE column_name LIKE 'Card%' OR column_name IN ('Last4', 'Password', 'SaltKey', 'CIM_ProfileId') OR column_name LIKE '%TX[CR]%' OR column_name LIKE '%Command'",
    );
    expect(captured).toEqual([]);
    await mark();
    await db.batch(order(2, '4111 1111 1111 1111'));
    const [row] = await db.query('SELECT TOP 1 * FROM cdc.dbo_Orders_CT WHERE OrderNumber = 2');
    expect(JSON.stringify(row)).not.toContain('4111');
    await mark();
    await db.batch("UPDATE dbo.Orders SET CardNumber = N'Not Stored' WHERE OrderNumber = 2");
    expect((await changes('Orders', 'OrderNumber')).map((r) => r['op'])).toEqual([3, 4]);
  });

  it('keeps one commit LSN over tables, in order of change', async () => {
    await mark();
    await db.batch(`BEGIN TRAN; ${order(3)}
      INSERT dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity) VALUES (3, 30, 7, 1, 1, 1); COMMIT`);
    const orders = await changes('Orders', 'OrderNumber');
    const lines = await changes('Orders_ShoppingCart', 'OrderNumber');
    expect(new Set([...orders, ...lines].map((r) => hex(r['lsn']))).size).toBe(1);
    expect(hex(orders.at(-1)!['seq']) < hex(lines[0]!['seq'])).toBe(true);
  });

  it('shows nothing of what was rolled back', async () => {
    await mark();
    await db.batch(`BEGIN TRAN; ${order(4)} ROLLBACK`);
    await db.batch(
      `BEGIN TRAN; SAVE TRAN s; ${order(5)} ROLLBACK TRAN s; UPDATE dbo.Orders SET IsNew = 0 WHERE OrderNumber = 3; COMMIT`,
    );
    const rows = await changes('Orders', 'OrderNumber');
    expect(rows.map((r) => [r['OrderNumber'], r['op']])).toEqual([
      [3, 3],
      [3, 4],
      [3, 3],
      [3, 4],
    ]);
  });

  it('touches older lines of the same cart record, as the trigger of the shop does', async () => {
    const line = (number: number): string =>
      `INSERT dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity) VALUES (${number}, 0, 7, 1, 1, 1);`;
    await db.batch(line(50));
    await mark();
    await db.batch(line(51));
    const rows = await changes('Orders_ShoppingCart', 'OrderNumber');
    expect(rows.map((r) => [r['OrderNumber'], r['op']])).toEqual([
      [51, 2],
      [50, 3],
      [50, 4],
      [51, 3],
      [51, 4],
    ]);
  });

  it('writes a delete and an insert when the clustered key moves', async () => {
    await mark();
    await db.batch('UPDATE dbo.Orders_ShoppingCart SET CustomerID = 8 WHERE OrderNumber = 51');
    const rows = await changes('Orders_ShoppingCart', 'CustomerID, OrderNumber');
    expect(rows.slice(0, 2).map((r) => [r['op'], r['CustomerID']])).toEqual([
      [1, 7],
      [2, 8],
    ]);
    await mark();
    await db.batch('DELETE dbo.Orders_ShoppingCart WHERE OrderNumber = 51');
    expect((await changes('Orders_ShoppingCart', 'CustomerID')).map((r) => r['op'])).toEqual([1]);
  });

  it('validates the range of the change function', async () => {
    const all = 'SELECT COUNT(*) FROM cdc.fn_cdc_get_all_changes_dbo_Orders';
    const [row] = await db.query(
      "SELECT sys.fn_cdc_get_min_lsn('dbo_Orders') AS low, sys.fn_cdc_get_max_lsn() AS high",
    );
    const low = hex(row!['low']);
    const high = hex(row!['high']);
    const total = (await db.value(`${all}(0x${low}, 0x${high}, N'all update old')`)) as number;
    const after = (await db.value(`${all}(0x${low}, 0x${high}, N'all')`)) as number;
    expect(total).toBeGreaterThan(after);
    await expect(db.query(`${all}(0x00000000000000000001, 0x${high}, N'all')`)).rejects.toMatchObject({ number: 313 });
    await expect(
      db.query("SELECT * FROM cdc.fn_cdc_get_all_changes_dbo_Nope(0x00, 0x01, N'all')"),
    ).rejects.toMatchObject({
      number: 208,
      message: "Invalid object name 'cdc.fn_cdc_get_all_changes_dbo_Nope'.",
    });
  });

  it('captures a new column in a second instance', async () => {
    await db.batch('ALTER TABLE dbo.ShoppingCart ADD GiftWrap nvarchar(20) NULL');
    await db.batch(
      "EXEC sys.sp_cdc_enable_table @source_schema = N'dbo', @source_name = N'ShoppingCart', @role_name = NULL, @capture_instance = N'dbo_ShoppingCart_v2', @supports_net_changes = 0",
    );
    await mark();
    await db.batch("INSERT dbo.ShoppingCart (CustomerID, ProductID, VariantID, GiftWrap) VALUES (1, 1, 1, N'red')");
    const [first] = await changes('ShoppingCart_v2', 'GiftWrap');
    expect(first).toMatchObject({ op: 2, GiftWrap: 'red' });
    expect(await changes('ShoppingCart', 'ProductID')).toHaveLength(3);
  });
});
