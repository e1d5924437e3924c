/** The shop's database over TDS. Every statement names its columns: the login may touch no others. */
import { type ConnectionConfiguration } from 'tedious';
import { z } from 'zod';
import { isShipped } from '../../order-stream/domain/shop.ts';
import type { BillingRow, CustomerChange, CustomerRow } from '../domain/customers.ts';
import type { Change } from '../domain/decision.ts';
import type { OrderRow } from '../domain/order-row.ts';
import { type AppliedRow, CommandKnownError, type OrderLookup, type Shop, type ShopTransaction } from '../shop.ts';
import { openConnection, type Parameter, type SqlConnection } from './connection.ts';
import { isDuplicateKey, meaningOf } from './failure.ts';
import { integer, localTime, text } from './parameters.ts';
import { openPool } from './pool.ts';
import { readPrice, writePrice } from './prices.ts';
import { readStock, writeStock } from './stock.ts';
import { returnStock } from './returned-stock.ts';
import { readReturn, writeReturn } from './returns.ts';

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

const appliedRow = z.object({ Outcome: z.string(), OrderNumber: z.number().int(), AppliedOn: z.date() });
const orderRow = z.object({
  OrderNumber: z.number().int(),
  StoreID: z.number().int(),
  TransactionState: z.string().nullable(),
  AuthorizationPNREF: z.string().nullable(),
  OrderTotal: z.string(),
  CouponType: z.number().int(),
  CouponDiscountAmount: z.string().nullable(),
  ShippedOn: z.date().nullable(),
  ShippingTrackingNumber: z.string().nullable(),
});
const versionRow = z.object({ UpdatedOn: z.date() });
const changedRow = z.object({ Changed: z.number().int() });

const SELECT_APPLIED = 'SELECT Outcome, OrderNumber, AppliedOn FROM dbo.Millrace_AppliedCommand WHERE CommandID = @id';

/** Money as text: the driver would make a float of it. */
const selectOrder = (hint: string): string => `
SELECT OrderNumber, StoreID, TransactionState, AuthorizationPNREF,
  CONVERT(varchar(40), OrderTotal, 2) AS OrderTotal, CouponType,
  CONVERT(varchar(40), CouponDiscountAmount, 2) AS CouponDiscountAmount, ShippedOn, ShippingTrackingNumber
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
  // As ADNSF itself does; its stock is put back with it.
  voided: updateOrders(`TransactionState = N'VOIDED', VoidedOn = @on, IsNew = 0, InventoryWasReduced = 0, ${ADD_NOTE}`),
  declined: updateOrders(`TransactionState = N'REFUSED', ${ADD_NOTE}`),
  // As ADNSF itself does; RefundTXCommand and RefundTXResult are its gateways' to write.
  refunded: updateOrders(
    `TransactionState = N'REFUNDED', RefundedOn = @on, RefundReason = @reason, IsNew = 0, ${ADD_NOTE}`,
  ),
  unrefunded: updateOrders(`TransactionState = N'CAPTURED', RefundedOn = NULL, ${ADD_NOTE}`),
  noted: updateOrders(ADD_NOTE),
  // As ADNSF itself does; a placeholder for what to track it by is no number.
  shipped: updateOrders(
    `ShippedOn = @on, ShippedVIA = COALESCE(@via, ShippedVIA), ShippingTrackingNumber = @tracking, ReadyToShip = 1, IsNew = 0, ${ADD_NOTE}`,
  ),
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
    case 'shipped':
      return {
        ...{ on: localTime(change.on), via: text(change.via) },
        ...{ tracking: text(change.tracking), note: text(change.note) },
      };
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
    shipped: isShipped({
      shippedAt: row.ShippedOn === null ? null : BigInt(row.ShippedOn.getTime()),
      trackingNumber: row.ShippingTrackingNumber,
    }),
  };
};

const SELECT_CUSTOMER = `
SELECT CustomerID, Email, FirstName, LastName, Phone, IsRegistered, Active, BillingAddressID
FROM dbo.Customer WITH (UPDLOCK, ROWLOCK) WHERE CustomerID = @customer`;
const SELECT_ADDRESS = `
SELECT Address1, Address2, Suite, City, State, Zip, Country
FROM dbo.Address WHERE AddressID = @address AND CustomerID = @customer AND Deleted = 0`;
const SELECT_ACCOUNT = `
SELECT TOP (1) CustomerID FROM dbo.Customer
WHERE Email = @email AND IsRegistered = 1 AND CustomerID <> @customer ORDER BY CustomerID`;

const SET_PROFILE = `
UPDATE dbo.Customer SET Email = @email, FirstName = @firstName, LastName = @lastName, Phone = @phone
WHERE CustomerID = @customer AND Email = @before;
SELECT @@ROWCOUNT AS Changed`;
const NO_ADDRESS = 'UPDATE dbo.Customer SET BillingAddressID = NULL WHERE CustomerID = @customer';
const SET_ADDRESS = `
UPDATE dbo.Address SET Address1 = @address1, Address2 = @address2, Suite = @suite, City = @city, State = @state,
  Zip = @zip, Country = @country
