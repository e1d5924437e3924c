/**
 * Runs simulated schedules:
 *
 *     node test/simulation/main.ts --seed 17 --trace        one schedule, with everything that happens in it
 *     node test/simulation/main.ts --schedules 10000        many, from --seed on
 *     node test/simulation/main.ts --seconds 600
 *     node test/simulation/main.ts --without fencing        with a guarantee taken away (it should fail)
 *     node test/simulation/main.ts --scenario file.json     one schedule as it was printed
 *
 * A schedule that fails is made small and printed, with its trace and as JSON.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { campaign, told } from './campaign.ts';
import { guards, spares, type Guard } from './guards.ts';
import { runScenario } from './run.ts';
import { scenarioOf, type Scenario } from './scenario.ts';
import { shrink, summary } from './shrink.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    schedules: { type: 'string' },
    seconds: { type: 'string' },
    without: { type: 'string' },
    scenario: { type: 'string' },
    trace: { type: 'boolean', default: false },
    shrink: { type: 'boolean', default: true },
  },
  allowNegative: true,
});

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const guardOf = (name: string | undefined): Guard | undefined => {
  if (name === undefined) return undefined;
  const all = [...guards, ...spares];
  const found = all.find((guard) => guard === name);
  if (found === undefined) throw new Error(`no guarantee is called ${name}; there are ${all.join(', ')}`);
  return found;
};

/** JSON knows no Infinity: a schedule whose chance never ends has null there. */
const readScenario = (file: string): Scenario => {
  const read = JSON.parse(readFileSync(file, 'utf8')) as Omit<Scenario, 'chanceUntil'> & { chanceUntil: number | null };
  return { ...read, chanceUntil: read.chanceUntil ?? Infinity };
};

const without = guardOf(values.without);
const seed = Number(values.seed);
const single = values.scenario !== undefined || (values.schedules === undefined && values.seconds === undefined);

const runOne = async (scenario: Scenario): Promise<readonly string[]> => {
  const outcome = await runScenario(scenario, without, values.trace ? print : undefined);
  print(summary(scenario));
  for (const violation of outcome.violations) print(`VIOLATION ${violation}`);
  print(`${outcome.steps} steps, ${outcome.violations.length} violations`);
  return outcome.violations;
};

const showSmallest = async (scenario: Scenario, violations: readonly string[]): Promise<void> => {
  const smallest = await shrink({ scenario, violations }, without);
  print(`\nmade small in ${smallest.runs} runs:`);
  await runScenario(smallest.scenario, without, print);
  print(summary(smallest.scenario));
  for (const violation of smallest.violations) print(`VIOLATION ${violation}`);
  print(JSON.stringify(smallest.scenario));
};

if (single) {
  const scenario = values.scenario === undefined ? scenarioOf(seed) : readScenario(values.scenario);
  const violations = await runOne(scenario);
  if (violations.length > 0 && values.shrink && !values.trace) await showSmallest(scenario, violations);
  if (violations.length > 0) process.exitCode = 1;
} else {
  const limit = values.schedules === undefined ? Infinity : Number(values.schedules);
  const until = values.seconds === undefined ? Infinity : Date.now() + Number(values.seconds) * 1000;
  const totals = await campaign({
    from: seed,
    more: ({ schedules, failures }) => schedules < limit && Date.now() < until && failures.length < 20,
    ...(without === undefined ? {} : { without }),
  });
  print(told(totals));
  for (const { scenario, violations } of totals.failures) print(`seed ${scenario.seed}: ${violations[0] ?? ''}`);
  const [first] = totals.failures;
  if (first !== undefined) {
    if (values.shrink) await showSmallest(first.scenario, first.violations);
    process.exitCode = 1;
  }
}
