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
  /** The subscription at Stripe that bills it, of an order that the shop repeats. */
  readonly subscriptionId: null | string;
  /** A repeat that the shop's scheduler has placed: nobody was at a page. */
  readonly recurring: boolean;
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
  /** What discounts and credit grants take off the amount. */
  readonly discount: bigint;
  /** The part of the amount that is tax. */
  readonly taxIncluded: bigint;
  /** The line of the invoice that a line of a credit note takes back. */
  readonly invoiceLineId: null | string;
};

/** A refund that belongs to a credit note. */
export type NotedRefund = {
  /** re_…; null for what is no refund at Stripe. */
  readonly refundId: null | string;
  /** Old versions do not say it. */
  readonly amount: null | bigint;
};

/** What a credit note does with its total. */
export type CreditNoteSaid = {
  readonly reason: null | string;
  /** Taken off what the invoice asks for; null when it does not say. */
  readonly offInvoice: null | bigint;
  /** Paid back by other means than Stripe. */
  readonly outside: bigint;
  readonly refunds: readonly NotedRefund[];
  /** Of the customer’s balance that it went to. */
  readonly balanceTransactionId: null | string;
};

/** A version-independent fact about a subscription, an invoice, a payment of an invoice, or a credit note. */
export type BillingFact = {
  /** The Stripe event that told it. */
  readonly factId: string;
  /** subscription.*, invoice.*, invoice_payment.* and credit_note.* by the object's status, and .other for one we do not know; subscription.deleted, invoice.deleted. */
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
  /** When an invoice became one. */
  readonly finalizedAt: null | bigint;
  readonly customerEmail: null | string;
  readonly customerName: null | string;
  /** Which attempt to collect an invoice failed, where that is told. */
  readonly failedAttempt: null | bigint;
  readonly nextAttemptAt: null | bigint;
  /** What was paid by other means, as somebody told Stripe. */
  readonly paidOffStripe: null | bigint;
  /** The order of the shop that a subscription goes on from: order_id in its metadata, which its invoices repeat. */
  readonly shopOrderId: null | string;
  /** What a payment of an invoice was made with, as Stripe calls it, where that is not Stripe. */
  readonly paymentType: null | string;
  /** What the customer owed us before an invoice was finalised; a credit is negative. */
  readonly startingBalance: null | bigint;
  /** And after that. */
  readonly endingBalance: null | bigint;
  /** What credit notes took off what an invoice asks for. */
  readonly creditedOff: null | bigint;
  readonly creditNote: null | CreditNoteSaid;
  /** Of a subscription that is tried, or was: until then nothing is asked for. */
  readonly trialEndsAt: null | bigint;
  /** What becomes of the invoices of a subscription whose collection is paused: void, keep_as_draft, mark_uncollectible. */
  readonly collectionPaused: null | string;
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

/** A movement on the balance at Stripe, amounts in ISO 4217 minor units. */
export type BalanceTransaction = {
  readonly id: string;
  /** Stripe's reporting_category, whatever it is. */
  readonly category: string;
  readonly type: string;
  readonly amount: bigint;
  /** Taken off the amount; negative when it is given back. */
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  /** What moved the money: ch_…, re_…, du_…, po_…. */
  readonly sourceId: null | string;
  /** The order that the source says it belongs to. */
  readonly orderId: null | string;
  /** The PaymentIntent, or the charge without one, that the source is of. */
  readonly paymentId: null | string;
};

/** A credit note that an invoice has. */
export type ListedCreditNote = {
  readonly id: string;
  readonly void: boolean;
  readonly total: bigint;
  readonly tax: bigint;
  readonly refundIds: readonly string[];
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
  /** A page of a payout's list, 100 at most. */
  readonly balanceTransactions: readonly BalanceTransaction[];
  /** All lines of an invoice. */
  readonly invoiceLines: readonly BillingLine[];
  /** All credit notes of an invoice. */
  readonly creditNotes: readonly ListedCreditNote[];
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
  /** Whose customer it says it is, by its metadata: `customer:<digest of the customer key>`. Empty when it does not say. */
  readonly person: string;
  /** What the event changed, as it was before: email, name, phone, address (as JSON), customer_key. Nothing is an empty text. */
  readonly previous: Readonly<Record<string, string>>;
  /** Of the request that caused the event. */
  readonly idempotencyKey: null | string;
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

/** What an item shall cost in the shop, by the ERP. ERP teams write it, keyed `item:<variantId>`. The last change counts, by the time of its event, whether it was made in the shop or in the ERP. */
export type ErpPrice = {
  readonly variantId: number;
  /** The shop's: an amount of another one is refused. */
  readonly currency: string;
  /** ISO 4217 minor units: the list price. */
  readonly price: bigint;
  /** While it is on sale. */
  readonly salePrice: null | bigint;
  /** Grows with each telling; an older one than was heard changes nothing. */
  readonly version: bigint;
  /** When the ERP's people decided it. */
  readonly occurredAt: bigint;
};

/** How many of a variant are in a shipment. */
export type ShippedLine = {
  readonly variantId: number;
  readonly quantity: number;
};

/** A parcel, or whatever leaves at one time, of an order. Written by the ERP or the warehouse, keyed by order ID. */
export type ErpShipment = {
  readonly orderId: string;
  /** Identity: the same again, however often, is one shipment. */
  readonly shipmentId: string;
  /** What is in it. None in a final shipment: all that was left. */
  readonly lines: readonly ShippedLine[];
  /** Nothing follows it. */
  readonly final: boolean;
  readonly carrier: null | string;
  readonly trackingNumber: null | string;
  readonly shippedAt: bigint;
};

/** What the ERP says of its stock of one item. ERP teams write it, keyed `item:<variantId>`. The ERP owns the stock; the shop sells what is left of it. */
export type ErpStock = {
  readonly variantId: number;
  /** Only of items whose stock the shop keeps by colour and size. */
  readonly color: null | string;
  readonly size: null | string;
  /** Units in the ERP's books. */
  readonly onHand: number;
  /** Units that DecrementInventory commands had taken from those books by then, of all orders from `ordersFrom` on. With it sales that either side has not heard of yet are neither lost nor counted twice. */
  readonly taken: number;
  /** The first order number of the shop that `taken` counts. */
  readonly ordersFrom: number;
  /** Grows with each telling of this stock; an older one than was heard changes nothing. */
  readonly version: bigint;
  /** When it was so. */
  readonly occurredAt: bigint;
};

/** A Stripe object (the key) belongs to an order. */
export type LinkedObject = {
  readonly objectId: string;
  readonly orderId: string;
};

/** What comes back of a line of the order. */
export type ReturnedLine = {
  /** With the order, the line it is of. */
  readonly cartRecordId: number;
  readonly productId: number;
  readonly variantId: number;
  readonly sku: null | string;
  readonly quantity: number;
};

/** What the shop says of goods that a customer gives back, as of one moment. */
export type OrderReturn = {
  /** The image of its row. */
  readonly factId: string;
  readonly orderId: string;
  readonly orderNumber: number;
  /** Which return: one for each line that comes back. */
  readonly returnId: number;
  /** What people call it; returns of several lines may share one. */
  readonly rmaNumber: string;
  /** Commit LSN, change LSN and serial of the image; empty when it was not read from the shop's log. */
  readonly place: string;
  /** When the image was committed. */
  readonly changedAt: bigint;
  /** REQUESTED, APPROVED, RECEIVED, REFUNDED, REJECTED or CLOSED. */
  readonly state: string;
  readonly lines: readonly ReturnedLine[];
  readonly reason: null | string;
  /** Money goes back when the goods have come, and not before. */
  readonly goodsExpected: boolean;
  /** The goods go back on the shelf. */
  readonly restock: boolean;
  /** What is to be paid back, tax included and the fee taken off, in minor units; null while nobody has said it. */
  readonly amount: null | bigint;
  /** What is kept of it. */
  readonly restockingFee: bigint;
  readonly currency: string;
  /** The credit by which the shop pays it back; 0: none does. */
  readonly creditOrderNumber: null | number;
  /** The refund that paid it back. */
  readonly reference: null | string;
  readonly requestedAt: null | bigint;
  readonly approvedAt: null | bigint;
  readonly receivedAt: null | bigint;
  readonly refundedAt: null | bigint;
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
  /** What Stripe says as exchange rate, in plain decimals; null when nothing was converted. */
  readonly rate: null | string;
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
  /** Of a refund: the return that it is said to be of, by its metadata. */
  readonly returnId: null | string;
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

/** A transaction in the list of a payout, of which nobody said whose it is when the list was read; and whose it is, once that is known. */
export type PayoutLine = {
  readonly payoutId: string;
  /** The PaymentIntent, or the charge without one, that it is of. */
  readonly objectId: string;
  /** The order, or invoice:in_…, that it belongs to. */
  readonly owner: null | string;
  readonly balanceTransactionId: string;
  readonly category: string;
  readonly type: string;
  /** ISO 4217 minor units, as fee and net. */
  readonly amount: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  /** The command that read the list. */
  readonly causationId: string;
  readonly at: bigint;
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

/** Where somebody lives, as Stripe and carriers read it: country by its ISO code. */
export type PostalAddress = {
  readonly line1: null | string;
  readonly line2: null | string;
  readonly city: null | string;
  readonly state: null | string;
  readonly postalCode: null | string;
  readonly country: null | string;
};

/** What a Customer row of the shop says of a person. Keyed by the person, so that all rows of one come together. */
export type ShopCustomerFact = {
  /** The row and its place in the log. */
  readonly factId: string;
  /** `customer:<digest of the normalised e-mail>`. */
  readonly person: string;
  /** row.present, row.left (it is somebody else's now, or nobody's), or row.erased. */
  readonly kind: string;
  readonly customerId: number;
  /** In the shop's log. */
  readonly place: string;
  /** When it was committed. */
  readonly occurredAt: bigint;
  readonly registered: boolean;
  /** As it was typed. Null when the row left. */
  readonly email: null | string;
  readonly firstName: null | string;
  readonly lastName: null | string;
  readonly phone: null | string;
  /** The billing address. */
  readonly address: null | PostalAddress;
  /** Whose row it is now. */
  readonly movedTo: null | string;
  readonly movedToEmail: null | string;
};

/** What the shop's rows say of an item: a variant of a product, which is what is sold. Keyed by it, so that its name, its prices and its stock come together. */
export type ShopItemFact = {
  /** The row and its place in the log. */
  readonly factId: string;
  /** item.present, item.gone, level.present or level.gone. */
  readonly kind: string;
  readonly variantId: number;
  /** In the shop's log. */
  readonly place: string;
  /** When it was committed. */
  readonly occurredAt: bigint;
  /** Of an item, like all up to `priced`. */
  readonly productId: null | number;
  readonly productName: null | string;
  readonly variantName: null | string;
  /** Both, as people read them. */
  readonly name: null | string;
  /** The product's with the variant's suffix. */
  readonly sku: null | string;
  /** Whether it is for sale: product and variant published, neither deleted. */
  readonly active: boolean;
  /** Whether its stock is kept by colour and size. */
  readonly optioned: boolean;
  readonly currency: null | string;
  /** Minor units: the list price. */
  readonly price: null | bigint;
  /** Minor units, while it is on sale. */
  readonly salePrice: null | bigint;
  /** Names the last change of name, SKU or `active`: `<epoch ms>-<digest>`. */
  readonly described: null | string;
  /** Names the last change of a price, likewise. */
  readonly priced: null | string;
  /** Of a level. Null where stock is not kept by colour. */
  readonly color: null | string;
  readonly size: null | string;
  /** Units that the shop can still sell. */
  readonly level: null | number;
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

export type AddressValue = {
  readonly AddressID: null | number;
  readonly CustomerID: null | number;
  readonly FirstName: null | string;
  readonly LastName: null | string;
  readonly Company: null | string;
  readonly Address1: null | string;
  readonly Address2: null | string;
  readonly Suite: null | string;
  readonly City: null | string;
  readonly State: null | string;
  readonly Zip: null | string;
  readonly Country: null | string;
  readonly Phone: null | string;
  readonly Deleted: null | number;
};

/** Where the change lies in the log. */
export type Source = {
  readonly ts_ms: bigint;
  readonly snapshot: null | string;
  readonly change_lsn: null | string;
  readonly commit_lsn: null | string;
  readonly event_serial_no: null | bigint;
};

/** A change of dbo.Address, as far as it is used here (a reader of Debezium's schema). */
export type AddressEnvelope = {
  readonly before: null | AddressValue;
  readonly after: null | AddressValue;
  readonly source: Source;
  readonly op: string;
};

export type CustomOrderReturnValue = {
  readonly OrderReturnID: null | number;
  readonly RMANumber: null | string;
  readonly OrderNumber: null | number;
  readonly ShoppingCartRecID: null | number;
  readonly CustomerID: null | number;
  readonly ProductID: null | number;
  readonly VariantID: null | number;
  readonly Quantity: null | number;
  readonly ReasonCode: null | string;
  readonly ReturnState: null | string;
  readonly GoodsExpected: null | number;
  readonly Restock: null | number;
  readonly RefundAmount: null | Buffer;
  readonly RestockingFee: null | Buffer;
  readonly RefundOrderNumber: null | number;
  readonly RefundReference: null | string;
  readonly ApprovedOn: null | bigint;
  readonly ReceivedOn: null | bigint;
  readonly RefundedOn: null | bigint;
  readonly CreatedOn: null | bigint;
};

/** A change of dbo.Custom_OrderReturn, as far as it is used here (a reader of Debezium's schema). */
export type CustomOrderReturnEnvelope = {
  readonly before: null | CustomOrderReturnValue;
  readonly after: null | CustomOrderReturnValue;
  readonly source: Source;
  readonly op: string;
};

export type CustomerValue = {
  readonly CustomerID: null | number;
  readonly Email: null | string;
  readonly FirstName: null | string;
  readonly LastName: null | string;
  readonly Phone: null | string;
  readonly IsRegistered: null | number;
  readonly BillingAddressID: null | number;
  readonly Active: null | number;
  readonly Deleted: null | number;
};

/** A change of dbo.Customer, as far as it is used here (a reader of Debezium's schema). */
export type CustomerEnvelope = {
  readonly before: null | CustomerValue;
  readonly after: null | CustomerValue;
  readonly source: Source;
  readonly op: string;
};

export type InventoryValue = {
  readonly InventoryID: null | number;
  readonly VariantID: null | number;
  readonly Color: null | string;
  readonly Size: null | string;
  readonly Quan: null | number;
};

/** A change of dbo.Inventory, as far as it is used here (a reader of Debezium's schema). */
export type InventoryEnvelope = {
  readonly before: null | InventoryValue;
  readonly after: null | InventoryValue;
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
  readonly RecurringSubscriptionID: null | string;
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

export type ProductValue = {
  readonly ProductID: null | number;
  readonly Name: null | string;
  readonly SKU: null | string;
  readonly Published: null | number;
  readonly Deleted: null | number;
  readonly IsSystem: null | number;
  readonly TrackInventoryBySizeAndColor: null | number;
};

/** A change of dbo.Product, as far as it is used here (a reader of Debezium's schema). */
export type ProductEnvelope = {
  readonly before: null | ProductValue;
  readonly after: null | ProductValue;
  readonly source: Source;
  readonly op: string;
};

export type ProductVariantValue = {
  readonly VariantID: null | number;
  readonly ProductID: null | number;
  readonly Name: null | string;
  readonly SKUSuffix: null | string;
  readonly Price: null | Buffer;
  readonly SalePrice: null | Buffer;
  readonly Inventory: null | number;
  readonly Published: null | number;
  readonly Deleted: null | number;
};

/** A change of dbo.ProductVariant, as far as it is used here (a reader of Debezium's schema). */
export type ProductVariantEnvelope = {
  readonly before: null | ProductVariantValue;
  readonly after: null | ProductVariantValue;
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

/** What CountStock says. */
export type CountStockPayload = {
  readonly variantId: number;
  readonly color: null | string;
  readonly size: null | string;
};

/** The shop's level changed: was it an order, or did somebody change it by hand? Reads level and orders at one moment, and remembers the supply. */
export type CountStock = {
  /** <item>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here an item, `item:…`. */
  readonly orderId: string;
  readonly type: 'CountStock';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: CountStockPayload;
};

/** What EraseShopCustomer says. */
export type EraseShopCustomerPayload = {
  readonly customerId: number;
};

/** Makes a Customer row and its addresses anonymous. */
export type EraseShopCustomer = {
  /** <person>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here a person, `customer:…`. */
  readonly orderId: string;
  readonly type: 'EraseShopCustomer';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: EraseShopCustomerPayload;
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

/** What MarkShipped says. */
export type MarkShippedPayload = {
  readonly orderNumber: number;
  readonly carrier: null | string;
  readonly trackingNumbers: readonly string[];
  readonly shippedAt: bigint;
};

/** The goods have left: the order is shipped in the shop, with the carrier and what to track them by. An order that is shipped already stays as it is. */
export type MarkShipped = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'MarkShipped';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: MarkShippedPayload;
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

/** What RecordRecurringEnd says. */
export type RecordRecurringEndPayload = {
  readonly orderNumber: number;
  readonly subscriptionId: string;
  readonly status: string;
  readonly endedAt: bigint;
};

/** The subscription that an order began has ended: nothing more will be paid or is to be shipped for it. */
export type RecordRecurringEnd = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordRecurringEnd';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordRecurringEndPayload;
};

/** What RecordRecurringPayment says. */
export type RecordRecurringPaymentPayload = {
  readonly orderNumber: number;
  readonly subscriptionId: null | string;
  readonly invoiceId: string;
  readonly invoiceNumber: null | string;
  readonly amount: bigint;
  readonly currency: string;
  readonly paidAt: bigint;
  readonly periodEnd: null | bigint;
};

/** An invoice of the subscription that an order began was paid: its people see it on the order. */
export type RecordRecurringPayment = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordRecurringPayment';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordRecurringPaymentPayload;
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

/** What RecordReturnRefunded says. */
export type RecordReturnRefundedPayload = {
  readonly orderNumber: number;
  readonly returnId: number;
  readonly refundId: string;
  /** Minor units, positive. */
  readonly amount: bigint;
  readonly currency: string;
  readonly refundedAt: bigint;
};

/** A return is paid back. */
export type RecordReturnRefunded = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordReturnRefunded';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordReturnRefundedPayload;
};

/** What RestockReturn says. */
export type RestockReturnPayload = {
  readonly orderNumber: number;
  readonly returnId: number;
  readonly cartRecordId: number;
  readonly productId: number;
  readonly variantId: number;
  readonly quantity: number;
  readonly receivedAt: bigint;
};

/** Goods that came back go on the shop's shelf. */
export type RestockReturn = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RestockReturn';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RestockReturnPayload;
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

/** What ReverseReturnRefund says. */
export type ReverseReturnRefundPayload = {
  readonly orderNumber: number;
  readonly returnId: number;
  readonly refundId: string;
  /** Minor units, positive. */
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: null | string;
  readonly reversedAt: bigint;
};

/** What was paid back for a return came back: it is to be paid again. */
export type ReverseReturnRefund = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'ReverseReturnRefund';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ReverseReturnRefundPayload;
};

/** What SetInventory says. */
export type SetInventoryPayload = {
  readonly variantId: number;
  readonly color: null | string;
  readonly size: null | string;
  /** Units that there would be had no order taken any: on hand and taken, by the ERP's books. */
  readonly supply: number;
  /** The first order that the supply counts as not taken. */
  readonly ordersFrom: number;
  /** Of the ERP's count. */
  readonly version: bigint;
};

/** The shop can sell what the ERP has, less what its own orders hold. Does nothing when a later count was set. */
export type SetInventory = {
  /** <item>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here an item, `item:…`. */
  readonly orderId: string;
  readonly type: 'SetInventory';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: SetInventoryPayload;
};

/** What SetItemPrice says. */
export type SetItemPricePayload = {
  readonly variantId: number;
  readonly currency: string;
  /** ISO 4217 minor units. */
  readonly price: bigint;
  readonly salePrice: null | bigint;
  /** As the shop had it when this was decided. */
  readonly expectedPrice: bigint;
  readonly expectedSalePrice: null | bigint;
};

/** The item costs this in the shop, unless somebody has changed its price there meanwhile. */
export type SetItemPrice = {
  /** <item>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here an item, `item:…`. */
  readonly orderId: string;
  readonly type: 'SetItemPrice';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: SetItemPricePayload;
};

/** What a field may say when it is overwritten; addresses are JSON. */
export type ExpectedValue = {
  readonly field: string;
  readonly value: null | string;
};

/** What UpdateShopCustomer says. */
export type UpdateShopCustomerPayload = {
  readonly customerId: number;
  /** Normalised e-mail that the row has: a row that has another by then is somebody else's. */
  readonly customerKey: string;
  /** Those that are to be written, among email, name, phone, address. The others are left as they are. */
  readonly fields: readonly string[];
  /** What each of them but the e-mail may say by now. A row that says something else was changed by somebody who is not heard yet, and is left as it is. */
  readonly expected: readonly ExpectedValue[];
  readonly email: string;
  readonly name: null | string;
  readonly phone: null | string;
  readonly address: null | PostalAddress;
};

/** Has a Customer row say what was changed at Stripe. A field that is null is cleared. */
export type UpdateShopCustomer = {
  /** <person>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here a person, `customer:…`. */
  readonly orderId: string;
  readonly type: 'UpdateShopCustomer';
  readonly target: 'adnsf';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: UpdateShopCustomerPayload;
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

/** What ApplyCustomerCredit says. */
export type ApplyCustomerCreditPayload = {
  readonly invoiceId: string;
  readonly customerId: null | string;
  /** Taken of the credit; negative: what the invoice left for later ones, or what was owed from before and is asked for with it. */
  readonly amount: bigint;
  readonly currency: string;
  readonly appliedAt: bigint;
};

/** What an invoice took of the balance that its customer had with us. */
export type ApplyCustomerCredit = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'ApplyCustomerCredit';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ApplyCustomerCreditPayload;
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
  /** At which the disputed money was converted into it, in plain decimals; null when it was not. */
  readonly rate: null | string;
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

/** A line of a credit note. */
export type CreditLine = {
  readonly lineId: string;
  /** The line of the invoice that it takes back. */
  readonly invoiceLineId: null | string;
  readonly description: null | string;
  readonly quantity: null | bigint;
  /** Without discounts and tax. */
  readonly net: bigint;
  readonly tax: null | bigint;
};

/** What CreditInvoice says. */
export type CreditInvoicePayload = {
  readonly creditNoteId: string;
  readonly number: null | string;
  readonly invoiceId: string;
  /** With tax. */
  readonly amount: bigint;
  /** The part of the amount that is tax. */
  readonly tax: bigint;
  readonly currency: string;
  readonly reason: null | string;
  /** What the customer owes less. */
  readonly offInvoice: bigint;
  /** What is paid back by refunds at Stripe. */
  readonly refunded: bigint;
  /** What the customer is left with for later invoices. */
  readonly toBalance: bigint;
  /** What is paid back by other means than Stripe. */
  readonly outside: bigint;
  readonly issuedAt: bigint;
  readonly lines: readonly CreditLine[];
};

/** A credit note: takes back a part of what was invoiced, with its tax. Refunds that belong to it come as credit memos that name it, and settle what it leaves to be paid back. */
export type CreditInvoice = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'CreditInvoice';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: CreditInvoicePayload;
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

/** What EraseCustomer says. */
export type EraseCustomerPayload = {
  readonly person: string;
};

/** A person is to be forgotten. Orders and what was booked for them stay, without a name. Says nothing of the person but the digest of the key: `customer:` and the first 32 hexadecimal digits of the SHA-256 of the customer key. */
export type EraseCustomer = {
  /** <person>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here a person, `customer:…`. */
  readonly orderId: string;
  readonly type: 'EraseCustomer';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: EraseCustomerPayload;
};

/** What comes back of a line of the order. */
export type ReturnLine = {
  readonly productId: number;
  readonly variantId: number;
  readonly sku: null | string;
  readonly quantity: number;
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
  /** The credit note of an invoice that it belongs to: then what is credited, with its tax, is that one’s to say. */
  readonly creditNoteId: null | string;
  /** The return that it pays back, if it is of one. */
  readonly returnId: null | number;
  /** Which request of the shop it fulfils; null when the refund was begun at the payment provider. */
  readonly requestedBy: null | string;
  /** What came back, when the refund was made for a return. */
  readonly lines: readonly ReturnLine[];
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

/** What LinkSalesOrder says. */
export type LinkSalesOrderPayload = {
  readonly salesOrderNumber: string;
  /** The order that began it. */
  readonly parentOrderId: string;
  /** The shop’s schedule placed it. */
  readonly recurring: boolean;
  /** The subscription at Stripe that bills it: then its revenue is that one’s invoices. */
  readonly subscriptionId: null | string;
  readonly linkedAt: bigint;
};

/** The sales order goes on from another: the shop repeats that, or added to it. */
export type LinkSalesOrder = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'LinkSalesOrder';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: LinkSalesOrderPayload;
};

/** What MergeCustomers says. */
export type MergeCustomersPayload = {
  readonly customerKey: string;
  readonly into: string;
};

/** Two customers are one: from now on `into`. A customer into itself: it stands on its own again. */
export type MergeCustomers = {
  /** <person>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here a person, `customer:…`. */
  readonly orderId: string;
  readonly type: 'MergeCustomers';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: MergeCustomersPayload;
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

/** What was sold. */
export type PostedLine = {
  readonly lineId: string;
  readonly productId: null | string;
  readonly priceId: null | string;
  readonly description: null | string;
  readonly quantity: null | bigint;
  /** Without discounts and tax: over all lines total less tax. */
  readonly net: bigint;
  readonly tax: null | bigint;
  /** The service is given from here */
  readonly from: bigint;
  /** to here. */
  readonly to: bigint;
  readonly proration: boolean;
};

/** What PostInvoice says. */
export type PostInvoicePayload = {
  readonly invoiceId: string;
  readonly number: null | string;
  readonly subscriptionId: null | string;
  readonly customerId: null | string;
  readonly billingReason: null | string;
  readonly currency: string;
  /** Minor units, as are all amounts; before discounts. */
  readonly subtotal: bigint;
  readonly tax: bigint;
  /** Tax included. Negative when it credits more than it charges. */
  readonly total: bigint;
  readonly periodStart: null | bigint;
  readonly periodEnd: null | bigint;
  readonly issuedAt: bigint;
  readonly lines: readonly PostedLine[];
};

/** An invoice was finalised: the customer owes it, and what it is for is yet to be earned. */
export type PostInvoice = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'PostInvoice';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: PostInvoicePayload;
};

/** One line of a journal entry. One of debit and credit is 0. */
export type PayoutPosting = {
  /** Number in the chart of accounts. */
  readonly account: string;
  /** What it stands for: bank, clearing, fees, or the category of balance transactions that no order books. */
  readonly line: string;
  /** Whether the chart has an account for it; otherwise it is on the account of what is to be looked at. */
  readonly known: boolean;
  /** How many balance transactions are in it. */
  readonly transactions: bigint;
  readonly debit: bigint;
  readonly credit: bigint;
};

/** What PostPayoutJournal says. */
export type PostPayoutJournalPayload = {
  /** One entry for each. */
  readonly payoutId: string;
  /** What took the money off the balance. */
  readonly balanceTransactionId: null | string;
  /** Minor units; negative when the provider took money from the bank. */
  readonly amount: bigint;
  /** What the provider took for paying out. */
  readonly fee: bigint;
  readonly currency: string;
  /** Whether the provider lists what is in it; manual payouts are not itemised. */
  readonly itemised: boolean;
  /** How many balance transactions are in it, without its own. */
  readonly transactions: bigint;
  readonly postings: readonly PayoutPosting[];
  /** When the bank has it, as the provider says. */
  readonly arrivesAt: bigint;
};

/** Money that went from the payment provider to the bank, with what no order has booked of it: one balanced entry. */
export type PostPayoutJournal = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** payout:<id>, where no order exists. */
  readonly orderId: string;
  readonly type: 'PostPayoutJournal';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: PostPayoutJournalPayload;
};

/** What ReceiveReturn says. */
export type ReceiveReturnPayload = {
  readonly returnId: number;
  readonly rmaNumber: string;
  readonly lines: readonly ReturnLine[];
  readonly receivedAt: bigint;
};

/** Goods that came back are on the shelf again. */
export type ReceiveReturn = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'ReceiveReturn';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ReceiveReturnPayload;
};

/** What ReclassifyPayoutLine says. */
export type ReclassifyPayoutLinePayload = {
  readonly payoutId: string;
  readonly balanceTransactionId: string;
  /** The order, or invoice:in_…. */
  readonly owner: string;
  /** Minor units, as Stripe lists it. */
  readonly amount: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  readonly postings: readonly PayoutPosting[];
};

/** A payout has booked a transaction as money of nobody's, and it turned out to be of an order, which books it: the payout's booking of it is taken back. */
export type ReclassifyPayoutLine = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'ReclassifyPayoutLine';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ReclassifyPayoutLinePayload;
};

/** What RecordConversion says. */
export type RecordConversionPayload = {
  readonly balanceTransactionId: string;
  /** Minor units of what the customer paid; negative when it was paid back. */
  readonly fromAmount: bigint;
  readonly fromCurrency: string;
  /** Minor units of what it came to on the balance, before fees; of the same sign, or nothing. */
  readonly toAmount: bigint;
  readonly toCurrency: string;
  /** What Stripe says as exchange rate, in plain decimals. Amounts count; this is to read. */
  readonly rate: null | string;
  readonly convertedAt: bigint;
};

/** Money that Stripe converted: what was on the balance in one currency is there in another. */
export type RecordConversion = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordConversion';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordConversionPayload;
};

/** What RecordFailedCollection says. */
export type RecordFailedCollectionPayload = {
  readonly invoiceId: string;
  readonly subscriptionId: null | string;
  readonly attempt: bigint;
  readonly amountRemaining: bigint;
  readonly currency: string;
  readonly failedAt: bigint;
  readonly nextAttemptAt: null | bigint;
};

/** An attempt to collect an invoice failed. */
export type RecordFailedCollection = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordFailedCollection';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordFailedCollectionPayload;
};

/** What RecordInvoicePayment says. */
export type RecordInvoicePaymentPayload = {
  readonly invoiceId: string;
  readonly subscriptionId: null | string;
  readonly balanceTransactionId: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  /** What the customer paid. */
  readonly amount: bigint;
  /** What the payment provider kept of it. */
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  readonly receivedAt: bigint;
  /** The fee is in another currency, and has a command of its own. */
  readonly feeApart: boolean;
};

/** Money of an invoice arrived at the payment provider. */
export type RecordInvoicePayment = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordInvoicePayment';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordInvoicePaymentPayload;
};

