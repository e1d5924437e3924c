/**
 * `make test-faults`: faults injected one after another into the real stack while shoppers shop, and a judgement after
 * each. Options: --short, --only <fault,…>, --seed <text>, --minutes <n>, --rate <visits a minute>, --list.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chanceOf } from '../../infra/sandbox/shopper/chance.ts';
import { REPOSITORY } from '../../infra/local/state.ts';
import type { Finding } from '../../services/cli/verify/judge.ts';
import { crashes, KILLS_IN_A_BURST, randomKills } from './crashes.ts';
import type { Fault } from './fault.ts';
import { identityOf, type Judge, openJudge } from './judge.ts';
import { type Options, optionsFrom } from './options.ts';
import { outages } from './outages.ts';
import { turns } from './plan.ts';
import { type Recovery, recoveryOf } from './recovery.ts';
import { type FaultReport, faultLine, isGood, type RunReport, totalsText } from './report.ts';
import { startWorld, type World } from './world.ts';

const RECOVERY_SECONDS = 180;
/** How long the end takes: everybody leaves, all comes to rest, and the last judgement. */
const END_SECONDS = 75;
const RANDOM_KILLS = 200;
const WARM_ORDERS = 3;

const begun = performance.now();
const seconds = (): number => (performance.now() - begun) / 1_000;
const say = (line: string): void => void process.stdout.write(`[${seconds().toFixed(0).padStart(5)} s] ${line}\n`);
const stopping = new AbortController();

type Tally = { -readonly [K in keyof FaultReport]: FaultReport[K] extends readonly (infer T)[] ? T[] : FaultReport[K] };

/** Doing nothing takes its time too. */
const nothing: Fault = {
  name: 'nothing',
  what: 'nothing, for comparison',
  short: true,
  inject: () => Promise.resolve({ at: Date.now() }),
};

const recovered = async (world: World, at: number): Promise<Recovery> => {
  let recovery: Recovery = recoveryOf(await world.orders.look(), at);
  const deadline = performance.now() + RECOVERY_SECONDS * 1_000;
  while (!recovery.recovered && performance.now() < deadline) {
    await world.sleep(100);
    recovery = recoveryOf(await world.orders.look(), at);
  }
  return recovery;
};

const takeTurn = async (world: World, judge: Judge, tally: Tally, known: Set<string>, seed: string): Promise<void> => {
  const fault = all.find(({ name }) => name === tally.name)!;
  const chance = chanceOf(seed, fault.name, tally.injected);
  tally.injected++;
  const { at, undo } = await fault.inject(world, chance);
  const recovery = await recovered(world, at);
  tally.inFlight += recovery.inFlight;
  if (recovery.recovered) tally.recoveries.push(recovery.ms);
  else
    tally.failures.push(
      `after ${RECOVERY_SECONDS} s these orders have no end: ${recovery.waitingFor.join(', ') || 'none was placed since'}`,
    );
  await undo?.();
  const ended = (await world.orders.look()).flatMap(({ order, endedAt }) =>
    endedAt === undefined ? [] : [String(order)],
  );
  const findings: Finding[] = (await judge.underLoad(new Set(ended))).filter(
    (finding) => !known.has(identityOf(finding)),
  );
  for (const finding of findings) known.add(identityOf(finding));
  tally.findings.push(...findings);
  say(
    `${fault.name}: ${recovery.recovered ? `${(recovery.ms / 1_000).toFixed(1)} s` : 'NOT RECOVERED'}, ${recovery.inFlight} in flight, ${findings.length} findings`,
  );
  for (const { kind, orderId, message } of findings) say(`  ${kind} ${orderId ?? ''} ${message}`);
};

const all: readonly Fault[] = [nothing, ...crashes, ...outages, randomKills];

const chosenBy = ({ short, only }: Options): readonly Fault[] => {
  const unknown = only.filter((name) => !all.some((fault) => fault.name === name));
  if (unknown.length > 0) throw new Error(`no fault is called ${unknown.join(', ')}; --list names them`);
  return all.filter((fault) => (only.length > 0 ? only.includes(fault.name) : !short || fault.short === true));
};

