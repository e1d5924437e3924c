/** What became of each order, as its shopper and the ledger tell. */
import { existsSync } from 'node:fs';
import BetterSqlite from 'better-sqlite3';
import { z } from 'zod';
import { type Tail, tailOf } from '../../infra/demo/tail.ts';

/** Epoch milliseconds. */
export type OrderLife = Readonly<{
  order: number;
  placedAt: number;
  /** All the way: refused in the shop, or paid in the shop with the fee in the ledger, which is the last step there is. */
  endedAt: number | undefined;
}>;

const told = z.object({
  event: z.string(),
  at: z.string().optional(),
  order: z.number().optional(),
  error: z.string().optional(),
  visit: z.number().optional(),
});

type Known = { placedAt: number; shopAt: number | undefined; paid: boolean };

/** Folds lines and fees; pure but for the state it is. */
export class OrderBook {
  readonly #orders = new Map<number, Known>();
  readonly #fees = new Map<number, number>();
  readonly #ended = new Map<number, number>();
  /** Visits that ended without an end. */
  readonly gaveUp: string[] = [];

  line(line: string): void {
    if (!line.startsWith('{')) return;
    const parsed = told.safeParse(JSON.parse(line));
    if (!parsed.success) return;
    const { event, order, at = '', error, visit } = parsed.data;
    if (event === 'failed') this.gaveUp.push(`visit ${String(visit)}: ${error ?? ''}`);
    if (order === undefined) return;
    const time = Date.parse(at);
    // A visit that is taken up again tells again where it stands.
    if (event === 'placed' && !this.#orders.has(order))
      this.#orders.set(order, { placedAt: time, shopAt: undefined, paid: false });
    const known = this.#orders.get(order);
    if (known === undefined || known.shopAt !== undefined || (event !== 'paid' && event !== 'refused')) return;
    known.shopAt = time;
    known.paid = event === 'paid';
    this.#review(order, known);
  }

  /** The ledger has an order's fee, seen at `at`. */
  fee(order: number, at: number): void {
    if (this.#fees.has(order)) return;
    this.#fees.set(order, at);
    const known = this.#orders.get(order);
    if (known !== undefined) this.#review(order, known);
  }

  #review(order: number, { shopAt, paid }: Known): void {
    if (shopAt === undefined || this.#ended.has(order)) return;
    const feeAt = this.#fees.get(order);
    if (!paid) this.#ended.set(order, shopAt);
    else if (feeAt !== undefined) this.#ended.set(order, Math.max(shopAt, feeAt));
  }

  all(): OrderLife[] {
    return [...this.#orders].map(([order, { placedAt }]) => ({ order, placedAt, endedAt: this.#ended.get(order) }));
  }
}

export interface OrderWatch {
  /** Reads on. */
  look(): Promise<readonly OrderLife[]>;
  readonly gaveUp: readonly string[];
  close(): Promise<void>;
}

/** How often the ledger is asked: what it has is dated by when it was seen. */
const LOOK_EVERY_MS = 100;

/** Watches the shoppers' log and the ledger's database until it is closed, whether anybody looks or not. */
export const watchOrders = async (shopperLog: string, ledgerFile: string): Promise<OrderWatch> => {
  const book = new OrderBook();
  const tail: Tail = await tailOf(shopperLog);
  let ledger: BetterSqlite.Database | undefined;
  let lastRow = 0;
  const fees = (): void => {
    if (ledger === undefined && !existsSync(ledgerFile)) return;
    ledger ??= new BetterSqlite(ledgerFile, { readonly: true });
    const rows = ledger
      .prepare<[number], { row: number; orderId: string }>(
        'SELECT rowid AS row, order_id AS orderId FROM processing_fees WHERE rowid > ? ORDER BY rowid',
      )
      .all(lastRow);
    for (const { row, orderId } of rows) {
      book.fee(Number(orderId), Date.now());
      lastRow = row;
    }
  };
  const read = async (): Promise<void> => {
    for (const line of await tail.more()) book.line(line);
    try {
      fees();
    } catch (error) {
      // The ledger may be making its tables just now.
      if (!(error instanceof BetterSqlite.SqliteError)) throw error;
      ledger?.close();
      ledger = undefined;
    }
  };
  // One reading at a time: two would read the same lines.
  let reading = Promise.resolve();
  const timer = setInterval(() => {
    reading = reading.then(read);
  }, LOOK_EVERY_MS);
  return {
    gaveUp: book.gaveUp,
    look: async () => {
      reading = reading.then(read);
      await reading;
      return book.all();
    },
    close: async () => {
      clearInterval(timer);
      // A reading that is under way has the ledger in its hands.
      await reading;
      ledger?.close();
    },
  };
};
