/**
 * A transactional producer over kafkajs's brokers. One per task; whatever fails, it is thrown away, since the outcome of
 * a failed transaction is known only to who reads the committed offsets after its successor has opened. Hence no retry
 * in here but for a coordinator that is still writing the markers of the transaction before.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { RetriableError } from '../errors.ts';
import type { GroupMetadata, ProducedRecord, TopicPartition, Transaction, TransactionalProducer } from '../ports.ts';
import { byLeader, byTopic, destinationOf, openCluster, partitionsOf, type ConnectionOptions } from './connection.ts';
import { isBusy, translate } from './errors.ts';
import { coordinatorType, type Broker, type Cluster, type OutgoingMessage } from './internals.ts';
import { sentBy } from './offset-commit.ts';

/** How long the brokers wait for a transaction whose producer is gone; readers of its outputs wait as long. */
const transactionTimeoutMs = 20_000;
const busyRetryMs = 2;
const busyDeadlineMs = 30_000;
const openDeadlineMs = 15_000;
/** Brokers refuse record batches of more than about a megabyte (`message.max.bytes`). */
const batchBytes = 900_000;
const recordOverhead = 96;

type Chunk = TopicPartition & { messages: OutgoingMessage[]; bytes: number };
type End = TopicPartition & { offset: bigint };

const named = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

const retryBusy = async <T>(request: () => Promise<T>): Promise<T> => {
  const deadline = Date.now() + busyDeadlineMs;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      if (!isBusy(error) || Date.now() > deadline) throw error;
      await sleep(busyRetryMs);
    }
  }
};

/** Record batches in rounds: what a partition gets in one round fits in one batch. */
const rounds = async (cluster: Cluster, records: readonly ProducedRecord[]): Promise<readonly (readonly Chunk[])[]> => {
  const counts = new Map<string, number>();
  const chunks = new Map<string, Chunk[]>();
  for (const record of records) {
    const { topic, key, value, headers, timestamp } = record;
    let count = counts.get(topic);
    if (count === undefined) counts.set(topic, (count = (await partitionsOf(cluster, topic)).length));
    const partition = destinationOf(record, count);
    const bytes = recordOverhead + (key?.length ?? 0) + (value?.length ?? 0) + headerBytes(headers);
    const name = named({ topic, partition });
    let list = chunks.get(name);
    if (list === undefined) chunks.set(name, (list = []));
    let last = list.at(-1);
    if (last === undefined || last.bytes + bytes > batchBytes)
      list.push((last = { topic, partition, messages: [], bytes: 0 }));
    last.bytes += bytes;
    last.messages.push({
      key,
      value,
      ...(headers === undefined ? {} : { headers }),
      ...(timestamp === undefined ? {} : { timestamp: Number(timestamp) }),
    });
  }
  const lists = [...chunks.values()];
  const depth = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: depth }, (_, round) => lists.flatMap((list) => list[round] ?? []));
};

const headerBytes = (headers: ProducedRecord['headers']): number =>
  headers === undefined
    ? 0
    : Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 10, 0);

