/** The ledger's database, which outlives its program, and a count of what was booked in it. */
import { openLedger, type Ledger } from '../../services/erp-ledger/ledger.ts';

export class LedgerBooks {
  #ledger: Ledger | undefined;
  readonly booked = { applied: 0, repeated: 0, conflicts: 0 };

  /** Whoever opens it meets the same books. Each call of it is one transaction of the database. */
  open(): Ledger {
    const ledger = (this.#ledger ??= openLedger(':memory:'));
    return {
      ...ledger,
      book: (batch, decode) => {
        const booked = ledger.book(batch, decode);
        this.booked.applied += booked?.applied ?? 0;
        this.booked.repeated += booked?.repeated ?? 0;
        this.booked.conflicts += booked?.conflicts ?? 0;
        return booked;
      },
      close: () => undefined,
    };
  }

  get ledger(): Ledger | undefined {
    return this.#ledger;
  }

  close(): void {
    this.#ledger?.close();
  }
}
