import type Stripe from 'stripe';
import { readShipping } from '../address.ts';
import { ApiError, invalidParameter, refused } from '../errors.ts';
import type { Params } from '../form.ts';
import { mergeMetadata } from '../metadata.ts';
import { checkAmount, parseCurrency } from '../money.ts';
import { idOf } from '../objects.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { parseInteger, reading } from '../params.ts';
import type { Cleared, Reader } from '../params.ts';
import { cancelPayment, capturePayment, confirmPayment } from '../payments.ts';
import { ensurePossible } from '../state-machine/payment-intent.ts';
import type { PaymentIntent } from '../state-machine/payment-intent.ts';
import { Answer, fetched, referenced } from '../world.ts';
import type { Call, Operation, World } from '../world.ts';
import { methodFrom, methodFromData } from './payment-methods.ts';

/** Fields that are stored as they were sent. */
interface Details {
  description?: string | null;
  receipt_email?: string | null;
  shipping?: Stripe.PaymentIntent.Shipping | null;
  statement_descriptor?: string | null;
  statement_descriptor_suffix?: string | null;
  transfer_group?: string | null;
  amount_details?: Stripe.PaymentIntent.AmountDetails;
  payment_details?: Stripe.PaymentIntent.PaymentDetails;
}

/** What a payment is made with, read but not yet looked up. */
interface Means {
  method: Cleared<string>;
  data: Cleared<Params>;
}

const readMeans = (read: Reader): Means => {
  read.ignore('payment_method_options', 'mandate_data', 'use_stripe_sdk', 'radar_options', 'mandate');
  return { method: read.text('payment_method'), data: read.record('payment_method_data') };
};

const readAmountDetails = (sent: Cleared<Params>): Stripe.PaymentIntent.AmountDetails | undefined => {
  if (sent == null) return undefined;
  const read = reading(sent);
  const discount = read.integer('discount_amount');
  const shipping = read.record('shipping');
  const tax = read.record('tax');
  read.ignore('line_items', 'enforce_arithmetic_validation');
  read.end();
  const shippingAmount = shipping?.['amount'];
  const totalTax = tax?.['total_tax_amount'];
  return {
    tip: {},
    ...(discount !== undefined && { discount_amount: discount }),
    ...(typeof shippingAmount === 'string' && {
      shipping: {
        amount: parseInteger(shippingAmount, 'amount_details[shipping][amount]'),
        from_postal_code: null,
        to_postal_code: null,
      },
    }),
    ...(typeof totalTax === 'string' && {
      tax: { total_tax_amount: parseInteger(totalTax, 'amount_details[tax][total_tax_amount]') },
    }),
  };
};

const readDetails = (read: Reader): Details => {
  const shipping = readShipping(read);
  const amounts = readAmountDetails(read.record('amount_details'));
  const payment = read.record('payment_details');
  const texts = (
    ['description', 'receipt_email', 'statement_descriptor', 'statement_descriptor_suffix', 'transfer_group'] as const
  ).flatMap((field) => {
    const value = read.text(field);
    return value === undefined ? [] : [[field, value] as const];
  });
  const reference = payment?.['order_reference'];
  const customerReference = payment?.['customer_reference'];
  return {
    ...Object.fromEntries(texts),
    ...(shipping !== undefined && { shipping }),
    ...(amounts && { amount_details: amounts }),
    ...(payment != null && {
      payment_details: {
        customer_reference: typeof customerReference === 'string' ? customerReference : null,
        order_reference: typeof reference === 'string' ? reference : null,
      },
    }),
  };
};

const readAutomatic = (sent: Cleared<Params>): Stripe.PaymentIntent.AutomaticPaymentMethods | undefined => {
  if (sent == null) return undefined;
  const read = reading(sent);
  const enabled = read.flag('enabled');
  const redirects = read.choice('allow_redirects', ['always', 'never'] as const) ?? 'always';
  read.end();
  if (enabled === undefined)
    throw invalidParameter(
      'Missing required param: enabled.',
      'automatic_payment_methods[enabled]',
      'parameter_missing',
    );
  return { enabled, allow_redirects: redirects };
};

