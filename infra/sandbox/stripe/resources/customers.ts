import type Stripe from 'stripe';
import { readAddress, readShipping } from '../address.ts';
import { mergeMetadata } from '../metadata.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import type { Reader } from '../params.ts';
import { missing, refused } from '../errors.ts';
import { fetched } from '../world.ts';
import type { Operation, World } from '../world.ts';
import { methodFrom } from './payment-methods.ts';

type Changes = Partial<Stripe.Customer>;

const noSettings: Stripe.Customer.InvoiceSettings = {
  custom_fields: null,
  default_payment_method: null,
  footer: null,
  rendering_options: null,
};

/** The fields that create and update share; only what was sent. */
const readFields = (read: Reader, world: World, before: Stripe.Customer | undefined): Changes => {
  const invoicing = read.record('invoice_settings');
  const preferred = invoicing?.['default_payment_method'];
  if (typeof preferred === 'string' && preferred !== '') {
    const owner = world.journal.get('payment_method', preferred)?.customer ?? null;
    if (before === undefined || owner !== before.id)
      throw refused(
        'The customer does not have a payment method with that ID. It must be attached to the customer first.',
        'resource_missing',
        { param: 'invoice_settings[default_payment_method]' },
      );
  }
  const address = readAddress(read);
  const shipping = readShipping(read);
  const texts = (['name', 'email', 'phone', 'description'] as const).flatMap((field) => {
    const value = read.text(field);
    return value === undefined ? [] : [[field, value] as const];
  });
  const exempt = read.choice('tax_exempt', ['none', 'exempt', 'reverse'] as const);
  const locales = read.texts('preferred_locales');
  const metadata = mergeMetadata(before?.metadata ?? {}, read.record('metadata'));
  read.ignore('tax', 'invoice_prefix', 'next_invoice_sequence', 'balance', 'cash_balance');
  return {
    ...Object.fromEntries(texts),
    ...(address !== undefined && { address }),
    ...(shipping !== undefined && { shipping }),
    ...(exempt !== undefined && { tax_exempt: exempt }),
    ...(locales !== undefined && { preferred_locales: locales }),
    ...(typeof preferred === 'string' && {
      invoice_settings: {
        ...(before?.invoice_settings ?? noSettings),
        default_payment_method: preferred === '' ? null : preferred,
      },
    }),
    metadata,
  };
};

export const createCustomer: Operation = ({ world, read }) => {
  const fields = readFields(read, world, undefined);
  const method = read.text('payment_method');
  read.end();
  const id = world.newId('cus');
  const customer: Stripe.Customer = {
    id,
    object: 'customer',
    address: null,
    balance: 0,
    created: world.clock.seconds(),
    currency: null,
    customer_account: null,
    default_source: null,
    delinquent: false,
    description: null,
    email: null,
    invoice_prefix: world.letters(8, 'invoice', id).toUpperCase(),
    invoice_settings: noSettings,
    livemode: false,
    name: null,
    next_invoice_sequence: 1,
    phone: null,
    preferred_locales: [],
    shipping: null,
    tax_exempt: 'none',
    test_clock: null,
    ...fields,
    metadata: fields.metadata ?? {},
  };
  world.journal.insert('customer', customer, customer.created);
  world.emit('customer.created', customer);
  if (method != null) {
    const attached = { ...methodFrom(world, method), customer: id };
    world.journal.update('payment_method', attached);
    world.emit('payment_method.attached', attached);
  }
  return customer;
};

export const retrieveCustomer: Operation = ({ world, read, path }) => {
  read.end();
  const id = path['id'] ?? '';
  return world.journal.get('deleted_customer', id) ?? fetched(world, 'customer', id);
};

export const updateCustomer: Operation = ({ world, read, path }) => {
  const id = path['id'] ?? '';
  const customer = world.journal.get('customer', id);
  const fields = readFields(read, world, customer);
  read.end();
  if (customer === undefined) throw missing('customer', id);
  const updated = { ...customer, ...fields };
  const changed = Object.entries(customer).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(updated[field as keyof Stripe.Customer]),
  );
  if (changed.length === 0) return customer;
  world.journal.update('customer', updated);
  world.emit('customer.updated', updated, Object.fromEntries(changed));
  return updated;
};

export const deleteCustomer: Operation = ({ world, read, path }) => {
  read.end();
  const customer = fetched(world, 'customer', path['id'] ?? '');
  const deleted: Stripe.DeletedCustomer = { id: customer.id, object: 'customer', deleted: true };
  world.journal.update('deleted_customer', deleted);
  world.emit('customer.deleted', customer);
  return deleted;
};

export const listCustomers: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const email = read.text('email');
  const created = readCreated(read, params);
  read.end();
  return listed(world, 'customer', '/v1/customers', { where: email == null ? {} : { email }, ...created }, cursor);
};
