/** Where readers stood and where topics ended: what tells a loss from work under way. */
import type { Admin, TopicPartition } from '../../runtime/ports.ts';
import { inputsOf } from '../../runtime/stage-run.ts';
import type { Ways } from './topics.ts';

const id = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

export interface Positions {
  /** Partitions of a topic; none when it does not exist. */
  count(topic: string): number;
  /** The first record that is kept. */
  begin(source: TopicPartition): bigint;
  /** Up to where everything is read. */
  end(source: TopicPartition): bigint;
  /** Whether the group had this record behind it before we began. */
  settled(group: string | null, source: TopicPartition, offset: bigint): boolean;
  late(source: TopicPartition, offset: bigint): boolean;
}

export const samplePositions = async (admin: Admin, ways: Ways, others: readonly string[]): Promise<Positions> => {
  const readers = new Map<string, string[]>();
  for (const stage of [ways.assembly, ways.routing, ways.orders])
    readers.set(
      ways.groupOf(stage),
      inputsOf(stage).map(({ topic }) => topic.name),
    );
  for (const { group, commands } of ways.targets.values()) if (group !== null) readers.set(group, [commands]);
  const names = [
    ...new Set([
      ...[...readers.values()].flat(),
      ...[...ways.targets.values()].flatMap(({ commands, results }) => [
        commands,
        ...(results === null ? [] : [results]),
      ]),
      ...others,
    ]),
  ];
  const counts = await admin.partitions(names);
  const partitionsOf = (topics: readonly string[]): TopicPartition[] =>
    topics.flatMap((topic) => Array.from({ length: counts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })));
  const committed = new Map<string, bigint>();
  for (const [group, topics] of readers)
    for (const position of await admin.committedOffsets(group, partitionsOf(topics)))
      committed.set(`${group} ${id(position)}`, position.offset);
  const all = partitionsOf(names);
  const ends = async (): Promise<Map<string, bigint>> =>
    new Map((await admin.endOffsets(all)).map((end) => [id(end), end.stable]));
  const first = await ends();
  const second = await ends();
  const begins = new Map((await admin.beginningOffsets(all)).map((begin) => [id(begin), begin.offset]));
  return {
    count: (topic) => counts.get(topic) ?? 0,
    begin: (source) => begins.get(id(source)) ?? 0n,
    end: (source) => second.get(id(source)) ?? 0n,
    settled: (group, source, offset) => offset < (committed.get(`${group ?? ''} ${id(source)}`) ?? -1n),
    late: (source, offset) => offset >= (first.get(id(source)) ?? 0n),
  };
};
