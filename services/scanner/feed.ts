/** What scanners write, and how: all of a step or nothing. */
import type { RaisedException } from '../../schemas/generated/types.ts';
import type { ProducedRecord, TransactionalProducer } from '../runtime/ports.ts';
import type { Topic } from '../runtime/topology.ts';

export const SOURCE_HEADER = 'millrace-source';

/** Below the brokers' limit of a batch, which is 1 MiB. */
const MAX_BATCH_BYTES = 800_000;

export type Problem = Pick<RaisedException, 'exceptionId' | 'orderId' | 'code' | 'message' | 'advice'>;

/** Something that a scanner cannot put right, for the people who run it. */
export const exceptionRecord = (topic: Topic<RaisedException>, problem: Problem, now: number): ProducedRecord => ({
  topic: topic.name,
  key: Buffer.from(problem.orderId ?? problem.exceptionId),
  value: topic.value.encode({
    ...problem,
    status: 'raised',
    who: 'operations',
    evidence: [],
    by: 'scanner',
    at: BigInt(now),
  }),
});

const batches = (records: readonly ProducedRecord[]): ProducedRecord[][] => {
  const made: ProducedRecord[][] = [];
  let bytes = Infinity;
  for (const record of records) {
    const size = record.value?.length ?? 0;
    if (bytes + size > MAX_BATCH_BYTES) {
      made.push([]);
      bytes = 0;
    }
    made.at(-1)!.push(record);
    bytes += size;
  }
  return made;
};

/** One transaction; none when there is nothing to write. */
export const writeAtOnce = async (
  producer: TransactionalProducer,
  records: readonly ProducedRecord[],
): Promise<void> => {
  if (records.length === 0) return;
  const transaction = await producer.begin();
  try {
    for (const batch of batches(records)) await transaction.send(batch);
    await transaction.commit();
  } catch (error) {
    await transaction.abort().catch(() => undefined);
    throw error;
  }
};
