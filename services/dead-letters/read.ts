/** Reads dead letters with what was done about them, outside any group. */
import type { DeadLetter, DeadLetterAction } from '../../schemas/generated/types.ts';
import type { Schemas } from '../../schemas/serde.ts';
import type { Admin, PartitionReader, TopicPartition } from '../runtime/ports.ts';
import type { Topic } from '../runtime/topology.ts';
import {
  afterAction,
  earlierLetter,
  type Lettered,
  letterId,
  type LetterPlace,
  type Standing,
  untouched,
} from './letter.ts';

export type Source = Readonly<{ admin: Admin; reader: PartitionReader; schemas: Schemas }>;

type Value<V> = Readonly<{ offset: bigint; timestamp: bigint; value: V }>;

async function* values<V>(
  { admin, reader }: Pick<Source, 'admin' | 'reader'>,
  topic: Topic<V>,
  partition: number,
  range: Readonly<{ from?: bigint; to?: bigint }> = {},
): AsyncGenerator<Value<V>> {
  const source: TopicPartition = { topic: topic.name, partition };
  const [beginning] = await admin.beginningOffsets([source]);
  const first = beginning?.offset ?? 0n;
  const from = range.from !== undefined && range.from > first ? range.from : first;
  for await (const { records } of reader.read(source, from, range.to)) {
    await topic.value.prepare?.(records.flatMap(({ value }) => value ?? []));
    for (const { offset, timestamp, value } of records)
      if (value !== null) yield { offset, timestamp, value: topic.value.decode(value) };
  }
}

const partitionsOf = async ({ admin }: Source, topic: string): Promise<number> =>
  (await admin.partitions([topic])).get(topic) ?? 0;

/**
 * What was done about the letters of one partition: actions on them lie in the partition of the same number. The bytes
 * of edits are kept for `whole` letters only.
 */
export const standingsOf = async (
  source: Source,
  partition: number,
  whole: ReadonlySet<string> = new Set(),
): Promise<ReadonlyMap<string, Standing>> => {
  const topic = source.schemas.topic('deadLetterActions');
  const standings = new Map<string, Standing>();
  if ((await partitionsOf(source, topic.name)) <= partition) return standings;
  for await (const { value: action } of values<DeadLetterAction>(source, topic, partition)) {
    const { letter } = action;
    const kept = whole.has(letter) ? action : { ...action, value: null };
    standings.set(letter, afterAction(standings.get(letter) ?? untouched, kept));
  }
  return standings;
};

async function* lettersOf(
  source: Source,
  partition: number,
  range: Readonly<{ from?: bigint; to?: bigint }> = {},
): AsyncGenerator<Lettered> {
  const standings = await standingsOf(source, partition);
  for await (const { offset, timestamp, value } of values<DeadLetter>(
    source,
    source.schemas.topic('deadLetters'),
    partition,
    range,
  ))
    yield {
      partition,
      offset,
      at: timestamp,
      letter: value,
      standing: standings.get(letterId({ partition, offset })) ?? untouched,
    };
}

/** All letters, oldest first, a page of each partition in memory at a time. */
export async function* allLetters(source: Source): AsyncGenerator<Lettered> {
  const count = await partitionsOf(source, source.schemas.topic('deadLetters').name);
  const streams = Array.from({ length: count }, (_, partition) => lettersOf(source, partition));
  const heads: { stream: AsyncGenerator<Lettered>; next: Lettered }[] = [];
  const advance = async (stream: AsyncGenerator<Lettered>): Promise<void> => {
    const next = await stream.next();
    if (next.done !== true) heads.push({ stream, next: next.value });
  };
  for (const stream of streams) await advance(stream);
  while (heads.length > 0) {
    const oldest = heads.reduce((best, head) => (head.next.at < best.next.at ? head : best));
    heads.splice(heads.indexOf(oldest), 1);
    yield oldest.next;
    await advance(oldest.stream);
  }
}

/** The letters at these offsets of one partition, read from the first to the last of them, without what was done about them. */
export const lettersAt = async (
  source: Source,
  partition: number,
  offsets: readonly bigint[],
): Promise<ReadonlyMap<bigint, Omit<Lettered, 'standing'>>> => {
  const topic = source.schemas.topic('deadLetters');
  const found = new Map<bigint, Omit<Lettered, 'standing'>>();
  if ((await partitionsOf(source, topic.name)) <= partition) return found;
  const [end] = await source.admin.endOffsets([{ topic: topic.name, partition }]);
  const wanted = new Set(offsets.filter((offset) => offset < (end?.stable ?? 0n)));
  const sorted = [...wanted].sort((left, right) => (left < right ? -1 : 1));
  const [first, last] = [sorted.at(0), sorted.at(-1)];
  if (first === undefined || last === undefined) return found;
  const range = { from: first, to: last + 1n };
  for await (const { offset, timestamp, value } of values<DeadLetter>(source, topic, partition, range))
    if (wanted.has(offset)) found.set(offset, { partition, offset, at: timestamp, letter: value });
  return found;
};

/** One letter with everything that was done about it; undefined when there is none. */
export const oneLetter = async (source: Source, place: LetterPlace): Promise<Lettered | undefined> => {
  const { partition, offset } = place;
  const letter = (await lettersAt(source, partition, [offset])).get(offset);
  if (letter === undefined) return undefined;
  const id = letterId(place);
  const standings = await standingsOf(source, partition, new Set([id]));
  return { ...letter, standing: standings.get(id) ?? untouched };
};

/** Letters that came of redriving this one: the same key, hence the same partition, and later. */
export const laterLetters = async (source: Source, place: LetterPlace): Promise<readonly Lettered[]> => {
  const id = letterId(place);
  const later: Lettered[] = [];
  for await (const lettered of lettersOf(source, place.partition, { from: place.offset + 1n }))
    if (earlierLetter(lettered.letter) === id) later.push(lettered);
  return later;
};
