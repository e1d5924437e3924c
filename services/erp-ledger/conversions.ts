/** Money that Stripe converted, by the balance transaction that did. */
import type { Database } from 'better-sqlite3';
import type { RecordConversion } from '../../schemas/generated/types.ts';
import { conversionEntry, type Entry } from './domain/postings.ts';

export const CONVERSION_TABLES = `
CREATE TABLE IF NOT EXISTS conversions (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL,
  balance_transaction_id TEXT NOT NULL UNIQUE, from_amount INTEGER NOT NULL, from_currency TEXT NOT NULL,
  to_amount INTEGER NOT NULL, to_currency TEXT NOT NULL, rate TEXT, converted_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS conversions_order ON conversions (order_id);
`;

/** Prepares the statement. @returns writes the row and gives the entry to post; throws `InvalidCommandError` */
export const conversionBook = (database: Database): ((command: RecordConversion) => Entry) => {
  const add = database.prepare('INSERT INTO conversions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  return (command) => {
    const { commandId, orderId, payload: p } = command;
    const entry = conversionEntry(command);
    const from = [p.fromAmount, p.fromCurrency];
    add.run(commandId, orderId, p.balanceTransactionId, ...from, p.toAmount, p.toCurrency, p.rate, p.convertedAt);
    return entry;
  };
};
