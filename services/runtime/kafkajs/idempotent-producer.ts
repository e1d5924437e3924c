/** An idempotent producer over kafkajs's own. After a failure its sequence is in doubt, so the next send opens a new one. */
import type { Producer } from 'kafkajs';
import type { IdempotentProducer, ProducedRecord } from '../ports.ts';
import { destinationOf, openClient, type ConnectionOptions } from './connection.ts';
import { translate } from './errors.ts';

const open = async (options: ConnectionOptions): Promise<Producer> => {
  const producer = openClient(options).producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message: { key, partition }, partitionMetadata }) =>
        destinationOf({ partition, key: bytesOf(key) }, partitionMetadata.length),
    retry: { initialRetryTime: 20, maxRetryTime: 1000, retries: 10 },
  });
  await producer.connect();
  return producer;
};

const bytesOf = (key: Buffer | string | null | undefined): Buffer | null =>
  key == null ? null : Buffer.isBuffer(key) ? key : Buffer.from(key);

const messageOf = ({ key, value, partition, headers, timestamp }: ProducedRecord) => ({
  key,
  value,
  ...(partition === undefined ? {} : { partition }),
  ...(headers === undefined ? {} : { headers }),
  ...(timestamp === undefined ? {} : { timestamp: timestamp.toString() }),
});

export const openIdempotentProducer = async (options: ConnectionOptions): Promise<IdempotentProducer> => {
  const connect = () =>
    open(options).catch((error: unknown) => {
      throw translate(error);
    });
  let current: Promise<Producer> | undefined = Promise.resolve(await connect());
  const discard = async (failed: Promise<Producer>): Promise<void> => {
    if (current === failed) current = undefined;
    // Its failure is what the caller is being told already.
    await failed.then((producer) => producer.disconnect()).catch(() => undefined);
  };
  return {
    send: async (records) => {
      const using = (current ??= connect());
      const topics = Map.groupBy(records, ({ topic }) => topic);
      const topicMessages = [...topics].map(([topic, of]) => ({ topic, messages: of.map(messageOf) }));
      try {
        await (await using).sendBatch({ acks: -1, topicMessages });
      } catch (error) {
        await discard(using);
        throw translate(error);
      }
    },
    close: async () => {
      if (current !== undefined) await discard(current);
    },
  };
};
