/** What a command means in double entry: debits equal credits, amounts in minor units. */
import type {
  BookDisputeMovement,
  IssueCreditMemo,
  RecordPayment,
  RecordProcessingFee,
  ReverseCreditMemo,
} from '../../../schemas/generated/types.ts';
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

/** Money arrives, at Stripe if it names a payment there: revenue before tax, and the tax that is owed. */
export const paymentEntry = ({ payload }: RecordPayment): Entry => {
  const { amount, tax, currency, paymentIntentId, chargeId } = payload;
  if (amount <= 0n || tax < 0n || tax > amount)
    throw new InvalidCommandError(`a payment of ${amount} with ${tax} of tax in it`);
  const isStripes = paymentIntentId !== null || chargeId !== null;
  return {
    description: 'payment received',
    currency,
    postings: [
      ...debit(isStripes ? accounts.stripeClearing : accounts.otherReceipts, amount),
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

type Memo = Pick<IssueCreditMemo['payload'], 'amount' | 'tax' | 'currency' | 'fee'>;

const checkedMemo = ({ amount, tax, ...rest }: Memo): Memo => {
  if (amount <= 0n || tax < 0n || tax > amount)
    throw new InvalidCommandError(`a refund of ${amount} with ${tax} of tax in it`);
  return { amount, tax, ...rest };
};

/** Money leaves Stripe for the customer: less revenue, and less tax that is owed. What Stripe takes on top is a fee. */
export const creditMemoEntry = ({ payload }: IssueCreditMemo): Entry => {
  const { amount, tax, fee, currency } = checkedMemo(payload);
  return {
    description: 'refund',
    currency,
    postings: [
      ...debit(accounts.refunds, amount - tax),
      ...debit(accounts.salesTaxPayable, tax),
      ...debit(accounts.processingFees, fee),
      ...credit(accounts.stripeClearing, amount + fee),
    ],
  };
};

/** The same the other way round; what Stripe takes for that is a fee again. */
export const reversalEntry = ({ payload }: ReverseCreditMemo): Entry => {
  const { amount, tax, fee, currency } = checkedMemo(payload);
  return {
    description: 'refund that came back',
    currency,
    postings: [
      ...debit(accounts.stripeClearing, amount - fee),
      ...debit(accounts.processingFees, fee),
      ...credit(accounts.refunds, amount - tax),
      ...credit(accounts.salesTaxPayable, tax),
    ],
  };
};

/**
 * Money that a dispute took is owed to us until the dispute is decided, and lost from then on; what comes back takes that
 * back. The fee is gone either way.
 */
export const disputeMovementEntry = ({ payload }: BookDisputeMovement, decided: boolean): Entry | undefined => {
  const { amount, fee, net, currency } = payload;
  if (amount - fee !== net) throw new InvalidCommandError(`amount ${amount} less fee ${fee} is not net ${net}`);
  if (amount === 0n && fee === 0n) return undefined;
  return {
    description: amount > 0n ? 'dispute reversed' : 'dispute withdrawn',
    currency,
    postings: [
      ...debit(decided ? accounts.chargebackLosses : accounts.disputesReceivable, -amount),
      ...debit(accounts.disputeFees, fee),
      ...debit(accounts.stripeClearing, net),
    ],
  };
};

/** What a decided dispute has not given back, `owed`, is lost. */
export const disputeLossEntry = (owed: bigint, currency: string): Entry | undefined =>
  owed === 0n
    ? undefined
    : {
        description: 'dispute decided',
        currency,
        postings: [...debit(accounts.chargebackLosses, owed), ...credit(accounts.disputesReceivable, owed)],
      };
