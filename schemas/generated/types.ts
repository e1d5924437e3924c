// Generated from schemas/*.avsc by schemas/generate.ts. Do not edit.

/** A change that the shop's own webhook told, after its signature was verified. It says what to look at, not how it is. */
export type AdnsfWebhook = {
  readonly id: string;
  /** order.created, order.updated, customer.updated and the like. */
  readonly type: string;
  readonly createdAt: bigint;
  readonly orderNumber: null | number;
  readonly customerId: null | number;
  /** The raw bytes of the request. */
  readonly body: Buffer;
};

/** The buyer. */
export type OrderCustomer = {
  readonly customerId: number;
  readonly email: null | string;
  readonly firstName: null | string;
  readonly lastName: null | string;
  readonly phone: null | string;
  readonly registered: boolean;
};

/** A postal address: country by its ISO 3166 code, state of the US and Canada by code, postcode in its country's form. */
export type Address = {
  readonly firstName: null | string;
  readonly lastName: null | string;
  readonly company: null | string;
  readonly address1: null | string;
  readonly address2: null | string;
  readonly suite: null | string;
  readonly city: null | string;
  readonly state: null | string;
  readonly zip: null | string;
  readonly country: null | string;
  readonly phone: null | string;
  /** Fields among country, state and zip that could not be read so: they are as they were typed. */
  readonly unrecognised: readonly string[];
};

/** One line of an order. */
export type OrderLine = {
  /** ShoppingCartRecID of the cart row it came from; not unique. */
  readonly cartRecordId: number;
  readonly productId: number;
  readonly variantId: number;
  readonly sku: null | string;
  readonly name: null | string;
  readonly quantity: number;
  /** Line total after discounts, an exact decimal of scale 4; lines need not fit the minor unit, orders must. */
  readonly extendedPrice: string;
  readonly taxable: boolean;
  /** When the shopper put it into the cart, when known. */
  readonly addedToCartAt: null | bigint;
};

/** An order with its lines and customer, as of one place in the shop's log. */
export type AssembledOrder = {
  readonly orderId: string;
  readonly orderNumber: number;
  readonly storeId: number;
  /** Commit LSN, change LSN and serial of the Orders image. */
  readonly place: string;
  /** OrderDate, converted from the shop's local time. */
  readonly placedAt: bigint;
  /** When the image was committed. */
  readonly changedAt: bigint;
  /** Checkout has finished: it may be acted on. */
  readonly complete: boolean;
  /** TransactionState. */
  readonly state: null | string;
  readonly transactionType: number;
  readonly parentOrderNumber: null | number;
  /** Without blanks, dots and brackets, upper case. */
  readonly paymentMethod: string;
  readonly paymentGateway: null | string;
  /** AuthorizationPNREF when it is one. */
  readonly paymentReference: null | string;
  /** ISO 4217, of the store. */
  readonly currency: string;
  /** Minor units, as are all amounts. */
  readonly subtotal: bigint;
  readonly tax: bigint;
  readonly shipping: bigint;
  readonly total: bigint;
  /** The part of the total that a gift card pays. */
  readonly giftCard: bigint;
  readonly email: null | string;
  readonly customer: OrderCustomer;
  readonly billTo: null | Address;
  readonly shipTo: null | Address;
  readonly shippingMethod: null | string;
  readonly lines: readonly OrderLine[];
  readonly shippedAt: null | bigint;
  readonly trackingNumber: null | string;
  /** RefundedOn, when the shop says that it is refunded. */
  readonly refundedAt: null | bigint;
  /** RefundReason. */
  readonly refundReason: null | string;
};

/** A line of an invoice, or an item of a subscription. */
export type BillingLine = {
  readonly lineId: string;
  readonly priceId: null | string;
  readonly productId: null | string;
  readonly description: null | string;
  readonly quantity: null | bigint;
  /** ISO 4217 minor units; of invoice lines. */
  readonly amount: null | bigint;
  readonly tax: null | bigint;
  readonly periodStart: null | bigint;
  readonly periodEnd: null | bigint;
  readonly proration: boolean;
};

/** A version-independent fact about a subscription, an invoice, or a payment of an invoice. */
export type BillingFact = {
  /** The Stripe event that told it. */
  readonly factId: string;
  /** subscription.*, invoice.* and invoice_payment.* by the object's status, and .other for one we do not know; subscription.deleted, invoice.deleted. */
  readonly kind: string;
  readonly objectId: string;
  /** As the newest version spells it. */
  readonly status: string;
  /** How far the object has come; facts about one object fold by it and by occurredAt, not by arrival. */
  readonly statusRank: number;
  readonly customerId: null | string;
  readonly subscriptionId: null | string;
  readonly invoiceId: null | string;
  /** Of payments of invoices. */
  readonly paymentIntentId: null | string;
  /** Of payments of invoices. */
  readonly chargeId: null | string;
  readonly number: null | string;
  readonly billingReason: null | string;
  readonly collectionMethod: null | string;
  readonly currency: string;
  /** ISO 4217 minor units, as are all amounts. */
  readonly subtotal: null | bigint;
  readonly tax: null | bigint;
  readonly total: null | bigint;
  readonly amountDue: null | bigint;
  readonly amountPaid: null | bigint;
  readonly amountRemaining: null | bigint;
  readonly periodStart: null | bigint;
  readonly periodEnd: null | bigint;
  readonly canceledAt: null | bigint;
  readonly endedAt: null | bigint;
  readonly cancelAtPeriodEnd: null | boolean;
  readonly lines: readonly BillingLine[];
  /** Events carry the first lines only; the rest has to be fetched. */
  readonly linesComplete: boolean;
  readonly metadata: Readonly<Record<string, string>>;
  /** The connected account, on Connect events. */
  readonly account: null | string;
  /** When Stripe made the object. */
  readonly createdAt: null | bigint;
  /** When the event was made. */
  readonly occurredAt: bigint;
  readonly livemode: boolean;
};

