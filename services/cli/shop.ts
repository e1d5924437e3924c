/** What the shop's database says, read with the executor's own login. */
import { TYPES } from 'tedious';
import { openConnection, type Row, type SqlConnection } from '../adnsf-executor/sql/connection.ts';
import { decimalFromText, InexactAmountError, minorUnits } from './money.ts';
import type { AddressValue } from '../../schemas/generated/types.ts';
import { addressText, fullName } from '../order-stream/domain/customers/fields.ts';
import { postalAddress } from '../order-stream/domain/customers/rows.ts';
import {
  type Chosen,
  countedAs,
  type Counting,
  isCountedByOption,
  itemName,
  localised,
  optionOf,
  skuOf,
} from '../order-stream/domain/items/names.ts';
import { catalogueCurrency } from '../order-stream/domain/items/rows.ts';
import {
  AD_HOC_CREDIT,
  cleanPaymentMethod,
  customerKeyOf,
  GIFT_CARD,
  isAccepted,
  REFUNDED,
  textOrNull,
  subscriptionOf,
} from '../order-stream/domain/shop.ts';
import type { CliConfig } from './environment.ts';
import type { ShopOrder, ShopReturn, UnreadableOrder } from './verify/facts.ts';
import type { Items } from './verify/items.ts';
import type { People } from './verify/people.ts';

export interface ShopReader {
  /** Every order, also those whose amounts are none that money can have. */
  orders(): Promise<readonly (ShopOrder | UnreadableOrder)[]>;
  /** Returns whose amounts can be read; none where the shop has no table of them. Of those that cannot there is a letter. */
  returns(): Promise<readonly ShopReturn[]>;
  /** The columns of one order that a support person asks about, as text; undefined when there is none. */
  order(orderNumber: number): Promise<ShopRow | undefined>;
  /** Accounts in use, the oldest first, and the e-mail addresses of all rows. */
  people(): Promise<Pick<People, 'accounts' | 'rows'>>;
  /** What is sold, and how much of it there is. */
  items(): Promise<Items['shop']>;
  close(): void;
}

export type ShopRow = Readonly<{
  order: ShopOrder;
  customerId: number;
  email: string | null;
  gateway: string | null;
  /** As the shop's clock showed it, which has no zone. */
  orderDate: string;
  authorizedOn: string | null;
  capturedOn: string | null;
  updatedOn: string;
  serviceNotes: string | null;
}>;

// money goes through a float in the driver; as text it is exact.
const columns = `o.OrderNumber, o.StoreID, o.CustomerID, o.Email, o.PaymentMethod, o.PaymentGateway, o.TransactionState, o.AuthorizationPNREF,
  o.TransactionType, o.ParentOrderNumber, o.RecurringSubscriptionID, o.InventoryWasReduced, o.CouponType,
  CONVERT(varchar(32), o.OrderSubtotal, 2) AS Subtotal, CONVERT(varchar(32), o.OrderTax, 2) AS Tax,
  CONVERT(varchar(32), o.OrderShippingCosts, 2) AS Shipping, CONVERT(varchar(32), o.OrderTotal, 2) AS Total,
  CONVERT(varchar(32), o.CouponDiscountAmount, 2) AS CouponAmount,
  CONVERT(varchar(30), o.OrderDate, 126) AS OrderDate, CONVERT(varchar(30), o.AuthorizedOn, 126) AS AuthorizedOn,
  CONVERT(varchar(30), o.CapturedOn, 126) AS CapturedOn, CONVERT(varchar(30), o.UpdatedOn, 126) AS UpdatedOn`;

const text = (row: Row, name: string): string | null => {
  const value = row[name];
  return typeof value === 'string' && value !== '' ? value : null;
};

