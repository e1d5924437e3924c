import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openBatcher } from '../../../services/webhooks/batcher.ts';

const controlled = (limits: { maxItems?: number; maxWeight?: number } = {}) => {
  const batches: { items: readonly string[]; done: PromiseWithResolvers<undefined> }[] = [];
  const batcher = openBatcher<string>({
    send: async (items) => {
      const done = Promise.withResolvers<undefined>();
      batches.push({ items, done });
      await done.promise;
    },
    maxItems: limits.maxItems ?? 100,
    maxWeight: limits.maxWeight ?? 1_000,
    weight: (item) => item.length,
  });
  return { batcher, batches };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('batcher', () => {
  it('sends at once when idle, and gathers what comes meanwhile into one batch', async () => {
    const { batcher, batches } = controlled();
    const first = batcher.add('a');
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([['a']]);
    const rest = ['b', 'c', 'd'].map((item) => batcher.add(item));
    await turn();
    expect(batches).toHaveLength(1);
    batches[0]!.done.resolve(undefined);
    await first;
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd']]);
    batches[1]!.done.resolve(undefined);
    await Promise.all(rest);
  });

  it('puts what is added in one turn into the first batch', async () => {
    const { batcher, batches } = controlled();
    const all = ['a', 'b'].map((item) => batcher.add(item));
    await turn();
    expect(batches.map(({ items }) => items)).toEqual([['a', 'b']]);
    batches[0]!.done.resolve(undefined);
    await Promise.all(all);
  });

  it('fails a batch as a whole and goes on with the next', async () => {
    const { batcher, batches } = controlled();
    const outcomes = [batcher.add('a'), batcher.add('b')];
    await turn();
    const later = batcher.add('c');
    batches[0]!.done.reject(new Error('away'));
    expect((await Promise.allSettled(outcomes)).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await turn();
    batches[1]!.done.resolve(undefined);
    await later;
  });

  it('keeps the order and the limits whatever comes', async () => {
    const items = fc.array(fc.string({ minLength: 1, maxLength: 8 }), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 5 }), async (list, maxItems) => {
        const sent: (readonly string[])[] = [];
        const batcher = openBatcher<string>({
          send: async (batch) => {
            sent.push(batch);
            await Promise.resolve();
          },
          maxItems,
          maxWeight: 10,
          weight: (item) => item.length,
        });
        await Promise.all(list.map((item) => batcher.add(item)));
        await batcher.drain();
        expect(sent.flat()).toEqual(list);
        for (const batch of sent) {
          expect(batch.length).toBeLessThanOrEqual(maxItems);
          expect(batch.length === 1 || batch.join('').length <= 10).toBe(true);
        }
      }),
    );
  });
});