/** A version-independent fact about a product or one of its prices (a plan, in old versions). */
export type CatalogFact = {
  /** The Stripe event that told it. */
  readonly factId: string;
  /** product.active, product.inactive, product.deleted, price.active, price.inactive, or price.deleted. */
  readonly kind: string;
  readonly objectId: string;
  /** A product's own id, or that of the price's product. */
  readonly productId: null | string;
  /** Of a product; a price has its nickname. */
  readonly name: null | string;
  readonly description: null | string;
  readonly unitLabel: null | string;
  readonly defaultPriceId: null | string;
  readonly currency: null | string;
  /** ISO 4217 minor units, when the price is a whole number of them. */
  readonly unitAmount: null | bigint;
  /** The same as an exact decimal of the currency, which may be finer than the minor unit. */
  readonly unitPrice: null | string;
  readonly billingScheme: null | string;
  /** day, week, month or year, of a recurring price. */
  readonly interval: null | string;
  readonly intervalCount: null | number;
  /** Null also when a plan was told of, which does not say. */
  readonly taxBehavior: null | string;
  /** Null also when a plan was told of, which does not say. */
  readonly lookupKey: null | string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly updatedAt: null | bigint;
  /** The connected account, on Connect events. */
  readonly account: null | string;
  /** When Stripe made the object. */
  readonly createdAt: null | bigint;
  /** When the event was made. */
  readonly occurredAt: bigint;
  readonly livemode: boolean;
};

/** What became of a command. */
export type CommandResult = {
  readonly commandId: string;
  readonly orderId: string;
  readonly type: string;
  readonly target: string;
  /** succeeded, or refused: terminal, never retried. */
  readonly status: string;
  /** What was made or found: cus_…, pi_…, a row. */
  readonly objectId: null | string;
  readonly objectStatus: null | string;
  readonly errorCode: null | string;
  readonly errorMessage: null | string;
  /** The peer's own id of the request. */
  readonly requestId: null | string;
  /** The peer answered from its idempotency record. */
  readonly replayed: boolean;
  readonly detail: Readonly<Record<string, string>>;
  readonly completedAt: bigint;
};

/** A postal address as Stripe has it: country by its ISO code. */
export type StripeAddress = {
  readonly line1: null | string;
  readonly line2: null | string;
  readonly city: null | string;
  readonly state: null | string;
  readonly postalCode: null | string;
  readonly country: null | string;
};

/** A version-independent fact about a customer at Stripe. */
export type CustomerFact = {
  /** The Stripe event that told it. */
  readonly factId: string;
  /** customer.present or customer.deleted. */
  readonly kind: string;
  readonly customerId: string;
  readonly email: null | string;
  readonly name: null | string;
  readonly phone: null | string;
  readonly taxExempt: null | string;
  readonly address: null | StripeAddress;
  readonly shippingName: null | string;
  readonly shippingPhone: null | string;
  readonly shippingAddress: null | StripeAddress;
  readonly metadata: Readonly<Record<string, string>>;
  /** The connected account, on Connect events. */
  readonly account: null | string;
  /** When Stripe made the object. */
  readonly createdAt: null | bigint;
  /** When the event was made. */
  readonly occurredAt: bigint;
  readonly livemode: boolean;
};

/** A record that could not be processed, with its original bytes. */
export type DeadLetter = {
  readonly application: string;
  readonly stage: string;
  readonly version: string;
  readonly code: string;
  readonly message: string;
  readonly sourceTopic: string;
  readonly sourcePartition: number;
  readonly sourceOffset: bigint;
  readonly sourceTimestamp: bigint;
  readonly key: null | Buffer;
  readonly value: null | Buffer;
  readonly headers: Readonly<Record<string, Buffer>>;
};

/** What a person did about a dead letter. */
export type DeadLetterAction = {
  /** The dead letter's own position: dead-letters-<partition>@<offset>. */
  readonly letter: string;
  /** edit, redrive or discard. */
  readonly kind: string;
  /** Who did it. */
  readonly by: string;
  readonly at: bigint;
  readonly reason: string;
  /** Of an edit: the bytes that are redriven in place of the original ones. */
  readonly value: null | Buffer;
  /** Of a redrive: where the record lies now. */
  readonly topic: null | string;
  readonly partition: null | number;
  readonly offset: null | bigint;
};

/** A Stripe object (the key) belongs to an order. */
export type LinkedObject = {
  readonly objectId: string;
  readonly orderId: string;
};

/** What a dispute took from the Stripe balance or gave back to it. */
export type Movement = {
  readonly balanceTransactionId: string;
  /** As Stripe reports it: dispute, dispute_reversal, or what else it is called. */
  readonly category: string;
  /** Minor units; negative when money leaves. */
  readonly amount: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  /** Of the account that it settles in. */
  readonly currency: string;
  /** When it was booked at Stripe, when that is told. */
  readonly createdAt: null | bigint;
};

