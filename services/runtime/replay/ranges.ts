/** Up to where a stage has come, and where its topics end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { FatalError, RetriableError } from '../errors.ts';
import type { Admin, ConsumedRecord, GroupMember, TopicPartition } from '../ports.ts';
import { groupId } from '../topics.ts';
import type { Stage, Topology } from '../topology.ts';
import type { ShadowRange } from './shadow.ts';

/** Where a replay begins: at the first record at or after these, of any input, and with all that comes after it. */
export type From = Readonly<{ offset?: bigint; timestamp?: bigint }>;

export const startsAt =
  ({ offset, timestamp }: From): ((record: ConsumedRecord) => boolean) =>
  (record) =>
    (offset === undefined || record.offset >= offset) && (timestamp === undefined || record.timestamp >= timestamp);

/** Longer than the brokers let a transaction stay open whose producer is gone. */
const undecidedMs = 60_000;
const lookAgainMs = 50;

const partitionsOf = (topic: string, count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }));

const find = <T extends TopicPartition>(list: readonly T[], { topic, partition }: TopicPartition): T | undefined =>
  list.find((each) => each.topic === topic && each.partition === partition);

/** Where topics end for good: all that was begun before the call is decided. @returns their stable ends then */
export const settledEnds = async (
  admin: Admin,
  sources: readonly TopicPartition[],
  signal?: AbortSignal,
): Promise<readonly (TopicPartition & { offset: bigint })[]> => {
  const begun = await admin.endOffsets(sources);
  const deadline = performance.now() + undecidedMs;
  for (;;) {
    signal?.throwIfAborted();
    const now = await admin.endOffsets(sources);
    const open = now.filter((end) => end.stable < (find(begun, end)?.high ?? 0n));
    if (open.length === 0) return now.map(({ topic, partition, stable }) => ({ topic, partition, offset: stable }));
    if (performance.now() > deadline)
      throw new RetriableError(`${open[0]!.topic}/${open[0]!.partition} has a transaction that does not end`);
    await sleep(lookAgainMs, undefined, signal && { signal });
  }
};

/** How many partitions the stage's inputs have. */
export const stagePartitions = async (admin: Admin, stage: Stage): Promise<number> => {
  const topic = stage.inputs[0]!.topic.name;
  const count = (await admin.partitions([topic])).get(topic);
  if (count === undefined) throw new FatalError(`topic ${topic} does not exist (millrace apply creates it)`);
  return count;
};

export type Processed = TopicPartition & Readonly<{ begin: bigint; processed: bigint; note: string | undefined }>;

/**
 * What the live stage has processed of each input partition, by input and partition.
 * @throws FatalError when a topic no longer holds its beginning: the state before what is left cannot be made
 */
export const processedBy = async (
  topology: Topology,
  stage: Stage,
  admin: Admin,
  count: number,
): Promise<readonly Processed[]> => {
  const sources = stage.inputs.flatMap(({ topic }) => partitionsOf(topic.name, count));
  const [committed, begins] = await Promise.all([
    admin.committedOffsets(groupId(topology.application, stage.name), sources),
    admin.beginningOffsets(sources),
  ]);
  return sources.map((source) => {
    const begin = find(begins, source)?.offset ?? 0n;
    if (begin > 0n)
      throw new FatalError(
        `${source.topic}/${source.partition} begins at ${begin}: what came before is gone, and with it the state that a replay would start from`,
      );
    const position = find(committed, source);
    return { ...source, begin, processed: position?.offset ?? begin, note: position?.note };
  });
};

/** The ranges of one partition of a stage, by input. `ends` may lie beyond what was processed, never before it. */
export const rangesOf = (
  stage: Stage,
  partition: number,
  processed: readonly Processed[],
  ends: readonly (TopicPartition & { offset: bigint })[],
): readonly ShadowRange[] =>
  stage.inputs.map(({ topic }) => {
    const source = { topic: topic.name, partition };
    const known = find(processed, source)!;
    const end = find(ends, source)?.offset ?? known.processed;
    return {
      source,
      begin: known.begin,
      processed: known.processed,
      end: end < known.processed ? known.processed : end,
    };
  });

/** All partitions of the topics a stage writes, dead letters among them. */
export const outputPartitions = async (
  topology: Topology,
  stage: Stage,
  admin: Admin,
): Promise<ReadonlyMap<string, number>> => {
  const names = [...new Set([...stage.outputs.map(({ name }) => name), topology.deadLetters.name])];
  const counts = await admin.partitions(names);
  const missing = names.filter((name) => !counts.has(name));
  if (missing.length > 0)
    throw new FatalError(`topics do not exist: ${missing.join(', ')} (millrace apply creates them)`);
  return counts;
};

export const allOf = (counts: ReadonlyMap<string, number>): readonly TopicPartition[] =>
  [...counts].flatMap(([topic, count]) => partitionsOf(topic, count));

/** The stage works: state and position may not be set beside it. */
export class StageAtWorkError extends Error {
  override readonly name = 'StageAtWorkError';
  readonly members: readonly GroupMember[];
  constructor(group: string, members: readonly GroupMember[]) {
    const named = members.map(({ clientId, host }) => `${clientId} on ${host}`).join(', ');
    super(`group ${group} has ${members.length} members (${named}): stop them first, nothing was changed`);
    this.members = members;
  }
}

/** @throws StageAtWorkError naming the members of the stage's group */
export const refuseMembers = async (topology: Topology, stage: Stage, admin: Admin): Promise<void> => {
  const group = groupId(topology.application, stage.name);
  const members = await admin.groupMembers(group);
  if (members.length > 0) throw new StageAtWorkError(group, members);
};
