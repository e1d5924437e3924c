/**
 * The state of an object at Stripe, joined from what was told of it in any order, any number of times and under any
 * event ids. Every join here is commutative, associative and idempotent: that, and not care in the deciders, makes
 * arrival irrelevant.
 */
import type { PaymentFact, Telling } from '../../../schemas/generated/types.ts';

type Told = Readonly<{ at: bigint; factId: string }>;

/** Whether the left was told before the right; events of one second go by id. */
export const before = (left: Told, right: Told): boolean =>
  left.at < right.at || (left.at === right.at && left.factId < right.factId);

/** The history with one more telling; the same array when it knows it. One entry per status, sorted by it. */
export const withTelling = (
  history: readonly Telling[],
  fact: Pick<PaymentFact, 'status' | 'factId' | 'occurredAt'>,
): readonly Telling[] => {
  const { status, factId, occurredAt: at } = fact;
  const index = history.findIndex((known) => known.status === status);
  const known = history[index];
  if (known === undefined)
    return [...history, { status, factId, at, lastAt: at }].sort((left, right) =>
      left.status < right.status ? -1 : 1,
    );
  const first = before({ at, factId }, known) ? { factId, at } : { factId: known.factId, at: known.at };
  const lastAt = at > known.lastAt ? at : known.lastAt;
  if (first.factId === known.factId && first.at === known.at && lastAt === known.lastAt) return history;
  return history.with(index, { status, ...first, lastAt });
};

/** Of all statuses that were told the one of the highest rank; between equals the one that was told last. */
export const furthest = (history: readonly Telling[], rankOf: (status: string) => number): string => {
  let found = history[0]!;
  for (const telling of history) {
    const [rank, best] = [rankOf(telling.status), rankOf(found.status)];
    if (rank > best || (rank === best && telling.lastAt > found.lastAt)) found = telling;
  }
  return found.status;
};

/**
 * What is known over what is not. The two never differ at Stripe; should they, the choice does not depend on arrival.
 */
export const either = <T extends string | bigint>(left: T | null, right: T | null): T | null => {
  if (left === null || right === null) return left ?? right;
  return left < right ? left : right;
};

/**
 * The objects after a fact about one of them, sorted by id; the same array when it tells nothing new. `joined` gives back
 * what it does not change.
 */
export const withObject = <S extends Readonly<{ id: string }>>(
  objects: readonly S[],
  fact: PaymentFact,
  began: (fact: PaymentFact) => S,
  joined: (known: S, fact: PaymentFact) => S,
): readonly S[] => {
  const index = objects.findIndex(({ id }) => id === fact.objectId);
  const known = objects[index];
  if (known === undefined) return [...objects, began(fact)].sort((left, right) => (left.id < right.id ? -1 : 1));
  const next = joined(known, fact);
  const isNews = (Object.keys(next) as (keyof S)[]).some((name) => next[name] !== known[name]);
  return isNews ? objects.with(index, next) : objects;
};