/** The method that was named or described, after checking that it may be used for this customer. */
const resolveMeans = (world: World, means: Means, customer: string | null): string | undefined => {
  const { method: named, data } = means;
  if (named == null && data == null) return undefined;
  const method = named == null ? methodFromData(world, data ?? {}) : methodFrom(world, named);
  const owner = idOf(method.customer);
  if (owner !== null && owner !== customer)
    throw refused(
      'The PaymentMethod belongs to another customer than the PaymentIntent, or the PaymentIntent has none.',
      'payment_method_customer_mismatch',
      { param: 'payment_method' },
    );
  return method.id;
};

/** How a confirmation was asked for. */
interface Confirmation {
  offSession: boolean;
  returnUrl: string | null;
  errorOnAction: boolean;
}

const readConfirmation = (read: Reader): Confirmation => {
  const off = read.text('off_session');
  return {
    offSession: off === 'true' || off === 'one_off' || off === 'recurring',
    returnUrl: read.text('return_url') ?? null,
    errorOnAction: read.flag('error_on_requires_action') ?? false,
  };
};

const confirm = (world: World, paymentIntent: PaymentIntent, how: Confirmation): object => {
  const automatic = paymentIntent.automatic_payment_methods;
  if (automatic?.enabled === true && automatic.allow_redirects !== 'never' && how.returnUrl === null)
    throw invalidParameter(
      'This PaymentIntent accepts the payment methods of the Dashboard, some of which redirect the customer: give a ' +
        'return_url, set automatic_payment_methods[allow_redirects] to never, or name payment_method_types.',
      'return_url',
    );
  const customer = how.offSession || how.errorOnAction ? 'absent' : 'present';
  const { paymentIntent: after, error } = confirmPayment(world, paymentIntent, customer, how.returnUrl);
  return error === undefined ? after : Answer.error(error);
};

export const createPaymentIntent: Operation = ({ world, read }) => {
  const amount = read.integer('amount');
  const currency = parseCurrency(read.required('currency'));
  if (amount === undefined) throw invalidParameter('Missing required param: amount.', 'amount', 'parameter_missing');
  checkAmount(BigInt(amount), currency);
  const captureMethod =
    read.choice('capture_method', ['automatic', 'automatic_async', 'manual'] as const) ?? 'automatic_async';
  const confirmationMethod = read.choice('confirmation_method', ['automatic', 'manual'] as const) ?? 'automatic';
  const future = read.choice('setup_future_usage', ['off_session', 'on_session'] as const) ?? null;
  const types = read.texts('payment_method_types');
  const automatic = readAutomatic(read.record('automatic_payment_methods'));
  if (types !== undefined && automatic?.enabled === true)
    throw invalidParameter(
      'payment_method_types and automatic_payment_methods cannot both be given.',
      'automatic_payment_methods',
    );
  const customer = read.text('customer') ?? null;
  const metadata = mergeMetadata({}, read.record('metadata'));
  const details = readDetails(read);
  const means = readMeans(read);
  const confirming = read.flag('confirm') ?? false;
  const how = readConfirmation(read);
  read.end();
  if (how.offSession && !confirming)
    throw invalidParameter('off_session can only be given when confirm is true.', 'off_session');

  if (customer !== null) referenced(world, 'customer', customer, 'customer');
  const method = resolveMeans(world, means, customer);
  const id = world.newId('pi');
  const paymentIntent: PaymentIntent = {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount,
    amount_capturable: 0,
    amount_details: { tip: {} },
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: types === undefined ? (automatic ?? { enabled: true, allow_redirects: 'always' }) : null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: captureMethod,
    client_secret: `${id}_secret_${world.letters(25, 'client_secret', id)}`,
    confirmation_method: confirmationMethod,
    created: world.clock.seconds(),
    currency,
    customer,
    customer_account: null,
    description: null,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata,
    next_action: null,
    on_behalf_of: null,
    payment_method: method ?? null,
    payment_method_configuration_details: null,
    payment_method_options: {
      card: { installments: null, mandate_options: null, network: null, request_three_d_secure: 'automatic' },
    },
    payment_method_types: types ?? ['card', 'us_bank_account'],
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: future,
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: method === undefined ? 'requires_payment_method' : 'requires_confirmation',
    transfer_data: null,
    transfer_group: null,
    ...details,
  };
  world.journal.insert('payment_intent', paymentIntent, paymentIntent.created);
  world.emit('payment_intent.created', paymentIntent);
  return confirming ? confirm(world, paymentIntent, how) : paymentIntent;
};

