/** Dead letters as people and programs read them. */
import colors from 'picocolors';
import type { DeadLetter, DeadLetterAction } from '../../../schemas/generated/types.ts';
import type { Readable } from '../../dead-letters/editing.ts';
import { earlierLetter, type Lettered, letterId, type LetterState } from '../../dead-letters/letter.ts';
import type { Outcome } from '../../dead-letters/desk.ts';
import { jsonText } from '../json.ts';

/** A letter with all that `show` tells of it. */
export type Shown = Readonly<{
  lettered: Lettered;
  original: Readable | undefined;
  /** The value a redrive brings back, when it was edited. */
  edited: Readable | undefined;
  later: readonly Lettered[];
}>;

const stamp = (at: bigint): string => new Date(Number(at)).toISOString().replace(/\.\d+Z$/, 'Z');
const shortId = (id: string): string => id.replace(/^dead-letters-/, '');
const fit = (text: string, width: number): string =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
const textOf = (bytes: Buffer | null): string => bytes?.toString('utf8') ?? '';

const paint: Readonly<Record<LetterState, (text: string) => string>> = {
  open: colors.red,
  edited: colors.yellow,
  redriven: colors.green,
  discarded: colors.gray,
};

const row = (
  id: string,
  when: string,
  stage: string,
  code: string,
  key: string,
  state: string,
  message: string,
): string =>
  `${fit(id, 10)} ${fit(when, 20)} ${fit(stage, 10)} ${fit(code, 20)} ${fit(key, 12)} ${fit(state, 9)} ${message}`;

export const tableHead = (): string => row('id', 'when', 'stage', 'code', 'key', 'state', 'message');

/** One line of the table. */
export const tableRow = (lettered: Lettered): string => {
  const { letter, at, standing } = lettered;
  const { state } = standing;
  const line = row(
    shortId(letterId(lettered)),
    stamp(at),
    letter.stage,
    letter.code,
    textOf(letter.key),
    '\u0000',
    letter.message.split('\n')[0] ?? '',
  );
  return line.replace(fit('\u0000', 9), paint[state](fit(state, 9)));
};

const sourceOf = ({ sourceTopic, sourcePartition, sourceOffset }: DeadLetter): string =>
  `${sourceTopic}-${sourcePartition}@${sourceOffset}`;

const actionLine = ({ kind, by, at, reason, topic, partition, offset }: DeadLetterAction): string => {
  const to = topic === null ? '' : ` to ${topic}-${partition ?? 0}@${offset ?? 0n}`;
  return `${stamp(at)}  ${kind}${to} by ${by}: ${reason}`;
};

const summary = (lettered: Lettered): Readonly<Record<string, unknown>> => {
  const { letter, at, standing } = lettered;
  const { application, stage, version, code, message, sourceTopic, sourcePartition, sourceOffset, sourceTimestamp } =
    letter;
  return {
    id: letterId(lettered),
    at: stamp(at),
    state: standing.state,
    application,
    stage,
    version,
    code,
    message,
    key: letter.key === null ? null : textOf(letter.key),
    sourceTopic,
    sourcePartition,
    sourceOffset,
    sourceTimestamp,
    earlier: earlierLetter(letter) ?? null,
    actions: standing.actions.map(({ kind, by, at: when, reason, topic, partition, offset }) => {
      const action = { kind, by, at: stamp(when), reason };
      return topic === null ? action : { ...action, topic, partition, offset };
    }),
  };
};

/** One JSON object on one line; whole numbers beyond 2^53 are text. */
export const jsonLine = (lettered: Lettered): string => jsonText(summary(lettered), 0);

const headersOf = ({ headers }: DeadLetter): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).map(([name, bytes]) => [name, textOf(bytes)]));

/** Everything about one letter as JSON. Bytes that cannot be decoded come as hex. */
export const shownJson = ({ lettered, original, edited, later }: Shown): string =>
  jsonText({
    ...summary(lettered),
    headers: headersOf(lettered.letter),
    schemaId: original?.schemaId ?? null,
    value: original?.json ?? null,
    valueHex: original === undefined ? (lettered.letter.value?.toString('hex') ?? null) : null,
    edited: edited?.json ?? null,
    later: later.map(letterId),
  });

const hexDump = (bytes: Buffer): string => {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const part = bytes.subarray(at, at + 16);
    const hex = [...part].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = [...part].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    lines.push(`  ${at.toString(16).padStart(6, '0')}  ${hex.padEnd(47)}  ${text}`);
  }
  return lines.join('\n');
};

const valueText = (bytes: Buffer | null, value: Readable | undefined): string => {
  if (value !== undefined) return jsonText(value.json).replaceAll(/^/gm, '  ');
  return bytes === null ? '  (a tombstone)' : hexDump(bytes);
};

/** Everything about one letter. */
export const shownText = ({ lettered, original, edited, later }: Shown): string => {
  const { letter, at, standing } = lettered;
  const earlier = earlierLetter(letter);
  const headers = Object.entries(headersOf(letter));
  return [
    `${colors.bold(letterId(lettered))}  ${paint[standing.state](standing.state)}`,
    `  ${letter.code}: ${letter.message}`,
    `  refused by ${letter.application}/${letter.stage} ${letter.version} at ${stamp(at)}`,
    `  from ${sourceOf(letter)}, written at ${stamp(letter.sourceTimestamp)}, key ${textOf(letter.key)}`,
    ...(headers.length > 0 ? ['  headers', ...headers.map(([name, text]) => `    ${name}: ${text}`)] : []),
    ...(earlier === undefined ? [] : [`  came of redriving ${earlier}`]),
    ...(standing.actions.length > 0 ? ['  done', ...standing.actions.map((each) => `    ${actionLine(each)}`)] : []),
    ...later.map((each) => `  was refused again: ${letterId(each)} ${each.letter.code} (${each.standing.state})`),
    original === undefined ? 'value, not decodable' : `value (schema ${original.schemaId})`,
    valueText(letter.value, original),
    ...(edited === undefined ? [] : ['edited to', valueText(null, edited)]),
  ].join('\n');
};

/** What became of one letter. */
export const outcomeText = (outcome: Outcome): string => {
  if (outcome.kind === 'skipped') return `${outcome.id}  ${colors.yellow('left as it is')}: ${outcome.why}`;
  const { action } = outcome;
  switch (action.kind) {
    case 'redrive':
      return `${action.letter}  redriven to ${action.topic ?? ''}-${action.partition ?? 0}@${action.offset ?? 0n}`;
    case 'edit':
      return `${action.letter}  edited; redrive it to let it take its turn`;
    default:
      return `${action.letter}  discarded`;
  }
};

/** What would become of one letter. */
export const planText = (kind: 'redrive' | 'discard', lettered: Lettered): string => {
  const { letter } = lettered;
  const what =
    kind === 'redrive' ? `would be redriven to ${letter.sourceTopic}-${letter.sourcePartition}` : 'would be discarded';
  return `${letterId(lettered)}  ${what}: ${letter.code} (${lettered.standing.state}) key ${textOf(letter.key)}`;
};
