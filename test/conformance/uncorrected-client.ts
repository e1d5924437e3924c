/**
 * Plain kafkajs, in a process of its own: prints what its read_committed consumer returns of a partition, and what
 * becomes of the offset that a zombie commits. Arguments: brokers, topic to read, topic for offsets.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Producer } from 'kafkajs';

const [brokers = '', topic = '', offsetTopic = ''] = process.argv.slice(2);
const kafka = new kafkajs.Kafka({
  brokers: brokers.split(','),
  logLevel: kafkajs.logLevel.NOTHING,
  retry: { initialRetryTime: 20, retries: 20 },
});

/** Reads until the record `committed` has come, which is the last one. */
const readCommitted = async (): Promise<readonly string[]> => {
  const consumer = kafka.consumer({ groupId: `plain-${Date.now()}`, readUncommitted: false, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values: string[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      autoCommit: false,
      eachBatch: ({ batch }) => {
        for (const { value } of batch.messages) values.push(String(value));
        if (values.includes('committed')) resolve();
        return Promise.resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
};

/** The owner commits 10, then a zombie with another transactional id commits 5. */
const zombieOffset = async (): Promise<string | undefined> => {
  const groupId = `plain-zombie-${Date.now()}`;
  const offsets = (offset: string) => ({
    consumerGroupId: groupId,
    topics: [{ topic: offsetTopic, partitions: [{ partition: 0, offset }] }],
  });
  const open = async (id: string): Promise<Producer> => {
    const producer = kafka.producer({ transactionalId: `${groupId}-${id}`, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    return producer;
  };
  const [zombie, owner] = [await open('zombie'), await open('owner')];
  const late = await zombie.transaction();
  const timely = await owner.transaction();
  await timely.sendOffsets(offsets('10'));
  await timely.commit();
  await late.sendOffsets(offsets('5'));
  await late.commit();
  const admin = kafka.admin();
  await admin.connect();
  let found: string | undefined;
  // Markers are written after the commit is answered.
  for (let attempt = 0; attempt < 50 && found !== '5'; attempt++) {
    const [committed] = await admin.fetchOffsets({ groupId, topics: [offsetTopic] });
    found = committed?.partitions.find(({ partition }) => partition === 0)?.offset;
    await sleep(100);
  }
  await Promise.all([admin.disconnect(), zombie.disconnect(), owner.disconnect()]);
  return found;
};

const values = await readCommitted();
process.stdout.write(JSON.stringify({ values, zombie: await zombieOffset() }));
