import type Stripe from 'stripe';
import type { Decline, TestMethod } from '../cards.ts';
import type { ApiError } from '../errors.ts';
import { refused } from '../errors.ts';

export type PaymentIntent = Stripe.PaymentIntent;
export type Status =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';
export type Action = 'change_payment' | 'confirm' | 'authenticate' | 'capture' | 'cancel';

/** From which states each action is possible. */
const possible: Readonly<Record<Action, readonly Status[]>> = {
  change_payment: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  confirm: ['requires_payment_method', 'requires_confirmation', 'requires_action'],
  authenticate: ['requires_action'],
  capture: ['requires_capture'],
  cancel: ['requires_payment_method', 'requires_confirmation', 'requires_action', 'requires_capture'],
};

const verbs: Readonly<Record<Action, string>> = {
  change_payment: "this PaymentIntent's payment could not be changed",
  confirm: 'this PaymentIntent could not be confirmed',
  authenticate: 'this PaymentIntent has nothing to authenticate',
  capture: 'this PaymentIntent could not be captured',
  cancel: 'you cannot cancel this PaymentIntent',
};

export const unexpectedState = (message: string, paymentIntent: PaymentIntent): ApiError =>
  refused(message, 'payment_intent_unexpected_state', { payment_intent: paymentIntent });

/** @throws ApiError 400 `payment_intent_unexpected_state` when the state does not allow it. */
export const ensurePossible = (action: Action, paymentIntent: PaymentIntent): void => {
  const states = possible[action];
  if (states.includes(paymentIntent.status as Status)) return;
  throw unexpectedState(
    `Because its status is ${paymentIntent.status}, ${verbs[action]}; it must be ${states.join(', ')}.`,
    paymentIntent,
  );
};

/** What a confirmation leads to, before anything is done about it. */
export type Outcome =
  | { type: 'succeeded' }
  | { type: 'authorized' }
  | { type: 'processing' }
  | { type: 'authentication_required' }
  | { type: 'declined'; decline: Decline };

const notAuthenticated: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

/**
 * What happens when this method is charged now.
 * @param customer whether the customer is there to authenticate, has just done so, or is absent (off session)
 */
export const outcomeOf = (
  paymentIntent: PaymentIntent,
  method: TestMethod,
  customer: 'present' | 'authenticated' | 'absent',
): Outcome => {
  if (method.authentication === true && customer !== 'authenticated')
    return customer === 'present'
      ? { type: 'authentication_required' }
      : { type: 'declined', decline: notAuthenticated };
  if (method.type === 'us_bank_account') return { type: 'processing' };
  if (method.decline !== undefined) return { type: 'declined', decline: method.decline };
  return { type: paymentIntent.capture_method === 'manual' ? 'authorized' : 'succeeded' };
};

/** The failed authentication of 3-D Secure. */
export const authenticationFailed: Decline = {
  code: 'payment_intent_authentication_failure',
  declineCode: '',
  message: 'The provided PaymentMethod has failed authentication. Provide another payment method to try again.',
};

/** Leaves the state it was in for `requires_payment_method`, ready for another card. */
export const failed = (paymentIntent: PaymentIntent, error: Stripe.PaymentIntent.LastPaymentError): PaymentIntent => ({
  ...paymentIntent,
  status: 'requires_payment_method',
  payment_method: null,
  next_action: null,
  processing: null,
  last_payment_error: error,
  latest_charge: error.charge ?? paymentIntent.latest_charge,
});

export const awaitingAuthentication = (
  paymentIntent: PaymentIntent,
  nextAction: Stripe.PaymentIntent.NextAction,
): PaymentIntent => ({
  ...paymentIntent,
  status: 'requires_action',
  next_action: nextAction,
  last_payment_error: null,
});

export const processing = (paymentIntent: PaymentIntent, charge: string): PaymentIntent => ({
  ...paymentIntent,
  status: 'processing',
  next_action: null,
  last_payment_error: null,
  latest_charge: charge,
});

export const authorized = (paymentIntent: PaymentIntent, charge: string): PaymentIntent => ({
  ...paymentIntent,
  status: 'requires_capture',
  amount_capturable: paymentIntent.amount,
  next_action: null,
  last_payment_error: null,
  latest_charge: charge,
});

export const succeeded = (paymentIntent: PaymentIntent, charge: string, received: number): PaymentIntent => ({
  ...paymentIntent,
  status: 'succeeded',
  amount_capturable: 0,
  amount_received: received,
  next_action: null,
  processing: null,
  last_payment_error: null,
  latest_charge: charge,
});

export const canceled = (
  paymentIntent: PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
  at: number,
): PaymentIntent => ({
  ...paymentIntent,
  status: 'canceled',
  amount_capturable: 0,
  next_action: null,
  canceled_at: at,
  cancellation_reason: reason,
});
