/** The shop's database over TDS. Every statement names its columns: the login may touch no others. */
import { type ConnectionConfiguration, TYPES } from 'tedious';
import { z } from 'zod';
import type { Change } from '../domain/decision.ts';
import type { OrderRow } from '../domain/order-row.ts';
import { type AppliedRow, CommandKnownError, type OrderLookup, type Shop, type ShopTransaction } from '../shop.ts';
import { openConnection, type Parameter, type SqlConnection } from './connection.ts';
import { isDuplicateKey, meaningOf } from './failure.ts';
import { openPool } from './pool.ts';

export type ShopOptions = Readonly<{
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  encrypt: boolean;
  /** Without it the server's certificate must be one that this machine trusts. */
  trustServerCertificate: boolean;
  connections: number;
  timeoutMs: number;
}>;

const text = (value: string | null): Parameter => ({ type: TYPES.NVarChar, value });
const integer = (value: number): Parameter => ({ type: TYPES.Int, value });
/** The driver writes what the date shows in UTC. */
const localTime = (value: number): Parameter => ({ type: TYPES.DateTime, value: new Date(value) });

const appliedRow = z.object({ Outcome: z.string(), OrderNumber: z.number().int(), AppliedOn: z.date() });
const orderRow = z.object({
  OrderNumber: z.number().int(),
  StoreID: z.number().int(),
  TransactionState: z.string().nullable(),
  AuthorizationPNREF: z.string().nullable(),
  OrderTotal: z.string(),
  CouponType: z.number().int(),
  CouponDiscountAmount: z.string().nullable(),
});
const versionRow = z.object({ UpdatedOn: z.date() });
const changedRow = z.object({ Changed: z.number().int() });

const SELECT_APPLIED = 'SELECT Outcome, OrderNumber, AppliedOn FROM dbo.Millrace_AppliedCommand WHERE CommandID = @id';

/** Money as text: the driver would make a float of it. */
const selectOrder = (hint: string): string => `
SELECT OrderNumber, StoreID, TransactionState, AuthorizationPNREF,
  CONVERT(varchar(40), OrderTotal, 2) AS OrderTotal, CouponType,
  CONVERT(varchar(40), CouponDiscountAmount, 2) AS CouponDiscountAmount
FROM dbo.Orders ${hint} WHERE OrderNumber = @order`;
const LOOK_AT_ORDER = selectOrder('');
/** The lock keeps the order as it is until the end. */
const SELECT_ORDER = selectOrder('WITH (UPDLOCK, ROWLOCK)');

const SELECT_VERSION = 'SELECT UpdatedOn FROM dbo.Orders WHERE OrderNumber = @order';

const INSERT_APPLIED = `
INSERT INTO dbo.Millrace_AppliedCommand (CommandID, OrderNumber, AppliedOn, Outcome)
VALUES (@id, @order, SYSUTCDATETIME(), @outcome)`;

/** Guarded by what was read, and counted at once: triggers on the table count rows of their own afterwards. */
const updateOrders = (assignments: string): string => `
UPDATE dbo.Orders SET ${assignments}
WHERE OrderNumber = @order
  AND (TransactionState = @state OR (TransactionState IS NULL AND @state IS NULL))
  AND (AuthorizationPNREF = @reference OR (AuthorizationPNREF IS NULL AND @reference IS NULL));
SELECT @@ROWCOUNT AS Changed`;

const ADD_NOTE = `CustomerServiceNotes =
  CASE WHEN CustomerServiceNotes IS NULL THEN @note ELSE CustomerServiceNotes + NCHAR(13) + NCHAR(10) + @note END`;

const UPDATES: Readonly<Record<Change['kind'], string>> = {
  link: updateOrders('AuthorizationPNREF = @paymentIntent, PaymentGateway = @gateway'),
  paid: updateOrders("TransactionState = N'CAPTURED', CapturedOn = @on, AuthorizedOn = COALESCE(AuthorizedOn, @on)"),
  authorized: updateOrders("TransactionState = N'AUTHORIZED', AuthorizedOn = @on"),
  // As ADNSF itself does, but for the stock, which its own procedure returns.
  voided: updateOrders(`TransactionState = N'VOIDED', VoidedOn = @on, IsNew = 0, ${ADD_NOTE}`),
  declined: updateOrders(`TransactionState = N'REFUSED', ${ADD_NOTE}`),
  // As ADNSF itself does; RefundTXCommand and RefundTXResult are its gateways' to write.
  refunded: updateOrders(
    `TransactionState = N'REFUNDED', RefundedOn = @on, RefundReason = @reason, IsNew = 0, ${ADD_NOTE}`,
  ),
  unrefunded: updateOrders(`TransactionState = N'CAPTURED', RefundedOn = NULL, ${ADD_NOTE}`),
  noted: updateOrders(ADD_NOTE),
};

