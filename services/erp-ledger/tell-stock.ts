/** How an ERP team tells its stock: one record a change, keyed by the item, in `erp.inventory`. */
import type { ErpStock } from '../../schemas/generated/types.ts';
import type { KafkaCluster } from '../runtime/ports.ts';
import type { Topic } from '../runtime/topology.ts';

/** Resolves when the brokers have all of it. It may be told again after an error: what came before changes nothing. */
export const tellStock = async (
  cluster: Pick<KafkaCluster, 'idempotentProducer'>,
  inventory: Topic<ErpStock>,
  counts: readonly ErpStock[],
): Promise<void> => {
  await inventory.value.open?.();
  const producer = await cluster.idempotentProducer();
  try {
    await producer.send(
      counts.map((count) => ({
        topic: inventory.name,
        key: Buffer.from(`item:${count.variantId}`),
        value: inventory.value.encode(count),
      })),
    );
  } finally {
    await producer.close();
  }
};
