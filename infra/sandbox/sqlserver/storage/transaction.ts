import { SqlError } from '../errors.ts';
import { LockOwner, releaseFrom } from './locks.ts';
import type { Row, RowValues, Table } from './table.ts';

export interface Change {
  readonly op: 'insert' | 'update' | 'delete';
  readonly table: Table;
  readonly row: Row;
  readonly before: RowValues | null;
  readonly after: RowValues | null;
}

/** What a session has changed and locked since BEGIN (or, without one, in the current statement). */
export class Transaction extends LockOwner {
  readonly id: bigint;
  readonly startedAt: number;
  /** In order; serves undo, the log and change data capture. */
  readonly changes: Change[] = [];
  readonly savepoints: { readonly name: string; readonly changes: number; readonly locks: number }[] = [];

  constructor(id: bigint, spid: number, startedAt: number) {
    super(spid);
    this.id = id;
    this.startedAt = startedAt;
  }

  /** Takes back the changes after `mark` (a length of `changes`), newest first. Locks stay. */
  undoTo(mark: number): void {
    while (this.changes.length > mark) {
      const { op, table, row, before, after } = this.changes.pop()!;
      if (op === 'insert') row.values = null;
      else row.values = before;
      table.tidy(row, [after]);
    }
  }

  save(name: string): void {
    this.savepoints.push({ name, changes: this.changes.length, locks: this.held.length });
  }

  /** Takes back what came after a savepoint, its locks too. The savepoint stays. */
  rollbackToSavepoint(name: string): void {
    const place = this.savepoints.findLastIndex((s) => s.name.toLowerCase() === name.toLowerCase());
    const savepoint = this.savepoints[place];
    if (!savepoint)
      throw new SqlError(6401, `Cannot roll back ${name}. No transaction or savepoint of that name was found.`);
    this.undoTo(savepoint.changes);
    releaseFrom(this, savepoint.locks);
    this.savepoints.length = place + 1;
  }
}
