import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LineRow } from '../../../schemas/generated/types.ts';
import {
  noLines,
  withChangedLine,
  withLine,
  withoutLine,
  withSnapshotLine,
} from '../../../services/order-stream/domain/order-lines.ts';

const line = (cartRecordId: number, over: Partial<LineRow> = {}): LineRow => ({
  cartRecordId,
  productId: 1,
  variantId: 1,
  sku: 'W-1',
  name: 'Widget',
  quantity: 1,
  extendedPrice: '9.9900',
  taxable: true,
  addedToCartAt: null,
  ...over,
});

describe('lines without a key', () => {
  it('a change finds its line by what it was, and keeps when it was put into the cart', () => {
    const state = withLine(withLine(noLines, line(1, { addedToCartAt: 5n })), line(2));
    const changed = withChangedLine(state, line(1, { name: null }), line(1, { extendedPrice: '19.9800' }));
    expect(changed.lines.map((each) => [each.cartRecordId, each.extendedPrice, each.addedToCartAt])).toEqual([
      [1, '19.9800', 5n],
      [2, '9.9900', null],
    ]);
  });

  it('equal lines are as many as were inserted and not deleted', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 3 }))), (steps) => {
        let state = noLines;
        const counts = new Map<number, number>();
        for (const [insert, id] of steps) {
          const count = counts.get(id) ?? 0;
          if (insert) {
            state = withLine(state, line(id));
            counts.set(id, count + 1);
          } else {
            state = withoutLine(state, line(id));
            counts.set(id, Math.max(0, count - 1));
          }
        }
        for (const [id, count] of counts)
          expect(state.lines.filter((each) => each.cartRecordId === id)).toHaveLength(count);
      }),
    );
  });

  it('a newer snapshot replaces what an older one read', () => {
    const first = withSnapshotLine(withSnapshotLine(noLines, line(1), '0001'), line(2), '0001');
    const streamed = withLine(first, line(3));
    expect(streamed.lines).toHaveLength(3);
    const again = withSnapshotLine(withSnapshotLine(streamed, line(1), '0009'), line(3), '0009');
    expect(again.lines.map((each) => each.cartRecordId)).toEqual([1, 3]);
  });
});
