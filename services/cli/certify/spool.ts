/**
 * What was read, set down by order: topics are read partition by partition, an order lies in many of them, and not all
 * orders fit in memory.
 */
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import type { TopicPartition } from '../../runtime/ports.ts';
import type { Derived, Fault, OrderFacts, Place, Seen, Source } from './facts.ts';

export type Side = 'images' | 'returns' | 'payments';
export type Group = Side | 'snapshots' | 'commands' | 'results';

const TABLES = `
CREATE TABLE seen (order_id TEXT, kind TEXT, topic TEXT, partition INTEGER, "offset" INTEGER, timestamp INTEGER,
  settled INTEGER, late INTEGER, again TEXT, value BLOB,
  PRIMARY KEY (order_id, kind, topic, partition, "offset")) WITHOUT ROWID;
CREATE TABLE derived (order_id TEXT, side TEXT, n INTEGER, topic TEXT, partition INTEGER, "offset" INTEGER,
  timestamp INTEGER, settled INTEGER, sequence TEXT, may_wait INTEGER, value BLOB, PRIMARY KEY (order_id, side, n)) WITHOUT ROWID;
CREATE TABLE sources (order_id TEXT, n INTEGER, topic TEXT, partition INTEGER, "offset" INTEGER, what TEXT, outcome TEXT,
  PRIMARY KEY (order_id, n)) WITHOUT ROWID;
CREATE TABLE quiet (order_id TEXT PRIMARY KEY, records INTEGER) WITHOUT ROWID;
CREATE TABLE faults (order_id TEXT, kind TEXT, message TEXT, PRIMARY KEY (order_id, message)) WITHOUT ROWID;
CREATE TABLE gaps (order_id TEXT, side TEXT, PRIMARY KEY (order_id, side)) WITHOUT ROWID;
`;

type Row = Readonly<{
  topic: string;
  partition: bigint;
  offset: bigint;
  timestamp: bigint;
  settled: bigint;
  value: Buffer | null;
}>;
type SeenRow = Row & Readonly<{ late: bigint; again: Seen['again'] }>;
type DerivedRow = Row & Readonly<{ value: Buffer; sequence: string; may_wait: bigint }>;

export interface Spool {
  seen(orderId: string, kind: Group, record: Seen): void;
  derived(orderId: string, side: Side, record: Derived): void;
  source(orderId: string, source: Source): void;
  /** A record about the order that changed nothing. */
  quiet(orderId: string): void;
  fault(orderId: string, fault: Fault): void;
  /** Records that this side of the order is made from are no longer kept. */
  gap(orderId: string, side: Side): void;
  /** Where the last record of the same contents lies in this partition of the order's topic. */
  lastCopy(orderId: string, kind: Group, source: TopicPartition, value: Buffer): bigint | undefined;
  /** Several of the above, quickly. */
  together(work: () => void): void;
  orderIds(): Iterable<string>;
  count(): number;
  facts(orderId: string): Omit<OrderFacts, 'letters' | 'partitions'>;
  close(): void;
}

const placeOf = ({ topic, partition, offset }: Row): Place => ({ topic, partition: Number(partition), offset });

