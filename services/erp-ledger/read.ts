/** The ledger for reading: by the HTTP API, by `millrace verify` and `millrace order`, next to a running writer. */
import BetterSqlite from 'better-sqlite3';
import { accounts } from './domain/accounts.ts';

export type SalesOrder = Readonly<{
  orderId: string;
  salesOrderNumber: string;
  customerKey: string;
  orderedAt: bigint;
  currency: string;
  subtotal: bigint;
  tax: bigint;
  shipping: bigint;
  total: bigint;
  paymentMethod: string;
  paymentReference: string | null;
}>;
export type SalesOrderLine = Readonly<{
  productId: bigint;
  variantId: bigint;
  sku: string | null;
  name: string | null;
  quantity: bigint;
  extendedPrice: string;
}>;
export type LedgerPayment = Readonly<{
  commandId: string;
  paymentIntentId: string | null;
  chargeId: string | null;
  amount: bigint;
  tax: bigint;
  currency: string;
  receivedAt: bigint;
}>;
export type LedgerFee = Readonly<{
  commandId: string;
  balanceTransactionId: string;
  gross: bigint;
  fee: bigint;
  net: bigint;
  currency: string;
}>;
export type LedgerConversion = Readonly<{
  commandId: string;
  balanceTransactionId: string;
  fromAmount: bigint;
  fromCurrency: string;
  toAmount: bigint;
  toCurrency: string;
  rate: string | null;
}>;
export type LedgerCreditMemo = Readonly<{
  commandId: string;
  refundId: string;
  balanceTransactionId: string;
  amount: bigint;
  tax: bigint;
  fee: bigint;
  currency: string;
  /** The command that reversed it. */
  reversedBy: string | null;
  /** The return that it pays back, if it says that it is of one. */
  returnId: bigint | null;
}>;
export type LedgerReturn = Readonly<{
  commandId: string;
  returnId: bigint;
  rmaNumber: string;
  outcome: string;
  /** Minor units; null when nobody has said it. */
  amount: bigint | null;
  currency: string;
  /** The goods are on the shelf again. */
  received: string | null;
}>;
export type LedgerDispute = Readonly<{
  commandId: string;
  disputeId: string;
  amount: bigint;
  currency: string;
  reason: string | null;
  /** Undecided until there is one. */
  outcome: string | null;
}>;
export type LedgerDisputeMovement = Readonly<{
  commandId: string;
  disputeId: string;
  balanceTransactionId: string;
  category: string;
  amount: bigint;
  fee: bigint;
  net: bigint;
  currency: string;
}>;

export type LedgerPayout = Readonly<{
  commandId: string;
  payoutId: string;
  amount: bigint;
  fee: bigint;
  currency: string;
  transactions: bigint;
  /** What the entry brought to the clearing account, without what its lines' owners took back; negative when money left it. */
  clearing: bigint;
  /** The command that took it back. */
  reversedBy: string | null;
}>;
export type JournalLine = Readonly<{
  commandId: string;
  description: string;
  account: string;
  currency: string;
  debit: bigint;
  credit: bigint;
}>;
export type LedgerCustomer = Readonly<{
  customerKey: string;
  adnsfCustomerId: bigint;
  stripeCustomerId: string | null;
  email: string;
  name: string | null;
}>;
export type StockRow = Readonly<{ productId: bigint; variantId: bigint; sku: string | null; quantity: bigint }>;
/** What is sold, with its price in minor units. */
export type LedgerItem = Readonly<{
  variantId: bigint;
  productId: bigint;
  sku: string | null;
  name: string;
  currency: string;
  price: bigint;
  salePrice: bigint | null;
  active: bigint;
  stripeProductId: string;
  /** Units that there would be had no order taken any, and units that orders took; null: nobody counted yet. */
  supply: bigint | null;
  taken: bigint | null;
}>;
export type AppliedCommand = Readonly<{
  commandId: string;
  orderId: string;
  type: string;
  occurredAt: bigint;
  topic: string;
  partition: bigint;
  offset: bigint;
  repeats: bigint;
}>;
export type LedgerConflict = Readonly<{
  topic: string;
  partition: bigint;
  offset: bigint;
  commandId: string | null;
  reason: string;
  message: string;
}>;
export type BalanceRow = Readonly<{
  account: string;
  name: string;
  kind: string;
  currency: string;
  debit: bigint;
  credit: bigint;
}>;

