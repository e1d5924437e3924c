import { describe, expect, it } from 'vitest';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import { topics as definitions } from '../../../schemas/topics.ts';
import { type Read, topicsOf } from '../../../services/cli/kafka.ts';
import { lagOf } from '../../../services/cli/verify/quiet.ts';
import { nameRecord } from '../../../services/runtime/changelog-name.ts';
import { MemoryBroker } from '../../../services/runtime/memory/broker.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { partitionOf } from '../../../services/runtime/partitioner.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';

const all = async <V>(records: AsyncIterable<Read<V>>): Promise<Read<V>[]> => {
  const found: Read<V>[] = [];
  for await (const record of records) found.push(record);
  return found;
};

const opened = async () => {
  const cluster = memoryCluster(new MemoryBroker(() => 0), systemScheduler);
  const schemas = openSchemas(memoryRegistry());
  const topics = await topicsOf(cluster, schemas);
  const names = [definitions.stripeObjects.name, definitions.stripeCommands.name];
  await topics.admin.createTopics(names.map((topic) => ({ topic, partitions: 4, replication: 1, config: {} })));
  const objects = schemas.topic('stripeObjects');
  await objects.value.open?.();
  const producer = await cluster.idempotentProducer();
  const link = (
    objectId: string,
    value: Buffer | null = objects.value.encode({ objectId, orderId: `of ${objectId}` }),
  ) => producer.send([{ topic: objects.name, key: Buffer.from(objectId), value }]);
  return { cluster, topics, objects, link, producer };
};

describe('reading a topic', () => {
  it('gives every record of it, or those of one key', async () => {
    const { topics, objects, link } = await opened();
    for (const id of ['a', 'b', 'c', 'a']) await link(id);
    expect((await all(topics.read(objects))).length).toBe(4);
    const ofA = await all(topics.read(objects, 'a'));
    expect(ofA.map(({ value, partition }) => [value?.orderId, partition])).toEqual([
      ['of a', partitionOf(Buffer.from('a'), 4)],
      ['of a', partitionOf(Buffer.from('a'), 4)],
    ]);
    await topics.close();
  });

  it('tells of tombstones and of what it cannot decode, and reads on', async () => {
    const { topics, objects, link } = await opened();
    await link('a', Buffer.from('not avro at all'));
    await link('a', null);
    await link('a');
    const records = await all(topics.read(objects, 'a'));
    expect(records.map(({ value, broken }) => [value?.objectId, broken === undefined])).toEqual([
      [undefined, false],
      [undefined, true],
      ['a', true],
    ]);
    await topics.close();
  });

  it('passes over the name of a changelog, which is no state', async () => {
    const { topics, objects, link, producer } = await opened();
    await producer.send([nameRecord({ topic: objects.name, partition: 0 }, 1_767_225_600_000)]);
    await link('a');
    expect((await all(topics.read(objects))).map(({ value }) => value?.objectId)).toEqual(['a']);
    await topics.close();
  });

  it('finds nothing in a topic that does not exist', async () => {
    const { topics } = await opened();
    expect(await all(topics.read(topics.schemas.topic('deadLetters')))).toEqual([]);
    await topics.close();
  });
});

describe('lag', () => {
  const ledger = { positions: () => [] };

  it('is what a stage of the order stream has not read, and commands that nobody carries out', async () => {
    const { cluster, topics, link, producer } = await opened();
    const reader = await cluster.reader();
    expect((await lagOf(topics, reader, ledger)).lags).toEqual([]);
    await link('a');
    await producer.send([{ topic: 'stripe.commands', key: Buffer.from('1'), value: Buffer.from('x') }]);
    const { lags } = await lagOf(topics, reader, ledger);
    expect(lags.map(({ group, topic, unread }) => [group, topic, unread])).toEqual([
      ['order-stream-routing', 'stripe.objects', 1],
      ['nobody', 'stripe.commands', 1],
    ]);
    await reader.close();
    await topics.close();
  });
});
