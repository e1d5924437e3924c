/**
 * What Stripe's errors mean here: the one place that knows.
 * - away or busy (no answer, 5xx, 429, 409): again later. A wrong or unprivileged key too: nothing may be lost over it,
 *   and it heals when the key is put right; it is counted, and every attempt is logged.
 * - no (400, 402, 404 and their like): a refusal, told as a result.
 * - a key used before with other parameters: the command contradicts its own past, which only a person can resolve.
 */
import Stripe from 'stripe';
import { countService } from '../platform/counts.ts';
import { PoisonError, RetriableError } from '../runtime/errors.ts';
import type { Outcome } from './domain/outcome.ts';

const { StripeError, StripeConnectionError } = Stripe.errors;
type Failure = InstanceType<typeof StripeError>;

const WRONG_KEY_RETRY_MS = 30_000;

const header = (error: Failure, name: string): string | undefined => error.headers?.[name];

const retryAfterMs = (error: Failure): number | undefined => {
  const seconds = Number(header(error, 'retry-after'));
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
};

/**
 * Whether this is the final answer of a request that failed inside Stripe: it was played back from the idempotency
 * record, or Stripe says that the same request will not fare better. The effect may or may not have happened.
 */
export const isSavedFailure = (error: unknown): boolean =>
  error instanceof StripeError &&
  (error.statusCode ?? 0) >= 500 &&
  (header(error, 'idempotent-replayed') === 'true' || header(error, 'stripe-should-retry') === 'false');

/** Whether the key was used before, with other parameters; that attempt has ended. */
export const isOtherRequest = (error: unknown): boolean =>
  error instanceof StripeError && error.statusCode === 400 && error.rawType === 'idempotency_error';

/** Whether Stripe has no object of that id. */
export const isMissing = (error: unknown): boolean =>
  error instanceof StripeError && error.statusCode === 404 && error.code === 'resource_missing';

/** Whether Stripe has an object of that id already. */
export const isExisting = (error: unknown): boolean =>
  error instanceof StripeError && error.code === 'resource_already_exists';

const later = (error: Failure, waitMs = retryAfterMs(error)): RetriableError =>
  new RetriableError(`Stripe: ${error.statusCode ?? 'no answer'} ${error.message}`, {
    cause: error,
    ...(waitMs !== undefined && { retryAfterMs: waitMs }),
  });

/** A refusal to be told as a result. @throws RetriableError, PoisonError, or the error itself when it is not Stripe's. */
export const refusalOrThrow = (error: unknown): Outcome => {
  if (!(error instanceof StripeError)) throw error;
  const status = error.statusCode;
  const refusal: Outcome = {
    status: 'refused',
    code: error.code ?? error.rawType ?? 'stripe_error',
    message: error.message,
    requestId: error.requestId ?? null,
  };
  if (error instanceof StripeConnectionError || status === undefined || status >= 500) throw later(error);
  if (status === 401 || status === 403) {
    countService('stripe-executor', 'key_refused', String(status));
    throw later(error, WRONG_KEY_RETRY_MS);
  }
  if (status === 409 || status === 429 || error.code === 'rate_limit' || error.code === 'lock_timeout')
    throw later(error);
  if (header(error, 'stripe-should-retry') === 'true') throw later(error);
  if (error.rawType === 'idempotency_error')
    throw new PoisonError('idempotency_mismatch', `Stripe: ${error.message}`, { cause: error });
  return refusal;
};
