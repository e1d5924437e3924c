/**
 * Making an object at most once, although any attempt may have happened without our knowing. Three things carry it:
 * the idempotency key, which is a function of the command; a look at what is there when the key may be forgotten; and
 * the next key, once it is certain that the attempt under the present one ended in an error and made nothing, or that what
 * it made is somebody else's by now. An attempt that is still under way is told apart by Stripe: it answers 409.
 */
import type Stripe from 'stripe';
import { RetriableError } from '../runtime/errors.ts';
import { isOtherRequest, isSavedFailure } from './failure.ts';

export type Made<T> = Readonly<{ object: T; requestId: string | null; replayed: boolean; how: 'created' | 'found' }>;

export type Creation<T> = Readonly<{
  /** The nth key of this creation, from 1. */
  key: (n: number) => string;
  create: (idempotencyKey: string) => Promise<Stripe.Response<T>>;
  /** Looks for what an earlier attempt may have made. */
  find: () => Promise<Made<T> | undefined>;
  lookFirst: boolean;
  /** What is sent depends on what Stripe says, so that attempts may differ. */
  varies?: boolean;
  /** Whether what an earlier use of a key made is still what was asked for; it is, when nobody says. */
  stands?: (object: T) => Promise<boolean>;
}>;

/** Failures saved under this many keys in a row are an outage, and keys are not a remedy for that. */
const MAX_KEYS = 5;

export const replayed = (response: Stripe.Response<unknown>): boolean =>
  response.lastResponse.headers['idempotent-replayed'] === 'true';

export const createOnce = async <T>(creation: Creation<T>): Promise<Made<T>> => {
  if (creation.lookFirst) {
    const found = await creation.find();
    if (found) return found;
  }
  for (let n = 1; n <= MAX_KEYS; n++) {
    try {
      const object = await creation.create(creation.key(n));
      if (replayed(object) && creation.stands !== undefined && !(await creation.stands(object))) continue;
      return { object, requestId: object.lastResponse.requestId, replayed: replayed(object), how: 'created' };
    } catch (error) {
      const ended = isSavedFailure(error) || (creation.varies === true && isOtherRequest(error));
      if (!ended) throw error;
      const found = await creation.find();
      if (found) return found;
    }
  }
  throw new RetriableError(`Stripe gave nothing of use under ${MAX_KEYS} keys in a row for ${creation.key(1)}`);
};

/** Does what may be done again under the next key, when Stripe failed under one for good. The key is the command's id. */
export const updateUnder = async <T>(commandId: string, update: (idempotencyKey: string) => Promise<T>): Promise<T> => {
  for (let n = 1; n <= MAX_KEYS; n++) {
    try {
      return await update(n === 1 ? commandId : `${commandId}#${n}`);
    } catch (error) {
      if (!isSavedFailure(error)) throw error;
    }
  }
  throw new RetriableError(`Stripe failed under ${MAX_KEYS} keys in a row for ${commandId}`);
};
