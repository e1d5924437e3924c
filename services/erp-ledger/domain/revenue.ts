/** How what is taken back of an invoice is taken off the schedule by which it is earned. Amounts are minor units. */

/** What is left to be earned, or was earned, at one time of a schedule. */
export type Share = Readonly<{ month: string; partDueAt: bigint; amount: bigint }>;

/** An amount that becomes revenue at `dueAt`; less revenue, when it is negative. */
export type Due = Share & Readonly<{ dueAt: bigint }>;

/** Months that are past are not opened again. */
const notBefore = (at: bigint, due: bigint): bigint => (due > at ? due : at);

/**
 * Takes an amount off a schedule at a time, in proportion to what is left of each part: as much as is due up to a part,
 * rounded down, less what the parts before it gave. So the last one gives the rest, and all come to the amount exactly.
 */
export const credited = (schedule: readonly Share[], amount: bigint, at: bigint): readonly Due[] => {
  const parts = schedule.filter((part) => part.amount > 0n);
  const all = parts.reduce((sum, part) => sum + part.amount, 0n);
  let before = 0n;
  let given = 0n;
  return parts.flatMap(({ month, partDueAt, amount: left }) => {
    before += left;
    const due = (amount * before) / all;
    const share = due - given;
    given = due;
    return share === 0n ? [] : [{ month, partDueAt, amount: -share, dueAt: notBefore(at, partDueAt) }];
  });
};

/** Takes back all that is left of a schedule, or of what was taken off it. */
export const undone = (schedule: readonly Share[], at: bigint): readonly Due[] =>
  schedule
    .filter(({ amount }) => amount !== 0n)
    .map((part) => ({ ...part, amount: -part.amount, dueAt: notBefore(at, part.partDueAt) }));
