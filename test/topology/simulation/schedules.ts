/** Thousands of schedules of the whole system under faults. Two files run half of them each, at the same time. */
import { describe, expect, it } from 'vitest';
import { campaign, told } from '../../simulation/campaign.ts';
import { crashPoints, faultKinds } from '../../simulation/fault-kinds.ts';
import { summary } from '../../simulation/shrink.ts';

const schedules = Number(process.env['MILLRACE_SIMULATED_SCHEDULES'] ?? 10_000);
const half = Math.ceil(schedules / 2);

export const describeHalf = (which: 'first' | 'second'): void => {
  describe(`simulated schedules, the ${which} half`, () => {
    it(`${half} of them end as they should`, { timeout: 600_000 }, async () => {
      const totals = await campaign({
        from: which === 'first' ? 1 : half + 1,
        more: ({ schedules: done, failures }) => done < half && failures.length < 3,
      });
      console.log(told(totals));
      const failures = totals.failures.map(({ scenario, violations }) => [summary(scenario), ...violations].join('\n'));
      expect(failures, 'node test/simulation/main.ts --seed <seed> makes it small').toEqual([]);
      // What was not injected was not tested.
      expect(faultKinds.filter((kind) => !totals.injected.has(kind))).toEqual([]);
      expect(crashPoints.filter((point) => !totals.crashPointsHit.has(point))).toEqual([]);
      expect(totals.ghosts).toBeGreaterThan(0);
    });
  });
};
