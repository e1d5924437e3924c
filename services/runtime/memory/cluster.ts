/** The engine's ports over the in-memory brokers. */
import { RetriableError } from '../errors.ts';
import { partitionOf } from '../partitioner.ts';
import type {
  Admin,
  IdempotentProducer,
  KafkaCluster,
  PartitionReader,
  ProducedRecord,
  Transaction,
  TransactionalProducer,
  TopicPartition,
} from '../ports.ts';
import type { Scheduler } from '../scheduler.ts';
import type { MemoryBroker } from './broker.ts';
import { memoryConsumer, type MemoryConsumer } from './consumer.ts';
import type { PartitionLog } from './log.ts';

export type MemoryCluster = Omit<KafkaCluster, 'consumer'> & {
  consumer(...options: Parameters<KafkaCluster['consumer']>): Promise<MemoryConsumer>;
};

const destination = (broker: MemoryBroker, record: ProducedRecord): PartitionLog => {
  const count = broker.partitionCount(record.topic);
  const partition = record.partition ?? partitionOf(record.key, count ?? 1);
  return broker.log({ topic: record.topic, partition });
};

/** A transaction whose every failure is final, as it is with real producers. */
const openTransaction = (
  broker: MemoryBroker,
  transactionalId: string,
  epoch: number,
  now: () => number,
): Transaction => {
  let over = false;
  const step = <T>(run: () => T): Promise<T> => {
    if (over) return Promise.reject(new RetriableError(`the transaction of ${transactionalId} is over`));
    try {
      return Promise.resolve(run());
    } catch (error) {
      over = true;
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  };
  return {
    send: (records) =>
      step(() => {
        broker.request('send', transactionalId);
        const ends = new Map<PartitionLog, bigint>();
        for (const record of records) {
          const log = destination(broker, record);
          const { key, value, headers = {}, timestamp = BigInt(now()) } = record;
          const offset = broker.appendInTransaction(transactionalId, epoch, log, { key, value, headers, timestamp });
          ends.set(log, offset + 1n);
        }
        return [...ends].map(([{ topic, partition }, offset]) => ({ topic, partition, offset }));
      }),
    sendOffsets: (group, offsets) =>
      step(() => {
        broker.request('sendOffsets', transactionalId);
        broker.addOffsets(transactionalId, epoch, group, offsets);
      }),
    commit: () =>
      step(() => {
        broker.request('commit', transactionalId);
        broker.endTransaction(transactionalId, epoch, true);
        broker.request('committed', transactionalId);
        over = true;
      }),
    abort: () =>
      step(() => {
        broker.request('abort', transactionalId);
        broker.endTransaction(transactionalId, epoch, false);
        over = true;
      }),
  };
};

const transactionalProducer = (
  broker: MemoryBroker,
  transactionalId: string,
  now: () => number,
): TransactionalProducer => {
  const { epoch } = broker.initProducerId(transactionalId);
  let closed = false;
  return {
    begin: () =>
      closed
        ? Promise.reject(new RetriableError('the producer is closed'))
        : Promise.resolve(openTransaction(broker, transactionalId, epoch, now)),
    close: () => {
      closed = true;
      return Promise.resolve();
    },
  };
};

const idempotentProducer = (broker: MemoryBroker): IdempotentProducer => ({
  send: (records) => {
    broker.request('send', 'idempotent');
    for (const record of records) {
      const { key, value, headers = {}, timestamp } = record;
      broker.append(destination(broker, record), { key, value, headers, timestamp });
    }
    return Promise.resolve();
  },
  close: () => Promise.resolve(),
});

const reader = (broker: MemoryBroker, pageSize: number): PartitionReader => ({
  async *read(source, from, to) {
    const log = broker.log(source);
    const end = to ?? log.stable;
    let position = from;
    while (position < end) {
      broker.request('fetch', `${source.topic}/${source.partition}`);
      const { records, nextOffset } = log.read(position, pageSize, end);
      position = nextOffset;
      await Promise.resolve();
      yield { records, position };
      if (records.length === 0 && nextOffset < end) return;
    }
  },
  close: () => Promise.resolve(),
});

const admin = (broker: MemoryBroker): Admin => {
  const each = <T extends object>(sources: readonly TopicPartition[], of: (log: PartitionLog) => T) =>
    sources.map(({ topic, partition }) => ({ topic, partition, ...of(broker.log({ topic, partition })) }));
  return {
    partitions: (topics) => {
      const known = topics.flatMap((topic) => {
        const count = broker.partitionCount(topic);
        return count === undefined ? [] : [[topic, count] as const];
      });
      return Promise.resolve(new Map(known));
    },
    createTopics: (specs) => {
      for (const spec of specs) broker.createTopic(spec);
      return Promise.resolve();
    },
    topicConfig: (topic) => Promise.resolve(broker.config(topic)),
    alterTopicConfig: (topic, config) => {
      for (const [name, value] of Object.entries(config)) broker.config(topic).set(name, value);
      return Promise.resolve();
    },
    committedOffsets: async (groupId, sources) => {
      broker.request('committedOffsets', groupId);
      await Promise.resolve();
      return sources.flatMap((source) => broker.position(groupId, source) ?? []);
    },
    beginningOffsets: (sources) => Promise.resolve(each(sources, (log) => ({ offset: log.start }))),
    endOffsets: async (sources) => {
      broker.request('endOffsets', '');
      await Promise.resolve();
      return each(sources, ({ high, stable }) => ({ high, stable }));
    },
    listGroups: () => Promise.resolve(broker.groups()),
    groupMembers: (groupId) =>
      Promise.resolve(broker.members(groupId).map(({ id }) => ({ memberId: id, clientId: 'memory', host: 'here' }))),
    close: () => Promise.resolve(),
  };
};

/** A cluster in this process. `pageSize` bounds how many records a fetch yields. */
export const memoryCluster = (broker: MemoryBroker, scheduler: Scheduler, pageSize = 500): MemoryCluster => {
  const settle = <T>(make: () => T): Promise<T> =>
    new Promise((resolve) => {
      resolve(make());
    });
  return {
    consumer: ({ groupId, topics }) => settle(() => memoryConsumer(broker, scheduler, groupId, topics, pageSize)),
    transactionalProducer: (id) => settle(() => transactionalProducer(broker, id, () => scheduler.now())),
    idempotentProducer: () => settle(() => idempotentProducer(broker)),
    reader: () => settle(() => reader(broker, pageSize)),
    admin: () => settle(() => admin(broker)),
  };
};
