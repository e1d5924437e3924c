/** The shoppers as a child process of the demo. */
import { join } from 'node:path';
import { type Child, lastLines, startChild } from '../local/child.ts';
import type { Guard } from '../local/guard.ts';
import { REPOSITORY, stateLayout } from '../local/state.ts';
import { noProgress, type Progress, withLine } from './progress.ts';
import { tailOf } from './tail.ts';

export interface Shoppers {
  readonly alive: boolean;
  /** What they have told up to now. */
  progress(): Promise<Progress>;
  /** Resolves with the exit code, or null after a signal. */
  readonly ended: Promise<number | null>;
  lastWords(): Promise<string>;
  stop(): Promise<void>;
}

export const startShoppers = async (
  amount: Readonly<{ orders: number }> | Readonly<{ rate: number }>,
  options: Readonly<{
    stateDir: string;
    env: Readonly<Record<string, string>>;
    seed: string;
    /** The share of visits that are as untidy as a real shop. */
    untidy?: number;
    /** The share of visits that the merchant does something about. */
    merchant?: number;
    /** The share of visits to the store that sells in another currency. */
    abroad?: number;
    guard: Guard;
  }>,
): Promise<Shoppers> => {
  const log = join(stateLayout(options.stateDir).logs, 'shopper.log');
  const tail = await tailOf(log);
  const args = 'orders' in amount ? ['--orders', String(amount.orders)] : ['--rate', String(amount.rate)];
  const child: Child = await startChild(
    {
      command: process.execPath,
      args: [
        join(REPOSITORY, 'infra/sandbox/shopper/main.ts'),
        ...args,
        '--seed',
        options.seed,
        '--untidy',
        String(options.untidy ?? 0),
        '--merchant',
        String(options.merchant ?? 0),
        '--abroad',
        String(options.abroad ?? 0),
      ],
      env: options.env,
      cwd: REPOSITORY,
    },
    log,
    options.guard,
  );
  let progress = noProgress;
  return {
    get alive() {
      return child.alive;
    },
    async progress() {
      for (const line of await tail.more()) progress = withLine(progress, line);
      return progress;
    },
    ended: child.exited.then(({ code }) => code),
    lastWords: () => lastLines(log, 15),
    stop: async () => {
      if (child.alive) await child.stop(10_000);
    },
  };
};