WHERE AddressID = (SELECT BillingAddressID FROM dbo.Customer WHERE CustomerID = @customer) AND CustomerID = @customer`;
const ADD_ADDRESS = `
INSERT INTO dbo.Address (CustomerID, FirstName, LastName, Address1, Address2, Suite, City, State, Zip, Country)
VALUES (@customer, @firstName, @lastName, @address1, @address2, @suite, @city, @state, @zip, @country);
UPDATE dbo.Customer SET BillingAddressID = CAST(SCOPE_IDENTITY() AS int) WHERE CustomerID = @customer`;
/** Cards that were kept go with the addresses they are kept with. */
const SET_ANONYMOUS = `
UPDATE dbo.Customer SET Email = N'', FirstName = NULL, LastName = NULL, Phone = NULL, FAX = NULL, Gender = NULL,
  Notes = NULL, LastIPAddress = NULL, VATRegistrationID = N'', Password = N'', Active = 0,
  BillingAddressID = NULL, ShippingAddressID = NULL
WHERE CustomerID = @customer AND Email = @before;
SELECT @@ROWCOUNT AS Changed`;
const DELETE_ADDRESSES = 'DELETE FROM dbo.Address WHERE CustomerID = @customer';

const customerRow = z.object({
  CustomerID: z.number().int(),
  Email: z.string(),
  FirstName: z.string().nullable(),
  LastName: z.string().nullable(),
  Phone: z.string().nullable(),
  IsRegistered: z.number().int(),
  Active: z.number().int(),
  BillingAddressID: z.number().int().nullable(),
});
const nullableText = z.string().nullable();
const addressRow = z.object({
  Address1: nullableText,
  Address2: nullableText,
  Suite: nullableText,
  City: nullableText,
  State: nullableText,
  Zip: nullableText,
  Country: nullableText,
});
const accountRow = z.object({ CustomerID: z.number().int() });

const readCustomer = async (connection: SqlConnection, customerId: number): Promise<CustomerRow | undefined> => {
  const [found] = await connection.query(SELECT_CUSTOMER, { customer: integer(customerId) });
  if (!found) return undefined;
  const row = customerRow.parse(found);
  const [address] =
    row.BillingAddressID === null
      ? []
      : await connection.query(SELECT_ADDRESS, {
          address: integer(row.BillingAddressID),
          customer: integer(customerId),
        });
  const billing = address === undefined ? null : addressRow.parse(address);
  return {
    customerId,
    email: row.Email,
    firstName: row.FirstName,
    lastName: row.LastName,
    phone: row.Phone,
    registered: row.IsRegistered === 1,
    active: row.Active === 1,
    billing: billing && {
      address1: billing.Address1,
      address2: billing.Address2,
      suite: billing.Suite,
      city: billing.City,
      state: billing.State,
      zip: billing.Zip,
      country: billing.Country,
    },
  };
};

const addressParameters = (billing: BillingRow): Readonly<Record<string, Parameter>> =>
  Object.fromEntries(Object.entries(billing).map(([name, value]) => [name, text(value)]));

const writeCustomer = async (connection: SqlConnection, row: CustomerRow, change: CustomerChange): Promise<boolean> => {
  const who = { customer: integer(row.customerId) };
  const changed = async (statement: string, more: Readonly<Record<string, Parameter>>): Promise<boolean> => {
    const [answer] = await connection.query(statement, { ...who, before: text(row.email), ...more });
    return changedRow.parse(answer).Changed === 1;
  };
  if (change.kind === 'anonymous') {
    if (!(await changed(SET_ANONYMOUS, {}))) return false;
    await connection.query(DELETE_ADDRESSES, who);
    return true;
  }
  const { email, firstName, lastName, phone, billing } = change;
  const names = { firstName: text(firstName), lastName: text(lastName) };
  if (!(await changed(SET_PROFILE, { email: text(email), ...names, phone: text(phone) }))) return false;
  if (billing === null) await connection.query(NO_ADDRESS, who);
  else if (billing !== undefined && row.billing !== null)
    await connection.query(SET_ADDRESS, { ...who, ...addressParameters(billing) });
  else if (billing !== undefined)
    await connection.query(ADD_ADDRESS, { ...who, ...names, ...addressParameters(billing) });
  return true;
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
      // Undone with all else when the order is not as it was read.
      if (change.kind === 'voided') await returnStock(connection, row.orderNumber);
      const [answer] = await connection.query(UPDATES[change.kind], {
        order: integer(row.orderNumber),
        state: text(row.state),
        reference: text(row.paymentReference),
        ...parametersOf(change),
      });
      return changedRow.parse(answer).Changed === 1;
    },
    customer: (customerId) => readCustomer(connection, customerId),
    otherAccount: async (email, than) => {
      const [found] = await connection.query(SELECT_ACCOUNT, { email: text(email), customer: integer(than) });
      return found && accountRow.parse(found).CustomerID;
    },
    changeCustomer: (row, change) => writeCustomer(connection, row, change),
    stock: (place, ordersFrom) => readStock(connection, place, ordersFrom),
    changeStock: (row, change) => writeStock(connection, row, change),
    price: (variantId) => readPrice(connection, variantId),
    changePrice: (row, change) => writePrice(connection, row, change),
    orderReturn: (returnId) => readReturn(connection, returnId),
    changeReturn: (row, change) => writeReturn(connection, row, change),
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
