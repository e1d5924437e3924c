/** What Debezium's SQL Server envelopes have in common. */
import type { Source } from '../../../schemas/generated/types.ts';
import { type Decimal, decimalFromBytes } from '../domain/money.ts';

export type Envelope<R> = Readonly<{ before: R | null; after: R | null; source: Source; op: string }>;

/** SQL Server's `money`. */
const MONEY_SCALE = 4;

export const moneyOf = (bytes: Uint8Array | null): Decimal =>
  bytes === null ? { unscaled: 0n, scale: MONEY_SCALE } : decimalFromBytes(bytes, MONEY_SCALE);

/**
 * Where a change lies in the database's log, as text that sorts like it: commit LSN, change LSN, and the serial of the
 * events that one change gives (a changed key gives two). Rows of a snapshot share the snapshot's LSN and come before
 * changes.
 */
export const placeOf = (envelope: Envelope<unknown> | null): string | undefined => {
  if (envelope === null) return undefined;
  const { commit_lsn, change_lsn, event_serial_no } = envelope.source;
  if (commit_lsn === null) return undefined;
  return `${commit_lsn}/${change_lsn ?? ''}/${(event_serial_no ?? 0n).toString().padStart(6, '0')}`;
};

export const isSnapshotRead = (envelope: Envelope<unknown>): boolean => envelope.op === 'r';

/** The row after the change, or null when the row is gone. */
export const rowAfter = <R>(envelope: Envelope<R>): R | null => (envelope.op === 'd' ? null : envelope.after);

const operations = new Set(['c', 'r', 'u', 'd']);

export const isRowChange = (envelope: Envelope<unknown>): boolean => operations.has(envelope.op);
