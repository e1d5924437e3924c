import { describe, expect, it } from 'vitest';
import { faultLine, type FaultReport, isGood, medianOf, type RunReport, totalsText } from '../../faults/report.ts';
import type { Fault } from '../../faults/fault.ts';
import { turns } from '../../faults/plan.ts';

const fine: FaultReport = {
  name: 'kill-kafka',
  what: 'kill -9 of the broker',
  injected: 3,
  inFlight: 12,
  findings: [],
  recoveries: [2_000, 9_000, 4_000],
  failures: [],
  ended: [],
};
const run: RunReport = {
  seed: 's',
  faults: [fine],
  atRest: [],
  gaveUp: [],
  notInjected: [],
  kills: 3,
  orders: 40,
  seconds: 60,
};
const lost = { kind: 'lost', orderId: '100001', message: 'gone' } as const;

describe('the report', () => {
  it('is one line a fault', () => {
    expect(faultLine(fine)).toBe(
      'ok     kill -9 of the broker: injected 3 times, 12 orders in flight, lost 0, doubled 0, reordered 0, mismatched 0, time to recover 4.0 s (worst 9.0 s)',
    );
    expect(faultLine({ ...fine, findings: [lost] })).toMatch(/^FAILED .* lost 1, doubled 0[\s\S]*lost 100001 gone$/);
    expect(faultLine({ ...fine, recoveries: [], injected: 1 })).toMatch(/^FAILED .*not recovered from$/);
    expect(faultLine({ ...fine, ended: ['webhooks (code 1)'] })).toMatch(/^ok [\s\S]*webhooks \(code 1\)$/);
    expect(totalsText(run)).toContain('3 injections of 1 faults, 3 kills, 40 orders, 60 s, seed s');
  });

  it('is good when everything is zero and everything was tried, and not otherwise', () => {
    expect(isGood(run)).toBe(true);
    const bad: Partial<RunReport>[] = [
      { faults: [{ ...fine, findings: [lost] }] },
      { faults: [{ ...fine, recoveries: [1, 2] }] },
      { faults: [{ ...fine, failures: ['it never came to that'] }] },
      { faults: [{ ...fine, injected: 0, recoveries: [] }] },
      { atRest: [lost] },
      { gaveUp: ['visit 1'] },
      { notInjected: ['kill-connect'] },
      { orders: 0 },
    ];
    for (const over of bad) expect(isGood({ ...run, ...over }), JSON.stringify(over)).toBe(false);
  });

  it('takes the middle of the times', () => {
    expect(medianOf([3, 1, 2])).toBe(2);
    expect(medianOf([4, 1, 2, 3])).toBe(2.5);
  });
});

describe('the plan', () => {
  const fault = (name: string): Fault => ({ name, what: name, inject: () => Promise.reject(new Error('not here')) });
  const faults = ['a', 'b', 'c', 'd'].map(fault);
  const first = (count: number, seed: string, times: number): string[] =>
    turns(faults, { fault: fault('burst'), times }, seed)
      .take(count)
      .map(({ fault: { name }, due }) => `${name}${due ? '!' : ''}`)
      .toArray();

  it('has every fault once and all bursts in the first round, then what time allows', () => {
    const round = first(11, 'x', 7);
    expect(round.toSorted()).toEqual(['a!', 'b!', ...Array.from({ length: 7 }, () => 'burst!'), 'c!', 'd!']);
    expect(first(15, 'x', 7).slice(11).toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is a function of the seed', () => {
    expect(first(20, 'x', 3)).toEqual(first(20, 'x', 3));
    expect(first(20, 'x', 3)).not.toEqual(first(20, 'y', 3));
  });
});
