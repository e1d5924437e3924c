import type Stripe from 'stripe';
import type { Decline } from '../cards.ts';
import { idOf } from '../objects.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { holdSeconds } from '../payments.ts';
import { mergeMetadata } from '../metadata.ts';
import { fetched } from '../world.ts';
import type { Operation, World } from '../world.ts';

type Attempt =
  { type: 'captured' } | { type: 'authorized' } | { type: 'pending' } | { type: 'declined'; decline: Decline };

const outcome = (attempt: Attempt): Stripe.Charge.Outcome => ({
  advice_code: attempt.type === 'declined' ? 'try_again_later' : null,
  network_advice_code: null,
  network_decline_code: attempt.type === 'declined' ? '01' : null,
  network_status: attempt.type === 'declined' ? 'declined_by_network' : 'approved_by_network',
  reason: attempt.type === 'declined' ? attempt.decline.declineCode : null,
  risk_level: 'normal',
  risk_score: 20,
  seller_message: attempt.type === 'declined' ? 'The bank declined this payment.' : 'Payment complete.',
  type: attempt.type === 'declined' ? 'issuer_declined' : 'authorized',
});

const methodDetails = (
  method: Stripe.PaymentMethod,
  amount: number,
  captureBefore: number | undefined,
): Stripe.Charge.PaymentMethodDetails => {
  if (method.card === undefined) return { type: method.type };
  const { brand, checks, country, exp_month, exp_year, fingerprint, funding, last4 } = method.card;
  return {
    type: 'card',
    card: {
      amount_authorized: amount,
      authorization_code: '123456',
      brand,
      ...(captureBefore !== undefined && { capture_before: captureBefore }),
      checks,
      country,
      exp_month,
      exp_year,
      fingerprint: fingerprint ?? null,
      funding,
      installments: null,
      last4,
      mandate: null,
      network: brand,
      network_transaction_id: null,
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
  };
};

/** Makes and stores the charge of one attempt to pay. Metadata is copied from the PaymentIntent, now and never again. */
export const newCharge = (
  world: World,
  paymentIntent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  attempt: Attempt,
): Stripe.Charge => {
  const declined = attempt.type === 'declined' ? attempt.decline : undefined;
  const captured = attempt.type === 'captured' || attempt.type === 'pending';
  const created = world.clock.seconds();
  const captureBefore = attempt.type === 'authorized' ? created + holdSeconds : undefined;
  const id = world.newId(method.type === 'card' ? 'ch' : 'py');
  const charge: Stripe.Charge = {
    id,
    object: 'charge',
    amount: paymentIntent.amount,
    amount_captured: captured ? paymentIntent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: 'SANDBOX',
    captured,
    created,
    currency: paymentIntent.currency,
    customer: idOf(paymentIntent.customer),
    description: paymentIntent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: declined?.code ?? null,
    failure_message: declined?.message ?? null,
    fraud_details: {},
    livemode: false,
    metadata: { ...paymentIntent.metadata },
    on_behalf_of: null,
    outcome: outcome(attempt),
    paid: attempt.type === 'captured' || attempt.type === 'authorized',
    payment_intent: paymentIntent.id,
    payment_method: method.id,
    payment_method_details: methodDetails(method, paymentIntent.amount, captureBefore),
    radar_options: {},
    receipt_email: paymentIntent.receipt_email,
    receipt_number: null,
    receipt_url: declined === undefined ? `https://pay.stripe.com/receipts/payment/${id}` : null,
    refunded: false,
    review: null,
    shipping: paymentIntent.shipping,
    source: null,
    source_transfer: null,
    statement_descriptor: paymentIntent.statement_descriptor,
    statement_descriptor_suffix: paymentIntent.statement_descriptor_suffix,
    status: declined !== undefined ? 'failed' : attempt.type === 'pending' ? 'pending' : 'succeeded',
    transfer_data: null,
    transfer_group: paymentIntent.transfer_group,
  };
  world.journal.insert('charge', charge, created);
  return charge;
};

export const retrieveCharge: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'charge', path['id'] ?? '', 'charge');
};

export const updateCharge: Operation = ({ world, read, path }) => {
  const metadata = read.record('metadata');
  const description = read.text('description');
  read.ignore('fraud_details', 'receipt_email', 'shipping', 'transfer_group');
  read.end();
  const charge = fetched(world, 'charge', path['id'] ?? '', 'charge');
  const updated = {
    ...charge,
    metadata: mergeMetadata(charge.metadata, metadata),
    ...(description !== undefined && { description }),
  };
  world.journal.update('charge', updated);
  world.emit('charge.updated', updated, { metadata: charge.metadata, description: charge.description });
  return updated;
};

export const listCharges: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const where: Record<string, string> = {};
  for (const field of ['payment_intent', 'customer', 'transfer_group']) {
    const value = read.text(field);
    if (value != null) where[field] = value;
  }
  const created = readCreated(read, params);
  read.end();
  return listed(world, 'charge', '/v1/charges', { where, ...created }, cursor);
};
