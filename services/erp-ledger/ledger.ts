/**
 * The ledger's one way in: a batch of one partition. Its effects and the position after it commit together, so that a
 * crash between them cannot exist; a command that came before is recognised by its id.
 */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import type { ErpCommand } from '../../schemas/topics.ts';
import { PoisonError } from '../runtime/errors.ts';
import type { ConsumedRecord, TopicPartition } from '../runtime/ports.ts';
import { bookkeeper } from './book.ts';
import { InvalidCommandError } from './domain/postings.ts';
import { prepareTables } from './tables.ts';

export type Batch = Readonly<{
  source: TopicPartition;
  /** The position these records were read from. */
  fetchOffset: bigint;
  records: readonly ConsumedRecord[];
  /** The position after them. */
  nextOffset: bigint;
}>;

export type Booked = Readonly<{
  applied: number;
  /** Came again, the same: refused quietly. */
  repeated: number;
  /** Put aside for a person. */
  conflicts: number;
}>;

/** What became of a command, and where it lies. */
export type Handled = Readonly<{ commandId: string; partition: number; offset: bigint }> &
  (
    | Readonly<{ kind: 'applied'; orderId: string; type: string; occurredAt: bigint }>
    | Readonly<{ kind: 'refused'; reason: string; message: string; value: Buffer }>
  );

export interface Ledger {
  /** Where to read on; undefined when reading the partition has not begun. */
  position(source: TopicPartition): bigint | undefined;
  /** Begins a partition that was never read. */
  begin(source: TopicPartition, offset: bigint): void;
  /**
   * Books what of the batch is new. @returns undefined, and does nothing, when the partition has not begun or records
   * are missing between its position and the batch: read again from the position.
   */
  book(batch: Batch, decode: (value: Buffer) => ErpCommand): Booked | undefined;
  /** Commands of a partition that lie behind `offset` and were booked or put aside, in their order. */
  handledAfter(source: TopicPartition, offset: bigint, limit: number): readonly Handled[];
  close(): void;
}

type HandledRow = Readonly<{
  offset: bigint;
  commandId: string;
  orderId: string | null;
  type: string | null;
  occurredAt: bigint | null;
  reason: string | null;
  message: string | null;
  value: Buffer | null;
}>;

type Conflict = Readonly<{ commandId: string | null; reason: string; message: string }>;

const sameBytes = (left: Buffer, right: Buffer): boolean => left.compare(right) === 0;

/** What SQLite refuses about one command: a unique key, a check, a trigger. Anything else is the database's trouble. */
const isConstraint = (error: unknown): error is Error =>
  error instanceof BetterSqlite.SqliteError && error.code.startsWith('SQLITE_CONSTRAINT');

/** Opens the ledger for writing, and makes it when there is none. */
export const openLedger = (path: string): Ledger => {
  mkdirSync(dirname(path), { recursive: true });
  const database = new BetterSqlite(path);
  database.defaultSafeIntegers(true);
  prepareTables(database);
  const book = bookkeeper(database);

  const readPosition = database
    .prepare<[string, number], bigint>('SELECT next_offset FROM consumed WHERE topic = ? AND partition = ?')
    .pluck();
  const begin = database.prepare('INSERT OR IGNORE INTO consumed VALUES (?, ?, ?)');
  const writePosition = database.prepare('UPDATE consumed SET next_offset = ? WHERE topic = ? AND partition = ?');
  const findApplied = database
    .prepare<[string], Buffer>('SELECT hash FROM applied_commands WHERE command_id = ?')
    .pluck();
  const addApplied = database.prepare('INSERT INTO applied_commands VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)');
  const countRepeat = database.prepare('UPDATE applied_commands SET repeats = repeats + 1 WHERE command_id = ?');
  const addConflict = database.prepare('INSERT INTO conflicts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');

  const findHandled = database.prepare<[string, number, bigint, string, number, bigint, number], HandledRow>(`
    SELECT "offset", command_id AS commandId, order_id AS orderId, type, occurred_at AS occurredAt, NULL AS reason,
      NULL AS message, NULL AS value FROM applied_commands WHERE topic = ? AND partition = ? AND "offset" > ?
    UNION ALL
    SELECT "offset", command_id, NULL, NULL, NULL, reason, message, value FROM conflicts
      WHERE topic = ? AND partition = ? AND "offset" > ? AND command_id IS NOT NULL
    ORDER BY 1 LIMIT ?`);

  /** A command is booked whole or not at all: a nested transaction is a savepoint. */
  const bookWhole = database.transaction((record: ConsumedRecord, command: ErpCommand, hash: Buffer) => {
    const { commandId, orderId, type, occurredAt } = command;
    addApplied.run(commandId, orderId, type, occurredAt, record.topic, record.partition, record.offset, hash);
    book(command);
  });

  const one = (record: ConsumedRecord, decode: (value: Buffer) => ErpCommand): 'applied' | 'repeated' | Conflict => {
    if (record.value === null) return { commandId: null, reason: 'undecodable', message: 'a command without a value' };
    let command: ErpCommand;
    try {
      command = decode(record.value);
    } catch (error) {
      if (!(error instanceof PoisonError)) throw error;
      return { commandId: null, reason: 'undecodable', message: `${error.code}: ${error.message}` };
    }
    const { commandId } = command;
    const hash = createHash('sha256').update(record.value).digest();
    const known = findApplied.get(commandId);
    if (known !== undefined) {
      if (!sameBytes(known, hash))
        return { commandId, reason: 'different_bytes', message: `${commandId} was applied with other contents` };
      countRepeat.run(commandId);
      return 'repeated';
    }
    try {
      bookWhole(record, command, hash);
      return 'applied';
    } catch (error) {
      if (error instanceof InvalidCommandError || isConstraint(error))
        return { commandId, reason: 'invalid', message: error.message };
      throw error;
    }
  };

  const bookBatch = database.transaction((batch: Batch, decode: (value: Buffer) => ErpCommand): Booked | undefined => {
    const { topic, partition } = batch.source;
    // Read inside the transaction: another process on the same file may have been here.
    const position = readPosition.get(topic, partition);
    if (position === undefined || batch.fetchOffset > position) return undefined;
    const booked = { applied: 0, repeated: 0, conflicts: 0 };
    for (const record of batch.records) {
      if (record.offset < position) continue;
      const outcome = one(record, decode);
      if (typeof outcome === 'string') {
        booked[outcome]++;
        continue;
      }
      const { commandId, reason, message } = outcome;
      addConflict.run(topic, partition, record.offset, commandId, reason, message, record.key, record.value);
      booked.conflicts++;
    }
    if (batch.nextOffset > position) writePosition.run(batch.nextOffset, topic, partition);
    return booked;
  });

  return {
    position: ({ topic, partition }) => readPosition.get(topic, partition),
    begin: ({ topic, partition }, offset) => {
      begin.run(topic, partition, offset);
    },
    book: (batch, decode) => bookBatch.immediate(batch, decode),
    handledAfter: ({ topic, partition }, offset, limit) =>
      findHandled.all(topic, partition, offset, topic, partition, offset, limit).map((row): Handled => {
        const about = { commandId: row.commandId, partition, offset: row.offset };
        if (row.reason !== null)
          return { ...about, kind: 'refused', reason: row.reason, message: row.message!, value: row.value! };
        return { ...about, kind: 'applied', orderId: row.orderId!, type: row.type!, occurredAt: row.occurredAt! };
      }),
    close: () => {
      database.close();
    },
  };
};
