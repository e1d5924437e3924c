import { invalidObject } from '../errors.ts';
import type { Name } from '../sql/ast.ts';
import type { CatalogChange } from './catalog.ts';
import { applyCatalogChange } from './catalog.ts';
import type { RowChange } from './cdc.ts';
import { ChangeDataCapture } from './cdc.ts';
import type { Entry } from './journal.ts';
import { Journal } from './journal.ts';
import { releaseFrom } from './locks.ts';
import { FIRST_POSITION } from './lsn.ts';
import { Security } from './security.ts';
import type { Table } from './table.ts';
import { Transaction } from './transaction.ts';

const COMPACT_ABOVE_BYTES = 128 * 1024 * 1024;
const ROWS_PER_ENTRY = 1000;

export interface DatabaseOptions {
  readonly name: string;
  /** Journal file; without it everything is in memory only. */
  readonly path?: string;
  /** Flush the journal to the disk at every commit. */
  readonly sync?: boolean;
  readonly compactAboveBytes?: number;
}

/** One database: catalog, rows, change data capture, and the journal that brings all of it back. */
export class Database {
  readonly name: string;
  readonly tables = new Map<string, Table>();
  readonly security = new Security();
  readonly cdc = new ChangeDataCapture(FIRST_POSITION);
  readonly createdAt = Date.now();
  /** Whether the initialisation scripts have run to their end. */
  initialised = false;
  /** The time the latest trigger was given, ms since 1970. */
  lastTriggerAt = 0;
  private readonly catalog: Extract<Entry, { k: 'catalog' }>[] = [];
  private journal: Journal | undefined;
  private nextObjectId = 901578250;
  private nextTransactionId = 1000n;

  constructor(name: string) {
    this.name = name;
  }

  /** Opens a database, replaying its journal. A journal whose initialisation never finished starts over. */
  static open(options: DatabaseOptions): Database {
    if (options.path === undefined) return new Database(options.name);
    const { journal, entries } = Journal.open(options.path, options.sync ?? false);
    const started = entries.length > 0 && !entries.some((e) => e.k === 'initialised');
    if (started) journal.rewrite([]);
    const db = new Database(options.name);
    if (!started) for (const entry of entries) db.replay(entry);
    db.journal = journal;
    if (journal.size > (options.compactAboveBytes ?? COMPACT_ABOVE_BYTES)) journal.rewrite(db.dump());
    return db;
  }

  close(): void {
    this.journal?.close();
    this.journal = undefined;
  }

  takeObjectId(): number {
    this.nextObjectId += 16;
    return this.nextObjectId;
  }

  /** Schema and object of a name of up to three parts; dbo when no schema is given. */
  resolve(name: Name): [schema: string, object: string] {
    return [name.at(-2) || 'dbo', name.at(-1)!];
  }

  table(name: Name): Table | undefined {
    const [schema, object] = this.resolve(name);
    const database = name.at(-3);
    if (database && database.toLowerCase() !== this.name.toLowerCase()) return undefined;
    return this.tables.get(`${schema}.${object}`.toLowerCase());
  }

  requireTable(name: Name): Table {
    const table = this.table(name);
    if (!table) throw invalidObject(name.join('.'));
    return table;
  }

  begin(spid: number): Transaction {
    return new Transaction(this.nextTransactionId++, spid, Date.now());
  }

  /** Makes a transaction durable, then visible to change data capture and to others, in that order. */
  commit(tx: Transaction): void {
    const { changes } = tx;
    if (changes.length > 0) {
      const endedAt = Date.now();
      this.journal?.append({
        k: 'commit',
        position: this.cdc.position,
        beganAt: tx.startedAt,
        endedAt,
        changes: changes.map(({ table, op, row, after }) => [table.objectId, op, row.id, after]),
        identities: this.takeMovedIdentities(),
      });
      this.cdc.commit(changes, tx.startedAt, endedAt);
      for (const { table, row, before } of changes) table.tidy(row, [before]);
      changes.length = 0;
    }
    this.release(tx);
  }

  /** Identity values handed out since the journal last heard of them: never given twice, not even when rolled back. */
  private takeMovedIdentities(): [table: number, next: number][] {
    const moved = [...this.tables.values()].filter((table) => table.nextIdentity !== table.journaledIdentity);
    for (const table of moved) table.journaledIdentity = table.nextIdentity;
    return moved.map((table) => [table.objectId, table.nextIdentity]);
  }

