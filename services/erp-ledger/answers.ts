/**
 * Tells in erp.results what became of each command, exactly once. The booked rows are the outbox: they commit with their
 * effects, and each knows where its command lies. Results of partition i lie in partition i, in the order of the
 * commands, so the last one tells how far telling came: fence whoever told before, read the last one, go on behind it.
 */
import type { CommandResult } from '../../schemas/generated/types.ts';
import type { ErpCommand } from '../../schemas/topics.ts';
import { FatalError } from '../runtime/errors.ts';
import type { Admin, KafkaCluster, PartitionReader, TopicPartition, TransactionalProducer } from '../runtime/ports.ts';
import type { Topic } from '../runtime/topology.ts';
import { documentNumber } from './domain/document-number.ts';
import type { Handled, Ledger } from './ledger.ts';

export interface Answers {
  /** Becomes the one who tells about these partitions, and about no others. */
  take(sources: readonly TopicPartition[]): Promise<void>;
  /** Tells what was booked and is not told yet. After an error nothing is known until `take`. */
  tell(source: TopicPartition): Promise<void>;
  close(): Promise<void>;
}

export type AnswersOptions = Readonly<{
  cluster: Pick<KafkaCluster, 'admin' | 'reader' | 'transactionalProducer'>;
  ledger: Pick<Ledger, 'handledAfter'>;
  commands: Topic<ErpCommand>;
  results: Topic<CommandResult>;
}>;

/** At most so many results in one transaction. */
const BATCH = 500;
/** Where the command of a result lies in its partition. */
const OFFSET = 'commandOffset';
const START = -1n;

type Telling = { readonly producer: TransactionalProducer; told: bigint };

/** The last record of a partition. Control records and aborted ones at its end are passed over. */
const lastValue = async (
  admin: Admin,
  reader: PartitionReader,
  source: TopicPartition,
): Promise<Buffer | undefined> => {
  const [first] = await admin.beginningOffsets([source]);
  const [last] = await admin.endOffsets([source]);
  const begin = first?.offset ?? 0n;
  const end = last?.stable ?? 0n;
  for (let back = 16n; ; back *= 8n) {
    const from = end - back > begin ? end - back : begin;
    let found: Buffer | undefined;
    if (from < end)
      for await (const { records } of reader.read(source, from, end)) found = records.at(-1)?.value ?? found;
    if (found !== undefined || from === begin) return found;
  }
};

export const openAnswers = ({ cluster, ledger, commands, results }: AnswersOptions): Answers => {
  const telling = new Map<number, Telling>();

  const drop = async (partition: number): Promise<void> => {
    await telling.get(partition)?.producer.close();
    telling.delete(partition);
  };

  const toldUpTo = async (admin: Admin, reader: PartitionReader, partition: number): Promise<bigint> => {
    const value = await lastValue(admin, reader, { topic: results.name, partition });
    if (value === undefined) return START;
    await results.value.prepare?.([value]);
    const offset = results.value.decode(value).detail[OFFSET];
    if (offset === undefined)
      throw new FatalError(`${results.name}-${partition} ends with a result that is not this ledger's`);
    return BigInt(offset);
  };

  const resultOf = async (handled: Handled): Promise<CommandResult> => {
    const { commandId, partition, offset } = handled;
    const detail = { [OFFSET]: String(offset) };
    const about = {
      commandId,
      target: 'erp',
      objectStatus: null,
      requestId: null,
      replayed: false,
      detail,
      balanceTransactions: [],
      invoiceLines: [],
      creditNotes: [],
    };
    if (handled.kind === 'applied') {
      const { orderId, type, occurredAt: completedAt } = handled;
      const objectId = documentNumber(type, partition, offset);
      return {
        ...about,
        orderId,
        type,
        status: 'succeeded',
        objectId,
        errorCode: null,
        errorMessage: null,
        completedAt,
      };
    }
    await commands.value.prepare?.([handled.value]);
    const { orderId, type, occurredAt: completedAt } = commands.value.decode(handled.value);
    const { reason: errorCode, message: errorMessage } = handled;
    return { ...about, orderId, type, status: 'refused', objectId: null, errorCode, errorMessage, completedAt };
  };

  const take = async (sources: readonly TopicPartition[]): Promise<void> => {
    for (const partition of telling.keys())
      if (!sources.some((source) => source.partition === partition)) await drop(partition);
    const fresh = sources.filter(({ partition }) => !telling.has(partition));
    if (fresh.length === 0) return;
    const admin = await cluster.admin();
    const reader = await cluster.reader();
    try {
      const count = (await admin.partitions([results.name])).get(results.name) ?? 0;
      for (const { partition } of fresh) {
        if (partition >= count)
          throw new FatalError(
            `${results.name} has ${count} partitions: run \`millrace apply\`, or set MILLRACE_LEDGER_RESULTS=false`,
          );
        const producer = await cluster.transactionalProducer(`erp-ledger-results-${partition}`);
        telling.set(partition, { producer, told: START });
        telling.get(partition)!.told = await toldUpTo(admin, reader, partition);
      }
    } finally {
      await reader.close();
      await admin.close();
    }
  };

  const tell = async (source: TopicPartition): Promise<void> => {
    const own = telling.get(source.partition);
    if (own === undefined) return;
    for (;;) {
      const handled = ledger.handledAfter(source, own.told, BATCH);
      if (handled.length === 0) return;
      const told = await Promise.all(handled.map(resultOf));
      const transaction = await own.producer.begin();
      await transaction.send(
        told.map((result) => ({
          topic: results.name,
          partition: source.partition,
          key: Buffer.from(result.orderId),
          value: results.value.encode(result),
        })),
      );
      await transaction.commit();
      own.told = handled.at(-1)!.offset;
    }
  };

  const close = async (): Promise<void> => {
    for (const partition of telling.keys()) await drop(partition);
  };

  /** After a failure the outcome is unknown: nothing is held on to. */
  const orDrop = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      await close();
      throw error;
    }
  };

  return { take: (sources) => orDrop(take(sources)), tell: (source) => orDrop(tell(source)), close };
};
