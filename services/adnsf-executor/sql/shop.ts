/** The shop's database over TDS. Every statement names its columns: the login may touch no others. */
import { type ConnectionConfiguration, TYPES } from 'tedious';
import { z } from 'zod';
import { isShipped } from '../../order-stream/domain/shop.ts';
import type { BillingRow, CustomerChange, CustomerRow } from '../domain/customers.ts';
import type { Change } from '../domain/decision.ts';
import type { OrderRow } from '../domain/order-row.ts';
import type { ReturnChange, ReturnRow } from '../domain/returns.ts';
import { type AppliedRow, CommandKnownError, type OrderLookup, type Shop, type ShopTransaction } from '../shop.ts';
import { openConnection, type Parameter, type SqlConnection } from './connection.ts';
import { isDuplicateKey, meaningOf } from './failure.ts';
import { openPool } from './pool.ts';
import { readPrice, writePrice } from './prices.ts';
import { readStock, writeStock } from './stock.ts';
import { returnStock } from './returned-stock.ts';

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

const SELECT_RETURN = `
SELECT OrderReturnID, OrderNumber, ReturnState, CONVERT(varchar(40), RefundAmount, 2) AS RefundAmount, RefundReference,
  ReceivedOn, RestockedOn
FROM dbo.Custom_OrderReturn WITH (UPDLOCK, ROWLOCK) WHERE OrderReturnID = @return`;
const SELECT_STOCK_TAKEN = `
SELECT StoreID, InventoryWasReduced FROM dbo.Orders WITH (UPDLOCK, ROWLOCK) WHERE OrderNumber = @order`;

const updateReturns = (assignments: string): string => `
UPDATE dbo.Custom_OrderReturn SET ${assignments} WHERE OrderReturnID = @return AND ReturnState = @state
  AND (RefundReference = @before OR (RefundReference IS NULL AND @before IS NULL));
SELECT @@ROWCOUNT AS Changed`;
const ADD_RETURN_NOTE = `Notes = CASE WHEN Notes IS NULL THEN @note ELSE Notes + NCHAR(13) + NCHAR(10) + @note END`;
const RETURN_REFUNDED = updateReturns(
  `ReturnState = N'REFUNDED', RefundAmount = CAST(@amount AS money), RefundReference = @reference, RefundedOn = @on,
   ${ADD_RETURN_NOTE}`,
);
const RETURN_UNREFUNDED = updateReturns(
  `ReturnState = @after, RefundReference = NULL, RefundedOn = NULL, ${ADD_RETURN_NOTE}`,
);
const RETURN_NOTED = updateReturns(ADD_RETURN_NOTE);
const RETURN_RESTOCKED = updateReturns('RestockedOn = @on');

const SELECT_TRACKING = 'SELECT TrackInventoryBySizeAndColor FROM dbo.Product WHERE ProductID = @product';
const SELECT_CHOSEN = `
SELECT TOP (1) ChosenColor, ChosenSize FROM dbo.Orders_ShoppingCart
WHERE OrderNumber = @order AND ShoppingCartRecID = @cart AND VariantID = @variant`;
const ADD_TO_VARIANT = `
UPDATE dbo.ProductVariant SET Inventory = Inventory + @quantity WHERE VariantID = @variant;
SELECT @@ROWCOUNT AS Changed`;
const ADD_TO_INVENTORY = `
UPDATE dbo.Inventory SET Quan = Quan + @quantity
WHERE VariantID = @variant AND COALESCE(Color, N'') = @color AND COALESCE(Size, N'') = @size;
SELECT @@ROWCOUNT AS Changed`;

const returnRow = z.object({
  OrderReturnID: z.number().int(),
  OrderNumber: z.number().int(),
  ReturnState: z.string(),
  RefundAmount: z.string().nullable(),
  RefundReference: z.string().nullable(),
  ReceivedOn: z.date().nullable(),
  RestockedOn: z.date().nullable(),
});
const stockTakenRow = z.object({ StoreID: z.number().int(), InventoryWasReduced: z.number().int() });
const trackingRow = z.object({ TrackInventoryBySizeAndColor: z.number().int() });
const chosenRow = z.object({ ChosenColor: nullableText, ChosenSize: nullableText });

const readReturn = async (connection: SqlConnection, returnId: number): Promise<ReturnRow | undefined> => {
  const [found] = await connection.query(SELECT_RETURN, { return: integer(returnId) });
  if (!found) return undefined;
  const row = returnRow.parse(found);
  const [order] = await connection.query(SELECT_STOCK_TAKEN, { order: integer(row.OrderNumber) });
  if (!order) return undefined;
  const { StoreID, InventoryWasReduced } = stockTakenRow.parse(order);
  return {
    returnId,
    orderNumber: row.OrderNumber,
    storeId: StoreID,
    state: row.ReturnState,
    amount: row.RefundAmount,
    reference: row.RefundReference,
    received: row.ReceivedOn !== null,
    restocked: row.RestockedOn !== null,
    stockTaken: InventoryWasReduced === 1,
  };
};

/** What was chosen may name what it costs more: `Large [+5.00]`. */
const chosen = (text: string | null): string => (text ?? '').replace(/\s*\[.*\]\s*$/, '').trim();

/** Where the shop counts an article: in its variant, or by size and colour. @returns whether there is such a row */
const addToShelf = async (
  connection: SqlConnection,
  { orderNumber }: ReturnRow,
  { productId, variantId, cartRecordId, quantity }: Extract<ReturnChange, { kind: 'restocked' }>,
): Promise<boolean> => {
  const variant = { variant: integer(variantId), quantity: integer(quantity) };
  const [product] = await connection.query(SELECT_TRACKING, { product: integer(productId) });
  const tracked = product !== undefined && trackingRow.parse(product).TrackInventoryBySizeAndColor === 1;
  if (!tracked) return changedRow.parse((await connection.query(ADD_TO_VARIANT, variant))[0]).Changed === 1;
  const line = { order: integer(orderNumber), cart: integer(cartRecordId), variant: integer(variantId) };
  const [bought] = await connection.query(SELECT_CHOSEN, line);
  if (bought === undefined) return false;
  const { ChosenColor, ChosenSize } = chosenRow.parse(bought);
  const [answer] = await connection.query(ADD_TO_INVENTORY, {
    ...variant,
    color: text(chosen(ChosenColor)),
    size: text(chosen(ChosenSize)),
  });
  return changedRow.parse(answer).Changed === 1;
};

const writeReturn = async (
  connection: SqlConnection,
  row: ReturnRow,
  change: ReturnChange,
): Promise<boolean | 'no_shelf'> => {
  const which = { return: integer(row.returnId), state: text(row.state), before: text(row.reference) };
  const changed = async (statement: string, more: Readonly<Record<string, Parameter>>): Promise<boolean> =>
    changedRow.parse((await connection.query(statement, { ...which, ...more }))[0]).Changed === 1;
  switch (change.kind) {
    case 'refunded':
      return changed(RETURN_REFUNDED, {
        amount: text(change.amount),
        reference: text(change.reference),
        on: localTime(change.on),
        note: text(change.note),
      });
    case 'unrefunded':
      return changed(RETURN_UNREFUNDED, { after: text(change.state), note: text(change.note) });
    case 'noted':
      return changed(RETURN_NOTED, { note: text(change.note) });
    case 'restocked':
      if (!(await addToShelf(connection, row, change))) return 'no_shelf';
      return changed(RETURN_RESTOCKED, { on: localTime(change.on) });
  }
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