const find = ({ world, path }: Call): PaymentIntent => fetched(world, 'payment_intent', path['id'] ?? '', 'intent');

/** What Stripe.js gets to see. */
const publicFields = [
  'id object amount amount_details automatic_payment_methods canceled_at cancellation_reason capture_method',
  'client_secret confirmation_method created currency description last_payment_error livemode next_action',
  'payment_method payment_method_types processing receipt_email setup_future_usage shipping source status',
]
  .join(' ')
  .split(' ');

const publicView = (answer: object): object => {
  const limited = (paymentIntent: object): object =>
    Object.fromEntries(Object.entries(paymentIntent).filter(([field]) => publicFields.includes(field)));
  if (!(answer instanceof Answer)) return limited(answer);
  const { error } = answer.body as { error: { payment_intent?: object } };
  const seen = error.payment_intent === undefined ? error : { ...error, payment_intent: limited(error.payment_intent) };
  return new Answer(answer.status, { error: seen });
};

/** Lets a client in that knows the client secret. @throws ApiError when it does not. */
const checkClientSecret = (call: Call, paymentIntent: PaymentIntent, sent: Cleared<string>): void => {
  if (sent == null) {
    if (!call.publishable) return;
    throw invalidParameter('Missing required param: client_secret.', 'client_secret', 'parameter_missing');
  }
  if (sent !== paymentIntent.client_secret)
    throw new ApiError(
      400,
      {
        type: 'invalid_request_error',
        code: 'payment_intent_invalid_parameter',
        param: 'client_secret',
        message: 'The client_secret is not that of this PaymentIntent.',
      },
      'validation',
    );
};

export const retrievePaymentIntent: Operation = (call) => {
  const secret = call.read.text('client_secret');
  call.read.end();
  const paymentIntent = find(call);
  checkClientSecret(call, paymentIntent, secret);
  return call.publishable ? publicView(paymentIntent) : paymentIntent;
};

export const confirmPaymentIntent: Operation = (call) => {
  const { world, read } = call;
  const secret = read.text('client_secret');
  const means = readMeans(read);
  const how = readConfirmation(read);
  const future = read.choice('setup_future_usage', ['off_session', 'on_session'] as const);
  const receipt = read.text('receipt_email');
  const shipping = readShipping(read);
  const captureMethod = read.choice('capture_method', ['automatic', 'automatic_async', 'manual'] as const);
  read.end();
  const before = find(call);
  checkClientSecret(call, before, secret);
  ensurePossible('confirm', before);
  const method = resolveMeans(world, means, idOf(before.customer));
  const paymentIntent: PaymentIntent = {
    ...before,
    ...(method !== undefined && { payment_method: method }),
    ...(future !== undefined && { setup_future_usage: future }),
    ...(receipt !== undefined && { receipt_email: receipt }),
    ...(shipping !== undefined && { shipping }),
    ...(captureMethod !== undefined && { capture_method: captureMethod }),
  };
  world.journal.update('payment_intent', paymentIntent);
  const answer = confirm(world, paymentIntent, { ...how, offSession: how.offSession && !call.publishable });
  return call.publishable ? publicView(answer) : answer;
};

