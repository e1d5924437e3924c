/** All that lies in the topics, read on from where the last look ended: what is committed does not change. */
import { httpRegistry } from '../../schemas/registry.ts';
import { openSchemas, type Schemas } from '../../schemas/serde.ts';
import type { TopicKey, TopicValues } from '../../schemas/topics.ts';
import type { CliConfig } from '../../services/cli/environment.ts';
import { kafkajsCluster } from '../../services/runtime/kafkajs/cluster.ts';

export type Seen<V> = Readonly<{ key: string; value: V | null; partition: number; offset: bigint }>;

export type Evidence = { readonly [K in TopicKey]: readonly Seen<TopicValues[K]>[] };

/** Effects before causes: what is read has its cause among what is read after it. */
export const readingOrder: readonly TopicKey[] = [
  'erpCommands',
  'notifications',
  'stripeCommands',
  'adnsfCommands',
  'payoutClaims',
  'payoutUnclaimed',
  'orderPayments',
  'payoutFacts',
  'peopleFacts',
  'customerFacts',
  'catalogFacts',
  'billingFacts',
  'shopItems',
  'erpInventory',
  'erpPrices',
  'erpShipments',
  'assembledOrders',
  'adnsfSnapshots',
  'shopCustomers',
  'orderReturns',
  'adnsfReturns',
  'stripeResults',
  'adnsfResults',
  'stripeObjects',
  'stripeEvents',
  'returns',
  'orders',
  'orderLines',
  'carts',
  'customers',
  'addresses',
  'products',
  'variants',
  'stockRows',
  'deadLetters',
];

export interface EvidenceReader {
  readonly schemas: Schemas;
  /** Reads on, and returns everything. */
  look(): Promise<Evidence>;
}

type Pages = Map<TopicKey, { records: Seen<unknown>[]; positions: Map<number, bigint> }>;

export const evidenceReader = (config: CliConfig): EvidenceReader => {
  const schemas = openSchemas(httpRegistry(config.MILLRACE_REGISTRY_URL));
  const pages: Pages = new Map(readingOrder.map((key) => [key, { records: [], positions: new Map() }]));
  const look = async (): Promise<Evidence> => {
    const cluster = kafkajsCluster({ brokers: config.MILLRACE_KAFKA_BROKERS, clientId: 'faults' });
    const reader = await cluster.reader();
    try {
      for (const key of readingOrder) {
        const topic = schemas.topic(key);
        const page = pages.get(key)!;
        for (let partition = 0; partition < config.MILLRACE_PARTITIONS; partition++) {
          const from = page.positions.get(partition) ?? 0n;
          for await (const { records, position } of reader.read({ topic: topic.name, partition }, from)) {
            await topic.value.prepare?.(records.flatMap(({ value }) => (value === null ? [] : [value])));
            for (const { key: bytes, value, offset } of records)
              page.records.push({
                key: bytes?.toString('utf8') ?? '',
                value: value === null ? null : topic.value.decode(value),
                partition,
                offset,
              });
            page.positions.set(partition, position);
          }
        }
      }
    } finally {
      await reader.close();
    }
    return Object.fromEntries([...pages].map(([key, { records }]) => [key, records])) as unknown as Evidence;
  };
  return { schemas, look };
};
