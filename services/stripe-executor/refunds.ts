/** Paying back, as the shop asked. */
import Stripe from 'stripe';
import type { CreateRefund } from '../../schemas/generated/types.ts';
import { InexactAmountError } from '../order-stream/domain/money.ts';
import { chargeable } from '../order-stream/domain/stripe-money.ts';
import { PoisonError } from '../runtime/errors.ts';
import { createOnce } from './create-once.ts';
import { keyMayBeForgotten } from './domain/key-age.ts';
import type { Outcome } from './domain/outcome.ts';
import { findIn, keysOf, PAGE, possibleSince, refused, succeeded, type Timing } from './found.ts';
import { API_VERSION, type StripeApi } from './stripe-api.ts';

const REASONS = ['duplicate', 'fraudulent', 'requested_by_customer'] as const;

const reasonOf = (name: string): (typeof REASONS)[number] => {
  const known = REASONS.find((reason) => reason === name);
  if (known === undefined)
    throw new PoisonError('refund_reason_unknown', `Stripe has no reason "${name}" for a refund`);
  return known;
};

const isCode = (error: unknown, code: string): error is InstanceType<typeof Stripe.errors.StripeError> =>
  error instanceof Stripe.errors.StripeError && error.code === code;

/**
 * Makes the refund, or finds the one this very command made. Of a payment that is paid back by now, "all that is left" is
 * nothing, and nothing is done.
 */
export const createRefund = async (api: StripeApi, command: CreateRefund, timing: Timing): Promise<Outcome> => {
  const { commandId, payload } = command;
  const { paymentIntentId, currency } = payload;
  let amount: number | undefined;
  try {
    amount = payload.amount === null ? undefined : Number(chargeable(payload.amount, currency));
  } catch (error) {
    if (error instanceof InexactAmountError) return refused(error.code, error.message);
    throw error;
  }
  const params: Stripe.RefundCreateParams = {
    payment_intent: paymentIntentId,
    metadata: { ...payload.metadata, command_id: commandId },
    ...(amount !== undefined && { amount }),
    ...(payload.reason !== null && { reason: reasonOf(payload.reason) }),
  };
  const find = async () => {
    const found = await findIn<Stripe.Refund>(
      (after) =>
        api.listRefunds({
          payment_intent: paymentIntentId,
          created: { gte: possibleSince(command, timing) },
          limit: PAGE,
          ...(after !== undefined && { starting_after: after }),
        }),
      (refund) => refund.metadata?.['command_id'] === commandId,
    );
    if (found && amount !== undefined && found.object.amount !== amount)
      throw new PoisonError(
        'idempotency_mismatch',
        `${found.object.id} was made by this command over ${found.object.amount}, not ${amount} ${currency}`,
      );
    return found;
  };
  try {
    const made = await createOnce<Stripe.Refund>({
      key: keysOf(commandId),
      create: (idempotencyKey) => api.createRefund(params, idempotencyKey),
      find,
      lookFirst: keyMayBeForgotten(command, timing.writtenAt, timing.now),
    });
    return succeeded(made, made.object.status);
  } catch (error) {
    if (amount !== undefined || !isCode(error, 'charge_already_refunded')) throw error;
    return {
      status: 'succeeded',
      objectId: paymentIntentId,
      objectStatus: 'refunded',
      created: Number(command.occurredAt / 1000n),
      requestId: error.requestId ?? null,
      replayed: false,
      detail: { how: 'nothing_left', apiVersion: API_VERSION },
    };
  }
};
