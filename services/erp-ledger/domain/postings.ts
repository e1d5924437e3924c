/** What a command means in double entry: debits equal credits, amounts in minor units. */
import type {
  ApplyCustomerCredit,
  BookDisputeMovement,
  CreditInvoice,
  IssueCreditMemo,
  PostInvoice,
  RecordConversion,
  RecordInvoicePayment,
  RecordOutsidePayment,
  RecordPayment,
  RecordProcessingFee,
  ReverseCreditMemo,
  VoidInvoice,
} from '../../../schemas/generated/types.ts';
import { type Account, accounts } from './accounts.ts';
import type { Due } from './revenue.ts';

/**
 * One side of an entry; the other of the two amounts is 0. `dueAt`: it counts from then on, epoch milliseconds; at once
 * without it. `currency`: where it is not the entry's. An entry balances in each of its currencies.
 */
export type Posting = Readonly<{ account: Account; debit: bigint; credit: bigint; dueAt?: bigint; currency?: string }>;
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

/** Stripe keeps its fee, what converting cost apart. Without a fee there is nothing to post; a fee given back is posted the other way round. */
export const feeEntry = ({ payload }: RecordProcessingFee): Entry | undefined => {
  const { gross, fee, net, currency, conversionFee } = payload;
  if (gross - fee !== net) throw new InvalidCommandError(`gross ${gross} less fee ${fee} is not net ${net}`);
  if (fee === 0n && conversionFee === 0n) return undefined;
  return {
    description: 'processing fee',
    currency,
    postings: [
      ...debit(accounts.processingFees, fee - conversionFee),
      ...debit(accounts.exchange, conversionFee),
      ...credit(accounts.stripeClearing, fee),
    ],
  };
};

/**
 * Stripe has money in another currency than before. Each currency balances on its own, against the account that says what
 * was given for what.
 */
export const conversionEntry = ({ payload }: RecordConversion): Entry => {
  const { balanceTransactionId, fromAmount, fromCurrency, toAmount, toCurrency } = payload;
  if (fromCurrency === toCurrency)
    throw new InvalidCommandError(`${balanceTransactionId} converts ${fromCurrency} into itself`);
  if (fromAmount === 0n || fromAmount * toAmount < 0n)
    throw new InvalidCommandError(
      `${balanceTransactionId} converts ${fromAmount} ${fromCurrency} into ${toAmount} ${toCurrency}`,
    );
  const into = [...debit(accounts.stripeClearing, toAmount), ...credit(accounts.exchangePosition, toAmount)];
  return {
    description: 'currency converted',
    currency: fromCurrency,
    postings: [
      ...debit(accounts.exchangePosition, fromAmount),
      ...credit(accounts.stripeClearing, fromAmount),
      ...into.map((posting) => ({ ...posting, currency: toCurrency })),
    ],
  };
};

type Memo = Pick<IssueCreditMemo['payload'], 'amount' | 'tax' | 'currency' | 'fee' | 'creditNoteId'>;

const checkedMemo = ({ amount, tax, ...rest }: Memo): Memo => {
  if (amount <= 0n || tax < 0n || tax > amount)
    throw new InvalidCommandError(`a refund of ${amount} with ${tax} of tax in it`);
  if (rest.creditNoteId !== null && tax !== 0n)
    throw new InvalidCommandError(`a refund of ${rest.creditNoteId} with ${tax} of tax, which is that one's to say`);
  return { amount, tax, ...rest };
};

/** What is paid back: less revenue, or, where a credit note has said what is credited, what it left to be paid back. */
const paidBack = (creditNoteId: string | null): Account =>
  creditNoteId === null ? accounts.refunds : accounts.refundsPayable;

/** Money leaves Stripe for the customer: less revenue, and less tax that is owed. What Stripe takes on top is a fee. */
export const creditMemoEntry = ({ payload }: IssueCreditMemo): Entry => {
  const { amount, tax, fee, currency, creditNoteId } = checkedMemo(payload);
  return {
    description: 'refund',
    currency,
    postings: [
      ...debit(paidBack(creditNoteId), amount - tax),
      ...debit(accounts.salesTaxPayable, tax),
      ...debit(accounts.processingFees, fee),
      ...credit(accounts.stripeClearing, amount + fee),
    ],
  };
};

/** The same the other way round; what Stripe takes for that is a fee again. */
export const reversalEntry = ({ payload }: ReverseCreditMemo): Entry => {
  const { amount, tax, fee, currency, creditNoteId } = checkedMemo(payload);
  return {
    description: 'refund that came back',
    currency,
    postings: [
      ...debit(accounts.stripeClearing, amount - fee),
      ...debit(accounts.processingFees, fee),
      ...credit(paidBack(creditNoteId), amount - tax),
      ...credit(accounts.salesTaxPayable, tax),
    ],
  };
};

/** A dispute as far as it is known: what is disputed is in the currency that the customer paid. */
export type Dispute = Readonly<{ currency: string; decided: boolean; outcome: string | null }>;

/**
 * Where money stands that a dispute took from us: it is owed until the dispute is decided, and lost from then on. Of one
 * that is won, money that was converted on both ways does not come back the same: that is the rate's doing.
 */