/** What RecordOutsidePayment says. */
export type RecordOutsidePaymentPayload = {
  readonly invoiceId: string;
  /** The payment record, or the invoice itself where all of it was. */
  readonly paymentId: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly receivedAt: bigint;
};

/** A part of an invoice that was paid by other means than Stripe, as somebody told Stripe. */
export type RecordOutsidePayment = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordOutsidePayment';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordOutsidePaymentPayload;
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
  /** Of the fee, what converting the money cost. */
  readonly conversionFee: bigint;
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

/** What RecordReturn says. */
export type RecordReturnPayload = {
  readonly returnId: number;
  readonly rmaNumber: string;
  /** ACCEPTED or REJECTED. */
  readonly outcome: string;
  readonly lines: readonly ReturnLine[];
  /** What is to be paid back, in minor units, tax included; null when nobody has said it. */
  readonly amount: null | bigint;
  /** What is kept of it. */
  readonly restockingFee: bigint;
  readonly currency: string;
  readonly reason: null | string;
  /** The goods go back on the shelf: ReceiveReturn says so. */
  readonly restock: boolean;
  /** What asks for the money at the payment provider, as on the credit memo; null when people pay it back. */
  readonly requestedBy: null | string;
  readonly decidedAt: bigint;
};

/** A return was accepted, or rejected. */
export type RecordReturn = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordReturn';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordReturnPayload;
};

