/**
 * A changelog partition says which history it holds, in a record of its own: where it lies is noted with the input
 * positions. Lengths alone do not tell a changelog from one that was made anew and got late writes of the dead; its name
 * does, for whoever makes it anew has no transaction that carries both.
 */
import type { ConsumedRecord, PartitionReader, ProducedRecord, TopicPartition } from './ports.ts';

/** No text is encoded like this, so no store has this key. It is written once in a history, so compaction keeps it. */
const nameKey = Buffer.concat([Buffer.of(0xff), Buffer.from('millrace history')]);

/** Whether a record of a changelog is its name, and not state. Whoever reads changelogs passes it over. */
export const isName = ({ key }: Pick<ConsumedRecord, 'key'>): boolean => key?.equals(nameKey) === true;

/** `since` is the history's name. */
export const nameRecord = (source: TopicPartition, since: number): ProducedRecord => ({
  ...source,
  key: nameKey,
  value: Buffer.from(String(since)),
});

const firstRecord = async (
  reader: PartitionReader,
  source: TopicPartition,
  from: bigint,
  end: bigint,
): Promise<ConsumedRecord | undefined> => {
  for await (const { records } of reader.read(source, from, end)) if (records[0] !== undefined) return records[0];
  return undefined;
};

/**
 * The history that a changelog names at `from`, where one is noted to: by the first record that was committed from there
 * on, before `end`. Undefined when that is none, or no name.
 */
export const nameAt = async (
  reader: PartitionReader,
  source: TopicPartition,
  from: bigint,
  end: bigint,
): Promise<number | undefined> => {
  if (from >= end) return undefined;
  // As a rule it lies right there, and asking for one record costs next to nothing.
  const record =
    (await firstRecord(reader, source, from, from + 1n)) ?? (await firstRecord(reader, source, from + 1n, end));
  return record === undefined || !isName(record) ? undefined : Number(record.value);
};
