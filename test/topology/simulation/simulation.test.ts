/** Schedules of the whole system under faults: that they repeat, and the proof that they would find what they look for. */
import { describe, expect, it } from 'vitest';
import { campaign, type Failure } from '../../simulation/campaign.ts';
import { type FaultKind } from '../../simulation/fault-kinds.ts';
import { guards, spares } from '../../simulation/guards.ts';
import { runScenario } from '../../simulation/run.ts';
import { scenarioOf } from '../../simulation/scenario.ts';
import { shrink, summary } from '../../simulation/shrink.ts';

/** Guarantees that only some faults put to the test, and seldom among all others. */
const faultsFor: Partial<Record<(typeof guards)[number], readonly FaultKind[]>> = {
  'changelog-note': ['lose-changelog'],
  'changelog-name': ['lose-changelog'],
  'ack-after-produce': ['produce:before', 'kill'],
  'key-age': ['day-off'],
  'applied-commands': ['shop-commit-unknown', 'crash:before-commit'],
  'one-shop-transaction': ['shop-commit-fails', 'shop-deadlock', 'kill'],
};

const firstFailure = async (
  without: (typeof guards)[number],
): Promise<{ failure: Failure | undefined; tried: number }> => {
  const kinds = faultsFor[without];
  const totals = await campaign({
    from: 1,
    more: ({ schedules: tried, failures }) => tried < within[without] && failures.length === 0,
    without,
    ...(kinds === undefined ? {} : { kinds }),
  });
  return { failure: totals.failures[0], tried: totals.schedules };
};

describe('simulated schedules', () => {
  it('come out the same for the same seed, event by event', async () => {
    for (const seed of [3, 17, 2026]) {
      const play = async (): Promise<readonly string[]> => {
        const lines: string[] = [];
        await runScenario(scenarioOf(seed), undefined, (line) => lines.push(line));
        return lines;
      };
      const first = await play();
      expect(first.length).toBeGreaterThan(100);
      expect(await play()).toEqual(first);
    }
  });
});

/** Within how many schedules the loss of each guarantee must show: a few times what it takes with these seeds. */
const within: Readonly<Record<(typeof guards)[number], number>> = {
  fencing: 200,
  'offsets-after-fence': 200,
  'aborted-hidden': 200,
  'stable-end': 200,
  'offsets-in-transaction': 200,
  'promote-after-commit': 200,
  'restore-to-end': 100,
  'changelog-note': 100,
  'changelog-name': 100,
  'merge-by-place': 100,
  'ack-after-produce': 300,
  'idempotency-keys': 200,
  'key-age': 1000,
  'applied-commands': 900,
  'one-shop-transaction': 300,
};

describe('a guarantee that is taken away is missed', () => {
  it.each(guards)('%s', { timeout: 120_000 }, async (guard) => {
    const { failure, tried } = await firstFailure(guard);
    console.log(`without ${guard}: schedule ${tried}: ${failure?.violations[0]?.slice(0, 160) ?? 'nothing'}`);
    expect(failure).toBeDefined();
  });

  it('and the schedule that showed it becomes one that can be read', { timeout: 120_000 }, async () => {
    const { failure } = await firstFailure('offsets-after-fence');
    const small = await shrink(failure!, 'offsets-after-fence');
    console.log(summary(small.scenario));
    expect(small.violations).not.toEqual([]);
    expect(small.scenario.faults.length).toBeLessThanOrEqual(1);
    expect(small.scenario.orders).toHaveLength(1);
    // With the guarantee back in place it is a schedule like any other.
    expect((await runScenario(small.scenario)).violations).toEqual([]);
  });
});

describe('a guarantee that others stand behind is not missed', () => {
  it.each(spares)('%s', { timeout: 120_000 }, async (spare) => {
    const totals = await campaign({ from: 1, more: ({ schedules: done }) => done < 1000, without: spare });
    expect(totals.failures.map(({ scenario, violations }) => [scenario.seed, ...violations])).toEqual([]);
  });
});
