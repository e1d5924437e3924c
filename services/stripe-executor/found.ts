/** What commands share: looking for what an earlier attempt made, and telling what came of it. */
import type Stripe from 'stripe';
import type { Made } from './create-once.ts';
import { firstPossibleUse } from './domain/key-age.ts';
import type { Outcome } from './domain/outcome.ts';
import { API_VERSION } from './stripe-api.ts';

/** When the command was written and what time it is, epoch milliseconds. */
export type Timing = Readonly<{ writtenAt: bigint; now: number }>;

export const PAGE = 100;
/** Clocks of Kafka and Stripe may differ by this much. */
const CLOCK_SKEW_SECONDS = 3_600;

/** Nothing was made for the command before this, epoch seconds. */
export const possibleSince = (command: Readonly<{ occurredAt: bigint }>, { writtenAt }: Timing): number =>
  Number(firstPossibleUse(command, writtenAt) / 1000n) - CLOCK_SKEW_SECONDS;

/** The key is the command's id; should Stripe have failed under it for good, the id with a number. */
export const keysOf =
  (commandId: string) =>
  (n: number): string =>
    n === 1 ? commandId : `${commandId}#${n}`;

export const succeeded = <T extends { id: string; created: number }>(
  made: Made<T>,
  objectStatus: string | null,
  detail: Readonly<Record<string, string>> = {},
): Outcome => ({
  status: 'succeeded',
  objectId: made.object.id,
  objectStatus,
  created: made.object.created,
  requestId: made.requestId,
  replayed: made.replayed,
  detail: { ...detail, how: made.how, apiVersion: API_VERSION },
});

export const refused = (code: string, message: string): Outcome => ({
  status: 'refused',
  code,
  message,
  requestId: null,
});

/** The first of a list that fits, page by page. */
export const findIn = async <T extends { id: string }>(
  list: (after: string | undefined) => Promise<Stripe.Response<Stripe.ApiList<T>>>,
  fits: (object: T) => boolean,
): Promise<Made<T> | undefined> => {
  let after: string | undefined;
  for (;;) {
    const page = await list(after);
    const object = page.data.find(fits);
    if (object) return { object, requestId: page.lastResponse.requestId, replayed: false, how: 'found' };
    after = page.data.at(-1)?.id;
    if (!page.has_more || after === undefined) return undefined;
  }
};

/** All of a list that fit, page by page. */
export const allIn = async <T extends { id: string }>(
  list: (after: string | undefined) => Promise<Stripe.Response<Stripe.ApiList<T>>>,
  fits: (object: T) => boolean,
): Promise<readonly Made<T>[]> => {
  const found: Made<T>[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await list(after);
    const { requestId } = page.lastResponse;
    for (const object of page.data.filter(fits)) found.push({ object, requestId, replayed: false, how: 'found' });
    after = page.data.at(-1)?.id;
    if (!page.has_more || after === undefined) return found;
  }
};
