/**
 * When revenue is earned: straight-line over the days of the service, told by calendar months of UTC. A month gets what is
 * due up to its end, rounded down, less what the months before it have; so the last one takes what is left, and the parts
 * come to the amount exactly. A credit is a charge the other way round, part by part.
 */

/** What is earned in a month of the service: revenue from `dueAt` on, epoch milliseconds. `month`: `2026-09`. */
export type RevenuePart = Readonly<{ month: string; amount: bigint; dueAt: bigint }>;

const DAY = 86_400_000n;
/** No service that is paid in advance is as long. */
const LONGEST_DAYS = 36_600n;

/** A service that is longer than any. */
export class ScheduleError extends Error {
  override readonly name = 'ScheduleError';
}

const floored = (at: bigint, by: bigint): bigint => (at - (((at % by) + by) % by)) / by;

/** The first instants of the calendar months that begin after `from` and before `to`. */
const monthsBetween = (from: bigint, to: bigint): readonly bigint[] => {
  const first = new Date(Number(from));
  const starts: bigint[] = [];
  for (let month = 1; ; month++) {
    const at = BigInt(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + month, 1));
    if (at >= to) return starts;
    starts.push(at);
  }
};

const monthOf = (at: bigint): string => new Date(Number(at)).toISOString().slice(0, 7);

/**
 * The parts of an amount, in minor units, that is earned from `from` to `to`, both epoch milliseconds: from the day of the
 * one, up to and without the day of the other. What begins and ends on one day is earned when it begins. Months in which
 * not one unit is earned are left out.
 * @throws ScheduleError
 */
export const straightLine = (amount: bigint, from: bigint, to: bigint): readonly RevenuePart[] => {
  if (amount === 0n) return [];
  const [firstDay, endDay] = [floored(from, DAY), floored(to, DAY)];
  if (endDay <= firstDay) return [{ month: monthOf(from), amount, dueAt: from }];
  const days = endDay - firstDay;
  if (days > LONGEST_DAYS) throw new ScheduleError(`a service of ${days} days`);
  const [begin, end] = [firstDay * DAY, endDay * DAY];
  const size = amount < 0n ? -amount : amount;
  const parts: RevenuePart[] = [];
  let start = begin;
  let earned = 0n;
  for (const dueAt of [...monthsBetween(begin, end), end]) {
    const due = (size * ((dueAt - begin) / DAY)) / days;
    const part = due - earned;
    if (part > 0n) parts.push({ month: monthOf(start), amount: amount < 0n ? -part : part, dueAt });
    earned = due;
    start = dueAt;
  }
  return parts;
};
