/** Small topics read whole, outside any group. */
import type { Schemas } from '../../schemas/serde.ts';
import { PoisonError } from '../runtime/errors.ts';
import type { Admin, ConsumedRecord, PartitionReader } from '../runtime/ports.ts';
import type { Topic } from '../runtime/topology.ts';

export type Source = Readonly<{ admin: Admin; reader: PartitionReader; schemas: Schemas }>;

/** Records of a partition from `from` to the read_committed end, with what cannot be decoded left out. */
export async function* decoded<V>(
  { reader }: Pick<Source, 'reader'>,
  topic: Topic<V>,
  partition: number,
  from: bigint,
): AsyncGenerator<Readonly<{ position: bigint; values: readonly Readonly<{ record: ConsumedRecord; value: V }>[] }>> {
  for await (const { records, position } of reader.read({ topic: topic.name, partition }, from)) {
    await topic.value.prepare?.(records.flatMap(({ value }) => value ?? []));
    const values = records.flatMap((record) => {
      if (record.value === null) return [];
      try {
        return [{ record, value: topic.value.decode(record.value) }];
      } catch (error) {
        if (error instanceof PoisonError) return [];
        throw error;
      }
    });
    yield { position, values };
  }
}

/** Every value of a topic, partition by partition. */
export async function* wholeTopic<V>(source: Source, topic: Topic<V>): AsyncGenerator<V> {
  const count = (await source.admin.partitions([topic.name])).get(topic.name) ?? 0;
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic: topic.name, partition }));
  for (const { partition, offset } of await source.admin.beginningOffsets(partitions))
    for await (const { values } of decoded(source, topic, partition, offset))
      for (const { value } of values) yield value;
}
