/** Makes a failing schedule small: fewer orders, fewer faults, fewer processes, and chance for as short as it takes. */
import type { Guard } from './guards.ts';
import { runScenario } from './run.ts';
import type { OrderPlan, Scenario } from './scenario.ts';
import type { Failure } from './campaign.ts';

/** What kind of violation it is, whichever order it hit. */
const shapeOf = (violation: string): string =>
  (violation.split('\n')[0] ?? '')
    .replaceAll(/\d+/g, '#')
    .replace(/ is \{.*$/, ' is different')
    .slice(0, 60);

const plainer = (order: OrderPlan): readonly OrderPlan[] => [
  ...(order.edits !== undefined && order.edits.length > 0 ? [{ ...order, edits: order.edits.slice(1) }] : []),
  ...(order.attempts.length > 0 ? [{ ...order, attempts: order.attempts.slice(1) }] : []),
  ...(order.doubled ? [{ ...order, doubled: false }] : []),
  ...(order.touched ? [{ ...order, touched: false }] : []),
  ...(order.giftCard > 0 ? [{ ...order, giftCard: 0 }] : []),
  ...(order.lines > 1 ? [{ ...order, lines: 1 }] : []),
];

const without = <T>(all: readonly T[], index: number): readonly T[] => all.toSpliced(index, 1);

/** Smaller schedules that may fail as well, the boldest first. */
const reductions = (scenario: Scenario): readonly Scenario[] => {
  const { orders, faults, poisons } = scenario;
  const half = Math.ceil(faults.length / 2);
  return [
    ...(faults.length > 2
      ? [
          { ...scenario, faults: faults.slice(half) },
          { ...scenario, faults: faults.slice(0, half) },
        ]
      : []),
    ...(poisons.length > 0 ? [{ ...scenario, poisons: [] }] : []),
    ...(orders.length > 1 ? orders.map((_, index) => ({ ...scenario, orders: without(orders, index) })) : []),
    ...faults.map((_, index) => ({ ...scenario, faults: without(faults, index) })),
    ...(scenario.partitions > 1 ? [{ ...scenario, partitions: 1 }] : []),
    ...(scenario.streams > 1 ? [{ ...scenario, streams: 1 }] : []),
    ...(scenario.executors > 1 ? [{ ...scenario, executors: 1 }] : []),
    ...(scenario.encores > 0 ? [{ ...scenario, encores: 0 }] : []),
    ...(scenario.payouts > 0 ? [{ ...scenario, payouts: scenario.payouts - 1 }] : []),
    ...(scenario.ledger ? [{ ...scenario, ledger: false }] : []),
    ...(scenario.batchRecords < 1000 ? [{ ...scenario, batchRecords: 1000 }] : []),
    ...(scenario.pageSize < 500 ? [{ ...scenario, pageSize: 500 }] : []),
    ...orders.flatMap((order, index) =>
      plainer(order).map((plain) => ({ ...scenario, orders: orders.with(index, plain) })),
    ),
  ];
};

/** How many other ways of choosing what runs next are tried with each smaller schedule. */
const otherSeeds = 11;
/** A smaller schedule comes sooner to where its faults have to strike. */
const sooner = [1, 0.8, 0.6] as const;
const maxRuns = 2_500;

export type Shrunk = Failure & Readonly<{ runs: number; steps: number }>;

export const shrink = async (failure: Failure, guard?: Guard): Promise<Shrunk> => {
  const shapes = new Set(failure.violations.map(shapeOf));
  let runs = 0;
  const fails = async (scenario: Scenario): Promise<Shrunk | undefined> => {
    runs++;
    const { violations, steps } = await runScenario(scenario, guard);
    return violations.some((violation) => shapes.has(shapeOf(violation)))
      ? { scenario, violations, steps, runs }
      : undefined;
  };
  const failsSomehow = async (scenario: Scenario): Promise<Shrunk | undefined> => {
    for (let n = 0; n <= otherSeeds; n++) {
      const factor = sooner[n % sooner.length]!;
      const faults = scenario.faults.map((fault) => ({ ...fault, step: Math.floor(fault.step * factor) }));
      const found = await fails({ ...scenario, faults, seed: scenario.seed + n * 7919 });
      if (found !== undefined) return found;
    }
    return undefined;
  };

  const first = await fails(failure.scenario);
  if (first === undefined)
    throw new Error(`seed ${failure.scenario.seed} does not fail again: the simulation is not deterministic`);
  let smallest = first;
  for (let improved = true; improved && runs < maxRuns;) {
    improved = false;
    for (const reduced of reductions(smallest.scenario)) {
      if (runs >= maxRuns) break;
      const found = await failsSomehow(reduced);
      if (found === undefined) continue;
      smallest = found;
      improved = true;
      break;
    }
  }
  // From where on chance does not matter any more.
  let [low, high] = [0, smallest.steps];
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = await fails({ ...smallest.scenario, chanceUntil: middle });
    if (found === undefined) low = middle + 1;
    else {
      smallest = found;
      high = middle;
    }
  }
  return { ...smallest, runs };
};

/** A schedule in a few lines. */
export const summary = (scenario: Scenario): string =>
  [
    `seed ${scenario.seed}: ${scenario.partitions} partitions, ${scenario.streams} streams, ${scenario.executors} executors of each kind, ` +
      `batches of ${scenario.batchRecords}, pages of ${scenario.pageSize}${scenario.encores > 0 ? `, ${scenario.encores} encores` : ''}` +
      (scenario.payouts > 0 ? `, ${scenario.payouts} payouts` : '') +
      (Number.isFinite(scenario.chanceUntil) ? `, chance until step ${scenario.chanceUntil}` : ''),
    ...scenario.orders.map(
      (order) =>
        `  order ${order.orderNumber} of person ${order.person} (customer ${order.customerId}): ${order.kind}, ${order.total} cents` +
        `${order.giftCard > 0 ? ` less ${order.giftCard}` : ''}, ${order.lines} lines, ${order.attempts.join(' then ') || 'never paid'}${(order.edits ?? []).length > 0 ? `, renamed: ${order.edits!.join(' then ')}` : ''}`,
    ),
    ...(scenario.poisons.length > 0 ? [`  bad records: ${scenario.poisons.join(', ')}`] : []),
    `  faults: ${scenario.faults.map(({ kind, step }) => `${kind} from step ${step}`).join(', ') || 'none'}`,
  ].join('\n');
