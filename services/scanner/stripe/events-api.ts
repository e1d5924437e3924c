/** Stripe's list of events, newest first, a page at a time, slowly enough to leave the account's limits to others. */
import Bottleneck from 'bottleneck';
import Stripe from 'stripe';
import { RetriableError } from '../../runtime/errors.ts';
import { API_VERSION, stripeAddress } from '../../stripe-executor/stripe-api.ts';
import type { Stretch } from './window.ts';

export type Page = Readonly<{
  /** Newest first, as parsed from Stripe's answer. */
  events: readonly Stripe.Event[];
  /** Ask on after this one; undefined when the stretch is at its end. */
  next: string | undefined;
}>;

/** @throws RetriableError when Stripe does not answer, or not with a list */
export type EventPages = (stretch: Stretch, after: string | undefined) => Promise<Page>;

/** The most that Stripe answers. */
const PAGE = 100;

export const openEventPages = (
  options: Readonly<{
    secretKey: string;
    base?: URL;
    timeoutMs: number;
    requestsPerSecond: number;
    pageSize?: number;
  }>,
): EventPages => {
  const stripe = new Stripe(options.secretKey, {
    // Of events it says nothing: each is rendered in the version it was made with.
    apiVersion: API_VERSION,
    maxNetworkRetries: 2,
    timeout: options.timeoutMs,
    telemetry: false,
    ...stripeAddress(options.base),
  });
  const limiter = new Bottleneck({ minTime: Math.ceil(1_000 / options.requestsPerSecond), maxConcurrent: 1 });
  return async ({ from, to }, after) => {
    try {
      const { data, has_more: more } = await limiter.schedule(() =>
        stripe.events.list({
          created: { gte: from, lt: to },
          limit: options.pageSize ?? PAGE,
          ...(after !== undefined && { starting_after: after }),
        }),
      );
      return { events: data, next: more ? data.at(-1)?.id : undefined };
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeError)) throw error;
      const status = error.statusCode ?? 'no answer';
      throw new RetriableError(`Stripe's list of events: ${status} ${error.message}`, { cause: error });
    }
  };
};
