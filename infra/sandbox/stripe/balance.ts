import type Stripe from 'stripe';
import { processingFee } from './money.ts';
import type { World } from './world.ts';

/** A movement on the Stripe balance, in minor units. `fee` is taken off `amount`; it is negative when it is given back. */
export interface Movement {
  type: Stripe.BalanceTransaction.Type;
  reportingCategory: string;
  amount: bigint;
  fee: bigint;
  feeDescription?: string;
  currency: string;
  /** What moved the money; null when Stripe did so by itself. */
  source: string | null;
  description: string | null;
}

const availableAfterSeconds = 2 * 24 * 3600;

/** Books a movement. @returns the balance transaction */
export const book = (world: World, movement: Movement): Stripe.BalanceTransaction => {
  const created = world.clock.seconds();
  const { amount, fee, currency } = movement;
  const transaction: Stripe.BalanceTransaction = {
    id: world.newId('txn'),
    object: 'balance_transaction',
    amount: Number(amount),
    available_on: movement.type === 'payout' ? created : created + availableAfterSeconds,
    balance_type: 'payments',
    created,
    currency,
    description: movement.description,
    exchange_rate: null,
    fee: Number(fee),
    fee_details:
      fee === 0n
        ? []
        : [
            {
              amount: Number(fee),
              application: null,
              currency,
              description: movement.feeDescription ?? 'Stripe processing fees',
              type: 'stripe_fee',
            },
          ],
    net: Number(amount - fee),
    reporting_category: movement.reportingCategory,
    source: movement.source,
    status: movement.type === 'payout' ? 'available' : 'pending',
    type: movement.type,
  };
  world.journal.insert('balance_transaction', transaction, created);
  return transaction;
};

/** Books a charge of the full amount with Stripe's fee. */
export const bookCharge = (world: World, charge: Stripe.Charge): Stripe.BalanceTransaction => {
  const amount = BigInt(charge.amount);
  const card = charge.payment_method_details?.type === 'card';
  return book(world, {
    type: card ? 'charge' : 'payment',
    reportingCategory: 'charge',
    amount,
    fee: processingFee(amount),
    currency: charge.currency,
    source: charge.id,
    description: charge.description,
  });
};
