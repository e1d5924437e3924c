/** Stripe forgets an idempotency key after 24 hours at the earliest; an hour is left for clocks and long requests. */
const TRUSTED_MS = 23n * 3_600_000n;

/**
 * Whether Stripe may have forgotten what was done under the command's key. The key was first used after the command
 * was written and after the event that led to it, whichever is told earlier: a copied topic has young timestamps.
 */
export const keyMayBeForgotten = (command: Readonly<{ occurredAt: bigint }>, writtenAt: bigint, now: number): boolean =>
  BigInt(now) - firstPossibleUse(command, writtenAt) > TRUSTED_MS;

/** Nothing was done for the command before this. Epoch milliseconds. */
export const firstPossibleUse = (command: Readonly<{ occurredAt: bigint }>, writtenAt: bigint): bigint =>
  command.occurredAt < writtenAt ? command.occurredAt : writtenAt;
