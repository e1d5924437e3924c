/**
 * The statements of a visit, in the order and shape of the storefront's own code: each commits by itself, and the order
 * row, its lines and their prices come one after another. Every step looks before it acts, by a GUID that the plan has
 * given, so that a visit can be taken up again at any point after a failure whose effect is unknown.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Habits, tidy } from './habits.ts';
import { type ArticleIds, type Shelf } from './stock.ts';
import type { Place } from './people.ts';
import type { PlannedLine, PlannedOrder, Visit } from './plan.ts';
import { guidOf } from './chance.ts';
import { decimalOf, guid, int, money, type Param, type SqlSession, text } from './sql.ts';

/** The Customer row a visit goes on with, which is not the one it began with when the shopper signed in. */
export type Buyer = Readonly<{ customerId: number; customerGuid: string; billId: number; shipId: number }>;

export const PAYMENT_METHOD = 'Stripe';
const STORE_VERSION = 'AspDotNetStorefront 10.0.15';
const CART = 0;

const number = async (
  sql: SqlSession,
  query: string,
  params: Readonly<Record<string, Param>>,
): Promise<number | undefined> => {
  const { rows } = await sql.run(query, params);
  return rows[0]?.['id'] as number | undefined;
};

const found = async (sql: SqlSession, query: string, params: Readonly<Record<string, Param>>): Promise<number> => {
  const id = await number(sql, query, params);
  if (id === undefined) throw new Error(`no row for ${query}`);
  return id;
};

const customerByGuid = 'SELECT CustomerID AS id FROM dbo.Customer WHERE CustomerGUID = @guid';

/** The anonymous Customer row that a browser gets with its first cart row. */
export const openVisit = async (sql: SqlSession, visit: Visit): Promise<number> => {
  const params = { guid: guid(visit.customerGuid), store: int(visit.storeId) };
  const known = await number(sql, customerByGuid, params);
  if (known !== undefined) return known;
  await sql.run(
    `INSERT INTO dbo.Customer (CustomerGUID, CustomerLevelID, StoreID, Email, Password, SkinID, LastIPAddress, LocaleSetting)
     VALUES (@guid, 0, @store, N'', N'', 1, '127.0.0.1', N'en-US')`,
    params,
  );
  return await found(sql, customerByGuid, params);
};

const articleOf = (shelf: Shelf, line: PlannedLine): ArticleIds => {
  const ids = shelf.get(line.article.sku);
  if (!ids) throw new Error(`${line.article.sku} is not on the shelf`);
  return ids;
};

/** One row per article, as each is put into the cart. */
export const fillCart = async (sql: SqlSession, visit: Visit, shelf: Shelf, customerId: number): Promise<void> => {
  for (const line of visit.lines) {
    const there = await number(
      sql,
      'SELECT ShoppingCartRecID AS id FROM dbo.ShoppingCart WHERE ShoppingCartRecGUID = @guid',
      { guid: guid(line.cartGuid) },
    );
    if (there !== undefined) continue;
    const { productId, variantId } = articleOf(shelf, line);
    await sql.run(
      `INSERT INTO dbo.ShoppingCart (ShoppingCartRecGUID, StoreID, CustomerID, ProductSKU, ProductPrice, ProductWeight,
         ProductID, VariantID, Quantity, ChosenColor, IsTaxable, CartType)
       VALUES (@guid, @store, @customer, @sku, CAST(@price AS money), CAST(@weight AS money),
         @product, @variant, @quantity, @color, @taxable, ${CART})`,
      {
        guid: guid(line.cartGuid),
        store: int(visit.storeId),
        customer: int(customerId),
        sku: text(line.article.sku),
        price: money(line.unitPrice),
        weight: text(line.article.weight),
        product: int(productId),
        variant: int(variantId),
        quantity: int(line.quantity),
        color: text(line.color),
        taxable: int(line.article.taxable ? 1 : 0),
      },
    );
  }
};

/** Puts the first article in once more and takes it out again: a cart row that goes without a purchase. */
export const changeMind = async (sql: SqlSession, visit: Visit, shelf: Shelf, customerId: number): Promise<void> => {
  const extra = { ...visit.lines[0]!, cartGuid: guidOf(visit.customerGuid, 'changed mind') };
  await fillCart(sql, { ...visit, lines: [extra] }, shelf, customerId);
  await sql.run('DELETE FROM dbo.ShoppingCart WHERE ShoppingCartRecGUID = @guid', { guid: guid(extra.cartGuid) });
};

