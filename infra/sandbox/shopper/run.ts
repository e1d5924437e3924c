/** Many shoppers at once: a fixed number of orders, or so many visits a minute for ever. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from './browser.ts';
import type { Diary } from './diary.ts';
import { habitsOf } from './habits.ts';
import { keepHouse } from './maintenance.ts';
import { deedOf } from './merchant.ts';
import { planVisit } from './plan.ts';
import { openShop, type Shop } from './shop.ts';
import type { ShopLogin } from './sql.ts';
import { fillShelf } from './stock.ts';
import type { Till } from './till.ts';
import { playVisit, type ShopperEvent } from './visit.ts';

const POLL_MS = 250;
const MAINTENANCE_EVERY_MS = 4_000;

export type RunOptions = Readonly<{
  seed: string;
  /** The share of visits that are untidy, from 0 to 1; with any, the shop's maintenance runs as well. */
  untidy: number;
  /** The share of visits that the merchant does something about, from 0 to 1. */
  merchant: number;
  till: Till;
  /** The share of visits to the store that sells in another currency, from 0 to 1. */
  abroad?: number;
  /** `orders`: until so many new orders are placed. `rate`: visits per minute, until the signal. */
  amount: Readonly<{ orders: number }> | Readonly<{ rate: number }>;
  /** Visits side by side. */
  concurrency: number;
  /** How long one visit may take, milliseconds. */
  patienceMs: number;
  login: ShopLogin;
  browser: Browser;
  diary: Diary;
  signal: AbortSignal;
  tell: (visit: number, event: ShopperEvent | Readonly<{ event: 'failed'; error: string }>) => void;
}>;

export type RunSummary = Readonly<{ visits: number; failed: number }>;

/** Which visits to play, one at a time, each when it is due. */
async function* visitsOf(options: RunOptions): AsyncGenerator<number> {
  const { diary, amount, seed, signal } = options;
  yield* diary.unfinished;
  if ('rate' in amount) {
    let due = performance.now();
    while (!signal.aborted) {
      yield await diary.begin();
      due = Math.max(due + 60_000 / amount.rate, performance.now());
      await sleep(due - performance.now(), undefined, { signal }).catch(() => undefined);
    }
    return;
  }
  for (let orders = 0; orders < amount.orders && !signal.aborted;) {
    const visit = await diary.begin();
    if (planVisit(seed, visit).order !== undefined) orders += 1;
    yield visit;
  }
}

/** Plays visits until there are no more or the signal says stop. A visit that fails is told, not thrown. */
export const runShoppers = async (options: RunOptions): Promise<RunSummary> => {
  const { seed, signal, diary } = options;
  const patienceOf = () => ({ until: Date.now() + options.patienceMs, signal });
  const first = openShop(options.login);
  const shelf = await first.do(patienceOf(), fillShelf).finally(() => first.close());

  /** One person is at one place at a time: their next visit waits for the one before. */
  const atShop = new Map<number, Promise<void>>();
  const idle: Shop[] = [];
  const all: Shop[] = [];
  const running = new Set<Promise<void>>();
  let visits = 0;
  let failed = 0;

  const play = async (index: number): Promise<void> => {
    const visit = planVisit(seed, index, options.abroad);
    const before = atShop.get(visit.personNumber) ?? Promise.resolve();
    const left = Promise.withResolvers<undefined>();
    const leaves = before.then(() => left.promise);
    atShop.set(visit.personNumber, leaves);
    await before;
    let shop = idle.pop();
    if (shop === undefined) {
      shop = openShop(options.login);
      all.push(shop);
    }
    try {
      await playVisit(
        {
          shop,
          browser: options.browser,
          till: options.till,
          shelf,
          patience: patienceOf(),
          pollMs: POLL_MS,
          tell: (event) => options.tell(index, event),
        },
        visit,
        habitsOf(seed, index, options.untidy),
        deedOf(seed, index, options.merchant),
      );
      visits += 1;
      await diary.finish(index);
    } catch (error) {
      if (!signal.aborted) {
        failed += 1;
        options.tell(index, { event: 'failed', error: String(error) });
      }
    } finally {
      idle.push(shop);
      left.resolve(undefined);
      if (atShop.get(visit.personNumber) === leaves) atShop.delete(visit.personNumber);
    }
  };

  const closing = new AbortController();
  const house =
    options.untidy > 0
      ? keepHouse(options.login, MAINTENANCE_EVERY_MS, patienceOf, closing.signal).catch((error: unknown) => {
          if (signal.aborted) return;
          failed += 1;
          options.tell(-1, { event: 'failed', error: `maintenance: ${String(error)}` });
        })
      : Promise.resolve();
  try {
    for await (const index of visitsOf(options)) {
      const visit: Promise<void> = play(index).finally(() => running.delete(visit));
      running.add(visit);
      while (running.size >= options.concurrency) await Promise.race(running);
    }
    await Promise.all(running);
  } finally {
    closing.abort();
    await house;
    for (const shop of all) shop.close();
  }
  return { visits, failed };
};
