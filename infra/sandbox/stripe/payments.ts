import type Stripe from 'stripe';
import { book, bookCharge, chargeFees, feeDifference } from './balance.ts';
import type { Decline, TestMethod } from './cards.ts';
import { ApiError, refused } from './errors.ts';
import type { ErrorBody } from './errors.ts';
import { settle } from './exchange.ts';
import { idOf } from './objects.ts';
import { newCharge } from './resources/charges.ts';
import { methodOf } from './resources/payment-methods.ts';
import { newRefund } from './resources/refunds.ts';
import * as machine from './state-machine/payment-intent.ts';
import type { PaymentIntent } from './state-machine/payment-intent.ts';
import { fetched } from './world.ts';
import type { World } from './world.ts';

/** What came of a confirmation: the PaymentIntent as it is now, and the error to answer with if it was declined. */
export interface Confirmed {
  paymentIntent: PaymentIntent;
  error?: ApiError;
}

/** Authorisations are held for a week. */
export const holdSeconds = 7 * 24 * 3600;

const save = (world: World, paymentIntent: PaymentIntent): PaymentIntent => {
  world.journal.update('payment_intent', paymentIntent);
  return paymentIntent;
};

const decline = (
  world: World,
  paymentIntent: PaymentIntent,
  method: Stripe.PaymentMethod,
  reason: Decline,
  charge: Stripe.Charge | undefined,
): Confirmed => {
  const error: Stripe.PaymentIntent.LastPaymentError = {
    type: charge === undefined ? 'invalid_request_error' : 'card_error',
    code: reason.code,
    message: reason.message,
    doc_url: `https://stripe.com/docs/error-codes/${reason.code.replaceAll('_', '-')}`,
    payment_method: method,
    ...(charge !== undefined && { charge: charge.id, decline_code: reason.declineCode }),
  };
  const failed = save(world, machine.failed(paymentIntent, error));
  if (charge !== undefined) world.emit('charge.failed', charge);
  world.emit('payment_intent.payment_failed', failed);
  const body: ErrorBody = {
    type: 'card_error',
    message: reason.message,
    code: reason.code,
    ...(error.doc_url && { doc_url: error.doc_url }),
    ...(charge !== undefined && { charge: charge.id, decline_code: reason.declineCode }),
    payment_intent: failed,
    payment_method: method,
  };
  return { paymentIntent: failed, error: new ApiError(402, body, 'execution') };
};

const nextAction = (paymentIntent: PaymentIntent, returnUrl: string | null): Stripe.PaymentIntent.NextAction => {
  const url = `https://hooks.stripe.com/3d_secure_2/hosted?merchant=sandbox&payment_intent=${paymentIntent.id}`;
  return returnUrl === null
    ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
    : { type: 'redirect_to_url', redirect_to_url: { return_url: returnUrl, url } };
};

const attachForLater = (world: World, paymentIntent: PaymentIntent, method: Stripe.PaymentMethod): void => {
  const customer = idOf(paymentIntent.customer);
  if (paymentIntent.setup_future_usage === null || customer === null || method.customer !== null) return;
  const attached = { ...method, customer };
  world.journal.update('payment_method', attached);
  world.emit('payment_method.attached', attached);
};

const afterSuccess = (world: World, charge: Stripe.Charge, method: TestMethod): void => {
  if (method.disputed === true) world.schedule({ type: 'open_dispute', charge: charge.id }, world.settings.settleMs);
};

/**
 * Charges the payment method of a PaymentIntent, as far as its state and the test method allow.
 * Emits every event of what happens.
 */
