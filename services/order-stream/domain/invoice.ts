/**
 * What is known of an invoice at Stripe, folded from facts about it, about what paid it and about what came of that, in
 * whatever order they come. A finalised invoice never changes what it says; only what becomes of it is told later.
 */
import type {
  BillingFact,
  BillingLine,
  CommandResult,
  CreditNoteTold,
  FailedAttempt,
  InvoiceLine,
  InvoicePayment,
  InvoiceState,
  InvoiceTold,
  Moment,
  PaymentFact,
  Settlement,
} from '../../../schemas/generated/types.ts';
import { withDispute } from './disputes.ts';
import { before, either } from './object-state.ts';
import { type Folded, settlementIn, withRefusal } from './order.ts';
import { type Refundable, withRefundSettlement, withRefundSteps } from './refund-steps.ts';
import { withRefund } from './refunds.ts';

export const initialInvoice = (key: string): InvoiceState => ({
  key,
  invoice: null,
  fetchedLines: null,
  attempts: [],
  payments: [],
  received: 0n,
  refunds: [],
  refundSteps: [],
  disputes: [],
  creditNotes: [],
  paidOffStripe: null,
  paid: null,
  voided: null,
  writtenOff: null,
  issued: [],
  workflows: [],
  refusals: [],
});

/** The earlier of two tellings of the same; the known one when it is. */
const earliest = <T extends Moment>(known: T | null, told: T): T =>
  known === null || before(told, known) ? told : known;

/** With the earliest telling of each, by what tells them apart; the same array when it tells nothing new. */
const withEarliest = <T extends Moment>(
  known: readonly T[],
  told: T,
  isSame: (left: T, right: T) => boolean,
  order: (left: T, right: T) => number,
): readonly T[] => {
  const index = known.findIndex((each) => isSame(each, told));
  if (index < 0) return [...known, told].sort(order);
  const next = earliest(known[index]!, told);
  return next === known[index] ? known : known.with(index, next);
};

const momentOf = ({ factId, occurredAt: at }: Pick<BillingFact, 'factId' | 'occurredAt'>): Moment => ({ factId, at });

/** The number of an order of the shop; null for what is none. */
export const orderNumberIn = (text: string | null): number | null =>
  text !== null && /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;

const netOf = ({ amount, discount, taxIncluded }: BillingLine): bigint => (amount ?? 0n) - discount - taxIncluded;

/** What is not given over a time is given when the invoice is made. */
const lineOf = (line: BillingLine, postedAt: bigint): InvoiceLine => {
  const { lineId, productId, priceId, description, quantity, tax, periodStart, periodEnd, proration } = line;
  const from = periodStart ?? postedAt;
  const to = periodEnd === null || periodEnd < from ? from : periodEnd;
  return { lineId, productId, priceId, description, quantity, net: netOf(line), tax, from, to, proration };
};

const invoiceOf = (fact: BillingFact): InvoiceTold => {
  const { customerId, customerEmail, customerName, number, billingReason, currency, periodStart, periodEnd } = fact;
  const postedAt = fact.finalizedAt ?? fact.createdAt ?? fact.occurredAt;
  const lines = fact.lines.map((line) => lineOf(line, postedAt));
  const total = fact.total ?? 0n;
  const tax = fact.tax ?? 0n;
  return {
    invoiceId: fact.objectId,
    number,
    subscriptionId: fact.subscriptionId,
    customerId,
    customerEmail,
    customerName,
    billingReason,
    currency,
    subtotal: fact.subtotal ?? 0n,
    tax,
    total,
    periodStart,
    periodEnd,
    lines,
    linesComplete: fact.linesComplete,
    unexplained: total - tax - lines.reduce((sum, { net }) => sum + net, 0n),
    shopOrderNumber: orderNumberIn(fact.shopOrderId),
    postedAt,
    ...momentOf(fact),
  };
};

/** With all of its lines, once they were fetched: which telling counts may still change. */
const withLines = (told: InvoiceTold, fetched: readonly InvoiceLine[] | null): InvoiceTold => {
  if (fetched === null || told.linesComplete) return told;
  const net = fetched.reduce((sum, line) => sum + line.net, 0n);
  return { ...told, lines: fetched, linesComplete: true, unexplained: told.total - told.tax - net };
};

