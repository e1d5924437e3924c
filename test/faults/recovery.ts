/**
 * How long a fault is felt. The time to recover runs from the injection to the moment when every order that was in
 * flight then has come to its end, and one that was placed after the injection has gone all the way: through the shop,
 * the connector, the stream, Stripe and its webhooks, back into the shop, and into the ledger. A shopper's own pauses
 * are part of it, so an undisturbed stack has a time of its own, which is told for comparison.
 */
import type { OrderLife } from './orders.ts';

export type Recovery =
  | Readonly<{ recovered: true; inFlight: number; ms: number }>
  | Readonly<{ recovered: false; inFlight: number; waitingFor: readonly number[] }>;

/** As far as is known of the orders now. `at`: of the injection, epoch milliseconds. */
export const recoveryOf = (orders: readonly OrderLife[], at: number): Recovery => {
  const inFlight = orders.filter(({ placedAt, endedAt }) => placedAt <= at && (endedAt === undefined || endedAt > at));
  const open = inFlight.filter(({ endedAt }) => endedAt === undefined).map(({ order }) => order);
  const after = orders.flatMap(({ placedAt, endedAt }) => (placedAt > at && endedAt !== undefined ? [endedAt] : []));
  if (open.length > 0 || after.length === 0) return { recovered: false, inFlight: inFlight.length, waitingFor: open };
  const last = Math.max(Math.min(...after), ...inFlight.map(({ endedAt }) => endedAt ?? 0));
  return { recovered: true, inFlight: inFlight.length, ms: last - at };
};
