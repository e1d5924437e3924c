import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import BetterSqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type OrderWatch, watchOrders } from '../../faults/orders.ts';

describe('the watch over orders', () => {
  let directory: string;
  let watch: OrderWatch | undefined;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'millrace-watch-'));
  });
  afterEach(async () => {
    await watch?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('sees what the shoppers and the ledger say from now on, and dates a fee though nobody looks', async () => {
    const [log, ledger] = [join(directory, 'shopper.log'), join(directory, 'ledger.db')];
    const tell = (event: string, order: number, at: number): void =>
      appendFileSync(log, `${JSON.stringify({ at: new Date(at).toISOString(), event, order })}\n`);
    writeFileSync(log, '');
    tell('placed', 1, 1_000);
    watch = await watchOrders(log, ledger);
    tell('placed', 2, 2_000);
    tell('paid', 2, 3_000);
    expect(await watch.look()).toEqual([{ order: 2, placedAt: 2_000, endedAt: undefined }]);

    const database = new BetterSqlite(ledger);
    database.exec('CREATE TABLE processing_fees (command_id TEXT PRIMARY KEY, order_id TEXT NOT NULL) STRICT');
    database.prepare('INSERT INTO processing_fees VALUES (?, ?)').run('c', '2');
    const written = Date.now();
    const opened = watch;
    await vi.waitFor(async () => expect((await opened.look())[0]?.endedAt).toBeGreaterThanOrEqual(written));
    const endedAt = (await opened.look())[0]?.endedAt;
    database.prepare('INSERT INTO processing_fees VALUES (?, ?)').run('d', '3');
    database.close();
    tell('placed', 3, 4_000);
    tell('paid', 3, 5_000);
    tell('failed', 4, 6_000);
    // Nobody looks: that it is seen is the watch's own doing.
    await vi.waitFor(() => expect(opened.gaveUp).toHaveLength(1));
    const seen = Date.now();
    const [second, third] = await opened.look();
    expect(second?.endedAt).toBe(endedAt);
    expect(third?.endedAt).toBeLessThanOrEqual(seen);
  });
});
