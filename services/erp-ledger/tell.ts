/** How an ERP team tells of its items, in `erp.inventory` and `erp.prices`: one record a change, keyed by the item. */
import type { KafkaCluster } from '../runtime/ports.ts';
import type { Topic } from '../runtime/topology.ts';

/** Resolves when the brokers have all of it. It may be told again after an error: what came before changes nothing. */
export const tell = async <T extends Readonly<{ variantId: number }>>(
  cluster: Pick<KafkaCluster, 'idempotentProducer'>,
  topic: Topic<T>,
  changes: readonly T[],
): Promise<void> => {
  await topic.value.open?.();
  const producer = await cluster.idempotentProducer();
  try {
    await producer.send(
      changes.map((change) => ({
        topic: topic.name,
        key: Buffer.from(`item:${change.variantId}`),
        value: topic.value.encode(change),
      })),
    );
  } finally {
    await producer.close();
  }
};
