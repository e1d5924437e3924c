import { keyOf } from '../engine/compare.ts';
import type { Value } from '../engine/types.ts';
import { SqlError } from '../errors.ts';
import type { ColumnDefinition, KeyDefinition, Statement } from '../sql/ast.ts';
import type { CaptureInstance } from './cdc.ts';
import type { Lockable } from './locks.ts';
import { IX, LockWait, S, X, acquire, isBlocked } from './locks.ts';
import type { Transaction } from './transaction.ts';

/** A row image. Never changed in place; shorter than the column list when columns were added later. */
export type RowValues = readonly Value[];

/** `values` is null while a delete is not yet committed; then the row leaves the table. */
export interface Row extends Lockable {
  readonly id: number;
  values: RowValues | null;
}

export interface Column extends ColumnDefinition {
  readonly ordinal: number;
}

export interface Index {
  readonly name: string;
  readonly columns: readonly number[];
  readonly unique: boolean;
  readonly primary: boolean;
  readonly clustered: boolean;
  /** Declared as a constraint of the table; only the error number of a duplicate differs. */
  readonly constraint: boolean;
  /** Not declared by anyone: serves look-ups by the first column of a longer index. */
  readonly hidden: boolean;
  readonly buckets: Map<string, Row[]>;
}

export interface Trigger {
  readonly name: string;
  readonly objectId: number;
  readonly events: readonly ('insert' | 'update' | 'delete')[];
  readonly body: readonly Statement[];
}

export class Table implements Lockable {
  readonly schema: string;
  readonly name: string;
  readonly objectId: number;
  readonly createdAt: number;
  columns: readonly Column[];
  readonly indexes: Index[] = [];
  readonly rows = new Map<number, Row>();
  readonly triggers: Trigger[] = [];
  readonly captures: CaptureInstance[] = [];
  /** Keys under HOLDLOCK or SERIALIZABLE, by index name and key. */
  readonly keyLocks = new Map<string, Lockable>();
  lock: Lockable['lock'];
  nextRowId = 1;
  nextIdentity: number;
  /** The last `nextIdentity` that the journal knows. */
  journaledIdentity: number;

  constructor(
    schema: string,
    name: string,
    objectId: number,
    columns: readonly ColumnDefinition[],
    keys: readonly KeyDefinition[],
    createdAt: number,
  ) {
    this.schema = schema;
    this.name = name;
    this.objectId = objectId;
    this.createdAt = createdAt;
    this.columns = columns.map((column, ordinal) => ({ ...column, ordinal }));
    this.nextIdentity = columns.find((c) => c.identity)?.identity?.seed ?? 0;
    this.journaledIdentity = this.nextIdentity;
    for (const key of keys)
      this.addIndex({
        name: key.name ?? `${key.primary ? 'PK' : 'UQ'}__${name}`,
        columns: key.columns,
        unique: true,
        primary: key.primary,
        clustered: key.clustered,
        constraint: true,
      });
  }

  get fullName(): string {
    return `${this.schema}.${this.name}`;
  }

  get primaryKey(): Index | undefined {
    return this.indexes.find((index) => index.primary);
  }

  /** Columns whose change moves the row: the log then shows a delete and an insert. */
  get clusteredColumns(): readonly number[] {
    return this.indexes.find((index) => index.clustered)?.columns ?? [];
  }

  get identityColumn(): Column | undefined {
    return this.columns.find((column) => column.identity !== undefined);
  }

  column(name: string): Column | undefined {
    const wanted = name.toLowerCase();
    return this.columns.find((column) => column.name.toLowerCase() === wanted);
  }

  addColumns(columns: readonly ColumnDefinition[]): void {
    const start = this.columns.length;
    this.columns = [...this.columns, ...columns.map((column, i) => ({ ...column, ordinal: start + i }))];
  }

  addIndex(definition: {
    name: string;
    columns: readonly string[];
    unique: boolean;
    primary: boolean;
    clustered: boolean;
    constraint: boolean;
  }): void {
    const columns = definition.columns.map((name) => {
      const column = this.column(name);
      if (!column)
        throw new SqlError(1911, `Column name '${name}' does not exist in the target table or view.`, {
          ends: 'batch',
        });
      return column.ordinal;
    });
    this.fill({ ...definition, columns, hidden: false, buckets: new Map() });
    const first = columns[0]!;
    if (columns.length > 1 && !this.indexes.some((i) => i.columns.length === 1 && i.columns[0] === first))
      this.fill({
        name: `${definition.name}#prefix`,
        columns: [first],
        unique: false,
        primary: false,
        clustered: false,
        constraint: false,
        hidden: true,
        buckets: new Map(),
      });
  }

  private fill(index: Index): void {
    for (const row of this.rows.values()) if (row.values) addToBucket(index, this.keyIn(index, row.values), row);
    this.indexes.push(index);
  }

  keyIn(index: Index, values: RowValues): string {
    const { columns } = index;
    if (columns.length === 1) return keyOf(values[columns[0]!] ?? null, this.columns[columns[0]!]!.type);
    return columns.map((c) => keyOf(values[c] ?? null, this.columns[c]!.type)).join('\u0001');
  }

  keyOfValues(index: Index, values: readonly Value[]): string {
    return index.columns.map((c, i) => keyOf(values[i] ?? null, this.columns[c]!.type)).join('\u0001');
  }