const named = (visit: Visit): Readonly<Record<string, Param>> => ({
  email: text(visit.email),
  first: text(visit.person.firstName),
  last: text(visit.person.lastName),
  phone: text(visit.person.phone),
});

/**
 * A guest leaves an e-mail on the anonymous row, which stays unregistered. Somebody with an account signs in: the cart
 * moves to the account's row and the anonymous one loses its e-mail; the first time, the row becomes the account.
 */
export const identify = async (
  sql: SqlSession,
  visit: Visit,
  anonymousId: number,
): Promise<Readonly<{ customerId: number; customerGuid: string }>> => {
  const own = { customerId: anonymousId, customerGuid: visit.customerGuid };
  if (visit.person.registered) {
    const account = await sql.run(
      `SELECT CustomerID, CustomerGUID FROM dbo.Customer WHERE Email = @email AND IsRegistered = 1 AND Deleted = 0
       ORDER BY CustomerID`,
      { email: text(visit.email) },
    );
    const row = account.rows[0];
    const customerId = row?.['CustomerID'] as number | undefined;
    if (row !== undefined && customerId !== undefined && customerId !== anonymousId) {
      await sql.run(
        'UPDATE dbo.ShoppingCart SET CustomerID = @account WHERE CustomerID = @anonymous AND CartType = 0',
        {
          account: int(customerId),
          anonymous: int(anonymousId),
        },
      );
      await sql.run(`UPDATE dbo.Customer SET Email = N'' WHERE CustomerID = @anonymous`, {
        anonymous: int(anonymousId),
      });
      return { customerId, customerGuid: row['CustomerGUID'] as string };
    }
  }
  await sql.run(
    `UPDATE dbo.Customer SET Email = @email, FirstName = @first, LastName = @last, Phone = @phone, IsRegistered = @registered
     WHERE CustomerID = @customer`,
    { ...named(visit), registered: int(visit.person.registered ? 1 : 0), customer: int(anonymousId) },
  );
  return own;
};

/** Takes out what an earlier visit left in the cart: the shopper buys what was planned and nothing else. */
export const clearLeftovers = async (sql: SqlSession, visit: Visit, customerId: number): Promise<void> => {
  const ours = new Set(visit.lines.map((line) => line.cartGuid));
  const { rows } = await sql.run(
    `SELECT ShoppingCartRecID, ShoppingCartRecGUID FROM dbo.ShoppingCart WHERE CustomerID = @customer AND CartType = ${CART}`,
    { customer: int(customerId) },
  );
  for (const row of rows) {
    if (ours.has((row['ShoppingCartRecGUID'] as string).toUpperCase())) continue;
    await sql.run('DELETE FROM dbo.ShoppingCart WHERE ShoppingCartRecID = @id', {
      id: int(row['ShoppingCartRecID'] as number),
    });
  }
};

const insertAddress = async (
  sql: SqlSession,
  visit: Visit,
  customerId: number,
  place: Place,
  name: 'bill' | 'ship',
): Promise<number> => {
  const query = `SELECT AddressID AS id FROM dbo.Address WHERE CustomerID = @customer AND NickName = @nick AND Deleted = 0
                 AND Address1 = @address1 AND Zip = @zip ORDER BY AddressID`;
  const key = { customer: int(customerId), nick: text(name), address1: text(place.address1), zip: text(place.zip) };
  const known = await number(sql, query, key);
  if (known !== undefined) return known;
  await sql.run(
    `INSERT INTO dbo.Address (CustomerID, NickName, FirstName, LastName, Address1, Address2, Suite, City, State, Zip,
       Country, ResidenceType, Phone, Email, PaymentMethodLastUsed)
     VALUES (@customer, @nick, @first, @last, @address1, @address2, @suite, @city, @state, @zip,
       @country, 1, @phone, @email, @method)`,
    {
      ...key,
      ...named(visit),
      address2: text(place.address2),
      suite: text(place.suite),
      city: text(place.city),
      state: text(place.state),
      country: text(place.country),
      method: text(name === 'bill' ? PAYMENT_METHOD : null),
    },
  );
  return await found(sql, query, key);
};