const connect = async (config: CliConfig): Promise<SqlConnection> => {
  try {
    return await openConnection({
      server: config.MILLRACE_ADNSF_SQL_HOST,
      authentication: {
        type: 'default',
        options: { userName: config.MILLRACE_ADNSF_SQL_USER, password: config.MILLRACE_ADNSF_SQL_PASSWORD },
      },
      options: {
        port: config.MILLRACE_ADNSF_SQL_PORT,
        database: config.MILLRACE_ADNSF_SQL_DATABASE,
        encrypt: config.MILLRACE_ADNSF_SQL_ENCRYPT,
        trustServerCertificate: config.MILLRACE_ADNSF_SQL_TRUST_SERVER_CERTIFICATE,
        appName: 'millrace cli',
        connectTimeout: 10_000,
        requestTimeout: 60_000,
      },
    });
  } catch (error) {
    throw new Error(`the shop's database cannot be reached: ${(error as Error).message}`, { cause: error });
  }
};

/** @throws InexactAmountError when an amount has a fraction of the smallest unit */
export const orderOf = (row: Row, stores: CliConfig['MILLRACE_STORES']): ShopOrder => {
  const orderId = String(row['OrderNumber']);
  const currency = stores[String(row['StoreID'])]?.currency;
  if (currency === undefined)
    throw new Error(`order ${orderId}: no currency is configured for store ${String(row['StoreID'])}`);
  const amount = (name: string): bigint => minorUnits(decimalFromText(text(row, name) ?? '0'), currency);
  const state = text(row, 'TransactionState');
  const credit = row['TransactionType'] === AD_HOC_CREDIT;
  // The checkout takes the stock after it has written the lines; whoever refunds all of an order gives it back.
  const finished = (isAccepted(state) || state === 'REFUSED') && row['InventoryWasReduced'] === 1;
  return {
    orderId,
    paymentMethod: cleanPaymentMethod(text(row, 'PaymentMethod')),
    state,
    reference: text(row, 'AuthorizationPNREF'),
    complete: finished || (state === REFUNDED && !credit),
    credit,
    subscriptionId: subscriptionOf(text(row, 'RecurringSubscriptionID')),
    parent: typeof row['ParentOrderNumber'] === 'number' ? String(row['ParentOrderNumber']) : null,
    subtotal: amount('Subtotal'),
    tax: amount('Tax'),
    shipping: amount('Shipping'),
    total: amount('Total'),
    giftCard: row['CouponType'] === GIFT_CARD ? amount('CouponAmount') : 0n,
    currency,
  };
};