  rollback(tx: Transaction): void {
    tx.undoTo(0);
    const identities = this.takeMovedIdentities();
    if (identities.length > 0) this.journal?.append({ k: 'identities', identities });
    this.release(tx);
  }

  private release(tx: Transaction): void {
    tx.savepoints.length = 0;
    releaseFrom(tx, 0);
  }

  /** Applies and journals a change of the catalog. It takes effect at once and is not undone by a rollback. */
  changeCatalog(change: CatalogChange): void {
    const at = Date.now();
    const entry = { k: 'catalog', change, at, position: this.cdc.position } as const;
    applyCatalogChange(this, change, at);
    this.catalog.push(entry);
    this.journal?.append(entry);
  }

  markInitialised(): void {
    this.initialised = true;
    this.journal?.append({ k: 'initialised' });
  }

  private byObjectId(id: number): Table {
    for (const table of this.tables.values()) if (table.objectId === id) return table;
    throw new Error(`journal names unknown table ${id}`);
  }

  private replay(entry: Entry): void {
    switch (entry.k) {
      case 'catalog':
        this.cdc.position = entry.position;
        applyCatalogChange(this, entry.change, entry.at);
        this.catalog.push(entry);
        return;
      case 'commit':
        this.replayCommit(entry);
        return;
      case 'identities':
        this.replayIdentities(entry.identities);
        return;
      case 'initialised':
        this.initialised = true;
        return;
      case 'rows': {
        const table = this.byObjectId(entry.table);
        for (const [id, values] of entry.rows) table.restore(id, values);
        return;
      }
      case 'counters': {
        const table = this.byObjectId(entry.table);
        table.nextRowId = entry.nextRowId;
        table.nextIdentity = entry.nextIdentity;
        table.journaledIdentity = entry.nextIdentity;
        return;
      }
      case 'captured': {
        const rows = this.cdc.find(entry.instance)?.rows;
        for (const row of entry.rows) rows?.push(row);
        return;
      }
      case 'times':
        for (const time of entry.times) this.cdc.addTime(time);
        return;
      case 'position':
        this.cdc.times.sort((a, b) => Buffer.compare(a.lsn, b.lsn));
        this.cdc.position = entry.position;
        this.nextObjectId = entry.nextObjectId;
        return;
    }
  }

  private replayIdentities(identities: readonly (readonly [number, number])[]): void {
    for (const [id, next] of identities) {
      const table = this.byObjectId(id);
      table.nextIdentity = next;
      table.journaledIdentity = next;
    }
  }

  private replayCommit(entry: Extract<Entry, { k: 'commit' }>): void {
    const changes: RowChange[] = [];
    for (const [id, op, rowId, after] of entry.changes) {
      const table = this.byObjectId(id);
      const before = table.recover(rowId, after);
      changes.push({ op, table, before, after });
    }
    this.cdc.position = entry.position;
    this.cdc.commit(changes, entry.beganAt, entry.endedAt);
    this.replayIdentities(entry.identities);
  }

  /** The whole state as journal entries, for compaction. */
  private *dump(): Generator<Entry> {
    yield* this.catalog;
    for (const table of this.tables.values()) {
      const rows = [...table.rows.values()].flatMap((row) => (row.values ? [[row.id, row.values] as const] : []));
      for (let i = 0; i < rows.length; i += ROWS_PER_ENTRY)
        yield { k: 'rows', table: table.objectId, rows: rows.slice(i, i + ROWS_PER_ENTRY) };
      const { objectId, nextRowId, nextIdentity } = table;
      yield { k: 'counters', table: objectId, nextRowId, nextIdentity };
    }
    for (const instance of this.cdc.instances)
      for (let i = 0; i < instance.rows.length; i += ROWS_PER_ENTRY)
        yield { k: 'captured', instance: instance.name, rows: instance.rows.slice(i, i + ROWS_PER_ENTRY) };
    // the dummy rows of catalog changes come back with those, at the same LSNs
    const times = this.cdc.times.filter((time) => time.transaction.some((byte) => byte !== 0));
    for (let i = 0; i < times.length; i += ROWS_PER_ENTRY)
      yield { k: 'times', times: times.slice(i, i + ROWS_PER_ENTRY) };
    yield { k: 'position', position: this.cdc.position, nextObjectId: this.nextObjectId };
    if (this.initialised) yield { k: 'initialised' };
  }
}