/** What was invoiced, and what became of it. */
export type LedgerInvoice = Readonly<{
  commandId: string;
  invoiceId: string;
  number: string | null;
  subscriptionId: string | null;
  currency: string;
  tax: bigint;
  total: bigint;
  issuedAt: bigint;
  /** `void`, `written off`, `write-off reversed`. */
  ends: readonly string[];
  /** Attempts to collect it that failed. */
  failures: readonly Readonly<{ attempt: bigint; failedAt: bigint }>[];
  /** What becomes revenue, from when on; negative: less of it. */
  revenue: readonly Readonly<{ month: string; dueAt: bigint; amount: bigint }>[];
  /** What is receivable of it. */
  owed: bigint;
  /** What it took of its customer's credit. */
  creditUsed: bigint;
  /** Paid by other means than Stripe. */
  outside: readonly Readonly<{ commandId: string; id: string; amount: bigint }>[];
  creditNotes: readonly LedgerCreditNote[];
}>;
export type LedgerCreditNote = Readonly<{
  commandId: string;
  id: string;
  number: string | null;
  amount: bigint;
  tax: bigint;
  offInvoice: bigint;
  refunded: bigint;
  toBalance: bigint;
  outside: bigint;
  /** The command that took it back. */
  voidedBy: string | null;
}>;
export type LedgerSubscription = Readonly<{
  subscriptionId: string;
  status: string;
  toldAt: bigint;
  periodEnd: bigint | null;
  endedAt: bigint | null;
  trialEndsAt: bigint | null;
  collectionPaused: string | null;
}>;

export type LedgerParent = Readonly<{
  commandId: string;
  parentOrderId: string;
  recurring: bigint;
  subscriptionId: string | null;
}>;

/** All the ledger knows of an order, or of an invoice. */
export type LedgerOrder = Readonly<{
  orderId: string;
  /** Undefined when payments or movements are known, but no sales order. */
  order: SalesOrder | undefined;
  /** The order that it repeats, or adds to. */
  parent: LedgerParent | undefined;
  customer: LedgerCustomer | undefined;
  invoice: LedgerInvoice | undefined;
  lines: readonly SalesOrderLine[];
  payments: readonly LedgerPayment[];
  fees: readonly LedgerFee[];
  conversions: readonly LedgerConversion[];
  creditMemos: readonly LedgerCreditMemo[];
  returns: readonly LedgerReturn[];
  disputes: readonly LedgerDispute[];
  disputeMovements: readonly LedgerDisputeMovement[];
  movements: readonly StockRow[];
  shippingRequests: readonly Readonly<{ commandId: string; shippingMethod: string | null }>[];
  journal: readonly JournalLine[];
  commands: readonly AppliedCommand[];
}>;

/** What people say of themselves, who is whom, and who is to be forgotten. */
export type LedgerPeople = Readonly<{
  profiles: readonly (LedgerCustomer & Readonly<{ phone: string | null }>)[];
  /** Those that stand for themselves again are not among them. */
  merges: readonly Readonly<{ customerKey: string; into: string }>[];
  erased: readonly string[];
}>;

export interface LedgerReader {
  people(): LedgerPeople;
  /** Undefined when no command of this order was applied. */
  order(orderId: string): LedgerOrder | undefined;
  orderIds(): readonly string[];
  payouts(): readonly LedgerPayout[];
  command(commandId: string): AppliedCommand | undefined;
  /**
   * Per account and currency; over all, debits equal credits. With what counts from a later time on, or only what counts
   * as of a time, epoch milliseconds: revenue is deferred until its time has come.
   */
  trialBalance(asOf?: bigint): readonly BalanceRow[];
  subscriptions(): readonly LedgerSubscription[];
  stock(): readonly StockRow[];
  items(): readonly LedgerItem[];
  conflicts(): readonly LedgerConflict[];
  /** How many commands were applied, and how many came again. */
  totals(): Readonly<{ applied: bigint; repeats: bigint; conflicts: bigint }>;
  positions(): readonly Readonly<{ topic: string; partition: bigint; nextOffset: bigint }>[];
  close(): void;
}

