import { describe, expect, test } from 'vitest';
import { compare, spreadOf, tableText, throughputMeasures, type Measure } from '../../../bench/comparison.ts';
import { centsOf, orderJob } from '../../../bench/order-job.ts';
import { planFrom } from '../../../bench/plan.ts';
import type { ThroughputResult } from '../../../bench/results.ts';
import { describe as described } from '../../../services/runtime/topics.ts';

const rate: Measure<number> = { name: 'rate', unit: '/s', better: 'more', of: (value) => value };
const cost: Measure<number> = { name: 'cost', unit: 'us', better: 'less', of: (value) => value };

describe('a spread', () => {
  test('has the middle value, or the mean of the two in the middle', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
    expect(spreadOf([10, 2, 4, 3])).toEqual({ min: 2, median: 3.5, max: 10 });
    expect(spreadOf([7])).toEqual({ min: 7, median: 7, max: 7 });
  });

  test('of nothing is an error', () => {
    expect(() => spreadOf([])).toThrow(RangeError);
  });
});

describe('a ratio', () => {
  test('is above 1 when ours has more of what is good', () => {
    expect(compare([{ ours: 300, peer: 100 }], [rate])[0]!.ratio.median).toBe(3);
  });

  test('is above 1 when ours has less of what is bad', () => {
    expect(compare([{ ours: 100, peer: 300 }], [cost])[0]!.ratio.median).toBe(3);
  });

  test('is taken pair by pair: noise that both runs of a pair had does not count', () => {
    const pairs = [
      { ours: 200, peer: 100 },
      { ours: 20, peer: 10 },
      { ours: 2000, peer: 1000 },
    ];
    expect(compare(pairs, [rate])[0]!.ratio).toEqual({ min: 2, median: 2, max: 2 });
  });
});

test('throughput is measured per order', () => {
  const result: ThroughputResult = {
    kind: 'throughput',
    orders: 10_000,
    inputs: 52_500,
    outputs: 31_000,
    expected: 31_000,
    duplicates: 0,
    digest: '0',
    seconds: 4,
    startSeconds: 1,
    firstOutputSeconds: 1,
    cpuSeconds: 2,
    brokerCpuSeconds: 0.5,
    peakMb: 321,
  };
  const figures = Object.fromEntries(throughputMeasures.map(({ name, of }) => [name, of(result)]));
  expect(figures).toEqual({ orders: 2500, 'cpu per order': 200, 'broker cpu per order': 50, 'peak memory': 321 });
});

test('a table shows one run plainly and several as median and range', () => {
  const one = compare([{ ours: 1234.5, peer: 411.5 }], [rate]);
  expect(tableText('alone', one)).toBe(
    [
      'alone',
      '              ours   Kafka Streams   ours is better by',
      '  rate (/s)   1235             412              x 3.00',
    ].join('\n'),
  );
  const several = compare(
    [
      { ours: 1, peer: 2 },
      { ours: 3, peer: 12 },
    ],
    [cost],
  );
  expect(tableText('several', several)).toContain('2.00 (1.00–3.00)   7.00 (2.00–12.0)   x 3.00 (2.00–4.00)');
});

describe('the plan', () => {
  test('is full unless QUICK is set', () => {
    expect(planFrom({})).toMatchObject({ orders: 100_000, pairs: 3, budget: undefined });
    expect(planFrom({ QUICK: '0' })).toEqual(planFrom({}));
    expect(planFrom({ QUICK: '1' }).budget).toBeLessThan(300);
  });

  test('yields to ORDERS and RUNS', () => {
    expect(planFrom({ QUICK: '1', ORDERS: '500', RUNS: '4' })).toMatchObject({ orders: 500, pairs: 4, latencyRuns: 4 });
  });

  test('names what it cannot read', () => {
    expect(() => planFrom({ ORDERS: 'many' })).toThrow(/ORDERS/);
  });
});

test('an amount is exact or refused', () => {
  expect(centsOf('499.99')).toBe(49_999);
  expect(centsOf('0.07')).toBe(7);
  for (const wrong of ['1', '1.5', '1.005', '-1.00', '1e3', '']) expect(() => centsOf(wrong)).toThrow(/not an amount/);
});

test('the job as the engine sees it', () => {
  expect(described(orderJob('bench-1'))).toMatchInlineSnapshot(`
    "application bench-1 bench
    stage join
      reads   bench.customers, bench.carts, bench.orders (merged by place)
      keeps   customers (bench-1-customers-changelog), carts (bench-1-carts-changelog)
      writes  bench.orders.enriched
      group   bench-1-join
    stage decide
      reads   bench.orders.enriched, bench.stripe-events
      keeps   order-state (bench-1-order-state-changelog)
      writes  bench.cmd.stripe, bench.cmd.adnsf, bench.cmd.erp
      group   bench-1-decide
    dead letters bench-1-dead-letters
    "
  `);
});
