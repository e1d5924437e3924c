/** Reading topics outside any group: all of one, or the one partition that a key lies in. */
import { httpRegistry } from '../../schemas/registry.ts';
import { openSchemas, type Schemas } from '../../schemas/serde.ts';
import { isName } from '../runtime/changelog-name.ts';
import { PoisonError } from '../runtime/errors.ts';
import { kafkajsCluster } from '../runtime/kafkajs/cluster.ts';
import { partitionOf } from '../runtime/partitioner.ts';
import type { Admin, KafkaCluster, PartitionReader, TopicPartition } from '../runtime/ports.ts';
import { redrivenFrom } from '../runtime/redrive.ts';
import { repairOf } from '../runtime/repair.ts';
import type { Topic } from '../runtime/topology.ts';
import type { CliConfig } from './environment.ts';

/** A decoded record. `broken` is why it cannot be decoded. */
export type Read<V> = TopicPartition &
  Readonly<{
    offset: bigint;
    timestamp: bigint;
    key: string | null;
    value: V | null;
    /** The dead letter it was, when it was given to its stage again. */
    redriven?: string;
    /** The repair it belongs to: a command that was sent again, or an answer to it. */
    repair?: string;
    broken?: string;
  }>;

export interface Topics {
  readonly schemas: Schemas;
  readonly admin: Admin;
  /** Records up to the read_committed end at the call; none when the topic does not exist. With a key: its partition only. A changelog's name is none. */
  read<V>(topic: Pick<Topic<V>, 'name' | 'value'>, key?: string): AsyncGenerator<Read<V>>;
  close(): Promise<void>;
}

/** Topics of any cluster, read with the schemas of a registry. */
export const topicsOf = async (cluster: Pick<KafkaCluster, 'admin' | 'reader'>, schemas: Schemas): Promise<Topics> => {
  const admin = await cluster.admin();
  const reader: PartitionReader = await cluster.reader();
  return {
    schemas,
    admin,
    async *read<V>(topic: Pick<Topic<V>, 'name' | 'value'>, key?: string): AsyncGenerator<Read<V>> {
      const count = (await admin.partitions([topic.name])).get(topic.name) ?? 0;
      const partitions = Array.from({ length: count }, (_, partition) => ({ topic: topic.name, partition })).filter(
        ({ partition }) => key === undefined || partition === partitionOf(Buffer.from(key), count),
      );
      for (const { offset: from, ...source } of await admin.beginningOffsets(partitions)) {
        for await (const { records } of reader.read(source, from)) {
          const told = records.filter((record) => !isName(record));
          await topic.value.prepare?.(told.flatMap(({ value }) => (value === null ? [] : [value])));
          for (const { offset, timestamp, key: bytes, value, headers } of told) {
            const redriven = redrivenFrom(headers);
            const repair = repairOf(headers);
            const at = {
              ...source,
              offset,
              timestamp,
              key: bytes?.toString('utf8') ?? null,
              ...(redriven === undefined ? {} : { redriven }),
              ...(repair === undefined ? {} : { repair }),
            };
            if (key !== undefined && at.key !== key) continue;
            if (value === null) yield { ...at, value: null };
            else {
              let decoded: V;
              try {
                decoded = topic.value.decode(value);
              } catch (error) {
                if (!(error instanceof PoisonError)) throw error;
                yield { ...at, value: null, broken: error.message };
                continue;
              }
              yield { ...at, value: decoded };
            }
          }
        }
      }
    },
    async close() {
      await reader.close();
      await admin.close();
    },
  };
};

export const openTopics = (config: CliConfig): Promise<Topics> =>
  topicsOf(
    kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'millrace-cli' }),
    openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL)),
  );
