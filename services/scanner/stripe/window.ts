/** Which stretch of Stripe's list is to be compared next. Pure. Times are epoch seconds, as Stripe has them. */

export type Timing = Readonly<{
  /** How far back a scan looks again: lists and clocks are not exact. */
  overlapSeconds: number;
  /** Events younger than this may be on their way still. */
  graceSeconds: number;
  /** Progress is kept after so much of the list. */
  chunkSeconds: number;
}>;

/** From `from` on, before `to`. */
export type Stretch = Readonly<{ from: number; to: number }>;

export type Plan = Readonly<{
  /** What was not compared in time: Stripe no longer lists it. */
  unreachable: Stretch | undefined;
  /** Oldest first. */
  stretches: readonly Stretch[];
}>;

/** Stripe lists events for 30 days. */
const LISTED_SECONDS = 30 * 24 * 3600;

/** `until`: everything before was compared; undefined when nothing ever was. */
export const planScan = (until: number | undefined, now: number, timing: Timing): Plan => {
  const oldest = now - LISTED_SECONDS;
  const end = now - timing.graceSeconds;
  const begin = until === undefined ? oldest : Math.max(oldest, until - timing.overlapSeconds);
  const stretches: Stretch[] = [];
  for (let from = begin; from < end; from += timing.chunkSeconds)
    stretches.push({ from, to: Math.min(end, from + timing.chunkSeconds) });
  return {
    unreachable: until !== undefined && until < oldest ? { from: until, to: oldest } : undefined,
    stretches,
  };
};

/** Whether a type is one of those wanted: `*` stands for anything at the end, as in `charge.*`. */
export const isWanted = (type: string, wanted: readonly string[]): boolean =>
  wanted.some((pattern) => (pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern));
