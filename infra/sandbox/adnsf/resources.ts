/** Which columns of which tables a resource is made of. The document says the same of its outside; tests compare them. */

/**
 * How a column is read and written: `money` as an exact decimal, `local` as the shop's local time without a zone, `flag`
 * as a boolean that the shop keeps as 0 or 1.
 */
export type Kind = 'int' | 'text' | 'money' | 'local' | 'flag';

export type Field = Readonly<{ column: string; kind: Kind }>;
export type Fields = Readonly<Record<string, Field>>;

export type Resource = Readonly<{
  table: string;
  /** Field and column of the key. */
  id: string;
  fields: Fields;
  /** Columns that a creation sets without being told. */
  defaults?: Readonly<Record<string, string>>;
  /** The field that names the order it belongs to, if it belongs to one. */
  order?: string;
}>;

const int = (column: string): Field => ({ column, kind: 'int' });
const text = (column: string): Field => ({ column, kind: 'text' });
const money = (column: string): Field => ({ column, kind: 'money' });
const local = (column: string): Field => ({ column, kind: 'local' });
const flag = (column: string): Field => ({ column, kind: 'flag' });

/** `firstName` → `BillingFirstName`. */
export const addressFields = (which: 'Billing' | 'Shipping'): Fields =>
  Object.fromEntries(
    [
      'firstName',
      'lastName',
      'company',
      'address1',
      'address2',
      'suite',
      'city',
      'state',
      'zip',
      'country',
      'phone',
    ].map((name) => [name, text(`${which}${name.charAt(0).toUpperCase()}${name.slice(1)}`)]),
  );

/** A customer's billing address. */
export const homeFields: Fields = {
  address1: text('Address1'),
  address2: text('Address2'),
  suite: text('Suite'),
  city: text('City'),
  state: text('State'),
  zip: text('Zip'),
  country: text('Country'),
};

export const lineFields: Fields = {
  cartRecordId: int('ShoppingCartRecID'),
  productId: int('ProductID'),
  variantId: int('VariantID'),
  quantity: int('Quantity'),
  sku: text('OrderedProductSKU'),
  name: text('OrderedProductName'),
  extendedPrice: money('OrderedProductPrice'),
  taxable: flag('IsTaxable'),
};

/** Card columns are in none of them. */
export const resources = {
  Order: {
    table: 'Orders',
    id: 'orderNumber',
    order: 'orderNumber',
    fields: {
      orderNumber: int('OrderNumber'),
      storeId: int('StoreID'),
      customerId: int('CustomerID'),
      parentOrderNumber: int('ParentOrderNumber'),
      transactionType: int('TransactionType'),
      transactionState: text('TransactionState'),
      paymentMethod: text('PaymentMethod'),
      paymentGateway: text('PaymentGateway'),
      paymentReference: text('AuthorizationPNREF'),
      email: text('Email'),
      firstName: text('FirstName'),
      lastName: text('LastName'),
      phone: text('Phone'),
      subtotal: money('OrderSubtotal'),
      tax: money('OrderTax'),
      shipping: money('OrderShippingCosts'),
      total: money('OrderTotal'),
      couponType: int('CouponType'),
      couponAmount: money('CouponDiscountAmount'),
      orderDate: local('OrderDate'),
      authorizedOn: local('AuthorizedOn'),
      capturedOn: local('CapturedOn'),
      refundedOn: local('RefundedOn'),
      voidedOn: local('VoidedOn'),
      refundReason: text('RefundReason'),
      serviceNotes: text('CustomerServiceNotes'),
      isNew: flag('IsNew'),
      readyToShip: flag('ReadyToShip'),
      inventoryWasReduced: flag('InventoryWasReduced'),
      shippingMethod: text('ShippingMethod'),
      shippedOn: local('ShippedOn'),
      shippedVia: text('ShippedVIA'),
      trackingNumber: text('ShippingTrackingNumber'),
      updatedOn: local('UpdatedOn'),
    },
  },
  Customer: {
    table: 'Customer',
    id: 'customerId',
    fields: {
      customerId: int('CustomerID'),
      storeId: int('StoreID'),
      email: text('Email'),
      firstName: text('FirstName'),
      lastName: text('LastName'),
      phone: text('Phone'),
      okToEmail: flag('OkToEmail'),
      isRegistered: flag('IsRegistered'),
      active: flag('Active'),
      updatedOn: local('UpdatedOn'),
    },
    defaults: { IsRegistered: '1' },
  },
  Product: {
    table: 'ProductVariant',
    id: 'variantId',
    fields: {
      variantId: int('VariantID'),
      productId: int('ProductID'),
      name: text('Name'),
      skuSuffix: text('SKUSuffix'),
      price: money('Price'),
      salePrice: money('SalePrice'),
      stock: int('Inventory'),
      published: flag('Published'),
      updatedOn: local('UpdatedOn'),
    },
  },
  Payment: {
    table: 'OrderTransaction',
    id: 'paymentId',
    order: 'orderNumber',
    fields: {
      paymentId: int('OrderTransactionID'),
      orderNumber: int('OrderNumber'),
      type: text('TransactionType'),
      reference: text('PNREF'),
      code: text('Code'),
      method: text('PaymentMethod'),
      gateway: text('PaymentGateway'),
      amount: money('Amount'),
      createdOn: local('CreatedOn'),
    },
  },
  Return: {
    table: 'Custom_OrderReturn',
    id: 'returnId',
    order: 'orderNumber',
    fields: {
      returnId: int('OrderReturnID'),
      rmaNumber: text('RMANumber'),
      orderNumber: int('OrderNumber'),
      cartRecordId: int('ShoppingCartRecID'),
      customerId: int('CustomerID'),
      productId: int('ProductID'),
      variantId: int('VariantID'),
      quantity: int('Quantity'),
      reasonCode: text('ReasonCode'),
      state: text('ReturnState'),
      goodsExpected: flag('GoodsExpected'),
      restock: flag('Restock'),
      refundAmount: money('RefundAmount'),
      restockingFee: money('RestockingFee'),
      refundOrderNumber: int('RefundOrderNumber'),
      refundReference: text('RefundReference'),
      approvedOn: local('ApprovedOn'),
      receivedOn: local('ReceivedOn'),
      refundedOn: local('RefundedOn'),
      restockedOn: local('RestockedOn'),
      createdOn: local('CreatedOn'),
      updatedOn: local('UpdatedOn'),
    },
  },
  Webhook: {
    table: 'Custom_Webhook',
    id: 'webhookId',
    fields: { webhookId: int('WebhookID'), url: text('Url'), createdOn: local('CreatedOn') },
  },
} as const satisfies Record<string, Resource>;

export type ResourceName = keyof typeof resources;
/** Columns that are written and never read. */
export const writeOnly: Partial<Record<ResourceName, Fields>> = { Webhook: { secret: text('Secret') } };
