/** What becomes of a PaymentIntent that holds money, or waits for some: it is captured, or ended. */
import Stripe from 'stripe';
import type { CancelPaymentIntent, CapturePaymentIntent } from '../../schemas/generated/types.ts';
import { InexactAmountError } from '../order-stream/domain/money.ts';
import { chargeable } from '../order-stream/domain/stripe-money.ts';
import { PoisonError } from '../runtime/errors.ts';
import { createOnce, type Made } from './create-once.ts';
import type { Outcome } from './domain/outcome.ts';
import { keysOf, refused, succeeded } from './found.ts';
import type { StripeApi } from './stripe-api.ts';

type Intent = Stripe.PaymentIntent;

const lookAt = async (api: StripeApi, id: string): Promise<Made<Intent>> => {
  const object = await api.retrievePaymentIntent(id);
  return { object, requestId: object.lastResponse.requestId, replayed: false, how: 'found' };
};

const isPast = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError && error.code === 'payment_intent_unexpected_state';

/**
 * Acts once; when the PaymentIntent is past that, what it has become decides: `done` says whether that is what was wanted.
 */
const actOnce = async (
  api: StripeApi,
  id: string,
  commandId: string,
  act: (idempotencyKey: string) => Promise<Stripe.Response<Intent>>,
  done: (intent: Intent) => boolean,
): Promise<Made<Intent>> => {
  const find = async (): Promise<Made<Intent> | undefined> => {
    const made = await lookAt(api, id);
    return done(made.object) ? made : undefined;
  };
  try {
    return await createOnce<Intent>({ key: keysOf(commandId), create: act, find, lookFirst: false });
  } catch (error) {
    const made = isPast(error) ? await find() : undefined;
    if (made === undefined) throw error;
    return made;
  }
};

/** Takes the amount and releases the rest. Captured by somebody else with another amount, it is refused. */
export const capturePaymentIntent = async (api: StripeApi, command: CapturePaymentIntent): Promise<Outcome> => {
  const { commandId, payload } = command;
  const { paymentIntentId } = payload;
  let amount: number;
  try {
    amount = Number(chargeable(payload.amount, payload.currency));
  } catch (error) {
    if (error instanceof InexactAmountError) return refused(error.code, error.message);
    throw error;
  }
  const made = await actOnce(
    api,
    paymentIntentId,
    commandId,
    (key) => api.capturePaymentIntent(paymentIntentId, { amount_to_capture: amount }, key),
    ({ status, amount_received: received }) => status === 'succeeded' && received === amount,
  );
  return succeeded(made, made.object.status);
};

const REASONS = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;

const reasonOf = (name: string): (typeof REASONS)[number] => {
  const known = REASONS.find((reason) => reason === name);
  if (known === undefined) throw new PoisonError('cancel_reason_unknown', `Stripe has no reason "${name}" to cancel`);
  return known;
};

/** Ends it. One that was paid meanwhile is left: that it was, its own event tells, and what follows is decided by that. */
export const cancelPaymentIntent = async (api: StripeApi, command: CancelPaymentIntent): Promise<Outcome> => {
  const { commandId, payload } = command;
  const { paymentIntentId, reason } = payload;
  const made = await actOnce(
    api,
    paymentIntentId,
    commandId,
    (key) =>
      api.cancelPaymentIntent(paymentIntentId, reason === null ? {} : { cancellation_reason: reasonOf(reason) }, key),
    ({ status }) => status === 'canceled' || status === 'succeeded',
  );
  return succeeded(made, made.object.status);
};
