/**
 * Things that arrive together go out together: while one batch is on its way the next one gathers, and when nothing is
 * on its way a batch leaves at once. No timer: load alone makes batches grow.
 */
export interface Batcher<T> {
  /** Resolves when the batch with this item was sent, rejects with the reason why it was not. */
  add(item: T): Promise<void>;
  /** Resolves when everything added so far was sent or refused. */
  drain(): Promise<void>;
}

export const openBatcher = <T>(
  options: Readonly<{
    send: (items: readonly T[]) => Promise<void>;
    maxItems: number;
    /** Of all items in a batch, as `weight` tells; a single item may be heavier. */
    maxWeight: number;
    weight: (item: T) => number;
  }>,
): Batcher<T> => {
  type Waiting = Readonly<{ item: T; sent: PromiseWithResolvers<undefined> }>;
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  const takeBatch = (): readonly Waiting[] => {
    let weight = 0;
    let size = 0;
    for (const { item } of waiting) {
      weight += options.weight(item);
      if (size > 0 && (size === options.maxItems || weight > options.maxWeight)) break;
      size++;
    }
    const batch = waiting.slice(0, size);
    waiting = waiting.slice(size);
    return batch;
  };

  const run = async (): Promise<void> => {
    // What was added in this same turn of the event loop shares the first batch.
    await Promise.resolve();
    while (waiting.length > 0) {
      const batch = takeBatch();
      try {
        await options.send(batch.map(({ item }) => item));
        for (const { sent } of batch) sent.resolve(undefined);
      } catch (error) {
        for (const { sent } of batch) sent.reject(error);
      }
    }
    running = undefined;
  };

  return {
    add(item) {
      const sent = Promise.withResolvers<undefined>();
      waiting.push({ item, sent });
      running ??= run();
      return sent.promise;
    },
    drain: async () => {
      await running;
    },
  };
};
