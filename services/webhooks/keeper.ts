/** Events into their topic: batched, and acknowledged by all in-sync replicas. One keeper per topic. */
import { RetriableError } from '../runtime/errors.ts';
import type { IdempotentProducer, KafkaCluster, ProducedRecord } from '../runtime/ports.ts';
import { type Scheduler, systemScheduler } from '../runtime/scheduler.ts';
import type { Topic } from '../runtime/topology.ts';
import { openBatcher } from './batcher.ts';

const MAX_BATCH_RECORDS = 500;
/** Below the brokers' default limit of a request, which is 1 MiB; a single event may be as large as a body may. */
const MAX_BATCH_BYTES = 800_000;

/** An event, and the key that puts it after what is to be read before it. */
export type KeptEvent<E> = Readonly<{ key: string; event: E }>;

export interface Keeper<E> {
  /** Resolves when the brokers have it. Rejects after `timeoutMs`; it may then be written all the same, once more. */
  keep(event: KeptEvent<E>): Promise<void>;
  close(): Promise<void>;
}

type Sleep = Scheduler['sleep'];

const within = async (work: Promise<void>, timeoutMs: number, sleep: Sleep): Promise<void> => {
  const controller = new AbortController();
  const late = async (): Promise<never> => {
    await sleep(timeoutMs, controller.signal);
    throw new RetriableError(`the brokers did not acknowledge within ${timeoutMs} ms`);
  };
  try {
    await Promise.race([work, late()]);
  } finally {
    controller.abort();
  }
};

/**
 * A producer that failed for good is thrown away and another takes its place. That may write an event twice, as Stripe
 * may deliver it twice; whoever reads the topic knows events by their id.
 */
export const openKeeper = <E>(
  options: Readonly<{
    cluster: Pick<KafkaCluster, 'idempotentProducer'>;
    topic: Topic<E>;
    timeoutMs: number;
    scheduler?: Pick<Scheduler, 'sleep'>;
  }>,
): Keeper<E> => {
  const { sleep } = options.scheduler ?? systemScheduler;
  let producer: Promise<IdempotentProducer> | undefined;

  const discard = async (): Promise<void> => {
    const failed = producer;
    producer = undefined;
    try {
      await (await failed)?.close();
    } catch {
      // It failed already, which its caller was told.
    }
  };

  const send = async (records: readonly ProducedRecord[]): Promise<void> => {
    producer ??= options.cluster.idempotentProducer();
    try {
      await (await producer).send(records);
    } catch (error) {
      await discard();
      throw error;
    }
  };

  const batcher = openBatcher<ProducedRecord>({
    send,
    maxItems: MAX_BATCH_RECORDS,
    maxWeight: MAX_BATCH_BYTES,
    weight: (record) => record.value?.length ?? 0,
  });

  return {
    keep: ({ key, event }) =>
      within(
        batcher.add({
          topic: options.topic.name,
          key: Buffer.from(key, 'utf8'),
          value: options.topic.value.encode(event),
        }),
        options.timeoutMs,
        sleep,
      ),
    close: async () => {
      await batcher.drain();
      await (await producer)?.close();
    },
  };
};