/** Opens the producer of a transactional id: fences every predecessor and ends what it left open. */
export const openTransactionalProducer = async (
  options: ConnectionOptions,
  transactionalId: string,
  timeoutMs = transactionTimeoutMs,
): Promise<TransactionalProducer> => {
  const cluster = await openCluster(options).catch((error: unknown) => {
    throw translate(error);
  });
  const coordinators = new Map<string, Broker>();
  const coordinator = async (type: number, groupId: string): Promise<Broker> => {
    const name = `${type}/${groupId}`;
    const known = coordinators.get(name);
    if (known?.isConnected() === true) return known;
    const found = await cluster.findGroupCoordinator({ groupId, coordinatorType: type });
    coordinators.set(name, found);
    return found;
  };
  const close = async (): Promise<void> => {
    // The sockets are gone either way, and nothing is owed to the brokers.
    await cluster.disconnect().catch(() => undefined);
  };
  const own = () => coordinator(coordinatorType.transaction, transactionalId);

  const initialise = async () => {
    const deadline = Date.now() + openDeadlineMs;
    for (let pause = 20; ; pause = Math.min(2 * pause, 500)) {
      try {
        const request = { transactionalId, transactionTimeout: timeoutMs };
        return await retryBusy(async () => (await own()).initProducerId(request));
      } catch (thrown) {
        const error = translate(thrown);
        if (!(error instanceof RetriableError) || Date.now() > deadline) throw error;
        // A coordinator that is moving, or not elected yet: nothing has begun, so asking again is safe.
        coordinators.clear();
        await sleep(pause);
      }
    }
  };
  const identity = await initialise().then(
    ({ producerId, producerEpoch }) => ({ transactionalId, producerId, producerEpoch }),
    async (error: unknown) => {
      await close();
      throw error;
    },
  );

  const sequences = new Map<string, number>();
  const nextSequence = (name: string, count: number): number => {
    const first = sequences.get(name) ?? 0;
    sequences.set(name, (first + count) % 2 ** 31);
    return first;
  };

  const produce = async (chunks: readonly Chunk[]): Promise<readonly End[]> => {
    const leaders = await byLeader(cluster, chunks);
    const answers = await Promise.all(
      [...leaders].map(async ([broker, led]) => {
        const topicData = byTopic(led, (chunk) => ({
          partition: chunk.partition,
          firstSequence: nextSequence(named(chunk), chunk.messages.length),
          messages: chunk.messages,
        }));
        const { topics } = await broker.produce({ ...identity, acks: -1, topicData });
        return topics.flatMap(({ topicName, partitions }) =>
          partitions.map(({ partition, baseOffset }) => ({ topic: topicName, partition, baseOffset })),
        );
      }),
    );
    const bases = new Map(answers.flat().map((answer) => [named(answer), answer.baseOffset]));
    return chunks.map(({ topic, partition, messages }) => {
      const base = bases.get(named({ topic, partition }));
      if (base === undefined) throw new RetriableError(`no answer about ${topic}/${partition}`);
      return { topic, partition, offset: BigInt(base) + BigInt(messages.length) };
    });
  };

  let dead: Error | undefined;

  const begin = (): Transaction => {
    const added = new Set<string>();
    let ongoing = false;
    let over = false;

    /** Once something failed nothing goes out any more, from this transaction or another one of this producer. */
    const guarded = async <T>(run: () => Promise<T>): Promise<T> => {
      if (dead !== undefined) throw new RetriableError('the producer has failed before', { cause: dead });
      if (over) throw new RetriableError('the transaction is over');
      try {
        return await run();
      } catch (error) {
        dead = translate(error, true);
        throw dead;
      }
    };

    const addPartitions = async (chunks: readonly Chunk[]): Promise<void> => {
      const fresh = chunks.filter((chunk) => !added.has(named(chunk)));
      if (fresh.length === 0) return;
      const topics = byTopic(fresh, ({ partition }) => partition);
      const broker = await own();
      ongoing = true;
      await retryBusy(() => broker.addPartitionsToTxn({ ...identity, topics }));
      for (const chunk of fresh) added.add(named(chunk));
    };

    const end = (commit: boolean) =>
      guarded(async () => {
        if (ongoing) {
          const broker = await own();
          await retryBusy(() => broker.endTxn({ ...identity, transactionResult: commit }));
        }
        over = true;
      });

    return {
      send: (records) =>
        guarded(async () => {
          const planned = await rounds(cluster, records);
          if (planned.length === 0) return [];
          // The first round has every partition that the later ones have.
          await addPartitions(planned[0]!);
          const ends = new Map<string, End>();
          for (const chunks of planned) for (const at of await produce(chunks)) ends.set(named(at), at);
          return [...ends.values()];
        }),
      sendOffsets: (group: GroupMetadata, offsets) =>
        guarded(async () => {
          const { groupId } = group;
          const [broker, groupBroker] = await Promise.all([own(), coordinator(coordinatorType.group, groupId)]);
          ongoing = true;
          await retryBusy(() => broker.addOffsetsToTxn({ ...identity, groupId }));
          const topics = byTopic(offsets, ({ partition, offset, note = null }) => ({
            partition,
            offset: offset.toString(),
            note,
          }));
          await retryBusy(() => groupBroker.txnOffsetCommit({ ...identity, groupId, topics: sentBy(topics, group) }));
        }),
      commit: () => end(true),
      abort: () => end(false),
    };
  };

  return { begin: () => Promise.resolve(begin()), close };
};