/** What RecordStock says. */
export type RecordStockPayload = {
  readonly variantId: number;
  readonly color: null | string;
  readonly size: null | string;
  /** Numbers the changes of this stock, from 1. The highest counts. */
  readonly sequence: number;
  /** Units that there would be had no order taken any. */
  readonly supply: number;
  /** What it differs by from the one before. */
  readonly change: number;
  /** opened, by_hand or counted. */
  readonly reason: string;
  /** The ERP's count that it rests on. */
  readonly version: null | bigint;
};

/** What the shop's stock of an item counts as since a change: one that the shop's people made by hand, or a count of the ERP that took effect. Orders are told by DecrementInventory, and not here. */
export type RecordStock = {
  /** <item>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here an item, `item:…`. */
  readonly orderId: string;
  readonly type: 'RecordStock';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordStockPayload;
};

/** What is subscribed to. */
export type SubscribedItem = {
  readonly itemId: string;
  readonly productId: null | string;
  readonly priceId: null | string;
  readonly quantity: null | bigint;
};

/** What RecordSubscription says. */
export type RecordSubscriptionPayload = {
  readonly subscriptionId: string;
  /** Tells states apart that were told at the same time. */
  readonly telling: string;
  readonly customerId: null | string;
  readonly status: string;
  /** How far it has come: 30 is its end. */
  readonly rank: number;
  readonly currency: string;
  readonly collectionMethod: null | string;
  readonly periodStart: null | bigint;
  readonly periodEnd: null | bigint;
  readonly cancelAtPeriodEnd: null | boolean;
  readonly canceledAt: null | bigint;
  readonly endedAt: null | bigint;
  /** The order of the shop that it goes on from. */
  readonly shopOrderId: null | string;
  readonly toldAt: bigint;
  readonly items: readonly SubscribedItem[];
  /** Of a subscription that is tried, or was: until then nothing is asked for. */
  readonly trialEndsAt: null | bigint;
  /** What becomes of the invoices of a subscription whose collection is paused: void, keep_as_draft, mark_uncollectible. */
  readonly collectionPaused: null | string;
};

