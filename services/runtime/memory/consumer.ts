/** A read_committed group member over the in-memory brokers. */
import type { ConsumerEvent, GroupConsumer, TopicPartition } from '../ports.ts';
import type { Scheduler } from '../scheduler.ts';
import { sourceKey, type MemoryBroker, type Member } from './broker.ts';

export type MemoryConsumer = GroupConsumer & {
  /** The process died, or is cut off: the group goes on without it, and it does not notice by itself. */
  evict(): void;
};

export const memoryConsumer = (
  broker: MemoryBroker,
  scheduler: Scheduler,
  groupId: string,
  topics: readonly string[],
  pageSize: number,
): MemoryConsumer => {
  const member: Member = broker.join(groupId, topics);
  const positions = new Map<string, { source: TopicPartition; offset: bigint }>();
  const paused = new Set<string>();
  let closed = false;

  const assigned = (): ConsumerEvent | undefined => {
    const assignment = broker.takeAssignment(member);
    if (assignment === undefined) return undefined;
    positions.clear();
    paused.clear();
    const partitions = topics.flatMap((topic) =>
      assignment.partitions
        .filter((partition) => partition < (broker.partitionCount(topic) ?? 0))
        .map((partition) => ({ topic, partition })),
    );
    for (const source of partitions) {
      const offset = broker.committed(groupId, source) ?? broker.log(source).start;
      positions.set(sourceKey(source), { source, offset });
    }
    return { kind: 'assigned', partitions, generation: assignment.generation };
  };

  const fetch = (): ConsumerEvent[] => {
    const events: ConsumerEvent[] = [];
    for (const [key, position] of positions) {
      if (paused.has(key)) continue;
      const { source, offset } = position;
      const { records, nextOffset } = broker.log(source).read(offset, pageSize);
      if (nextOffset === offset) continue;
      position.offset = nextOffset;
      events.push({ kind: 'records', source, fetchOffset: offset, records, nextOffset });
    }
    return events;
  };

  const pollNow = (): ConsumerEvent[] => {
    broker.request('fetch', groupId);
    const change = assigned();
    return change === undefined ? fetch() : [change, ...fetch()];
  };

  return {
    poll: async (maxWaitMs) => {
      await Promise.resolve();
      if (closed) return [];
      const events = pollNow();
      if (events.length > 0 || maxWaitMs <= 0) return events;
      const { happened, forget } = broker.change();
      const give = new AbortController();
      await Promise.race([happened, scheduler.sleep(maxWaitMs, give.signal)]);
      give.abort();
      forget();
      return pollNow();
    },
    seek: (source, offset) => {
      const position = positions.get(sourceKey(source));
      if (position !== undefined) position.offset = offset;
    },
    pause: (sources) => {
      for (const source of sources) paused.add(sourceKey(source));
    },
    resume: (sources) => {
      for (const source of sources) paused.delete(sourceKey(source));
    },
    metadata: () => ({ groupId, generation: member.generation, memberId: member.id }),
    close: () => {
      closed = true;
      broker.leave(groupId, member);
      return Promise.resolve();
    },
    evict: () => broker.leave(groupId, member),
  };
};
