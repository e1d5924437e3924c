/** Books the topic from its beginning into a new ledger, beside whoever reads it: outside any group, offsets its own. */
import { existsSync } from 'node:fs';
import type { ErpCommand } from '../../schemas/topics.ts';
import { FatalError } from '../runtime/errors.ts';
import type { KafkaCluster } from '../runtime/ports.ts';
import type { Topic } from '../runtime/topology.ts';
import { type Booked, openLedger } from './ledger.ts';

export type RebuildOptions = Readonly<{
  cluster: Pick<KafkaCluster, 'admin' | 'reader'>;
  topic: Topic<ErpCommand>;
  /** Of the new ledger; there must be no file yet. */
  path: string;
  /** Up to where to read each partition; up to the end when left out. */
  to?: ReadonlyMap<number, bigint>;
  onProgress?: (partition: number, position: bigint, end: bigint) => void;
}>;

/** @throws FatalError when the file exists, or the topic no longer begins at its beginning */
export const rebuildLedger = async ({ cluster, topic, path, to, onProgress }: RebuildOptions): Promise<Booked> => {
  if (existsSync(path)) throw new FatalError(`${path} exists: a ledger is rebuilt into a new file`);
  const admin = await cluster.admin();
  const reader = await cluster.reader();
  const total = { applied: 0, repeated: 0, conflicts: 0 };
  const ledger = openLedger(path);
  try {
    const count = (await admin.partitions([topic.name])).get(topic.name) ?? 0;
    const sources = Array.from({ length: count }, (_, partition) => ({ topic: topic.name, partition }));
    const [begins, ends] = await Promise.all([admin.beginningOffsets(sources), admin.endOffsets(sources)]);
    for (const [index, source] of sources.entries()) {
      const begin = begins[index]!.offset;
      if (begin > 0n)
        throw new FatalError(`${source.topic}-${source.partition} begins at ${begin}: commands before it are gone`);
      const end = to === undefined ? ends[index]!.stable : (to.get(source.partition) ?? 0n);
      if (end > ends[index]!.high)
        throw new FatalError(
          `${source.topic}-${source.partition} ends at ${ends[index]!.high}, before ${end}: is it another cluster?`,
        );
      // A partition that was never read has no row.
      if (to !== undefined && !to.has(source.partition)) continue;
      ledger.begin(source, begin);
      let position = begin;
      for await (const page of reader.read(source, begin, end)) {
        await topic.value.prepare?.(page.records.flatMap(({ value }) => (value === null ? [] : [value])));
        const batch = { source, fetchOffset: position, records: page.records, nextOffset: page.position };
        const booked = ledger.book(batch, (value) => topic.value.decode(value));
        if (booked === undefined) throw new FatalError(`${path} was written by somebody else meanwhile`);
        for (const name of ['applied', 'repeated', 'conflicts'] as const) total[name] += booked[name];
        position = page.position;
        onProgress?.(source.partition, position, end);
      }
    }
  } finally {
    ledger.close();
    await reader.close();
    await admin.close();
  }
  return total;
};
