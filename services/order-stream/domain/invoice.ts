/**
 * What is known of an invoice at Stripe, folded from facts about it, about what paid it and about what came of that, in
 * whatever order they come. A finalised invoice never changes what it says; only what becomes of it is told later.
 */
import type {
  BillingFact,
  BillingLine,
  CommandResult,
  CreditUsed,
  FailedAttempt,
  InvoiceLine,
  InvoicePayment,
  InvoiceState,
  InvoiceTold,
  Moment,
  OutsidePayment,
  PaymentFact,
  Settlement,
} from '../../../schemas/generated/types.ts';
import { creditedOffBy, splitNotes, withClaim, withCreditNote, withNoteLines } from './credit-notes.ts';
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
  refundClaims: [],
  creditedOff: 0n,
  voidedWithout: 0n,
  creditUsed: null,
  outside: [],
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

/** What it took of the balance of its customer, where it says so. */
const creditUsedOf = (fact: BillingFact): CreditUsed | undefined => {
  const { startingBalance: start, endingBalance: end, total, amountDue: due, creditedOff } = fact;
  if (start === null || end === null) return undefined;
  const amount = end - start;
  const asked = (total ?? 0n) - amount - (creditedOff ?? 0n);
  return { amount, unexplained: (due ?? asked) - asked, ...momentOf(fact) };
};

/**
 * What was paid by other means, by id. Old versions say of an invoice that all of it was; newer ones tell of each payment.
 * Where both do, the way that is heard first counts: they say the same.
 */
const withOutside = (outside: InvoiceState['outside'], told: OutsidePayment): InvoiceState['outside'] => {
  const isWhole = ({ type }: OutsidePayment): boolean => type === OF_INVOICE;
  if (outside.some((each) => isWhole(each) !== isWhole(told))) return outside;
  return withEarliest(
    outside,
    told,
    (left, right) => left.id === right.id,
    (left, right) => (left.id < right.id ? -1 : 1),
  );
};

/** The type of a payment that is told by its invoice alone. */
const OF_INVOICE = 'invoice';

const outsideOf = (fact: BillingFact): OutsidePayment | undefined => {
  const { objectId: id, status, paidOffStripe: amount, currency } = fact;
  if (status !== 'paid' || amount === null || amount <= 0n) return undefined;
  return { id, amount, currency, type: OF_INVOICE, ...momentOf(fact) };
};

/** The rank from which an invoice is final: drafts change, and come to nothing when they are deleted. */
const OPEN = 20;

const withVoid = (state: InvoiceState, fact: BillingFact): Pick<InvoiceState, 'voided' | 'voidedWithout'> => {
  const voided = earliest(state.voided, momentOf(fact));
  return voided === state.voided ? state : { voided, voidedWithout: fact.creditedOff ?? 0n };
};

const withInvoice = (state: InvoiceState, fact: BillingFact): InvoiceState => {
  if (fact.statusRank < OPEN || fact.kind === 'invoice.deleted') return state;
  const { status, amountRemaining } = fact;
  const moment = momentOf(fact);
  const attempt = attemptOf(fact);
  const used = creditUsedOf(fact);
  const outside = outsideOf(fact);
  const { voided, voidedWithout } = status === 'void' ? withVoid(state, fact) : state;
  return {
    ...state,
    voided,
    voidedWithout,
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
    ...(status === 'uncollectible' && {
      writtenOff: earliest(state.writtenOff, { amount: amountRemaining ?? fact.amountDue ?? 0n, ...moment }),
    }),
    ...(used && { creditUsed: earliest(state.creditUsed, used) }),
    ...(outside && { outside: withOutside(state.outside, outside) }),
  };
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
  const { objectId, status, currency, amountPaid, paymentIntentId, chargeId, paymentType: type } = fact;
  if (status !== 'paid' || amountPaid === null) return state;
  const told = { amount: amountPaid, currency, ...momentOf(fact) };
  if (paymentIntentId === null && chargeId === null)
    return { ...state, outside: withOutside(state.outside, { id: objectId, type, ...told }) };
  return withPayment(state, objectId, (known) => ({
    ...known,
    paymentIntentId: either(known.paymentIntentId, fact.paymentIntentId),
    chargeId: either(known.chargeId, fact.chargeId),
    paid: earliest(known.paid, told),
  }));
};

/** Refunds are paid back of what the invoice came to; those of no credit note take their share of its tax. */
const refundable = ({ invoice, refunds, refundSteps, refundClaims }: InvoiceState): Refundable => {
  const claims = new Map(refundClaims.map((claim) => [claim.refundId, claim]));
  return {
    refunds: refunds.filter(({ id }) => claims.has(id)),
    refundSteps,
    paid: null,
    placed: invoice && { total: invoice.total, giftCard: 0n, tax: invoice.tax },
    claimOf: (refundId) => claims.get(refundId),
  };
};

/** With what follows from all that is told of refunds and credit notes. */
const withCredits = (state: InvoiceState): InvoiceState => {
  const creditNotes = splitNotes(state.creditNotes, state);
  const { refundSteps } = withRefundSteps(refundable(state));
  return { ...state, creditNotes, creditedOff: creditedOffBy(creditNotes), refundSteps };
};

/** The same state when every part of it is. */
const unlessSame = (state: InvoiceState, next: InvoiceState): InvoiceState =>
  (Object.keys(next) as (keyof InvoiceState)[]).every((name) => next[name] === state[name]) ? state : next;

const toldBilling = (state: InvoiceState, fact: BillingFact): InvoiceState => {
  if (fact.kind.startsWith('invoice_payment.')) return withPaymentOfInvoice(state, fact);
  if (fact.kind.startsWith('credit_note.')) return { ...state, creditNotes: withCreditNote(state.creditNotes, fact) };
  return withInvoice(state, fact);
};

/** A fact about the invoice, a payment of it, or a credit note. */
export const withBilling = (state: InvoiceState, fact: BillingFact): Folded<InvoiceState> => ({
  state: unlessSame(state, withCredits(toldBilling(state, fact))),
});

/** A fact about a PaymentIntent, charge, refund or dispute that the invoice was paid with. */
export const withInvoiceMoney = (state: InvoiceState, fact: PaymentFact): Folded<InvoiceState> => {
  if (fact.kind.startsWith('refund.')) {
    const refunds = withRefund(state.refunds, fact);
    return { state: refunds === state.refunds ? state : withCredits({ ...state, refunds }) };
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
  const { type, invoiceLines } = result;
  const objectId = result.objectId ?? '';
  switch (type) {
    case 'FetchInvoiceLines':
      return { state: withFetchedLines(state, invoiceLines) };
    case 'FetchCreditNoteLines':
      return {
        state: unlessSame(
          state,
          withCredits({ ...state, creditNotes: withNoteLines(state.creditNotes, objectId, invoiceLines) }),
        ),
      };
    case 'FetchCreditNotes':
      return {
        state: unlessSame(
          state,
          withCredits({ ...state, refundClaims: withClaim(state.refundClaims, objectId, result.creditNotes) }),
        ),
      };
    case 'FetchBalanceTransaction':
      return { state: withSettlement(state, objectId, settlementIn(result)) };
    default:
      return { state };
  }
};
