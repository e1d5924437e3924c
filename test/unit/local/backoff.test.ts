import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../infra/local/backoff.ts';

const policy = { firstMs: 100, maxMs: 1_000, healthyMs: 5_000 };

describe('pause before a restart', () => {
  it('doubles with each failure in a row and stops at the bound', () => {
    expect([1, 2, 3, 4, 5, 50].map((failures) => backoffMs(failures, 0.999_999, policy)).map(Math.round)).toEqual([
      100, 200, 400, 800, 1_000, 1_000,
    ]);
  });

  it('spreads over the upper half, never to nothing', () => {
    expect(backoffMs(3, 0, policy)).toBe(200);
    expect(backoffMs(3, 0.5, policy)).toBe(300);
  });
});
