/** Where partitions begin and end. */
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
  return answers.flat();
};