/** Addresses, and the Customer row pointing at them. */
export const giveAddresses = async (
  sql: SqlSession,
  visit: Visit,
  buyer: Readonly<{ customerId: number; customerGuid: string }>,
): Promise<Buyer> => {
  const billId = await insertAddress(sql, visit, buyer.customerId, visit.person.bill, 'bill');
  const shipId = await insertAddress(sql, visit, buyer.customerId, visit.person.ship, 'ship');
  await sql.run(
    `UPDATE dbo.Customer SET BillingAddressID = @bill, ShippingAddressID = @ship, RequestedPaymentMethod = @method,
       BillingEqualsShipping = @same WHERE CustomerID = @customer`,
    {
      bill: int(billId),
      ship: int(shipId),
      method: text(PAYMENT_METHOD),
      same: int(visit.person.bill === visit.person.ship ? 1 : 0),
      customer: int(buyer.customerId),
    },
  );
  return { ...buyer, billId, shipId };
};

const numberByGuid = 'SELECT OrderNumber AS id FROM dbo.OrderNumbers WHERE OrderNumberGUID = @guid';

/** How many lines of the order are in the shop: none before the checkout has come that far. */
export const writtenLineCount = async (sql: SqlSession, order: PlannedOrder): Promise<number> => {
  const { rows } = await sql.run(
    `SELECT COUNT(*) AS n FROM dbo.Orders_ShoppingCart l JOIN dbo.OrderNumbers n ON n.OrderNumber = l.OrderNumber
     WHERE n.OrderNumberGUID = @guid`,
    { guid: guid(order.numberGuid) },
  );
  return rows[0]?.['n'] as number;
};

/** Reserves the order's number under the plan's GUID, once. */
export const reserveNumber = async (sql: SqlSession, order: PlannedOrder): Promise<number> => {
  const params = { guid: guid(order.numberGuid) };
  const known = await number(sql, numberByGuid, params);
  if (known !== undefined) return known;
  await sql.run('INSERT INTO dbo.OrderNumbers (OrderNumberGUID) VALUES (@guid)', params);
  return await found(sql, numberByGuid, params);
};

/** Reserves numbers that no order will ever have. */
export const skipNumbers = async (sql: SqlSession, order: PlannedOrder, count: number): Promise<void> => {
  for (let n = 1; n <= count; n += 1)
    await reserveNumber(sql, { ...order, numberGuid: guidOf(order.numberGuid, 'skipped', n) });
};

const addressParams = (prefix: 'bill' | 'ship', place: Place): Readonly<Record<string, Param>> => ({
  [`${prefix}Address1`]: text(place.address1),
  [`${prefix}Address2`]: text(place.address2),
  [`${prefix}Suite`]: text(place.suite),
  [`${prefix}City`]: text(place.city),
  [`${prefix}State`]: text(place.state),
  [`${prefix}Zip`]: text(place.zip),
  [`${prefix}Country`]: text(place.country),
});

const insertOrder = async (
  sql: SqlSession,
  visit: Visit,
  order: PlannedOrder,
  buyer: Buyer,
  orderNumber: number,
  state: Habits['firstState'],
  paymentMethod: string,
): Promise<void> => {
  const weight = order.lines.reduce(
    (sum, line) => sum + BigInt(line.article.weight.replace('.', '')) * BigInt(line.quantity),
    0n,
  );
  await sql.run(
    `INSERT INTO dbo.Orders (OrderNumber, OrderGUID, StoreID, StoreVersion, CustomerID, CustomerGUID, LastName, FirstName,
       Email, Phone, OrderNotes, BillingEqualsShipping, BillingLastName, BillingFirstName, BillingAddress1, BillingAddress2,
       BillingSuite, BillingCity, BillingState, BillingZip, BillingCountry, BillingPhone, ShippingLastName,
       ShippingFirstName, ShippingResidenceType, ShippingAddress1, ShippingAddress2, ShippingSuite, ShippingCity,
       ShippingState, ShippingZip, ShippingCountry, ShippingPhone, ShippingMethodID, ShippingMethod, OrderSubtotal,
       OrderTax, OrderShippingCosts, OrderTotal, PaymentGateway, AuthorizationCode, AuthorizationResult,
       AuthorizationPNREF, TransactionCommand, LastIPAddress, PaymentMethod, TransactionState, OrderWeight,
       LocaleSetting, CartType, TransactionType)
     VALUES (@number, @guid, @store, @version, @customer, @customerGuid, @last, @first,
       @email, @phone, @notes, @same, @last, @first, @billAddress1, @billAddress2,
       @billSuite, @billCity, @billState, @billZip, @billCountry, @phone, @last,
       @first, 1, @shipAddress1, @shipAddress2, @shipSuite, @shipCity,
       @shipState, @shipZip, @shipCountry, @phone, @methodId, @method, CAST(@subtotal AS money),
       CAST(@tax AS money), CAST(@shipping AS money), CAST(@total AS money), NULL, N'TBD', N'TBD',
       N'TBD', N'TBD', '127.0.0.1', @payment, @state, CAST(@weight AS money),
       N'en-US', ${CART}, 1)`,
    {
      number: int(orderNumber),
      store: int(visit.storeId),
      guid: guid(order.orderGuid),
      version: text(STORE_VERSION),
      customer: int(buyer.customerId),
      customerGuid: guid(buyer.customerGuid),
      ...named(visit),
      notes: text(order.notes),
      same: int(visit.person.bill === visit.person.ship ? 1 : 0),
      ...addressParams('bill', visit.person.bill),
      ...addressParams('ship', visit.person.ship),
      methodId: int(order.shippingMethod.id),
      method: text(order.shippingMethod.name),
      subtotal: money(order.subtotal),
      tax: money(order.tax),
      shipping: money(order.shipping),
      total: money(order.total),
      payment: text(paymentMethod),
      state: text(state),
      weight: text(`${weight / 10n}.${weight % 10n}`),
    },
  );
};

