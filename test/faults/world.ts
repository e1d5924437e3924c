/** One long-lived stack with shoppers in it, and the handles by which things are made to go wrong. */
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Shoppers, startShoppers } from '../../infra/demo/shoppers.ts';
import { startGuard } from '../../infra/local/guard.ts';
import { type Stack, startStack } from '../../infra/local/stack.ts';
import { defaultStateDir, stateLayout } from '../../infra/local/state.ts';
import {
  ourServices,
  SERVICES,
  type ServiceDefinition,
  startSupervisor,
  type Supervisor,
} from '../../infra/local/supervisor.ts';
import { apply } from '../../services/cli/apply/command.ts';
import { type CliConfig, configOf } from '../../services/cli/environment.ts';
import { type OrderWatch, watchOrders } from './orders.ts';
import { type Deliveries, type StripeControl, stripeControl } from './sandbox.ts';
import { TRAP_FILE } from './trap.ts';

export type World = Readonly<{
  stack: Stack;
  config: CliConfig;
  supervisor: Supervisor;
  orders: OrderWatch;
  stripe: StripeControl;
  /** Deliveries as they are all the time: doubled, as twins, reordered. */
  usualDeliveries: Deliveries;
  webhookUrl: string;
  /** What the webhook service accepts; the first is what Stripe signs with. */
  secretsInUse: () => readonly string[];
  newSecret: () => string;
  /** The secrets that the webhook service will accept from its next start on. */
  acceptSecrets: (secrets: readonly string[]) => void;
  trapOf: (service: string) => string;
  say: (line: string) => void;
  /** Waits for a condition. @throws naming it when it does not come true in time, or when the run is stopped */
  until: (what: string, seconds: number, condition: () => Promise<boolean> | boolean) => Promise<void>;
  sleep: (ms: number) => Promise<void>;
  killed: (count?: number) => void;
  /** Services that ended by themselves since the last call: they stopped, or could not go on. */
  endedByThemselves: () => readonly string[];
  kills: () => number;
  /** Starts shopping, or goes on with it. */
  openDoors: () => Promise<void>;
  /** Shoppers leave where they are; the next opening finds them there again. */
  closeDoors: () => Promise<void>;
  /** Lets those who are in the shop finish. Returns false when one of them gave up. */
  seeOut: () => Promise<boolean>;
  close: () => Promise<void>;
}>;

export type WorldOptions = Readonly<{
  seed: string;
  /** Visits a minute. */
  rate: number;
  signal: AbortSignal;
  say: (line: string) => void;
}>;

/** A second worker of each kind that can have one, and a third of the order stream. They sleep until they are needed. */
export const twins = ['order-stream-2', 'order-stream-3', 'stripe-executor-2', 'adnsf-executor-2', 'erp-ledger-2'];

/** How long those who are in the shop at the end may take. */
const PATIENCE_MS = 120_000;

const preload = join(import.meta.dirname, 'crash-at.ts');

const definitions = (
  env: Readonly<Record<string, string>>,
  stateDir: string,
  secretsFile: string,
  trapOf: (service: string) => string,
): ServiceDefinition[] => {
  const others = Object.fromEntries(Object.entries(env).filter(([name]) => name !== 'MILLRACE_STRIPE_WEBHOOK_SECRETS'));
  const known = new Map(
    ourServices({
      ...others,
      MILLRACE_STRIPE_WEBHOOK_SECRETS_FILE: secretsFile,
      // The sandbox answers in milliseconds; waiting twenty seconds for a lost answer would only take longer.
      MILLRACE_STRIPE_TIMEOUT_MS: '3000',
    }).map((definition) => [definition.name, definition]),
  );
  return [...SERVICES, ...twins].map((name) => {
    const { launch } = known.get(name.replace(/-\d$/, ''))!;
    const own = name === name.replace(/-\d$/, '') ? {} : { MILLRACE_STATE_DIR: join(stateDir, name) };
    return {
      name,
      launch: {
        ...launch,
        args: ['--import', preload, ...launch.args],
        env: { ...launch.env, ...own, [TRAP_FILE]: trapOf(name) },
      },
    };
  });
};

