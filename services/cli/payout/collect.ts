/** What the topics hold of payouts. */
import type { PayoutFact } from '../../../schemas/generated/types.ts';
import type { TopicKey, TopicValues } from '../../../schemas/topics.ts';
import { afterAction, letterId, needsPerson, type Standing, untouched } from '../../dead-letters/letter.ts';
import type { Read, Topics } from '../kafka.ts';
import { type PayoutProof, type PayoutRecords, proofOf } from './proof.ts';

const PREFIX = 'payout:';

const records = async <K extends TopicKey>(
  topics: Topics,
  topic: K,
  key: string,
): Promise<readonly (Read<TopicValues[K]> & { value: TopicValues[K] })[]> => {
  const found: (Read<TopicValues[K]> & { value: TopicValues[K] })[] = [];
  for await (const record of topics.read(topics.schemas.topic(topic), key))
    if (record.value !== null) found.push({ ...record, value: record.value });
  return found;
};

const waitingLetters = async (topics: Topics, key: string): Promise<readonly string[]> => {
  const letters = await records(topics, 'deadLetters', key);
  if (letters.length === 0) return [];
  const standings = new Map<string, Standing>();
  for await (const { value: action } of topics.read(topics.schemas.topic('deadLetterActions')))
    if (action !== null) standings.set(action.letter, afterAction(standings.get(action.letter) ?? untouched, action));
  return letters
    .filter((letter) => needsPerson(standings.get(letterId(letter)) ?? untouched))
    .map(({ value: { code, message } }) => `${code}: ${message}`);
};

/** @param payoutId po_… */
export const recordsOf = async (topics: Topics, payoutId: string): Promise<PayoutRecords> => {
  const key = `${PREFIX}${payoutId}`;
  const values = async <K extends TopicKey>(topic: K): Promise<readonly TopicValues[K][]> =>
    (await records(topics, topic, key)).map(({ value }) => value);
  return {
    payoutId,
    facts: await values('payoutFacts'),
    results: await values('stripeResults'),
    commands: await values('erpCommands'),
    answers: await values('erpResults'),
    letters: await waitingLetters(topics, key),
  };
};

/** Undefined when no topic knows it. */
export const proofIn = async (topics: Topics, payoutId: string): Promise<PayoutProof | undefined> =>
  proofOf(await recordsOf(topics, payoutId));

/** One line of a list. */
export type PayoutRow = Readonly<{
  payoutId: string;
  createdAt: bigint | null;
  amount: bigint;
  currency: string;
  status: string;
  automatic: boolean;
  /** The command of its entry, once it was sent. */
  entry: string | null;
  reversal: string | null;
}>;

/** All payouts that Stripe told of, the latest first. */
export const payoutsIn = async (topics: Topics): Promise<readonly PayoutRow[]> => {
  const latest = new Map<string, PayoutFact>();
  for await (const { value } of topics.read(topics.schemas.topic('payoutFacts'))) {
    if (value === null) continue;
    const known = latest.get(value.payoutId);
    if (known === undefined || value.statusRank >= known.statusRank) latest.set(value.payoutId, value);
  }
  const sent = new Map<string, string>();
  for await (const { key, value } of topics.read(topics.schemas.topic('erpCommands')))
    if (value !== null && key?.startsWith(PREFIX) === true) sent.set(`${key} ${value.type}`, value.commandId);
  return [...latest.values()]
    .map(({ payoutId, createdAt, amount, currency, status, automatic }) => ({
      payoutId,
      createdAt,
      amount,
      currency,
      status,
      automatic: automatic !== false,
      entry: sent.get(`${PREFIX}${payoutId} PostPayoutJournal`) ?? null,
      reversal: sent.get(`${PREFIX}${payoutId} ReversePayoutJournal`) ?? null,
    }))
    .sort((left, right) => Number((right.createdAt ?? 0n) - (left.createdAt ?? 0n)));
};
