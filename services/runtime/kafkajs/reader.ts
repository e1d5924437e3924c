/** Reads partitions outside any group, read_committed, with the same corrected filter. */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetriableError } from '../errors.ts';
import type { PartitionReader, TopicPartition } from '../ports.ts';
import { byLeader, openCluster, type ConnectionOptions } from './connection.ts';
import { translated } from './errors.ts';
import { FetchedBatch } from './fetched-batch.ts';
import { isolation, type Cluster } from './internals.ts';
import { offsetsAt } from './offsets.ts';

const pageBytes = 2 * 1024 * 1024;
/** Of a range of few records less is asked for: brokers send a batch at least, and would fill a page with what follows. */
const bytesPerRecord = 16 * 1024;
const maxWaitTime = 50;
const attempts = 8;

const fetchPage = async (
  cluster: Cluster,
  source: TopicPartition,
  from: bigint,
  maxBytes: number,
): Promise<FetchedBatch | undefined> => {
  const { topic, partition } = source;
  const [broker] = (await byLeader(cluster, [source])).keys();
  if (broker === undefined) throw new RetriableError(`${topic}/${partition} has no leader`);
  const { responses } = await broker.fetch({
    isolationLevel: isolation.readCommitted,
    maxWaitTime,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions: [{ partition, fetchOffset: from.toString(), maxBytes }] }],
  });
  const data = responses[0]?.partitions[0];
  return data === undefined ? undefined : new FetchedBatch(topic, from.toString(), data);
};

/** A page, whichever broker leads the partition by now. Throws what lasts. */
const page = async (
  cluster: Cluster,
  source: TopicPartition,
  from: bigint,
  end: bigint,
): Promise<FetchedBatch | undefined> => {
  const maxBytes = Math.min(pageBytes, Number(end - from) * bytesPerRecord);
  for (let attempt = 1; ; attempt++) {
    try {
      return await translated(() => fetchPage(cluster, source, from, maxBytes));
    } catch (error) {
      if (!(error instanceof RetriableError) || attempt === attempts) throw error;
      await sleep(50 * attempt);
      await translated(() => cluster.refreshMetadata());
    }
  }
};

export const openReader = async (options: ConnectionOptions): Promise<PartitionReader> => {
  const cluster = await translated(() => openCluster(options));
  return {
    async *read(source, from, to) {
      const [stable] =
        to === undefined ? await translated(() => offsetsAt(cluster, [source], 'end', 'readCommitted')) : [];
      const end = to ?? stable?.offset ?? from;
      let position = from;
      for (let empty = 0; position < end;) {
        const batch = await page(cluster, source, position, end);
        const next = batch?.nextOffset ?? position;
        if (next === position) {
          // Only brokers in trouble have nothing before their own stable end.
          if (++empty > attempts) throw new RetriableError(`${source.topic}/${source.partition} stops at ${position}`);
          continue;
        }
        empty = 0;
        const records = (batch?.records() ?? []).filter(({ offset }) => offset < end);
        position = next < end ? next : end;
        yield { records, position };
      }
    },
    close: () => translated(() => cluster.disconnect()),
  };
};
