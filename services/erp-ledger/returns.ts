/** Returns: what was decided about them, goods that are on the shelf again, and which credit memo pays which back. */
import type { Database } from 'better-sqlite3';
import type { IssueCreditMemo, ReceiveReturn, RecordReturn } from '../../schemas/generated/types.ts';
import { InvalidCommandError } from './domain/postings.ts';

export const RETURN_TABLES = `
CREATE TABLE IF NOT EXISTS returns (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL, return_id INTEGER NOT NULL,
  rma_number TEXT NOT NULL, outcome TEXT NOT NULL CHECK (outcome IN ('ACCEPTED', 'REJECTED')), amount INTEGER,
  restocking_fee INTEGER NOT NULL, currency TEXT NOT NULL, reason TEXT, requested_by TEXT, decided_at INTEGER NOT NULL,
  UNIQUE (order_id, return_id, outcome)
) STRICT;
CREATE TABLE IF NOT EXISTS return_receipts (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL, return_id INTEGER NOT NULL,
  received_at INTEGER NOT NULL, UNIQUE (order_id, return_id)
) STRICT;
-- What a credit memo pays back, when it is for a return.
CREATE TABLE IF NOT EXISTS credit_memo_returns (
  command_id TEXT PRIMARY KEY REFERENCES credit_memos, order_id TEXT NOT NULL, return_id INTEGER NOT NULL, lines TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS credit_memo_returns_order ON credit_memo_returns (order_id);
`;

/** Prepares the statements. Each function writes its rows. @throws InvalidCommandError */
export const returnBook = (database: Database) => {
  const record = database.prepare('INSERT INTO returns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const receive = database.prepare('INSERT INTO return_receipts VALUES (?, ?, ?, ?)');
  const addMovement = database.prepare('INSERT INTO inventory_movements VALUES (?, ?, ?, ?, ?, ?, ?)');
  const tie = database.prepare('INSERT INTO credit_memo_returns VALUES (?, ?, ?, ?)');
  const outOf = database
    .prepare<[string, number], bigint>(
      'SELECT coalesce(-sum(quantity), 0) FROM inventory_movements WHERE order_id = ? AND variant_id = ?',
    )
    .pluck();

  return {
    recorded: ({ commandId, orderId, payload: p }: RecordReturn): void => {
      record.run(
        commandId,
        orderId,
        p.returnId,
        p.rmaNumber,
        p.outcome,
        p.amount,
        p.restockingFee,
        p.currency,
        p.reason,
        p.requestedBy,
        p.decidedAt,
      );
    },
    received: ({ commandId, orderId, payload: p }: ReceiveReturn): void => {
      receive.run(commandId, orderId, p.returnId, p.receivedAt);
      for (const [line, { productId, variantId, sku, quantity }] of p.lines.entries()) {
        const out = outOf.get(orderId, variantId)!;
        if (quantity <= 0 || BigInt(quantity) > out)
          throw new InvalidCommandError(`${quantity} of variant ${variantId} come back, and ${out} are out`);
        addMovement.run(commandId, line, orderId, productId, variantId, sku, quantity);
      }
    },
    /** The credit memo is there already. */
    credited: ({ commandId, orderId, payload: { returnId, lines } }: IssueCreditMemo): void => {
      if (returnId !== null) tie.run(commandId, orderId, returnId, JSON.stringify(lines));
    },
  };
};