/** What the statement selects is what the row's type says; the tables are STRICT. */
type Query<Row> = (...parameters: string[]) => readonly Row[];

const COMMAND = `command_id AS commandId, order_id AS orderId, type, occurred_at AS occurredAt, topic, partition,
  "offset", repeats`;

/** SQLite's largest integer. */
const END_OF_TIME = 2n ** 63n - 1n;

/** Opens an existing ledger for reading. @throws when there is none */
export const readLedger = (path: string): LedgerReader => {
  const database = new BetterSqlite(path, { readonly: true, fileMustExist: true });
  database.defaultSafeIntegers(true);
  const many = (text: string): Query<unknown> => {
    const statement = database.prepare<string[]>(text);
    return (...parameters) => statement.all(...parameters);
  };

  const orders = many(`SELECT order_id AS orderId, sales_order_number AS salesOrderNumber,
    customer_key AS customerKey, ordered_at AS orderedAt, currency, subtotal, tax, shipping, total,
    payment_method AS paymentMethod, payment_reference AS paymentReference FROM sales_orders WHERE order_id = ?`) as Query<SalesOrder>;
  const parents = many(`SELECT command_id AS commandId, parent_order_id AS parentOrderId, recurring,
    subscription_id AS subscriptionId FROM sales_order_links WHERE order_id = ?`) as Query<LedgerParent>;
  const lines = many(`SELECT product_id AS productId, variant_id AS variantId, sku, name, quantity,
    extended_price AS extendedPrice FROM sales_order_lines WHERE order_id = ? ORDER BY line`) as Query<SalesOrderLine>;
  const customers = many(`SELECT customer_key AS customerKey, adnsf_customer_id AS adnsfCustomerId,
    stripe_customer_id AS stripeCustomerId, email, name FROM customers WHERE customer_key = ?`) as Query<LedgerCustomer>;
  const payments = many(`SELECT command_id AS commandId, payment_intent_id AS paymentIntentId,
    charge_id AS chargeId, amount, tax, currency, received_at AS receivedAt FROM payments WHERE order_id = ?
    ORDER BY command_id`) as Query<LedgerPayment>;
  const fees = many(`SELECT command_id AS commandId, balance_transaction_id AS balanceTransactionId, gross,
    fee, net, currency FROM processing_fees WHERE order_id = ? ORDER BY command_id`) as Query<LedgerFee>;
  const creditMemos = many(`SELECT m.command_id AS commandId, m.refund_id AS refundId,
    m.balance_transaction_id AS balanceTransactionId, amount, tax, m.fee, currency, r.command_id AS reversedBy,
    t.return_id AS returnId FROM credit_memos m LEFT JOIN credit_memo_reversals r USING (refund_id)
    LEFT JOIN credit_memo_returns t ON t.command_id = m.command_id WHERE m.order_id = ?
    ORDER BY m.command_id`) as Query<LedgerCreditMemo>;
  const conversions = many(`SELECT command_id AS commandId, balance_transaction_id AS balanceTransactionId,
    from_amount AS fromAmount, from_currency AS fromCurrency, to_amount AS toAmount, to_currency AS toCurrency, rate
    FROM conversions WHERE order_id = ? ORDER BY converted_at, command_id`) as Query<LedgerConversion>;
  const returns =
    many(`SELECT r.command_id AS commandId, r.return_id AS returnId, rma_number AS rmaNumber, outcome, amount,
    currency, i.command_id AS received FROM returns r
    LEFT JOIN return_receipts i ON i.order_id = r.order_id AND i.return_id = r.return_id AND r.outcome = 'ACCEPTED'
    WHERE r.order_id = ? ORDER BY r.return_id, r.command_id`) as Query<LedgerReturn>;
  const disputes = many(`SELECT command_id AS commandId, dispute_id AS disputeId, amount, currency, reason, outcome
    FROM disputes WHERE order_id = ? ORDER BY dispute_id`) as Query<LedgerDispute>;
  const disputeMovements = many(`SELECT command_id AS commandId, dispute_id AS disputeId,
    balance_transaction_id AS balanceTransactionId, category, amount, fee, net, currency FROM dispute_movements
    WHERE order_id = ? ORDER BY moved_at, command_id`) as Query<LedgerDisputeMovement>;
  const movements = many(`SELECT product_id AS productId, variant_id AS variantId, sku, quantity
    FROM inventory_movements WHERE order_id = ? ORDER BY command_id, line`) as Query<StockRow>;
  const shipping = many(`SELECT command_id AS commandId,
    shipping_method AS shippingMethod FROM shipping_requests WHERE order_id = ? ORDER BY command_id`) as Query<{
    commandId: string;
    shippingMethod: string | null;
  }>;
  const journal = many(`SELECT l.command_id AS commandId, e.description, a.name AS account,
    coalesce(l.currency, e.currency) AS currency, l.debit, l.credit FROM journal_lines l JOIN journal_entries e USING (command_id) JOIN accounts a ON a.code = l.account
    WHERE e.order_id = ? ORDER BY l.command_id, l.line`) as Query<JournalLine>;
  const commandsOf = many(`SELECT ${COMMAND} FROM applied_commands WHERE order_id = ?
    ORDER BY topic, partition, "offset"`) as Query<AppliedCommand>;
  const command = many(`SELECT ${COMMAND} FROM applied_commands WHERE command_id = ?`) as Query<AppliedCommand>;
  const orderIds = many(`SELECT DISTINCT order_id AS orderId FROM applied_commands ORDER BY 1`) as Query<{
    orderId: string;
  }>;
  const payouts = many(`SELECT p.command_id AS commandId, p.payout_id AS payoutId, p.amount, p.fee, p.currency,
    p.transactions, r.command_id AS reversedBy, (SELECT coalesce(sum(debit) - sum(credit), 0) FROM journal_lines l
      WHERE l.account = '${accounts.stripeClearing.code}' AND (l.command_id = p.command_id OR l.command_id IN
        (SELECT c.command_id FROM payout_claims c WHERE c.payout_id = p.payout_id))) AS clearing
    FROM payout_journals p LEFT JOIN payout_reversals r USING (payout_id) ORDER BY p.command_id`) as Query<LedgerPayout>;
  const balance =
    many(`SELECT a.code AS account, a.name, a.kind, coalesce(l.currency, e.currency) AS currency, sum(l.debit) AS debit,
    sum(l.credit) AS credit FROM journal_lines l JOIN journal_entries e USING (command_id)
    JOIN accounts a ON a.code = l.account WHERE l.due_at IS NULL OR l.due_at <= ? GROUP BY a.code, a.name, a.kind, coalesce(l.currency, e.currency) ORDER BY a.code, 4`) as Query<BalanceRow>;
  const invoices = many(`SELECT command_id AS commandId, invoice_id AS invoiceId, number,
    subscription_id AS subscriptionId, currency, tax, total, issued_at AS issuedAt FROM invoices WHERE order_id = ?`) as Query<
    Omit<LedgerInvoice, 'ends' | 'failures' | 'revenue' | 'owed' | 'creditUsed' | 'outside' | 'creditNotes'>
  >;
  const ends = many('SELECT kind FROM invoice_ends WHERE order_id = ? ORDER BY kind') as Query<{ kind: string }>;
  const failures = many(`SELECT attempt, failed_at AS failedAt FROM failed_collections WHERE order_id = ?
    ORDER BY attempt`) as Query<LedgerInvoice['failures'][number]>;
  const revenue = many(`SELECT month, due_at AS dueAt, amount FROM revenue_parts WHERE order_id = ?
    ORDER BY due_at, command_id, part`) as Query<LedgerInvoice['revenue'][number]>;
  const owed = many(`SELECT coalesce(sum(debit) - sum(credit), 0) AS units FROM journal_lines l
    JOIN journal_entries e USING (command_id) WHERE e.order_id = ? AND l.account = '${accounts.accountsReceivable.code}'`) as Query<{
    units: bigint;
  }>;
  const used = many('SELECT amount AS units FROM customer_credits WHERE order_id = ?') as Query<{ units: bigint }>;
  const outside = many(`SELECT command_id AS commandId, payment_id AS id, amount FROM outside_payments
    WHERE order_id = ? ORDER BY payment_id`) as Query<LedgerInvoice['outside'][number]>;
  const creditNotes = many(`SELECT command_id AS commandId, credit_note_id AS id, number, amount, tax,
    off_invoice AS offInvoice, refunded, to_balance AS toBalance, outside, voided_by AS voidedBy FROM invoice_credits
    WHERE order_id = ? ORDER BY credit_note_id`) as Query<LedgerCreditNote>;
  const subscriptions = many(`SELECT subscription_id AS subscriptionId, status, told_at AS toldAt,
    period_end AS periodEnd, ended_at AS endedAt, trial_ends_at AS trialEndsAt, collection_paused AS collectionPaused FROM subscriptions ORDER BY 1`) as Query<LedgerSubscription>;
  const stock = many(`SELECT product_id AS productId, variant_id AS variantId, sku, on_hand AS quantity
    FROM inventory ORDER BY product_id, variant_id, sku`) as Query<StockRow>;
  const items = many(`SELECT variant_id AS variantId, product_id AS productId, sku, name, currency, price,
    sale_price AS salePrice, active, stripe_product_id AS stripeProductId, s.supply, s.taken
    FROM items LEFT JOIN item_stock s USING (variant_id) ORDER BY variant_id`) as Query<LedgerItem>;
  const conflicts = many(`SELECT topic, partition, "offset", command_id AS commandId, reason, message
    FROM conflicts ORDER BY topic, partition, "offset"`) as Query<LedgerConflict>;
  const totals = many(`SELECT count(*) AS applied,
    coalesce(sum(repeats), 0) AS repeats, (SELECT count(*) FROM conflicts) AS conflicts FROM applied_commands`) as Query<{
    applied: bigint;
    repeats: bigint;
    conflicts: bigint;
  }>;
  const positions = many(`SELECT topic, partition,
    next_offset AS nextOffset FROM consumed ORDER BY topic, partition`) as Query<{
    topic: string;
    partition: bigint;
    nextOffset: bigint;
  }>;

  const invoiceOf = (orderId: string): LedgerInvoice | undefined => {
    const [invoice] = invoices(orderId);
    return (
      invoice && {
        ...invoice,
        ends: ends(orderId).map(({ kind }) => kind),
        failures: failures(orderId),
        revenue: revenue(orderId),
        owed: owed(orderId)[0]!.units,
        creditUsed: used(orderId)[0]?.units ?? 0n,
        outside: outside(orderId),
        creditNotes: creditNotes(orderId),
      }
    );
  };

  const profiles = many(`SELECT customer_key AS customerKey, adnsf_customer_id AS adnsfCustomerId,
    stripe_customer_id AS stripeCustomerId, email, name, phone FROM customer_profiles`) as Query<
    LedgerPeople['profiles'][number]
  >;
  const merges = many(`SELECT customer_key AS customerKey, into_key AS "into" FROM customer_merges
    WHERE into_key <> customer_key`) as Query<LedgerPeople['merges'][number]>;
  const erased = many('SELECT person FROM erased_customers') as Query<{ person: string }>;

  /** One snapshot for all parts of an order. */
  const wholeOrder = database.transaction((orderId: string): LedgerOrder | undefined => {
    const commands = commandsOf(orderId);
    if (commands.length === 0) return undefined;
    const [order] = orders(orderId);
    return {
      orderId,
      order,
      parent: parents(orderId)[0],
      customer: order && customers(order.customerKey)[0],
      invoice: invoiceOf(orderId),
      lines: lines(orderId),
      payments: payments(orderId),
      fees: fees(orderId),
      conversions: conversions(orderId),
      creditMemos: creditMemos(orderId),
      returns: returns(orderId),
      disputes: disputes(orderId),
      disputeMovements: disputeMovements(orderId),
      movements: movements(orderId),
      shippingRequests: shipping(orderId),
      journal: journal(orderId),
      commands,
    };
  });

  return {
    people: () => ({ profiles: profiles(), merges: merges(), erased: erased().map(({ person }) => person) }),
    order: (orderId) => wholeOrder(orderId),
    orderIds: () => orderIds().map(({ orderId }) => orderId),
    payouts: () => payouts(),
    command: (commandId) => command(commandId)[0],
    trialBalance: (asOf = END_OF_TIME) => balance(String(asOf)),
    subscriptions: () => subscriptions(),
    stock: () => stock(),
    items: () => items(),
    conflicts: () => conflicts(),
    totals: () => totals()[0]!,
    positions: () => positions(),
    close: () => {
      database.close();
    },
  };
};
