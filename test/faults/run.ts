/** A run: one stack, shoppers in it, one fault after another, a judgement after each, and one of everything at the end. */
import { setTimeout as pause } from 'node:timers/promises';
import { chanceOf } from '../../infra/sandbox/shopper/chance.ts';
import type { Finding } from '../../services/cli/verify/judge.ts';
import { choiceOf } from './catalogue.ts';
import type { Fault } from './fault.ts';
import { identityOf, type Judge, openJudge } from './judge.ts';
import type { Options } from './options.ts';
import { turns } from './plan.ts';
import { type Recovery, recoveryOf } from './recovery.ts';
import type { FaultReport, RunReport } from './report.ts';
import { startWorld, type World } from './world.ts';

const RECOVERY_SECONDS = 180;
const REST_SECONDS = 120;
/** How long the end takes: everybody leaves, all comes to rest, and the last judgement. */
const END_SECONDS = 75;
const WARM_ORDERS = 3;

type Tally = { -readonly [K in keyof FaultReport]: FaultReport[K] extends readonly (infer T)[] ? T[] : FaultReport[K] };

type Session = Readonly<{
  world: World;
  judge: Judge;
  seed: string;
  tallies: Map<string, Tally>;
  /** Findings that were told already. */
  known: Set<string>;
  /** Orders that were waited for long enough. */
  endless: Set<number>;
}>;

const tallyOf = ({ tallies }: Session, { name, what }: Fault): Tally => {
  let tally = tallies.get(name);
  if (tally === undefined) {
    tally = { name, what, injected: 0, inFlight: 0, findings: [], recoveries: [], failures: [], ended: [] };
    tallies.set(name, tally);
  }
  return tally;
};

const recovered = async ({ world: { orders, sleep }, endless }: Session, at: number): Promise<Recovery> => {
  const deadline = performance.now() + RECOVERY_SECONDS * 1_000;
  for (;;) {
    const waitedFor = (await orders.look()).filter(({ order }) => !endless.has(order));
    const recovery = recoveryOf(waitedFor, at);
    if (recovery.recovered || performance.now() > deadline) return recovery;
    await sleep(100);
  }
};

const withoutEnd = (orders: readonly number[]): Finding[] =>
  orders.map((order) => ({
    kind: 'lost',
    orderId: String(order),
    message: `has no end ${RECOVERY_SECONDS} s after the fault`,
  }));

const takeTurn = async (session: Session, fault: Fault): Promise<void> => {
  const { world, judge, seed, known } = session;
  const tally = tallyOf(session, fault);
  const chance = chanceOf(seed, fault.name, tally.injected++);
  world.say(`${fault.name} …`);
  const { at, undo } = await fault.inject(world, chance);
  const recovery = await recovered(session, at);
  tally.inFlight += recovery.inFlight;
  if (!recovery.recovered) for (const order of recovery.waitingFor) session.endless.add(order);
  const found: Finding[] = [];
  if (recovery.recovered) tally.recoveries.push(recovery.ms);
  else if (recovery.waitingFor.length > 0) found.push(...withoutEnd(recovery.waitingFor));
  else tally.failures.push(`no order went all the way within ${RECOVERY_SECONDS} s`);
  await undo?.();
  const orders = await world.orders.look();
  const ended = new Set(orders.filter(({ endedAt }) => endedAt !== undefined).map(({ order }) => String(order)));
  found.push(...(await judge.underLoad(ended)));
  const fresh = found.filter((finding) => !known.has(identityOf(finding)));
  for (const finding of fresh) known.add(identityOf(finding));
  tally.findings.push(...fresh);
  world.say(
    `${fault.name}: ${recovery.recovered ? `${(recovery.ms / 1_000).toFixed(1)} s` : 'NOT RECOVERED'}, ` +
      `${recovery.inFlight} in flight, ${fresh.length} findings`,
  );
  for (const { kind, orderId, message } of fresh) world.say(`  ${kind} ${orderId ?? ''} ${message}`);
};

/** Injects what is due and then what there is time for. @returns how often each fault was due */
const injectAll = async (
  session: Session,
  options: Options,
  signal: AbortSignal,
  late: () => boolean,
): Promise<ReadonlyMap<string, number>> => {
  const { world, seed } = session;
  const { faults, bursts } = choiceOf(options);
  const due = new Map<string, number>();
  for (const { fault, due: isDue } of turns(faults, bursts, seed)) {
    if (signal.aborted || (!isDue && (options.short || late()))) break;
    if (isDue) due.set(fault.name, (due.get(fault.name) ?? 0) + 1);
    // What is due and comes too late is counted as missing, not quietly left out.
    if (late()) continue;
    const tally = tallyOf(session, fault);
    try {
      await takeTurn(session, fault);
    } catch (error) {
      if (signal.aborted as boolean) break;
      tally.failures.push(error instanceof Error ? error.message : String(error));
      world.say(`${fault.name}: ${String(error)}`);
    }
    tally.ended.push(...world.endedByThemselves());
  }
  return due;
};

/** @throws when the stack does not start, or the signal has come */
export const runFaults = async (
  options: Options,
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<RunReport> => {
  const begun = performance.now();
  const seconds = (): number => (performance.now() - begun) / 1_000;
  choiceOf(options);
  const world = await startWorld({ seed: options.seed, rate: options.rate, signal, say });
  try {
    const judge = openJudge(world.config, (ms) => pause(ms, undefined, { signal }));
    const session: Session = {
      world,
      judge,
      seed: options.seed,
      tallies: new Map(),
      known: new Set(),
      endless: new Set(),
    };
    await world.openDoors();
    await world.until(`${WARM_ORDERS} orders go all the way`, 120, async () => {
      const ended = (await world.orders.look()).filter(({ endedAt }) => endedAt !== undefined);
      return ended.length >= WARM_ORDERS;
    });
    say('orders flow');
    const due = await injectAll(session, options, signal, () => seconds() > options.minutes * 60 - END_SECONDS);
    signal.throwIfAborted();
    say('the doors close');
    const satisfied = await world.seeOut();
    const rest = await judge.atRest(REST_SECONDS);
    const orders = await world.orders.look();
    const { tallies, known } = session;
    return {
      seed: options.seed,
      faults: [...tallies.values()],
      atRest: rest.filter((finding) => !known.has(identityOf(finding))),
      gaveUp: [
        ...world.orders.gaveUp,
        ...orders.flatMap(({ order, endedAt }) => (endedAt === undefined ? [`of order ${order}`] : [])),
        ...(satisfied ? [] : ['one of those who were in the shop at the end']),
      ],
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