const attemptOf = (fact: BillingFact): FailedAttempt | undefined => {
  const { failedAttempt: attempt, amountRemaining, nextAttemptAt } = fact;
  if (attempt === null) return undefined;
  return { attempt, amountRemaining: amountRemaining ?? fact.amountDue ?? 0n, nextAttemptAt, ...momentOf(fact) };
};

/** The rank from which an invoice is final: drafts change, and come to nothing when they are deleted. */
const OPEN = 20;

const withInvoice = (state: InvoiceState, fact: BillingFact): InvoiceState => {
  if (fact.statusRank < OPEN || fact.kind === 'invoice.deleted') return state;
  const { status, amountRemaining, paidOffStripe } = fact;
  const moment = momentOf(fact);
  const attempt = attemptOf(fact);
  return withSteps({
    ...state,
    invoice: withLines(earliest(state.invoice, invoiceOf(fact)), state.fetchedLines),
    ...(attempt && {
      attempts: withEarliest(
        state.attempts,
        attempt,
        (left, right) => left.attempt === right.attempt,
        (left, right) => (left.attempt < right.attempt ? -1 : 1),
      ),
    }),
    ...(status === 'paid' && { paid: earliest(state.paid, moment) }),
    ...(status === 'void' && { voided: earliest(state.voided, moment) }),
    ...(status === 'uncollectible' && {
      writtenOff: earliest(state.writtenOff, { amount: amountRemaining ?? fact.amountDue ?? 0n, ...moment }),
    }),
    ...(paidOffStripe !== null &&
      paidOffStripe > 0n && {
        paidOffStripe: earliest(state.paidOffStripe, { amount: paidOffStripe, ...moment }),
      }),
  });
};

const noPayment = (id: string): InvoicePayment => ({
  id,
  paymentIntentId: null,
  chargeId: null,
  paid: null,
  balanceTransactionId: null,
  settlement: null,
});

const isSamePayment = (left: InvoicePayment, right: InvoicePayment): boolean =>
  (Object.keys(left) as (keyof InvoicePayment)[]).every((name) => left[name] === right[name]);

/** What came of payments, as far as it is settled. */
const withReceived = (state: InvoiceState): InvoiceState => {
  const received = state.payments.reduce(
    (sum, { paid, settlement }) => (paid === null || settlement === null ? sum : sum + paid.amount),
    0n,
  );
  return received === state.received ? state : { ...state, received };
};

/** The state with one of its payments changed; the same when it is not. */
const withPayment = (
  state: InvoiceState,
  id: string,
  change: (known: InvoicePayment) => InvoicePayment,
): InvoiceState => {
  const index = state.payments.findIndex((payment) => payment.id === id);
  const known = state.payments[index];
  const next = change(known ?? noPayment(id));
  if (known !== undefined && isSamePayment(next, known)) return state;
  const payments =
    known === undefined
      ? [...state.payments, next].sort((left, right) => (left.id < right.id ? -1 : 1))
      : state.payments.with(index, next);
  return withReceived({ ...state, payments });
};

const withPaymentOfInvoice = (state: InvoiceState, fact: BillingFact): InvoiceState => {
  const { objectId, status, currency, amountPaid } = fact;
  if (status !== 'paid' || amountPaid === null) return state;
  const told = { amount: amountPaid, currency, ...momentOf(fact) };
  return withPayment(state, objectId, (known) => ({
    ...known,
    paymentIntentId: either(known.paymentIntentId, fact.paymentIntentId),
    chargeId: either(known.chargeId, fact.chargeId),
    paid: earliest(known.paid, told),
  }));
};

const withCreditNote = (state: InvoiceState, fact: BillingFact): InvoiceState => {
  const { objectId: id, currency, total } = fact;
  const note: CreditNoteTold = { id, amount: total ?? 0n, currency, ...momentOf(fact) };
  const creditNotes = withEarliest(
    state.creditNotes,
    note,
    (left, right) => left.id === right.id,
    (left, right) => (left.id < right.id ? -1 : 1),
  );
  return creditNotes === state.creditNotes ? state : { ...state, creditNotes };
};

