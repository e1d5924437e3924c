/** ADNSF writes the server's local time without a zone; events carry instants. */

const formatters = new Map<string, Intl.DateTimeFormat>();

const formatter = (timeZone: string): Intl.DateTimeFormat => {
  let known = formatters.get(timeZone);
  if (!known) {
    known = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formatters.set(timeZone, known);
  }
  return known;
};

/** What a clock on the wall shows at an instant, as if it were UTC. Both in epoch milliseconds. */
const wallClock = (instant: number, timeZone: string): number => {
  const part: Record<string, number> = {};
  for (const { type, value } of formatter(timeZone).formatToParts(instant)) part[type] = Number(value);
  const seconds = Date.UTC(
    part['year']!,
    part['month']! - 1,
    part['day'],
    part['hour'],
    part['minute'],
    part['second'],
  );
  return seconds + (((instant % 1000) + 1000) % 1000);
};

/**
 * The instant at which clocks of the zone showed `local` (epoch milliseconds as if UTC). In the hour that autumn
 * repeats it is the first of the two; in the hour that spring skips, the instant as far after the jump.
 */
export const instantOf = (local: bigint, timeZone: string): bigint => {
  const wall = Number(local);
  const dayMs = 86_400_000;
  const offsetBefore = wallClock(wall - dayMs, timeZone) - (wall - dayMs);
  const offsetAfter = wallClock(wall + dayMs, timeZone) - (wall + dayMs);
  const candidates = [...new Set([offsetBefore, offsetAfter])].map((offset) => wall - offset);
  const exact = candidates.filter((instant) => wallClock(instant, timeZone) === wall);
  return BigInt(exact.length > 0 ? Math.min(...exact) : wall - offsetBefore);
};

/** The day that the zone's calendar shows at an instant, as `2026-03-01`. */
export const dateIn = (instant: bigint, timeZone: string): string =>
  new Date(wallClock(Number(instant), timeZone)).toISOString().slice(0, 10);
