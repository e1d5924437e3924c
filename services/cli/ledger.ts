/** What the reference ERP has booked, read from its database. */
import type { Ledger } from './verify/facts.ts';

export type LedgerEntry = Readonly<{ at: bigint | null; what: string; commandId: string | null }>;

export interface LedgerReader {
  everything(): Promise<Ledger>;
  /** What was booked for one order, oldest first. */
  order(orderId: string): readonly LedgerEntry[];
  salesOrderCount(): number;
  close(): void;
}

export declare const openLedger: (path: string) => LedgerReader;