export const confirmPayment = (
  world: World,
  paymentIntent: PaymentIntent,
  customer: 'present' | 'authenticated' | 'absent',
  returnUrl: string | null,
): Confirmed => {
  const methodId = idOf(paymentIntent.payment_method);
  if (methodId === null)
    throw machine.unexpectedState(
      'This PaymentIntent cannot be confirmed because it has no payment method.',
      paymentIntent,
    );
  const method = fetched(world, 'payment_method', methodId, 'payment_method');
  if (!paymentIntent.payment_method_types.includes(method.type))
    throw refused(
      `A payment method of type ${method.type} is not among the payment_method_types of this PaymentIntent.`,
      'payment_intent_incompatible_payment_method',
      { param: 'payment_method', payment_intent: paymentIntent },
    );
  const behaviour = methodOf(method);
  const outcome = machine.outcomeOf(paymentIntent, behaviour, customer);
  switch (outcome.type) {
    case 'declined': {
      const charge = newCharge(world, paymentIntent, method, { type: 'declined', decline: outcome.decline });
      return decline(world, paymentIntent, method, outcome.decline, charge);
    }
    case 'authentication_required': {
      const waiting = machine.awaitingAuthentication(paymentIntent, nextAction(paymentIntent, returnUrl));
      world.emit('payment_intent.requires_action', save(world, waiting));
      return { paymentIntent: waiting };
    }
    case 'processing': {
      const charge = newCharge(world, paymentIntent, method, { type: 'pending' });
      const processing = save(world, machine.processing(paymentIntent, charge.id));
      world.emit('charge.pending', charge);
      world.emit('payment_intent.processing', processing);
      world.schedule({ type: 'complete_bank_debit', paymentIntent: paymentIntent.id }, world.settings.settleMs);
      return { paymentIntent: processing };
    }
    case 'authorized': {
      const charge = newCharge(world, paymentIntent, method, { type: 'authorized' });
      const held = save(world, machine.authorized(paymentIntent, charge.id));
      world.emit('charge.succeeded', charge);
      world.emit('payment_intent.amount_capturable_updated', held);
      attachForLater(world, paymentIntent, method);
      world.schedule({ type: 'expire_authorization', paymentIntent: paymentIntent.id }, holdSeconds * 1000);
      return { paymentIntent: held };
    }
    case 'succeeded': {
      let charge = newCharge(world, paymentIntent, method, { type: 'captured' });
      if (paymentIntent.capture_method === 'automatic') {
        charge = { ...charge, balance_transaction: bookCharge(world, charge).id };
        world.journal.update('charge', charge);
      } else {
        world.schedule({ type: 'settle_charge', charge: charge.id }, world.settings.settleMs);
      }
      const done = save(world, machine.succeeded(paymentIntent, charge.id, paymentIntent.amount));
      world.emit('charge.succeeded', charge);
      world.emit('payment_intent.succeeded', done);
      attachForLater(world, paymentIntent, method);
      afterSuccess(world, charge, behaviour);
      return { paymentIntent: done };
    }
  }
};

/** The customer has passed or failed 3-D Secure. @throws ApiError when none was asked for. */
export const completeAuthentication = (world: World, id: string, passed: boolean): PaymentIntent => {
  const paymentIntent = fetched(world, 'payment_intent', id, 'intent');
  machine.ensurePossible('authenticate', paymentIntent);
  if (passed) return confirmPayment(world, paymentIntent, 'authenticated', null).paymentIntent;
  const method = fetched(world, 'payment_method', idOf(paymentIntent.payment_method) ?? '', 'payment_method');
  return decline(world, paymentIntent, method, machine.authenticationFailed, undefined).paymentIntent;
};

/** A bank debit comes back from the bank. */
export const completeBankDebit = (world: World, id: string): void => {
  const paymentIntent = fetched(world, 'payment_intent', id);
  const charge = fetched(world, 'charge', idOf(paymentIntent.latest_charge) ?? '');
  const method = fetched(world, 'payment_method', charge.payment_method ?? '');
  const reason = methodOf(method).decline;
  if (reason !== undefined) {
    const failed: Stripe.Charge = {
      ...charge,
      status: 'failed',
      paid: false,
      captured: false,
      amount_captured: 0,
      failure_code: reason.declineCode,
      failure_message: reason.message,
    };
    world.journal.update('charge', failed);
    decline(world, paymentIntent, method, reason, failed);
    return;
  }
  const paid: Stripe.Charge = {
    ...charge,
    status: 'succeeded',
    paid: true,
    balance_transaction: bookCharge(world, charge).id,
  };
  world.journal.update('charge', paid);
  const done = save(world, machine.succeeded(paymentIntent, charge.id, paymentIntent.amount));
  world.emit('charge.succeeded', paid);
  world.emit('payment_intent.succeeded', done);
};

