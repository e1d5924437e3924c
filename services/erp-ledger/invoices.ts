/**
 * Invoices: what is owed, when it is earned, what arrived and what was taken back. What an invoice is for is deferred when
 * it is posted, and becomes revenue by lines of an entry that are dated: nothing has to run at the end of a month.
 */
import type { Database } from 'better-sqlite3';
import type * as Types from '../../schemas/generated/types.ts';
import { accounts } from './domain/accounts.ts';
import {
  type Entry,
  InvalidCommandError,
  invoiceEntry,
  invoicePaymentEntry,
  revenuePostings,
  voidEntry,
  writeOffEntry,
} from './domain/postings.ts';
import { credited, type Due, type Share, undone } from './domain/revenue.ts';
import { invoiceCredits } from './invoice-credits.ts';

export const INVOICE_TABLES = `
CREATE TABLE IF NOT EXISTS invoices (
  order_id TEXT PRIMARY KEY, command_id TEXT NOT NULL REFERENCES applied_commands, invoice_id TEXT NOT NULL UNIQUE,
  number TEXT, subscription_id TEXT, customer_id TEXT, billing_reason TEXT, currency TEXT NOT NULL,
  subtotal INTEGER NOT NULL, tax INTEGER NOT NULL, total INTEGER NOT NULL, issued_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS invoice_lines (
  order_id TEXT NOT NULL REFERENCES invoices, line INTEGER NOT NULL, line_id TEXT NOT NULL, product_id TEXT, price_id TEXT,
  description TEXT, quantity INTEGER, net INTEGER NOT NULL, tax INTEGER, from_at INTEGER NOT NULL, to_at INTEGER NOT NULL,
  proration INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
) STRICT;
-- When what is invoiced becomes revenue; what is taken back has a row of its own for each part, with the other sign.
CREATE TABLE IF NOT EXISTS revenue_parts (
  command_id TEXT NOT NULL REFERENCES applied_commands, part INTEGER NOT NULL,
  order_id TEXT NOT NULL REFERENCES invoices, line_id TEXT, month TEXT NOT NULL, part_due_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL, amount INTEGER NOT NULL CHECK (amount <> 0),
  PRIMARY KEY (command_id, part)
) STRICT;
CREATE INDEX IF NOT EXISTS revenue_parts_order ON revenue_parts (order_id);
CREATE TABLE IF NOT EXISTS failed_collections (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL, attempt INTEGER NOT NULL,
  amount_remaining INTEGER NOT NULL, currency TEXT NOT NULL, failed_at INTEGER NOT NULL, next_attempt_at INTEGER
) STRICT;
-- 'void', 'written off', 'write-off reversed'; each once.
CREATE TABLE IF NOT EXISTS invoice_ends (
  order_id TEXT NOT NULL REFERENCES invoices, kind TEXT NOT NULL, command_id TEXT NOT NULL REFERENCES applied_commands,
  amount INTEGER NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (order_id, kind)
) STRICT;
CREATE TABLE IF NOT EXISTS subscriptions (
  subscription_id TEXT PRIMARY KEY, command_id TEXT NOT NULL REFERENCES applied_commands, rank INTEGER NOT NULL,
  told_at INTEGER NOT NULL, telling TEXT NOT NULL, customer_id TEXT, status TEXT NOT NULL, currency TEXT NOT NULL,
  collection_method TEXT, period_start INTEGER, period_end INTEGER, cancel_at_period_end INTEGER, canceled_at INTEGER,
  ended_at INTEGER, shop_order_id TEXT, items TEXT NOT NULL
) STRICT;
`;

type Invoice = Readonly<{ currency: string; tax: bigint; total: bigint }>;
type Sums = Readonly<{ amount: bigint; tax: bigint }>;

const flag = (value: boolean | null): number | null => (value === null ? null : value ? 1 : 0);

