/**
 * What each side says, as plain data: the shop, Stripe, Kafka and the ledger. Amounts are minor units; currencies are
 * upper-case ISO codes.
 */

import type { People } from './people.ts';
import type { Replay } from '../../../schemas/generated/types.ts';

export type ShopOrder = Readonly<{
  orderId: string;
  /** Without blanks, dots and brackets, upper case. */
  paymentMethod: string;
  state: string | null;
  reference: string | null;
  /** State accepted and stock taken: the checkout is done. */
  complete: boolean;
  /** A refund written as an order of its own, and of which order. */
  credit: boolean;
  parent: string | null;
  subtotal: bigint;
  tax: bigint;
  shipping: bigint;
  total: bigint;
  giftCard: bigint;
  currency: string;
}>;

/** An order with an amount that its currency cannot have. */
export type UnreadableOrder = Readonly<{ orderId: string; unreadable: string }>;

export type Fee = Readonly<{ balanceTransactionId: string; gross: bigint; fee: bigint; net: bigint }>;

export type Refund = Readonly<{
  id: string;
  status: string;
  /** Minor units, positive. */
  amount: bigint;
  /** What took the money off the balance; a refund without it has moved none. */
  balanceTransactionId: string | null;
  /** What brought it back. */
  failureBalanceTransactionId: string | null;
  /** The command that had it made; null when it was begun at Stripe. */
  commandId: string | null;
  /** The return that it says it is of. */
  returnId: string | null;
}>;

/** A return as the shop has it. */
export type ShopReturn = Readonly<{
  returnId: number;
  orderId: string;
  state: string;
  goodsExpected: boolean;
  /** What is to be paid back, minor units. */
  amount: bigint | null;
  reference: string | null;
  /** The credit by which the shop pays it back. */
  credit: number | null;
}>;

export type Dispute = Readonly<{
  id: string;
  status: string;
  /** What it took and gave back, by balance transaction. */
  movements: readonly (Fee & Readonly<{ currency: string }>)[];
}>;

export type Payment = Readonly<{
  id: string;
  /** From the metadata; or `invoice:in_…` of the invoice that it pays. */
  orderId: string | null;
  status: string;
  amount: bigint;
  received: bigint;
  currency: string;
  /** Charges that took money. */
  succeededCharges: readonly string[];
  /** The last attempt failed, or an earlier one did. */
  declined: boolean;
  /** Of the succeeded charge, once there is one. */
  fee: Fee | null;
  refunds: readonly Refund[];
  /** What of an authorisation was not captured came back by these; nobody was paid back. */
  releases: readonly Fee[];
  /** Captured by a request of its own. */
  manual: boolean;
  disputes: readonly Dispute[];
}>;

/** A finalised invoice at Stripe. */
export type Billed = Readonly<{
  /** `invoice:in_…`. */
  orderId: string;
  status: string;
  total: bigint;
  tax: bigint;
  currency: string;
  /** By what it was paid, and how much of it. */
  paidBy: readonly Readonly<{ paymentIntentId: string; amount: bigint }>[];
  /** PaymentIntents that were to pay it, and have not. */
  unpaidBy: readonly string[];
}>;

export type Subscribed = Readonly<{ id: string; status: string }>;

/** A payout at Stripe. Minor units, from the balance's side: what leaves it is negative. */
export type Payout = Readonly<{
  id: string;
  amount: bigint;
  currency: string;
  status: string;
  /** Made by Stripe; only such a one is itemised. */
  automatic: boolean;
  /** Its list is complete. */
  reconciled: boolean;
  /** Net of what took it off the balance. */
  own: bigint;
  /** Net of what brought it back; null while it has not come back. */
  back: bigint | null;
  /** How many transactions are in its list, and their net, without its own; null when it is not itemised, or not yet. */
  transactions: bigint;
  listed: bigint | null;
  /** Net of those that neither orders nor other payouts book. */
  open: bigint;
  /** Those that orders book as received. */
  charges: readonly Readonly<{ balanceTransactionId: string; orderId: string; net: bigint }>[];
}>;

/** Where a record lies. */
export type Place = Readonly<{ topic: string; partition: number; offset: bigint }>;

export type SeenCommand = Place &
  Readonly<{
    commandId: string;
    orderId: string;
    type: string;
    target: string;
    causationId: string;
    /** Of all it says: copies that differ anywhere have others. */
    digest: string;
    /** Amounts the payload speaks of, by name. */
    amounts: Readonly<Record<string, bigint>>;
    currency: string | null;
    reference: string | null;
    /** Where it was told last, when it was told again. */
    latest?: Place;
  }>;

export type SeenResult = Place &
  Readonly<{
    commandId: string;
    orderId: string;
    type: string;
    status: string;
    objectId: string | null;
    error: string | null;
    /** The repair it answers. */
    repair?: string;
    latest?: Place;
  }>;

