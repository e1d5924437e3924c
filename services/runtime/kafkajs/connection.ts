/** Connections to a cluster below kafkajs's public face, with our settings. */
import net from 'node:net';
import tls from 'node:tls';
import type { KafkaConfig, RetryOptions } from 'kafkajs';
import { RetriableError } from '../errors.ts';
import { partitionOf } from '../partitioner.ts';
import type { Broker, Cluster, PartitionMetadata } from './internals.ts';
import { kafkajs } from './load.ts';

export type ConnectionOptions = Readonly<{
  /** `host:port`, any few of the cluster. */
  brokers: readonly string[];
  clientId: string;
  ssl?: tls.ConnectionOptions | boolean;
  sasl?: KafkaConfig['sasl'];
}>;

/** Short first pauses: what fails for good is better told above than waited for here. */
const retry: RetryOptions = { initialRetryTime: 50, maxRetryTime: 1000, retries: 6, multiplier: 2, factor: 0.2 };

const connectionTimeout = 5000;

/** kafkajs hands on `false` and `undefined` as well as options. */
const secure = (ssl: unknown): ssl is tls.ConnectionOptions => typeof ssl === 'object' && ssl !== null;

const socketFactory: NonNullable<KafkaConfig['socketFactory']> = ({ host, port, ssl, onConnect }) => {
  const named = net.isIP(host) === 0 ? { servername: host } : {};
  const socket = secure(ssl)
    ? tls.connect({ host, port, ...named, ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect);
  socket.setKeepAlive(true, 60_000);
  socket.setNoDelay(true);
  return socket;
};

/** The public client, for what is done through it. */
export const openClient = ({ brokers, clientId, ssl, sasl }: ConnectionOptions) =>
  new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout,
    retry,
    socketFactory,
    logLevel: kafkajs.silent,
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
  });

/** A connected cluster. The caller disconnects it. */
export const openCluster = async (options: ConnectionOptions): Promise<Cluster> => {
  const { brokers, clientId, ssl, sasl } = options;
  const cluster = kafkajs.newCluster({
    logger: openClient(options).logger(),
    brokers,
    clientId,
    ssl,
    sasl,
    socketFactory,
    connectionTimeout,
    requestTimeout: 30_000,
    enforceRequestTimeout: true,
    metadataMaxAge: 300_000,
    allowAutoTopicCreation: false,
    maxInFlightRequests: null,
    retry,
    offsets: new Map(),
  });
  await cluster.connect();
  return cluster;
};

/** Metadata of a topic's partitions, fetched once. Throws `RetriableError` while brokers do not know the topic. */
export const partitionsOf = async (cluster: Cluster, topic: string): Promise<readonly PartitionMetadata[]> => {
  await cluster.addMultipleTargetTopics([topic]);
  const partitions = cluster.findTopicPartitionMetadata(topic);
  if (partitions.length === 0) throw new RetriableError(`no metadata of topic ${topic}`);
  return partitions;
};

/** Sources grouped by the broker that leads them. */
export const byLeader = async <T extends Readonly<{ topic: string; partition: number }>>(
  cluster: Cluster,
  sources: readonly T[],
): Promise<ReadonlyMap<Broker, readonly T[]>> => {
  await cluster.addMultipleTargetTopics([...new Set(sources.map(({ topic }) => topic))]);
  await cluster.refreshMetadataIfNecessary();
  const leaders = new Map<number, T[]>();
  for (const source of sources) {
    const found = cluster
      .findTopicPartitionMetadata(source.topic)
      .find((each) => each.partitionId === source.partition);
    if (found?.leader === undefined || found.leader === null || found.leader < 0) {
      await cluster.refreshMetadata();
      throw new RetriableError(`${source.topic}/${source.partition} has no leader`);
    }
    leaders.set(found.leader, [...(leaders.get(found.leader) ?? []), source]);
  }
  const brokers = new Map<Broker, readonly T[]>();
  for (const [nodeId, led] of leaders) brokers.set(await cluster.findBroker({ nodeId }), led);
  return brokers;
};

/** As requests want it: partitions under their topic. */
export const byTopic = <T extends Readonly<{ topic: string }>, P>(
  entries: readonly T[],
  partition: (entry: T) => P,
): { topic: string; partitions: P[] }[] => {
  const topics = new Map<string, P[]>();
  for (const entry of entries) {
    const partitions = topics.get(entry.topic);
    if (partitions === undefined) topics.set(entry.topic, [partition(entry)]);
    else partitions.push(partition(entry));
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
};

export const destinationOf = (
  record: Readonly<{ partition?: number | undefined; key: Buffer | null }>,
  partitions: number,
): number => record.partition ?? partitionOf(record.key, partitions);
