/** Entries of payouts and what takes them back. A payout has one entry, and is taken back once, as it was posted. */
import type { Database } from 'better-sqlite3';
import type { PostPayoutJournal, ReclassifyPayoutLine, ReversePayoutJournal } from '../../schemas/generated/types.ts';
import { payoutEntry, payoutReversalEntry, reclassificationEntry } from './domain/payout-postings.ts';
import { type Entry, InvalidCommandError } from './domain/postings.ts';

export const PAYOUT_TABLES = `
CREATE TABLE IF NOT EXISTS payout_journals (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, payout_id TEXT NOT NULL UNIQUE, balance_transaction_id TEXT,
  amount INTEGER NOT NULL, fee INTEGER NOT NULL, currency TEXT NOT NULL, itemised INTEGER NOT NULL,
  transactions INTEGER NOT NULL, arrives_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS payout_reversals (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands,
  payout_id TEXT NOT NULL UNIQUE REFERENCES payout_journals (payout_id),
  balance_transaction_id TEXT NOT NULL UNIQUE, fee INTEGER NOT NULL, reason TEXT, reversed_at INTEGER NOT NULL
) STRICT;
-- Lines that an entry had as nobody's, and that are an order's.
CREATE TABLE IF NOT EXISTS payout_claims (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands,
  payout_id TEXT NOT NULL REFERENCES payout_journals (payout_id),
  balance_transaction_id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, net INTEGER NOT NULL
) STRICT;
`;

/** Prepares the statements. Each function writes its row and gives the entry to post. @throws InvalidCommandError */
export const payoutJournals = (database: Database) => {
  const add = database.prepare('INSERT INTO payout_journals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const reverse = database.prepare('INSERT INTO payout_reversals VALUES (?, ?, ?, ?, ?, ?)');
  const claim = database.prepare('INSERT INTO payout_claims VALUES (?, ?, ?, ?, ?)');
  const posted = database.prepare<[string], Readonly<{ amount: bigint; currency: string }>>(
    'SELECT amount, currency FROM payout_journals WHERE payout_id = ?',
  );

  return {
    posted: (command: PostPayoutJournal): Entry | undefined => {
      const { commandId, payload: p } = command;
      const entry = payoutEntry(command);
      add.run(
        commandId,
        p.payoutId,
        p.balanceTransactionId,
        p.amount,
        p.fee,
        p.currency,
        p.itemised ? 1 : 0,
        p.transactions,
        p.arrivesAt,
      );
      return entry;
    },
    reclassified: (command: ReclassifyPayoutLine): Entry | undefined => {
      const { commandId, payload: p } = command;
      const known = posted.get(p.payoutId);
      if (known?.currency !== p.currency)
        throw new InvalidCommandError(
          `there is no entry of ${p.payoutId} in ${p.currency} that has ${p.balanceTransactionId}`,
        );
      const entry = reclassificationEntry(command);
      claim.run(commandId, p.payoutId, p.balanceTransactionId, p.owner, p.net);
      return entry;
    },
    reversed: (command: ReversePayoutJournal): Entry | undefined => {
      const { commandId, payload: p } = command;
      const known = posted.get(p.payoutId);
      if (known === undefined) throw new InvalidCommandError(`there is no entry of ${p.payoutId} to take back`);
      if (known.amount !== p.amount || known.currency !== p.currency)
        throw new InvalidCommandError(
          `the entry of ${p.payoutId} is over ${known.amount} ${known.currency}, not ${p.amount} ${p.currency}`,
        );
      const entry = payoutReversalEntry(command);
      reverse.run(commandId, p.payoutId, p.balanceTransactionId, p.fee, p.reason, p.reversedAt);
      return entry;
    },
  };
};