/** A version-independent fact about a payment of an order, a refund of it, or a dispute about it. */
export type PaymentFact = {
  /** The Stripe event that told it. */
  readonly factId: string;
  readonly orderId: string;
  /** payment.succeeded, payment.failed, payment.authorized, payment.processing, payment.action_required, payment.canceled, charge.balanced, charge.refunded, or payment.other; refund.* and dispute.* by the object's status, and .other for one we do not know. */
  readonly kind: string;
  readonly objectId: string;
  /** The object's status, as the newest version spells it. */
  readonly status: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  readonly balanceTransactionId: null | string;
  /** ISO 4217 minor units. Of charge.refunded: the total that went back so far. */
  readonly amount: bigint;
  readonly currency: string;
  readonly failureCode: null | string;
  readonly declineCode: null | string;
  readonly failureMessage: null | string;
  readonly occurredAt: bigint;
  readonly livemode: boolean;
  /** Of a refund, a dispute or a cancellation, as Stripe spells it. */
  readonly reason: null | string;
  /** What brought the money of a failed refund back. */
  readonly failureBalanceTransactionId: null | string;
  /** How far the object has come; facts about one object fold by it, not by arrival. */
  readonly statusRank: number;
  /** When Stripe made the object. */
  readonly objectCreatedAt: null | bigint;
  /** Until when a dispute can be answered. */
  readonly evidenceDueAt: null | bigint;
  /** A dispute's money. */
  readonly movements: readonly Movement[];
  /** The connected account, on Connect events. */
  readonly account: null | string;
  /** The command of ours that had the object made, if one had. */
  readonly commandId: null | string;
  /** Of a payment that succeeded: what it was made for, in minor units. What of it was not captured is released. */
  readonly intended: null | bigint;
};

/** A version-independent fact about a payout. Its lines are listed when its reconciliation is completed. */
export type PayoutFact = {
  /** The Stripe event that told it. */
  readonly factId: string;
  /** payout.pending, payout.in_transit, payout.paid, payout.canceled, payout.failed, or payout.other. */
  readonly kind: string;
  readonly payoutId: string;
  /** As the newest version spells it. */
  readonly status: string;
  /** How far the object has come; facts about one object fold by it and by occurredAt, not by arrival. */
  readonly statusRank: number;
  /** completed when the list of its balance transactions is; unknown to old versions. */
  readonly reconciliationStatus: null | string;
  /** ISO 4217 minor units; negative when Stripe takes money from the bank. */
  readonly amount: bigint;
  readonly currency: string;
  /** Only automatic payouts can be itemised. */
  readonly automatic: null | boolean;
  readonly method: null | string;
  readonly arrivalDate: null | bigint;
  readonly balanceTransactionId: null | string;
  readonly failureBalanceTransactionId: null | string;
  readonly failureCode: null | string;
  readonly failureMessage: null | string;
  readonly originalPayoutId: null | string;
  readonly reversedById: null | string;
  /** The connected account, on Connect events. */
  readonly account: null | string;
  /** When Stripe made the object. */
  readonly createdAt: null | bigint;
  /** When the event was made. */
  readonly occurredAt: bigint;
  readonly livemode: boolean;
};

/** Something that no command repairs: a person has to look. Told once; told again only after it was resolved. */
export type RaisedException = {
  /** What it is about: the same drift has the same id. */
  readonly exceptionId: string;
  /** raised or resolved. */
  readonly status: string;
  readonly orderId: null | string;
  readonly code: string;
  readonly message: string;
  /** Who must look: support, finance or operations. */
  readonly who: string;
  readonly advice: string;
  /** Where the records that tell of it lie: <topic>-<partition>@<offset>. */
  readonly evidence: readonly string[];
  readonly by: string;
  readonly at: bigint;
};

/** A command that was sent again, because what it had done does not hold. */
export type Repair = {
  /** <commandId>#repair-<n>: under this id executors remember it. */
  readonly repairId: string;
  readonly commandId: string;
  readonly orderId: string;
  /** The drift. */
  readonly code: string;
  readonly message: string;
  /** Who wanted it. */
  readonly by: string;
  readonly reason: string;
  readonly at: bigint;
  /** Where the command that was repeated lies: <topic>-<partition>@<offset>. */
  readonly original: string;
  /** Where it lies again. */
  readonly repeated: string;
};

export type ReplayPosition = {
  readonly topic: string;
  readonly from: bigint;
  readonly to: bigint;
};

export type ReplayStore = {
  readonly store: string;
  readonly puts: bigint;
  readonly deletes: bigint;
};

export type ReplayOutput = {
  readonly topic: string;
  readonly partition: number;
  readonly end: bigint;
  readonly records: bigint;
};

/** What a replay did to one task, written in the transaction that did it. */
export type Replay = {
  /** One per run of the command; it has a record for each task. */
  readonly replayId: string;
  readonly application: string;
  readonly stage: string;
  readonly partition: number;
  /** Of the program that replayed. */
  readonly version: string;
  /** user@host */
  readonly who: string;
  readonly reason: string;
  /** Epoch milliseconds. */
  readonly at: bigint;
  /** What was asked for: an offset, a timestamp or an order. */
  readonly range: string;
  /** When one order was replayed. */
  readonly orderId: null | string;
  /** Where the inputs stood, and where they were put. */
  readonly positions: readonly ReplayPosition[];
  /** What was changed in the changelogs. */
  readonly stores: readonly ReplayStore[];
  /** Where output partitions ended, and how many records are sent once more after that. */
  readonly outputs: readonly ReplayOutput[];
};

/** Where the topic ended at a moment: what was created later lies behind. */
export type ScanMark = {
  readonly at: bigint;
  /** By partition. */
  readonly ends: readonly bigint[];
};

/** How far a list of somebody else's was compared with what was delivered. */
export type ScanPosition = {
  readonly source: string;
  /** Everything created before was compared. */
  readonly until: bigint;
  readonly marks: readonly ScanMark[];
};

