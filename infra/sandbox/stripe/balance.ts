import type Stripe from 'stripe';
import { type Settled, settle } from './exchange.ts';
import { conversionFee, processingFee } from './money.ts';
import type { World } from './world.ts';

/** A part of what Stripe takes, in minor units; negative when it is given back. */
export interface FeePart {
  amount: bigint;
  description: string;
}

/** A movement on the Stripe balance, in minor units of the currency that it is settled in. Fees are taken off `amount`. */
export interface Movement {
  type: Stripe.BalanceTransaction.Type;
  reportingCategory: string;
  settled: Settled;
  fees: readonly FeePart[];
  /** What moved the money; null when Stripe did so by itself. */
  source: string | null;
  description: string | null;
}

const availableAfterSeconds = 2 * 24 * 3600;

/** Money of the currency it is in: nothing is converted. */
export const asItIs = (amount: bigint, currency: string): Settled => ({ amount, currency, rate: null });

/** Books a movement. @returns the balance transaction */
export const book = (world: World, movement: Movement): Stripe.BalanceTransaction => {
  const created = world.clock.seconds();
  const { amount, currency, rate } = movement.settled;
  const parts = movement.fees.filter((part) => part.amount !== 0n);
  const fee = parts.reduce((sum, part) => sum + part.amount, 0n);
  const transaction: Stripe.BalanceTransaction = {
    id: world.newId('txn'),
    object: 'balance_transaction',
    amount: Number(amount),
    available_on: movement.type === 'payout' ? created : created + availableAfterSeconds,
    balance_type: 'payments',
    created,
    currency,
    description: movement.description,
    exchange_rate: rate,
    fee: Number(fee),
    fee_details: parts.map((part) => ({
      amount: Number(part.amount),
      application: null,
      currency,
      description: part.description,
      type: 'stripe_fee',
    })),
    net: Number(amount - fee),
    reporting_category: movement.reportingCategory,
    source: movement.source,
    status: movement.type === 'payout' ? 'available' : 'pending',
    type: movement.type,
  };
  world.journal.insert('balance_transaction', transaction, created);
  return transaction;
};

/** What Stripe takes for a charge that comes to this on the balance: its price, and one for converting it. */
export const chargeFees = ({ amount, currency, rate }: Settled): readonly FeePart[] => [
  { amount: processingFee(amount, currency), description: 'Stripe processing fees' },
  ...(rate === null
    ? []
    : [{ amount: conversionFee(amount, currency), description: 'Stripe currency conversion fee' }]),
];

/** What more one thing costs than another; less, where it is negative. */
export const feeDifference = (after: readonly FeePart[], before: readonly FeePart[]): readonly FeePart[] =>
  after.map(({ amount, description }) => ({
    amount: amount - (before.find((part) => part.description === description)?.amount ?? 0n),
    description,
  }));

/** Books a charge of the full amount with Stripe's fees. */
export const bookCharge = (world: World, charge: Stripe.Charge): Stripe.BalanceTransaction => {
  const settled = settle(world, BigInt(charge.amount), charge.currency);
  const card = charge.payment_method_details?.type === 'card';
  return book(world, {
    type: card ? 'charge' : 'payment',
    reportingCategory: 'charge',
    settled,
    fees: chargeFees(settled),
    source: charge.id,
    description: charge.description,
  });
};
