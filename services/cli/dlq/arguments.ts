/** What people type, as filters and persons. Pure but for who is asking. */
import { userInfo } from 'node:os';
import type { Filter, LetterState } from '../../dead-letters/letter.ts';

export type FilterOptions = Readonly<{
  stage?: string;
  code?: string;
  topic?: string;
  key?: string;
  order?: string;
  since?: string;
  until?: string;
  state?: string;
}>;

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `2026-11-24T10:00Z` or `90m`, `24h`, `7d` ago, as epoch milliseconds. @throws Error for anything else */
export const momentOf = (text: string, now: number): bigint => {
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  if (ago !== null) return BigInt(now - Number(ago[1]) * UNITS[ago[2]!]!);
  const at = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw new Error(`'${text}' is no time: 2026-11-24T10:00Z, or so long ago: 90m, 24h, 7d`);
  return BigInt(at);
};

const STATES: readonly string[] = ['open', 'edited', 'redriven', 'discarded', 'waiting'];

/** @throws Error naming the option that is wrong */
export const filterOf = (options: FilterOptions, now: number): Filter => {
  const { stage, code, topic, key, order, since, until, state = 'waiting' } = options;
  if (state !== 'all' && !STATES.includes(state))
    throw new Error(`--state ${state}: must be one of ${STATES.join(', ')}, all`);
  return {
    stage,
    code,
    topic,
    key,
    order,
    since: since === undefined ? undefined : momentOf(since, now),
    until: until === undefined ? undefined : momentOf(until, now),
    state: state === 'all' ? undefined : (state as LetterState | 'waiting'),
  };
};

/** Whether anything narrows the letters down, besides their state. */
export const isNarrow = ({ stage, code, topic, key, order, since, until }: FilterOptions): boolean =>
  [stage, code, topic, key, order, since, until].some((option) => option !== undefined);

/** Who acts: as told, else the user of this process. */
export const whoIs = (by: string | undefined): string => by ?? userInfo().username;
