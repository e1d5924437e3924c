/**
 * `make test`: everything, one after the other, on one stack; says what ran, where, how long, and how many passed.
 * Options: --no-lint, and names of tiers (unit topology conformance integration runbooks faults) to run only those.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { z } from 'zod';

const root = new URL('..', import.meta.url).pathname;
const reports = `${root}.state/test-reports`;

const tiers = ['unit', 'topology', 'conformance', 'integration', 'runbooks', 'faults'] as const;
const needsStack = new Set<string>(['conformance', 'integration']);
const chosen = tiers.filter((tier) => process.argv.includes(tier));
const wanted = chosen.length > 0 ? chosen : tiers;

type Outcome = { what: string; passed: number; failed: number; skipped: number; seconds: number };

let running: ReturnType<typeof spawn> | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    console.error(`\n${signal}: stopping`);
    // The child ends what it started and then itself; we end when it has.
    running?.kill(signal);
    running?.on('exit', () => process.exit(130));
    if (!running) process.exit(130);
  });

const stripeRequests = `${reports}/stripe-requests`;

const run = (command: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    running = spawn(command === 'node' ? process.execPath : command, args, {
      cwd: root,
      stdio: 'inherit',
      // Of each shape of request that the Stripe sandbox takes it keeps one here.
      env: { ...process.env, STRIPE_REQUESTS_DIR: stripeRequests },
    });
    running.on('error', reject);
    running.on('exit', (code) => {
      running = undefined;
      resolve(code ?? 1);
    });
  });

const timed = async (what: string, work: () => Promise<Omit<Outcome, 'what' | 'seconds'>>): Promise<Outcome> => {
  console.log(`\n── ${what}`);
  const begun = performance.now();
  const counts = await work();
  return { what, ...counts, seconds: (performance.now() - begun) / 1000 };
};

const check = (what: string, command: string, args: readonly string[]) =>
  timed(what, async () => {
    const ok = (await run(command, args)) === 0;
    return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
  });

const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).default([]) }),
      ),
    }),
  ),
});

/** What failed and why, told once more at the very end: the end of a long log is what people see first. */
const failures: string[] = [];
const FAILURE_LINES = 40;

const tell = (title: string, message: string): void => {
  const lines = message.split('\n').filter((line) => !/^\s+at /.test(line));
  failures.push([`✗ ${title}`, ...lines.slice(0, FAILURE_LINES).map((line) => `    ${line}`)].join('\n'));
};

const vitest = (names: readonly string[]) =>
  timed(names.join(' · '), async () => {
    const file = `${reports}/${names.join('-')}.json`;
    const code = await run('node', [
      'node_modules/vitest/vitest.mjs',
      'run',
      ...names.flatMap((name) => ['--project', name]),
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
    ]);
    const counts = report.parse(JSON.parse(readFileSync(file, 'utf8')));
    for (const { name, status, message, assertionResults } of counts.testResults) {
      if (status === 'failed' && !assertionResults.some((test) => test.status === 'failed')) tell(name, message);
      for (const test of assertionResults) {
        if (test.status === 'failed') tell(test.fullName, test.failureMessages.join('\n'));
        if (test.status === 'skipped' || test.status === 'pending' || test.status === 'todo')
          console.log(`skipped: ${test.fullName} (its reason stands in the test's output above)`);
      }
    }
    // A file that does not load, or an error outside any test, is a failure that no test counted.
    const uncounted = code !== 0 && counts.numFailedTests === 0 ? 1 : 0;
    return {
      passed: counts.numPassedTests,
      failed: counts.numFailedTests + uncounted,
      skipped: counts.numPendingTests + counts.numTodoTests,
    };
  });

mkdirSync(reports, { recursive: true });
rmSync(reports, { recursive: true });
mkdirSync(reports, { recursive: true });

const outcomes: Outcome[] = [];
if (!process.argv.includes('--no-lint')) {
  outcomes.push(
    await check('generated types', 'node', ['schemas/generate.ts', '--check']),
    await check('types', 'node', ['node_modules/typescript/bin/tsc', '--noEmit']),
    await check('lint', 'node', ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0']),
    await check('format', 'node', ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']),
  );
}
const ownStack = new Set<string>(['runbooks', 'faults']);
const alone = wanted.filter((tier) => !needsStack.has(tier) && !ownStack.has(tier));
const onStack = wanted.filter((tier) => needsStack.has(tier));
if (alone.length > 0) outcomes.push(await vitest(alone));
if (onStack.length > 0) outcomes.push(await vitest(onStack));
// Runbooks and faults have a stack of their own, which they break.
if (wanted.includes('runbooks')) outcomes.push(await vitest(['runbooks']));
if (wanted.includes('faults'))
  outcomes.push(await check('faults', 'node', ['test/faults/main.ts', '--short', '--seed', 'millrace']));

if (existsSync(stripeRequests))
  outcomes.push(await check("Stripe's schema", 'node', ['test/stripe-schema.ts', stripeRequests]));

if (failures.length > 0) console.log(`\n── failures\n${failures.join('\n')}`);
console.log('\n── summary');
for (const { what, passed, failed, skipped, seconds } of outcomes)
  console.log(
    `${failed === 0 ? 'ok    ' : 'FAILED'} ${what.padEnd(28)} ${String(passed).padStart(5)} passed ${String(failed).padStart(3)} failed ${String(skipped).padStart(3)} skipped ${seconds.toFixed(1).padStart(7)} s`,
  );
const total = (pick: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + pick(outcome), 0);
const [passed, failed, skipped] = [total((o) => o.passed), total((o) => o.failed), total((o) => o.skipped)];
console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 ? 0 : 1;
