import Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { PoisonError, RetriableError } from '../../../services/runtime/errors.ts';
import { isSavedFailure, refusalOrThrow } from '../../../services/stripe-executor/failure.ts';

const failure = (statusCode: number, raw: Record<string, unknown> = {}, headers: Record<string, string> = {}) =>
  Stripe.errors.StripeError.generate({
    statusCode,
    message: 'no',
    requestId: 'req_1',
    headers,
    ...raw,
  });
const meaning = (error: unknown): unknown => {
  try {
    return refusalOrThrow(error);
  } catch (thrown) {
    return thrown;
  }
};

describe('what errors of Stripe mean', () => {
  it.each([
    ['500', failure(500)],
    ['503', failure(503)],
    ['409', failure(409, { type: 'idempotency_error' })],
    ['429', failure(429)],
    ['a lock timeout', failure(400, { code: 'lock_timeout' })],
    ['400 rate_limit', failure(400, { code: 'rate_limit' })],
    ['what Stripe says to retry', failure(402, {}, { 'stripe-should-retry': 'true' })],
    ['401', failure(401)],
    ['403', failure(403)],
    ['no connection', new Stripe.errors.StripeConnectionError({ message: 'ECONNRESET' })],
  ])('again later: %s', (_name, error) => {
    const thrown = meaning(error);
    expect(thrown).toBeInstanceOf(RetriableError);
    expect((thrown as RetriableError).cause).toBe(error);
  });

  it.each([
    [
      '400',
      failure(400, { type: 'invalid_request_error', code: 'parameter_invalid_empty' }),
      'parameter_invalid_empty',
    ],
    ['402', failure(402, { type: 'card_error', code: 'card_declined' }), 'card_declined'],
    ['404', failure(404, { type: 'invalid_request_error', code: 'resource_missing' }), 'resource_missing'],
    ['400 without a code', failure(400, { type: 'invalid_request_error' }), 'invalid_request_error'],
    ['413 without anything', failure(413), 'stripe_error'],
  ])('refused: %s', (_name, error, code) => {
    expect(meaning(error)).toEqual({ status: 'refused', code, message: 'no', requestId: 'req_1' });
  });

  it('contradiction: the key was used for something else', () => {
    const thrown = meaning(failure(400, { type: 'idempotency_error' }));
    expect(thrown).toBeInstanceOf(PoisonError);
    expect((thrown as PoisonError).code).toBe('idempotency_mismatch');
  });

  it('is none of its business when it is not of Stripe', () => {
    const bug = new TypeError('x is not a function');
    expect(meaning(bug)).toBe(bug);
  });

  it('waits as long as Stripe asks', () => {
    expect(meaning(failure(429, {}, { 'retry-after': '3' }))).toMatchObject({ retryAfterMs: 3_000 });
    expect(meaning(failure(429, {}, { 'retry-after': 'soon' }))).toMatchObject({ retryAfterMs: undefined });
    expect(meaning(failure(429))).toMatchObject({ retryAfterMs: undefined });
  });

  it('tells final failures from those that a repetition may cure', () => {
    expect(isSavedFailure(failure(500))).toBe(false);
    expect(isSavedFailure(failure(500, {}, { 'idempotent-replayed': 'true' }))).toBe(true);
    expect(isSavedFailure(failure(500, {}, { 'stripe-should-retry': 'false' }))).toBe(true);
    expect(isSavedFailure(failure(400, {}, { 'idempotent-replayed': 'true' }))).toBe(false);
    expect(isSavedFailure(new Error('x'))).toBe(false);
  });
});
