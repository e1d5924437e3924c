/** A Kafka cluster reached through kafkajs. */
import type { KafkaCluster } from '../ports.ts';
import { openAdmin } from './admin.ts';
import type { ConnectionOptions } from './connection.ts';
import { openGroupConsumer } from './group-consumer.ts';
import { openIdempotentProducer } from './idempotent-producer.ts';
import { openReader } from './reader.ts';
import { openTransactionalProducer } from './transactional-producer.ts';

export type { ConnectionOptions } from './connection.ts';

export const kafkajsCluster = (options: ConnectionOptions): KafkaCluster => ({
  consumer: ({ groupId, topics, clientId = options.clientId }) =>
    openGroupConsumer({ ...options, clientId }, groupId, topics),
  transactionalProducer: (transactionalId, { timeoutMs } = {}) =>
    openTransactionalProducer(options, transactionalId, timeoutMs),
  idempotentProducer: () => openIdempotentProducer(options),
  reader: () => openReader(options),
  admin: () => openAdmin(options),
});