const run = async (options: Options): Promise<RunReport> => {
  const chosen = chosenBy(options);
  const world = await startWorld({ seed: options.seed, rate: options.rate, signal: stopping.signal, say });
  try {
    const judge = openJudge(world.config);
    await world.openDoors();
    await world.until(`${WARM_ORDERS} orders go all the way`, 120, async () => {
      const ended = (await world.orders.look()).filter(({ endedAt }) => endedAt !== undefined);
      return ended.length >= WARM_ORDERS;
    });
    say('orders flow');
    const tallies = new Map<string, Tally>();
    const known = new Set<string>();
    const bursts = chosen.includes(randomKills) ? Math.ceil(RANDOM_KILLS / KILLS_IN_A_BURST) : 0;
    const others = chosen.filter((fault) => fault !== randomKills);
    const due = new Map<string, number>();
    for (const turn of turns(
      others,
      { fault: randomKills, times: options.short ? Math.min(1, bursts) : bursts },
      options.seed,
    )) {
      if (stopping.signal.aborted) break;
      const { name, what } = turn.fault;
      const late = seconds() > options.minutes * 60 - END_SECONDS;
      if (!turn.due && (late || (options.short && options.only.length === 0))) break;
      if (turn.due) due.set(name, (due.get(name) ?? 0) + 1);
      if (late) continue;
      let tally = tallies.get(name);
      if (tally === undefined)
        tallies.set(
          name,
          (tally = { name, what, injected: 0, inFlight: 0, findings: [], recoveries: [], failures: [] }),
        );
      try {
        await takeTurn(world, judge, tally, known, options.seed);
      } catch (error) {
        if (stopping.signal.aborted as boolean) break;
        tally.failures.push(error instanceof Error ? error.message : String(error));
        say(`${name}: ${String(error)}`);
      }
    }
    say('the doors close');
    const satisfied = await world.seeOut();
    const rest = await judge.atRest(120);
    const gaveUp = [...world.orders.gaveUp];
    const orders = await world.orders.look();
    const endless = orders
      .filter(({ endedAt }) => endedAt === undefined)
      .map(({ order }) => `order ${order} has no end`);
    if (!satisfied && gaveUp.length === 0) gaveUp.push('of those who were in the shop at the end');
    return {
      seed: options.seed,
      faults: chosen.flatMap(({ name }) => tallies.get(name) ?? []),
      atRest: rest.filter((finding) => !known.has(identityOf(finding))),
      gaveUp: [...gaveUp, ...endless],
      notInjected: [...due].flatMap(([name, times]) => {
        const injected = tallies.get(name)?.injected ?? 0;
        return injected >= times ? [] : [`${name}: ${injected} of ${times} times`];
      }),
      kills: world.kills(),
      orders: orders.length,
      seconds: seconds(),
    };
  } finally {
    await world.close();
  }
};

const asJson = (report: RunReport): string => JSON.stringify({ ...report, good: isGood(report) }, null, 2);

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    say(`${signal}: stopping everything (again to leave at once)`);
    stopping.abort(new Error(signal));
  });

const options = optionsFrom(process.argv.slice(2), () => randomBytes(4).toString('hex'));
if (options.list) for (const { name, what } of all) process.stdout.write(`${name.padEnd(42)} ${what}\n`);
else {
  say(`seed ${options.seed}`);
  try {
    const report = await run(options);
    const directory = join(REPOSITORY, '.state', 'test-reports');
    mkdirSync(directory, { recursive: true });
    const file = join(directory, options.short ? 'faults-short.json' : 'faults.json');
    writeFileSync(file, `${asJson(report)}\n`);
    process.stdout.write(`\n${[...report.faults.map(faultLine), totalsText(report), `report: ${file}`].join('\n')}\n`);
    process.exitCode = isGood(report) && !stopping.signal.aborted ? 0 : 1;
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = stopping.signal.aborted ? 130 : 1;
  }
}
