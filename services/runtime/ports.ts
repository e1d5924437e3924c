/**
 * The words between the stream engine and Kafka. Adapters (`kafkajs/`, `memory/`) implement these and pass one
 * conformance suite; nothing else in the engine knows which client is underneath.
 */

export type TopicPartition = Readonly<{ topic: string; partition: number }>;

export type RecordHeaders = Readonly<Record<string, Buffer>>;

/**
 * Where a group stands in a partition: the next record to be read. `note` is text that is committed with the position
 * and comes back with it (Kafka's offset metadata, at most about 4,000 bytes); absent when there is none.
 */
export type GroupPosition = TopicPartition & Readonly<{ offset: bigint; note?: string }>;

/** A record as it lies in a partition. `timestamp` is in epoch milliseconds. */
export type ConsumedRecord = Readonly<{
  topic: string;
  partition: number;
  offset: bigint;
  timestamp: bigint;
  key: Buffer | null;
  value: Buffer | null;
  headers: RecordHeaders;
}>;

/** A record to be appended. Without `partition` the key decides, by Java's murmur2. */
export type ProducedRecord = Readonly<{
  topic: string;
  partition?: number;
  key: Buffer | null;
  value: Buffer | null;
  headers?: RecordHeaders;
  timestamp?: bigint;
}>;

/**
 * What one poll of a group member yields, in order.
 * - `assigned` replaces the whole assignment: partitions that are missing were revoked.
 * - `records` never come from before a `seek` or an older assignment; `fetchOffset` is the position they were asked
 *   from and `nextOffset` the position after them, which may lie beyond the last record (control records, compaction)
 *   and also comes with no records at all. Whoever keeps positions compares `fetchOffset` with his own: events may have
 *   been on their way while he sought.
 */
export type ConsumerEvent =
  | Readonly<{ kind: 'assigned'; partitions: readonly TopicPartition[]; generation: number }>
  | Readonly<{
      kind: 'records';
      source: TopicPartition;
      fetchOffset: bigint;
      records: readonly ConsumedRecord[];
      nextOffset: bigint;
    }>
  | Readonly<{ kind: 'lost' }>;

/** The identity of a group member in one generation: offsets committed with an old one are refused. */
export type GroupMetadata = Readonly<{ groupId: string; generation: number; memberId: string }>;

/** The sender of offsets for a group without members. Brokers do not ask whether it has any: look before. */
export const nobody = (groupId: string): GroupMetadata => ({ groupId, generation: -1, memberId: '' });

export type GroupMember = Readonly<{ memberId: string; clientId: string; host: string }>;

/** A read_committed member of a consumer group whose topics are co-partitioned: partition i of all goes to one member. */
export interface GroupConsumer {
  /** Waits until something happened, at most `maxWaitMs`. Throws the errors of `errors.ts`. */
  poll(maxWaitMs: number): Promise<readonly ConsumerEvent[]>;
  /** Continues at `offset`; records fetched before are never delivered. */
  seek(source: TopicPartition, offset: bigint): void;
  pause(sources: readonly TopicPartition[]): void;
  resume(sources: readonly TopicPartition[]): void;
  metadata(): GroupMetadata;
  /** Leaves the group. */
  close(): Promise<void>;
}

/** One open transaction. After any error it is unusable; its outcome is unknown until committed offsets are re-read. */
export interface Transaction {
  /** Resolves when all are in the log, to the position after the last of them in each partition. */
  send(records: readonly ProducedRecord[]): Promise<readonly (TopicPartition & { offset: bigint })[]>;
  /** Replaces position and note of each partition named; a position without a note takes the note before away. */
  sendOffsets(group: GroupMetadata, offsets: readonly GroupPosition[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** An idempotent producer with a transactional id, one request in flight. Opening one fences every predecessor. */
export interface TransactionalProducer {
  begin(): Promise<Transaction>;
  close(): Promise<void>;
}

/** An idempotent producer (acks=all) outside transactions, for sources such as webhooks. */
export interface IdempotentProducer {
  /** Resolves when the brokers have acknowledged every record. */
  send(records: readonly ProducedRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Reads partitions outside any group, as a changelog restore, a replay or a person does. */
export interface PartitionReader {
  /**
   * Records of one partition from `from` up to `to` (exclusive; the read_committed end at the call when left out), in
   * pages. `position` is where the next page begins.
   */
  read(
    source: TopicPartition,
    from: bigint,
    to?: bigint,
  ): AsyncIterable<Readonly<{ records: readonly ConsumedRecord[]; position: bigint }>>;
  close(): Promise<void>;
}

export type TopicSpec = Readonly<{
  topic: string;
  partitions: number;
  replication: number;
  config: Readonly<Record<string, string>>;
}>;

export interface Admin {
  /** Partition count by topic; topics that do not exist are absent. */
  partitions(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  createTopics(specs: readonly TopicSpec[]): Promise<void>;
  topicConfig(topic: string): Promise<ReadonlyMap<string, string>>;
  alterTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void>;
  /** Committed positions of a group; partitions without one are absent. */
  committedOffsets(groupId: string, partitions: readonly TopicPartition[]): Promise<readonly GroupPosition[]>;
  /** The first offset that still exists. */
  beginningOffsets(partitions: readonly TopicPartition[]): Promise<readonly (TopicPartition & { offset: bigint })[]>;
  /** `high`: the high watermark. `stable`: the last stable offset, the end for read_committed readers. */
  endOffsets(
    partitions: readonly TopicPartition[],
  ): Promise<readonly (TopicPartition & { high: bigint; stable: bigint })[]>;
  listGroups(): Promise<readonly string[]>;
  /** Who is in a group now; nobody when there is no such group. */
  groupMembers(groupId: string): Promise<readonly GroupMember[]>;
  close(): Promise<void>;
}

/** One Kafka cluster, as the engine sees it. */
export interface KafkaCluster {
  consumer(
    options: Readonly<{ groupId: string; topics: readonly string[]; clientId?: string }>,
  ): Promise<GroupConsumer>;
  /** `timeoutMs`: how long the brokers let one transaction stay open before they abort it. */
  transactionalProducer(
    transactionalId: string,
    options?: Readonly<{ timeoutMs?: number }>,
  ): Promise<TransactionalProducer>;
  idempotentProducer(): Promise<IdempotentProducer>;
  reader(): Promise<PartitionReader>;
  admin(): Promise<Admin>;
}