/** A Stripe event as it was delivered, after its signature was verified; or, with the header millrace-source: scan, as it was found in Stripe's list of events. */
export type StripeEvent = {
  readonly id: string;
  readonly type: string;
  readonly apiVersion: null | string;
  readonly created: bigint;
  /** The connected account, on Connect events. */
  readonly account: null | string;
  readonly livemode: boolean;
  /** The raw bytes of the request; of an event from the list its JSON, written by us, in the version that the list has. */
  readonly body: Buffer;
};

export type CustomerValue = {
  readonly CustomerID: null | number;
  readonly Email: null | string;
  readonly FirstName: null | string;
  readonly LastName: null | string;
  readonly Phone: null | string;
  readonly IsRegistered: null | number;
};

/** Where the change lies in the log. */
export type Source = {
  readonly ts_ms: bigint;
  readonly snapshot: null | string;
  readonly change_lsn: null | string;
  readonly commit_lsn: null | string;
  readonly event_serial_no: null | bigint;
};

/** A change of dbo.Customer, as far as it is used here (a reader of Debezium's schema). */
export type CustomerEnvelope = {
  readonly before: null | CustomerValue;
  readonly after: null | CustomerValue;
  readonly source: Source;
  readonly op: string;
};

export type OrdersValue = {
  readonly OrderNumber: null | number;
  readonly StoreID: null | number;
  readonly ParentOrderNumber: null | number;
  readonly CustomerID: null | number;
  readonly Email: null | string;
  readonly FirstName: null | string;
  readonly LastName: null | string;
  readonly Phone: null | string;
  readonly BillingFirstName: null | string;
  readonly BillingLastName: null | string;
  readonly BillingCompany: null | string;
  readonly BillingAddress1: null | string;
  readonly BillingAddress2: null | string;
  readonly BillingSuite: null | string;
  readonly BillingCity: null | string;
  readonly BillingState: null | string;
  readonly BillingZip: null | string;
  readonly BillingCountry: null | string;
  readonly BillingPhone: null | string;
  readonly ShippingFirstName: null | string;
  readonly ShippingLastName: null | string;
  readonly ShippingCompany: null | string;
  readonly ShippingAddress1: null | string;
  readonly ShippingAddress2: null | string;
  readonly ShippingSuite: null | string;
  readonly ShippingCity: null | string;
  readonly ShippingState: null | string;
  readonly ShippingZip: null | string;
  readonly ShippingCountry: null | string;
  readonly ShippingPhone: null | string;
  readonly ShippingMethod: null | string;
  readonly CouponType: null | number;
  readonly CouponDiscountAmount: null | Buffer;
  readonly OrderSubtotal: null | Buffer;
  readonly OrderTax: null | Buffer;
  readonly OrderShippingCosts: null | Buffer;
  readonly OrderTotal: null | Buffer;
  readonly PaymentGateway: null | string;
  readonly AuthorizationPNREF: null | string;
  readonly OrderDate: null | bigint;
  readonly PaymentMethod: null | string;
  readonly TransactionState: null | string;
  readonly CartType: null | number;
  readonly InventoryWasReduced: null | number;
  readonly TransactionType: null | number;
  readonly ShippedOn: null | bigint;
  readonly ShippingTrackingNumber: null | string;
  readonly RefundReason: null | string;
  readonly RefundedOn: null | bigint;
};

/** A change of dbo.Orders, as far as it is used here (a reader of Debezium's schema). */
export type OrdersEnvelope = {
  readonly before: null | OrdersValue;
  readonly after: null | OrdersValue;
  readonly source: Source;
  readonly op: string;
};

export type OrdersShoppingCartValue = {
  readonly OrderNumber: null | number;
  readonly ShoppingCartRecID: null | number;
  readonly CustomerID: null | number;
  readonly ProductID: null | number;
  readonly VariantID: null | number;
  readonly Quantity: null | number;
  readonly OrderedProductSKU: null | string;
  readonly OrderedProductName: null | string;
  readonly OrderedProductPrice: null | Buffer;
  readonly IsTaxable: null | number;
};

/** A change of dbo.Orders_ShoppingCart, as far as it is used here (a reader of Debezium's schema). */
export type OrdersShoppingCartEnvelope = {
  readonly before: null | OrdersShoppingCartValue;
  readonly after: null | OrdersShoppingCartValue;
  readonly source: Source;
  readonly op: string;
};

export type ShoppingCartValue = {
  readonly ShoppingCartRecID: null | number;
  readonly CustomerID: null | number;
  readonly VariantID: null | number;
  readonly Quantity: null | number;
  readonly CartType: null | number;
  readonly CreatedOn: null | bigint;
};

/** A change of dbo.ShoppingCart, as far as it is used here (a reader of Debezium's schema). */
export type ShoppingCartEnvelope = {
  readonly before: null | ShoppingCartValue;
  readonly after: null | ShoppingCartValue;
  readonly source: Source;
  readonly op: string;
};

/** What LinkPayment says. */
export type LinkPaymentPayload = {
  readonly orderNumber: number;
  readonly paymentIntentId: string;
  readonly gateway: string;
};

/** Writes the PaymentIntent's id on the order. */
export type LinkPayment = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'LinkPayment';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: LinkPaymentPayload;
};

/** What MarkOrderAuthorized says. */
export type MarkOrderAuthorizedPayload = {
  readonly orderNumber: number;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  readonly authorizedAt: bigint;
};

/** Marks an order as authorised: its money is held, and captured when it is shipped. */
export type MarkOrderAuthorized = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'MarkOrderAuthorized';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: MarkOrderAuthorizedPayload;
};

/** What MarkOrderPaid says. */
export type MarkOrderPaidPayload = {
  readonly orderNumber: number;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  readonly amount: bigint;
  readonly currency: string;
  readonly paidAt: bigint;
};

