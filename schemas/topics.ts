/**
 * Every topic of the product, its cleanup and the records it carries. Partition counts and replication are the
 * cluster's.
 */
import type * as Types from './generated/types.ts';

const database = 'adnsf.AspDotNetStorefront.dbo';
const year = String(365 * 24 * 3600 * 1000);
const forever = { 'cleanup.policy': 'delete', 'retention.ms': '-1' };
const aYear = { 'cleanup.policy': 'delete', 'retention.ms': year };
/** What wraps another record's bytes must take more than that record may have. */
const roomy = { ...forever, 'max.message.bytes': String(2 * 1024 * 1024) };
const compact = { 'cleanup.policy': 'compact' };

export type TopicDefinition = Readonly<{
  name: string;
  config: Readonly<Record<string, string>>;
  /** Files under schemas/, without ending. More than one: one subject per record. */
  records: readonly string[];
  /** Written by somebody else, whose schema is in the registry: ours only reads. */
  foreign?: boolean;
  /** Compatibility of its subjects. Topics that ERP teams read keep every older reader and writer working. */
  compatibility: 'BACKWARD' | 'BACKWARD_TRANSITIVE';
}>;

const define = <const T extends Record<string, TopicDefinition>>(topics: T): T => topics;

export const topics = define({
  orders: {
    name: `${database}.Orders`,
    config: aYear,
    records: ['adnsf/Orders'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  customers: {
    name: `${database}.Customer`,
    config: aYear,
    records: ['adnsf/Customer'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  addresses: {
    name: `${database}.Address`,
    config: aYear,
    records: ['adnsf/Address'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  carts: {
    name: `${database}.ShoppingCart`,
    config: aYear,
    records: ['adnsf/ShoppingCart'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  orderLines: {
    name: `${database}.Orders_ShoppingCart`,
    config: aYear,
    records: ['adnsf/Orders_ShoppingCart'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  products: {
    name: `${database}.Product`,
    config: aYear,
    records: ['adnsf/Product'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  variants: {
    name: `${database}.ProductVariant`,
    config: aYear,
    records: ['adnsf/ProductVariant'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  stockRows: {
    name: `${database}.Inventory`,
    config: aYear,
    records: ['adnsf/Inventory'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  shopItems: {
    name: 'shop.items',
    config: forever,
    records: ['ShopItemFact'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  erpInventory: {
    name: 'erp.inventory',
    // ERP teams write it.
    config: forever,
    records: ['ErpStock'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  erpPrices: {
    name: 'erp.prices',
    config: forever,
    records: ['ErpPrice'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  returns: {
    name: `${database}.Custom_OrderReturn`,
    config: aYear,
    records: ['adnsf/Custom_OrderReturn'],
    foreign: true,
    compatibility: 'BACKWARD',
  },
  adnsfWebhooks: { name: 'adnsf.webhooks', config: aYear, records: ['AdnsfWebhook'], compatibility: 'BACKWARD' },
  adnsfSnapshots: {
    name: 'adnsf.snapshots',
    // As with images of orders: the first one decides (ADR 0014).
    config: forever,
    records: ['AssembledOrder'],
    compatibility: 'BACKWARD',
  },
  orderReturns: {
    name: 'order.returns',
    config: forever,
    records: ['OrderReturn'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  adnsfReturns: {
    name: 'adnsf.returns',
    // As adnsf.snapshots.
    config: forever,
    records: ['OrderReturn'],
    compatibility: 'BACKWARD',
  },
  stripeEvents: { name: 'stripe.events', config: forever, records: ['StripeEvent'], compatibility: 'BACKWARD' },
  stripeObjects: { name: 'stripe.objects', config: compact, records: ['LinkedObject'], compatibility: 'BACKWARD' },
  assembledOrders: {
    name: 'orders.assembled',
    // The first complete image decides, so history needs the first one and not the last (ADR 0014).
    config: forever,
    records: ['AssembledOrder'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  orderPayments: {
    name: 'order.payments',
    config: forever,
    records: ['PaymentFact'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  payoutFacts: {
    name: 'payout.facts',
    config: forever,
    records: ['PayoutFact'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  // Lines of payouts that nobody had claimed when they were listed, by object; and those that somebody has since, by payout.
  payoutUnclaimed: {
    name: 'payout.unclaimed',
    config: forever,
    records: ['PayoutLine'],
    compatibility: 'BACKWARD',
  },
  payoutClaims: {
    name: 'payout.claims',
    config: forever,
    records: ['PayoutLine'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  shopCustomers: {
    name: 'shop.customers',
    // As customer.facts.
    config: aYear,
    records: ['ShopCustomerFact'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  customerFacts: {
    name: 'customer.facts',
    // People's data: no longer than it is of use.
    config: aYear,
    records: ['CustomerFact'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  peopleFacts: {
    name: 'people.facts',
    // What of both sides is said of people, in the one order in which it is heard.
    config: aYear,
    records: ['ShopCustomerFact', 'CustomerFact'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  billingFacts: {
    name: 'billing.facts',
    config: forever,
    records: ['BillingFact'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  catalogFacts: {
    name: 'catalog.facts',
    config: forever,
    records: ['CatalogFact'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  stripeCommands: {
    name: 'stripe.commands',
    config: forever,
    records: [
      'commands/stripe.EnsureCustomer',
      'commands/stripe.CreatePaymentIntent',
      'commands/stripe.FetchBalanceTransaction',
      'commands/stripe.CreateRefund',
      'commands/stripe.CapturePaymentIntent',
      'commands/stripe.CancelPaymentIntent',
      'commands/stripe.LabelPayment',
      'commands/stripe.FetchInvoiceLines',
      'commands/stripe.FetchInvoicePayments',
      'commands/stripe.FetchCreditNotes',
      'commands/stripe.FetchCreditNoteLines',
      'commands/stripe.UpdateCustomer',
      'commands/stripe.MoveCustomer',
      'commands/stripe.RetireCustomer',
      'commands/stripe.DeleteCustomer',
      'commands/stripe.FetchPayoutTransactions',
      'commands/stripe.UpsertProduct',
      'commands/stripe.SetPrice',
    ],
    compatibility: 'BACKWARD',
  },
  adnsfCommands: {
    name: 'adnsf.commands',
    config: forever,
    records: [
      'commands/adnsf.LinkPayment',
      'commands/adnsf.MarkOrderPaid',
      'commands/adnsf.RecordPaymentDecline',
      'commands/adnsf.RecordRefund',
      'commands/adnsf.ReverseRefund',
      'commands/adnsf.RecordRefundRefusal',
      'commands/adnsf.RecordDispute',
      'commands/adnsf.MarkOrderAuthorized',
      'commands/adnsf.VoidOrder',
      'commands/adnsf.MarkShipped',
      'commands/adnsf.RecordRecurringPayment',
      'commands/adnsf.RecordRecurringEnd',
      'commands/adnsf.UpdateShopCustomer',
      'commands/adnsf.EraseShopCustomer',
      'commands/adnsf.SetInventory',
      'commands/adnsf.CountStock',
      'commands/adnsf.SetItemPrice',
      'commands/adnsf.RecordReturnRefunded',
      'commands/adnsf.ReverseReturnRefund',
      'commands/adnsf.RestockReturn',
    ],
    compatibility: 'BACKWARD',
  },
  erpCommands: {
    name: 'erp.commands',
    config: forever,
    records: [
      'commands/erp.UpsertCustomer',
      'commands/erp.CreateSalesOrder',
      'commands/erp.LinkSalesOrder',
      'commands/erp.DecrementInventory',
      'commands/erp.RecordPayment',
      'commands/erp.RecordProcessingFee',
      'commands/erp.RequestShippingLabel',
      'commands/erp.IssueCreditMemo',
      'commands/erp.ReverseCreditMemo',
      'commands/erp.OpenDispute',
      'commands/erp.BookDisputeMovement',
      'commands/erp.CloseDispute',
      'commands/erp.PostInvoice',
      'commands/erp.ScheduleRevenue',
      'commands/erp.RecordInvoicePayment',
      'commands/erp.RecordFailedCollection',
      'commands/erp.VoidInvoice',
      'commands/erp.CreditInvoice',
      'commands/erp.VoidInvoiceCredit',
      'commands/erp.ApplyCustomerCredit',
      'commands/erp.RecordOutsidePayment',
      'commands/erp.WriteOffInvoice',
      'commands/erp.ReverseWriteOff',
      'commands/erp.RecordSubscription',
      'commands/erp.MergeCustomers',
      'commands/erp.EraseCustomer',
      'commands/erp.PostPayoutJournal',
      'commands/erp.ReversePayoutJournal',
      'commands/erp.RecordConversion',
      'commands/erp.UpsertItem',
      'commands/erp.RecordStock',
      'commands/erp.ReclassifyPayoutLine',
      'commands/erp.RecordReturn',
      'commands/erp.ReceiveReturn',
    ],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  notifications: {
    name: 'notifications',
    config: aYear,
    records: ['commands/notifications.NotifyCustomer', 'commands/notifications.NotifyMerchant'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  // Written by the ERP or the warehouse, keyed by order ID.
  erpShipments: {
    name: 'erp.shipments',
    config: forever,
    records: ['ErpShipment'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  stripeResults: { name: 'stripe.results', config: forever, records: ['CommandResult'], compatibility: 'BACKWARD' },
  adnsfResults: { name: 'adnsf.results', config: forever, records: ['CommandResult'], compatibility: 'BACKWARD' },
  notificationResults: {
    name: 'notifications.results',
    config: aYear,
    records: ['CommandResult'],
    compatibility: 'BACKWARD',
  },
  erpResults: {
    name: 'erp.results',
    config: forever,
    records: ['CommandResult'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  deadLetters: { name: 'dead-letters', config: roomy, records: ['DeadLetter'], compatibility: 'BACKWARD' },
  deadLetterActions: {
    name: 'dead-letters.actions',
    config: roomy,
    records: ['DeadLetterAction'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  replays: { name: 'millrace.replays', config: forever, records: ['Replay'], compatibility: 'BACKWARD' },
  scanPositions: { name: 'scanner.positions', config: compact, records: ['ScanPosition'], compatibility: 'BACKWARD' },
  exceptions: {
    name: 'exceptions',
    config: forever,
    records: ['RaisedException'],
    compatibility: 'BACKWARD_TRANSITIVE',
  },
  repairs: { name: 'repairs', config: forever, records: ['Repair'], compatibility: 'BACKWARD_TRANSITIVE' },
});

export type TopicKey = keyof typeof topics;

/** Tables behind the stages of the order stream: the store's name and its record. */
export const stores = {
  customers: 'state/CustomerRow',
  addresses: 'state/AddressRow',
  people: 'state/CustomerState',
  carts: 'state/CartRow',
  'order-lines': 'state/OrderLines',
  'order-progress': 'state/OrderProgress',
  'return-rows': 'state/ReturnRow',
  unrouted: 'state/Unrouted',
  links: 'LinkedObject',
  unclaimed: 'state/UnclaimedLines',
  orders: 'state/OrderState',
  invoices: 'state/InvoiceState',
  subscriptions: 'state/SubscriptionState',
  payouts: 'state/PayoutState',
  items: 'state/ItemState',
  'product-rows': 'state/ProductRow',
  'stock-rows': 'state/StockRow',
  'early-results': 'CommandResult',
  places: 'state/RowPlace',
} as const;

export type StoreName = keyof typeof stores;

export type StripeCommand =
  | Types.EnsureCustomer
  | Types.CreatePaymentIntent
  | Types.FetchBalanceTransaction
  | Types.CreateRefund
  | Types.CapturePaymentIntent
  | Types.CancelPaymentIntent
  | Types.LabelPayment
  | Types.FetchInvoiceLines
  | Types.FetchInvoicePayments
  | Types.FetchCreditNotes
  | Types.FetchCreditNoteLines
  | Types.UpdateCustomer
  | Types.MoveCustomer
  | Types.RetireCustomer
  | Types.DeleteCustomer
  | Types.FetchPayoutTransactions
  | Types.UpsertProduct
  | Types.SetPrice;
/** What the shop does to an order. */
export type AdnsfOrderCommand =
  | Types.LinkPayment
  | Types.MarkOrderPaid
  | Types.RecordPaymentDecline
  | Types.RecordRefund
  | Types.ReverseRefund
  | Types.RecordRefundRefusal
  | Types.RecordDispute
  | Types.MarkOrderAuthorized
  | Types.VoidOrder
  | Types.MarkShipped
  | Types.RecordRecurringPayment
  | Types.RecordRecurringEnd;
/** What it does to a customer. */
export type AdnsfCustomerCommand = Types.UpdateShopCustomer | Types.EraseShopCustomer;
/** What it does to the stock of an item. */
export type AdnsfStockCommand = Types.SetInventory | Types.CountStock;
export type AdnsfItemCommand = AdnsfStockCommand | Types.SetItemPrice;
/** What it does to a return. */
export type AdnsfReturnCommand = Types.RecordReturnRefunded | Types.ReverseReturnRefund | Types.RestockReturn;
export type AdnsfCommand = AdnsfOrderCommand | AdnsfCustomerCommand | AdnsfReturnCommand | AdnsfItemCommand;
export type ErpCommand =
  | Types.UpsertCustomer
  | Types.CreateSalesOrder
  | Types.LinkSalesOrder
  | Types.DecrementInventory
  | Types.RecordPayment
  | Types.RecordProcessingFee
  | Types.RequestShippingLabel
  | Types.IssueCreditMemo
  | Types.ReverseCreditMemo
  | Types.OpenDispute
  | Types.BookDisputeMovement
  | Types.CloseDispute
  | Types.PostInvoice
  | Types.ScheduleRevenue
  | Types.RecordInvoicePayment
  | Types.RecordFailedCollection
  | Types.VoidInvoice
  | Types.CreditInvoice
  | Types.VoidInvoiceCredit
  | Types.ApplyCustomerCredit
  | Types.RecordOutsidePayment
  | Types.WriteOffInvoice
  | Types.ReverseWriteOff
  | Types.RecordSubscription
  | Types.MergeCustomers
  | Types.EraseCustomer
  | Types.PostPayoutJournal
  | Types.ReversePayoutJournal
  | Types.RecordConversion
  | Types.UpsertItem
  | Types.RecordStock
  | Types.ReclassifyPayoutLine
  | Types.RecordReturn
  | Types.ReceiveReturn;
export type Notification = Types.NotifyCustomer | Types.NotifyMerchant;

/** What a topic's values are in TypeScript. */
export type TopicValues = {
  orders: Types.OrdersEnvelope;
  customers: Types.CustomerEnvelope;
  addresses: Types.AddressEnvelope;
  carts: Types.ShoppingCartEnvelope;
  orderLines: Types.OrdersShoppingCartEnvelope;
  products: Types.ProductEnvelope;
  variants: Types.ProductVariantEnvelope;
  stockRows: Types.InventoryEnvelope;
  shopItems: Types.ShopItemFact;
  erpInventory: Types.ErpStock;
  erpPrices: Types.ErpPrice;
  returns: Types.CustomOrderReturnEnvelope;
  adnsfWebhooks: Types.AdnsfWebhook;
  adnsfSnapshots: Types.AssembledOrder;
  orderReturns: Types.OrderReturn;
  adnsfReturns: Types.OrderReturn;
  stripeEvents: Types.StripeEvent;
  stripeObjects: Types.LinkedObject;
  assembledOrders: Types.AssembledOrder;
  orderPayments: Types.PaymentFact;
  payoutFacts: Types.PayoutFact;
  payoutUnclaimed: Types.PayoutLine;
  payoutClaims: Types.PayoutLine;
  shopCustomers: Types.ShopCustomerFact;
  customerFacts: Types.CustomerFact;
  peopleFacts: Types.ShopCustomerFact | Types.CustomerFact;
  billingFacts: Types.BillingFact;
  catalogFacts: Types.CatalogFact;
  stripeCommands: StripeCommand;
  adnsfCommands: AdnsfCommand;
  erpCommands: ErpCommand;
  notifications: Notification;
  erpShipments: Types.ErpShipment;
  stripeResults: Types.CommandResult;
  adnsfResults: Types.CommandResult;
  notificationResults: Types.CommandResult;
  erpResults: Types.CommandResult;
  deadLetters: Types.DeadLetter;
  deadLetterActions: Types.DeadLetterAction;
  replays: Types.Replay;
  scanPositions: Types.ScanPosition;
  exceptions: Types.RaisedException;
  repairs: Types.Repair;
};

export type StoreValues = {
  customers: Types.CustomerRow;
  addresses: Types.AddressRow;
  people: Types.CustomerState;
  carts: Types.CartRow;
  'order-lines': Types.OrderLines;
  'order-progress': Types.OrderProgress;
  'return-rows': Types.ReturnRow;
  unrouted: Types.Unrouted;
  links: Types.LinkedObject;
  unclaimed: Types.UnclaimedLines;
  orders: Types.OrderState;
  invoices: Types.InvoiceState;
  subscriptions: Types.SubscriptionState;
  payouts: Types.PayoutState;
  items: Types.ItemState;
  'product-rows': Types.ProductRow;
  'stock-rows': Types.StockRow;
  'early-results': Types.CommandResult;
  places: Types.RowPlace;
};
