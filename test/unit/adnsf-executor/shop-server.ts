import { type AdnsfOptions, startAdnsf } from '../../../infra/sandbox/adnsf/server.ts';
import { startSqlServer } from '../../../infra/sandbox/sqlserver/server.ts';
import { openRestShop } from '../../../services/adnsf-executor/rest/shop.ts';
import { openConnection, type Row } from '../../../services/adnsf-executor/sql/connection.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { openShop, type ShopOptions } from '../../../services/adnsf-executor/sql/shop.ts';

const SA = 'Sa-pass-word-1';
const EXECUTOR = 'Executor-pass-word-1';
const DATABASE = 'AspDotNetStorefront';
const SHOP = 'Shop-pass-word-1';
export const WRITE_KEY = 'adnsf_write_key_1';
export const READ_KEY = 'adnsf_read_key_1';

/** The shop's database with its real tables, triggers and logins, and `sa` to arrange and look. */
export const startShopServer = async () => {
  const server = await startSqlServer({
    saPassword: SA,
    variables: { CDC_PASSWORD: 'Cdc-pass-word-1', EXECUTOR_PASSWORD: EXECUTOR, SHOP_PASSWORD: SHOP },
  });
  const sa = await openConnection({
    server: '127.0.0.1',
    authentication: { type: 'default', options: { userName: 'sa', password: SA } },
    options: { port: server.port, database: DATABASE, encrypt: false, trustServerCertificate: true },
  });
  const faults: unknown[] = [];
  const api = (over: Partial<AdnsfOptions> = {}) =>
    startAdnsf({
      keys: { write: ['adnsf_write_key_0', WRITE_KEY], read: [READ_KEY] },
      database: { host: '127.0.0.1', port: server.port, name: DATABASE, user: 'millrace_shop', password: SHOP },
      onFault: (error) => faults.push(error),
      ...over,
    });
  const rest = await api();
  const sql = (text: string): Promise<readonly Row[]> => sa.query(text, {});
  let nextOrder = 200_000;

  return {
    port: server.port,
    rest,
    /** Another of the kind, to be closed by whoever asked for it. */
    api,
    /** What went wrong inside the API; nothing should. */
    faults,
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
    /** Somebody gives back one of variant 2 of an order's line 7; `over` holds SQL by column. @returns its id */
    giveBack: async (orderNumber: number, over: Readonly<Record<string, string>> = {}): Promise<number> => {
      const columns = {
        RMANumber: `N'RMA-${orderNumber}'`,
        OrderNumber: String(orderNumber),
        ShoppingCartRecID: '7',
        CustomerID: '7',
        ProductID: '1',
        VariantID: '2',
        ReturnState: `N'RECEIVED'`,
        RefundAmount: '9.81',
        ReceivedOn: 'GETDATE()',
        ...over,
      };
      const [row] = await sql(
        `INSERT INTO dbo.Custom_OrderReturn (${Object.keys(columns).join(', ')}) VALUES (${Object.values(columns).join(', ')});
         SELECT CAST(SCOPE_IDENTITY() AS int) AS Id`,
      );
      return row!['Id'] as number;
    },
    look: async (orderNumber: number): Promise<Row> =>
      (
        await sql(`SELECT TransactionState, AuthorizationPNREF, PaymentGateway, CustomerServiceNotes,
          CONVERT(varchar(30), CapturedOn, 126) AS CapturedOn, CONVERT(varchar(30), AuthorizedOn, 126) AS AuthorizedOn
          FROM dbo.Orders WHERE OrderNumber = ${orderNumber}`)
      )[0]!,
    close: async (): Promise<void> => {
      await rest.close();
      sa.close();
      await server.close();
    },
  };
};

export type ShopServer = Awaited<ReturnType<typeof startShopServer>>;

export type Way = Readonly<{
  name: 'sql' | 'rest';
  /** The port that the adapter connects to. */
  port: (server: ShopServer) => number;
  open: (
    server: ShopServer,
    over?: Partial<{ port: number; credential: string; timeoutMs: number }>,
  ) => Shop & OrderLookup;
  /** Takes a permission away while `work` runs. */
  withoutPermission: (server: ShopServer, work: (shop: Shop) => Promise<void>) => Promise<void>;
}>;

const overSql: Way = {
  name: 'sql',
  port: (server) => server.port,
  open: (server, { credential, ...over } = {}) =>
    openShop(server.options({ ...over, ...(credential !== undefined && { password: credential }) })),
  withoutPermission: async (server, work) => {
    const shop = openShop(server.options());
    await server.sql('DENY UPDATE ON dbo.Orders (PaymentGateway) TO [millrace_commands]');
    try {
      await work(shop);
    } finally {
      await server.sql('REVOKE UPDATE ON dbo.Orders (PaymentGateway) TO [millrace_commands]');
      await server.sql('GRANT UPDATE ON dbo.Orders (PaymentGateway) TO [millrace_commands]');
      await shop.close();
    }
  },
};

const overRest: Way = {
  name: 'rest',
  port: (server) => server.rest.port,
  open: (server, over = {}) =>
    openRestShop({
      base: new URL(`http://127.0.0.1:${over.port ?? server.rest.port}`),
      apiKey: over.credential ?? WRITE_KEY,
      timeoutMs: over.timeoutMs ?? 5_000,
    }),
  withoutPermission: async (server, work) => {
    await work(overRest.open(server, { credential: READ_KEY }));
  },
};

/** Every way to the shop; one suite holds for all. */
export const ways: readonly Way[] = [overSql, overRest];
