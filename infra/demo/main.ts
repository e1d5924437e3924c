/**
 * `make demo`: the whole system on this machine, with shoppers in it. ORDERS orders are placed, then shopping goes on at
 * RATE visits a minute until Ctrl-C; with ONCE=1 it ends with two timelines and a verdict. State stays in .state/<NAME>:
 * a second run goes on with what is there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { apply } from '../../services/cli/apply/command.ts';
import { configOf } from '../../services/cli/environment.ts';
import { openLedger } from '../../services/cli/ledger.ts';
import { storyOf } from '../../services/cli/order/command.ts';
import { storyText } from '../../services/cli/order/print.ts';
import { openShop } from '../../services/cli/shop.ts';
import { openStripe, stripeClient } from '../../services/cli/stripe.ts';
import { verify } from '../../services/cli/verify/command.ts';
import { verdictText } from '../../services/cli/verify/print.ts';
import { startGuard } from '../local/guard.ts';
import { startStack } from '../local/stack.ts';
import { ourServices, SERVICES, startSupervisor } from '../local/supervisor.ts';
import { allFlows } from './flows/all.ts';
import type { PaidOrder } from './flows/flow.ts';
import { merchantPlayed } from './flows/merchant.ts';
import { giverOf, isWell, play, type Played, playedText } from './flows/play.ts';
import { type DemoOptions, optionsFrom } from './options.ts';
import { type Progress, progressText } from './progress.ts';
import { openScreen } from './screen.ts';
import { type Shoppers, startShoppers } from './shoppers.ts';

const QUIET_WITHIN_SECONDS = 180;
const LOOK_EVERY_MS = 250;

const begun = performance.now();
const elapsed = (): string => `${((performance.now() - begun) / 1_000).toFixed(1).padStart(6)} s`;
const screen = openScreen(process.stdout, () => performance.now());
const say = (text: string): void => screen.say(`[${elapsed()}] ${text}`);

/** Aborted by Ctrl-C. */
const stopping = new AbortController();
/** What to end, newest last. */
const closers: (() => Promise<void>)[] = [];

const timed = async <T>(phase: string, work: () => Promise<T>): Promise<T> => {
  stopping.signal.throwIfAborted();
  const from = performance.now();
  const result = await work();
  say(`${phase} (${((performance.now() - from) / 1_000).toFixed(1)} s)`);
  return result;
};

/** Shows progress until the shoppers have ended or Ctrl-C. */
const watch = async (shoppers: Shoppers, salesOrders: () => number): Promise<Progress> => {
  let firstPaid = false;
  for (;;) {
    const { alive } = shoppers;
    const progress = await shoppers.progress();
    if (!firstPaid && progress.firstPaid !== undefined) {
      firstPaid = true;
      say(`first completed order: ${progress.firstPaid}`);
    }
    screen.show(`[${elapsed()}] ${progressText(progress, salesOrders())}`);
    if (!alive || stopping.signal.aborted) {
      say(progressText(progress, salesOrders()));
      return progress;
    }
    await sleep(LOOK_EVERY_MS);
  }
};

const startEverything = async (options: DemoOptions) => {
  const stack = await timed('stack is up', () =>
    startStack({
      name: options.name,
      say: (line) => say(`  ${line}`),
      handleSignals: false,
      onLost: (part, why) => {
        say(`${part} is lost: ${why}; starting it again`);
        stack.restart(part).catch((error: unknown) => say(`${part} cannot be started again: ${String(error)}`));
      },
    }),
  );
  closers.push(() => stack.stop());
  const config = configOf(stack.env);
  await timed('topics, schemas and connector are in place', () =>
    apply(config, { dryRun: false, say: (text) => say(text.split('\n').at(-1) ?? '') }),
  );
  const supervisor = await timed('services are ready', async () => {
    const started = await startSupervisor({
      stateDir: stack.stateDir,
      services: ourServices(stack.env),
      onRestart: (name, why, inMs) => say(`${name} ended (${why}); again in ${Math.round(inMs)} ms`),
    });
    closers.push(() => started.stop());
    await Promise.all(SERVICES.map((name) => started.ready(name)));
    return started;
  });
  return { stack, config, supervisor };
};

type Config = ReturnType<typeof configOf>;
/** Why not all is well. */
type Found = Readonly<{ orderId: string | null; message: string }>;

/** Orders that are paid at Stripe, as the shop and Stripe both say, and that nobody disputes: such money cannot be refunded. */
const paidOrders = async (config: Config): Promise<readonly PaidOrder[]> => {
  const shop = await openShop(config);
  try {
    const captured = new Set(
      (await shop.orders()).flatMap((each) => ('state' in each && each.state === 'CAPTURED' ? [each.orderId] : [])),
    );
    const { payments } = await openStripe(config).everything();
    return payments.flatMap(({ id, orderId, status, received, currency, refunds, disputes }) => {
      const untouched = status === 'succeeded' && refunds.length === 0 && disputes.length === 0;
      return untouched && orderId !== null && captured.has(orderId)
        ? [{ orderId, paymentIntentId: id, total: received, currency }]
        : [];
    });
  } finally {
    shop.close();
  }
};

