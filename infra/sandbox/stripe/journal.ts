import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Kind, Stored } from './objects.ts';

/** Narrows a list. `where` compares fields of the stored object; `payout` is the one a balance transaction is in. */
export interface Query {
  where?: Readonly<Record<string, string>>;
  among?: { field: string; values: readonly string[] };
  payout?: string;
  created?: { gte?: number; lte?: number };
}

/** One page, newest first. */
export interface Page<T> {
  data: T[];
  hasMore: boolean;
}

export interface Cursor {
  limit: number;
  after?: string;
  before?: string;
}

/** All that the simulator remembers. Every write happens inside `transaction` and is durable when it returns. */
export interface Journal {
  readonly database: Database.Database;
  transaction<T>(work: () => T): T;
  get<K extends Kind>(kind: K, id: string): Stored[K] | undefined;
  insert<K extends Kind>(kind: K, object: Stored[K], created: number): void;
  /** Replaces the object of that id. Its kind may change, as when a customer is deleted. */
  update<K extends Kind>(kind: K, object: Stored[K]): void;
  remove(id: string): void;
  list<K extends Kind>(kind: K, query: Query, cursor: Cursor): Page<Stored[K]>;
  all<K extends Kind>(kind: K, query: Query): Stored[K][];
  exists(kind: Kind, id: string): boolean;
  count(): Record<string, number>;
  /** Puts balance transactions into a payout. */
  assignToPayout(balanceTransactions: readonly string[], payout: string): void;
  unpaid(): Stored['balance_transaction'][];
  /** The next number of a named sequence, from 1. */
  next(sequence: string): number;
  setting(name: string): string | undefined;
  set(name: string, value: string): void;
  close(): void;
}

const schema = `
  create table if not exists objects (
    seq integer primary key autoincrement, id text not null unique, kind text not null, created integer not null,
    payout text, body text not null);
  create index if not exists objects_kind on objects (kind, seq);
  create index if not exists objects_payout on objects (kind, payout, seq);
  create index if not exists objects_email on objects (kind, body ->> '$.email', seq);
  create index if not exists objects_intent on objects (kind, body ->> '$.payment_intent', seq);
  create index if not exists objects_charge on objects (kind, body ->> '$.charge', seq);
  create index if not exists objects_customer on objects (kind, body ->> '$.customer', seq);
  create index if not exists objects_source on objects (kind, body ->> '$.source', seq);
  create index if not exists objects_type on objects (kind, body ->> '$.type', seq);
  create table if not exists sequences (name text primary key, value integer not null) without rowid;
  create table if not exists settings (name text primary key, value text not null) without rowid;
  create table if not exists idempotency (
    key text primary key, fingerprint text not null, at integer not null, request text not null,
    status integer not null, body text not null) without rowid;
  create index if not exists idempotency_at on idempotency (at);
  create table if not exists jobs (seq integer primary key autoincrement, due integer not null, body text not null);
  create index if not exists jobs_due on jobs (due, seq);
  create table if not exists deliveries (
    seq integer primary key autoincrement, event text not null, endpoint text not null, copy integer not null,
    attempts integer not null default 0, due integer not null, state text not null default 'pending', status integer);
  create index if not exists deliveries_due on deliveries (state, due, seq);
  create table if not exists requests (seq integer primary key autoincrement, body text not null);
`;

const conditionsOf = (query: Query, kind: Kind): [string[], (string | number)[]] => {
  const conditions = ['kind = ?'];
  const values: (string | number)[] = [kind];
  for (const [field, value] of Object.entries(query.where ?? {})) {
    conditions.push(`body ->> '$.${field}' = ?`);
    values.push(value);
  }
  if (query.among !== undefined) {
    conditions.push(`body ->> '$.${query.among.field}' in (${query.among.values.map(() => '?').join(', ')})`);
    values.push(...query.among.values);
  }
  if (query.payout !== undefined) {
    conditions.push('payout = ?');
    values.push(query.payout);
  }
  if (query.created?.gte !== undefined) {
    conditions.push('created >= ?');
    values.push(query.created.gte);
  }
  if (query.created?.lte !== undefined) {
    conditions.push('created <= ?');
    values.push(query.created.lte);
  }
  return [conditions, values];
};

interface Row {
  body: string;
}

