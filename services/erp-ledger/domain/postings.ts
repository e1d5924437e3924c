/** What a command means in double entry: debits equal credits, amounts in minor units. */
import type {
  BookDisputeMovement,
  IssueCreditMemo,
  PostInvoice,
  RecordInvoicePayment,
  RecordPayment,
  RecordProcessingFee,
  ReverseCreditMemo,
  VoidInvoice,
} from '../../../schemas/generated/types.ts';
import { type Account, accounts } from './accounts.ts';
import type { Due } from './revenue.ts';

/**
 * One side of an entry; the other of the two amounts is 0. `dueAt`: it counts from then on, epoch milliseconds; at once
 * without it.
 */
export type Posting = Readonly<{ account: Account; debit: bigint; credit: bigint; dueAt?: bigint }>;
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

/** The customer owes what is invoiced; it is yet to be earned, and its tax is owed on. */
export const invoiceEntry = ({ payload }: PostInvoice): Entry => {
  const { total, tax, currency, lines } = payload;
  const net = lines.reduce((sum, line) => sum + line.net, 0n);
  if (net + tax !== total)
    throw new InvalidCommandError(
      `the lines come to ${net}, with ${tax} of tax to ${net + tax}, the total is ${total}`,
    );
  return {
    description: 'invoice',
    currency,
    postings: [
      ...debit(accounts.accountsReceivable, total),
      ...credit(accounts.deferredRevenue, total - tax),
      ...credit(accounts.salesTaxPayable, tax),
    ],
  };
};

/** From its time on, each part is revenue and no longer deferred; or the other way round, when it is negative. */
export const revenuePostings = (parts: readonly Due[]): readonly Posting[] =>
  parts.flatMap(({ amount, dueAt }) =>
    [...debit(accounts.deferredRevenue, amount), ...credit(accounts.revenue, amount)].map((posting) => ({
      ...posting,
      dueAt,
    })),
  );

/** Money arrives at Stripe, which keeps its fee: the customer owes so much less. */
export const invoicePaymentEntry = ({ payload }: RecordInvoicePayment): Entry => {
  const { amount, fee, net, currency } = payload;
  if (amount <= 0n || amount - fee !== net)
    throw new InvalidCommandError(`a payment of ${amount}, of which a fee of ${fee} leaves ${net}`);
  return {
    description: 'invoice paid',
    currency,
    postings: [
      ...debit(accounts.stripeClearing, net),
      ...debit(accounts.processingFees, fee),
      ...credit(accounts.accountsReceivable, amount),
    ],
  };
};

/** An invoice the other way round. */
export const voidEntry = ({ total, tax, currency }: VoidInvoice['payload']): Entry => ({
  description: 'invoice voided',
  currency,
  postings: [
    ...credit(accounts.accountsReceivable, total),
    ...debit(accounts.deferredRevenue, total - tax),
    ...debit(accounts.salesTaxPayable, tax),
  ],
});

/** What the customer owes and will not pay is a cost; or is owed after all. */
export const writeOffEntry = (
  { amount, currency }: Readonly<{ amount: bigint; currency: string }>,
  back: boolean,
): Entry => {
  if (amount <= 0n) throw new InvalidCommandError(`a write-off of ${amount}`);
  const cost = back ? -amount : amount;
  return {
    description: back ? 'write-off reversed' : 'invoice written off',
    currency,
    postings: [...debit(accounts.badDebt, cost), ...credit(accounts.accountsReceivable, cost)],
  };
};
