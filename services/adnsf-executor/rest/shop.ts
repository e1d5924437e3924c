/**
 * The shop over its REST API. A transaction is what was read, kept by its ETag, and one request that carries the change,
 * the command's id and its outcome: the shop does all of it or nothing, and knows the id when it hears it again.
 */
import { z } from 'zod';
import { isShipped } from '../../order-stream/domain/shop.ts';
import { PoisonError } from '../../runtime/errors.ts';
import type { CustomerChange, CustomerRow } from '../domain/customers.ts';
import type { Change } from '../domain/decision.ts';
import type { OrderRow } from '../domain/order-row.ts';
import type { PriceRow } from '../domain/prices.ts';
import type { StockChange, StockPlace, StockRow } from '../domain/stock.ts';
import type { ReturnChange, ReturnRow } from '../domain/returns.ts';
import { type AppliedRow, CommandKnownError, type OrderLookup, type Shop, type ShopTransaction } from '../shop.ts';
import { type Client, type ClientOptions, openClient } from './client.ts';

const appliedBody = z.object({
  orderNumber: z.number().int(),
  outcome: z.string(),
  appliedOn: z.iso.datetime({ offset: true }),
});
const orderBody = z.object({
  orderNumber: z.number().int(),
  storeId: z.number().int(),
  transactionState: z.string().nullable(),
  paymentReference: z.string().nullable(),
  total: z.string(),
  couponType: z.number().int(),
  couponAmount: z.string().nullable(),
  authorizedOn: z.string().nullable(),
  shippedOn: z.string().nullable(),
  trackingNumber: z.string().nullable(),
  inventoryWasReduced: z.boolean(),
});
const changedBody = z.object({ applied: appliedBody, replayed: z.boolean() });
type OrderBody = z.output<typeof orderBody>;

const nullableText = z.string().nullable();
const customerBody = z.object({
  customerId: z.number().int(),
  email: z.string(),
  firstName: nullableText,
  lastName: nullableText,
  phone: nullableText,
  isRegistered: z.boolean(),
  active: z.boolean(),
  billTo: z
    .object({
      address1: nullableText,
      address2: nullableText,
      suite: nullableText,
      city: nullableText,
      state: nullableText,
      zip: nullableText,
      country: nullableText,
    })
    .nullable(),
});
const customerPage = z.object({ data: z.array(customerBody), next: z.number().int().nullable() });

const pathOfCustomer = (customerId: number): string => `api/v1/customers/${customerId}`;

const customerRow = (body: z.output<typeof customerBody>): CustomerRow => {
  const { customerId, email, firstName, lastName, phone, isRegistered, active, billTo } = body;
  return { customerId, email, firstName, lastName, phone, registered: isRegistered, active, billing: billTo };
};

const customerFields = (change: CustomerChange): object => {
  if (change.kind === 'anonymous') return { erase: true };
  const { email, firstName, lastName, phone, billing } = change;
  return { email, firstName, lastName, phone, ...(billing !== undefined && { billTo: billing }) };
};

const productBody = z.object({ variantId: z.number().int(), price: z.string(), salePrice: nullableText });

const pathOfProduct = (variantId: number): string => `api/v1/products/${variantId}`;

const stockBody = z.object({
  level: z.number().int().nullable(),
  held: z.number().int(),
  optioned: z.boolean(),
  mark: z
    .object({
      sequence: z.number().int(),
      supply: z.number().int(),
      version: z.string().regex(/^\d+$/).nullable(),
      ordersFrom: z.number().int(),
    })
    .nullable(),
});

/** Which stock, and which orders count as holding units of it. */
const pathOfStock = ({ variantId, color, size }: StockPlace, ordersFrom: number | null): string => {
  const query = new URLSearchParams({
    ...(color !== null && { color }),
    ...(size !== null && { size }),
    ...(ordersFrom !== null && { ordersFrom: String(ordersFrom) }),
  }).toString();
  return `api/v1/products/${variantId}/stock${query === '' ? '' : `?${query}`}`;
};

const stockRow = (place: StockPlace, { mark, ...row }: z.output<typeof stockBody>): StockRow => ({
  ...place,
  ...row,
  mark: mark && { ...mark, version: mark.version === null ? null : BigInt(mark.version) },
});

