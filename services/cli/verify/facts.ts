/**
 * What each side says, as plain data: the shop, Stripe, Kafka and the ledger. Amounts are minor units; currencies are
 * upper-case ISO codes.
 */

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
}>;

export type Dispute = Readonly<{
  id: string;
  status: string;
  /** What it took and gave back, by balance transaction. */
  movements: readonly (Fee & Readonly<{ currency: string }>)[];
}>;

export type Payment = Readonly<{
  id: string;
  /** From the metadata. */
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

export type Ledger = Readonly<{
  salesOrders: readonly SalesOrder[];
  payments: readonly LedgerPayment[];
  fees: readonly LedgerFee[];
  creditMemos: readonly LedgerCreditMemo[];
  disputes: readonly LedgerDispute[];
  disputeMovements: readonly LedgerDisputeMovement[];
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
  payments: readonly Payment[];
  /** Net of all balance transactions that are not payouts, by currency. */
  stripeNet: ReadonlyMap<string, bigint>;
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
}>;
