import { describe, expect, test } from 'vitest';
import { faultsOf, resultIn, type ThroughputResult } from '../../../bench/results.ts';

const throughput = {
  kind: 'throughput',
  orders: 1000,
  inputs: 5250,
  outputs: 3100,
  expected: 3100,
  duplicates: 0,
  digest: '5f1c',
  seconds: 2.5,
  startSeconds: 1.1,
  firstOutputSeconds: 0.4,
  cpuSeconds: 0.5,
  brokerCpuSeconds: 0.1,
  peakMb: 200,
} as const satisfies ThroughputResult;

const hop = { count: 10, p50: 5.5, p95: 9.1, p99: 12, max: 13 };
const latency = {
  kind: 'latency',
  rate: 200,
  expected: 7800,
  outputs: 7800,
  oneHop: hop,
  twoHops: hop,
  cpuSeconds: 3,
  brokerCpuSeconds: 2,
  peakMb: 180,
} as const;

describe('a line of the driver', () => {
  test('with a result is read', () => {
    expect(resultIn(`RESULT ${JSON.stringify(throughput)}`)).toEqual(throughput);
    expect(resultIn(`RESULT ${JSON.stringify(latency)}`)).toEqual(latency);
  });

  test('without a result is none', () => {
    expect(resultIn('[main] WARN something')).toBeUndefined();
    expect(resultIn('')).toBeUndefined();
  });

  test('with a result of a run that had no outputs is refused', () => {
    const line = `RESULT ${JSON.stringify({ ...latency, oneHop: { count: 0 } })}`;
    expect(() => resultIn(line)).toThrow(/oneHop/);
  });

  test('with a time that makes no sense is refused', () => {
    expect(() => resultIn(`RESULT ${JSON.stringify({ ...throughput, seconds: -1 })}`)).toThrow(/seconds/);
    expect(() => resultIn('RESULT {')).toThrow();
  });
});

describe('outputs', () => {
  const run = (label: string, changed: Partial<ThroughputResult> = {}) => ({
    label,
    result: { ...throughput, ...changed },
  });

  test('that are complete, single and equal have no fault', () => {
    expect(faultsOf([run('ours'), run('peer'), { label: 'latency', result: latency }])).toEqual([]);
  });

  test('that are too few or too many are told', () => {
    expect(faultsOf([run('ours', { outputs: 3099 })])).toEqual(['ours: 3099 outputs instead of 3100']);
    expect(faultsOf([{ label: 'ours', result: { ...latency, outputs: 7801 } }])).toEqual([
      'ours: 7801 outputs instead of 7800',
    ]);
  });

  test('that came twice are told', () => {
    expect(faultsOf([run('ours', { duplicates: 2 })])).toEqual(['ours: 2 duplicates']);
  });

  test('that differ between the applications are told with both digests', () => {
    expect(faultsOf([run('ours'), run('peer', { digest: 'aa' })])).toEqual(['commands differ: ours 5f1c, peer aa']);
  });
});
