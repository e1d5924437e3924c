/** The cluster's topics, configurations and offsets. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetriableError } from '../errors.ts';
import type { Admin, GroupPosition, TopicPartition } from '../ports.ts';
import { byTopic, openClient, openCluster, type ConnectionOptions } from './connection.ts';
import { translate, translated } from './errors.ts';
import { coordinatorType, type Cluster } from './internals.ts';
import { kafkajs } from './load.ts';
import { offsetsAt } from './offsets.ts';

/** kafkajs's number for a value that is set on the topic itself. */
const setOnTopic = 1;
const attempts = 6;

/** Reading offsets is repeatable: a moved leader or coordinator is looked up again. */
const patiently = async <T>(cluster: Cluster, run: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await run();
    } catch (thrown) {
      const error = translate(thrown);
      if (!(error instanceof RetriableError) || attempt === attempts) throw error;
      await sleep(30 * attempt);
      await translated(() => cluster.refreshMetadata());
    }
  }
};

type TopicClient = Readonly<{
  fetchTopicMetadata: (of: {
    topics: string[];
  }) => Promise<{ topics: readonly { partitions: readonly { leader: number }[] }[] }>;
}>;

const LEADERS_WITHIN_MS = 15_000;

/**
 * Waits until every partition of new topics has a leader. kafkajs waits too, but gives up when a broker has not heard of
 * the topic yet, which on a busy one is the normal course of things.
 */
const ledBy = async (client: TopicClient, topics: string[]): Promise<void> => {
  const deadline = performance.now() + LEADERS_WITHIN_MS;
  for (;;) {
    try {
      const metadata = await client.fetchTopicMetadata({ topics });
      if (metadata.topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
      if (performance.now() > deadline) throw new RetriableError(`no leaders for ${topics.join(', ')}`);
    } catch (thrown) {
      const error = translate(thrown);
      if (!(error instanceof RetriableError) || performance.now() > deadline) throw error;
    }
    await sleep(20);
  }
};

const committedOffsets = async (
  cluster: Cluster,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<readonly GroupPosition[]> => {
  const coordinator = await cluster.findGroupCoordinator({ groupId, coordinatorType: coordinatorType.group });
  const { responses } = await coordinator.offsetFetch({
    groupId,
    topics: byTopic(partitions, ({ partition }) => ({ partition })),
  });
  return responses
    .flatMap(({ topic, partitions: answers }) =>
      answers.map(({ partition, offset, metadata }) => {
        const noted = metadata === null || metadata === '' ? {} : { note: metadata };
        return { topic, partition, offset: BigInt(offset), ...noted };
      }),
    )
    .filter(({ offset }) => offset >= 0n);
};

export const openAdmin = async (options: ConnectionOptions): Promise<Admin> => {
  const cluster = await translated(() => openCluster(options));
  const client = openClient(options).admin();
  await translated(() => client.connect());
  const configOf = async (topic: string, own: boolean): Promise<ReadonlyMap<string, string>> => {
    const { resources } = await client.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.topicResource, name: topic }],
    });
    const entries = resources[0]?.configEntries ?? [];
    return new Map(
      entries
        .filter((entry) => !own || (entry as { configSource?: number }).configSource === setOnTopic)
        .map(({ configName, configValue }) => [configName, configValue]),
    );
  };
  return {
    partitions: (topics) =>
      translated(async () => {
        const existing = new Set(await client.listTopics());
        const wanted = topics.filter((topic) => existing.has(topic));
        if (wanted.length === 0) return new Map();
        const { topics: found } = await client.fetchTopicMetadata({ topics: wanted });
        return new Map(found.map(({ name, partitions }) => [name, partitions.length]));
      }),
    createTopics: (specs) =>
      translated(async () => {
        const existing = new Set(await client.listTopics());
        const missing = specs.filter(({ topic }) => !existing.has(topic));
        if (missing.length === 0) return;
        await client.createTopics({
          waitForLeaders: false,
          topics: missing.map(({ topic, partitions, replication, config }) => ({
            topic,
            numPartitions: partitions,
            replicationFactor: replication,
            configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
          })),
        });
        await ledBy(
          client,
          missing.map(({ topic }) => topic),
        );
      }),
    topicConfig: (topic) => translated(() => configOf(topic, false)),
    alterTopicConfig: (topic, config) =>
      translated(async () => {
        // This request replaces everything that is set on the topic: what is set already goes along.
        const merged = new Map([...(await configOf(topic, true)), ...Object.entries(config)]);
        await client.alterConfigs({
          validateOnly: false,
          resources: [
            {
              type: kafkajs.topicResource,
              name: topic,
              configEntries: [...merged].map(([name, value]) => ({ name, value })),
            },
          ],
        });
      }),
    committedOffsets: (groupId, partitions) => patiently(cluster, () => committedOffsets(cluster, groupId, partitions)),
    beginningOffsets: (partitions) =>
      patiently(cluster, () => offsetsAt(cluster, partitions, 'beginning', 'readUncommitted')),
    endOffsets: (partitions) =>
      patiently(cluster, async () => {
        const [high, stable] = await Promise.all([
          offsetsAt(cluster, partitions, 'end', 'readUncommitted'),
          offsetsAt(cluster, partitions, 'end', 'readCommitted'),
        ]);
        return high.map(({ topic, partition, offset }) => {
          const found = stable.find((each) => each.topic === topic && each.partition === partition);
          if (found === undefined) throw new RetriableError(`no stable offset of ${topic}/${partition}`);
          return { topic, partition, high: offset, stable: found.offset };
        });
      }),
    listGroups: () =>
      translated(async () => {
        const { groups } = await client.listGroups();
        return groups.map(({ groupId }) => groupId);
      }),
    groupMembers: (groupId) =>
      translated(async () => {
        const { groups } = await client.describeGroups([groupId]);
        return groups.flatMap(({ members }) =>
          members.map(({ memberId, clientId, clientHost }) => ({ memberId, clientId, host: clientHost })),
        );
      }),
    close: () =>
      translated(async () => {
        await Promise.all([client.disconnect(), cluster.disconnect()]);
      }),
  };
};