/** Moves the order to CAPTURED. */
export type MarkOrderPaid = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'MarkOrderPaid';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: MarkOrderPaidPayload;
};

/** What RecordDispute says. */
export type RecordDisputePayload = {
  readonly orderNumber: number;
  readonly disputeId: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** As Stripe spells it. */
  readonly status: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: null | string;
  /** Until when it can be answered. */
  readonly evidenceDueAt: null | bigint;
  readonly toldAt: bigint;
};

/** Notes on the order how a dispute stands. */
export type RecordDispute = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordDispute';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordDisputePayload;
};

/** What RecordPaymentDecline says. */
export type RecordPaymentDeclinePayload = {
  readonly orderNumber: number;
  readonly paymentIntentId: string;
  readonly chargeId: null | string;
  readonly code: string;
  readonly declineCode: null | string;
  readonly message: string;
  readonly declinedAt: bigint;
};

/** Notes a declined payment on the order. */
export type RecordPaymentDecline = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordPaymentDecline';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordPaymentDeclinePayload;
};

/** What RecordRefund says. */
export type RecordRefundPayload = {
  readonly orderNumber: number;
  readonly refundId: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** Minor units, positive. */
  readonly amount: bigint;
  readonly currency: string;
  /** Of the order by then, this refund included and those that came back left out. */
  readonly refunded: bigint;
  readonly reason: null | string;
  readonly refundedAt: bigint;
  /** Which refund of the shop it fulfils; null when it was begun at Stripe. */
  readonly requestedBy: null | string;
};

/** Marks an order as refunded when all of it is, and notes what was paid back. */
export type RecordRefund = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordRefund';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordRefundPayload;
};

/** What RecordRefundRefusal says. */
export type RecordRefundRefusalPayload = {
  readonly orderNumber: number;
  /** Which refund of the shop: credit-<order number>, or full-<n>. */
  readonly request: string;
  readonly paymentIntentId: null | string;
  /** Minor units; null for all that was left. */
  readonly amount: null | bigint;
  readonly currency: string;
  readonly code: string;
  readonly message: string;
  readonly refusedAt: bigint;
};

/** Notes on the order that a refund of the shop was not made, and why. */
export type RecordRefundRefusal = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordRefundRefusal';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordRefundRefusalPayload;
};

/** What ReverseRefund says. */
export type ReverseRefundPayload = {
  readonly orderNumber: number;
  readonly refundId: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** Minor units, positive. */
  readonly amount: bigint;
  readonly currency: string;
  /** Of the order by then, without this refund. */
  readonly refunded: bigint;
  /** Why it came back, as Stripe says it. */
  readonly reason: null | string;
  readonly reversedAt: bigint;
};

/** A refund did not reach the customer: the order is no longer refunded in full, and a note says so. */
export type ReverseRefund = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'ReverseRefund';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ReverseRefundPayload;
};

/** What VoidOrder says. */
export type VoidOrderPayload = {
  readonly orderNumber: number;
  readonly paymentIntentId: string;
  /** As Stripe spells it; automatic when an authorisation expired. */
  readonly reason: null | string;
  readonly canceledAt: bigint;
};

/** Ends an order that was not paid and can no longer be. */
export type VoidOrder = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'VoidOrder';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: VoidOrderPayload;
};

/** What BookDisputeMovement says. */
export type BookDisputeMovementPayload = {
  readonly disputeId: string;
  /** One booking for each. */
  readonly balanceTransactionId: string;
  /** As the payment provider reports it: dispute, dispute_reversal, or what else it is called. */
  readonly category: string;
  /** Minor units; negative when money leaves. */
  readonly amount: bigint;
  /** What the payment provider took on top, or gave back when negative. */
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  readonly movedAt: bigint;
};

/** A dispute took money from the balance at the payment provider, or gave it back. */
export type BookDisputeMovement = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'BookDisputeMovement';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: BookDisputeMovementPayload;
};

/** What CloseDispute says. */
export type CloseDisputePayload = {
  readonly disputeId: string;
  /** won, lost, warning_closed, prevented or charge_refunded. */
  readonly outcome: string;
  readonly closedAt: bigint;
};

/** A dispute is decided: what it has not given back by now is lost. */
export type CloseDispute = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'CloseDispute';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: CloseDisputePayload;
};

/** A postal address: country by its ISO 3166 code, state of the US and Canada by code, postcode in its country's form. */
export type ErpAddress = {
  readonly firstName: null | string;
  readonly lastName: null | string;
  readonly company: null | string;
  readonly address1: null | string;
  readonly address2: null | string;
  readonly suite: null | string;
  readonly city: null | string;
  readonly state: null | string;
  readonly zip: null | string;
  readonly country: null | string;
  readonly phone: null | string;
  /** Fields among country, state and zip that could not be read so: they are as they were typed. */
  readonly unrecognised: readonly string[];
};

/** One line of an order. */
export type ErpOrderLine = {
  /** ShoppingCartRecID of the cart row it came from; not unique. */
  readonly cartRecordId: number;
  readonly productId: number;
  readonly variantId: number;
  readonly sku: null | string;
  readonly name: null | string;
  readonly quantity: number;
  /** Line total after discounts, an exact decimal of scale 4; lines need not fit the minor unit, orders must. */
  readonly extendedPrice: string;
  readonly taxable: boolean;
  /** When the shopper put it into the cart, when known. */
  readonly addedToCartAt: null | bigint;
};