export const updatePaymentIntent: Operation = (call) => {
  const { world, read } = call;
  const amount = read.integer('amount');
  const currencyText = read.text('currency');
  const currency = currencyText == null ? undefined : parseCurrency(currencyText);
  const customer = read.text('customer');
  const future = read.choice('setup_future_usage', ['off_session', 'on_session'] as const);
  const captureMethod = read.choice('capture_method', ['automatic', 'automatic_async', 'manual'] as const);
  const types = read.texts('payment_method_types');
  const sentMetadata = read.record('metadata');
  const details = readDetails(read);
  const means = readMeans(read);
  read.end();

  const before = find(call);
  const metadata = mergeMetadata(before.metadata, sentMetadata);
  const method = resolveMeans(world, means, customer ?? idOf(before.customer));
  const changesPayment =
    amount !== undefined ||
    currency !== undefined ||
    method !== undefined ||
    customer !== undefined ||
    captureMethod !== undefined ||
    types !== undefined;
  if (changesPayment) ensurePossible('change_payment', before);
  checkAmount(BigInt(amount ?? before.amount), currency ?? before.currency);
  if (customer != null) referenced(world, 'customer', customer, 'customer');

  const paymentIntent: PaymentIntent = {
    ...before,
    ...details,
    metadata,
    ...(amount !== undefined && { amount }),
    ...(currency !== undefined && { currency }),
    ...(customer !== undefined && { customer }),
    ...(future !== undefined && { setup_future_usage: future }),
    ...(captureMethod !== undefined && { capture_method: captureMethod }),
    ...(types !== undefined && { payment_method_types: types, automatic_payment_methods: null }),
    ...(method !== undefined && { payment_method: method }),
  };
  const confirmable = changesPayment && paymentIntent.payment_method !== null;
  const updated: PaymentIntent = confirmable
    ? { ...paymentIntent, status: 'requires_confirmation', next_action: null }
    : paymentIntent;
  world.journal.update('payment_intent', updated);
  return updated;
};

export const capturePaymentIntent: Operation = (call) => {
  const { world, read } = call;
  const amount = read.integer('amount_to_capture');
  const final = read.flag('final_capture') ?? true;
  const sentMetadata = read.record('metadata');
  read.ignore('statement_descriptor', 'statement_descriptor_suffix', 'amount_details', 'payment_details');
  read.end();
  const before = find(call);
  ensurePossible('capture', before);
  if (!final)
    throw refused('Multicapture is not available for this PaymentIntent.', 'payment_intent_invalid_parameter', {
      param: 'final_capture',
    });
  const captured = amount ?? before.amount_capturable;
  if (captured < 1)
    throw invalidParameter('amount_to_capture must be at least 1.', 'amount_to_capture', 'parameter_invalid_integer');
  if (captured > before.amount_capturable)
    throw refused(
      `At most ${before.amount_capturable} minor units can be captured, not ${captured}.`,
      'amount_too_large',
      { param: 'amount_to_capture', payment_intent: before },
    );
  return capturePayment(world, { ...before, metadata: mergeMetadata(before.metadata, sentMetadata) }, captured);
};

export const cancelPaymentIntent: Operation = (call) => {
  const reasons = ['abandoned', 'duplicate', 'fraudulent', 'requested_by_customer'] as const;
  const reason = call.read.choice('cancellation_reason', reasons) ?? null;
  call.read.end();
  const before = find(call);
  ensurePossible('cancel', before);
  return cancelPayment(call.world, before, reason);
};

export const listPaymentIntents: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const customer = read.text('customer');
  const created = readCreated(read, params);
  read.end();
  const where = customer == null ? {} : { customer };
  return listed(world, 'payment_intent', '/v1/payment_intents', { where, ...created }, cursor);
};