/** In a directory, or in memory. */
export const openSpool = (directory: string | undefined): Spool => {
  const database = new BetterSqlite(directory === undefined ? ':memory:' : join(directory, 'spool.db'));
  database.defaultSafeIntegers(true);
  database.pragma('journal_mode = OFF');
  database.pragma('synchronous = OFF');
  database.exec(TABLES);
  const addSeen = database.prepare('INSERT INTO seen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addDerived = database.prepare('INSERT INTO derived VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const addSource = database.prepare('INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, ?)');
  const addQuiet = database.prepare(
    'INSERT INTO quiet VALUES (?, 1) ON CONFLICT (order_id) DO UPDATE SET records = records + 1',
  );
  const addFault = database.prepare('INSERT OR IGNORE INTO faults VALUES (?, ?, ?)');
  const addGap = database.prepare('INSERT OR IGNORE INTO gaps VALUES (?, ?)');
  const seenOf = database.prepare<[string, string], SeenRow>(
    'SELECT * FROM seen WHERE order_id = ? AND kind = ? ORDER BY topic, partition, "offset"',
  );
  const derivedOf = database.prepare<[string, string], DerivedRow>(
    'SELECT * FROM derived WHERE order_id = ? AND side = ? ORDER BY n',
  );
  const sourcesOf = database.prepare<[string], Row & Readonly<{ what: string; outcome: string }>>(
    'SELECT * FROM sources WHERE order_id = ? ORDER BY n',
  );
  const quietOf = database.prepare<[string], bigint>('SELECT records FROM quiet WHERE order_id = ?').pluck();
  const faultsOf = database.prepare<[string], Fault>('SELECT kind, message FROM faults WHERE order_id = ?');
  const gapsOf = database.prepare<[string], string>('SELECT side FROM gaps WHERE order_id = ?').pluck();
  const findCopy = database
    .prepare<[string, string, string, number, Buffer], bigint>(
      `SELECT "offset" FROM seen WHERE order_id = ? AND kind = ? AND topic = ? AND partition = ? AND value = ?
       ORDER BY "offset" DESC LIMIT 1`,
    )
    .pluck();
  /** Orders that a topic of ours knows, or should. */
  const known = 'SELECT order_id FROM seen UNION SELECT order_id FROM derived';
  const ordersAfter = database
    .prepare<[string], string>(`SELECT order_id FROM (${known}) WHERE order_id > ? ORDER BY 1 LIMIT 500`)
    .pluck();
  const countOrders = database.prepare<[], bigint>(`SELECT count(*) FROM (${known})`).pluck();
  let n = 0;

  const seen = (orderId: string, kind: Group): readonly Seen[] =>
    seenOf.all(orderId, kind).map((row) => ({
      ...placeOf(row),
      timestamp: row.timestamp,
      value: row.value,
      settled: row.settled === 1n,
      late: row.late === 1n,
      again: row.again,
    }));
  const compared = (orderId: string, side: Side, gaps: readonly string[]): OrderFacts[Side] => ({
    derived: derivedOf.all(orderId, side).map((row) => ({
      from: placeOf(row),
      timestamp: row.timestamp,
      value: row.value,
      settled: row.settled === 1n,
      sequence: row.sequence,
      mayWait: row.may_wait === 1n,
    })),
    seen: seen(orderId, side),
    complete: !gaps.includes(side),
  });

  return {
    seen: (orderId, kind, { topic, partition, offset, timestamp, settled, late, again, value }) => {
      addSeen.run(orderId, kind, topic, partition, offset, timestamp, +settled, +late, again, value);
    },
    derived: (orderId, side, { from, timestamp, settled, sequence, mayWait, value }) => {
      const { topic, partition, offset } = from;
      addDerived.run(orderId, side, n++, topic, partition, offset, timestamp, +settled, sequence, +mayWait, value);
    },
    source: (orderId, { topic, partition, offset, what, outcome }) => {
      addSource.run(orderId, n++, topic, partition, offset, what, outcome);
    },
    quiet: (orderId) => void addQuiet.run(orderId),
    fault: (orderId, { kind, message }) => void addFault.run(orderId, kind, message),
    gap: (orderId, side) => void addGap.run(orderId, side),
    lastCopy: (orderId, kind, { topic, partition }, value) => findCopy.get(orderId, kind, topic, partition, value),
    together: (work) => {
      database.transaction(work)();
    },
    *orderIds() {
      let last = '';
      for (let page = ordersAfter.all(last); page.length > 0; page = ordersAfter.all(last)) {
        yield* page;
        last = page.at(-1)!;
      }
    },
    count: () => Number(countOrders.get() ?? 0n),
    facts: (orderId) => {
      const gaps = gapsOf.all(orderId);
      return {
        orderId,
        sources: sourcesOf.all(orderId).map((row) => ({ ...placeOf(row), what: row.what, outcome: row.outcome })),
        faults: faultsOf.all(orderId),
        quiet: Number(quietOf.get(orderId) ?? 0n),
        images: compared(orderId, 'images', gaps),
        returns: compared(orderId, 'returns', gaps),
        snapshots: seen(orderId, 'snapshots'),
        payments: compared(orderId, 'payments', gaps),
        commands: seen(orderId, 'commands'),
        results: seen(orderId, 'results'),
      };
    },
    close: () => {
      database.close();
    },
  };
};
