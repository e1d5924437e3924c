import { sameValue } from '../engine/compare.ts';
import type { Value } from '../engine/types.ts';
import { isLegacyLob } from '../engine/types.ts';
import type { Lsn } from './lsn.ts';
import { lsnsOfCommit } from './lsn.ts';
import type { LogPosition } from './lsn.ts';
import type { Column, RowValues, Table } from './table.ts';

export const DELETE = 1;
export const INSERT = 2;
export const BEFORE_UPDATE = 3;
export const AFTER_UPDATE = 4;
export type Operation = typeof DELETE | typeof INSERT | typeof BEFORE_UPDATE | typeof AFTER_UPDATE;

/** One row of a change table. `values` is the whole table row: the captured columns are picked when it is read. */
export interface ChangeRow {
  readonly lsn: Lsn;
  readonly sequence: Lsn;
  readonly operation: Operation;
  readonly mask: Buffer;
  readonly values: RowValues;
}

export interface CaptureInstance {
  readonly name: string;
  readonly objectId: number;
  readonly table: Table;
  readonly startLsn: Lsn;
  readonly createdAt: number;
  readonly columns: readonly Column[];
  readonly role: string | null;
  readonly indexName: string | null;
  readonly netChanges: boolean;
  readonly rows: ChangeRow[];
}

/** A row of cdc.lsn_time_mapping; times in ms since 1970. A tran id of 0x00 marks a dummy row. */
export interface LsnTime {
  readonly lsn: Lsn;
  readonly beganAt: number;
  readonly endedAt: number;
  readonly transaction: Buffer;
  readonly beginLsn: Lsn;
}

export interface RowChange {
  readonly op: 'insert' | 'update' | 'delete';
  readonly table: Table;
  readonly before: RowValues | null;
  readonly after: RowValues | null;
}

const isMax = (column: Column): boolean => column.type.length === -1;

/** Which captured columns differ; bit 0 of the last byte is the first captured column. */
function maskOf(capture: CaptureInstance, isSet: (column: Column) => boolean): Buffer {
  const mask = Buffer.alloc(Math.max(1, Math.ceil(capture.columns.length / 8)));
  capture.columns.forEach((column, i) => {
    if (isSet(column)) mask[mask.length - 1 - (i >> 3)]! |= 1 << (i & 7);
  });
  return mask;
}

/** The documented LOB rules: what a before-image or a deleted row keeps of large columns. */
export function capturedValue(capture: CaptureInstance, change: ChangeRow, i: number): Value {
  const column = capture.columns[i]!;
  const { operation, mask } = change;
  if (isLegacyLob(column.type) && (operation === DELETE || operation === BEFORE_UPDATE)) return null;
  if (operation === BEFORE_UPDATE && isMax(column)) {
    const changed = (mask[mask.length - 1 - (i >> 3)]! & (1 << (i & 7))) !== 0;
    if (!changed) return null;
  }
  return change.values[column.ordinal] ?? null;
}

function record(capture: CaptureInstance, change: RowChange, lsn: Lsn, sequences: readonly [Lsn, Lsn]): void {
  const { op, table, before, after } = change;
  const add = (operation: Operation, values: RowValues, mask: Buffer, sequence: Lsn): void => {
    capture.rows.push({ lsn, sequence, operation, mask, values });
  };
  const all = (): Buffer => maskOf(capture, () => true);
  if (op === 'insert') {
    add(INSERT, after!, all(), sequences[0]);
    return;
  }
  if (op === 'delete') {
    add(DELETE, before!, all(), sequences[0]);
    return;
  }
  const differs = (ordinal: number): boolean => !sameValue(before![ordinal], after![ordinal]);
  if (table.clusteredColumns.some(differs)) {
    add(DELETE, before!, all(), sequences[0]);
    add(INSERT, after!, all(), sequences[1]);
    return;
  }
  // an update that leaves every captured column as it was leaves no trace
  if (!capture.columns.some((column) => differs(column.ordinal))) return;
  const mask = maskOf(capture, (column) => differs(column.ordinal));
  add(BEFORE_UPDATE, before!, mask, sequences[0]);
  add(AFTER_UPDATE, after!, mask, sequences[0]);
}

/** The capture process and its LSNs. Every commit advances the position; captured ones get a row in the time mapping. */
export class ChangeDataCapture {
  position: LogPosition;
  enabledAt: number | undefined;
  readonly instances: CaptureInstance[] = [];
  readonly times: LsnTime[] = [];
  private readonly timeOf = new Map<string, number>();

  constructor(position: LogPosition) {
    this.position = position;
  }

  get maxLsn(): Lsn | null {
    return this.times.at(-1)?.lsn ?? null;
  }

  find(name: string): CaptureInstance | undefined {
    const wanted = name.toLowerCase();
    return this.instances.find((instance) => instance.name.toLowerCase() === wanted);
  }

  /** Commit time in ms since 1970 of a transaction's LSN. */
  timeOfLsn(lsn: Lsn): number | undefined {
    return this.timeOf.get(lsn.toString('latin1'));
  }

  addTime(time: LsnTime): void {
    this.times.push(time);
    this.timeOf.set(time.lsn.toString('latin1'), time.endedAt);
  }

  /** A mapping row without a transaction, as the capture job writes when idle. */
  addDummy(at: number): Lsn {
    const { begin, commit, end } = lsnsOfCommit(this.position, 0);
    this.position = end;
    this.addTime({ lsn: commit, beganAt: at, endedAt: at, transaction: Buffer.from([0]), beginLsn: begin });
    return commit;
  }

  /** Records a committed transaction. Same input at the same position gives the same rows, so recovery repeats it. */
  commit(changes: readonly RowChange[], beganAt: number, endedAt: number): void {
    const { begin, sequence, commit, end } = lsnsOfCommit(this.position, changes.length * 2);
    this.position = end;
    changes.forEach((change, i) => {
      for (const capture of change.table.captures) {
        record(capture, change, commit, [sequence(i * 2), sequence(i * 2 + 1)]);
      }
    });
    if (changes.every((change) => change.table.captures.length === 0)) return;
    const transaction = Buffer.alloc(6);
    transaction.writeUInt32BE(begin.readUInt32BE(4), 2);
    this.addTime({ lsn: commit, beganAt, endedAt, transaction, beginLsn: begin });
  }
}
