'use strict';
/**
 * Plain kafkajs, in a process of its own: prints what its read_committed consumer returns of a partition, and whether it
 * commits the offsets of a zombie. Arguments: brokers, topic to read, topic for offsets.
 */
const { Kafka, logLevel } = require('kafkajs');

const [brokers, topic, offsetTopic] = process.argv.slice(2);
const kafka = new Kafka({
  brokers: brokers.split(','),
  logLevel: logLevel.NOTHING,
  retry: { initialRetryTime: 20, retries: 20 },
});

/** Reads until the record `committed` has come, which is the last one. */
const readCommitted = async () => {
  const consumer = kafka.consumer({ groupId: `plain-${Date.now()}`, readUncommitted: false, maxWaitTimeInMs: 200 });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const values = [];
  await new Promise((resolve) => {
    void consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const { value } of batch.messages) values.push(String(value));
        if (values.includes('committed')) resolve();
      },
    });
  });
  await consumer.disconnect();
  return values;
};

/** The owner commits 10, then a zombie with another transactional id commits 5. */
const zombieOffset = async () => {
  const groupId = `plain-zombie-${Date.now()}`;
  const offsets = (offset) => ({
    consumerGroupId: groupId,
    topics: [{ topic: offsetTopic, partitions: [{ partition: 0, offset }] }],
  });
  const open = async (id) => {
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
  let found;
  // Markers are written after the commit is answered.
  for (let attempt = 0; attempt < 50 && found !== '5'; attempt++) {
    const [{ partitions }] = await admin.fetchOffsets({ groupId, topics: [offsetTopic] });
    found = partitions.find(({ partition }) => partition === 0).offset;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await Promise.all([admin.disconnect(), zombie.disconnect(), owner.disconnect()]);
  return found;
};

(async () => {
  const values = await readCommitted();
  const zombie = await zombieOffset();
  process.stdout.write(JSON.stringify({ values, zombie }));
})().catch((error) => {
  process.stderr.write(String(error.stack));
  process.exitCode = 1;
});
