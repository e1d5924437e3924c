/** The ledger's tables. Integers are minor units, counts or epoch milliseconds. */
import type { Database } from 'better-sqlite3';
import { CONVERSION_TABLES } from './conversions.ts';
import { CREDIT_MEMO_TABLES } from './credit-memos.ts';
import { DISPUTE_TABLES } from './disputes.ts';
import { CUSTOMER_TABLES } from './customers.ts';
import { PAYOUT_TABLES } from './payouts.ts';
import { accounts } from './domain/accounts.ts';
import { INVOICE_CREDIT_TABLES } from './invoice-credits.ts';
import { INVOICE_TABLES } from './invoices.ts';
import { ITEM_TABLES } from './items.ts';
import { RETURN_TABLES } from './returns.ts';

const VERSION = 1;

const TABLES = `
-- How far each partition was read. Written in the transaction of what was read: this is what makes it exactly once.
CREATE TABLE consumed (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
  PRIMARY KEY (topic, partition)
) STRICT;

CREATE TABLE applied_commands (
  command_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, type TEXT NOT NULL, occurred_at INTEGER NOT NULL,
  topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
  hash BLOB NOT NULL, -- SHA-256 of the record's bytes
  repeats INTEGER NOT NULL DEFAULT 0 -- how often it came again, the same
) STRICT;
CREATE INDEX applied_commands_order ON applied_commands (order_id);

-- What could not be booked and waits for a person: 'different_bytes', 'invalid', 'undecodable'.
CREATE TABLE conflicts (
  topic TEXT NOT NULL, partition INTEGER NOT NULL, "offset" INTEGER NOT NULL,
  command_id TEXT, reason TEXT NOT NULL, message TEXT NOT NULL, key BLOB, value BLOB,
  PRIMARY KEY (topic, partition, "offset")
) STRICT;

CREATE TABLE customers (
  customer_key TEXT PRIMARY KEY, adnsf_customer_id INTEGER NOT NULL, stripe_customer_id TEXT, email TEXT NOT NULL,
  name TEXT, phone TEXT, bill_to TEXT, occurred_at INTEGER NOT NULL, command_id TEXT NOT NULL
) STRICT;

CREATE TABLE sales_orders (
  order_id TEXT PRIMARY KEY, command_id TEXT NOT NULL, sales_order_number TEXT NOT NULL, customer_key TEXT NOT NULL,
  ordered_at INTEGER NOT NULL, currency TEXT NOT NULL, subtotal INTEGER NOT NULL, tax INTEGER NOT NULL,
  shipping INTEGER NOT NULL, total INTEGER NOT NULL, payment_method TEXT NOT NULL, payment_reference TEXT,
  bill_to TEXT, ship_to TEXT, shipping_method TEXT
) STRICT;
CREATE TABLE sales_order_lines (
  order_id TEXT NOT NULL REFERENCES sales_orders, line INTEGER NOT NULL, product_id INTEGER NOT NULL,
  variant_id INTEGER NOT NULL, sku TEXT, name TEXT, quantity INTEGER NOT NULL,
  extended_price TEXT NOT NULL, -- exact decimal of scale 4
  taxable INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
) STRICT;

CREATE TABLE inventory_movements (
  command_id TEXT NOT NULL REFERENCES applied_commands, line INTEGER NOT NULL, order_id TEXT NOT NULL,
  product_id INTEGER NOT NULL, variant_id INTEGER NOT NULL, sku TEXT, quantity INTEGER NOT NULL,
  PRIMARY KEY (command_id, line)
) STRICT;
CREATE VIEW inventory AS
  SELECT product_id, variant_id, sku, sum(quantity) AS on_hand FROM inventory_movements
  GROUP BY product_id, variant_id, sku;

CREATE TABLE payments (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL, payment_intent_id TEXT,
  charge_id TEXT, amount INTEGER NOT NULL, tax INTEGER NOT NULL, currency TEXT NOT NULL, received_at INTEGER NOT NULL
) STRICT;
CREATE INDEX payments_order ON payments (order_id);
CREATE TABLE processing_fees (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL,
  balance_transaction_id TEXT NOT NULL UNIQUE, charge_id TEXT, gross INTEGER NOT NULL, fee INTEGER NOT NULL,
  net INTEGER NOT NULL, currency TEXT NOT NULL
) STRICT;
CREATE INDEX processing_fees_order ON processing_fees (order_id);
CREATE TABLE shipping_requests (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL, shipping_method TEXT, ship_to TEXT,
  lines TEXT NOT NULL
) STRICT;

CREATE TABLE accounts (code TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL) STRICT;
-- An entry is written open, gets its lines, and is posted; the triggers let it be posted only when it balances, and
-- let nothing touch it afterwards.
CREATE TABLE journal_entries (
  command_id TEXT PRIMARY KEY REFERENCES applied_commands, order_id TEXT NOT NULL, description TEXT NOT NULL,
  currency TEXT NOT NULL, occurred_at INTEGER NOT NULL, posted INTEGER NOT NULL DEFAULT 0 CHECK (posted IN (0, 1))
) STRICT;
CREATE INDEX journal_entries_order ON journal_entries (order_id);
CREATE INDEX journal_entries_open ON journal_entries (posted) WHERE posted = 0;
CREATE TABLE journal_lines (
  command_id TEXT NOT NULL REFERENCES journal_entries, line INTEGER NOT NULL,
  account TEXT NOT NULL REFERENCES accounts, debit INTEGER NOT NULL, credit INTEGER NOT NULL,
  PRIMARY KEY (command_id, line),
  CHECK (debit >= 0 AND credit >= 0 AND (debit = 0) <> (credit = 0))
) STRICT;

CREATE TRIGGER entries_begin_open BEFORE INSERT ON journal_entries WHEN NEW.posted <> 0
BEGIN SELECT RAISE(ABORT, 'an entry begins open'); END;
CREATE TRIGGER entries_stay BEFORE UPDATE ON journal_entries WHEN OLD.posted = 1
BEGIN SELECT RAISE(ABORT, 'a posted entry cannot be changed'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON journal_entries
BEGIN SELECT RAISE(ABORT, 'entries are not deleted'); END;
CREATE TRIGGER lines_only_while_open BEFORE INSERT ON journal_lines
WHEN (SELECT posted FROM journal_entries WHERE command_id = NEW.command_id) <> 0
BEGIN SELECT RAISE(ABORT, 'a posted entry gets no more lines'); END;
CREATE TRIGGER lines_stay BEFORE UPDATE ON journal_lines
BEGIN SELECT RAISE(ABORT, 'lines are not changed'); END;
CREATE TRIGGER lines_remain BEFORE DELETE ON journal_lines
BEGIN SELECT RAISE(ABORT, 'lines are not deleted'); END;
CREATE TRIGGER nothing_left_open BEFORE UPDATE ON consumed
WHEN EXISTS (SELECT 1 FROM journal_entries WHERE posted = 0)
BEGIN SELECT RAISE(ABORT, 'an entry is still open'); END;
CREATE TRIGGER never_backwards BEFORE UPDATE ON consumed WHEN NEW.next_offset < OLD.next_offset
BEGIN SELECT RAISE(ABORT, 'offsets do not go back'); END;
`;

