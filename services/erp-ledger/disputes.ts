/** Disputes: what they took and gave back, and whether they are decided. */
import type { Database } from 'better-sqlite3';
import type { BookDisputeMovement, CloseDispute, OpenDispute } from '../../schemas/generated/types.ts';
import {
  type Dispute,
  disputeDecidedEntry,
  disputeMovementEntry,
  type Entry,
  InvalidCommandError,
} from './domain/postings.ts';

export const DISPUTE_TABLES = `
CREATE TABLE IF NOT EXISTS disputes (
  dispute_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, command_id TEXT NOT NULL UNIQUE REFERENCES applied_commands,
  payment_intent_id TEXT, charge_id TEXT, amount INTEGER NOT NULL, currency TEXT NOT NULL, reason TEXT,
  evidence_due_at INTEGER, opened_at INTEGER NOT NULL,
  outcome TEXT, closed_at INTEGER, -- the latest of those that were told
  decided INTEGER NOT NULL DEFAULT 0 CHECK (decided IN (0, 1)) -- won or lost: nothing is owed to us any more
) STRICT;
CREATE INDEX IF NOT EXISTS disputes_order ON disputes (order_id);
CREATE TABLE IF NOT EXISTS dispute_movements (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL,
  dispute_id TEXT NOT NULL REFERENCES disputes, balance_transaction_id TEXT NOT NULL UNIQUE, category TEXT NOT NULL,
  amount INTEGER NOT NULL, fee INTEGER NOT NULL, net INTEGER NOT NULL, currency TEXT NOT NULL, moved_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS dispute_movements_order ON dispute_movements (order_id);
`;

type Row = Readonly<{ orderId: string; currency: string; decided: bigint; outcome: string | null }>;
type Owed = Readonly<{ currency: string; amount: bigint }>;

const DECIDING = new Set(['won', 'lost']);

/** Prepares the statements. Each function writes its row and gives the entry to post. @throws InvalidCommandError */
export const disputeBook = (database: Database) => {
  const open = database.prepare(`INSERT INTO disputes (dispute_id, order_id, command_id, payment_intent_id, charge_id,
    amount, currency, reason, evidence_due_at, opened_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const dispute = database.prepare<[string], Row>(
    'SELECT order_id AS orderId, currency, decided, outcome FROM disputes WHERE dispute_id = ?',
  );
  const move = database.prepare('INSERT INTO dispute_movements VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const owed = database.prepare<[string], Owed>(
    `SELECT currency, -sum(amount) AS amount FROM dispute_movements WHERE dispute_id = ?
     GROUP BY currency ORDER BY currency`,
  );
  // Outcomes come in any order, and some are appealed: the latest stands.
  const close = database.prepare(`UPDATE disputes SET outcome = @outcome, closed_at = @at
    WHERE dispute_id = @id AND (closed_at IS NULL OR (closed_at, outcome) < (@at, @outcome))`);
  const decide = database.prepare('UPDATE disputes SET decided = 1 WHERE dispute_id = ?');

  const known = (disputeId: string, orderId: string): Dispute => {
    const found = dispute.get(disputeId);
    if (found?.orderId !== orderId) throw new InvalidCommandError(`order ${orderId} has no dispute ${disputeId}`);
    const { currency, decided, outcome } = found;
    return { currency, decided: decided === 1n, outcome };
  };

  return {
    opened: ({ commandId, orderId, payload: p }: OpenDispute): void => {
      const about = [p.paymentIntentId, p.chargeId, p.amount, p.currency, p.reason, p.evidenceDueAt, p.openedAt];
      open.run(p.disputeId, orderId, commandId, ...about);
    },
    moved: (command: BookDisputeMovement): Entry | undefined => {
      const { commandId, orderId, payload: p } = command;
      const entry = disputeMovementEntry(command, known(p.disputeId, orderId));
      const amounts = [p.amount, p.fee, p.net, p.currency, p.movedAt];
      move.run(commandId, orderId, p.disputeId, p.balanceTransactionId, p.category, ...amounts);
      return entry;
    },
    closed: ({ orderId, payload: { disputeId, outcome, closedAt } }: CloseDispute): Entry | undefined => {
      const before = known(disputeId, orderId);
      close.run({ id: disputeId, outcome, at: closedAt });
      if (DECIDING.has(outcome)) decide.run(disputeId);
      return disputeDecidedEntry(before, known(disputeId, orderId), owed.all(disputeId));
    },
  };
};