  keyLock(index: Index, key: string): Lockable {
    const name = `${index.name}\u0002${key}`;
    let target = this.keyLocks.get(name);
    if (!target) {
      target = { lock: undefined };
      this.keyLocks.set(name, target);
    }
    return target;
  }

  // --- changes, each under locks of the transaction ---

  insert(tx: Transaction, values: RowValues): Row {
    acquire(tx, this, IX);
    const row: Row = { id: this.nextRowId, values, lock: undefined };
    this.guardKeys(tx, row, values, undefined);
    this.nextRowId++;
    acquire(tx, row, X);
    this.rows.set(row.id, row);
    for (const index of this.indexes) addToBucket(index, this.keyIn(index, values), row);
    tx.changes.push({ op: 'insert', table: this, row, before: null, after: values });
    return row;
  }

  update(tx: Transaction, row: Row, values: RowValues): void {
    acquire(tx, this, IX);
    acquire(tx, row, X);
    const before = row.values;
    if (before === null) return;
    this.guardKeys(tx, row, values, before);
    row.values = values;
    for (const index of this.indexes) addToBucket(index, this.keyIn(index, values), row);
    tx.changes.push({ op: 'update', table: this, row, before, after: values });
  }

  delete(tx: Transaction, row: Row): void {
    acquire(tx, this, IX);
    acquire(tx, row, X);
    const before = row.values;
    if (before === null) return;
    row.values = null;
    tx.changes.push({ op: 'delete', table: this, row, before, after: null });
  }

  /** Unique keys and key-range locks, before a row takes the keys of `values`. */
  private guardKeys(tx: Transaction, row: Row, values: RowValues, before: RowValues | undefined): void {
    for (const index of this.indexes) {
      const key = this.keyIn(index, values);
      if (before && this.keyIn(index, before) === key) continue;
      if (this.keyLocks.size > 0) this.guardRange(tx, index, key);
      if (!index.unique) continue;
      for (const other of index.buckets.get(key) ?? []) {
        if (other === row) continue;
        // an uncommitted neighbour may still go away or come back: its fate decides
        if (isBlocked(tx, other, S)) throw new LockWait(other, S);
        if (other.values && this.keyIn(index, other.values) === key) throw this.duplicate(index, values);
      }
    }
  }

  private guardRange(tx: Transaction, index: Index, key: string): void {
    const name = `${index.name}\u0002${key}`;
    const target = this.keyLocks.get(name);
    if (!target) return;
    if (target.lock === undefined) this.keyLocks.delete(name);
    else if (isBlocked(tx, target, X)) throw new LockWait(target, X);
  }

  private duplicate(index: Index, values: RowValues): SqlError {
    const shown = index.columns.map((c) => showKey(values[c] ?? null)).join(', ');
    if (index.constraint)
      return new SqlError(
        2627,
        `Violation of ${index.primary ? 'PRIMARY' : 'UNIQUE'} KEY constraint '${index.name}'. Cannot insert duplicate key in object '${this.fullName}'. The duplicate key value is (${shown}).`,
        { severity: 14 },
      );
    return new SqlError(
      2601,
      `Cannot insert duplicate key row in object '${this.fullName}' with unique index '${index.name}'. The duplicate key value is (${shown}).`,
      { severity: 14 },
    );
  }

  /** After a row's change is settled or undone: drops index entries and the row itself where they no longer hold. */
  tidy(row: Row, images: readonly (RowValues | null)[]): void {
    for (const index of this.indexes) {
      const current = row.values ? this.keyIn(index, row.values) : undefined;
      for (const image of images) {
        if (!image) continue;
        const key = this.keyIn(index, image);
        if (key !== current) removeFromBucket(index, key, row);
      }
    }
    if (row.values === null) this.rows.delete(row.id);
  }

  // --- changes without locks: recovery ---

  /** Gives a row its image of the journal; returns the image before. */
  recover(id: number, after: RowValues | null): RowValues | null {
    const row = this.rows.get(id);
    if (!row) {
      if (after) this.restore(id, after);
      return null;
    }
    const before = row.values;
    row.values = after;
    if (after) for (const index of this.indexes) addToBucket(index, this.keyIn(index, after), row);
    this.tidy(row, [before]);
    return before;
  }

  restore(id: number, values: RowValues): void {
    const row: Row = { id, values, lock: undefined };
    this.rows.set(id, row);
    this.nextRowId = Math.max(this.nextRowId, id + 1);
    for (const index of this.indexes) addToBucket(index, this.keyIn(index, values), row);
  }
}

const showKey = (value: Value): string =>
  value === null
    ? '<NULL>'
    : Buffer.isBuffer(value)
      ? `0x${value.toString('hex')}`
      : typeof value === 'object'
        ? String(value.ticks)
        : String(value);

function addToBucket(index: Index, key: string, row: Row): void {
  const bucket = index.buckets.get(key);
  if (!bucket) index.buckets.set(key, [row]);
  else if (!bucket.includes(row)) bucket.push(row);
}

function removeFromBucket(index: Index, key: string, row: Row): void {
  const bucket = index.buckets.get(key);
  const place = bucket?.indexOf(row) ?? -1;
  if (!bucket || place < 0) return;
  if (bucket.length === 1) index.buckets.delete(key);
  else bucket.splice(place, 1);
}
