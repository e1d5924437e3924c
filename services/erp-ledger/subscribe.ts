/**
 * Reads erp.commands into the ledger. The ledger's own positions count, not the group's: the group only decides which
 * process reads which partition.
 */
import type { ErpCommand } from '../../schemas/topics.ts';
import type { Logger } from '../platform/logger.ts';
import { FatalError, RetriableError, TaskMigratedError } from '../runtime/errors.ts';
import { observe } from '../runtime/observe.ts';
import type { Admin, ConsumerEvent, GroupConsumer, KafkaCluster, TopicPartition } from '../runtime/ports.ts';
import { type Scheduler, systemScheduler } from '../runtime/scheduler.ts';
import type { Topic } from '../runtime/topology.ts';
import type { Answers } from './answers.ts';
import type { Booked, Ledger } from './ledger.ts';

export const GROUP = 'erp-ledger';
const POLL_MS = 500;
const RETRY_MS = 1_000;

export type Subscription = Readonly<{
  /** Finishes the open batch and leaves the group. */
  stop(): Promise<void>;
  /** Rejects when it cannot go on; never resolves. */
  crashed: Promise<never>;
}>;

export type SubscribeOptions = Readonly<{
  cluster: Pick<KafkaCluster, 'consumer' | 'admin'>;
  ledger: Ledger;
  topic: Topic<ErpCommand>;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  scheduler?: Scheduler;
  /** Tells in a topic what became of each command. */
  answers?: Answers;
  /** Told of every batch that changed something. */
  onBooked?: (booked: Booked) => void;
}>;

/**
 * Where to read a partition from: the ledger's position, or the very beginning of the topic.
 * @throws FatalError when the topic no longer holds what the ledger has not read, or never held what it has
 */
const resume = async (admin: Admin, ledger: Ledger, source: TopicPartition): Promise<bigint> => {
  const [first] = await admin.beginningOffsets([source]);
  const beginning = first?.offset ?? 0n;
  // Before the end is asked for: by the time of the answer another process may have read beyond it.
  const known = ledger.position(source);
  const [last] = await admin.endOffsets([source]);
  const end = last?.high ?? beginning;
  const position = ledger.position(source);
  const where = `${source.topic}-${source.partition}`;
  if (position === undefined) {
    if (beginning > 0n) throw new FatalError(`${where} begins at ${beginning}: commands before it are gone`);
    ledger.begin(source, beginning);
    return beginning;
  }
  if (position < beginning)
    throw new FatalError(`${where} begins at ${beginning}, but the ledger has read up to ${position} only`);
  if (known !== undefined && known > end)
    throw new FatalError(`${where} ends at ${end}, but the ledger has read up to ${known}: is it another cluster?`);
  return position;
};

export const subscribe = (options: SubscribeOptions): Subscription => {
  const { cluster, ledger, topic, logger, answers } = options;
  const scheduler = options.scheduler ?? systemScheduler;
  const ending = new AbortController();

  const bookRecords = async (
    consumer: GroupConsumer,
    event: Extract<ConsumerEvent, { kind: 'records' }>,
  ): Promise<void> => {
    await topic.value.prepare?.(event.records.flatMap(({ value }) => (value === null ? [] : [value])));
    const passing = { application: GROUP, stage: GROUP, partition: event.source.partition };
    if (event.records.length > 0) observe.passing.publish({ ...passing, point: 'before-book' });
    const booked = ledger.book(event, (value) => topic.value.decode(value));
    if (event.records.length > 0) observe.passing.publish({ ...passing, point: 'after-book' });
    if (booked === undefined) {
      consumer.seek(event.source, ledger.position(event.source) ?? 0n);
      return;
    }
    if (booked.conflicts > 0) logger.error({ ...event.source, ...booked }, 'commands in conflict; see /conflicts');
    if (event.records.length > 0) options.onBooked?.(booked);
    await answers?.tell(event.source);
  };

  const obey = async (consumer: GroupConsumer, admin: Admin, event: ConsumerEvent): Promise<void> => {
    switch (event.kind) {
      case 'assigned':
        for (const source of event.partitions) consumer.seek(source, await resume(admin, ledger, source));
        logger.info({ partitions: event.partitions.map(({ partition }) => partition) }, 'assigned');
        await answers?.take(event.partitions);
        // What was booked before a crash, and not told.
        for (const source of event.partitions) await answers?.tell(source);
        return;
      case 'records':
        await bookRecords(consumer, event);
        return;
      case 'lost':
        logger.warn({ group: GROUP }, 'lost the assignment');
        return;
    }
  };

  /** One membership in the group, until it ends or is told to. */
  const member = async (): Promise<void> => {
    const admin = await cluster.admin();
    try {
      const consumer = await cluster.consumer({ groupId: GROUP, topics: [topic.name] });
      try {
        while (!ending.signal.aborted)
          for (const event of await consumer.poll(POLL_MS)) await obey(consumer, admin, event);
      } finally {
        await answers?.close();
        await consumer.close();
      }
    } finally {
      await admin.close();
    }
  };

  const run = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      try {
        await member();
      } catch (error) {
        if (!(error instanceof RetriableError || error instanceof TaskMigratedError)) throw error;
        logger.warn({ err: error }, 'joining again');
        await scheduler.sleep(RETRY_MS, ending.signal);
      }
    }
  };

  const crash = Promise.withResolvers<never>();
  // Whoever does not await it has the log.
  crash.promise.catch((error: unknown) => logger.error({ err: error }, 'cannot go on'));
  const running = run().catch(crash.reject);
  return {
    stop: async () => {
      ending.abort();
      await running;
    },
    crashed: crash.promise,
  };
};
