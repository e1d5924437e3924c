/**
 * Where a redriven record stands among inputs that are merged by place. Its own place is of long ago: in a replay it
 * would come before records that it came after in truth. So it gets a place behind everything its inputs hold.
 */
import { PoisonError } from '../runtime/errors.ts';
import type { TopicPartition } from '../runtime/ports.ts';
import { placeBehind, redrivenFrom, redrivePlace } from '../runtime/redrive.ts';
import type { Stage, StageInput } from '../runtime/topology.ts';
import type { Source } from './read.ts';

/** `place` is undefined when nothing that is left in the inputs has one. `ends` are high watermarks from before. */
export type Behind = Readonly<{ place: string | undefined; ends: ReadonlyMap<string, bigint> }>;

const FIRST_LOOK = 64n;

const inputsOf = (stage: Stage): readonly StageInput<unknown>[] =>
  stage.inputs as unknown as readonly StageInput<unknown>[];

/** The place of the last record of a partition that has one, before `end`. */
const lastPlace = async (
  { admin, reader }: Source,
  { topic, place }: StageInput<unknown>,
  source: TopicPartition,
  end: bigint,
): Promise<string | undefined> => {
  const [beginning] = await admin.beginningOffsets([source]);
  const first = beginning?.offset ?? 0n;
  for (let to = end, look = FIRST_LOOK; to > first; look *= 2n) {
    const from = to - look > first ? to - look : first;
    let last: string | undefined;
    for await (const { records } of reader.read(source, from, to)) {
      await topic.value.prepare?.(records.flatMap(({ value }) => value ?? []));
      for (const { value, headers } of records) {
        try {
          const own = value === null || redrivenFrom(headers) !== undefined ? undefined : topic.value.decode(value);
          last = redrivePlace(headers) ?? (own === undefined ? undefined : place?.(own)) ?? last;
        } catch (error) {
          if (!(error instanceof PoisonError)) throw error;
        }
      }
    }
    if (last !== undefined) return last;
    to = from;
  }
  return undefined;
};

/** Behind everything that the inputs of a merged stage hold in one partition. */
export const behindAll = async (source: Source, stage: Stage, partition: number): Promise<Behind> => {
  const inputs = inputsOf(stage);
  const partitions = inputs.map(({ topic }) => ({ topic: topic.name, partition }));
  const ends = await source.admin.endOffsets(partitions);
  const places: string[] = [];
  for (const input of inputs) {
    const at = { topic: input.topic.name, partition };
    const stable = ends.find(({ topic }) => topic === at.topic)?.stable ?? 0n;
    const place = await lastPlace(source, input, at, stable);
    if (place !== undefined) places.push(place);
  }
  const last = places.sort().at(-1);
  return {
    place: last === undefined ? undefined : placeBehind(last),
    ends: new Map(ends.map(({ topic, high }) => [topic, high])),
  };
};

/**
 * Whether anything came into the inputs after they were looked at and before the redriven records lay in the log:
 * then a replay could see another order. What comes later waits for the transaction. `first` is where the first of our
 * own records lies, by topic.
 */
export const hasMoved = async (
  { admin }: Source,
  { ends }: Behind,
  partition: number,
  first: ReadonlyMap<string, bigint>,
): Promise<boolean> => {
  const now = await admin.endOffsets([...ends.keys()].map((topic) => ({ topic, partition })));
  return now.some(({ topic, high }) => (first.get(topic) ?? high) !== ends.get(topic));
};