/** Refunds are paid back of what the invoice came to, and take their share of its tax. */
const refundable = ({ invoice, refunds, refundSteps }: InvoiceState): Refundable => ({
  refunds,
  refundSteps,
  paid: null,
  placed: invoice && { total: invoice.total, giftCard: 0n, tax: invoice.tax },
});

const withSteps = (state: InvoiceState): InvoiceState => {
  const { refundSteps } = withRefundSteps(refundable(state));
  return refundSteps === state.refundSteps ? state : { ...state, refundSteps };
};

/** The same state when every part of it is. */
const unlessSame = (state: InvoiceState, next: InvoiceState): InvoiceState =>
  (Object.keys(next) as (keyof InvoiceState)[]).every((name) => next[name] === state[name]) ? state : next;

const toldBilling = (state: InvoiceState, fact: BillingFact): InvoiceState => {
  if (fact.kind.startsWith('invoice_payment.')) return withPaymentOfInvoice(state, fact);
  if (fact.kind.startsWith('credit_note.')) return withCreditNote(state, fact);
  return withInvoice(state, fact);
};

/** A fact about the invoice, a payment of it, or a credit note. */
export const withBilling = (state: InvoiceState, fact: BillingFact): Folded<InvoiceState> => ({
  state: unlessSame(state, toldBilling(state, fact)),
});

/** A fact about a PaymentIntent, charge, refund or dispute that the invoice was paid with. */
export const withInvoiceMoney = (state: InvoiceState, fact: PaymentFact): Folded<InvoiceState> => {
  if (fact.kind.startsWith('refund.')) {
    const refunds = withRefund(state.refunds, fact);
    return { state: refunds === state.refunds ? state : withSteps({ ...state, refunds }) };
  }
  if (fact.kind.startsWith('dispute.')) {
    const disputes = withDispute(state.disputes, fact);
    return { state: disputes === state.disputes ? state : { ...state, disputes } };
  }
  const id = fact.paymentIntentId ?? fact.chargeId;
  const { kind, balanceTransactionId } = fact;
  if (kind !== 'charge.balanced' || id === null || balanceTransactionId === null) return { state };
  return {
    state: withPayment(state, id, (known) => ({
      ...known,
      paymentIntentId: either(known.paymentIntentId, fact.paymentIntentId),
      chargeId: either(known.chargeId, fact.chargeId),
      balanceTransactionId: either(known.balanceTransactionId, balanceTransactionId),
    })),
  };
};

const withSettlement = (state: InvoiceState, balanceTransactionId: string, settlement: Settlement): InvoiceState => {
  const refunded = withRefundSettlement(refundable(state), balanceTransactionId, settlement);
  if (refunded !== undefined) return unlessSame(state, { ...state, refundSteps: refunded.refundSteps });
  const payment = state.payments.find((each) => each.balanceTransactionId === balanceTransactionId);
  if (payment === undefined) return state;
  return withPayment(state, payment.id, (known) => ({ ...known, settlement: known.settlement ?? settlement }));
};

const withFetchedLines = (state: InvoiceState, lines: readonly BillingLine[]): InvoiceState => {
  const { invoice, fetchedLines } = state;
  if (invoice === null || fetchedLines !== null) return state;
  const fetched = lines.map((line) => lineOf(line, invoice.postedAt));
  return { ...state, fetchedLines: fetched, invoice: withLines(invoice, fetched) };
};

export const withInvoiceResult = (state: InvoiceState, result: CommandResult): Folded<InvoiceState> => {
  if (result.status !== 'succeeded') return withRefusal(state, result);
  if (result.type === 'FetchInvoiceLines') return { state: withFetchedLines(state, result.invoiceLines) };
  if (result.type !== 'FetchBalanceTransaction') return { state };
  return { state: withSettlement(state, result.objectId ?? '', settlementIn(result)) };
};
