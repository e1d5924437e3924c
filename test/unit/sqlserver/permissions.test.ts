import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SqlServer } from '../../../infra/sandbox/sqlserver/server.ts';
import { Client, PASSWORD, SANDBOX_ONLY, errorNumber, isReal, startSandbox } from './harness.ts';

describe.skipIf(isReal)(isReal ? `permissions: ${SANDBOX_ONLY}` : 'permissions', () => {
  let server: SqlServer;
  let executor: Client;
  let connector: Client;
  let shop: Client;

  beforeAll(async () => {
    server = await startSandbox();
    const open = (user: string): Promise<Client> => Client.open(server.port, { user, password: PASSWORD });
    [executor, connector, shop] = await Promise.all([
      open('millrace_executor'),
      open('millrace_cdc'),
      open('millrace_shop'),
    ]);
    await shop.batch(`INSERT dbo.Orders (OrderNumber, CustomerID, CustomerGUID, CartType, OrderTotal, CardNumber, TransactionState)
      VALUES (1, 1, newid(), 0, 12.34, N'4111111111111111', N'PENDING')`);
  });
  afterAll(async () => {
    await Promise.all([executor.close(), connector.close(), shop.close()]);
    await server.close();
  });

  it.each([
    ['SELECT CardNumber FROM dbo.Orders', 230],
    ['SELECT * FROM dbo.Orders', 230],
    ["SELECT OrderNumber FROM dbo.Orders WHERE CardNumber LIKE '4%'", 230],
    ['UPDATE dbo.Orders SET OrderTotal = 0 WHERE OrderNumber = 1', 230],
    ['UPDATE dbo.Orders SET TransactionState = CardNumber', 230],
    ['DELETE dbo.Orders', 229],
    ['SELECT Password FROM dbo.Customer', 230],
    ['DELETE dbo.Millrace_AppliedCommand', 229],
    ['UPDATE dbo.Millrace_AppliedCommand SET Outcome = NULL', 229],
    ['SELECT * FROM cdc.dbo_Orders_CT', 229],
    [
      "EXEC sys.sp_cdc_disable_table @source_schema = N'dbo', @source_name = N'Orders', @capture_instance = N'all'",
      22904,
    ],
    ['UPDATE dbo.Custom_OrderReturn SET OrderNumber = 1', 230],
    ['UPDATE dbo.Custom_OrderReturn SET Restock = 1', 230],
    ['DELETE dbo.Custom_OrderReturn', 229],
    ['UPDATE dbo.ProductVariant SET Price = 0', 230],
    ['CREATE TABLE dbo.Mine (id int)', 262],
  ])('the executor may not: %s', async (sql, number) => {
    expect(await errorNumber(executor.batch(sql))).toBe(number);
  });

  it('the executor may mark an order paid and remember the command', async () => {
    await executor.batch(`BEGIN TRAN;
      UPDATE dbo.Orders SET TransactionState = N'CAPTURED', CapturedOn = GETDATE(), PaymentGateway = N'STRIPE', AuthorizationPNREF = N'pi_1'
      WHERE OrderNumber = 1 AND TransactionState = N'PENDING';
      INSERT dbo.Millrace_AppliedCommand (CommandID, OrderNumber, Outcome) VALUES (N'1/mark-paid/1', 1, N'applied'); COMMIT`);
    expect(await shop.value('SELECT TransactionState FROM dbo.Orders WHERE OrderNumber = 1')).toBe('CAPTURED');
    const again = executor.batch(
      "INSERT dbo.Millrace_AppliedCommand (CommandID, OrderNumber, Outcome) VALUES (N'1/mark-paid/1', 1, N'twice')",
    );
    expect(await errorNumber(again)).toBe(2627);
  });

  it('the connector reads changes and its tables, and writes nothing', async () => {
    expect(await connector.query('EXEC sys.sp_cdc_help_change_data_capture')).toHaveLength(6);
    expect(await connector.value('SELECT COUNT(*) FROM cdc.dbo_Orders_CT')).toBeGreaterThan(0);
    expect(
      await connector.value("SELECT status FROM sys.dm_server_services WHERE servicename LIKE N'SQL Server Agent (%'"),
    ).toBe(4);
    expect(await errorNumber(connector.batch('UPDATE dbo.Orders SET IsNew = 0'))).toBe(229);
    expect(await errorNumber(connector.batch('SELECT CardNumber FROM dbo.Address'))).toBe(230);
    expect(await errorNumber(connector.batch('SELECT OrderReturnID FROM dbo.Custom_OrderReturn'))).toBeUndefined();
    expect(await errorNumber(connector.batch('SELECT Notes FROM dbo.Custom_OrderReturn'))).toBe(230);
    expect(await errorNumber(executor.batch('SELECT * FROM sys.dm_server_services'))).toBe(300);
  });
});
