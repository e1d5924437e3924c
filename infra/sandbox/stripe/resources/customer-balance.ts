import type Stripe from 'stripe';
import { invalidParameter } from '../errors.ts';
import { parseCurrency } from '../money.ts';
import { listed, readCursor } from '../pagination.ts';
import { parseInteger } from '../params.ts';
import { fetched } from '../world.ts';
import type { Operation, World } from '../world.ts';

/** What of a movement of a customer's balance there is here. */
export type BalanceMovement = Pick<
  Stripe.CustomerBalanceTransaction,
  'id' | 'object' | 'amount' | 'created' | 'currency' | 'ending_balance' | 'livemode' | 'type'
> & { customer: string; invoice: string | null; credit_note: string | null; description: string | null };

type About = Partial<Pick<BalanceMovement, 'invoice' | 'credit_note' | 'description'>>;

/** Moves what a customer owes: a negative amount is a credit. Tells of the customer. */
export const moveBalance = (
  world: World,
  customerId: string,
  amount: number,
  currency: string,
  type: BalanceMovement['type'],
  about: About = {},
): BalanceMovement => {
  const customer = fetched(world, 'customer', customerId);
  const created = world.clock.seconds();
  const movement: BalanceMovement = {
    id: world.newId('cbtxn'),
    object: 'customer_balance_transaction',
    amount,
    created,
    credit_note: null,
    currency,
    customer: customerId,
    description: null,
    ending_balance: customer.balance + amount,
    invoice: null,
    livemode: false,
    type,
    ...about,
  };
  world.journal.insert('customer_balance_transaction', movement, created);
  const moved = { ...customer, balance: movement.ending_balance };
  world.journal.update('customer', moved);
  world.emit('customer.updated', moved, { balance: customer.balance });
  return movement;
};

export const createBalanceMovement: Operation = ({ world, read, path }) => {
  const amount = parseInteger(read.required('amount'), 'amount');
  const currency = parseCurrency(read.required('currency'));
  const description = read.text('description') ?? null;
  read.ignore('metadata');
  read.end();
  if (amount === 0) throw invalidParameter('amount must not be 0.', 'amount', 'parameter_invalid_integer');
  return moveBalance(world, path['id'] ?? '', amount, currency, 'adjustment', { description });
};

export const listBalanceMovements: Operation = ({ world, read, path }) => {
  const cursor = readCursor(read);
  read.end();
  const { id } = fetched(world, 'customer', path['id'] ?? '');
  const url = `/v1/customers/${id}/balance_transactions`;
  return listed(world, 'customer_balance_transaction', url, { where: { customer: id } }, cursor);
};
