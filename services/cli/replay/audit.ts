/** The audit records of replays, and which copies of a record they explain. */
import type { Replay } from '../../../schemas/generated/types.ts';
import type { Explain } from '../../runtime/replay/comparison.ts';
import type { Topics } from '../kafka.ts';

export const readReplays = async (topics: Pick<Topics, 'read' | 'schemas'>): Promise<readonly Replay[]> => {
  const replays: Replay[] = [];
  for await (const { value } of topics.read(topics.schemas.topic('replays'))) if (value !== null) replays.push(value);
  return replays;
};

const place = (topic: string, partition: number): string => `${topic}/${partition}`;

/**
 * A replay sends records once more. It explains a copy when it comes between the copy before and this one, and it
 * explains as many as it said it would send into that partition. What no replay explains is doubled. Each answer of
 * true uses up one; ask in the order of offsets, partition by partition, and once per copy.
 */
export const explainedBy = (replays: readonly Replay[]): Explain => {
  const budgets = new Map<string, { end: bigint; left: bigint }[]>();
  for (const { topic, partition, end, records } of replays.flatMap(({ outputs }) => outputs)) {
    const name = place(topic, partition);
    budgets.set(name, [...(budgets.get(name) ?? []), { end, left: records }]);
  }
  for (const list of budgets.values())
    list.sort((left, right) => (left.end < right.end ? -1 : left.end > right.end ? 1 : 0));
  return (topic, partition, previous, offset) => {
    // The earliest that fits: it fits the fewest others.
    const budget = budgets
      .get(place(topic, partition))
      ?.find(({ end, left }) => left > 0n && previous < end && end <= offset);
    if (budget === undefined) return false;
    budget.left--;
    return true;
  };
};