/** The cart's rows become the order's lines, at their price for one. */
const copyLines = (sql: SqlSession, orderNumber: number, customerId: number, storeId: number): Promise<unknown> =>
  sql.run(
    `INSERT INTO dbo.Orders_ShoppingCart (OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID, Quantity,
       ChosenColor, OrderedProductName, OrderedProductSKU, OrderedProductWeight, OrderedProductPrice, IsTaxable, CartType)
     SELECT @number, c.ShoppingCartRecID, c.CustomerID, c.ProductID, c.VariantID, c.Quantity,
       c.ChosenColor, p.Name, c.ProductSKU, c.ProductWeight, c.ProductPrice, c.IsTaxable, c.CartType
     FROM dbo.ShoppingCart c JOIN dbo.Product p ON p.ProductID = c.ProductID
     WHERE c.CustomerID = @customer AND c.CartType = ${CART} AND c.StoreID = @store AND c.Quantity > 0`,
    { number: int(orderNumber), customer: int(customerId), store: int(storeId) },
  );

type Line = Readonly<{ planned: PlannedLine; cartRecordId: number; ids: ArticleIds }>;

/** The lines as written, each with its plan: one variant is in a cart only once. */
const writtenLines = async (
  sql: SqlSession,
  order: PlannedOrder,
  shelf: Shelf,
  orderNumber: number,
): Promise<Line[]> => {
  const { rows } = await sql.run(
    'SELECT ShoppingCartRecID, VariantID FROM dbo.Orders_ShoppingCart WHERE OrderNumber = @number',
    { number: int(orderNumber) },
  );
  const recordIds = new Map(rows.map((row) => [row['VariantID'] as number, row['ShoppingCartRecID'] as number]));
  if (rows.length > 0 && rows.length !== order.lines.length)
    throw new Error(`order ${orderNumber} has ${rows.length} lines in the shop and ${order.lines.length} in the plan`);
  return rows.length === 0
    ? []
    : order.lines.map((planned) => {
        const ids = articleOf(shelf, planned);
        const cartRecordId = recordIds.get(ids.variantId);
        if (cartRecordId === undefined) throw new Error(`order ${orderNumber} has no line for ${planned.article.sku}`);
        return { planned, cartRecordId, ids };
      });
};

/** Stock and its guard change together, as in the storefront's stored procedure: the stock first. */
const reduceInventory = (sql: SqlSession, orderNumber: number, lines: readonly Line[]): Promise<void> =>
  sql.together(async () => {
    const number = int(orderNumber);
    const { rows } = await sql.run('SELECT InventoryWasReduced FROM dbo.Orders WHERE OrderNumber = @number', {
      number,
    });
    if (rows[0]?.['InventoryWasReduced'] !== 0) return;
    // In one order, so that no two checkouts wait for each other.
    const sold = lines.toSorted((left, right) => left.ids.variantId - right.ids.variantId);
    for (const { planned, ids } of sold)
      await sql.run('UPDATE dbo.ProductVariant SET Inventory = Inventory - @quantity WHERE VariantID = @variant', {
        quantity: int(planned.quantity),
        variant: int(ids.variantId),
      });
    await sql.run('UPDATE dbo.Orders SET InventoryWasReduced = 1 WHERE OrderNumber = @number', { number });
  });

const shippingDetail = (place: Place): string =>
  `<Detail><Address1>${place.address1}</Address1><City>${place.city}</City><Zip>${place.zip}</Zip></Detail>`;

/**
 * From the reserved number to the emptied cart. Safe to repeat from the start after any failure; a repetition does
 * not touch an order that has gone on since.
 */
