/**
 * A group member over kafkajs's consumer. Its handler only queues what was fetched, so that no partition holds up
 * another; positions are kept here, and a batch that does not begin where its partition is expected to be is dropped.
 */
import type { EachBatchPayload } from 'kafkajs';
import { FatalError, RetriableError } from '../errors.ts';
import type { ConsumerEvent, GroupConsumer, TopicPartition } from '../ports.ts';
import { copartitionedAssigner, type Owned } from './assigner.ts';
import { openClient, type ConnectionOptions } from './connection.ts';
import { translate } from './errors.ts';
import type { FetchedBatch } from './fetched-batch.ts';
import type { ConsumerGroup } from './internals.ts';
import type { GroupObserver } from './load.ts';

const sessionTimeout = 10_000;
const heartbeatInterval = 1000;
/** Longest wait of a fetch without data; also how long a seek, a resume or a heartbeat may have to wait for it. */
const maxWaitTimeInMs = 100;
const maxBytesPerPartition = 1024 * 1024;
/** Fetching stops while more than this waits to be polled. */
const queueBytes = 32 * 1024 * 1024;

type Queued = Readonly<{ event: ConsumerEvent; bytes: number }>;

const named = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

const bytesOf = ({ messages }: FetchedBatch): number =>
  messages.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + 64, 0);

class Member implements GroupConsumer {
  readonly #groupId: string;
  readonly #consumer;
  #group: ConsumerGroup | undefined;
  #generation = -1;
  #memberId = '';
  #owned: Owned = { partitions: [], generation: -1 };
  #queue: Queued[] = [];
  #queuedBytes = 0;
  /** Where the next batch of a partition must begin; absent while any beginning is as good (a new assignment). */
  readonly #expected = new Map<string, bigint>();
  #failure: Error | undefined;
  #closed = false;
  #news: (() => void) | undefined;
  #room: (() => void)[] = [];

  constructor(options: ConnectionOptions, groupId: string) {
    this.#groupId = groupId;
    const observer: GroupObserver = {
      joined: (group) => this.#joined(group),
      outOfRange: (topic, partition) =>
        this.#fail(
          new FatalError(`${groupId} stands at an offset of ${topic}/${partition} that the brokers do not have`),
        ),
    };
    this.#consumer = openClient(options).consumer({
      groupId,
      partitionAssigners: [copartitionedAssigner(() => this.#owned, observer)],
      sessionTimeout,
      rebalanceTimeout: 30_000,
      heartbeatInterval,
      maxWaitTimeInMs,
      maxBytesPerPartition,
      allowAutoTopicCreation: false,
      readUncommitted: false,
      // A crash is told above; whoever polls decides what happens next.
      retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 6, restartOnFailure: () => Promise.resolve(false) },
    });
  }

  async start(topics: readonly string[]): Promise<void> {
    const consumer = this.#consumer;
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      consumer.on(consumer.events.CRASH, ({ payload: { error } }) => this.#fail(translate(error)));
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: (payload) => this.#accept(payload),
      });
    } catch (error) {
      await this.#disconnect();
      throw translate(error);
    }
  }

  async poll(maxWaitMs: number): Promise<readonly ConsumerEvent[]> {
    if (this.#failure === undefined && this.#queue.length === 0 && !this.#closed && maxWaitMs > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, maxWaitMs);
        this.#news = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#news = undefined;
    }
    if (this.#failure !== undefined) throw this.#failure;
    const events = this.#queue.map(({ event }) => event);
    this.#queue = [];
    this.#queuedBytes = 0;
    for (const room of this.#room.splice(0)) room();
    return events;
  }

  seek(source: TopicPartition, offset: bigint): void {
    if (this.#closed || this.#failure !== undefined) return;
    this.#expected.set(named(source), offset);
    this.#forget((queued) => named(queued) === named(source));
    this.#consumer.seek({ ...source, offset: offset.toString() });
  }

  pause(sources: readonly TopicPartition[]): void {
    if (this.#closed || this.#failure !== undefined) return;
    this.#consumer.pause(sources.map(({ topic, partition }) => ({ topic, partitions: [partition] })));
  }

  resume(sources: readonly TopicPartition[]): void {
    if (this.#closed || this.#failure !== undefined) return;
    this.#consumer.resume(sources.map(({ topic, partition }) => ({ topic, partitions: [partition] })));
  }

  metadata(): { groupId: string; generation: number; memberId: string } {
    return { groupId: this.#groupId, generation: this.#generation, memberId: this.#memberId };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#news?.();
    for (const room of this.#room.splice(0)) room();
    await this.#disconnect();
  }

  /** Called by the group between joining and fetching. */
  #joined(group: ConsumerGroup): void {
    const { generationId, memberId } = group;
    this.#group = group;
    this.#generation = generationId ?? -1;
    this.#memberId = memberId ?? '';
    this.#expected.clear();
    // Records of the assignment before are not this one's.
    this.#forget(() => true);
    const partitions = group
      .assigned()
      .flatMap(({ topic, partitions: numbers }) => numbers.map((partition) => ({ topic, partition })));
    this.#owned = {
      partitions: [...new Set(partitions.map(({ partition }) => partition))],
      generation: this.#generation,
    };
    this.#resumeAll(partitions);
    this.#push({ event: { kind: 'assigned', partitions, generation: this.#generation }, bytes: 0 });
  }

  /** kafkajs keeps partitions paused over a rebalance; whoever owns them now decides anew. */
  #resumeAll(partitions: readonly TopicPartition[]): void {
    this.resume(partitions);
  }

  async #accept(payload: EachBatchPayload): Promise<void> {
    const batch = payload.batch as unknown as FetchedBatch;
    const source = { topic: batch.topic, partition: batch.partition };
    const fetchOffset = BigInt(batch.fetchedOffset);
    const generation = this.#generation;
    // A seek that kafkajs has yet to follow will bring these records again: to take them as well would put its position
    // behind ours for good, and everything it fetches from there would be refused here.
    const stale = () => {
      const expected = this.#expected.get(named(source));
      return (
        generation !== this.#generation || payload.isStale() || (expected !== undefined && expected !== fetchOffset)
      );
    };
    if (stale()) return;
    while (this.#queuedBytes > queueBytes && payload.isRunning() && !this.#closed) {
      await this.#waitForRoom();
      await payload.heartbeat();
    }
    if (stale() || !payload.isRunning()) return;
    const { nextOffset } = batch;
    this.#expected.set(named(source), nextOffset);
    this.#group?.resolveOffset({ ...source, offset: (nextOffset - 1n).toString() });
    this.#push({
      event: { kind: 'records', source, fetchOffset, records: batch.records(), nextOffset },
      bytes: bytesOf(batch),
    });
  }

  async #waitForRoom(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, heartbeatInterval);
      this.#room.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #push(queued: Queued): void {
    this.#queue.push(queued);
    this.#queuedBytes += queued.bytes;
    this.#news?.();
  }

  #forget(which: (source: TopicPartition) => boolean): void {
    this.#queue = this.#queue.filter(({ event }) => event.kind !== 'records' || !which(event.source));
    this.#queuedBytes = this.#queue.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#news?.();
  }

  async #disconnect(): Promise<void> {
    try {
      await this.#consumer.disconnect();
    } catch (error) {
      // The session timeout does what leaving would have done.
      this.#failure ??= new RetriableError('the consumer did not leave its group', { cause: error });
    }
  }
}

export const openGroupConsumer = async (
  options: ConnectionOptions,
  groupId: string,
  topics: readonly string[],
): Promise<GroupConsumer> => {
  const member = new Member(options, groupId);
  await member.start(topics);
  return member;
};