/** How a subscription stands. Of several the one of the highest rank counts, then the latest, then the greatest telling. */
export type RecordSubscription = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'RecordSubscription';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RecordSubscriptionPayload;
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
  /** The credit note of an invoice that it belongs to: then what is credited, with its tax, is that one’s to say. */
  readonly creditNoteId: null | string;
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

/** What ReversePayoutJournal says. */
export type ReversePayoutJournalPayload = {
  /** Whose entry is taken back. */
  readonly payoutId: string;
  /** What brought the money back. */
  readonly balanceTransactionId: string;
  /** Of the payout, minor units. */
  readonly amount: bigint;
  /** What the provider took for it. */
  readonly fee: bigint;
  readonly currency: string;
  /** Stripe's failure code. */
  readonly reason: null | string;
  readonly postings: readonly PayoutPosting[];
  readonly reversedAt: bigint;
};

/** A payout came back from the bank: the money is on the balance again. */
export type ReversePayoutJournal = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** payout:<id>, where no order exists. */
  readonly orderId: string;
  readonly type: 'ReversePayoutJournal';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ReversePayoutJournalPayload;
};

/** What ReverseWriteOff says. */
export type ReverseWriteOffPayload = {
  readonly invoiceId: string;
  /** As it was written off. */
  readonly amount: bigint;
  readonly currency: string;
  readonly reversedAt: bigint;
};

/** An invoice that was written off was paid or voided after all. */
export type ReverseWriteOff = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'ReverseWriteOff';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ReverseWriteOffPayload;
};

/** What is earned in one month of the service. */
export type RevenuePart = {
  /** 2026-09 */
  readonly month: string;
  readonly amount: bigint;
  /** It is revenue from then on. */
  readonly dueAt: bigint;
};

/** The revenue of a line of the invoice. */
export type ScheduledLine = {
  readonly lineId: string;
  /** The sum of its parts. */
  readonly amount: bigint;
  readonly from: bigint;
  readonly to: bigint;
  readonly parts: readonly RevenuePart[];
};