/**
 * Opens the journal in a directory, or in memory without one.
 *
 * Write-ahead logging with `synchronous = normal`: a commit survives the death of the process (kill -9), not the
 * machine's loss of power.
 */
export const openJournal = (directory: string | undefined): Journal => {
  if (directory !== undefined) mkdirSync(directory, { recursive: true });
  const database = new Database(directory === undefined ? ':memory:' : join(directory, 'stripe.sqlite'));
  database.pragma('journal_mode = wal');
  database.pragma('synchronous = normal');
  database.pragma('busy_timeout = 5000');
  database.exec(schema);

  const prepared = new Map<string, Database.Statement>();
  const statement = (sql: string): Database.Statement => {
    const found = prepared.get(sql) ?? database.prepare(sql);
    prepared.set(sql, found);
    return found;
  };
  const parse = (row: unknown): unknown => JSON.parse((row as Row).body);
  const seqOf = (id: string): number =>
    (statement('select seq from objects where id = ?').get(id) as { seq: number } | undefined)?.seq ?? 0;

  return {
    database,
    transaction: (work) => database.transaction(work)(),
    get: <K extends Kind>(kind: K, id: string) => {
      const row = statement('select body from objects where id = ? and kind = ?').get(id, kind);
      return row === undefined ? undefined : (parse(row) as Stored[K]);
    },
    insert: (kind, object, created) => {
      statement('insert into objects (id, kind, created, body) values (?, ?, ?, ?)').run(
        object.id,
        kind,
        created,
        JSON.stringify(object),
      );
    },
    update: (kind, object) => {
      const { changes } = statement('update objects set kind = ?, body = ? where id = ?').run(
        kind,
        JSON.stringify(object),
        object.id,
      );
      if (changes !== 1) throw new Error(`no ${kind} ${object.id} to update`);
    },
    remove: (id) => {
      statement('delete from objects where id = ?').run(id);
    },
    list: <K extends Kind>(kind: K, query: Query, cursor: Cursor) => {
      const [conditions, values] = conditionsOf(query, kind);
      const backwards = cursor.before !== undefined;
      if (cursor.after !== undefined) {
        conditions.push('seq < ?');
        values.push(seqOf(cursor.after));
      }
      if (cursor.before !== undefined) {
        conditions.push('seq > ?');
        values.push(seqOf(cursor.before));
      }
      const rows = statement(
        `select body from objects where ${conditions.join(' and ')} order by seq ${backwards ? 'asc' : 'desc'} limit ?`,
      ).all(...values, cursor.limit + 1);
      const page = rows.slice(0, cursor.limit).map((row) => parse(row) as Stored[K]);
      return { data: backwards ? page.reverse() : page, hasMore: rows.length > cursor.limit };
    },
    all: <K extends Kind>(kind: K, query: Query) => {
      const [conditions, values] = conditionsOf(query, kind);
      return statement(`select body from objects where ${conditions.join(' and ')} order by seq`)
        .all(...values)
        .map((row) => parse(row) as Stored[K]);
    },
    exists: (kind, id) => statement('select 1 from objects where id = ? and kind = ?').get(id, kind) !== undefined,
    count: () => {
      const rows = statement('select kind, count(*) as n from objects group by kind order by kind').all();
      return Object.fromEntries((rows as { kind: string; n: number }[]).map(({ kind, n }) => [kind, n]));
    },
    assignToPayout: (balanceTransactions, payout) => {
      for (const id of balanceTransactions) statement('update objects set payout = ? where id = ?').run(payout, id);
    },
    unpaid: () =>
      statement("select body from objects where kind = 'balance_transaction' and payout is null order by seq")
        .all()
        .map((row) => parse(row) as Stored['balance_transaction']),
    next: (sequence) =>
      (
        statement(
          'insert into sequences values (?, 1) on conflict (name) do update set value = value + 1 returning value',
        ).get(sequence) as { value: number }
      ).value,
    setting: (name) =>
      (statement('select value from settings where name = ?').get(name) as { value: string } | undefined)?.value,
    set: (name, value) => {
      statement('insert into settings values (?, ?) on conflict (name) do update set value = excluded.value').run(
        name,
        value,
      );
    },
    close: () => {
      database.close();
    },
  };
};
