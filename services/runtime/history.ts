/**
 * Where the history of a task's stores lies in their changelogs: noted with the input positions, in the same
 * transactions. A changelog that holds less than the note says has lost something, though it looks like any other.
 */
import { z } from 'zod';
import { FatalError } from './errors.ts';

/**
 * A store's records begin at `from` of its changelog; what lies before is of an older history. They reach at least to `to`.
 * The first record from `named` on is the history's name; undefined in notes of versions that gave none.
 */
export type Reach = Readonly<{ from: bigint; to: bigint; named: bigint | undefined }>;

export type History = Readonly<{
  /**
   * When it was given its name, which this is: epoch milliseconds. Versions without names said 0 for a group's first
   * one. Checkpoints of another history are void.
   */
  since: number;
  reaches: ReadonlyMap<string, Reach>;
  /** While stores are rebuilt: up to where, by input topic. The group's positions are where that has to come. */
  rebuilt: ReadonlyMap<string, bigint> | undefined;
}>;

/** Tells our notes from those of other tools. */
const mark = 'millrace ';
/** Brokers take 4,096 bytes (`offset.metadata.max.bytes`). */
const maxNoteBytes = 4000;

const offset = z
  .string()
  .regex(/^\d+$/)
  .transform((text) => BigInt(text));

const shape = z.strictObject({
  since: z.number().int().nonnegative(),
  reaches: z.record(z.string(), z.tuple([offset, offset]).or(z.tuple([offset, offset, offset]))),
  rebuilt: z.record(z.string(), offset).optional(),
});

/** The note of a history. Throws `FatalError` when no broker would take it. */
export const encodeHistory = ({ since, reaches, rebuilt }: History): string => {
  const text = (value: bigint) => value.toString();
  const content: z.input<typeof shape> = {
    since,
    reaches: Object.fromEntries(
      [...reaches].map(([store, { from, to, named }]) => [
        store,
        named === undefined ? [text(from), text(to)] : [text(from), text(to), text(named)],
      ]),
    ),
  };
  if (rebuilt !== undefined)
    content.rebuilt = Object.fromEntries([...rebuilt].map(([topic, position]) => [topic, text(position)]));
  const note = mark + JSON.stringify(content);
  if (Buffer.byteLength(note) > maxNoteBytes)
    throw new FatalError(`a stage has too many stores and inputs: their note would have ${note.length} bytes`);
  return note;
};

/** Undefined for a note of somebody else, or none: then nothing is known. Throws `FatalError` on one of ours it cannot read. */
export const decodeHistory = (note: string | undefined): History | undefined => {
  if (note?.startsWith(mark) !== true) return undefined;
  try {
    const { since, reaches, rebuilt } = shape.parse(JSON.parse(note.slice(mark.length)));
    return {
      since,
      reaches: new Map(Object.entries(reaches).map(([store, [from, to, named]]) => [store, { from, to, named }])),
      rebuilt: rebuilt === undefined ? undefined : new Map(Object.entries(rebuilt)),
    };
  } catch (cause) {
    throw new FatalError('the note beside the committed positions is of another version of Millrace', { cause });
  }
};

/** Where a changelog begins and ends now. */
export type Bounds = Readonly<{ store: string; topic: string; begin: bigint; end: bigint }>;

/** What is noted and does not lie there any more, said in a sentence; undefined when nothing is missing. */
export const lossOf = (history: History, changelogs: readonly Bounds[]): string | undefined => {
  for (const { store, topic, begin, end } of changelogs) {
    const reach = history.reaches.get(store);
    if (reach === undefined) continue;
    if (end < reach.to) return `changelog ${topic} ends at ${end}, and was committed up to ${reach.to} at least`;
    if (begin > reach.from) return `changelog ${topic} begins at ${begin}, and its history at ${reach.from}`;
  }
  return undefined;
};
