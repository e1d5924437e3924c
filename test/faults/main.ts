/**
 * `make test-faults`: faults injected one after another into the real stack while shoppers shop, and a judgement after
 * each. Options: --short, --only <fault,…>, --seed <text>, --minutes <n>, --rate <visits a minute>, --list.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../../infra/local/state.ts';
import { catalogue } from './catalogue.ts';
import { optionsFrom, type Options } from './options.ts';
import { faultLine, isGood, type RunReport, totalsText } from './report.ts';
import { runFaults } from './run.ts';

const begun = performance.now();
const print = (text: string): void => void process.stdout.write(`${text}\n`);
const say = (line: string): void =>
  print(`[${((performance.now() - begun) / 1_000).toFixed(0).padStart(5)} s] ${line}`);
const stopping = new AbortController();

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    say(`${signal}: stopping everything (again to leave at once)`);
    stopping.abort(new Error(signal));
  });

const keep = (report: RunReport, short: boolean): string => {
  const directory = join(REPOSITORY, '.state', 'test-reports');
  mkdirSync(directory, { recursive: true });
  const file = join(directory, short ? 'faults-short.json' : 'faults.json');
  writeFileSync(file, `${JSON.stringify({ good: isGood(report), ...report }, null, 2)}\n`);
  return file;
};

const main = async (options: Options): Promise<number> => {
  say(`seed ${options.seed}`);
  try {
    const report = await runFaults(options, stopping.signal, say);
    const file = keep(report, options.short);
    print(`\n${[...report.faults.map(faultLine), totalsText(report), `report: ${file}`].join('\n')}`);
    return isGood(report) ? 0 : 1;
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return stopping.signal.aborted ? 130 : 1;
  }
};

const options = optionsFrom(process.argv.slice(2), () => randomBytes(4).toString('hex'));
if (options.list) for (const { name, what } of catalogue) print(`${name.padEnd(42)} ${what}`);
else process.exitCode = await main(options);
