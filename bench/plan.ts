/** How much is run. */
import { z } from 'zod';

export type Plan = Readonly<{
  /** Orders that lie in the topics before a throughput run. */
  orders: number;
  /** Pairs of runs with one thread or process, and with two. */
  pairs: number;
  pairsOfTwo: number;
  latencyRuns: number;
  /** Orders per second, and as many Stripe events. */
  rate: number;
  /** Seconds that are waited for the tables, that are not counted, and that are measured. */
  settle: number;
  warm: number;
  measured: number;
  /** No further pair is begun when it would end after so many seconds; undefined: all are run. */
  budget: number | undefined;
}>;

const full: Plan = {
  orders: 100_000,
  pairs: 3,
  pairsOfTwo: 3,
  latencyRuns: 3,
  rate: 200,
  settle: 10,
  warm: 10,
  measured: 30,
  budget: undefined,
};

const quick: Plan = {
  orders: 30_000,
  pairs: 2,
  pairsOfTwo: 1,
  latencyRuns: 1,
  rate: 200,
  settle: 5,
  warm: 5,
  measured: 15,
  budget: 280,
};

const whole = z.coerce.number().int().min(1).optional();
const variables = z.object({
  QUICK: z.string().default(''),
  ORDERS: whole,
  RUNS: whole,
});

/** Reads QUICK, and ORDERS and RUNS, which win over it. @throws Error naming what is wrong */
export const planFrom = (env: Readonly<Record<string, string | undefined>>): Plan => {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = variables.safeParse(given);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { QUICK, ORDERS, RUNS } = parsed.data;
  const plan = QUICK === '' || QUICK === '0' ? full : quick;
  return {
    ...plan,
    ...(ORDERS === undefined ? {} : { orders: ORDERS }),
    ...(RUNS === undefined ? {} : { pairs: RUNS, pairsOfTwo: RUNS, latencyRuns: RUNS }),
  };
};

/** How long one latency run takes, roughly, in seconds: for the budget. */
export const latencySeconds = ({ settle, warm, measured }: Plan): number => settle + warm + measured + 10;
