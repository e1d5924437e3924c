/** An order as the shop's API tells it, as the order stream knows orders: by the very rules of its assembly. */
import { z } from 'zod';
import type { OrderLine, OrdersValue } from '../../../schemas/generated/types.ts';
import { assemble, type Assembly } from '../../order-stream/domain/assemble.ts';
import { instantOf } from '../../order-stream/domain/local-time.ts';
import { decimalFromText, decimalText } from '../../order-stream/domain/money.ts';
import type { Policy } from '../../order-stream/domain/policy.ts';
import { textOrNull } from '../../order-stream/domain/shop.ts';

export const amount = z.string().regex(/^-?\d{1,15}(\.\d{1,4})?$/);
export const local = z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?$/);
const text = z.string().nullable();
const address = z.object({
  firstName: text,
  lastName: text,
  company: text,
  address1: text,
  address2: text,
  suite: text,
  city: text,
  state: text,
  zip: text,
  country: text,
  phone: text,
});
const line = z.object({
  cartRecordId: z.number().int(),
  productId: z.number().int(),
  variantId: z.number().int(),
  quantity: z.number().int(),
  sku: text,
  name: text,
  extendedPrice: amount.nullable(),
  taxable: z.boolean(),
});

export const orderBody = z.object({
  orderNumber: z.number().int(),
  storeId: z.number().int(),
  customerId: z.number().int(),
  parentOrderNumber: z.number().int().nullable(),
  transactionType: z.number().int().nullable(),
  transactionState: text,
  paymentMethod: text,
  paymentGateway: text,
  paymentReference: text,
  email: text,
  firstName: text,
  lastName: text,
  phone: text,
  subtotal: amount,
  tax: amount,
  shipping: amount,
  total: amount,
  couponType: z.number().int(),
  couponAmount: amount.nullable(),
  orderDate: local,
  inventoryWasReduced: z.boolean(),
  shippingMethod: text,
  shippedOn: local.nullable(),
  trackingNumber: text,
  refundedOn: local.nullable(),
  refundReason: text,
  billTo: address,
  shipTo: address,
  lines: z.array(line),
  updatedOn: local,
});
export type OrderBody = z.output<typeof orderBody>;

export const customerBody = z.object({
  customerId: z.number().int(),
  email: z.string(),
  firstName: text,
  lastName: text,
  phone: text,
  isRegistered: z.boolean(),
});
export type CustomerBody = z.output<typeof customerBody>;

/** Not from the shop's log: before any place of it. */
const NO_PLACE = '';

/** Of scale 4, as the database has it. */
const moneyText = (written: string | null): string => {
  const { unscaled, scale } = decimalFromText(written ?? '0');
  return decimalText({ unscaled: unscaled * 10n ** BigInt(4 - scale), scale: 4 });
};
const bytesOf = (written: string): Buffer => Buffer.from(written, 'latin1');
const epoch = (written: string): bigint => BigInt(Date.parse(`${written}Z`));

const prefixed = (which: 'Billing' | 'Shipping', parts: z.output<typeof address>): object =>
  Object.fromEntries(
    Object.entries(parts).map(([name, value]) => [`${which}${name.charAt(0).toUpperCase()}${name.slice(1)}`, value]),
  );

const rowOf = (order: OrderBody): OrdersValue =>
  ({
    OrderNumber: order.orderNumber,
    StoreID: order.storeId,
    ParentOrderNumber: order.parentOrderNumber,
    CustomerID: order.customerId,
    Email: order.email,
    FirstName: order.firstName,
    LastName: order.lastName,
    Phone: order.phone,
    ...prefixed('Billing', order.billTo),
    ...prefixed('Shipping', order.shipTo),
    ShippingMethod: order.shippingMethod,
    CouponType: order.couponType,
    CouponDiscountAmount: order.couponAmount === null ? null : bytesOf(order.couponAmount),
    OrderSubtotal: bytesOf(order.subtotal),
    OrderTax: bytesOf(order.tax),
    OrderShippingCosts: bytesOf(order.shipping),
    OrderTotal: bytesOf(order.total),
    PaymentGateway: order.paymentGateway,
    AuthorizationPNREF: order.paymentReference,
    OrderDate: epoch(order.orderDate),
    PaymentMethod: order.paymentMethod,
    TransactionState: order.transactionState,
    CartType: null,
    InventoryWasReduced: order.inventoryWasReduced ? 1 : 0,
    TransactionType: order.transactionType,
    ShippedOn: order.shippedOn === null ? null : epoch(order.shippedOn),
    ShippingTrackingNumber: order.trackingNumber,
    RefundReason: order.refundReason,
    RefundedOn: order.refundedOn === null ? null : epoch(order.refundedOn),
  }) as OrdersValue;

const lineOf = (given: z.output<typeof line>): OrderLine => ({
  cartRecordId: given.cartRecordId,
  productId: given.productId,
  variantId: given.variantId,
  sku: textOrNull(given.sku),
  name: textOrNull(given.name),
  quantity: given.quantity,
  extendedPrice: moneyText(given.extendedPrice),
  taxable: given.taxable,
  addedToCartAt: null,
});

const customerOf = (given: CustomerBody): Parameters<typeof assemble>[2] => ({
  email: textOrNull(given.email),
  firstName: textOrNull(given.firstName),
  lastName: textOrNull(given.lastName),
  phone: textOrNull(given.phone),
  registered: given.isRegistered,
});

export const snapshotOf = (order: OrderBody, customer: CustomerBody | undefined, policy: Policy): Assembly =>
  assemble(
    {
      row: rowOf(order),
      money: (bytes) => decimalFromText(bytes === null ? '0' : Buffer.from(bytes).toString('latin1')),
      place: NO_PLACE,
      changedAt: instantOf(epoch(order.updatedOn), policy.stores[String(order.storeId)]?.timeZone ?? 'UTC'),
    },
    order.lines.map(lineOf),
    customer === undefined ? null : customerOf(customer),
    policy,
    null,
    'told',
  );
