/** Credit memos and their reversals. What is credited was paid before, and is reversed once, as it was issued. */
import type { Database } from 'better-sqlite3';
import type { IssueCreditMemo, ReverseCreditMemo } from '../../schemas/generated/types.ts';
import { creditMemoEntry, type Entry, InvalidCommandError, reversalEntry } from './domain/postings.ts';

export const CREDIT_MEMO_TABLES = `
CREATE TABLE IF NOT EXISTS credit_memos (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL, refund_id TEXT NOT NULL UNIQUE,
  balance_transaction_id TEXT NOT NULL UNIQUE, amount INTEGER NOT NULL, tax INTEGER NOT NULL, fee INTEGER NOT NULL,
  currency TEXT NOT NULL, reason TEXT, issued_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS credit_memos_order ON credit_memos (order_id);
CREATE TABLE IF NOT EXISTS credit_memo_reversals (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL,
  refund_id TEXT NOT NULL UNIQUE REFERENCES credit_memos (refund_id), balance_transaction_id TEXT NOT NULL UNIQUE,
  fee INTEGER NOT NULL, reason TEXT, reversed_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS credit_memo_reversals_order ON credit_memo_reversals (order_id);
`;

type Sums = Readonly<{ amount: bigint; tax: bigint }>;

/** Prepares the statements. Each function writes its row and gives the entry to post. @throws InvalidCommandError */
export const creditMemos = (database: Database) => {
  const issue = database.prepare('INSERT INTO credit_memos VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const reverse = database.prepare('INSERT INTO credit_memo_reversals VALUES (?, ?, ?, ?, ?, ?, ?)');
  const received = database.prepare<[string, string], Sums>(
    `SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(tax), 0) AS tax FROM payments
     WHERE order_id = ? AND currency = ?`,
  );
  const credited = database.prepare<[string, string], Sums>(
    `SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(tax), 0) AS tax FROM credit_memos
     WHERE order_id = ? AND currency = ? AND refund_id NOT IN (SELECT refund_id FROM credit_memo_reversals)`,
  );
  const memo = database.prepare<[string], Readonly<{ orderId: string; currency: string }> & Sums>(
    'SELECT order_id AS orderId, amount, tax, currency FROM credit_memos WHERE refund_id = ?',
  );

  return {
    issued: (command: IssueCreditMemo): Entry => {
      const { commandId, orderId, payload: p } = command;
      const entry = creditMemoEntry(command);
      const paid = received.get(orderId, p.currency)!;
      const before = credited.get(orderId, p.currency)!;
      for (const part of ['amount', 'tax'] as const)
        if (before[part] + p[part] > paid[part])
          throw new InvalidCommandError(
            `${part} ${p[part]} after ${before[part]} is more to pay back than the ${paid[part]} ${p.currency} that was received`,
          );
      issue.run(
        commandId,
        orderId,
        p.refundId,
        p.balanceTransactionId,
        p.amount,
        p.tax,
        p.fee,
        p.currency,
        p.reason,
        p.issuedAt,
      );
      return entry;
    },
    reversed: (command: ReverseCreditMemo): Entry => {
      const { commandId, orderId, payload: p } = command;
      const known = memo.get(p.refundId);
      if (known?.orderId !== orderId)
        throw new InvalidCommandError(`there is no credit memo of ${p.refundId} to reverse`);
      if (known.amount !== p.amount || known.tax !== p.tax || known.currency !== p.currency)
        throw new InvalidCommandError(
          `the credit memo of ${p.refundId} is over ${known.amount} with ${known.tax} of tax ${known.currency}, not ${p.amount} with ${p.tax} ${p.currency}`,
        );
      const entry = reversalEntry(command);
      reverse.run(commandId, orderId, p.refundId, p.balanceTransactionId, p.fee, p.reason, p.reversedAt);
      return entry;
    },
  };
};