/** What ScheduleRevenue says. */
export type ScheduleRevenuePayload = {
  readonly invoiceId: string;
  readonly currency: string;
  /** The sum of all parts: the invoice without tax. */
  readonly amount: bigint;
  readonly lines: readonly ScheduledLine[];
};

/** When what an invoice is for will have been earned: straight-line, by days of UTC, month by month. */
export type ScheduleRevenue = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'ScheduleRevenue';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: ScheduleRevenuePayload;
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
  /** profile: from what the person says of themselves. order: from an order, which counts less. */
  readonly standing: string;
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

/** What UpsertItem says. */
export type UpsertItemPayload = {
  readonly variantId: number;
  readonly productId: number;
  readonly sku: null | string;
  readonly name: string;
  readonly currency: string;
  /** ISO 4217 minor units: the list price. */
  readonly price: bigint;
  /** While it is on sale. */
  readonly salePrice: null | bigint;
  readonly active: boolean;
  readonly stripeProductId: string;
};

/** An item as the shop sells it. */
export type UpsertItem = {
  /** <item>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here an item, `item:…`. */
  readonly orderId: string;
  readonly type: 'UpsertItem';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: UpsertItemPayload;
};

/** What VoidInvoice says. */
export type VoidInvoicePayload = {
  readonly invoiceId: string;
  readonly total: bigint;
  readonly tax: bigint;
  readonly currency: string;
  readonly voidedAt: bigint;
};

/** An invoice is void: what was posted and scheduled of it is taken back. */
export type VoidInvoice = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'VoidInvoice';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: VoidInvoicePayload;
};

/** What VoidInvoiceCredit says. */
export type VoidInvoiceCreditPayload = {
  readonly creditNoteId: string;
  readonly invoiceId: string;
  readonly amount: bigint;
  readonly tax: bigint;
  readonly currency: string;
  readonly voidedAt: bigint;
};

/** A credit note is void: the customer owes again what it took off. */
export type VoidInvoiceCredit = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'VoidInvoiceCredit';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: VoidInvoiceCreditPayload;
};

/** What WriteOffInvoice says. */
export type WriteOffInvoicePayload = {
  readonly invoiceId: string;
  /** What was left to pay. */
  readonly amount: bigint;
  readonly currency: string;
  readonly writtenOffAt: bigint;
};

/** Nobody expects an invoice to be paid any more. */
export type WriteOffInvoice = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'WriteOffInvoice';
  readonly target: 'erp';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: WriteOffInvoicePayload;
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
  /** The customer is not there: it is charged at once to the method that the customer has saved, if there is one. */
  readonly offSession: boolean;
  /** Whatever it is paid with is saved for payments when the customer is not there. */
  readonly saveMethod: boolean;
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

/** What DeleteCustomer says. */
export type DeleteCustomerPayload = {
  readonly customer: string;
};

/** Has Stripe forget a person. Payments stay. */
export type DeleteCustomer = {
  /** <person>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here a person, `customer:…`. */
  readonly orderId: string;
  readonly type: 'DeleteCustomer';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: DeleteCustomerPayload;
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

/** What FetchCreditNoteLines says. */
export type FetchCreditNoteLinesPayload = {
  readonly creditNoteId: string;
  /** Of the credit note, and so of its lines. */
  readonly currency: string;
};

/** Ask for all lines of a credit note: events carry the first ones only. */
export type FetchCreditNoteLines = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'FetchCreditNoteLines';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: FetchCreditNoteLinesPayload;
};

/** What FetchCreditNotes says. */
export type FetchCreditNotesPayload = {
  readonly invoiceId: string;
  /** The refund that it is asked about. */
  readonly refundId: string;
  /** Of the invoice, and so of its credit notes. */
  readonly currency: string;
};

/** Ask which credit notes an invoice has: a refund does not say that it belongs to one. */
export type FetchCreditNotes = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'FetchCreditNotes';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: FetchCreditNotesPayload;
};

/** What FetchInvoiceLines says. */
export type FetchInvoiceLinesPayload = {
  readonly invoiceId: string;
  /** Of the invoice, and so of its lines. */
  readonly currency: string;
};

/** Ask for all lines of an invoice: events carry the first ones only. */
export type FetchInvoiceLines = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'FetchInvoiceLines';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: FetchInvoiceLinesPayload;
};

/** What FetchInvoicePayments says. */
export type FetchInvoicePaymentsPayload = {
  readonly invoiceId: string;
};

/** Ask what is to pay an invoice: of what has not paid it, no event says so. */
export type FetchInvoicePayments = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'FetchInvoicePayments';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: FetchInvoicePaymentsPayload;
};

/** What FetchPayoutTransactions says. */
export type FetchPayoutTransactionsPayload = {
  readonly payoutId: string;
  /** How many a page has at most; Stripe gives 100. */
  readonly limit: number;
  /** The last balance transaction of the page before; null for the first page. */
  readonly startingAfter: null | string;
};

/** Reads one page of the balance transactions that a payout is made of. */
export type FetchPayoutTransactions = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** payout:<id>, where no order exists. */
  readonly orderId: string;
  readonly type: 'FetchPayoutTransactions';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: FetchPayoutTransactionsPayload;
};

/** What LabelPayment says. */
export type LabelPaymentPayload = {
  /** pi_…, or a charge: ch_… or py_…. */
  readonly reference: string;
  readonly metadata: Readonly<Record<string, string>>;
};

