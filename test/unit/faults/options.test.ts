import { describe, expect, it } from 'vitest';
import { catalogue, choiceOf } from '../../faults/catalogue.ts';
import { KILLS_IN_A_BURST } from '../../faults/crashes.ts';
import { optionsFrom } from '../../faults/options.ts';

const fresh = (): string => 'fresh';

describe('what a run is about', () => {
  it('is everything for 24 minutes, or the short form for ten at most, with a seed of its own or a given one', () => {
    expect(optionsFrom([], fresh)).toMatchObject({ short: false, minutes: 24, only: [], seed: 'fresh' });
    expect(optionsFrom(['--short', '--seed', 'x'], fresh)).toMatchObject({ short: true, minutes: 10, seed: 'x' });
    expect(optionsFrom(['--only', 'a,b', '--only', 'c', '--minutes', '3'], fresh)).toMatchObject({
      only: ['a', 'b', 'c'],
      minutes: 3,
    });
    expect(() => optionsFrom(['--minutes', 'ten'], fresh)).toThrow('--minutes');
  });

  it('has at least 200 random kills, and names every fault once', () => {
    const { faults, bursts } = choiceOf({ short: false, only: [] });
    expect(bursts.times * KILLS_IN_A_BURST).toBeGreaterThanOrEqual(200);
    expect(faults).toHaveLength(catalogue.length - 1);
    expect(new Set(catalogue.map(({ name }) => name)).size).toBe(catalogue.length);
  });

  it('can be some faults only, and none that does not exist', () => {
    expect(choiceOf({ short: false, only: ['kill-kafka'] })).toMatchObject({
      faults: [{ name: 'kill-kafka' }],
      bursts: { times: 0 },
    });
    expect(choiceOf({ short: true, only: [] }).faults.length).toBeLessThan(20);
    expect(() => choiceOf({ short: false, only: ['kill-kafak'] })).toThrow('kill-kafak');
  });
});