const itemsOf = async (connection: SqlConnection, stores: CliConfig['MILLRACE_STORES']): Promise<Items['shop']> => {
  const sold = await connection.query(
    `SELECT v.VariantID, p.Name, v.Name AS VariantName, p.SKU, v.SKUSuffix, v.Inventory,
       p.TrackInventoryBySizeAndColor, p.TrackInventoryBySize, p.TrackInventoryByColor,
       p.Published, p.Deleted, v.Published AS VariantPublished, v.Deleted AS VariantDeleted,
       CONVERT(varchar(32), v.Price, 2) AS Price, CONVERT(varchar(32), v.SalePrice, 2) AS SalePrice
     FROM dbo.ProductVariant v JOIN dbo.Product p ON p.ProductID = v.ProductID
     WHERE p.IsSystem = 0 ORDER BY v.VariantID`,
    {},
  );
  const rows = await connection.query('SELECT i.VariantID, i.Color, i.Size, i.Quan FROM dbo.Inventory i', {});
  const marks = await connection.query(
    'SELECT s.VariantID, s.Color, s.Size, s.Supply, s.OrdersFrom FROM dbo.Millrace_ItemSupply s',
    {},
  );
  const lines = await connection.query(
    `SELECT l.VariantID, l.ChosenColor, l.ChosenSize, l.Quantity, l.ShoppingCartRecID, o.OrderNumber
     FROM dbo.Orders_ShoppingCart l JOIN dbo.Orders o ON o.OrderNumber = l.OrderNumber WHERE o.InventoryWasReduced = 1`,
    {},
  );
  const restocked = await connection.query(
    `SELECT r.VariantID, r.OrderNumber, r.ShoppingCartRecID, r.Quantity FROM dbo.Custom_OrderReturn r
     WHERE r.RestockedOn IS NOT NULL`,
    {},
  );
  const option = (value: unknown): string | null => optionOf(typeof value === 'string' ? value : null);
  type Place = Readonly<{ color: string | null; size: string | null }>;
  const isSame = (left: Place, right: Place): boolean =>
    left.color?.toLowerCase() === right.color?.toLowerCase() && left.size?.toLowerCase() === right.size?.toLowerCase();
  const placeOf = (row: Row): Place => ({ color: option(row['Color']), size: option(row['Size']) });
  let currency: string;
  try {
    currency = catalogueCurrency({ stores });
  } catch (error) {
    // The stream has told of each item: none of them went anywhere.
    if (error instanceof InexactAmountError) return [];
    throw error;
  }
  const amount = (row: Row, name: string): bigint => minorUnits(decimalFromText(text(row, name) ?? '0'), currency);
  const byVariant = (found: readonly Row[]) => Map.groupBy(found, (row) => row['VariantID']);
  const [optioned, counted, ordered] = [byVariant(rows), byVariant(marks), byVariant(lines)];
  const back = byVariant(restocked);
  /** Units of a line that came back and are on the shelf again. */
  const backOf = (line: Row): number =>
    (back.get(line['VariantID']) ?? [])
      .filter((each) => ['OrderNumber', 'ShoppingCartRecID'].every((name) => each[name] === line[name]))
      .reduce((sum, each) => sum + (each['Quantity'] as number), 0);
  const itemOf = (row: Row): Items['shop'][number] => {
    const variantId = row['VariantID'] as number;
    const counting = row as unknown as Counting;
    const kept = isCountedByOption(counting);
    const levels = kept
      ? (optioned.get(variantId) ?? []).map((each) => ({
          ...placeOf(each),
          level: each['Quan'] as number,
        }))
      : [{ color: null, size: null, level: row['Inventory'] as number }];
    const salePrice = amount(row, 'SalePrice');
    const is = (name: string): boolean => row[name] === 1;
    return {
      variantId,
      name: itemName(localised(text(row, 'Name')), localised(text(row, 'VariantName'))),
      active: is('Published') && is('VariantPublished') && !is('Deleted') && !is('VariantDeleted'),
      sku: skuOf(text(row, 'SKU'), text(row, 'SKUSuffix')),
      currency,
      price: amount(row, 'Price'),
      salePrice: salePrice === 0n ? null : salePrice,
      stocks: levels.map(({ color, size, level }) => {
        const mark = counted.get(variantId)?.find((each) => isSame(placeOf(each), { color, size }));
        const from = (mark?.['OrdersFrom'] as number | undefined) ?? 0;
        const held = (ordered.get(variantId) ?? [])
          .filter((line) => (line['OrderNumber'] as number) >= from)
          .filter((line) => !kept || isSame(countedAs(counting, line as unknown as Chosen), { color, size }))
          .reduce((sum, line) => sum + (line['Quantity'] as number) - backOf(line), 0);
        return { color, size, level, held, supply: (mark?.['Supply'] as number | undefined) ?? null };
      }),
    };
  };
  return sold.flatMap((row) => {
    try {
      return [itemOf(row)];
    } catch (error) {
      // A price that its currency cannot have: there is a letter about it.
      if (error instanceof InexactAmountError) return [];
      throw error;
    }
  });
};

const returnOf = (row: Row, stores: CliConfig['MILLRACE_STORES']): readonly ShopReturn[] => {
  const currency = stores[String(row['StoreID'])]?.currency;
  const written = text(row, 'RefundAmount');
  try {
    return [
      {
        returnId: row['OrderReturnID'] as number,
        orderId: String(row['OrderNumber']),
        state: (text(row, 'ReturnState') ?? '').trim().toUpperCase(),
        goodsExpected: row['GoodsExpected'] !== 0,
        amount: written === null || currency === undefined ? null : minorUnits(decimalFromText(written), currency),
        reference: text(row, 'RefundReference'),
        credit: typeof row['RefundOrderNumber'] === 'number' ? row['RefundOrderNumber'] : null,
      },
    ];
  } catch (error) {
    if (!(error instanceof InexactAmountError)) throw error;
    return [];
  }
};

