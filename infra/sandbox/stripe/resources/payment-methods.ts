import type Stripe from 'stripe';
import { testMethod, testMethodEnding } from '../cards.ts';
import type { TestMethod } from '../cards.ts';
import { invalidParameter, missing, missingReference, refused } from '../errors.ts';
import type { Params } from '../form.ts';
import { mergeMetadata } from '../metadata.ts';
import { idOf } from '../objects.ts';
import { listed, readCursor } from '../pagination.ts';
import { reading } from '../params.ts';
import { readAddress } from '../address.ts';
import { fetched, referenced } from '../world.ts';
import type { Operation, World } from '../world.ts';

/** How a stored payment method behaves. */
export const methodOf = (method: Stripe.PaymentMethod): TestMethod =>
  testMethodEnding(method.type, method.card?.last4 ?? method.us_bank_account?.last4 ?? '');

const emptyBilling: Stripe.PaymentMethod.BillingDetails = {
  address: { city: null, country: null, line1: null, line2: null, postal_code: null, state: null },
  email: null,
  name: null,
  phone: null,
  tax_id: null,
};

const card = (world: World, { brand, last4 }: TestMethod): Stripe.PaymentMethod.Card => ({
  brand,
  checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
  country: 'US',
  display_brand: brand,
  exp_month: 12,
  exp_year: 2034,
  fingerprint: world.letters(16, 'fingerprint', brand, last4),
  funding: 'credit',
  generated_from: null,
  last4,
  networks: { available: [brand], preferred: null },
  regulated_status: 'unregulated',
  three_d_secure_usage: { supported: true },
  wallet: null,
});

const newMethod = (
  world: World,
  behaviour: TestMethod,
  billing: Stripe.PaymentMethod.BillingDetails = emptyBilling,
  metadata: Record<string, string> = {},
): Stripe.PaymentMethod => {
  const id = world.newId('pm');
  const method: Stripe.PaymentMethod = {
    id,
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: billing,
    created: world.clock.seconds(),
    customer: null,
    customer_account: null,
    livemode: false,
    metadata,
    type: behaviour.type,
    ...(behaviour.type === 'card' && { card: card(world, behaviour) }),
    ...(behaviour.type === 'us_bank_account' && {
      us_bank_account: {
        account_holder_type: 'individual',
        account_type: 'checking',
        bank_name: 'STRIPE TEST BANK',
        financial_connections_account: null,
        fingerprint: null,
        last4: behaviour.last4,
        networks: { preferred: 'ach', supported: ['ach'] },
        routing_number: '110000000',
        status_details: null,
      },
    }),
  };
  world.journal.insert('payment_method', method, method.created);
  return method;
};

/** The stored method of an id, or a new one from a test token. @throws ApiError 400 when it is neither. */
export const methodFrom = (world: World, idOrToken: string): Stripe.PaymentMethod => {
  const behaviour = testMethod(idOrToken);
  return behaviour === undefined
    ? referenced(world, 'payment_method', idOrToken, 'payment_method')
    : newMethod(world, behaviour);
};

const readBilling = (sent: Params): Stripe.PaymentMethod.BillingDetails => {
  const read = reading(sent);
  const billing = {
    address: readAddress(read) ?? null,
    email: read.text('email') ?? null,
    name: read.text('name') ?? null,
    phone: read.text('phone') ?? null,
    tax_id: read.text('tax_id') ?? null,
  };
  read.end();
  return billing;
};

/**
 * A method from `payment_method` or `payment_method_data` parameters: a card by its test token, or a test bank account.
 * Card numbers are refused, as Stripe refuses them from accounts without a PCI assessment.
 */
export const methodFromData = (world: World, sent: Params): Stripe.PaymentMethod => {
  const read = reading(sent);
  const type = read.choice('type', ['card', 'us_bank_account'] as const);
  if (type === undefined) throw invalidParameter('Missing required param: type.', 'type', 'parameter_missing');
  const details = read.record('card');
  const bank = read.record('us_bank_account');
  const billing = read.record('billing_details');
  const metadata = mergeMetadata({}, read.record('metadata'));
  read.ignore('allow_redisplay', 'radar_options', 'guid', 'muid', 'sid', 'payment_user_agent', 'referrer');
  read.end();
  const token = details?.['token'];
  if (details?.['number'] !== undefined)
    throw refused(
      'Sending card numbers to the Stripe API is unsafe; use a test token.',
      'card_number_not_allowed',
      {},
      402,
    );
  const name =
    type === 'card'
      ? typeof token === 'string'
        ? token
        : undefined
      : bank?.['account_number'] === '000222222227'
        ? 'pm_usBankAccount_insufficientFunds'
        : 'pm_usBankAccount_success';
  if (name === undefined)
    throw invalidParameter('Missing required param: card[token].', 'card[token]', 'parameter_missing');
  const behaviour = testMethod(name);
  if (behaviour === undefined) throw missingReference('token', name, 'card[token]');
  return newMethod(world, behaviour, billing == null ? emptyBilling : readBilling(billing), metadata);
};

export const createPaymentMethod: Operation = ({ world, read, params }) => {
  read.ignore(...Object.keys(params));
  return methodFromData(world, params);
};

export const retrievePaymentMethod: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'payment_method', path['id'] ?? '', 'payment_method');
};

export const attachPaymentMethod: Operation = ({ world, read, path }) => {
  const customer = read.required('customer');
  read.end();
  referenced(world, 'customer', customer, 'customer');
  const id = path['id'] ?? '';
  if (testMethod(id) === undefined && !world.journal.exists('payment_method', id)) throw missing('payment_method', id);
  const method = methodFrom(world, id);
  const owner = idOf(method.customer);
  if (owner === customer) return method;
  if (owner !== null)
    throw refused('This PaymentMethod is attached to another customer.', 'payment_method_customer_mismatch');
  const attached = { ...method, customer };
  world.journal.update('payment_method', attached);
  world.emit('payment_method.attached', attached);
  return attached;
};

export const detachPaymentMethod: Operation = ({ world, read, path }) => {
  read.end();
  const method = fetched(world, 'payment_method', path['id'] ?? '', 'payment_method');
  const detached = { ...method, customer: null };
  world.journal.update('payment_method', detached);
  world.emit('payment_method.detached', detached, { customer: method.customer });
  return detached;
};

export const listPaymentMethods: Operation = ({ world, read, path }) => {
  const cursor = readCursor(read);
  const customer = path['id'] ?? read.text('customer');
  const type = read.text('type');
  read.ignore('allow_redisplay');
  read.end();
  const where = { ...(customer != null && { customer }), ...(type != null && { type }) };
  const url = path['id'] === undefined ? '/v1/payment_methods' : `/v1/customers/${path['id']}/payment_methods`;
  return listed(world, 'payment_method', url, { where }, cursor);
};