const stockFields = ({ level, mark }: StockChange): object => ({
  level,
  mark: { ...mark, version: mark.version === null ? null : String(mark.version) },
});

const returnBody = z.object({
  returnId: z.number().int(),
  orderNumber: z.number().int(),
  state: z.string(),
  refundAmount: nullableText,
  refundReference: nullableText,
  receivedOn: nullableText,
  restockedOn: nullableText,
});

const pathOfReturn = (returnId: number): string => `api/v1/returns/${returnId}`;

const returnFields = (change: ReturnChange): object => {
  switch (change.kind) {
    case 'refunded':
      return {
        state: 'REFUNDED',
        refundAmount: change.amount,
        refundReference: change.reference,
        refundedOn: localText(change.on),
        note: change.note,
      };
    case 'unrefunded':
      return { state: change.state, refundReference: null, refundedOn: null, note: change.note };
    case 'noted':
      return { note: change.note };
    // The shop knows its shelves.
    case 'restocked':
      return { restockedOn: localText(change.on) };
  }
};

const pathOf = (orderNumber: number): string => `api/v1/orders/${orderNumber}`;

const rowOf = (order: OrderBody): OrderRow => ({
  orderNumber: order.orderNumber,
  storeId: order.storeId,
  state: order.transactionState,
  paymentReference: order.paymentReference,
  total: order.total,
  couponType: order.couponType,
  couponAmount: order.couponAmount,
  shipped: isShipped({
    shippedAt: order.shippedOn === null ? null : BigInt(Date.parse(`${order.shippedOn}Z`)),
    trackingNumber: order.trackingNumber,
  }),
});

const appliedRow = ({ outcome, orderNumber, appliedOn }: z.output<typeof appliedBody>): AppliedRow => ({
  outcome,
  orderNumber,
  appliedOn: BigInt(Date.parse(appliedOn)),
});

const localText = (on: number): string => new Date(on).toISOString().slice(0, -1);

/** The fields of an order that a change sets. What it leaves alone depends on the order as it was read. */
const fieldsOf = (change: Change, order: OrderBody): object => {
  switch (change.kind) {
    case 'link':
      return { paymentReference: change.paymentIntentId, paymentGateway: change.gateway };
    case 'paid': {
      const on = localText(change.on);
      return {
        transactionState: 'CAPTURED',
        capturedOn: on,
        ...(order.authorizedOn === null && { authorizedOn: on }),
      };
    }
    case 'authorized':
      return { transactionState: 'AUTHORIZED', authorizedOn: localText(change.on) };
    case 'voided':
      return {
        transactionState: 'VOIDED',
        voidedOn: localText(change.on),
        isNew: false,
        returnInventory: true,
        serviceNote: change.note,
      };
    case 'declined':
      return { transactionState: 'REFUSED', serviceNote: change.note };
    case 'refunded':
      return {
        transactionState: 'REFUNDED',
        refundedOn: localText(change.on),
        refundReason: change.reason,
        isNew: false,
        serviceNote: change.note,
      };
    case 'unrefunded':
      return { transactionState: 'CAPTURED', refundedOn: null, serviceNote: change.note };
    case 'noted':
      return { serviceNote: change.note };
    case 'shipped':
      return {
        shippedOn: localText(change.on),
        ...(change.via !== null && { shippedVia: change.via }),
        trackingNumber: change.tracking,
        readyToShip: true,
        isNew: false,
        serviceNote: change.note,
      };
  }
};

const readOrder = (client: Client, orderNumber: number) =>
  client.get(pathOf(orderNumber), orderBody, 'order_not_found');

/** What was read, and where a change of it goes. */
type Seen = Readonly<{ path: string; etag: string; orderNumber: number; order?: OrderBody }>;