/** One bad row must not hide what there is to say of all others. */
const readOrder = (row: Row, stores: CliConfig['MILLRACE_STORES']): ShopOrder | UnreadableOrder => {
  try {
    return orderOf(row, stores);
  } catch (error) {
    if (!(error instanceof InexactAmountError)) throw error;
    return { orderId: String(row['OrderNumber']), unreadable: error.message };
  }
};

export const openShop = async (config: CliConfig): Promise<ShopReader> => {
  const connection = await connect(config);
  const stores = config.MILLRACE_STORES;
  return {
    async orders() {
      const rows = await connection.query(`SELECT ${columns} FROM dbo.Orders o ORDER BY o.OrderNumber`, {});
      return rows.map((row) => readOrder(row, stores));
    },
    async returns() {
      const [table] = await connection.query(`SELECT OBJECT_ID(N'dbo.Custom_OrderReturn', N'U') AS Id`, {});
      if (table?.['Id'] == null) return [];
      const rows = await connection.query(
        `SELECT r.OrderReturnID, r.OrderNumber, r.ReturnState, r.GoodsExpected, r.RefundReference, r.RefundOrderNumber,
           CONVERT(varchar(32), r.RefundAmount, 2) AS RefundAmount, o.StoreID
         FROM dbo.Custom_OrderReturn r JOIN dbo.Orders o ON o.OrderNumber = r.OrderNumber ORDER BY r.OrderReturnID`,
        {},
      );
      return rows.flatMap((row) => returnOf(row, stores));
    },
    async order(orderNumber) {
      const [row] = await connection.query(
        `SELECT ${columns}, o.CustomerServiceNotes FROM dbo.Orders o WHERE o.OrderNumber = @number`,
        { number: { type: TYPES.Int, value: orderNumber } },
      );
      if (row === undefined) return undefined;
      return {
        order: orderOf(row, stores),
        customerId: row['CustomerID'] as number,
        email: text(row, 'Email'),
        gateway: text(row, 'PaymentGateway'),
        orderDate: text(row, 'OrderDate') ?? '',
        authorizedOn: text(row, 'AuthorizedOn'),
        capturedOn: text(row, 'CapturedOn'),
        updatedOn: text(row, 'UpdatedOn') ?? '',
        serviceNotes: text(row, 'CustomerServiceNotes'),
      };
    },
    async people() {
      const rows = await connection.query(
        `SELECT c.CustomerID, c.Email, c.FirstName, c.LastName, c.Phone, c.IsRegistered, c.Active, c.Deleted,
           c.BillingAddressID FROM dbo.Customer c WHERE c.Email <> N'' AND c.Deleted = 0 ORDER BY c.CustomerID`,
        {},
      );
      const addresses = await connection.query(
        `SELECT a.AddressID, a.Address1, a.Address2, a.Suite, a.City, a.State, a.Zip, a.Country, a.Deleted
         FROM dbo.Address a`,
        {},
      );
      const homes = new Map(
        addresses.map((row) => [row['AddressID'], addressText(postalAddress(row as unknown as AddressValue))]),
      );
      const keyOf = (row: Row): string => customerKeyOf(String(row['Email']));
      const accounts = rows
        .filter((row) => row['IsRegistered'] === 1 && row['Active'] === 1)
        .map((row) => ({
          customerId: row['CustomerID'] as number,
          customerKey: keyOf(row),
          name: fullName(textOrNull(text(row, 'FirstName')), textOrNull(text(row, 'LastName'))),
          phone: textOrNull(text(row, 'Phone')),
          address: homes.get(row['BillingAddressID']) ?? null,
        }));
      return { accounts, rows: new Set(rows.map(keyOf)) };
    },
    items: () => itemsOf(connection, stores),
    close: () => connection.close(),
  };
};
