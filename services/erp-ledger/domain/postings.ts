/** What a command means in double entry: debits equal credits, amounts in minor units. */
import type { RecordPayment, RecordProcessingFee } from '../../../schemas/generated/types.ts';
import { type Account, accounts } from './accounts.ts';

/** One side of an entry; the other of the two amounts is 0. */
export type Posting = Readonly<{ account: Account; debit: bigint; credit: bigint }>;
export type Entry = Readonly<{ description: string; currency: string; postings: readonly Posting[] }>;

/** A command whose own numbers contradict each other. */
export class InvalidCommandError extends Error {
  override readonly name = 'InvalidCommandError';
}

/** A negative amount belongs on the other side; nothing is posted for none. */
const debit = (account: Account, amount: bigint): readonly Posting[] => {
  if (amount === 0n) return [];
  return amount > 0n ? [{ account, debit: amount, credit: 0n }] : [{ account, debit: 0n, credit: -amount }];
};
const credit = (account: Account, amount: bigint): readonly Posting[] => debit(account, -amount);

/** Money arrives at Stripe: revenue before tax, and the tax that is owed. */
export const paymentEntry = ({ payload }: RecordPayment): Entry => {
  const { amount, tax, currency } = payload;
  if (amount <= 0n || tax < 0n || tax > amount)
    throw new InvalidCommandError(`a payment of ${amount} with ${tax} of tax in it`);
  return {
    description: 'payment received',
    currency,
    postings: [
      ...debit(accounts.stripeClearing, amount),
      ...credit(accounts.revenue, amount - tax),
      ...credit(accounts.salesTaxPayable, tax),
    ],
  };
};

/** Stripe keeps its fee. Without a fee there is nothing to post; a fee given back is posted the other way round. */
export const feeEntry = ({ payload }: RecordProcessingFee): Entry | undefined => {
  const { gross, fee, net, currency } = payload;
  if (gross - fee !== net) throw new InvalidCommandError(`gross ${gross} less fee ${fee} is not net ${net}`);
  if (fee === 0n) return undefined;
  return {
    description: 'processing fee',
    currency,
    postings: [...debit(accounts.processingFees, fee), ...credit(accounts.stripeClearing, fee)],
  };
};
