/** A read_committed group member whose every poll is a step. What it fetches, and how much, is up to chance. */
import { RetriableError } from '../../services/runtime/errors.ts';
import type { MemoryBroker, Member } from '../../services/runtime/memory/broker.ts';
import type { PartitionLog } from '../../services/runtime/memory/log.ts';
import type { ConsumerEvent, GroupConsumer, TopicPartition } from '../../services/runtime/ports.ts';
import { never, type Listener, type Process, type World } from './world.ts';

type Position = { readonly source: TopicPartition; readonly log: PartitionLog; offset: bigint; paused: boolean };

export type SimulatedConsumer = GroupConsumer & {
  readonly groupId: string;
  /** The group goes on without it, and it does not know. */
  evict(): void;
  /** Evicted, and not yet aware of it. */
  readonly estranged: boolean;
  /** Its heartbeat tells it: it joins again. */
  notice(): void;
};

export const simulatedConsumer = (
  world: World,
  broker: MemoryBroker,
  process: Process,
  groupId: string,
  topics: readonly string[],
  onAssigned: (partitions: readonly TopicPartition[]) => void,
): SimulatedConsumer => {
  const { chance, faults } = world;
  const { pageSize } = world.scenario;
  let member: Member = broker.join(groupId, topics);
  const positions = new Map<string, Position>();
  let lost = false;
  let closed = false;
  let waiting: { resolve: (events: ConsumerEvent[]) => void; reject: (error: Error) => void } | undefined;

  const assigned = (): ConsumerEvent | undefined => {
    const assignment = broker.takeAssignment(member);
    if (assignment === undefined) return undefined;
    positions.clear();
    const partitions = topics.flatMap((topic) =>
      assignment.partitions
        .filter((partition) => partition < (broker.partitionCount(topic) ?? 0))
        .map((partition) => ({ topic, partition })),
    );
    for (const source of partitions) {
      const log = broker.log(source);
      positions.set(`${source.topic}/${source.partition}`, {
        source,
        log,
        offset: broker.committed(groupId, source) ?? log.start,
        paused: false,
      });
    }
    onAssigned(partitions);
    return { kind: 'assigned', partitions, generation: assignment.generation };
  };

  /** Brokers answer for their partitions at different times: some may have nothing to say yet. */
  const fetch = (): ConsumerEvent[] => {
    const ready = [...positions.values()].filter(({ log, offset, paused }) => !paused && log.stable > offset);
    const few = ready.length > 1 && chance.flip(0.3);
    return (few ? [chance.pick(ready)] : ready).map((position) => {
      const { source, log, offset } = position;
      const { records, nextOffset } = log.read(offset, chance.flip(0.2) ? 1 : pageSize);
      position.offset = nextOffset;
      return { kind: 'records', source, fetchOffset: offset, records, nextOffset };
    });
  };

  const listener: Listener = {
    is: 'listener',
    process,
    label: `${process.name}: polls ${groupId}`,
    deadline: undefined,
    seen: -1,
    news: false,
    hasNews: () => {
      if (lost || member.pending !== undefined) return true;
      for (const { log, offset, paused } of positions.values()) if (!paused && log.stable > offset) return true;
      return false;
    },
    tell: () => {
      const { resolve, reject } = waiting!;
      waiting = undefined;
      listener.deadline = undefined;
      listener.seen = -1;
      if (faults.strikes('fetch-fails')) {
        reject(new RetriableError('simulated: the fetch failed'));
        return;
      }
      const events: ConsumerEvent[] = [];
      if (lost) events.push({ kind: 'lost' });
      lost = false;
      const change = assigned();
      if (change !== undefined) events.push(change);
      // The answer of a fetch may be with the assignment, or come later.
      if (change === undefined || chance.flip(0.5)) events.push(...fetch());
      resolve(events);
    },
  };
  if (process.state !== 'dead') world.listeners.push(listener);
  world.version++;

  return {
    groupId,
    get estranged() {
      return member.evicted && !closed;
    },
    poll: (maxWaitMs) =>
      process.state === 'dead'
        ? never()
        : new Promise((resolve, reject) => {
            if (closed) {
              resolve([]);
              return;
            }
            waiting = { resolve, reject };
            listener.deadline = world.now + maxWaitMs;
            listener.seen = -1;
          }),
    seek: (source, offset) => {
      const position = positions.get(`${source.topic}/${source.partition}`);
      if (position === undefined) return;
      position.offset = offset;
      listener.seen = -1;
    },
    pause: (sources) => {
      for (const { topic, partition } of sources) {
        const position = positions.get(`${topic}/${partition}`);
        if (position !== undefined) position.paused = true;
      }
    },
    resume: (sources) => {
      listener.seen = -1;
      for (const { topic, partition } of sources) {
        const position = positions.get(`${topic}/${partition}`);
        if (position !== undefined) position.paused = false;
      }
    },
    metadata: () => ({ groupId, generation: member.generation, memberId: member.id }),
    close: () => {
      if (process.state === 'dead') return never();
      closed = true;
      listener.deadline = undefined;
      world.listeners.splice(world.listeners.indexOf(listener), 1);
      broker.leave(groupId, member);
      world.version++;
      waiting?.resolve([]);
      return Promise.resolve();
    },
    evict: () => {
      broker.leave(groupId, member);
      world.version++;
    },
    notice: () => {
      lost = chance.flip(0.5);
      positions.clear();
      member = broker.join(groupId, topics);
      world.version++;
    },
  };
};