export const placeOrder = async (
  sql: SqlSession,
  visit: Visit,
  order: PlannedOrder,
  shelf: Shelf,
  buyer: Buyer,
  orderNumber: number,
  habits: Habits = tidy,
  paymentMethod = PAYMENT_METHOD,
  /** What the shop's own gateway has charged during the checkout: pi_… or ch_…. */
  charged?: string,
): Promise<void> => {
  const numbered = { number: int(orderNumber) };
  const exists = await number(sql, 'SELECT OrderNumber AS id FROM dbo.Orders WHERE OrderNumber = @number', numbered);
  if (exists === undefined) await insertOrder(sql, visit, order, buyer, orderNumber, habits.firstState, paymentMethod);

  const begun = `(TransactionState IS NULL OR TransactionState IN (N'AUTH', N'AUTH CAPTURE'))`;
  if (habits.takenBack)
    await sql.run(
      `UPDATE dbo.Orders SET TransactionState = N'AUTHORIZED', AuthorizedOn = GETDATE() WHERE OrderNumber = @number AND ${begun}`,
      numbered,
    );
  await sql.run(
    `UPDATE dbo.Orders SET AuthorizationCode = N'', AuthorizationResult = N'', AuthorizationPNREF = @reference,
       TransactionCommand = N'', AuthorizedOn = GETDATE(),
       ${charged === undefined ? `TransactionState = N'PENDING'` : `TransactionState = N'CAPTURED', CapturedOn = GETDATE()`}
     WHERE OrderNumber = @number AND (TransactionState = N'AUTHORIZED' AND AuthorizationPNREF = N'TBD' OR ${begun})`,
    { ...numbered, reference: text(charged ?? '') },
  );

  await sleep(habits.lateLinesMs);
  if ((await writtenLines(sql, order, shelf, orderNumber)).length === 0)
    await copyLines(sql, orderNumber, buyer.customerId, visit.storeId);
  const lines = await writtenLines(sql, order, shelf, orderNumber);
  if (lines.length === 0) throw new Error(`order ${orderNumber}: the cart was empty`);

  for (const { cartRecordId } of lines)
    await sql.run(
      `UPDATE dbo.Orders_ShoppingCart SET ShippingAddressID = @address, ShippingDetail = @detail, ShippingMethodID = @methodId,
         ShippingMethod = @method WHERE ShoppingCartRecID = @record`,
      {
        address: int(buyer.shipId),
        detail: text(shippingDetail(visit.person.ship)),
        methodId: int(order.shippingMethod.id),
        method: text(order.shippingMethod.name),
        record: int(cartRecordId),
      },
    );

  await sleep(habits.lateLinesMs);
  for (const { planned, cartRecordId } of lines)
    await sql.run(
      `UPDATE dbo.Orders_ShoppingCart SET OrderedProductPrice = CAST(@extended AS money),
         OrderedProductRegularPrice = CAST(@regular AS money), OrderedProductSalePrice = CAST(@sale AS money),
         OrderedProductExtendedPrice = 0
       WHERE OrderNumber = @number AND ShoppingCartRecID = @record`,
      {
        ...numbered,
        record: int(cartRecordId),
        extended: money(planned.extended),
        regular: money(planned.article.price),
        sale: money(planned.article.salePrice ?? 0n),
      },
    );

  await reduceInventory(sql, orderNumber, lines);
  await sql.run(`DELETE FROM dbo.ShoppingCart WHERE CustomerID = @customer AND CartType = ${CART}`, {
    customer: int(buyer.customerId),
  });

  for (const { planned, cartRecordId } of lines)
    await sql.run(
      `UPDATE dbo.Orders_ShoppingCart SET OrderedProductQuantityDiscountID = @id, OrderedProductQuantityDiscountName = @name,
         OrderedProductQuantityDiscountPercent = CAST(@percent AS money)
       WHERE OrderNumber = @number AND ShoppingCartRecID = @record`,
      {
        ...numbered,
        record: int(cartRecordId),
        id: int(planned.discountPercent > 0 ? planned.article.quantityDiscount!.id : 0),
        name: text(planned.discountPercent > 0 ? planned.article.quantityDiscount!.name : ''),
        percent: text(decimalOf(BigInt(planned.discountPercent) * 100n)),
      },
    );
  await sql.run(
    `UPDATE dbo.Orders SET LevelID = 0, LevelName = N'', LevelDiscountPercent = 0, LevelDiscountAmount = 0
     WHERE OrderNumber = @number`,
    numbered,
  );
};
