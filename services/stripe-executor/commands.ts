/** What each command does at Stripe. Errors are Stripe's own; `failure.ts` says what they mean. */
import type Stripe from 'stripe';
import type { CreatePaymentIntent, EnsureCustomer } from '../../schemas/generated/types.ts';
import { InexactAmountError } from '../order-stream/domain/money.ts';
import { chargeable } from '../order-stream/domain/stripe-money.ts';
import { PoisonError } from '../runtime/errors.ts';
import { createOnce, type Made } from './create-once.ts';
import { keyMayBeForgotten } from './domain/key-age.ts';
import type { Outcome } from './domain/outcome.ts';
import { allIn, findIn, keysOf, PAGE, possibleSince, refused, succeeded, type Timing } from './found.ts';
import { collected, collectionOf, type Means, meansOf, offSession, paidOrDeclined } from './off-session.ts';
import type { StripeApi } from './stripe-api.ts';

const CAPTURE_METHODS = ['automatic', 'automatic_async', 'manual'] as const;

const isOlder = (left: Stripe.Customer, right: Stripe.Customer): boolean =>
  left.created < right.created || (left.created === right.created && left.id < right.id);

/**
 * One person, one customer, whichever of their orders comes first: key and body are functions of the person alone, so
 * that orders of the same person that run side by side ask for the very same thing. Of several the oldest is meant, as
 * when customers are kept in step. The key of a customer who was deleted, or has another e-mail address now, brings them
 * back for a day: then the next key counts.
 */
export const ensureCustomer = async (api: StripeApi, command: EnsureCustomer): Promise<Outcome> => {
  const { customerKey } = command.payload;
  const isTheirs = (customer: Stripe.Customer): boolean => customer.metadata['customer_key'] === customerKey;
  const find = async () => {
    const found = await allIn<Stripe.Customer>(
      (after) =>
        api.listCustomers({ email: customerKey, limit: PAGE, ...(after !== undefined && { starting_after: after }) }),
      isTheirs,
    );
    return found.reduce<Made<Stripe.Customer> | undefined>(
      (oldest, each) => (oldest === undefined || isOlder(each.object, oldest.object) ? each : oldest),
      undefined,
    );
  };
  const made = await createOnce<Stripe.Customer>({
    key: (n) => `customer/${customerKey}/${n}`,
    create: (idempotencyKey) =>
      api.createCustomer({ email: customerKey, metadata: { customer_key: customerKey } }, idempotencyKey),
    find,
    lookFirst: true,
    stands: async ({ id }) => {
      const present = await api.retrieveCustomer(id);
      return present.deleted !== true && isTheirs(present);
    },
  });
  return succeeded(made, null);
};

const captureMethod = (name: string): (typeof CAPTURE_METHODS)[number] => {
  const known = CAPTURE_METHODS.find((method) => method === name);
  if (known === undefined) throw new PoisonError('capture_method_unknown', `there is no capture method "${name}"`);
  return known;
};

/** Makes the order's PaymentIntent, or finds the one this very command made. */
export const createPaymentIntent = async (
  api: StripeApi,
  command: CreatePaymentIntent,
  timing: Timing,
): Promise<Outcome> => {
  const { payload, commandId } = command;
  let amount: number;
  try {
    amount = Number(chargeable(payload.amount, payload.currency));
  } catch (error) {
    if (error instanceof InexactAmountError) return refused(error.code, error.message);
    throw error;
  }
  const currency = payload.currency.toLowerCase();
  const paramsWith = (means: Means | null): Stripe.PaymentIntentCreateParams => ({
    amount,
    currency,
    customer: payload.customer,
    capture_method: captureMethod(payload.captureMethod),
    description: payload.description,
    metadata: { ...payload.metadata, command_id: commandId, ...collected(means) },
    ...(payload.receiptEmail !== null && { receipt_email: payload.receiptEmail }),
    ...(payload.saveMethod && means === null && { setup_future_usage: 'off_session' }),
    ...(means !== null && offSession(means)),
  });
  const find = async () => {
    const found = await findIn<Stripe.PaymentIntent>(
      (after) =>
        api.listPaymentIntents({
          customer: payload.customer,
          created: { gte: possibleSince(command, timing) },
          limit: PAGE,
          ...(after !== undefined && { starting_after: after }),
        }),
      (intent) => intent.metadata['command_id'] === commandId,
    );
    if (found && (found.object.amount !== amount || found.object.currency !== currency))
      throw new PoisonError(
        'idempotency_mismatch',
        `${found.object.id} was made by this command for ${found.object.amount} ${found.object.currency}, not ${amount} ${currency}`,
      );
    return found;
  };
  const made = await createOnce<Stripe.PaymentIntent>({
    key: keysOf(commandId),
    create: async (idempotencyKey) => {
      const means = payload.offSession ? await meansOf(api, payload.customer) : null;
      return paidOrDeclined(() => api.createPaymentIntent(paramsWith(means), idempotencyKey));
    },
    find,
    // What the customer has saved may be another method by the next attempt.
    varies: payload.offSession,
    lookFirst: keyMayBeForgotten(command, timing.writtenAt, timing.now),
  });
  return succeeded(made, made.object.status, payload.offSession ? collectionOf(made.object) : {});
};
