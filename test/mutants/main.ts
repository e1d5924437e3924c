/**
 * Removes the guards of the design one at a time, in a copy of the checkout, and tells which test noticed:
 *
 *     node test/mutants/main.ts                    all of them
 *     node test/mutants/main.ts --only idempotency-key
 *     node test/mutants/main.ts --list
 *     node test/mutants/main.ts --jobs 4    side by side, each in a copy of its own (2 by default)
 *
 * Fails when nobody noticed one, and when one no longer fits the code.
 */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { z } from 'zod';
import { allMutants } from './all.ts';
import { mutated, type Mutant } from './mutant.ts';

const root = new URL('../..', import.meta.url).pathname;
/** A run that takes longer than this has not noticed anything: no test has failed. Generous, for crowded machines. */
const patienceMs = 600_000;
/** For all tests of all guards together, once. */
const soundPatienceMs = 3_600_000;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
  },
});
const chosen = values.only === undefined ? allMutants : allMutants.filter(({ guard }) => guard === values.only);
if (chosen.length === 0) throw new Error(`no guard is called ${values.only ?? ''}; --list names them`);

/** The tracked files as they are now, and the installed packages. */
const copyCheckout = (): string => {
  const copy = mkdtempSync(join(tmpdir(), 'millrace-mutants-'));
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
  for (const file of tracked)
    if (file !== '' && existsSync(join(root, file))) cpSync(join(root, file), join(copy, file));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  return copy;
};

const report = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

type Verdict =
  | Readonly<{ kind: 'passed' }>
  | Readonly<{ kind: 'failed'; test: string }>
  /** No test could tell: the code does not load, or never ends. */
  | Readonly<{ kind: 'unclear'; message: string }>;

const runTests = async (copy: string, tests: readonly string[], mutant: boolean): Promise<Verdict> => {
  const told = join(copy, '.mutants-report.json');
  rmSync(told, { force: true });
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const config = join('test', 'mutants', 'vitest.config.ts');
  const options = ['--config', config, '--reporter=json', `--outputFile=${told}`, ...(mutant ? ['--bail', '1'] : [])];
  const child = spawn(process.execPath, [vitest, 'run', ...options, ...tests], {
    cwd: copy,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: mutant ? patienceMs : soundPatienceMs,
  });
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2000)));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code === 0) return { kind: 'passed' };
  if (!existsSync(told)) return { kind: 'unclear', message: `no report (exit ${code ?? 'by signal'}): ${complaint}` };
  const { testResults } = report.parse(JSON.parse(readFileSync(told, 'utf8')));
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === 'failed'),
  );
  if (failed[0] !== undefined) return { kind: 'failed', test: failed[0].fullName };
  const broken = testResults.find(({ status }) => status === 'failed');
  return { kind: 'unclear', message: broken?.message ?? complaint };
};

/** Tells whether the mutant was noticed, and by what. The copy is as before afterwards. */
const tryMutant = async (copy: string, mutant: Mutant): Promise<Verdict> => {
  const path = join(copy, mutant.file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(path, mutated(source, mutant));
  try {
    return await runTests(copy, mutant.tests, true);
  } finally {
    writeFileSync(path, source);
  }
};

const outcomeOf = (verdict: Verdict): string => {
  switch (verdict.kind) {
    case 'failed':
      return verdict.test;
    case 'passed':
      return 'NOT CAUGHT';
    case 'unclear':
      return `UNCLEAR: ${verdict.message}`;
  }
};

const main = async (): Promise<boolean> => {
  const jobs = Math.max(1, Math.min(chosen.length, Number(values.jobs)));
  const copies = Array.from({ length: jobs }, copyCheckout);
  process.once('exit', () => {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  });
  const copy = copies[0]!;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  // Stale ones are told before anything runs.
  for (const mutant of chosen) mutated(readFileSync(join(copy, mutant.file), 'utf8'), mutant);

  const tests = [...new Set(chosen.flatMap((mutant) => mutant.tests))];
  const missing = tests.filter((test) => !existsSync(join(copy, test)));
  if (missing.length > 0) throw new Error(`not tracked: ${missing.join(', ')}`);
  const sound = await runTests(copy, tests, false);
  if (sound.kind !== 'passed') {
    print(`with all guards in place the tests should pass, but: ${outcomeOf(sound)}`);
    return false;
  }
  const table = new Table({ head: ['guard removed', 'first test that failed', 's'], style: { head: [], border: [] } });
  let caught = 0;
  const rows: string[][] = [];
  const waiting = [...chosen.entries()];
  const work = async (from: string): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, mutant] = next;
      const began = performance.now();
      const verdict = await tryMutant(from, mutant);
      if (verdict.kind === 'failed') caught++;
      const seconds = ((performance.now() - began) / 1000).toFixed(1);
      // The whole takes a while: tell on the way.
      process.stderr.write(`${mutant.guard}: ${outcomeOf(verdict)} (${seconds} s)\n`);
      rows[index] = [mutant.guard, outcomeOf(verdict), seconds];
    }
  };
  await Promise.all(copies.map(work));
  table.push(...rows);
  print(table.toString());
  print(`${caught} of ${chosen.length} guards are missed when they are gone`);
  return caught === chosen.length;
};

if (values.list) for (const { guard, why } of chosen) print(`${guard.padEnd(38)} ${why}`);
else if (!(await main())) process.exitCode = 1;
