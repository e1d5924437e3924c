/**
 * `make bench`: the engine and Kafka Streams do the same job on the same broker, by turns, and the figures are compared
 * pair by pair. QUICK=1 takes less than five minutes. Progress goes to standard error, the report to standard output.
 */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startGuard, type Guard } from '../infra/local/guard.ts';
import { startStack } from '../infra/local/stack.ts';
import { defaultStateDir } from '../infra/local/state.ts';
import { compare, latencyMeasures, tableText, throughputMeasures, type Pair } from './comparison.ts';
import { buildDriver, openDriver, type Driver } from './driver.ts';
import { latencySeconds, planFrom, type Plan } from './plan.ts';
import { faultsOf, type LatencyResult, type Result, type ThroughputResult } from './results.ts';

const begun = performance.now();
const elapsedSeconds = (): number => (performance.now() - begun) / 1000;
const say = (text: string): void => {
  process.stderr.write(`[${elapsedSeconds().toFixed(1).padStart(6)} s] ${text}\n`);
};

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    say(`${signal}: stopping`);
    stopping.abort(new Error(signal));
  });

const ours = { 'app-cmd': `${process.execPath} ${join(import.meta.dirname, 'app.ts')}` } as const;
const peer = (commitMs: number) => ({ 'commit-ms': commitMs });
/** Kafka Streams' own choice under exactly_once_v2, and one tuned for latency. */
const commitIntervals = [100, 20] as const;

type Labelled = { label: string; result: Result };
type Session = Readonly<{ plan: Plan; driver: Driver; runs: Labelled[] }>;

const measure = async <K extends Result['kind']>(
  { driver, runs }: Session,
  kind: K,
  label: string,
  options: Readonly<Record<string, string | number>>,
): Promise<Extract<Result, { kind: K }>> => {
  const result = await driver.run(kind, options);
  if (result.kind !== kind) throw new Error(`${label}: asked for ${kind}, got ${result.kind}`);
  runs.push({ label, result });
  say(`${label}: ${brief(result)}`);
  return result as Extract<Result, { kind: K }>;
};

const brief = (result: Result): string => {
  switch (result.kind) {
    case 'preload':
      return `${result.inputs} records, ${Math.round(result.bytes / 1e6)} MB`;
    case 'throughput':
      return (
        `${(result.orders / result.seconds).toFixed(0)} orders/s, ${result.cpuSeconds.toFixed(1)} s cpu, ` +
        `${result.peakMb} MB, ${result.outputs}/${result.expected} outputs, ${result.duplicates} duplicates`
      );
    case 'latency':
      return (
        `p50/p95/p99 one hop ${hopText(result.oneHop)}, two hops ${hopText(result.twoHops)} ms, ` +
        `${result.outputs}/${result.expected} outputs`
      );
  }
};

const hopText = ({ p50, p95, p99 }: LatencyResult['oneHop']): string =>
  [p50, p95, p99].map((value) => value.toFixed(1)).join('/');

/** Pairs on preloaded topics. Who goes first changes from pair to pair, because machines get warm and caches full. */
const throughputPairs = async (
  session: Session,
  threads: number,
  wanted: number,
  reserveSeconds: number,
): Promise<readonly Pair<ThroughputResult>[]> => {
  const { plan } = session;
  const common = { n: plan.orders, threads };
  const pairs: Pair<ThroughputResult>[] = [];
  for (let index = 0; index < wanted; index++) {
    const from = elapsedSeconds();
    const run = (label: string, options: Readonly<Record<string, string | number>>) =>
      measure(session, 'throughput', `${label} x ${threads}, run ${index + 1}`, { ...common, ...options });
    const peerFirst = index % 2 === 0;
    const before = peerFirst ? await run('Kafka Streams', peer(100)) : undefined;
    const own = await run('ours', ours);
    pairs.push({ ours: own, peer: before ?? (await run('Kafka Streams', peer(100))) });
    const after = elapsedSeconds() + (elapsedSeconds() - from) + reserveSeconds;
    if (index + 1 < wanted && plan.budget !== undefined && after > plan.budget) {
      say(`no further pair: it would take longer than ${plan.budget} s in all`);
      break;
    }
  }
  return pairs;
};