/** Writes on a payment that the shop's own gateway has made which order it is of. One that names another order is refused. */
export type LabelPayment = {
  /** <orderId>/<intent>/<n>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  readonly orderId: string;
  readonly type: 'LabelPayment';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: LabelPaymentPayload;
};

/** What MoveCustomer says. */
export type MoveCustomerPayload = {
  readonly customer: string;
  /** Normalised e-mail of whom it stands for. */
  readonly customerKey: string;
};

/** The person has another e-mail address: from now on this is the customer of that one. */
export type MoveCustomer = {
  /** <person>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here a person, `customer:…`. */
  readonly orderId: string;
  readonly type: 'MoveCustomer';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: MoveCustomerPayload;
};

/** What RetireCustomer says. */
export type RetireCustomerPayload = {
  readonly customer: string;
  readonly into: string;
};

/** Another customer stands for the person from now on; payments stay where they are. */
export type RetireCustomer = {
  /** <person>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here a person, `customer:…`. */
  readonly orderId: string;
  readonly type: 'RetireCustomer';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: RetireCustomerPayload;
};

/** What SetPrice says. */
export type SetPricePayload = {
  readonly productId: string;
  readonly lookupKey: string;
  /** Of the price: `<epoch ms>-<digest>`. */
  readonly version: string;
  /** ISO 4217 minor units. */
  readonly amount: bigint;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
};

/** The item's price at Stripe. Prices are immutable there: a new one takes the lookup key, becomes the product's default, and the old one is deactivated. */
export type SetPrice = {
  /** <item>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here an item, `item:…`. */
  readonly orderId: string;
  readonly type: 'SetPrice';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: SetPricePayload;
};

/** What UpdateCustomer says. */
export type UpdateCustomerPayload = {
  readonly customer: string;
  /** Of what the person says: time of the youngest change, and a fingerprint. An older one changes nothing any more. */
  readonly version: string;
  /** Those that are to be written, among name, phone, address. The others are left as they are. */
  readonly fields: readonly string[];
  readonly name: null | string;
  readonly phone: null | string;
  readonly address: null | PostalAddress;
};

/** Has Stripe's customer say what the person says of themselves. A field that is null is cleared. */
export type UpdateCustomer = {
  /** <person>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here a person, `customer:…`. */
  readonly orderId: string;
  readonly type: 'UpdateCustomer';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: UpdateCustomerPayload;
};

/** What UpsertProduct says. */
export type UpsertProductPayload = {
  readonly productId: string;
  /** Of what is said: `<epoch ms>-<digest>`. A younger one at Stripe is not overwritten. */
  readonly version: string;
  /** Of name and `active`, by which a change that somebody makes at Stripe is told from ours. */
  readonly digest: string;
  readonly name: string;
  readonly active: boolean;
  /** Ids of the shop, and the SKU. */
  readonly metadata: Readonly<Record<string, string>>;
};

/** The product at Stripe that stands for an item, made or changed. Its id is a function of the item. */
export type UpsertProduct = {
  /** <item>/<intent>/<what>: business identity, and the key that makes the effect idempotent. */
  readonly commandId: string;
  /** What it is about: here an item, `item:…`. */
  readonly orderId: string;
  readonly type: 'UpsertProduct';
  readonly target: 'stripe';
  /** The event that caused it. */
  readonly causationId: string;
  /** Event time. */
  readonly occurredAt: bigint;
  /** name@version that decided it. */
  readonly workflow: string;
  readonly payload: UpsertProductPayload;
};

/** The Address row, as far as people need it. */
export type AddressRow = {
  readonly addressId: number;
  readonly customerId: number;
  readonly address: null | PostalAddress;
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
  readonly billingAddressId: null | number;
  /** Deleted in the shop, or made anonymous there. */
  readonly gone: boolean;
  /** The person that the row was told of last (`customer:…`); null when of none. */
  readonly toldOf: null | string;
  /** Whom it was told of before: they hear of its erasure too. */
  readonly formerly: readonly string[];
};

/** What people of one side said last of a field. */
export type Saying = {
  readonly value: null | string;
  /** What it said until then. */
  readonly before: null | string;
  readonly at: bigint;
  readonly factId: string;
};

/** A field of a Customer row. Addresses are JSON. */
export type ShopField = {
  readonly name: string;
  readonly value: null | string;
  readonly said: Saying;
  /** What the shop was told to write, and has not shown yet. */
  readonly told: readonly (null | string)[];
};

/** A Customer row of a person. */
export type PersonRow = {
  readonly customerId: number;
  readonly present: boolean;
  readonly registered: boolean;
  readonly place: string;
  /** When it was first seen. */
  readonly since: bigint;
  readonly email: null | string;
  readonly fields: readonly ShopField[];
};

/** What an event said of a field. */
export type StripeTelling = {
  readonly value: null | string;
  readonly changed: boolean;
  readonly ours: boolean;
  readonly before: null | string;
  readonly at: bigint;
  readonly factId: string;
};

/** A field of a Stripe customer. */
export type StripeField = {
  readonly name: string;
  readonly value: null | string;
  readonly at: bigint;
  readonly factId: string;
  /** Whether that event changed it. */
  readonly changed: boolean;
  /** What it was then until then. */
  readonly before: null | string;
  /** Whether we had it said. */
  readonly ours: boolean;
  readonly said: null | Saying;
  /** The changes of its second, of which Stripe does not say the order. */
  readonly within: readonly StripeTelling[];
  /** The last that is known from before that second. */
  readonly earlier: null | StripeTelling;
};

/** A customer at Stripe that is, or was, this person's. */
export type StripeLink = {
  readonly customerId: string;
  readonly createdAt: bigint;
  /** present, retired (another one stands for the person), moved (to another person), or deleted. */
  readonly standing: string;
  /** When that was told. */
  readonly standingAt: bigint;
  readonly standingBy: string;
  /** When it was last somebody else's: what was said of it until then was not said of this person. */
  readonly leftAt: null | bigint;
  readonly fields: readonly StripeField[];
};

/** What both sides come to. */
export type PersonProfile = {
  /** Names these contents: time of the youngest change and a fingerprint. */
  readonly version: string;
  /** The same, by the youngest of all that anybody said, and what of it is to be written: a customer at Stripe that has an older one may be changed. */
  readonly stripeVersion: string;
  /** The same, and what of it the shop is to write. */
  readonly shopVersion: string;
  readonly at: bigint;
  readonly causedBy: string;
  /** The row that speaks for the person. */
  readonly adnsfCustomerId: number;
  readonly registered: boolean;
  readonly email: string;
  readonly name: null | string;
  readonly phone: null | string;
  readonly address: null | PostalAddress;
  /** Fields that say something else there. */
  readonly stripeFields: readonly string[];
  /** Fields that say something else there. */
  readonly shopFields: readonly string[];
  /** The address that Stripe has for the person, when the shop has another. */
  readonly wantedEmail: null | string;
  /** The fact behind what is overruled at Stripe; first when nobody has said anything there. */
  readonly stripeOverruled: string;
  /** The same of the shop. */
  readonly shopOverruled: string;
  /** What those of shopFields may say when they are overwritten. */
  readonly shopExpected: readonly ExpectedValue[];
};

/** The account has another e-mail address now. */
export type Moved = {
  readonly person: string;
  readonly email: null | string;
  readonly at: bigint;
  readonly factId: string;
};

/** The account has come back to this e-mail address. */
export type Returned = {
  readonly at: bigint;
  readonly factId: string;
};

/** The person is to be forgotten. */
export type Erased = {
  /** shop or stripe */
  readonly by: string;
  readonly at: bigint;
  readonly factId: string;
};

/** Both sides changed a field without knowing of each other; the later change counts. */
export type Conflict = {
  readonly fields: string;
  /** shop or stripe */
  readonly kept: string;
  readonly at: bigint;
  readonly factId: string;
};

/** What is known of a person, from the shop's rows and Stripe's customers, and what was already sent for them. */
export type CustomerState = {
  readonly person: string;
  /** The normalised e-mail. Null when it is not known, or was erased. */
  readonly customerKey: null | string;
  /** When anything was first known. */
  readonly since: null | bigint;
  readonly rows: readonly PersonRow[];
  readonly links: readonly StripeLink[];
  /** The one customer at Stripe that stands for the person: the oldest of those that say so. */
  readonly stripeCustomerId: null | string;
  readonly profile: null | PersonProfile;
  readonly moved: null | Moved;
  readonly returned: null | Returned;
  readonly erased: null | Erased;
  readonly conflict: null | Conflict;
  /** Ids of the commands that were sent. */
  readonly issued: readonly string[];
  readonly refusals: readonly string[];
  readonly workflows: null | readonly string[];
};

export type InvoiceLine = {
  readonly lineId: string;
  readonly productId: null | string;
  readonly priceId: null | string;
  readonly description: null | string;
  readonly quantity: null | bigint;
  /** Without discounts and tax. */
  readonly net: bigint;
  readonly tax: null | bigint;
  readonly from: bigint;
  readonly to: bigint;
  readonly proration: boolean;
};

/** A finalised invoice, by the earliest telling of it: what it says stays as it is. */
export type InvoiceTold = {
  readonly invoiceId: string;
  readonly number: null | string;
  readonly subscriptionId: null | string;
  readonly customerId: null | string;
  readonly customerEmail: null | string;
  readonly customerName: null | string;
  readonly billingReason: null | string;
  readonly currency: string;
  readonly subtotal: bigint;
  readonly tax: bigint;
  readonly total: bigint;
  readonly periodStart: null | bigint;
  readonly periodEnd: null | bigint;
  readonly lines: readonly InvoiceLine[];
  readonly linesComplete: boolean;
  /** What the total without tax is more than all lines. */
  readonly unexplained: bigint;
  readonly shopOrderNumber: null | number;
  /** When it was finalised. */
  readonly postedAt: bigint;
  readonly factId: string;
  readonly at: bigint;
};

/** An attempt to collect it that failed. */
export type FailedAttempt = {
  readonly attempt: bigint;
  readonly amountRemaining: bigint;
  readonly nextAttemptAt: null | bigint;
  readonly factId: string;
  readonly at: bigint;
};

/** What of it went to the invoice. */
export type PaidPart = {
  readonly amount: bigint;
  readonly currency: string;
  readonly factId: string;
  readonly at: bigint;
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
  /** What of the customer's money it is, with its sign, in the currency that it was charged in; null when that is not told. */
  readonly presented: null | bigint;
  /** Where it is not `currency`, the money was converted. */
  readonly presentedCurrency: null | string;
  /** What Stripe says as exchange rate, in plain decimals; null when nothing was converted. */
  readonly rate: null | string;
  /** Of the fee, what converting cost. */
  readonly conversionFee: bigint;
};

/** What it was paid with. */
export type InvoicePayment = {
  /** Of the PaymentIntent, or of a charge without one. */
  readonly id: string;
  readonly paymentIntentId: null | string;
  readonly chargeId: null | string;
  readonly paid: null | PaidPart;
  readonly balanceTransactionId: null | string;
  readonly settlement: null | Settlement;
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
  /** The return that it is said to be of. */
  readonly returnId: null | string;
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
  /** The credit note of an invoice that it belongs to. */
  readonly creditNoteId: null | string;
  /** The return that the refund says it is of. */
  readonly returnId: null | number;
  /** It is of no return that we asked for, or that is known. */
  readonly returnKnown: boolean;
  /** What came back, of a return that we asked for. */
  readonly returned: readonly ReturnedLine[];
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
  /** Who told of it first, by the time of events. */
  readonly openedBy: null | string;
  /** What it was over then. */
  readonly openedAmount: null | bigint;
  /** Until when it was to be answered then. */
  readonly openedDueAt: null | bigint;
  /** By balance transaction. */
  readonly movements: readonly Movement[];
  readonly evidenceDueAt: null | bigint;
  readonly createdAt: null | bigint;
};

export type NoteRefund = {
  readonly refundId: null | string;
  readonly amount: null | bigint;
};

export type CreditNoteLine = {
  readonly lineId: string;
  readonly invoiceLineId: null | string;
  readonly description: null | string;
  readonly quantity: null | bigint;
  /** Without discounts and tax. */
  readonly net: bigint;
  readonly tax: null | bigint;
};

/** That something was so, by the earliest telling of it. */
export type Moment = {
  readonly factId: string;
  readonly at: bigint;
};

/** Where its amount went. */
export type CreditSplit = {
  /** To be paid back by refunds. */
  readonly refunded: bigint;
  readonly toBalance: bigint;
};

export type CreditNoteTold = {
  readonly id: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly factId: string;
  readonly at: bigint;
  readonly number: null | string;
  readonly reason: null | string;
  /** The part of the amount that is tax. */
  readonly tax: bigint;
  /** What the customer owes less; null when it does not say. */
  readonly offInvoice: null | bigint;
  /** Paid back by other means than Stripe. */
  readonly outside: bigint;
  readonly refunds: readonly NoteRefund[];
  readonly balanceTransactionId: null | string;
  readonly lines: readonly CreditNoteLine[];
  readonly linesComplete: boolean;
  readonly voided: null | Moment;
  /** When it was made. */
  readonly issuedAt: bigint;
  /** Once that is known of all its refunds. */
  readonly split: null | CreditSplit;
  /** Why it cannot be booked. */
  readonly problem: null | string;
};

/** What the credit notes of the invoice said when they were asked about a refund. */
export type RefundClaim = {
  readonly refundId: string;
  /** The one it belongs to. */
  readonly creditNoteId: null | string;
  /** By all that stood then. */
  readonly credited: bigint;
  /** The part of it that is tax. */
  readonly creditedTax: bigint;
};

/** What it took of the balance of its customer. */
export type CreditUsed = {
  /** Negative: what it left for later, or asks for from before. */
  readonly amount: bigint;
  /** What it asks for more than that leaves of its total. */
  readonly unexplained: bigint;
  readonly factId: string;
  readonly at: bigint;
};

/** Paid by other means than Stripe. */
export type OutsidePayment = {
  /** Of the payment record, or of the invoice where that says it of all of it. */
  readonly id: string;
  readonly amount: bigint;
  readonly currency: string;
  /** As Stripe calls it. */
  readonly type: null | string;
  readonly factId: string;
  readonly at: bigint;
};

/** Called uncollectible. */
export type WrittenOff = {
  /** What was left to pay. */
  readonly amount: bigint;
  readonly factId: string;
  readonly at: bigint;
};

/** What is known of an invoice and of the money of it, and what was already sent. */
export type InvoiceState = {
  /** invoice:in_… */
  readonly key: string;
  readonly invoice: null | InvoiceTold;
  /** All of its lines, where its events had the first ones only. */
  readonly fetchedLines: null | readonly InvoiceLine[];
  /** By number. */
  readonly attempts: readonly FailedAttempt[];
  /** By id. */
  readonly payments: readonly InvoicePayment[];
  /** What has arrived and is settled. */
  readonly received: bigint;
  /** By id. */
  readonly refunds: readonly RefundState[];
  /** In the order in which they are told to others, those that wait at the end: tax is shared out in it. */
  readonly refundSteps: readonly RefundStep[];
  /** By id. */
  readonly disputes: readonly DisputeState[];
  /** By id. */
  readonly creditNotes: readonly CreditNoteTold[];
  /** In the order of the answers. */
  readonly refundClaims: readonly RefundClaim[];
  /** What credit notes that stand took off what it asks for. */
  readonly creditedOff: bigint;
  /** Of what was void, what credit notes had taken off before. */
  readonly voidedWithout: bigint;
  readonly creditUsed: null | CreditUsed;
  /** By id. */
  readonly outside: readonly OutsidePayment[];
  readonly paid: null | Moment;
  readonly voided: null | Moment;
  readonly writtenOff: null | WrittenOff;
  /** Command ids already emitted. */
  readonly issued: readonly string[];
  /** The workflows it started with, name@version: it keeps them. Null: from before versions were kept, when each had its first. */
  readonly workflows: null | readonly string[];
  /** Commands that a peer refused for good. */
  readonly refusals: readonly string[];
};

/** As the shop's rows were last. */
export type ItemTold = {
  readonly place: string;
  readonly factId: string;
  readonly at: bigint;
  readonly present: boolean;
  readonly productId: number;
  readonly name: string;
  readonly sku: null | string;
  readonly active: boolean;
  readonly optioned: boolean;
  readonly currency: string;
  readonly price: bigint;
  readonly salePrice: null | bigint;
  /** What it costs now. */
  readonly sells: bigint;
  readonly described: string;
  readonly priced: string;
  /** When a price last changed in the shop. */
  readonly pricedAt: bigint;
  /** Of name and `active`. */
  readonly digest: string;
  readonly stripeProductId: string;
  readonly lookupKey: string;
};

/** Units that the shop can still sell, by colour and size. */
export type ItemLevel = {
  /** A word for colour and size. */
  readonly which: string;
  readonly color: null | string;
  readonly size: null | string;
  readonly present: boolean;
  readonly level: number;
  readonly place: string;
  readonly factId: string;
  readonly at: bigint;
  readonly version: string;
};

/** The ERP's last count, by colour and size. */
export type ItemCount = {
  readonly which: string;
  readonly color: null | string;
  readonly size: null | string;
  readonly supply: number;
  readonly ordersFrom: number;
  readonly version: bigint;
  readonly at: bigint;
};

/** What the shop's stock counts as, by colour and size. */
export type ItemSupply = {
  readonly which: string;
  readonly color: null | string;
  readonly size: null | string;
  readonly sequence: number;
  readonly supply: number;
  readonly change: number;
  readonly reason: string;
  readonly version: null | bigint;
  readonly at: bigint;
  readonly commandId: string;
};

/** The product at Stripe as it was last told of. */
export type ItemProduct = {
  readonly at: bigint;
  readonly factId: string;
  readonly present: boolean;
  readonly name: null | string;
  readonly active: boolean;
  /** Whether name and `active` are as a command of ours left them. */
  readonly ours: boolean;
  readonly defaultPriceId: null | string;
  /** Which of our prices the default was when a command of ours set it. */
  readonly priceVersion: null | string;
};

/** A price of that product. */
export type ItemPrice = {
  readonly priceId: string;
  readonly createdAt: bigint;
  /** Null: somebody else's. */
  readonly version: null | string;
  readonly amount: null | bigint;
  readonly currency: null | string;
};

/** What is otherwise at Stripe than a command of ours left it. */
export type ItemForeign = {
  readonly id: string;
  readonly at: bigint;
  readonly factId: string;
  readonly what: string;
  readonly described: boolean;
  readonly priced: boolean;
};

/** What it shall cost by the ERP, as it said last. */
export type ItemAsked = {
  readonly currency: string;
  readonly price: bigint;
  readonly salePrice: null | bigint;
  readonly version: bigint;
  readonly at: bigint;
};

/** What is known of an item on all sides, and what was already sent. */
export type ItemState = {
  /** item:<variantId> */
  readonly key: string;
  readonly variantId: number;
  /** The earliest time that is told of it. */
  readonly since: null | bigint;
  readonly item: null | ItemTold;
  readonly levels: readonly ItemLevel[];
  readonly counts: readonly ItemCount[];
  readonly supplies: readonly ItemSupply[];
  readonly product: null | ItemProduct;
  readonly prices: readonly ItemPrice[];
  readonly foreign: null | ItemForeign;
  readonly asked: null | ItemAsked;
  /** Command ids already emitted about what still counts. */
  readonly issued: readonly string[];
  /** The workflows it started with, name@version: it keeps them. */
  readonly workflows: null | readonly string[];
  /** Commands that a peer refused for good, and holds that were told. */
  readonly refusals: readonly string[];
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
  /** off_session: what the customer had saved was charged. on_session: the customer has to pay it. Null: nobody asked for the former. */
  readonly collection: null | string;
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
  /** What of the customer's money it is, with its sign, in the currency that it was charged in; null when that is not told. */
  readonly presented: null | bigint;
  /** Where it is not `currency`, the money was converted. */
  readonly presentedCurrency: null | string;
  /** What Stripe says as exchange rate, in plain decimals; null when nothing was converted. */
  readonly rate: null | string;
  /** Of the fee, what converting cost. */
  readonly conversionFee: bigint;
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
  /** The return that it was paid back as: nothing is left to ask. */
  readonly paidAs: null | number;
  /** A return over the same amount that was paid back: a person says whether it is the same money. */
  readonly maybeOf: null | number;
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

/** The order that it repeats, or adds to. */
export type ParentTold = {
  readonly orderId: string;
  readonly causationId: string;
  readonly at: bigint;
};

/** What is to be asked of Stripe for a return. */
export type ReturnAsk = {
  /** Minor units. */
  readonly amount: bigint;
  readonly causationId: string;
  readonly at: bigint;
};

/** Money of a return that left, or that came back. */
export type ReturnStep = {
  readonly refundId: string;
  /** It came back. */
  readonly back: boolean;
  readonly amount: bigint;
  readonly currency: string;
  readonly reason: null | string;
  readonly factId: string;
  readonly at: bigint;
};

/** Goods that a customer gives back. */
export type ReturnState = {
  readonly id: number;
  /** The image that is furthest. */
  readonly latest: OrderReturn;
  /** The first image by which it is decided that money goes back: the goods have come, or none are expected. */
  readonly accepted: null | OrderReturn;
  /** The first of those that says how much. */
  readonly payable: null | OrderReturn;
  /** The first of those that says that the goods go back on the shelf. */
  readonly restocked: null | OrderReturn;
  /** The first image that says that nothing goes back. */
  readonly rejected: null | OrderReturn;
  /** The first image that says that it is over, and that we did not write. */
  readonly ended: null | OrderReturn;
  /** Why Stripe did not pay it back. */
  readonly refusal: null | RefundRefusal;
  /** Null while it is not to be asked. */
  readonly ask: null | ReturnAsk;
  /** Why a person has to look. */
  readonly problem: null | string;
  /** What that is about: a refund, a credit, an amount. */
  readonly other: null | string;
  readonly steps: readonly ReturnStep[];
};

/** The payment at Stripe says which order it is of. */
export type Labelled = {
  readonly objectId: string;
  readonly causationId: string;
  readonly at: bigint;
};

/** Goods that have left. */
export type Delivery = {
  readonly carrier: null | string;
  readonly trackingNumbers: readonly string[];
  readonly shippedAt: bigint;
  readonly causationId: string;
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
  /** By the first image that tells it. */
  readonly parent: null | ParentTold;
  /** By id. */
  readonly returns: readonly ReturnState[];
  readonly labelled: null | Labelled;
  /** As the ERP told them, the first first; each once. */
  readonly shipments: readonly ErpShipment[];
  /** With the shipment that was told first. */
  readonly dispatched: null | Delivery;
  /** With all shipments, once they come to all that was sold. */
  readonly delivered: null | Delivery;
  /** What is not as it should be with the shipments, in words. */
  readonly shipmentProblem: null | string;
};

/** By which event something was first told, and when. */
export type Told = {
  readonly factId: string;
  readonly at: bigint;
};

/** A payout as Stripe told of it. */
export type PayoutObject = {
  readonly id: string;
  readonly status: string;
  /** Per status, sorted. */
  readonly history: readonly Telling[];
  /** Minor units; negative when Stripe takes money from the bank. */
  readonly amount: bigint;
  readonly currency: string;
  /** When amount and currency were told last. */
  readonly toldAt: bigint;
  readonly toldBy: string;
  /** Asked for by somebody: Stripe does not list what is in it. */
  readonly manual: boolean;
  readonly method: null | string;
  /** The connected account whose payout it is. */
  readonly account: null | string;
  readonly arrivalDate: null | bigint;
  /** What took the money off the balance. */
  readonly balanceTransactionId: null | string;
  /** What brought it back. */
  readonly failureBalanceTransactionId: null | string;
  readonly failureCode: null | string;
  readonly failureMessage: null | string;
  readonly createdAt: null | bigint;
  /** When it was made; of events that do not say, the first one. */
  readonly at: bigint;
  /** When its list of balance transactions was said to be complete. */
  readonly reconciled: null | Told;
  /** When it was said to be paid. */
  readonly paid: null | Told;
  /** When it was said that the money came back. */
  readonly returned: null | Told;
};

/** What a page came to. */
export type PageTold = {
  /** Its last transaction; null for a page with none. */
  readonly last: null | string;
  /** Another page follows. */
  readonly more: boolean;
  /** Without the payout's own, as its sum. */
  readonly transactions: bigint;
  readonly net: bigint;
  /** The command that it answers. */
  readonly causationId: string;
  readonly at: bigint;
};

/** One page of the list. It is asked for once it is known to be there. */
export type PayoutPage = {
  /** The last transaction of the page before; null for the first page. */
  readonly after: null | string;
  /** What told that it is there: the page before, or that the list is complete. */
  readonly causationId: null | string;
  readonly at: null | bigint;
  readonly told: null | PageTold;
};

/** Balance transactions of one kind, summed over all pages. */
export type PayoutSum = {
  /** Stripe's reporting_category. */
  readonly category: string;
  readonly type: string;
  readonly currency: string;
  /** An order, or another payout, books them: see booked-by-orders.ts. */
  readonly booked: boolean;
  /** How many. */
  readonly transactions: bigint;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  /** One of them: the id that sorts first. */
  readonly example: string;
};

/** What a balance transaction of the payout itself came to: it took the money off the balance, or brought it back. */
export type PayoutMove = {
  readonly id: string;
  /** Negative when money left the balance. */
  readonly amount: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  readonly causationId: string;
  readonly at: bigint;
};

/** A posting before it has an account. One of debit and credit is 0. */
export type JournalPosting = {
  /** bank, clearing, fees, or <category>/<type>. */
  readonly line: string;
  readonly category: null | string;
  readonly transactions: bigint;
  readonly debit: bigint;
  readonly credit: bigint;
};

/** What a payout comes to in the books, once that is proved. */
export type PayoutJournal = {
  readonly transactions: bigint;
  readonly fee: bigint;
  readonly postings: readonly JournalPosting[];
  readonly causationId: string;
  readonly at: bigint;
};

/** A line of its list that turned out to be somebody's, after the list was read. */
export type PayoutClaim = {
  readonly balanceTransactionId: string;
  readonly owner: string;
  readonly amount: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  readonly currency: string;
  readonly postings: readonly JournalPosting[];
  readonly causationId: string;
  readonly at: bigint;
};

/** What is known of a payout, and what was already sent for it. */
export type PayoutState = {
  /** payout:<id> */
  readonly subject: string;
  readonly payout: null | PayoutObject;
  /** Of its list, in the order of the list as far as it is known. */
  readonly pages: readonly PayoutPage[];
  /** Without its own transaction. */
  readonly sums: readonly PayoutSum[];
  /** By id. Its own transaction in its list, and those that were asked for. */
  readonly moves: readonly PayoutMove[];
  readonly journal: null | PayoutJournal;
  readonly reversal: null | PayoutJournal;
  /** Why it cannot be booked: what does not add up, with its figures. */
  readonly discrepancy: null | string;
  readonly returnDiscrepancy: null | string;
  readonly issued: readonly string[];
  readonly refusals: readonly string[];
  readonly workflows: null | readonly string[];
  readonly claims: readonly PayoutClaim[];
};

/** Null also when the row is gone. */
export type ProductTold = {
  readonly name: string;
  readonly sku: null | string;
  readonly active: boolean;
  readonly optioned: boolean;
  readonly system: boolean;
};

/** A variant, and what was told of it. */
export type VariantTold = {
  readonly variantId: number;
  readonly place: string;
  /** The row is no longer there, or another product's. */
  readonly gone: boolean;
  readonly name: string;
  readonly skuSuffix: null | string;
  readonly active: boolean;
  /** Decimal. */
  readonly price: string;
  /** Decimal; zero when it is not on sale. */
  readonly salePrice: string;
  readonly level: number;
  /** What was told of name, SKU and `active`. */
  readonly describedAs: null | string;
  readonly described: null | string;
  /** What was told of prices. */
  readonly pricedAs: null | string;
  readonly priced: null | string;
  readonly toldGone: boolean;
  readonly toldLevel: null | number;
};

/** A product with its variants, as the shop's rows were last, and what was told of each. */
export type ProductRow = {
  readonly productId: number;
  /** Of the product's last image in the shop's log; null: none was seen. */
  readonly place: null | string;
  readonly product: null | ProductTold;
  readonly variants: readonly VariantTold[];
};

/** What was told of a row of returns. */
export type ReturnRow = {
  /** As it was last told. */
  readonly sent: null | OrderReturn;
  /** Why it was not told, as was said last. */
  readonly refusal: null | string;
  /** Of the image that was looked at last. */
  readonly place: null | string;
  /** What the image said that was refused last: the shop writes every row twice. */
  readonly image: null | string;
};

/** Where in the shop's log a row was last told of. */
export type RowPlace = {
  readonly place: string;
};

/** A row of dbo.Inventory as it was last. */
export type StockRow = {
  readonly place: string;
  readonly gone: boolean;
  readonly variantId: number;
  readonly color: null | string;
  readonly size: null | string;
  readonly level: number;
};

export type SubscriptionItem = {
  readonly itemId: string;
  readonly productId: null | string;
  readonly priceId: null | string;
  readonly quantity: null | bigint;
};

export type SubscriptionTelling = {
  /** Time, status and a digest of the rest: twins have the same. */
  readonly id: string;
  readonly rank: number;
  readonly factId: string;
  readonly at: bigint;
  readonly subscriptionId: string;
  readonly customerId: null | string;
  readonly status: string;
  readonly currency: string;
  readonly collectionMethod: null | string;
  readonly periodStart: null | bigint;
  readonly periodEnd: null | bigint;
  readonly cancelAtPeriodEnd: null | boolean;
  readonly canceledAt: null | bigint;
  readonly endedAt: null | bigint;
  readonly shopOrderId: null | string;
  readonly shopOrderNumber: null | number;
  readonly items: readonly SubscriptionItem[];
  /** Of a subscription that is tried, or was: until then nothing is asked for. */
  readonly trialEndsAt: null | bigint;
  /** What becomes of the invoices of a subscription whose collection is paused: void, keep_as_draft, mark_uncollectible. */
  readonly collectionPaused: null | string;
};

/** How a subscription was told to be, lately, and what was already sent. */
export type SubscriptionState = {
  /** subscription:sub_… */
  readonly key: string;
  /** The last ones, the one that counts at the end. */
  readonly tellings: readonly SubscriptionTelling[];
  /** Command ids already emitted. */
  readonly issued: readonly string[];
  /** The workflows it started with, name@version: it keeps them. Null: from before versions were kept, when each had its first. */
  readonly workflows: null | readonly string[];
  /** Commands that a peer refused for good. */
  readonly refusals: readonly string[];
};

/** Transactions of an object at Stripe that payouts have booked, since nobody said whose they are. */
export type UnclaimedLines = {
  readonly lines: readonly PayoutLine[];
};

/** Facts about a Stripe object whose order is not known yet. */
export type Unrouted = {
  readonly facts: readonly PaymentFact[];
};