const begin = (client: Client): ShopTransaction => {
  let seen: Seen | undefined;
  let fields: object = {};
  const see = (path: string, etag: string | null, orderNumber: number, order?: OrderBody): void => {
    if (etag === null) throw new PoisonError('rest_unexpected', `${path} came without an ETag`);
    seen = { path, etag, orderNumber, ...(order && { order }) };
  };
  return {
    applied: async (commandId) => {
      const found = await client.get(
        `api/v1/commands/${encodeURIComponent(commandId)}`,
        appliedBody,
        'command_not_found',
      );
      return found && appliedRow(found.body);
    },
    order: async (orderNumber) => {
      const found = await readOrder(client, orderNumber);
      if (found === undefined) return undefined;
      see(pathOf(orderNumber), found.etag, orderNumber, found.body);
      return rowOf(found.body);
    },
    change: (row, change) => {
      if (seen?.order?.orderNumber !== row.orderNumber) throw new Error(`order ${row.orderNumber} was not read`);
      fields = fieldsOf(change, seen.order);
      return Promise.resolve(true);
    },
    customer: async (customerId) => {
      const found = await client.get(pathOfCustomer(customerId), customerBody, 'customer_not_found');
      if (found === undefined) return undefined;
      see(pathOfCustomer(customerId), found.etag, 0);
      return customerRow(found.body);
    },
    otherAccount: async (email, than) => {
      const path = `api/v1/customers?limit=100&email=${encodeURIComponent(email)}`;
      const found = await client.get(path, customerPage, 'not_found');
      return found?.body.data.find(({ isRegistered, customerId }) => isRegistered && customerId !== than)?.customerId;
    },
    changeCustomer: (row, change) => {
      if (seen?.path !== pathOfCustomer(row.customerId)) throw new Error(`customer ${row.customerId} was not read`);
      fields = customerFields(change);
      return Promise.resolve(true);
    },
    stock: async (place, ordersFrom) => {
      const path = pathOfStock(place, ordersFrom);
      const found = await client.get(path, stockBody, 'product_not_found');
      if (found === undefined) return undefined;
      see(path, found.etag, 0);
      return stockRow(place, found.body);
    },
    changeStock: (row, change) => {
      if (seen?.path.startsWith(`api/v1/products/${row.variantId}/stock`) !== true)
        throw new Error(`the stock of variant ${row.variantId} was not read`);
      fields = stockFields(change);
      return Promise.resolve(true);
    },
    price: async (variantId): Promise<PriceRow | undefined> => {
      const found = await client.get(pathOfProduct(variantId), productBody, 'product_not_found');
      if (found === undefined) return undefined;
      see(pathOfProduct(variantId), found.etag, 0);
      return found.body;
    },
    changePrice: (row, change) => {
      if (seen?.path !== pathOfProduct(row.variantId)) throw new Error(`variant ${row.variantId} was not read`);
      fields = change;
      return Promise.resolve(true);
    },
    orderReturn: async (returnId): Promise<ReturnRow | undefined> => {
      const found = await client.get(pathOfReturn(returnId), returnBody, 'return_not_found');
      if (found === undefined) return undefined;
      const { orderNumber, state, refundAmount, refundReference, receivedOn, restockedOn } = found.body;
      const order = await readOrder(client, orderNumber);
      if (order === undefined) return undefined;
      see(pathOfReturn(returnId), found.etag, orderNumber);
      return {
        returnId,
        orderNumber,
        storeId: order.body.storeId,
        state,
        amount: refundAmount,
        reference: refundReference,
        received: receivedOn !== null,
        restocked: restockedOn !== null,
        stockTaken: order.body.inventoryWasReduced,
      };
    },
    changeReturn: (row, change) => {
      if (seen?.path !== pathOfReturn(row.returnId)) throw new Error(`return ${row.returnId} was not read`);
      fields = returnFields(change);
      return Promise.resolve(true);
    },
    // The shop makes it when it writes, together with the outcome that would have to name it.
    rowVersion: () => Promise.resolve(undefined),
    remember: async (commandId, orderNumber, outcome) => {
      if (seen?.orderNumber !== orderNumber) throw new Error(`order ${orderNumber} was not read`);
      const { body } = await client.patch(seen.path, changedBody, {
        key: commandId,
        etag: seen.etag,
        body: { ...fields, outcome },
      });
      if (body.replayed) throw new CommandKnownError(`${commandId} is known`);
      return appliedRow(body.applied);
    },
  };
};

export const openRestShop = (options: ClientOptions): Shop & OrderLookup => {
  const client = openClient(options);
  return {
    transaction: (work) => work(begin(client)),
    look: async (orderNumber) => {
      const found = await readOrder(client, orderNumber);
      return found && rowOf(found.body);
    },
    close: () => Promise.resolve(),
  };
};