/** What CreateSalesOrder says. */
export type CreateSalesOrderPayload = {
  readonly salesOrderNumber: string;
  readonly customerKey: string;
  readonly orderedAt: bigint;
  readonly currency: string;
  readonly subtotal: bigint;
  readonly tax: bigint;
  readonly shipping: bigint;
  readonly total: bigint;
  readonly paymentReference: null | string;
  readonly paymentMethod: string;
  readonly billTo: null | ErpAddress;
  readonly shipTo: null | ErpAddress;
  readonly shippingMethod: null | string;
  readonly lines: readonly ErpOrderLine[];
};

/** A sales order. */
export type CreateSalesOrder = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'CreateSalesOrder';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: CreateSalesOrderPayload;
};

/** Units of one variant. */
export type StockMovement = {
  readonly productId: number;
  readonly variantId: number;
  readonly sku: null | string;
  readonly quantity: number;
};

/** What DecrementInventory says. */
export type DecrementInventoryPayload = {
  readonly lines: readonly StockMovement[];
};

/** What left the stock with an order. */
export type DecrementInventory = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'DecrementInventory';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: DecrementInventoryPayload;
};

/** What IssueCreditMemo says. */
export type IssueCreditMemoPayload = {
  /** One credit memo for each. */
  readonly refundId: string;
  /** What moved the money at the payment provider. */
  readonly balanceTransactionId: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** Minor units, positive, tax included. */
  readonly amount: bigint;
  /** The part of it that is tax. Over all credit memos of an order that is refunded in full it is the order's tax. */
  readonly tax: bigint;
  /** What the payment provider took on top, or gave back when negative. */
  readonly fee: bigint;
  readonly currency: string;
  readonly reason: null | string;
  readonly issuedAt: bigint;
};

/** A customer was paid back. */
export type IssueCreditMemo = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'IssueCreditMemo';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: IssueCreditMemoPayload;
};

/** What OpenDispute says. */
export type OpenDisputePayload = {
  readonly disputeId: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** What is disputed, in minor units. */
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: null | string;
  /** Until when it can be answered. */
  readonly evidenceDueAt: null | bigint;
  readonly openedAt: bigint;
};

/** A payment is disputed. What moves because of it is booked by BookDisputeMovement. */
export type OpenDispute = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'OpenDispute';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: OpenDisputePayload;
};

/** What RecordPayment says. */
export type RecordPaymentPayload = {
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  readonly amount: bigint;
  /** The part of the amount that is sales tax. */
  readonly tax: bigint;
  readonly currency: string;
  readonly receivedAt: bigint;
};

/** Money received for an order, gross. */
export type RecordPayment = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordPayment';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordPaymentPayload;
};

/** What RecordProcessingFee says. */
export type RecordProcessingFeePayload = {
  readonly balanceTransactionId: string;
  readonly chargeId: null | string;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
};

/** What the payment provider kept. */
export type RecordProcessingFee = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordProcessingFee';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordProcessingFeePayload;
};

/** Units of one variant to ship. */
export type Parcel = {
  readonly sku: null | string;
  readonly variantId: number;
  readonly quantity: number;
};

/** What RequestShippingLabel says. */
export type RequestShippingLabelPayload = {
  readonly shippingMethod: null | string;
  readonly shipTo: null | ErpAddress;
  readonly lines: readonly Parcel[];
};

/** Asks for a shipping label. */
export type RequestShippingLabel = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RequestShippingLabel';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RequestShippingLabelPayload;
};

/** What ReverseCreditMemo says. */
export type ReverseCreditMemoPayload = {
  /** One credit memo for each. */
  readonly refundId: string;
  /** What moved the money at the payment provider. */
  readonly balanceTransactionId: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** Minor units, positive, tax included. */
  readonly amount: bigint;
  /** The part of it that is tax. Over all credit memos of an order that is refunded in full it is the order's tax. */
  readonly tax: bigint;
  /** What the payment provider took on top, or gave back when negative. */
  readonly fee: bigint;
  readonly currency: string;
  readonly reason: null | string;
  readonly reversedAt: bigint;
};

/** A refund came back: its credit memo does not hold. */
export type ReverseCreditMemo = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'ReverseCreditMemo';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ReverseCreditMemoPayload;
};

/** What UpsertCustomer says. */
export type UpsertCustomerPayload = {
  readonly customerKey: string;
  readonly adnsfCustomerId: number;
  readonly stripeCustomerId: null | string;
  readonly email: string;
  readonly name: null | string;
  readonly phone: null | string;
  readonly billTo: null | ErpAddress;
};

/** The customer as the ERP should know them. */
export type UpsertCustomer = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'UpsertCustomer';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: UpsertCustomerPayload;
};

/** What NotifyCustomer says. */
export type NotifyCustomerPayload = {
  readonly template: string;
  readonly email: string;
  readonly name: null | string;
  readonly data: Readonly<Record<string, string>>;
};

/** A message to a customer. */
export type NotifyCustomer = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'NotifyCustomer';
  readonly target: 'notifications';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: NotifyCustomerPayload;
};

/** What NotifyMerchant says. */
export type NotifyMerchantPayload = {
  /** Which of them: finance or support. */
  readonly audience: string;
  readonly template: string;
  readonly data: Readonly<Record<string, string>>;
};

/** A message to the merchant's own people. */
export type NotifyMerchant = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'NotifyMerchant';
  readonly target: 'notifications';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: NotifyMerchantPayload;
};

/** What CancelPaymentIntent says. */
export type CancelPaymentIntentPayload = {
  readonly paymentIntentId: string;
  /** Stripe's word for it. */
  readonly reason: null | string;
};