export type SeenImage = Place &
  Readonly<{ orderId: string; total: bigint; giftCard: bigint; currency: string; text: string }>;

/**
 * A change of one row, by its place in the shop's log. One change of the key column is told as two: the row leaves its
 * old key (`d`) and appears under the new one (`c`).
 */
export type SeenChange = Place & Readonly<{ commit: string; change: string; serial: bigint; op: string }>;

export type SeenFact = Place & Readonly<{ factId: string; orderId: string; kind: string }>;

export type SalesOrder = Readonly<{
  orderId: string;
  subtotal: bigint;
  tax: bigint;
  shipping: bigint;
  total: bigint;
  currency: string;
}>;
export type LedgerPayment = Readonly<{
  orderId: string;
  amount: bigint;
  currency: string;
  paymentIntentId: string | null;
}>;
export type LedgerFee = Readonly<{ orderId: string }> & Fee;

export type LedgerCreditMemo = Readonly<{
  orderId: string;
  refundId: string;
  amount: bigint;
  tax: bigint;
  currency: string;
  /** The command that took it back. */
  reversedBy: string | null;
  /** The return that it says it is of. */
  returnId: bigint | null;
}>;

export type LedgerDispute = Readonly<{ orderId: string; disputeId: string; outcome: string | null }>;
export type LedgerDisputeMovement = Readonly<{
  orderId: string;
  disputeId: string;
  balanceTransactionId: string;
  amount: bigint;
  fee: bigint;
  net: bigint;
  currency: string;
}>;

export type LedgerInvoice = Readonly<{
  orderId: string;
  total: bigint;
  tax: bigint;
  currency: string;
  ends: readonly string[];
  /** What becomes revenue in all, whenever. */
  revenue: bigint;
}>;

export type LedgerPayout = Readonly<{
  payoutId: string;
  amount: bigint;
  /** What Stripe took for paying out. */
  fee: bigint;
  currency: string;
  transactions: bigint;
  /** What its entry moved the clearing account by. */
  clearing: bigint;
  /** The command that took it back. */
  reversedBy: string | null;
}>;

export type Ledger = Readonly<{
  invoices: readonly LedgerInvoice[];
  subscriptions: readonly Subscribed[];
  salesOrders: readonly SalesOrder[];
  payments: readonly LedgerPayment[];
  fees: readonly LedgerFee[];
  creditMemos: readonly LedgerCreditMemo[];
  disputes: readonly LedgerDispute[];
  disputeMovements: readonly LedgerDisputeMovement[];
  payouts: readonly LedgerPayout[];
  /** Ids of the commands it has booked, each as often as it was booked. */
  applied: readonly string[];
  /** What it could not book and put aside for a person. */
  conflicts: readonly (Place & Readonly<{ code: string; message: string }>)[];
  /** Debits minus credits over all accounts, by currency. */
  trialBalance: ReadonlyMap<string, bigint>;
  /** What it says Stripe holds for us, by currency. */
  clearing: ReadonlyMap<string, bigint>;
}>;

export type UnroutedFact = Readonly<{
  objectId: string;
  kind: string;
  amount: bigint;
  currency: string;
  /** Epoch milliseconds. */
  at: bigint;
}>;

export type Facts = Readonly<{
  stripeMethods: readonly string[];
  shop: readonly ShopOrder[];
  unreadable: readonly UnreadableOrder[];
  /** Those whose amounts can be read. */
  returns: readonly ShopReturn[];
  payments: readonly Payment[];
  invoices: readonly Billed[];
  subscriptions: readonly Subscribed[];
  /** Net of all balance transactions, payouts among them, by currency. */
  stripeNet: ReadonlyMap<string, bigint>;
  /** Of those, what neither orders nor payouts themselves book: it is booked with the payout that it is in. */
  stripeOpen: ReadonlyMap<string, bigint>;
  /** What Stripe says that it has of us, available and pending, by currency. */
  stripeBalance: ReadonlyMap<string, bigint>;
  payouts: readonly Payout[];
  commands: readonly SeenCommand[];
  results: readonly SeenResult[];
  images: readonly SeenImage[];
  changes: readonly SeenChange[];
  facts: readonly SeenFact[];
  /** Ids of the events in stripe.events. */
  events: ReadonlySet<string>;
  ledger: Ledger;
  deadLetters: readonly (Place & Readonly<{ code: string; message: string; source?: Place }>)[];
  /** What was sent again on purpose, and when. */
  replays: readonly Replay[];
  /** Facts about Stripe objects that no order was found for. */
  unrouted: readonly UnroutedFact[];
  /** Undefined where nobody has asked for them. */
  people?: People;
}>;