/** Prepares the statements. Functions write their rows and give the entry to post, if any. @throws InvalidCommandError */
export const invoices = (database: Database) => {
  const credits = invoiceCredits(database);
  const addInvoice = database.prepare('INSERT INTO invoices VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addLine = database.prepare('INSERT INTO invoice_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addPart = database.prepare('INSERT INTO revenue_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const addPayment = database.prepare('INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const addFee = database.prepare('INSERT INTO processing_fees VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const addFailure = database.prepare('INSERT INTO failed_collections VALUES (?, ?, ?, ?, ?, ?, ?)');
  const addEnd = database.prepare('INSERT INTO invoice_ends VALUES (?, ?, ?, ?, ?)');
  const end = database
    .prepare<[string, string], bigint>('SELECT amount FROM invoice_ends WHERE order_id = ? AND kind = ?')
    .pluck();
  const find = database.prepare<[string], Invoice>('SELECT currency, tax, total FROM invoices WHERE order_id = ?');
  const received = database.prepare<[string], Sums>(
    'SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(tax), 0) AS tax FROM payments WHERE order_id = ?',
  );
  const left = database.prepare<[string], Share>(
    `SELECT month, part_due_at AS partDueAt, sum(amount) AS amount FROM revenue_parts WHERE order_id = ?
     GROUP BY month, part_due_at ORDER BY part_due_at`,
  );
  const takenBy = database.prepare<[string], Share>(
    `SELECT month, part_due_at AS partDueAt, sum(amount) AS amount FROM revenue_parts WHERE command_id = ?
     GROUP BY month, part_due_at ORDER BY part_due_at`,
  );
  const memoOf = database.prepare<[string], string>('SELECT command_id FROM credit_memos WHERE refund_id = ?').pluck();
  // Of what a subscription was told to be, the furthest counts, then the latest: commands may come in any order.
  const upsertSubscription = database.prepare(`
    INSERT INTO subscriptions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (subscription_id) DO UPDATE SET
      command_id = excluded.command_id, rank = excluded.rank, told_at = excluded.told_at, telling = excluded.telling,
      customer_id = excluded.customer_id, status = excluded.status, currency = excluded.currency,
      collection_method = excluded.collection_method, period_start = excluded.period_start,
      period_end = excluded.period_end, cancel_at_period_end = excluded.cancel_at_period_end,
      canceled_at = excluded.canceled_at, ended_at = excluded.ended_at, shop_order_id = excluded.shop_order_id,
      items = excluded.items, trial_ends_at = excluded.trial_ends_at, collection_paused = excluded.collection_paused
    WHERE (excluded.rank, excluded.told_at, excluded.telling) > (rank, told_at, telling)`);

  const known = (orderId: string): Invoice => {
    const invoice = find.get(orderId);
    if (invoice === undefined) throw new InvalidCommandError(`nothing was posted for ${orderId}`);
    return invoice;
  };

  const ofInvoice = (orderId: string, currency: string): Invoice => {
    const invoice = known(orderId);
    if (invoice.currency !== currency)
      throw new InvalidCommandError(`${orderId} is in ${invoice.currency}, not in ${currency}`);
    return invoice;
  };

  const schedule = (
    commandId: string,
    orderId: string,
    lineId: string | null,
    parts: readonly Due[],
    from = 0,
  ): void => {
    for (const [n, { month, partDueAt, dueAt, amount }] of parts.entries())
      addPart.run(commandId, from + n, orderId, lineId, month, partDueAt, dueAt, amount);
  };

  /** With what is taken off the revenue, instead of being a cost of its own. */
  const offRevenue = (entry: Entry, parts: readonly Due[]): Entry => ({
    ...entry,
    postings: [
      ...entry.postings.map((posting) =>
        posting.account === accounts.refunds ? { ...posting, account: accounts.deferredRevenue } : posting,
      ),
      ...revenuePostings(parts),
    ],
  });

  /** What is credited, without its tax, comes off the months of the service. */
  const takenOff = (commandId: string, orderId: string, net: bigint, at: bigint, entry: Entry): Entry => {
    const parts = credited(left.all(orderId), net, at);
    // An invoice that credits no less than it charges has no month to take it off: it stays a refund.
    if (parts.length === 0) return entry;
    schedule(commandId, orderId, null, parts);
    return offRevenue(entry, parts);
  };

  /** And what a command took off them goes back. */
  const givenBack = (commandId: string, orderId: string, takenByCommand: string, at: bigint, entry: Entry): Entry => {
    const parts = undone(takenBy.all(takenByCommand), at);
    if (parts.length === 0) return entry;
    schedule(commandId, orderId, null, parts);
    return offRevenue(entry, parts);
  };

  return {
    has: (orderId: string): boolean => find.get(orderId) !== undefined,

    posted: (command: Types.PostInvoice): Entry => {
      const { commandId, orderId, payload: p } = command;
      const entry = invoiceEntry(command);
      const facts = [p.number, p.subscriptionId, p.customerId, p.billingReason, p.currency];
      addInvoice.run(orderId, commandId, p.invoiceId, ...facts, p.subtotal, p.tax, p.total, p.issuedAt);
      for (const [n, line] of p.lines.entries()) {
        const { lineId, productId, priceId, description, quantity, net, tax, from, to, proration } = line;
        addLine.run(orderId, n, lineId, productId, priceId, description, quantity, net, tax, from, to, flag(proration));
      }
      return entry;
    },

    scheduled: ({ commandId, orderId, payload: p }: Types.ScheduleRevenue): Entry => {
      const { tax, total } = ofInvoice(orderId, p.currency);
      let all = 0n;
      const dues: Due[] = [];
      for (const { lineId, amount, parts } of p.lines) {
        const sum = parts.reduce((so, part) => so + part.amount, 0n);
        if (sum !== amount)
          throw new InvalidCommandError(`the parts of ${lineId} come to ${sum}, the line to ${amount}`);
        const own = parts.map((part) => ({ ...part, partDueAt: part.dueAt }));
        schedule(commandId, orderId, lineId, own, dues.length);
        dues.push(...own);
        all += sum;
      }
      if (all !== p.amount || all !== total - tax)
        throw new InvalidCommandError(
          `the schedule of ${orderId} comes to ${all}, what was invoiced to ${total - tax} ${p.currency} (minor units)`,
        );
      return { description: 'revenue over the time of service', currency: p.currency, postings: revenuePostings(dues) };
    },

    paid: (command: Types.RecordInvoicePayment): Entry => {
      const { commandId, orderId, payload: p } = command;
      const { tax, total } = ofInvoice(orderId, p.currency);
      const entry = invoicePaymentEntry(command);
      const before = received.get(orderId)!;
      // What customers owed from before may be collected with it: that has its tax in the invoice it was owed by.
      const covered = before.amount + p.amount < total ? before.amount + p.amount : total;
      const taxed = total > 0n ? (tax * covered) / total - before.tax : 0n;
      addPayment.run(commandId, orderId, p.paymentIntentId, p.chargeId, p.amount, taxed, p.currency, p.receivedAt);
      if (!p.feeApart)
        addFee.run(commandId, orderId, p.balanceTransactionId, p.chargeId, p.amount, p.fee, p.net, p.currency);
      return entry;
    },

    failed: ({ commandId, orderId, payload: p }: Types.RecordFailedCollection): void => {
      addFailure.run(commandId, orderId, p.attempt, p.amountRemaining, p.currency, p.failedAt, p.nextAttemptAt);
    },

    voided: ({ commandId, orderId, payload: p }: Types.VoidInvoice): Entry => {
      const { tax, total } = ofInvoice(orderId, p.currency);
      if (tax !== p.tax || total !== p.total)
        throw new InvalidCommandError(`${orderId} was posted over ${total} with ${tax} of tax`);
      const parts = undone(left.all(orderId), p.voidedAt);
      schedule(commandId, orderId, null, parts);
      addEnd.run(orderId, 'void', commandId, p.total, p.voidedAt);
      const { credited: taken, used } = credits.lessOf(orderId);
      const entry = voidEntry(p, taken, used);
      return { ...entry, postings: [...entry.postings, ...revenuePostings(parts)] };
    },

    writtenOff: ({ commandId, orderId, payload: p }: Types.WriteOffInvoice): Entry => {
      ofInvoice(orderId, p.currency);
      addEnd.run(orderId, 'written off', commandId, p.amount, p.writtenOffAt);
      return writeOffEntry(p, false);
    },

    writtenOn: ({ commandId, orderId, payload: p }: Types.ReverseWriteOff): Entry => {
      ofInvoice(orderId, p.currency);
      if (end.get(orderId, 'written off') !== p.amount)
        throw new InvalidCommandError(`${p.amount} of ${orderId} was not written off`);
      addEnd.run(orderId, 'write-off reversed', commandId, p.amount, p.reversedAt);
      return writeOffEntry(p, true);
    },

    creditNoted: (command: Types.CreditInvoice): Entry => {
      const { commandId, orderId, payload: p } = command;
      ofInvoice(orderId, p.currency);
      return takenOff(commandId, orderId, p.amount - p.tax, p.issuedAt, credits.issued(command));
    },

    creditVoided: (command: Types.VoidInvoiceCredit): Entry => {
      const { commandId, orderId, payload: p } = command;
      ofInvoice(orderId, p.currency);
      const { entry, of } = credits.voided(command);
      return givenBack(commandId, orderId, of, p.voidedAt, entry);
    },

    creditApplied: (command: Types.ApplyCustomerCredit): Entry => {
      ofInvoice(command.orderId, command.payload.currency);
      return credits.applied(command);
    },

    paidOutside: (command: Types.RecordOutsidePayment): Entry => {
      ofInvoice(command.orderId, command.payload.currency);
      return credits.received(command);
    },

    /**
     * The entry of a credit memo of an invoice: it takes its share off the months of the service, unless a credit note does.
     */
    credited: ({ commandId, orderId, payload: p }: Types.IssueCreditMemo, entry: Entry): Entry => {
      if (p.creditNoteId !== null) return entry;
      return takenOff(commandId, orderId, p.amount - p.tax, p.issuedAt, entry);
    },

    /** And of its reversal: it gives them back. */
    uncredited: ({ commandId, orderId, payload: p }: Types.ReverseCreditMemo, entry: Entry): Entry => {
      if (p.creditNoteId !== null) return entry;
      return givenBack(commandId, orderId, memoOf.get(p.refundId) ?? '', p.reversedAt, entry);
    },

    subscribed: ({ commandId, payload: p }: Types.RecordSubscription): void => {
      upsertSubscription.run(
        p.subscriptionId,
        commandId,
        p.rank,
        p.toldAt,
        p.telling,
        p.customerId,
        p.status,
        p.currency,
        p.collectionMethod,
        p.periodStart,
        p.periodEnd,
        flag(p.cancelAtPeriodEnd),
        p.canceledAt,
        p.endedAt,
        p.shopOrderId,
        JSON.stringify(p.items, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part)),
        p.trialEndsAt,
        p.collectionPaused,
      );
    },
  };
};
