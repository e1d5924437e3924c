import { startSqlServer } from '../../../infra/sandbox/sqlserver/server.ts';
import { openConnection, type Row } from '../../../services/adnsf-executor/sql/connection.ts';
import type { ShopOptions } from '../../../services/adnsf-executor/sql/shop.ts';

const SA = 'Sa-pass-word-1';
const EXECUTOR = 'Executor-pass-word-1';
const DATABASE = 'AspDotNetStorefront';

/** The shop's database with its real tables, triggers and logins, and `sa` to arrange and look. */
export const startShopServer = async () => {
  const server = await startSqlServer({
    saPassword: SA,
    variables: { CDC_PASSWORD: 'Cdc-pass-word-1', EXECUTOR_PASSWORD: EXECUTOR, SHOP_PASSWORD: 'Shop-pass-word-1' },
  });
  const sa = await openConnection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName: 'sa', password: SA } },
    options: { port: server.port, database: DATABASE, encrypt: false, trustServerCertificate: true },
  });
  const sql = (text: string): Promise<readonly Row[]> => sa.query(text, {});
  let nextOrder = 200_000;

  return {
    port: server.port,
    sa,
    sql,
    /** As the executor's own login. */
    options: (over: Partial<ShopOptions> = {}): ShopOptions => ({
      host: '127.0.0.1',
      port: server.port,
      database: DATABASE,
      user: 'millrace_executor',
      password: EXECUTOR,
      encrypt: false,
      trustServerCertificate: true,
      connections: 4,
      timeoutMs: 5_000,
      ...over,
    }),
    /** Inserts a pending order of 123.45; `over` holds SQL by column. @returns its number */
    place: async (over: Readonly<Record<string, string>> = {}): Promise<number> => {
      const orderNumber = nextOrder++;
      const columns = {
        OrderNumber: String(orderNumber),
        CustomerID: '7',
        CustomerGUID: 'NEWID()',
        CartType: '0',
        StoreID: '1',
        OrderTotal: '123.45',
        TransactionState: `N'PENDING'`,
        PaymentMethod: `N'Stripe'`,
        ...over,
      };
      await sql(
        `INSERT INTO dbo.Orders (${Object.keys(columns).join(', ')}) VALUES (${Object.values(columns).join(', ')})`,
      );
      return orderNumber;
    },
    look: async (orderNumber: number): Promise<Row> =>
      (
        await sql(`SELECT TransactionState, AuthorizationPNREF, PaymentGateway, CustomerServiceNotes,
          CONVERT(varchar(30), CapturedOn, 126) AS CapturedOn, CONVERT(varchar(30), AuthorizedOn, 126) AS AuthorizedOn
          FROM dbo.Orders WHERE OrderNumber = ${orderNumber}`)
      )[0]!,
    close: async (): Promise<void> => {
      sa.close();
      await server.close();
    },
  };
};

export type ShopServer = Awaited<ReturnType<typeof startShopServer>>;