/** The balance transaction of an asynchronous capture comes into being. */
export const settleCharge = (world: World, id: string): void => {
  const charge = fetched(world, 'charge', id);
  if (charge.balance_transaction !== null) return;
  const settled = { ...charge, balance_transaction: bookCharge(world, charge).id };
  world.journal.update('charge', settled);
  world.emit('charge.updated', settled, { balance_transaction: null });
};

/**
 * Captures an authorised payment. What is not captured is released: Stripe books the charge in full and then a refund
 * in the reporting category `partial_capture_reversal`, with the fee on the difference given back.
 * @param amount minor units
 */
export const capturePayment = (world: World, paymentIntent: PaymentIntent, amount: number): PaymentIntent => {
  const authorized = fetched(world, 'charge', idOf(paymentIntent.latest_charge) ?? '');
  const released = paymentIntent.amount_capturable - amount;
  const booked = bookCharge(world, authorized);
  const charge: Stripe.Charge = {
    ...authorized,
    captured: true,
    amount_captured: amount,
    amount_refunded: released,
    balance_transaction: booked.id,
  };
  if (released > 0) {
    const refund = newRefund(world, charge, released, { reason: null, metadata: {} });
    const settled = settle(world, -BigInt(released), charge.currency);
    const whole = { ...settled, amount: BigInt(booked.amount) };
    const kept = { ...settled, amount: whole.amount + settled.amount };
    const reversal = book(world, {
      type: 'refund',
      reportingCategory: 'partial_capture_reversal',
      settled,
      fees: feeDifference(chargeFees(kept), chargeFees(whole)),
      source: refund.id,
      description: 'Release of the uncaptured part of an authorisation',
    });
    const returned = { ...refund, balance_transaction: reversal.id };
    world.journal.insert('refund', returned, returned.created);
    world.emit('refund.created', returned);
  }
  world.journal.update('charge', charge);
  const done = save(world, machine.succeeded(paymentIntent, charge.id, amount));
  world.emit('charge.captured', charge, { captured: false, balance_transaction: null, amount_captured: 0 });
  world.emit('payment_intent.succeeded', done);
  const methodId = charge.payment_method;
  if (methodId !== null) afterSuccess(world, charge, methodOf(fetched(world, 'payment_method', methodId)));
  return done;
};

/** Cancels, and releases the authorisation if there is one. */
export const cancelPayment = (
  world: World,
  paymentIntent: PaymentIntent,
  reason: Stripe.PaymentIntent.CancellationReason | null,
): PaymentIntent => {
  if (paymentIntent.status === 'requires_capture') {
    const charge = fetched(world, 'charge', idOf(paymentIntent.latest_charge) ?? '');
    const refund = newRefund(world, charge, charge.amount, { reason: null, metadata: {} });
    world.journal.insert('refund', refund, refund.created);
    const released = { ...charge, refunded: true, amount_refunded: charge.amount };
    world.journal.update('charge', released);
    if (reason === 'automatic') world.emit('charge.expired', released);
    world.emit('charge.refunded', released, { refunded: false, amount_refunded: 0 });
    world.emit('refund.created', refund);
  }
  const done = save(world, machine.canceled(paymentIntent, reason, world.clock.seconds()));
  world.emit('payment_intent.canceled', done);
  return done;
};

/** An authorisation that nobody captured is released by the bank. */
export const expireAuthorization = (world: World, id: string): void => {
  const paymentIntent = fetched(world, 'payment_intent', id);
  if (paymentIntent.status === 'requires_capture') cancelPayment(world, paymentIntent, 'automatic');
};