/** Ends a PaymentIntent that was not paid, and releases what it holds. */
export type CancelPaymentIntent = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'CancelPaymentIntent';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: CancelPaymentIntentPayload;
};

/** What CapturePaymentIntent says. */
export type CapturePaymentIntentPayload = {
  readonly paymentIntentId: string;
  /** Minor units. */
  readonly amount: bigint;
  readonly currency: string;
};

/** Takes what was authorised, or a part of it; what is not taken is released. */
export type CapturePaymentIntent = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'CapturePaymentIntent';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: CapturePaymentIntentPayload;
};

/** What CreatePaymentIntent says. */
export type CreatePaymentIntentPayload = {
  readonly customer: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly captureMethod: string;
  readonly description: string;
  readonly receiptEmail: null | string;
  readonly metadata: Readonly<Record<string, string>>;
};

/** Creates the PaymentIntent of an order. */
export type CreatePaymentIntent = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'CreatePaymentIntent';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: CreatePaymentIntentPayload;
};

/** What CreateRefund says. */
export type CreateRefundPayload = {
  readonly paymentIntentId: string;
  /** Minor units; null for all that is left. */
  readonly amount: null | bigint;
  readonly currency: string;
  /** Stripe's word for it. */
  readonly reason: null | string;
  readonly metadata: Readonly<Record<string, string>>;
};

/** Pays back what the shop has refunded. */
export type CreateRefund = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'CreateRefund';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: CreateRefundPayload;
};

/** What EnsureCustomer says. */
export type EnsureCustomerPayload = {
  /** Normalised e-mail: one person, one Stripe customer. */
  readonly customerKey: string;
  readonly email: string;
  readonly name: null | string;
  readonly phone: null | string;
  readonly adnsfCustomerId: number;
};

/** Finds or creates the Stripe customer of a buyer. */
export type EnsureCustomer = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'EnsureCustomer';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: EnsureCustomerPayload;
};

/** What FetchBalanceTransaction says. */
export type FetchBalanceTransactionPayload = {
  readonly balanceTransactionId: string;
  readonly chargeId: null | string;
};

/** Reads the fee and net of a settled charge. */
export type FetchBalanceTransaction = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'FetchBalanceTransaction';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: FetchBalanceTransactionPayload;
};

/** A ShoppingCart row. */
export type CartRow = {
  readonly cartRecordId: number;
  readonly customerId: number;
  readonly variantId: number;
  readonly quantity: number;
  readonly addedAt: bigint;
};

/** The Customer row, as far as orders need it. */
export type CustomerRow = {
  readonly customerId: number;
  readonly email: null | string;
  readonly firstName: null | string;
  readonly lastName: null | string;
  readonly phone: null | string;
  readonly registered: boolean;
};

export type LineRow = {
  readonly cartRecordId: number;
  readonly productId: number;
  readonly variantId: number;
  readonly sku: null | string;
  readonly name: null | string;
  readonly quantity: number;
  readonly extendedPrice: string;
  readonly taxable: boolean;
  readonly addedToCartAt: null | bigint;
};

/** The lines of an order, by the order they were written. */
export type OrderLines = {
  readonly lines: readonly LineRow[];
  /** The log position of the snapshot they were built from, if any: a newer snapshot starts them anew. */
  readonly snapshot: null | string;
};

/** What assembly has said about an order so far. */
export type OrderProgress = {
  /** The meaning last sent: images that change nothing of it are not sent again. */
  readonly sent: null | AssembledOrder;
  /** Why the order was last refused: the same refusal is told once. */
  readonly refusal: null | string;
  /** Digest of the refused image that the last dead letter has: while it does not change, that letter stands for it. */
  readonly image: null | string;
};

export type KnownCustomer = {
  readonly customerId: string;
  readonly causationId: string;
  readonly at: bigint;
};

export type KnownPaymentIntent = {
  readonly paymentIntentId: string;
  readonly causationId: string;
  readonly at: bigint;
};

export type Paid = {
  readonly factId: string;
  readonly paymentIntentId: string;
  readonly chargeId: null | string;
  readonly amount: bigint;
  readonly currency: string;
  readonly at: bigint;
  /** What was authorised and not captured, in minor units. */
  readonly released: bigint;
};

export type Decline = {
  readonly factId: string;
  readonly paymentIntentId: string;
  readonly chargeId: null | string;
  readonly code: string;
  readonly declineCode: null | string;
  readonly message: string;
  readonly at: bigint;
};

export type Balanced = {
  readonly factId: string;
  readonly balanceTransactionId: string;
  readonly chargeId: null | string;
  readonly at: bigint;
};

export type Fee = {
  readonly causationId: string;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  readonly at: bigint;
  /** As Stripe reports it. */
  readonly category: null | string;
};

/** A status that an object was told to have. */
export type Telling = {
  readonly status: string;
  /** The earliest event that told it. */
  readonly factId: string;
  /** When it was first told. */
  readonly at: bigint;
  /** When it was last told. */
  readonly lastAt: bigint;
};

export type RefundState = {
  readonly id: string;
  /** Of all that were told, the one that is furthest. */
  readonly status: string;
  /** By status. */
  readonly history: readonly Telling[];
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** Minor units, as last told. */
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: null | string;
  /** When it was last told of. */
  readonly toldAt: bigint;
  readonly toldBy: string;
  readonly balanceTransactionId: null | string;
  readonly failureBalanceTransactionId: null | string;
  readonly failureCode: null | string;
  readonly createdAt: null | bigint;
  /** The command of ours that had it made, if one had. */
  readonly commandId: null | string;
};