const parametersOf = (change: Change): Readonly<Record<string, Parameter>> => {
  switch (change.kind) {
    case 'link':
      return { paymentIntent: text(change.paymentIntentId), gateway: text(change.gateway) };
    case 'authorized':
    case 'paid':
      return { on: localTime(change.on) };
    case 'voided':
      return { on: localTime(change.on), note: text(change.note) };
    case 'declined':
    case 'unrefunded':
    case 'noted':
      return { note: text(change.note) };
    case 'refunded':
      return { on: localTime(change.on), reason: text(change.reason), note: text(change.note) };
  }
};

const readOrder = async (
  connection: SqlConnection,
  statement: string,
  orderNumber: number,
): Promise<OrderRow | undefined> => {
  const [found] = await connection.query(statement, { order: integer(orderNumber) });
  if (!found) return undefined;
  const row = orderRow.parse(found);
  return {
    orderNumber: row.OrderNumber,
    storeId: row.StoreID,
    state: row.TransactionState,
    paymentReference: row.AuthorizationPNREF,
    total: row.OrderTotal,
    couponType: row.CouponType,
    couponAmount: row.CouponDiscountAmount,
  };
};

const overConnection = (connection: SqlConnection): ShopTransaction => {
  const applied = async (commandId: string): Promise<AppliedRow | undefined> => {
    const [found] = await connection.query(SELECT_APPLIED, { id: text(commandId) });
    if (!found) return undefined;
    const row = appliedRow.parse(found);
    return { outcome: row.Outcome, orderNumber: row.OrderNumber, appliedOn: BigInt(row.AppliedOn.getTime()) };
  };
  return {
    applied,
    order: (orderNumber) => readOrder(connection, SELECT_ORDER, orderNumber),
    change: async (row, change) => {
      const [answer] = await connection.query(UPDATES[change.kind], {
        order: integer(row.orderNumber),
        state: text(row.state),
        reference: text(row.paymentReference),
        ...parametersOf(change),
      });
      return changedRow.parse(answer).Changed === 1;
    },
    rowVersion: async (orderNumber) => {
      const [found] = await connection.query(SELECT_VERSION, { order: integer(orderNumber) });
      // The driver reads local time as if it were UTC; so it is written here.
      return versionRow.parse(found).UpdatedOn.toISOString().slice(0, -1);
    },
    remember: async (commandId, orderNumber, outcome) => {
      const parameters = { id: text(commandId), order: integer(orderNumber), outcome: text(outcome) };
      try {
        await connection.query(INSERT_APPLIED, parameters);
      } catch (error) {
        if (isDuplicateKey(error)) throw new CommandKnownError(`${commandId} is known`, { cause: error });
        throw error;
      }
      return (await applied(commandId))!;
    },
  };
};

const transact = async <T>(
  connection: SqlConnection,
  work: (transaction: ShopTransaction) => Promise<T>,
): Promise<T> => {
  await connection.begin();
  const result = await work(overConnection(connection));
  await connection.commit();
  return result;
};

const configurationOf = (options: ShopOptions): ConnectionConfiguration => ({
  server: options.host,
  authentication: { type: 'default', options: { userName: options.user, password: options.password } },
  options: {
    port: options.port,
    database: options.database,
    encrypt: options.encrypt,
    trustServerCertificate: options.trustServerCertificate,
    appName: 'millrace adnsf-executor',
    connectTimeout: options.timeoutMs,
    requestTimeout: options.timeoutMs,
    cancelTimeout: options.timeoutMs,
    abortTransactionOnError: true,
    useUTC: true,
  },
});

/** Opens nothing yet: the first command does. A transaction that fails takes its connection with it, which ends it. */
export const openShop = (options: ShopOptions): Shop & OrderLookup => {
  const pool = openPool({ size: options.connections, open: () => openConnection(configurationOf(options)) });
  const use = async <T>(work: (connection: SqlConnection) => Promise<T>): Promise<T> => {
    try {
      return await pool.use(work);
    } catch (error) {
      throw meaningOf(error);
    }
  };
  return {
    transaction: (work) => use((connection) => transact(connection, work)),
    look: (orderNumber) => use((connection) => readOrder(connection, LOOK_AT_ORDER, orderNumber)),
    close: () => pool.close(),
  };
};
