/**
 * The shop's orders as its tables have them, read with the login of capture: what capture should have told, and no
 * column more. Money and times come as text, which is exact.
 */
import { type ConnectionConfiguration, TYPES } from 'tedious';
import { openConnection, type Row, type SqlConnection } from '../../adnsf-executor/sql/connection.ts';
import { type CustomerBody, customerBody, type OrderBody, orderBody } from '../../adnsf-executor/reader/snapshot.ts';
import { type ReturnBody, returnBody } from '../../adnsf-executor/reader/returns.ts';
import { AD_HOC_CREDIT } from '../../order-stream/domain/shop.ts';
import { RetriableError } from '../../runtime/errors.ts';

export type ShopOrder = Readonly<{ order: OrderBody; customer: CustomerBody | undefined }>;

export interface ShopOrders {
  /** Numbers of finished orders after `after`, ascending; none is younger than `graceSeconds`. */
  finished(after: number, graceSeconds: number): Promise<readonly number[]>;
  order(orderNumber: number): Promise<ShopOrder | undefined>;
  /** As `finished`, of the returns of orders from `fromOrder` on; none where the shop has no table of them. */
  returns(after: number, fromOrder: number, graceSeconds: number): Promise<readonly ReturnBody[]>;
  close(): void;
}

export type ShopOrdersOptions = Readonly<{
  host: string;
  port: number;
  database: string;
  user: string;
  password: string;
  encrypt: boolean;
  trustServerCertificate: boolean;
  timeoutMs: number;
  /** Orders in one page. */
  pageSize: number;
}>;

/** Those that assembly would hand on; by the key, so that a page is a piece of the clustered index. */
const FINISHED = `
SELECT TOP (@size) OrderNumber FROM dbo.Orders
WHERE OrderNumber > @after AND UpdatedOn < DATEADD(second, -@grace, CURRENT_TIMESTAMP)
  AND ((InventoryWasReduced = 1 AND TransactionState IN (N'AUTHORIZED', N'CAPTURED', N'PENDING'))
    OR TransactionType = ${AD_HOC_CREDIT})
ORDER BY OrderNumber`;

const money = (column: string): string => `CONVERT(varchar(40), ${column}, 2) AS ${column}`;
const time = (column: string): string => `CONVERT(varchar(30), ${column}, 126) AS ${column}`;
const ADDRESS = [
  'FirstName',
  'LastName',
  'Company',
  'Address1',
  'Address2',
  'Suite',
  'City',
  'State',
  'Zip',
  'Country',
  'Phone',
];

const ORDER = `
SELECT OrderNumber, StoreID, ParentOrderNumber, CustomerID, Email, FirstName, LastName, Phone,
  ${['Billing', 'Shipping'].flatMap((which) => ADDRESS.map((part) => which + part)).join(', ')},
  ShippingMethod, CouponType, PaymentGateway, AuthorizationPNREF, PaymentMethod, TransactionState, TransactionType,
  InventoryWasReduced, ShippingTrackingNumber, RefundReason,
  ${['CouponDiscountAmount', 'OrderSubtotal', 'OrderTax', 'OrderShippingCosts', 'OrderTotal'].map(money).join(', ')},
  ${['OrderDate', 'ShippedOn', 'RefundedOn', 'UpdatedOn'].map(time).join(', ')}
FROM dbo.Orders WHERE OrderNumber = @order`;

const LINES = `
SELECT ShoppingCartRecID, ProductID, VariantID, Quantity, OrderedProductSKU, OrderedProductName, IsTaxable,
  ${money('OrderedProductPrice')}
FROM dbo.Orders_ShoppingCart WHERE OrderNumber = @order ORDER BY ShoppingCartRecID`;

const CUSTOMER = `
SELECT CustomerID, Email, FirstName, LastName, Phone, IsRegistered FROM dbo.Customer WHERE CustomerID = @customer`;

const RETURNS_TABLE = `SELECT OBJECT_ID(N'dbo.Custom_OrderReturn', N'U') AS Id`;
const RETURNS = `
SELECT TOP (@size) OrderReturnID, RMANumber, OrderNumber, ShoppingCartRecID, VariantID, Quantity, ReasonCode, ReturnState,
  GoodsExpected, Restock, RefundOrderNumber, RefundReference, ${['RefundAmount', 'RestockingFee'].map(money).join(', ')},
  ${['ApprovedOn', 'ReceivedOn', 'RefundedOn', 'CreatedOn', 'UpdatedOn'].map(time).join(', ')}
FROM dbo.Custom_OrderReturn
WHERE OrderReturnID > @after AND OrderNumber >= @from AND UpdatedOn < DATEADD(second, -@grace, CURRENT_TIMESTAMP)
ORDER BY OrderReturnID`;

const integer = (value: number) => ({ type: TYPES.Int, value });

const addressIn = (row: Row, which: 'Billing' | 'Shipping'): object =>
  Object.fromEntries(
    ADDRESS.map((part) => [`${part.charAt(0).toLowerCase()}${part.slice(1)}`, row[`${which}${part}`] ?? null]),
  );