export const startWorld = async (options: WorldOptions): Promise<World> => {
  const { signal, say, seed } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const each of closers.splice(0).reverse()) {
      try {
        await each();
      } catch (error) {
        failures.push(error);
      }
    }
    for (const failure of failures) say(`while stopping: ${String(failure)}`);
  };
  try {
    const root = defaultStateDir('faults');
    rmSync(root, { recursive: true, force: true });
    const stack = await startStack({ name: 'faults', say, handleSignals: false });
    closers.push(() => stack.stop());
    signal.throwIfAborted();
    const config = configOf(stack.env);
    await apply(config, { dryRun: false, say: () => undefined });
    signal.throwIfAborted();

    const secretsFile = join(stateLayout(root).secrets, 'webhook-secrets');
    let secretsInUse: readonly string[] = [];
    const acceptSecrets = (secrets: readonly string[]): void => {
      secretsInUse = secrets;
      writeFileSync(secretsFile, `${secrets.join(',')}\n`, { mode: 0o600 });
    };
    acceptSecrets([stack.env['MILLRACE_STRIPE_WEBHOOK_SECRETS']!]);
    const trapOf = (service: string): string => join(root, `trap-${service}.json`);
    const ended: string[] = [];
    const supervisor = await startSupervisor({
      stateDir: root,
      services: definitions(stack.env, root, secretsFile, trapOf),
      later: twins,
      // Deaths are what is wanted: nobody who died of it should be kept waiting.
      backoff: { firstMs: 100, maxMs: 1_000, healthyMs: 5_000 },
      onRestart: (name, why) => {
        if (why.startsWith('code')) ended.push(`${name} (${why})`);
      },
    });
    closers.push(() => supervisor.stop());
    await Promise.all(SERVICES.map((name) => supervisor.ready(name)));
    signal.throwIfAborted();

    const stripe = stripeControl(config.MILLRACE_STRIPE_API_BASE!, config.MILLRACE_STRIPE_SECRET_KEY);
    const usualDeliveries = { duplicates: 0.2, twins: 0.2, reorderMs: 800 };
    await stripe.deliveries(usualDeliveries);
    const orders = await watchOrders(join(stateLayout(root).logs, 'shopper.log'), config.MILLRACE_LEDGER_DB);
    closers.push(() => orders.close());
    const guard = startGuard();
    closers.push(() => guard.close());
    let shoppers: Shoppers | undefined;
    closers.push(() => shoppers?.stop());
    const shop = { stateDir: root, env: stack.env, seed, guard };

    let kills = 0;
    const world: World = {
      stack,
      config,
      supervisor,
      orders,
      stripe,
      usualDeliveries,
      webhookUrl: `http://127.0.0.1:${stack.ports.webhooks}/webhooks/stripe`,
      secretsInUse: () => secretsInUse,
      newSecret: () => `whsec_${randomBytes(24).toString('base64url')}`,
      acceptSecrets,
      trapOf,
      say,
      until: async (what, seconds, condition) => {
        const deadline = performance.now() + seconds * 1_000;
        while (!(await condition())) {
          signal.throwIfAborted();
          if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
          await pause(100, undefined, { signal });
        }
      },
      sleep: (ms) => pause(ms, undefined, { signal }),
      killed: (count = 1) => void (kills += count),
      kills: () => kills,
      endedByThemselves: () => ended.splice(0),
      openDoors: async () => {
        shoppers = await startShoppers({ rate: options.rate }, shop);
      },
      closeDoors: async () => {
        await shoppers?.stop();
      },
      seeOut: async () => {
        await shoppers?.stop();
        shoppers = await startShoppers({ orders: 0 }, shop);
        // Who waits for longer waits for what will never come.
        const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
        const code = await Promise.race([
          shoppers.ended,
          pause(2 * PATIENCE_MS, null, { signal: patience }).catch(() => null),
        ]);
        await shoppers.stop();
        return code === 0;
      },
      close,
    };
    return world;
  } catch (error) {
    await close();
    throw error;
  }
};
