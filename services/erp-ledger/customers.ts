/**
 * Customers: what orders say of them, what they say of themselves, who is one and the same, and who is to be forgotten.
 * Commands about one person come from several partitions, in any order: event times decide, and the tables come to the
 * same whatever came first.
 */
import { createHash } from 'node:crypto';
import type { Database } from 'better-sqlite3';
import type { EraseCustomer, MergeCustomers, UpsertCustomer } from '../../schemas/generated/types.ts';

export const CUSTOMER_TABLES = `
-- What people say of themselves goes before what their orders say (customers).
CREATE TABLE IF NOT EXISTS customer_profiles (
  customer_key TEXT PRIMARY KEY, adnsf_customer_id INTEGER NOT NULL, stripe_customer_id TEXT, email TEXT NOT NULL,
  name TEXT, phone TEXT, bill_to TEXT, occurred_at INTEGER NOT NULL, command_id TEXT NOT NULL
) STRICT;
-- A customer that stands for itself again is its own into_key.
CREATE TABLE IF NOT EXISTS customer_merges (
  customer_key TEXT PRIMARY KEY, into_key TEXT NOT NULL, occurred_at INTEGER NOT NULL, command_id TEXT NOT NULL
) STRICT;
-- Of whom nothing may be kept that was said until then. Where their key stood, this stands.
CREATE TABLE IF NOT EXISTS erased_customers (
  person TEXT PRIMARY KEY, occurred_at INTEGER NOT NULL, command_id TEXT NOT NULL
) STRICT;
`;

/** As commands name people whose key may not be said. */
const personOf = (customerKey: string): string =>
  `customer:${createHash('sha256').update(customerKey).digest('hex').slice(0, 32)}`;

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

/** Prepares the statements once. */
export const customerBook = (database: Database) => {
  database.function('person_of', { deterministic: true }, (key: unknown) => personOf(String(key)));
  // Of what orders say about one customer, the latest event counts. What people say of themselves comes in its order: all
  // commands about a person lie in one partition.
  const upsert = (table: 'customers' | 'customer_profiles', condition: string) =>
    database.prepare(`
    INSERT INTO ${table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (customer_key) DO UPDATE SET
      adnsf_customer_id = excluded.adnsf_customer_id, stripe_customer_id = excluded.stripe_customer_id,
      email = excluded.email, name = excluded.name, phone = excluded.phone, bill_to = excluded.bill_to,
      occurred_at = excluded.occurred_at, command_id = excluded.command_id
    WHERE ${condition}`);
  const latest = '(excluded.occurred_at, excluded.command_id) > (occurred_at, command_id)';
  const upserts = { order: upsert('customers', latest), profile: upsert('customer_profiles', 'true') };
  const merge = database.prepare(`
    INSERT INTO customer_merges VALUES (?, ?, ?, ?)
    ON CONFLICT (customer_key) DO UPDATE SET
      into_key = excluded.into_key, occurred_at = excluded.occurred_at, command_id = excluded.command_id
    WHERE (excluded.occurred_at, excluded.command_id) > (occurred_at, command_id)`);
  const erase = database.prepare(`
    INSERT INTO erased_customers VALUES (?, ?, ?)
    ON CONFLICT (person) DO UPDATE SET occurred_at = excluded.occurred_at, command_id = excluded.command_id
    WHERE excluded.occurred_at > occurred_at`);
  const erasedAt = database
    .prepare<[string], bigint>('SELECT occurred_at FROM erased_customers WHERE person = ?')
    .pluck();
  const forget = [
    'DELETE FROM customers WHERE person_of(customer_key) = @person AND occurred_at <= @at',
    'DELETE FROM customer_profiles WHERE person_of(customer_key) = @person AND occurred_at <= @at',
    `UPDATE OR REPLACE customer_merges SET customer_key = @person
     WHERE person_of(customer_key) = @person AND occurred_at <= @at`,
    'UPDATE customer_merges SET into_key = @person WHERE person_of(into_key) = @person AND occurred_at <= @at',
    `UPDATE sales_orders SET customer_key = @person WHERE person_of(customer_key) = @person AND order_id IN
     (SELECT order_id FROM applied_commands WHERE command_id = sales_orders.command_id AND occurred_at <= @at)`,
  ].map((statement) => database.prepare(statement));

  /** The key, or what stands in its place for those who are forgotten by then. */
  const keyAt = (customerKey: string, occurredAt: bigint): string => {
    const person = personOf(customerKey);
    const at = erasedAt.get(person);
    return at !== undefined && occurredAt <= at ? person : customerKey;
  };

  return {
    keyAt,
    upserted: ({ commandId, occurredAt, payload }: UpsertCustomer): void => {
      const { customerKey, adnsfCustomerId, stripeCustomerId, email, name, phone, billTo, standing } = payload;
      if (keyAt(customerKey, occurredAt) !== customerKey) return;
      const facts = [adnsfCustomerId, stripeCustomerId, email, name, phone, json(billTo)];
      const row = standing === 'profile' ? upserts.profile : upserts.order;
      row.run(customerKey, ...facts, occurredAt, commandId);
    },
    merged: ({ commandId, occurredAt, payload }: MergeCustomers): void => {
      merge.run(keyAt(payload.customerKey, occurredAt), keyAt(payload.into, occurredAt), occurredAt, commandId);
    },
    erased: ({ commandId, occurredAt, payload }: EraseCustomer): void => {
      erase.run(payload.person, occurredAt, commandId);
      for (const statement of forget) statement.run({ person: payload.person, at: occurredAt });
    },
  };
};
