import { describe, expect, it } from 'vitest';
import type { ScanMark } from '../../../schemas/generated/types.ts';
import { markBefore, withMark } from '../../../services/scanner/stripe/position.ts';
import { isWanted, planScan, type Timing } from '../../../services/scanner/stripe/window.ts';

const timing: Timing = { overlapSeconds: 600, graceSeconds: 120, chunkSeconds: 3_600 };
const now = 1_790_000_000;
const days = 24 * 3_600;

describe('planScan', () => {
  it('begins with all that Stripe lists', () => {
    const { stretches, unreachable } = planScan(undefined, now, timing);
    expect(unreachable).toBeUndefined();
    expect(stretches[0]!.from).toBe(now - 30 * days);
    expect(stretches.at(-1)!.to).toBe(now - 120);
  });

  it('looks back over the last of what it compared, and leaves no gap', () => {
    const { stretches } = planScan(now - 10_000, now, timing);
    expect(stretches[0]!.from).toBe(now - 10_600);
    for (const [index, { from }] of stretches.entries()) if (index > 0) expect(from).toBe(stretches[index - 1]!.to);
    expect(stretches.at(-1)!.to).toBe(now - 120);
  });

  it('leaves alone what may be on its way', () => {
    expect(planScan(now - 120, now, { ...timing, overlapSeconds: 0 }).stretches).toEqual([]);
  });

  it('says what Stripe lists no more', () => {
    const { stretches, unreachable } = planScan(now - 31 * days, now, timing);
    expect(unreachable).toEqual({ from: now - 31 * days, to: now - 30 * days });
    expect(stretches[0]!.from).toBe(now - 30 * days);
    expect(planScan(now - 30 * days, now, timing).unreachable).toBeUndefined();
  });
});

describe('isWanted', () => {
  it.each([
    ['charge.refunded', ['*'], true],
    ['charge.refunded', ['charge.*'], true],
    ['charge.dispute.created', ['charge.*'], true],
    ['charge.refunded', ['payout.*', 'charge.refunded'], true],
    ['charge.refunded', ['charge.refund'], false],
    ['charge.refunded', ['payout.*'], false],
  ] as const)('%s by %j: %s', (type, wanted, expected) => expect(isWanted(type, wanted)).toBe(expected));
});

describe('marks', () => {
  const mark = (seconds: number): ScanMark => ({ at: BigInt(seconds) * 1_000n, ends: [BigInt(seconds)] });
  const marks = [mark(now - 2_000), mark(now - 1_000), mark(now - 500)];

  it('only one from before anything that is looked for, by either clock', () => {
    expect(markBefore(marks, now - 900)).toEqual(marks[1]);
    expect(markBefore(marks, now - 950)).toEqual(marks[0]);
    expect(markBefore(marks, now - 2_000)).toBeUndefined();
  });

  it('are kept as long as a scan may need them, one a minute', () => {
    expect(withMark(marks, mark(now), now, timing)).toEqual([marks[1], marks[2], mark(now)]);
    expect(withMark(marks, mark(now - 470), now, timing)).toEqual([marks[1], marks[2]]);
    expect(withMark([], mark(now), now, timing)).toEqual([mark(now)]);
  });
});
