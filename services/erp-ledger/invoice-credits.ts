/** What invoices are less by than what arrives at Stripe: credit notes, the customer's credit, payments elsewhere. */
import type { Database } from 'better-sqlite3';
import type * as Types from '../../schemas/generated/types.ts';
import {
  customerCreditEntry,
  type Entry,
  InvalidCommandError,
  invoiceCreditEntry,
  outsidePaymentEntry,
  voidCreditEntry,
} from './domain/postings.ts';

export const INVOICE_CREDIT_TABLES = `
CREATE TABLE IF NOT EXISTS invoice_credits (
  credit_note_id TEXT PRIMARY KEY, command_id TEXT NOT NULL UNIQUE REFERENCES applied_commands,
  order_id TEXT NOT NULL REFERENCES invoices, number TEXT, amount INTEGER NOT NULL, tax INTEGER NOT NULL,
  currency TEXT NOT NULL, reason TEXT, off_invoice INTEGER NOT NULL, refunded INTEGER NOT NULL,
  to_balance INTEGER NOT NULL, outside INTEGER NOT NULL, issued_at INTEGER NOT NULL,
  voided_by TEXT UNIQUE REFERENCES applied_commands, voided_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS invoice_credits_order ON invoice_credits (order_id);
CREATE TABLE IF NOT EXISTS invoice_credit_lines (
  credit_note_id TEXT NOT NULL REFERENCES invoice_credits, line INTEGER NOT NULL, line_id TEXT NOT NULL,
  invoice_line_id TEXT, description TEXT, quantity INTEGER, net INTEGER NOT NULL, tax INTEGER,
  PRIMARY KEY (credit_note_id, line)
) STRICT;
CREATE TABLE IF NOT EXISTS customer_credits (
  order_id TEXT PRIMARY KEY REFERENCES invoices, command_id TEXT NOT NULL REFERENCES applied_commands,
  customer_id TEXT, amount INTEGER NOT NULL, currency TEXT NOT NULL, applied_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS outside_payments (
  order_id TEXT NOT NULL REFERENCES invoices, payment_id TEXT NOT NULL,
  command_id TEXT NOT NULL REFERENCES applied_commands, amount INTEGER NOT NULL, currency TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  PRIMARY KEY (order_id, payment_id)
) STRICT;
`;

type Sums = Readonly<{ amount: bigint; tax: bigint }>;
type Credit = Sums & Readonly<{ orderId: string; commandId: string; offInvoice: bigint; voidedBy: string | null }>;

/**
 * Prepares the statements. Functions write their rows and give the entry to post; what it takes off revenue is still to be
 * taken off the schedule. @throws InvalidCommandError
 */
export const invoiceCredits = (database: Database) => {
  const issue = database.prepare(
    'INSERT INTO invoice_credits VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)',
  );
  const addLine = database.prepare('INSERT INTO invoice_credit_lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const find = database.prepare<[string], Credit>(
    `SELECT order_id AS orderId, command_id AS commandId, amount, tax, off_invoice AS offInvoice, voided_by AS voidedBy
     FROM invoice_credits WHERE credit_note_id = ?`,
  );
  const end = database.prepare('UPDATE invoice_credits SET voided_by = ?, voided_at = ? WHERE credit_note_id = ?');
  const standing = database.prepare<[string], Sums>(
    `SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(tax), 0) AS tax FROM invoice_credits
     WHERE order_id = ? AND voided_by IS NULL`,
  );
  const apply = database.prepare('INSERT INTO customer_credits VALUES (?, ?, ?, ?, ?, ?)');
  const used = database.prepare<[string], bigint>('SELECT amount FROM customer_credits WHERE order_id = ?').pluck();
  const receive = database.prepare('INSERT INTO outside_payments VALUES (?, ?, ?, ?, ?, ?)');

  return {
    issued: (command: Types.CreditInvoice): Entry => {
      const { commandId, orderId, payload: p } = command;
      const entry = invoiceCreditEntry(command);
      const about = [p.number, p.amount, p.tax, p.currency, p.reason];
      const parts = [p.offInvoice, p.refunded, p.toBalance, p.outside];
      issue.run(p.creditNoteId, commandId, orderId, ...about, ...parts, p.issuedAt);
      for (const [n, { lineId, invoiceLineId, description, quantity, net, tax }] of p.lines.entries())
        addLine.run(p.creditNoteId, n, lineId, invoiceLineId, description, quantity, net, tax);
      return entry;
    },

    /** With the command that issued it. */
    voided: ({ commandId, orderId, payload: p }: Types.VoidInvoiceCredit): Readonly<{ entry: Entry; of: string }> => {
      const known = find.get(p.creditNoteId);
      if (known?.orderId !== orderId || known.voidedBy !== null)
        throw new InvalidCommandError(`${orderId} has no credit note ${p.creditNoteId} that stands`);
      if (known.amount !== p.amount || known.tax !== p.tax || known.offInvoice !== p.amount)
        throw new InvalidCommandError(
          `${p.creditNoteId} is over ${known.amount} with ${known.tax} of tax, ${known.offInvoice} of it off its invoice`,
        );
      end.run(commandId, p.voidedAt, p.creditNoteId);
      return { entry: voidCreditEntry(p), of: known.commandId };
    },

    applied: ({ commandId, orderId, payload: p }: Types.ApplyCustomerCredit): Entry => {
      const entry = customerCreditEntry(p);
      apply.run(orderId, commandId, p.customerId, p.amount, p.currency, p.appliedAt);
      return entry;
    },

    received: ({ commandId, orderId, payload: p }: Types.RecordOutsidePayment): Entry => {
      const entry = outsidePaymentEntry(p);
      receive.run(orderId, p.paymentId, commandId, p.amount, p.currency, p.receivedAt);
      return entry;
    },

    /** What credit notes that stand have taken back of an invoice, and what it took of the customer's credit. */
    lessOf: (orderId: string): Readonly<{ credited: Sums; used: bigint }> => ({
      credited: standing.get(orderId)!,
      used: used.get(orderId) ?? 0n,
    }),
  };
};
