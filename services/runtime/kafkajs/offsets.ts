/** Where partitions begin and end. */
import { RetriableError } from '../errors.ts';
import type { TopicPartition } from '../ports.ts';
import { byLeader, byTopic } from './connection.ts';
import { isolation, timestampOf, type Cluster } from './internals.ts';

export const offsetsAt = async (
  cluster: Cluster,
  sources: readonly TopicPartition[],
  at: keyof typeof timestampOf,
  level: keyof typeof isolation,
): Promise<readonly (TopicPartition & { offset: bigint })[]> => {
  const leaders = await byLeader(cluster, sources);
  const answers = await Promise.all(
    [...leaders].map(async ([broker, led]) => {
      const { responses } = await broker.listOffsets({
        isolationLevel: isolation[level],
        topics: byTopic(led, ({ partition }) => ({ partition, timestamp: timestampOf[at] })),
      });
      return responses.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => ({ topic, partition, offset: BigInt(offset) })),
      );
    }),
  );
  const found = new Map(answers.flat().map((each) => [`${each.topic}/${each.partition}`, each.offset]));
  return sources.map(({ topic, partition }) => {
    const offset = found.get(`${topic}/${partition}`);
    if (offset === undefined) throw new RetriableError(`no offset of ${topic}/${partition}`);
    return { topic, partition, offset };
  });
};
