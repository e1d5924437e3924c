/** Many schedules, and what they went through. */
import type { CrashPoint } from '../../services/runtime/task.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { Guard } from './guards.ts';
import { runScenario } from './run.ts';
import { scenarioOf, type Scenario } from './scenario.ts';

export type Failure = Readonly<{ scenario: Scenario; violations: readonly string[] }>;

export type Totals = {
  schedules: number;
  steps: number;
  orders: number;
  /** Of processor time, milliseconds. */
  cpuMs: number;
  readonly injected: Map<FaultKind, number>;
  readonly crashPointsHit: Map<CrashPoint, number>;
  ghosts: number;
  readonly failures: Failure[];
};

export type CampaignOptions = Readonly<{
  from: number;
  /** Whether to go on, asked before each schedule. */
  more: (totals: Totals) => boolean;
  without?: Guard;
  /** Only these faults. */
  kinds?: readonly FaultKind[];
}>;

const addAll = <K>(to: Map<K, number>, from: ReadonlyMap<K, number>): void => {
  for (const [key, count] of from) to.set(key, (to.get(key) ?? 0) + count);
};

export const campaign = async ({ from, more, without, kinds }: CampaignOptions): Promise<Totals> => {
  const totals: Totals = {
    schedules: 0,
    steps: 0,
    orders: 0,
    cpuMs: 0,
    injected: new Map(),
    crashPointsHit: new Map(),
    ghosts: 0,
    failures: [],
  };
  const began = process.cpuUsage();
  // Most errors here are made on purpose, and nobody reads where.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  for (let seed = from; more(totals); seed++) {
    const scenario = scenarioOf(seed, kinds);
    const outcome = await runScenario(scenario, without);
    totals.schedules++;
    totals.steps += outcome.steps;
    totals.orders += scenario.orders.length;
    totals.ghosts += outcome.ghosts;
    addAll(totals.injected, outcome.injected);
    addAll(totals.crashPointsHit, outcome.crashPointsHit);
    if (outcome.violations.length > 0) totals.failures.push({ scenario, violations: outcome.violations });
  }
  Error.stackTraceLimit = stackTraceLimit;
  const { user, system } = process.cpuUsage(began);
  totals.cpuMs = (user + system) / 1000;
  return totals;
};

/** What a campaign did, for people. */
export const told = (totals: Totals): string => {
  const { schedules, steps, orders, cpuMs, injected, crashPointsHit, ghosts, failures } = totals;
  const counts = (map: ReadonlyMap<string, number>): string =>
    [...map]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(', ');
  return [
    `${schedules} schedules, ${orders} orders, ${steps} steps, ${failures.length} failed`,
    `${(cpuMs / 1000).toFixed(1)} s of processor time: ${((schedules / cpuMs) * 1000).toFixed(0)} schedules/s, ` +
      `${(cpuMs / schedules).toFixed(2)} ms and ${(steps / schedules).toFixed(0)} steps each`,
    `faults: ${counts(injected)}, requests of the dead ${ghosts}`,
    `crash points passed: ${counts(crashPointsHit)}`,
  ].join('\n');
};