/** Every flow besides buying and paying, judged one by one. */
const playAll = async (
  config: Config,
  env: Readonly<Record<string, string>>,
  seed: string,
): Promise<readonly Played[]> => {
  const settle = async (): Promise<void> => {
    const { unsettled } = await verify(config, {
      waitSeconds: QUIET_WITHIN_SECONDS,
      say: (text) => screen.show(`[${elapsed()}] waiting: ${text}`),
    });
    for (const reason of unsettled) say(`still under way: ${reason}`);
  };
  await settle();
  const world = {
    config,
    env,
    stripe: stripeClient(config),
    seed,
    signal: stopping.signal,
    take: giverOf(await paidOrders(config)),
  };
  say(`other flows begin: ${allFlows.map(({ name }) => name).join(', ')}`);
  return play(allFlows, world, settle);
};

/** Buying and paying, which the shoppers did. What verify found is anybody's, so it stands with the first. */
const ordersPlayed = ({ placed, paid, refused }: Progress, found: readonly Found[]): readonly Played[] => [
  {
    name: 'order placed, paid or declined',
    started: placed,
    completed: paid + refused,
    findings: found.map(({ message }) => message),
  },
];

/** Two timelines and the verdict. @returns why not all is well; nothing when it is */
const conclude = async (config: Config, progress: Progress): Promise<readonly Found[]> => {
  const { verdict, unsettled } = await timed('everything has come to its end and was looked at from all sides', () =>
    verify(config, {
      waitSeconds: QUIET_WITHIN_SECONDS,
      say: (text) => screen.show(`[${elapsed()}] waiting: ${text}`),
    }),
  );
  for (const order of [progress.firstPaid, progress.firstRefused]) {
    if (order === undefined) continue;
    const story = await storyOf(config, String(order));
    screen.say(`\n${story === undefined ? `order ${order} has no story` : storyText(story)}\n`);
  }
  for (const reason of unsettled) say(`still under way: ${reason}`);
  screen.say(verdictText(verdict));
  return [
    ...(progress.failed > 0 ? [{ orderId: null, message: `${progress.failed} visits failed` }] : []),
    ...unsettled.map((message) => ({ orderId: null, message })),
    ...verdict.findings,
  ];
};

const run = async (): Promise<number> => {
  const options = optionsFrom(process.env);
  const { stack, config, supervisor } = await startEverything(options);
  const ledger = openLedger(config.MILLRACE_LEDGER_DB);
  closers.push(() => {
    ledger.close();
    return Promise.resolve();
  });
  const before = ledger.orderCount();
  const salesOrders = (): number => ledger.orderCount() - before;
  const guard = startGuard();
  closers.push(() => guard.close());
  const { seed, untidy, merchant } = options;
  const shop = { stateDir: stack.stateDir, env: stack.env, seed, untidy, merchant, guard };

  let progress: Progress | undefined;
  if (options.orders > 0) {
    const shoppers = await startShoppers({ orders: options.orders }, shop);
    closers.push(() => shoppers.stop());
    progress = await timed('the shoppers have gone home', () => watch(shoppers, salesOrders));
    if (progress.done === undefined && !stopping.signal.aborted)
      throw new Error(`the shoppers ended early; their last words:\n${await shoppers.lastWords()}`);
  }
  if (options.once && progress !== undefined) {
    const played = options.allFlows
      ? await timed('all flows were played', () => playAll(config, stack.env, options.seed))
      : [];
    const findings = await conclude(config, progress);
    const merchants = options.allFlows ? await merchantPlayed(progress.deeds, config, findings) : [];
    const rows = [...ordersPlayed(progress, findings), ...merchants, ...played];
    if (options.allFlows) screen.say(playedText(rows));
    return findings.length === 0 && rows.every(isWell) ? 0 : 1;
  }
  if (!stopping.signal.aborted) {
    say(`shopping goes on, ${options.rate} visits a minute; Ctrl-C ends it. Follow an order in another terminal:`);
    say(`  node services/cli/main.ts --name ${options.name} order ${progress?.firstPaid ?? '<number>'}`);
    for (const { name, pid } of supervisor.status()) say(`  ${name.padEnd(16)} pid ${pid ?? 'none'}`);
    const shoppers = await startShoppers({ rate: options.rate }, shop);
    closers.push(() => shoppers.stop());
    await watch(shoppers, salesOrders);
  }
  return 0;
};

const closeAll = async (): Promise<void> => {
  const failures: unknown[] = [];
  for (const close of closers.splice(0).reverse()) await close().catch((error: unknown) => failures.push(error));
  for (const failure of failures) say(`while stopping: ${String(failure)}`);
  if (failures.length > 0) process.exitCode = 1;
};

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (stopping.signal.aborted) process.exit(1);
    say(`${signal}: stopping everything (again to leave at once)`);
    stopping.abort(new Error(signal));
  });

try {
  process.exitCode = await run();
} catch (error) {
  process.exitCode = stopping.signal.aborted ? 130 : 1;
  if (!stopping.signal.aborted) say(error instanceof Error ? error.message : String(error));
} finally {
  await timedStop();
}

async function timedStop(): Promise<void> {
  const from = performance.now();
  await closeAll();
  say(`everything is stopped (${((performance.now() - from) / 1_000).toFixed(1)} s)`);
}
