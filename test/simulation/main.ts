/** Runs schedules from the command line. */
import { runScenario } from './run.ts';
import { scenarioOf } from './scenario.ts';

const seed = Number(process.argv[2] ?? 1);
const count = Number(process.argv[3] ?? 1);
const trace = process.argv.includes('--trace');
const began = process.cpuUsage();
let steps = 0;
let bad = 0;
for (let n = seed; n < seed + count; n++) {
  const outcome = await runScenario(scenarioOf(n), undefined, trace ? (line) => console.log(line) : undefined);
  steps += outcome.steps;
  if (outcome.violations.length > 0) {
    bad++;
    console.log(
      n,
      outcome.violations.slice(0, 3).map((each) => each.slice(0, 400)),
    );
  }
}
const used = process.cpuUsage(began);
console.log({ count, bad, steps: steps / count, ms: (used.user + used.system) / 1000 / count });
