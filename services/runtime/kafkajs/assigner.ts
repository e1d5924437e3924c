/** Our group protocol on the wire: members say what they had, the leader shares out co-partitioned and sticky. */
import type { PartitionAssigner } from 'kafkajs';
import { assignPartitions, type Claim } from '../assignment.ts';
import type { Cluster } from './internals.ts';
import { kafkajs, type GroupObserver, type ObservingAssigner } from './load.ts';

export const protocolName = 'millrace-copartitioned-sticky';
const version = 1;

export type Owned = Readonly<{ partitions: readonly number[]; generation: number }>;

const encodeOwned = ({ partitions, generation }: Owned): Buffer => {
  const bytes = Buffer.alloc(4 + 4 * partitions.length);
  bytes.writeInt32BE(generation, 0);
  partitions.forEach((partition, index) => bytes.writeInt32BE(partition, 4 + 4 * index));
  return bytes;
};

const decodeOwned = (bytes: Buffer | null): Owned => {
  if (bytes === null || bytes.length < 4) return { partitions: [], generation: -1 };
  const count = Math.floor(bytes.length / 4) - 1;
  return {
    generation: bytes.readInt32BE(0),
    partitions: Array.from({ length: count }, (_, index) => bytes.readInt32BE(4 + 4 * index)),
  };
};

/** `owned` is asked at every join. */
export const copartitionedAssigner =
  (owned: () => Owned, observer: GroupObserver): PartitionAssigner =>
  ({ cluster }) => {
    const { MemberMetadata, MemberAssignment } = kafkajs.assignerProtocol;
    const metadata = cluster as unknown as Cluster;
    const assigner: ReturnType<PartitionAssigner> & ObservingAssigner = {
      name: protocolName,
      version,
      observer,
      protocol: ({ topics }) => ({
        name: protocolName,
        metadata: MemberMetadata.encode({ version, topics, userData: encodeOwned(owned()) }),
      }),
      assign: ({ members, topics }) => {
        const counts = new Map(
          topics.map((topic) => [topic, metadata.findTopicPartitionMetadata(topic).length] as const),
        );
        const claims: Claim[] = members.map(({ memberId, memberMetadata }) => {
          const { partitions, generation } = decodeOwned(MemberMetadata.decode(memberMetadata).userData);
          return { memberId, owned: partitions, generation };
        });
        const shares = assignPartitions(claims, Math.max(0, ...counts.values()));
        return Promise.resolve(
          [...shares].map(([memberId, share]) => ({
            memberId,
            memberAssignment: MemberAssignment.encode({
              version,
              assignment: Object.fromEntries(
                [...counts].map(([topic, count]) => [topic, share.filter((partition) => partition < count)]),
              ),
            }),
          })),
        );
      },
    };
    return assigner;
  };
