/** Orders, facts and results as tests need them; each takes what matters to the case. */
import type {
  AssembledOrder,
  CommandResult,
  OrdersValue,
  PaymentFact,
  StripeEvent,
} from '../../../schemas/generated/types.ts';
import type { Policy } from '../../../services/order-stream/domain/policy.ts';

export const policy: Policy = {
  stores: { '1': { currency: 'USD', timeZone: 'America/New_York' }, '2': { currency: 'JPY', timeZone: 'Asia/Tokyo' } },
  stripeMethods: ['STRIPE'],
  captureOnShipment: [],
  offSession: [],
  shippedWithFirst: false,
  livemode: false,
};

export const assembledOrder = (over: Partial<AssembledOrder> = {}): AssembledOrder => ({
  orderId: '100123',
  orderNumber: 100123,
  storeId: 1,
  place: '00000025:00001000:0001//000001',
  placedAt: 1_790_000_000_000n,
  changedAt: 1_790_000_001_000n,
  complete: true,
  state: 'PENDING',
  transactionType: 0,
  recurring: false,
  parentOrderNumber: null,
  paymentMethod: 'STRIPE',
  paymentGateway: null,
  paymentReference: null,
  currency: 'USD',
  subtotal: 2997n,
  tax: 247n,
  shipping: 500n,
  total: 3744n,
  giftCard: 0n,
  email: 'Ana@Example.com',
  customer: {
    customerId: 58001,
    email: 'ana@example.com',
    firstName: 'Ana',
    lastName: 'Test',
    phone: null,
    registered: true,
  },
  billTo: null,
  shipTo: null,
  shippingMethod: 'Ground',
  lines: [
    {
      cartRecordId: 7,
      productId: 1,
      variantId: 2,
      sku: 'W-1',
      name: 'Widget',
      quantity: 3,
      extendedPrice: '29.9700',
      taxable: true,
      addedToCartAt: null,
    },
  ],
  shippedAt: null,
  trackingNumber: null,
  refundedAt: null,
  refundReason: null,
  ...over,
});

export const paymentFact = (over: Partial<PaymentFact> = {}): PaymentFact => ({
  factId: 'evt_1',
  orderId: '100123',
  kind: 'payment.succeeded',
  objectId: 'pi_1',
  status: 'succeeded',
  paymentIntentId: 'pi_1',
  chargeId: 'ch_1',
  balanceTransactionId: null,
  amount: 3744n,
  currency: 'USD',
  failureCode: null,
  declineCode: null,
  failureMessage: null,
  reason: null,
  failureBalanceTransactionId: null,
  statusRank: 0,
  objectCreatedAt: null,
  evidenceDueAt: null,
  movements: [],
  commandId: null,
  intended: null,
  account: null,
  occurredAt: 1_790_000_060_000n,
  livemode: false,
  ...over,
});

export const commandResult = (over: Partial<CommandResult> = {}): CommandResult => ({
  commandId: '100123/ensure-customer/1',
  orderId: '100123',
  type: 'EnsureCustomer',
  target: 'stripe',
  status: 'succeeded',
  objectId: 'cus_1',
  objectStatus: null,
  errorCode: null,
  errorMessage: null,
  requestId: 'req_1',
  replayed: false,
  detail: {},
  balanceTransactions: [],
  invoiceLines: [],
  completedAt: 1_790_000_002_000n,
  ...over,
});

export const declined = (charge: string, over: Partial<PaymentFact> = {}): PaymentFact =>
  paymentFact({
    factId: `evt_${charge}`,
    kind: 'payment.failed',
    status: 'requires_payment_method',
    chargeId: charge,
    failureCode: 'card_declined',
    declineCode: 'insufficient_funds',
    failureMessage: 'Your card has insufficient funds.',
    ...over,
  });

/** The usual life of an order: customer made, PaymentIntent made, one decline, success, fee known. */
export const usualResults: readonly CommandResult[] = [
  commandResult(),
  commandResult({ commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' }),
  commandResult({
    commandId: '100123/fetch-balance-transaction/txn_1',
    type: 'FetchBalanceTransaction',
    objectId: 'txn_1',
    detail: { gross: '3744', fee: '139', net: '3605', currency: 'usd' },
  }),
];

export const usualFacts: readonly PaymentFact[] = [
  declined('ch_0'),
  paymentFact(),
  paymentFact({ factId: 'evt_3', kind: 'charge.balanced', objectId: 'ch_1', balanceTransactionId: 'txn_1' }),
];

export const stripeEvent = (type: string, object: Readonly<Record<string, unknown>>, id = 'evt_1'): StripeEvent => ({
  id,
  type,
  apiVersion: '2026-08-26.dahlia',
  created: 1_790_000_060_000n,
  account: null,
  livemode: false,
  body: Buffer.from(JSON.stringify({ id, object: 'event', type, data: { object } })),
});

const moneyBytes = (units: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(units * 100n);
  return bytes;
};

/** An Orders row as checkout leaves it; amounts in cents. */
export const ordersRow = (over: Partial<OrdersValue> = {}, total = 3744n): OrdersValue => ({
  OrderNumber: 100123,
  StoreID: 1,
  ParentOrderNumber: null,
  CustomerID: 58001,
  Email: 'ana@example.com',
  FirstName: 'Ana',
  LastName: 'Test',
  Phone: null,
  BillingFirstName: 'Ana',
  BillingLastName: 'Test',
  BillingCompany: null,
  BillingAddress1: '1 Main St',
  BillingAddress2: null,
  BillingSuite: null,
  BillingCity: 'Springfield',
  BillingState: 'IL',
  BillingZip: '62701',
  BillingCountry: 'United States',
  BillingPhone: null,
  ShippingFirstName: null,
  ShippingLastName: null,
  ShippingCompany: null,
  ShippingAddress1: null,
  ShippingAddress2: null,
  ShippingSuite: null,
  ShippingCity: null,
  ShippingState: null,
  ShippingZip: null,
  ShippingCountry: null,
  ShippingPhone: null,
  ShippingMethod: 'Ground',
  CouponType: 0,
  CouponDiscountAmount: null,
  OrderSubtotal: moneyBytes(2997n),
  OrderTax: moneyBytes(247n),
  OrderShippingCosts: moneyBytes(500n),
  OrderTotal: moneyBytes(total),
  PaymentGateway: null,
  AuthorizationPNREF: 'TBD',
  OrderDate: 1_790_000_000_000n,
  PaymentMethod: 'Stripe',
  TransactionState: 'PENDING',
  CartType: 0,
  InventoryWasReduced: 1,
  TransactionType: 0,
  ShippedOn: null,
  ShippingTrackingNumber: null,
  RefundReason: null,
  RefundedOn: null,
  ...over,
});