const standsOn = ({ currency, decided, outcome }: Dispute, settled: string): Account => {
  if (!decided) return accounts.disputesReceivable;
  return outcome === 'won' && settled !== currency ? accounts.exchangePosition : accounts.chargebackLosses;
};

/** What a dispute took, or gives back, where it stands by now. The fee is gone either way. */
export const disputeMovementEntry = ({ payload }: BookDisputeMovement, dispute: Dispute): Entry | undefined => {
  const { disputeId, balanceTransactionId, amount, fee, net, currency, rate } = payload;
  if (amount - fee !== net) throw new InvalidCommandError(`amount ${amount} less fee ${fee} is not net ${net}`);
  if (currency !== dispute.currency && rate === null)
    throw new InvalidCommandError(`${disputeId} is in ${dispute.currency}, ${balanceTransactionId} in ${currency}`);
  if (amount === 0n && fee === 0n) return undefined;
  return {
    description: amount > 0n ? 'dispute reversed' : 'dispute withdrawn',
    currency,
    postings: [
      ...debit(standsOn(dispute, currency), -amount),
      ...debit(accounts.disputeFees, fee),
      ...debit(accounts.stripeClearing, net),
    ],
  };
};

/** What a dispute has not given back, by currency, goes where it stands once the dispute is decided, or decided anew. */
export const disputeDecidedEntry = (
  before: Dispute,
  after: Dispute,
  owed: readonly Readonly<{ currency: string; amount: bigint }>[],
): Entry | undefined => {
  const postings = owed.flatMap(({ currency, amount }): readonly Posting[] => {
    const [from, to] = [standsOn(before, currency), standsOn(after, currency)];
    if (from === to) return [];
    return [...debit(to, amount), ...credit(from, amount)].map((posting) => ({ ...posting, currency }));
  });
  return postings.length === 0 ? undefined : { description: 'dispute decided', currency: after.currency, postings };
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

/** It was paid, and nothing arrived at Stripe. */
export const outsidePaymentEntry = ({ amount, currency }: RecordOutsidePayment['payload']): Entry => {
  if (amount <= 0n) throw new InvalidCommandError(`a payment of ${amount}`);
  return {
    description: 'invoice paid outside Stripe',
    currency,
    postings: [...debit(accounts.otherReceipts, amount), ...credit(accounts.accountsReceivable, amount)],
  };
};

/** The customer owes less, and has as much less with us; or the other way round. */
export const customerCreditEntry = ({ amount, currency }: ApplyCustomerCredit['payload']): Entry => {
  if (amount === 0n) throw new InvalidCommandError('nothing of the customer’s credit');
  return {
    description: amount > 0n ? 'customer credit applied' : 'customer credit left',
    currency,
    postings: [...debit(accounts.customerCredit, amount), ...credit(accounts.accountsReceivable, amount)],
  };
};

/** What is taken back of an invoice, without its tax, is less revenue; where it goes, the customer's balance among it. */
export const invoiceCreditEntry = ({ payload }: CreditInvoice): Entry => {
  const { creditNoteId, amount, tax, currency, offInvoice, refunded, toBalance, outside, lines } = payload;
  const parts = [offInvoice, refunded, toBalance, outside];
  if (amount <= 0n || tax < 0n || tax > amount || parts.some((part) => part < 0n))
    throw new InvalidCommandError(`a credit note of ${amount} with ${tax} of tax in it`);
  const all = parts.reduce((sum, part) => sum + part, 0n);
  if (all !== amount) throw new InvalidCommandError(`the parts of ${creditNoteId} come to ${all}, it to ${amount}`);
  const net = lines.reduce((sum, line) => sum + line.net, 0n);
  if (net !== amount - tax)
    throw new InvalidCommandError(`the lines of ${creditNoteId} come to ${net}, it to ${amount - tax} without tax`);
  return {
    description: 'credit note',
    currency,
    postings: [
      ...debit(accounts.refunds, amount - tax),
      ...debit(accounts.salesTaxPayable, tax),
      ...credit(accounts.accountsReceivable, offInvoice),
      ...credit(accounts.refundsPayable, refunded),
      ...credit(accounts.customerCredit, toBalance),
      ...credit(accounts.otherReceipts, outside),
    ],
  };
};

/** A credit note that was all off its invoice, the other way round. */
export const voidCreditEntry = ({
  amount,
  tax,
  currency,
}: Readonly<{ amount: bigint; tax: bigint; currency: string }>): Entry => ({
  description: 'credit note voided',
  currency,
  postings: [
    ...debit(accounts.accountsReceivable, amount),
    ...credit(accounts.refunds, amount - tax),
    ...credit(accounts.salesTaxPayable, tax),
  ],
});

/**
 * What is left of an invoice the other way round: without what credit notes took back of it, and what it took of the
 * customer's credit, `used`, is the customer's again.
 */
export const voidEntry = (
  { total, tax, currency }: VoidInvoice['payload'],
  credited: Readonly<{ amount: bigint; tax: bigint }>,
  used: bigint,
): Entry => ({
  description: 'invoice voided',
  currency,
  postings: [
    ...credit(accounts.accountsReceivable, total - credited.amount - used),
    ...credit(accounts.customerCredit, used),
    ...debit(accounts.deferredRevenue, total - tax - credited.amount + credited.tax),
    ...debit(accounts.salesTaxPayable, tax - credited.tax),
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