const orderOf = (row: Row, lines: readonly Row[]): OrderBody =>
  orderBody.parse({
    orderNumber: row['OrderNumber'],
    storeId: row['StoreID'],
    customerId: row['CustomerID'],
    parentOrderNumber: row['ParentOrderNumber'],
    transactionType: row['TransactionType'],
    transactionState: row['TransactionState'],
    paymentMethod: row['PaymentMethod'],
    paymentGateway: row['PaymentGateway'],
    paymentReference: row['AuthorizationPNREF'],
    email: row['Email'],
    firstName: row['FirstName'],
    lastName: row['LastName'],
    phone: row['Phone'],
    subtotal: row['OrderSubtotal'],
    tax: row['OrderTax'],
    shipping: row['OrderShippingCosts'],
    total: row['OrderTotal'],
    couponType: row['CouponType'],
    couponAmount: row['CouponDiscountAmount'],
    orderDate: row['OrderDate'],
    inventoryWasReduced: row['InventoryWasReduced'] === 1,
    shippingMethod: row['ShippingMethod'],
    shippedOn: row['ShippedOn'],
    trackingNumber: row['ShippingTrackingNumber'],
    refundedOn: row['RefundedOn'],
    refundReason: row['RefundReason'],
    billTo: addressIn(row, 'Billing'),
    shipTo: addressIn(row, 'Shipping'),
    lines: lines.map((line) => ({
      cartRecordId: line['ShoppingCartRecID'],
      productId: line['ProductID'],
      variantId: line['VariantID'],
      quantity: line['Quantity'],
      sku: line['OrderedProductSKU'],
      name: line['OrderedProductName'],
      extendedPrice: line['OrderedProductPrice'],
      taxable: line['IsTaxable'] === 1,
    })),
    updatedOn: row['UpdatedOn'],
  });

const returnOf = (row: Row): ReturnBody =>
  returnBody.parse({
    returnId: row['OrderReturnID'],
    rmaNumber: row['RMANumber'],
    orderNumber: row['OrderNumber'],
    cartRecordId: row['ShoppingCartRecID'],
    variantId: row['VariantID'],
    quantity: row['Quantity'],
    reasonCode: row['ReasonCode'],
    state: row['ReturnState'],
    goodsExpected: row['GoodsExpected'] !== 0,
    restock: row['Restock'] === 1,
    refundAmount: row['RefundAmount'],
    restockingFee: row['RestockingFee'],
    refundOrderNumber: row['RefundOrderNumber'],
    refundReference: row['RefundReference'],
    approvedOn: row['ApprovedOn'],
    receivedOn: row['ReceivedOn'],
    refundedOn: row['RefundedOn'],
    createdOn: row['CreatedOn'],
    updatedOn: row['UpdatedOn'],
  });

const customerOf = (row: Row): CustomerBody =>
  customerBody.parse({
    customerId: row['CustomerID'],
    email: row['Email'] ?? '',
    firstName: row['FirstName'],
    lastName: row['LastName'],
    phone: row['Phone'],
    isRegistered: row['IsRegistered'] === 1,
  });

const configurationOf = (options: ShopOrdersOptions): ConnectionConfiguration => ({
  server: options.host,
  authentication: { type: 'default', options: { userName: options.user, password: options.password } },
  options: {
    port: options.port,
    database: options.database,
    encrypt: options.encrypt,
    trustServerCertificate: options.trustServerCertificate,
    appName: 'millrace scanner',
    connectTimeout: options.timeoutMs,
    requestTimeout: options.timeoutMs,
  },
});

/** Connects when it is first asked, and again after the connection was lost. */
export const openShopOrders = (options: ShopOrdersOptions): ShopOrders => {
  let connection: SqlConnection | undefined;
  const query = async (text: string, parameters: Parameters<SqlConnection['query']>[1]): Promise<readonly Row[]> => {
    try {
      if (connection?.alive !== true) connection = await openConnection(configurationOf(options));
      return await connection.query(text, parameters);
    } catch (error) {
      connection?.close();
      connection = undefined;
      throw new RetriableError(`the shop's database: ${(error as Error).message}`, { cause: error });
    }
  };
  return {
    finished: async (after, graceSeconds) => {
      const rows = await query(FINISHED, {
        size: integer(options.pageSize),
        after: integer(after),
        grace: integer(graceSeconds),
      });
      return rows.map((row) => row['OrderNumber'] as number);
    },
    order: async (orderNumber) => {
      const [row] = await query(ORDER, { order: integer(orderNumber) });
      if (row === undefined) return undefined;
      const lines = await query(LINES, { order: integer(orderNumber) });
      const [customer] = await query(CUSTOMER, { customer: integer(row['CustomerID'] as number) });
      return { order: orderOf(row, lines), customer: customer === undefined ? undefined : customerOf(customer) };
    },
    returns: async (after, fromOrder, graceSeconds) => {
      const [table] = await query(RETURNS_TABLE, {});
      if (table?.['Id'] == null) return [];
      const rows = await query(RETURNS, {
        size: integer(options.pageSize),
        after: integer(after),
        from: integer(fromOrder),
        grace: integer(graceSeconds),
      });
      return rows.map(returnOf);
    },
    close: () => connection?.close(),
  };
};
