/** From paired runs to figures and ratios. */
import type { LatencyResult, ThroughputResult } from './results.ts';

/** Something measured, and whether more of it is better or less. */
export type Measure<R> = Readonly<{
  name: string;
  unit: string;
  better: 'more' | 'less';
  of: (result: R) => number;
}>;

/** Two runs one right after the other on the same inputs. */
export type Pair<R> = Readonly<{ ours: R; peer: R }>;

export type Spread = Readonly<{ min: number; median: number; max: number }>;

/** `ratio`: how many times better ours is, pair by pair; below 1 the peer is. */
export type Row = Readonly<{ name: string; unit: string; ours: Spread; peer: Spread; ratio: Spread }>;

const perOrder = (cpuSeconds: number, orders: number): number => (cpuSeconds * 1e6) / orders;

export const throughputMeasures: readonly Measure<ThroughputResult>[] = [
  { name: 'orders', unit: '/s', better: 'more', of: ({ orders, seconds }) => orders / seconds },
  { name: 'cpu per order', unit: 'us', better: 'less', of: ({ cpuSeconds, orders }) => perOrder(cpuSeconds, orders) },
  {
    name: 'broker cpu per order',
    unit: 'us',
    better: 'less',
    of: ({ brokerCpuSeconds, orders }) => perOrder(brokerCpuSeconds, orders),
  },
  { name: 'peak memory', unit: 'MB', better: 'less', of: ({ peakMb }) => peakMb },
];

const hop = (name: string, which: 'oneHop' | 'twoHops'): readonly Measure<LatencyResult>[] =>
  (['p50', 'p95', 'p99'] as const).map((percentile) => ({
    name: `${name} ${percentile}`,
    unit: 'ms',
    better: 'less',
    of: (result) => result[which][percentile],
  }));

export const latencyMeasures: readonly Measure<LatencyResult>[] = [
  ...hop('one hop', 'oneHop'),
  ...hop('two hops', 'twoHops'),
  { name: 'cpu', unit: 's', better: 'less', of: ({ cpuSeconds }) => cpuSeconds },
  { name: 'peak memory', unit: 'MB', better: 'less', of: ({ peakMb }) => peakMb },
];

/** @throws RangeError without values */
export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [min, max] = [sorted.at(0), sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError('nothing was measured');
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  return { min, median, max };
};

export const compare = <R>(pairs: readonly Pair<R>[], measures: readonly Measure<R>[]): readonly Row[] =>
  measures.map(({ name, unit, better, of }) => ({
    name,
    unit,
    ours: spreadOf(pairs.map(({ ours }) => of(ours))),
    peer: spreadOf(pairs.map(({ peer }) => of(peer))),
    ratio: spreadOf(pairs.map(({ ours, peer }) => (better === 'more' ? of(ours) / of(peer) : of(peer) / of(ours)))),
  }));

const figure = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);

/** `median` alone when there was one run, else `median (min–max)`. */
const spread = ({ min, median, max }: Spread, text: (value: number) => string): string =>
  min === max ? text(median) : `${text(median)} (${text(min)}–${text(max)})`;

const columns = ['', 'ours', 'Kafka Streams', 'ours is better by'] as const;

/** Rows as aligned text under a heading. */
export const tableText = (heading: string, rows: readonly Row[]): string => {
  const cells = rows.map(({ name, unit, ours, peer, ratio }) => [
    `${name} (${unit})`,
    spread(ours, figure),
    spread(peer, figure),
    `x ${spread(ratio, (value) => value.toFixed(2))}`,
  ]);
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...cells.map((line) => line[index]?.length ?? 0)),
  );
  const aligned = [[...columns], ...cells].map((line) =>
    line
      .map((cell, index) => (index === 0 ? cell.padEnd(widths[index]!) : cell.padStart(widths[index]!)))
      .join('   ')
      .trimEnd(),
  );
  return [heading, ...aligned.map((line) => `  ${line}`)].join('\n');
};
