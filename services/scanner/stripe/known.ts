/**
 * Ids of the events that stripe.events holds, as far as a scan has to tell them: those created since it begins. Only
 * economy hangs on it. An event that is there and not known here is written once more, which changes nothing.
 */
import { decoded, type Source } from '../read.ts';

export interface Known {
  /** Reads on to the end of the topic. */
  refresh(): Promise<void>;
  /** Whether it knows those created since then; what is older is forgotten. */
  covers(since: number): boolean;
  has(eventId: string): boolean;
}

/** `from`: offsets by partition, before which nothing that was created since `since` (epoch seconds) can lie. */
export const openKnown = async (source: Source, from: readonly bigint[], since: number): Promise<Known> => {
  const topic = source.schemas.topic('stripeEvents');
  const count = (await source.admin.partitions([topic.name])).get(topic.name) ?? 0;
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic: topic.name, partition }));
  const positions = (await source.admin.beginningOffsets(partitions)).map(({ partition, offset }) => {
    const marked = from[partition] ?? 0n;
    return { partition, offset: marked > offset ? marked : offset };
  });
  const created = new Map<string, bigint>();
  let begin = BigInt(since) * 1_000n;
  return {
    has: (eventId) => created.has(eventId),
    covers: (wanted) => {
      const from = BigInt(wanted) * 1_000n;
      if (from < begin) return false;
      begin = from;
      for (const [id, at] of created) if (at < begin) created.delete(id);
      return true;
    },
    refresh: async () => {
      for (const at of positions)
        for await (const { position, values } of decoded(source, topic, at.partition, at.offset)) {
          for (const { value } of values) if (value.created >= begin) created.set(value.id, value.created);
          at.offset = position;
        }
    },
  };
};
