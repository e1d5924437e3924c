/** How long to wait before the n-th start in a row. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
  /** A process that lived this long has recovered: the count starts over. */
  readonly healthyMs: number;
}

export const DEFAULT_BACKOFF: BackoffPolicy = { firstMs: 250, maxMs: 10_000, healthyMs: 30_000 };

/**
 * Doubles per failure in a row up to the bound, then takes 50–100 % of that, so that services that died of the same
 * cause do not come back in step.
 * @param failures ends in a row, 1 for the first
 * @param random in [0, 1)
 */
export function backoffMs(failures: number, random: number, policy: BackoffPolicy = DEFAULT_BACKOFF): number {
  const ceiling = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.max(0, failures - 1));
  return ceiling * (0.5 + random / 2);
}
