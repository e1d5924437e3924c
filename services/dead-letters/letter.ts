/** A dead letter, what people did about it, and which letters somebody means. Pure. */
import type { DeadLetter, DeadLetterAction } from '../../schemas/generated/types.ts';
import { topics } from '../../schemas/topics.ts';
import { redrivenFrom } from '../runtime/redrive.ts';

/** The partition and offset of a letter in the topic of dead letters: its identity. */
export type LetterPlace = Readonly<{ partition: number; offset: bigint }>;

const TOPIC = topics.deadLetters.name;

export const letterId = ({ partition, offset }: LetterPlace): string => `${TOPIC}-${partition}@${offset}`;

/** @throws Error when the text is no id of a letter; `2@17` is short for `dead-letters-2@17` */
export const parseLetterId = (text: string): LetterPlace => {
  const found = /^(?:dead-letters-)?(\d{1,9})@(\d{1,19})$/.exec(text);
  if (found === null) throw new Error(`'${text}' is not the id of a dead letter, such as ${TOPIC}-2@17`);
  return { partition: Number(found[1]), offset: BigInt(found[2]!) };
};

export type LetterState = 'open' | 'edited' | 'redriven' | 'discarded';

/** What was done about a letter, in order, and what it is therefore. */
export type Standing = Readonly<{ state: LetterState; actions: readonly DeadLetterAction[] }>;

export const untouched: Standing = { state: 'open', actions: [] };

/** A letter ends by being redriven or discarded: what is said of it afterwards changes nothing. */
export const afterAction = (standing: Standing, action: DeadLetterAction): Standing => {
  if (!needsPerson(standing)) return standing;
  const actions = [...standing.actions, action];
  switch (action.kind) {
    case 'edit':
      return { state: 'edited', actions };
    case 'redrive':
      return { state: 'redriven', actions };
    case 'discard':
      return { state: 'discarded', actions };
    default:
      // Of a newer version of this program: shown, and without meaning here.
      return { state: standing.state, actions };
  }
};

/** Whether somebody still has to decide what becomes of the letter. */
export const needsPerson = ({ state }: Standing): boolean => state === 'open' || state === 'edited';

/** The bytes that a redrive brings back: those of the last edit, else the original ones. */
export const presentValue = (letter: DeadLetter, { actions }: Standing): Buffer | null =>
  actions.findLast(({ kind }) => kind === 'edit')?.value ?? letter.value;

/** A letter as it lies in its topic. `at` is when it was written, epoch milliseconds. */
export type Lettered = LetterPlace & Readonly<{ at: bigint; letter: DeadLetter; standing: Standing }>;

/** The letter whose redrive led to this one. */
export const earlierLetter = (letter: Pick<DeadLetter, 'headers'>): string | undefined => redrivenFrom(letter.headers);

export type Filter = Readonly<{
  stage?: string | undefined;
  code?: string | undefined;
  /** Source topic. */
  topic?: string | undefined;
  /** The record's key, as text. */
  key?: string | undefined;
  /** An order: its key, or named by the message. */
  order?: string | undefined;
  /** When the letter was written, epoch milliseconds: from, inclusive, and to, exclusive. */
  since?: bigint | undefined;
  until?: bigint | undefined;
  /** `waiting` for open and edited ones; every state when left out. */
  state?: LetterState | 'waiting' | undefined;
}>;

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);

const isAbout = (letter: DeadLetter, order: string): boolean =>
  letter.key?.toString('utf8') === order || new RegExp(`(?<!\\w)${escaped(order)}(?!\\w)`).test(letter.message);

export const matches = (
  { stage, code, topic, key, order, since, until, state }: Filter,
  { letter, at, standing }: Lettered,
): boolean =>
  (stage === undefined || letter.stage === stage) &&
  (code === undefined || letter.code === code) &&
  (topic === undefined || letter.sourceTopic === topic) &&
  (key === undefined || letter.key?.toString('utf8') === key) &&
  (order === undefined || isAbout(letter, order)) &&
  (since === undefined || at >= since) &&
  (until === undefined || at < until) &&
  (state === undefined || (state === 'waiting' ? needsPerson(standing) : standing.state === state));
