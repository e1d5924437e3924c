import type Stripe from 'stripe';
import { book } from '../balance.ts';
import { settle } from '../exchange.ts';
import { ApiError, invalidParameter, missingReference, refused } from '../errors.ts';
import { mergeMetadata } from '../metadata.ts';
import { idOf } from '../objects.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { fetched, referenced } from '../world.ts';
import type { Operation, World } from '../world.ts';
import { methodOf } from './payment-methods.ts';

/** A refund of a charge, not stored yet. `amount` in minor units. */
export const newRefund = (
  world: World,
  charge: Stripe.Charge,
  amount: number,
  details: Pick<Stripe.Refund, 'reason' | 'metadata'>,
): Stripe.Refund => ({
  id: world.newId('re'),
  object: 'refund',
  amount,
  balance_transaction: null,
  charge: charge.id,
  created: world.clock.seconds(),
  currency: charge.currency,
  customer: idOf(charge.customer),
  customer_account: null,
  destination_details: {
    card: { reference_status: 'pending', reference_type: 'acquirer_reference_number', type: 'refund' },
    type: 'card',
  },
  payment_intent: idOf(charge.payment_intent),
  payment_method: charge.payment_method,
  receipt_number: null,
  source_transfer_reversal: null,
  status: 'succeeded',
  transfer_reversal: null,
  ...details,
});

const chargeToRefund = (
  world: World,
  chargeId: string | null | undefined,
  intentId: string | null | undefined,
): Stripe.Charge => {
  if (chargeId != null) return referenced(world, 'charge', chargeId, 'charge');
  const paymentIntent = world.journal.get('payment_intent', intentId ?? '');
  if (paymentIntent === undefined) throw missingReference('payment_intent', intentId ?? '', 'payment_intent');
  const latest = idOf(paymentIntent.latest_charge);
  const charge = latest === null ? undefined : world.journal.get('charge', latest);
  if (charge === undefined || charge.status !== 'succeeded' || !charge.captured)
    throw refused('This PaymentIntent has no successful charge to refund.', 'payment_intent_unexpected_state', {
      payment_intent: paymentIntent,
    });
  return charge;
};

/** A charge can be refunded again once its dispute is won. */
const disputed = (world: World, charge: Stripe.Charge): boolean =>
  charge.disputed &&
  world.journal.all('dispute', { where: { charge: charge.id } }).some(({ status }) => status !== 'won');

const tooMuch = (amount: number, left: number): ApiError =>
  new ApiError(
    400,
    {
      type: 'invalid_request_error',
      message: `The refund amount (${amount}) is greater than the unrefunded amount on the charge (${left}).`,
      param: 'amount',
    },
    'execution',
  );

export const createRefund: Operation = ({ world, read }) => {
  const chargeId = read.text('charge');
  const intentId = read.text('payment_intent');
  const sentAmount = read.integer('amount');
  const reason = read.choice('reason', ['duplicate', 'fraudulent', 'requested_by_customer'] as const) ?? null;
  const metadata = mergeMetadata({}, read.record('metadata'));
  read.ignore('refund_application_fee', 'reverse_transfer', 'instructions_email');
  read.end();
  if (chargeId == null && intentId == null)
    throw invalidParameter('One of charge and payment_intent must be given.', 'payment_intent', 'parameter_missing');
  if (sentAmount !== undefined && sentAmount < 1)
    throw invalidParameter('amount must be at least 1.', 'amount', 'parameter_invalid_integer');

  const charge = chargeToRefund(world, chargeId, intentId);
  if (chargeId != null && intentId != null && idOf(charge.payment_intent) !== intentId)
    throw refused('The charge is not of this PaymentIntent.', 'resource_missing', { param: 'payment_intent' });
  if (charge.status !== 'succeeded' || !charge.captured)
    throw refused(`Charge ${charge.id} has not been captured.`, 'charge_not_refundable');
  if (disputed(world, charge)) throw refused(`Charge ${charge.id} has been charged back.`, 'charge_disputed');
  const left = charge.amount - charge.amount_refunded;
  if (left === 0) throw refused(`Charge ${charge.id} has already been refunded.`, 'charge_already_refunded');
  const amount = sentAmount ?? left;
  if (amount > left) throw tooMuch(amount, left);

  const unbooked = newRefund(world, charge, amount, { reason, metadata });
  const transaction = book(world, {
    type: charge.id.startsWith('py_') ? 'payment_refund' : 'refund',
    reportingCategory: 'refund',
    settled: settle(world, -BigInt(amount), charge.currency),
    fees: [],
    source: unbooked.id,
    description: 'REFUND FOR CHARGE',
  });
  const refund = { ...unbooked, balance_transaction: transaction.id };
  const refunded: Stripe.Charge = {
    ...charge,
    amount_refunded: charge.amount_refunded + amount,
    refunded: amount === left,
  };
  world.journal.insert('refund', refund, refund.created);
  world.journal.update('charge', refunded);
  world.emit('refund.created', refund);
  world.emit('charge.refunded', refunded, { amount_refunded: charge.amount_refunded, refunded: charge.refunded });
  const method =
    charge.payment_method === null ? undefined : world.journal.get('payment_method', charge.payment_method);
  if (method !== undefined && methodOf(method).failsRefunds === true)
    world.schedule({ type: 'fail_refund', refund: refund.id }, world.settings.settleMs);
  return refund;
};

/** The customer's bank cannot take the refund: the money comes back to the balance. @throws ApiError */
export const failRefund = (world: World, id: string, reason: string): Stripe.Refund => {
  const refund = fetched(world, 'refund', id);
  if (refund.status !== 'succeeded' || refund.balance_transaction === null)
    throw refused(`Refund ${id} is ${refund.status ?? 'unknown'} and cannot fail.`, 'refund_unexpected_state');
  const charge = fetched(world, 'charge', idOf(refund.charge) ?? '');
  const transaction = book(world, {
    type: 'refund_failure',
    reportingCategory: 'refund_failure',
    settled: settle(world, BigInt(refund.amount), refund.currency),
    fees: [],
    source: refund.id,
    description: 'REFUND FAILURE',
  });
  const failed: Stripe.Refund = {
    ...refund,
    status: 'failed',
    failure_reason: reason,
    failure_balance_transaction: transaction.id,
  };
  world.journal.update('refund', failed);
  world.journal.update('charge', {
    ...charge,
    refunded: false,
    amount_refunded: charge.amount_refunded - refund.amount,
  });
  const previous = { status: refund.status };
  world.emit('refund.updated', failed, previous);
  world.emit('charge.refund.updated', failed, previous);
  world.emit('refund.failed', failed, previous);
  return failed;
};

export const retrieveRefund: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'refund', path['id'] ?? '');
};

export const updateRefund: Operation = ({ world, read, path }) => {
  const sent = read.record('metadata');
  read.end();
  const refund = fetched(world, 'refund', path['id'] ?? '');
  const updated = { ...refund, metadata: mergeMetadata(refund.metadata ?? {}, sent) };
  world.journal.update('refund', updated);
  world.emit('refund.updated', updated, { metadata: refund.metadata });
  return updated;
};

export const listRefunds: Operation = ({ world, read, params, path }) => {
  const cursor = readCursor(read);
  const charge = path['id'] ?? read.text('charge');
  const intent = read.text('payment_intent');
  const created = readCreated(read, params);
  read.end();
  const where = { ...(charge != null && { charge }), ...(intent != null && { payment_intent: intent }) };
  return listed(world, 'refund', '/v1/refunds', { where, ...created }, cursor);
};