export type DisputeState = {
  readonly id: string;
  /** Of all that were told, the one that is furthest. */
  readonly status: string;
  /** By status. */
  readonly history: readonly Telling[];
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** Minor units, as last told. */
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: null | string;
  /** When it was last told of. */
  readonly toldAt: bigint;
  readonly toldBy: string;
  /** By balance transaction. */
  readonly movements: readonly Movement[];
  readonly evidenceDueAt: null | bigint;
  readonly createdAt: null | bigint;
};

/** What a balance transaction came to. */
export type Settlement = {
  readonly causationId: string;
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  readonly at: bigint;
  /** As Stripe reports it. */
  readonly category: null | string;
};

/** Money of a refund that left the Stripe balance, or that came back to it. */
export type RefundStep = {
  readonly refundId: string;
  /** It came back. */
  readonly back: boolean;
  readonly balanceTransactionId: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** Minor units, positive. */
  readonly amount: bigint;
  readonly currency: string;
  /** Of the refund, or of its failure. */
  readonly reason: null | string;
  /** The event that told it. */
  readonly factId: string;
  readonly at: bigint;
  /** Of the order after this step. */
  readonly refunded: bigint;
  /** With it more would be paid back than was paid: another refund came back, and that was not told yet. */
  readonly waits: boolean;
  /** It waited until its refund came back: nobody is told of either. */
  readonly undone: boolean;
  /** The part of the amount that is tax, once it is known what was bought. */
  readonly tax: null | bigint;
  /** Of its balance transaction, once it was fetched. */
  readonly settlement: null | Settlement;
  /** What all steps before it came to is known: books are kept in the order in which money moved. */
  readonly ready: boolean;
  /** Which request of the shop it fulfils; null when it was begun at Stripe. */
  readonly requestedBy: null | string;
};

/** A refund that the shop has written as an order of its own. */
export type ShopCredit = {
  readonly orderNumber: number;
  /** Minor units, positive. */
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: null | string;
  readonly causationId: string;
  readonly at: bigint;
};

/** The shop says that all of the order is refunded. */
export type ShopClosing = {
  /** 0 when the shop does not say when. */
  readonly refundedAt: bigint;
  readonly reason: null | string;
  readonly causationId: string;
  readonly at: bigint;
};

/** Why Stripe did not make it. */
export type RefundRefusal = {
  readonly code: string;
  readonly message: string;
  readonly causationId: string;
  readonly at: bigint;
};

/** A refund that was begun in the shop and is to be made at Stripe. */
export type RefundRequest = {
  /** credit-<order number> for a part, full-<n> for all that is left. */
  readonly id: string;
  /** Minor units; null for all that is left. */
  readonly amount: null | bigint;
  readonly reason: null | string;
  /** The shop says so without having asked any payment provider. */
  readonly forced: boolean;
  readonly causationId: string;
  readonly at: bigint;
  readonly refusal: null | RefundRefusal;
};

/** Money that is held for the order, and can be captured. */
export type Authorized = {
  readonly factId: string;
  readonly paymentIntentId: string;
  readonly chargeId: null | string;
  readonly amount: bigint;
  readonly currency: string;
  readonly at: bigint;
};

/** A PaymentIntent that can no longer be paid. */
export type Cancellation = {
  readonly factId: string;
  readonly paymentIntentId: string;
  /** As Stripe spells it; automatic when an authorisation expired. */
  readonly reason: null | string;
  readonly at: bigint;
};

/** The shop has ended the order. */
export type Voided = {
  readonly state: string;
  readonly causationId: string;
  readonly at: bigint;
};

/** A refund of a payment of which a part was released: what it is, its balance transaction tells. */
export type Sorting = {
  readonly refundId: string;
  readonly balanceTransactionId: string;
  readonly chargeId: null | string;
  readonly factId: string;
  readonly at: bigint;
  /** Once it was fetched. */
  readonly settlement: null | Settlement;
};

/** What is known of an order, and what was already sent for it. */
export type OrderState = {
  readonly orderId: string;
  /** The first complete image: what was bought. */
  readonly placed: null | AssembledOrder;
  readonly stripeCustomer: null | KnownCustomer;
  readonly paymentIntent: null | KnownPaymentIntent;
  readonly paid: null | Paid;
  readonly declines: readonly Decline[];
  readonly balance: null | Balanced;
  readonly fee: null | Fee;
  /** Command ids already emitted. */
  readonly issued: readonly string[];
  /** The workflows it started with, name@version: it keeps them. Null: from before versions were kept, when each had its first. */
  readonly workflows: null | readonly string[];
  /** Commands that a peer refused for good. */
  readonly refusals: readonly string[];
  /** By id. */
  readonly refunds: readonly RefundState[];
  /** By id. */
  readonly disputes: readonly DisputeState[];
  /** In the order in which they are told to others, those that wait at the end: tax is shared out in it. */
  readonly refundSteps: readonly RefundStep[];
  /** By order number. */
  readonly credits: readonly ShopCredit[];
  /** By time. Those that our own commands wrote are none. */
  readonly closings: readonly ShopClosing[];
  /** By id. */
  readonly refundRequests: readonly RefundRequest[];
  readonly authorized: null | Authorized;
  /** By PaymentIntent. */
  readonly cancellations: readonly Cancellation[];
  /** The first image that says it is shipped: what is sold of an order that is captured then. */
  readonly shipped: null | AssembledOrder;
  readonly voided: null | Voided;
  /** By refund. */
  readonly sortings: readonly Sorting[];
};

/** Where in the shop's log a row was last told of. */
export type RowPlace = {
  readonly place: string;
};

/** Facts about a Stripe object whose order is not known yet. */
export type Unrouted = {
  readonly facts: readonly PaymentFact[];
};