/** What later versions of this program added: a ledger of an earlier one gets it when it is opened. */
const ADDITIONS = `${CONVERSION_TABLES}${CREDIT_MEMO_TABLES}${DISPUTE_TABLES}${INVOICE_TABLES}${INVOICE_CREDIT_TABLES}${CUSTOMER_TABLES}${PAYOUT_TABLES}${RETURN_TABLES}${ITEM_TABLES}
-- The order that a sales order repeats, or adds to.
CREATE TABLE IF NOT EXISTS sales_order_links (
  order_id TEXT PRIMARY KEY REFERENCES sales_orders, command_id TEXT NOT NULL REFERENCES applied_commands,
  parent_order_id TEXT NOT NULL, recurring INTEGER NOT NULL, subscription_id TEXT, linked_at INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS sales_order_links_parent ON sales_order_links (parent_order_id);
CREATE INDEX IF NOT EXISTS applied_commands_place ON applied_commands (topic, partition, "offset");
`;

/**
 * Columns that tables of earlier versions have not. `due_at`: a line that counts from a time on; null: at once.
 * `currency`: of a line that is in another one than its entry.
 */
const LATER_COLUMNS = [
  ['journal_lines', 'due_at', 'INTEGER'],
  ['journal_lines', 'currency', 'TEXT'],
  ['subscriptions', 'trial_ends_at', 'INTEGER'],
  ['subscriptions', 'collection_paused', 'TEXT'],
] as const;

const addColumns = (database: Database): void => {
  const columns = database.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck();
  for (const [table, column, type] of LATER_COLUMNS)
    if (!columns.all(table).includes(column)) database.exec(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
};

/** Made anew whenever a ledger is opened: it needs a column that earlier versions had not. */
const ENTRIES_BALANCE = `
DROP TRIGGER IF EXISTS entries_balance;
CREATE TRIGGER entries_balance BEFORE UPDATE ON journal_entries
WHEN NEW.posted = 1 AND (
  NOT EXISTS (SELECT 1 FROM journal_lines WHERE command_id = NEW.command_id)
  OR EXISTS (SELECT 1 FROM journal_lines WHERE command_id = NEW.command_id
    GROUP BY coalesce(currency, NEW.currency) HAVING sum(debit) <> sum(credit)))
BEGIN SELECT RAISE(ABORT, 'debits and credits differ'); END;
`;

/** Makes the tables in a new database. @throws when the database is of another version */
export const prepareTables = (database: Database): void => {
  database.pragma('journal_mode = WAL');
  // Every commit reaches the disk before the next begins: an offset that is remembered is never ahead of its effects.
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version !== 0 && version !== VERSION)
    throw new Error(`ledger ${database.name} has version ${version}, this program writes ${VERSION}`);
  database
    .transaction(() => {
      if (version === 0) {
        database.exec(TABLES);
        database.pragma(`user_version = ${VERSION}`);
      }
      database.exec(ADDITIONS);
      addColumns(database);
      database.exec(ENTRIES_BALANCE);
      const add = database.prepare(`INSERT INTO accounts (code, name, kind) VALUES (?, ?, ?)
        ON CONFLICT (code) DO UPDATE SET name = excluded.name, kind = excluded.kind`);
      for (const { code, name, kind } of Object.values(accounts)) add.run(code, name, kind);
    })
    .immediate();
};
