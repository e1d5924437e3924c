/**
 * What the API's answers mean here: the one place that knows.
 * - away, busy, or the order changed since it was read (5xx, 408, 412, 425, 429, no answer): again later. A refused key
 *   (401) too: it heals when the key is put right, and nothing may be lost over it;
 * - the key may not do this, or there is no such API at the address: nothing will work until a person acts;
 * - anything else is about this command: to the dead letters with it.
 */
import { FatalError, PoisonError, RetriableError } from '../../runtime/errors.ts';

export type Refused = Readonly<{
  /** What was asked, such as `PATCH api/v1/orders/7`. */
  request: string;
  status: number;
  /** Undefined when the body is none of the API's: a proxy's, say. */
  problem: Readonly<{ code: string; message: string }> | undefined;
  retryAfter: string | null;
}>;

const AGAIN_LATER: ReadonlySet<number> = new Set([401, 408, 412, 425, 429]);

const waitOf = (retryAfter: string | null): { retryAfterMs?: number } => {
  const seconds = Number(retryAfter ?? '');
  return seconds > 0 && Number.isFinite(seconds) ? { retryAfterMs: seconds * 1_000 } : {};
};

export const meaningOf = ({ request, status, problem, retryAfter }: Refused): Error => {
  const text = `the shop's API: ${request}: ${status} ${problem === undefined ? '' : `${problem.code}: ${problem.message}`}`;
  if (status >= 500 || AGAIN_LATER.has(status)) return new RetriableError(text, waitOf(retryAfter));
  if (status === 403) return new FatalError(`its key lacks a permission. ${text}`);
  if (status === 404 || status === 405) return new FatalError(`there is no such API at the address. ${text}`);
  // An answer without the API's own words was given by something before it, which may be gone tomorrow.
  if (problem === undefined) return new RetriableError(text, waitOf(retryAfter));
  return new PoisonError(`rest_${problem.code}`, text);
};
