import { beforeAll, describe, expect, it } from 'vitest';
import type { RecordStock, UpsertItem } from '../../../schemas/generated/types.ts';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { openLedger } from '../../../services/erp-ledger/ledger.ts';
import { readLedger } from '../../../services/erp-ledger/read.ts';
import type { Topic } from '../../../services/runtime/topology.ts';
import { inventory, openTopic, recordsOf, SOURCE, temporaryLedger } from './support.ts';

let topic: Topic<ErpCommand>;
beforeAll(async () => {
  topic = await openTopic();
});

/** The variant of which `inventory` takes units. */
const { variantId } = inventory('1').payload.lines[0]!;
const about = (what: string) => ({
  commandId: `item:${variantId}/${what}`,
  orderId: `item:${variantId}`,
  target: 'erp' as const,
  causationId: 'adnsf:ProductVariant',
  occurredAt: 1_790_000_000_000n,
  workflow: 'catalogue@1',
});
const item = (n: number, over: Partial<UpsertItem['payload']> = {}): UpsertItem => ({
  ...about(`upsert-item/${n}`),
  type: 'UpsertItem',
  payload: {
    variantId,
    productId: 7,
    sku: 'MUG',
    name: 'Mug',
    currency: 'USD',
    price: 1_250n,
    salePrice: null,
    active: true,
    stripeProductId: `adnsf_item_${variantId}`,
    ...over,
  },
});
const stock = (sequence: number, supply: number, over: Partial<RecordStock['payload']> = {}): RecordStock => ({
  ...about(`record-stock/${over.size ?? 'all'}/${sequence}`),
  type: 'RecordStock',
  payload: {
    variantId,
    color: null,
    size: null,
    sequence,
    supply,
    change: 1,
    reason: 'by_hand',
    version: null,
    ...over,
  },
});

const after = (commands: readonly ErpCommand[]) => {
  using files = temporaryLedger();
  const ledger = openLedger(files.path);
  ledger.begin(SOURCE, 0n);
  const records = recordsOf(commands, (command) => topic.value.encode(command));
  const batch = { source: SOURCE, fetchOffset: 0n, records, nextOffset: BigInt(records.length) };
  const booked = ledger.book(batch, (value) => topic.value.decode(value));
  ledger.close();
  const reader = readLedger(files.path);
  try {
    return { booked, items: reader.items() };
  } finally {
    reader.close();
  }
};

describe('items of the ledger', () => {
  it('are as they were told last, and have what orders left of the supply', () => {
    const { booked, items } = after([
      item(1),
      stock(1, 40, { reason: 'opened' }),
      inventory('1', 3),
      item(2, { name: 'Big Mug', price: 1_300n, salePrice: 999n, active: false }),
      stock(3, 50, { reason: 'counted', version: 9n }),
      stock(2, 45),
    ]);
    expect(booked).toMatchObject({ applied: 6, conflicts: 0 });
    expect(items).toMatchObject([
      { name: 'Big Mug', price: 1_300n, salePrice: 999n, active: 0n, supply: 50n, taken: 3n },
    ]);
  });

  it('add up over colours and sizes', () => {
    const sizes = [stock(1, 40, { size: 'S' }), stock(1, 30, { size: 'L' }), stock(2, 35, { size: 'L' })];
    expect(after([item(1), ...sizes]).items).toMatchObject([{ supply: 75n, taken: 0n }]);
  });

  it('that were counted twice under one number are for a person', () => {
    const twice = { ...stock(1, 41), commandId: `item:${variantId}/record-stock/all/one` };
    expect(after([item(1), stock(1, 40), twice])).toMatchObject({
      booked: { applied: 2, conflicts: 1 },
      items: [{ supply: 40n }],
    });
  });
});