/** Ours and the peer at each of its commit intervals, in rounds. */
const latencyPairs = async (session: Session): Promise<ReadonlyMap<number, readonly Pair<LatencyResult>[]>> => {
  const { rate, settle, warm, measured, latencyRuns } = session.plan;
  const common = { rate, settle, warm, secs: measured, threads: 1 };
  const pairs = new Map<number, Pair<LatencyResult>[]>(commitIntervals.map((interval) => [interval, []]));
  for (let round = 1; round <= latencyRuns; round++) {
    const own = await measure(session, 'latency', `ours, latency, run ${round}`, { ...common, ...ours });
    for (const interval of commitIntervals) {
      const label = `Kafka Streams, latency, commit ${interval} ms, run ${round}`;
      const other = await measure(session, 'latency', label, { ...common, ...peer(interval) });
      pairs.get(interval)!.push({ ours: own, peer: other });
    }
  }
  return pairs;
};

const report = (plan: Plan, tables: readonly string[], faults: readonly string[], runs: number): string => {
  const machine = `${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GB; broker, driver and application share them`;
  const verdict =
    faults.length === 0
      ? `outputs: complete, no duplicates, and the same commands from both applications (${runs} runs)`
      : `OUTPUTS ARE WRONG:\n${faults.map((fault) => `  ${fault}`).join('\n')}`;
  const how = 'median (min–max); ratios are pair by pair, above 1 ours is better';
  return [`${plan.orders} orders, ${plan.rate} orders/s for latency; ${machine}`, how, '', ...tables, verdict, ''].join(
    '\n',
  );
};

const bench = async (session: Session): Promise<number> => {
  const { plan, runs } = session;
  await measure(session, 'preload', 'topics are filled', { n: plan.orders });
  const latencyReserve = plan.latencyRuns * (1 + commitIntervals.length) * latencySeconds(plan);
  const two = await throughputPairs(session, 2, plan.pairsOfTwo, latencyReserve);
  const one = await throughputPairs(session, 1, plan.pairs, latencyReserve);
  const latencies = await latencyPairs(session);
  const tables = [
    tableText('throughput, 1 process against 1 thread', compare(one, throughputMeasures)),
    tableText('throughput, 2 processes against 2 threads', compare(two, throughputMeasures)),
    ...[...latencies].map(([interval, pairs]) =>
      tableText(`latency, commit.interval.ms=${interval}`, compare(pairs, latencyMeasures)),
    ),
  ].map((table) => `${table}\n`);
  const faults = faultsOf(runs);
  process.stdout.write(report(plan, tables, faults, runs.length - 1));
  return faults.length === 0 ? 0 : 1;
};

/** The peer is compiled here, so a runtime alone does not do. */
const missing = (): Promise<readonly string[]> =>
  promisify(execFile)('javac', ['-version']).then(
    () => [],
    () => ['A Java compiler (javac) is needed and was not found. Install: apt-get install openjdk-17-jdk-headless'],
  );

const run = async (guard: Guard, closers: (() => Promise<void>)[]): Promise<number> => {
  const plan = planFrom(process.env);
  const lacking = await missing();
  if (lacking.length > 0) throw new Error(lacking.join('\n'));
  const { signal } = stopping;
  await buildDriver(guard, signal);
  say('peer and driver are built');
  const stateDir = defaultStateDir('bench');
  const stack = await startStack({
    stateDir,
    parts: ['kafka'],
    jvm: 'throughput',
    handleSignals: false,
    say,
    onLost: (part, why) => stopping.abort(new Error(`${part} is lost: ${why}`)),
  });
  closers.push(async () => {
    await stack.stop();
    await rm(stateDir, { recursive: true, force: true });
  });
  const broker = { bootstrap: `127.0.0.1:${stack.ports.kafka}`, pid: stack.pid('kafka') };
  return await bench({ plan, driver: openDriver(broker, join(stateDir, 'work'), guard, signal), runs: [] });
};

const guard = startGuard();
const closers: (() => Promise<void>)[] = [() => guard.close()];
try {
  process.exitCode = await run(guard, closers);
} catch (error) {
  process.exitCode = stopping.signal.aborted ? 130 : 1;
  say(error instanceof Error ? error.message : String(error));
} finally {
  for (const close of closers.reverse()) await close();
  say('everything is stopped');
}
