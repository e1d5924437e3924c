/**
 * The parts of kafkajs below its public face that the adapters stand on, as types. The version is pinned and asserted
 * where they are loaded.
 */
export type Encoder = {
  writeInt8(value: number): Encoder;
  writeInt16(value: number): Encoder;
  writeInt32(value: number): Encoder;
  writeInt64(value: string): Encoder;
  writeUVarInt(value: number): Encoder;
  writeUVarIntString(value: string | null): Encoder;
};

export type Decoder = {
  readonly buffer: Buffer;
  readonly offset: number;
  readInt16(): number;
  readInt32(): number;
  readUVarInt(): number;
  readUVarIntString(): string | null;
  forward(bytes: number): void;
};

export type RawMessage = Readonly<{
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Readonly<Record<string, Buffer | string | (Buffer | string)[] | undefined>>;
  isControlRecord: boolean;
  batchContext?: Readonly<{ producerId: string; inTransaction: boolean }>;
}>;

export type AbortedTransaction = Readonly<{ producerId: string; firstOffset: string }>;

export type PartitionData = Readonly<{
  partition: number;
  highWatermark: string;
  lastStableOffset?: string;
  abortedTransactions?: readonly AbortedTransaction[];
  messages: readonly RawMessage[];
}>;

export type PartitionMetadata = Readonly<{ partitionId: number; leader: number | null }>;

type Topics<P> = readonly Readonly<{ topic: string; partitions: readonly P[] }>[];

export type OutgoingMessage = Readonly<{
  key: Buffer | null;
  value: Buffer | null;
  headers?: Readonly<Record<string, Buffer>>;
  timestamp?: number;
}>;

type ProducerIdentity = Readonly<{ transactionalId: string; producerId: string; producerEpoch: number }>;

export type Broker = {
  readonly nodeId: number;
  isConnected(): boolean;
  initProducerId(request: {
    transactionalId: string;
    transactionTimeout: number;
  }): Promise<{ producerId: string; producerEpoch: number }>;
  addPartitionsToTxn(request: ProducerIdentity & { topics: Topics<number> }): Promise<unknown>;
  addOffsetsToTxn(request: ProducerIdentity & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    request: ProducerIdentity & {
      groupId: string;
      topics: Topics<Readonly<{ partition: number; offset: string; note: string | null }>>;
    },
  ): Promise<unknown>;
  endTxn(request: ProducerIdentity & { transactionResult: boolean }): Promise<unknown>;
  produce(
    request: ProducerIdentity & {
      acks: -1;
      topicData: Topics<Readonly<{ partition: number; firstSequence: number; messages: readonly OutgoingMessage[] }>>;
    },
  ): Promise<{
    topics: readonly {
      topicName: string;
      partitions: readonly { partition: number; baseOffset?: string }[];
    }[];
  }>;
  fetch(request: {
    isolationLevel: number;
    maxWaitTime: number;
    minBytes: number;
    maxBytes: number;
    topics: Topics<Readonly<{ partition: number; fetchOffset: string; maxBytes: number }>>;
  }): Promise<{ responses: readonly { topicName: string; partitions: readonly PartitionData[] }[] }>;
  listOffsets(request: {
    isolationLevel: number;
    topics: Topics<Readonly<{ partition: number; timestamp: number }>>;
  }): Promise<{
    responses: readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[];
  }>;
  offsetFetch(request: { groupId: string; topics: Topics<Readonly<{ partition: number }>> }): Promise<{
    responses: readonly {
      topic: string;
      partitions: readonly { partition: number; offset: string; metadata: string | null }[];
    }[];
  }>;
};

export type Cluster = {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly PartitionMetadata[];
  findBroker(node: { nodeId: number }): Promise<Broker>;
  findGroupCoordinator(group: { groupId: string; coordinatorType: number }): Promise<Broker>;
};

/** kafkajs's side of a consumer group, in so far as the adapter looks into it. */
export type ConsumerGroup = {
  readonly generationId: number | null;
  readonly memberId: string | null;
  assigned(): readonly { topic: string; partitions: readonly number[] }[];
  joinAndSync(): Promise<void>;
  recoverFromOffsetOutOfRange(error: { topic: string; partition: number; message: string }): Promise<void>;
  resolveOffset(at: { topic: string; partition: number; offset: string }): void;
};

export const coordinatorType = { group: 0, transaction: 1 } as const;
export const isolation = { readUncommitted: 0, readCommitted: 1 } as const;
export const timestampOf = { beginning: -2, end: -1 } as const;
