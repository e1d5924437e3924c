/** Stripe's invoices and subscriptions against the ledger's. */
import type { Billed, Facts, Ledger, LedgerInvoice, Payment } from './facts.ts';
import { creditedNet, invoiceCreditFindings } from './invoice-credits.ts';
import type { Finding } from './judge.ts';

/** What of all sides this is about. */
export type BillingSides = Pick<Facts, 'invoices' | 'subscriptions' | 'payments'> &
  Readonly<{ ledger: Pick<Ledger, 'invoices' | 'subscriptions' | 'payments' | 'fees' | 'creditMemos'> }>;

/**
 * What the schedule must come to: what was invoiced without tax, less what credit notes, and refunds that belong to none of
 * them, took back of it.
 */
const expectedRevenue = (invoice: Billed, facts: BillingSides): bigint => {
  if (invoice.status === 'void') return 0n;
  const back = facts.ledger.creditMemos
    .filter(({ orderId, reversedBy }) => orderId === invoice.orderId && reversedBy === null)
    .filter(({ refundId }) => !invoice.notedRefunds.includes(refundId))
    .reduce((sum, { amount, tax }) => sum + amount - tax, 0n);
  return invoice.total - invoice.tax - back - creditedNet(invoice);
};

const postedFindings = (invoice: Billed, posted: readonly LedgerInvoice[], facts: BillingSides): readonly Finding[] => {
  const found: Finding[] = [];
  const { orderId, total, tax, currency, status } = invoice;
  const say = (kind: Finding['kind'], message: string): void => void found.push({ kind, orderId, message });
  if (posted.length === 0) say('lost', `${status} at Stripe over ${total} ${currency}, but the ledger has no invoice`);
  for (const own of posted) {
    if (own.total !== total || own.tax !== tax || own.currency !== currency)
      say(
        'mismatched',
        `the ledger's invoice is over ${own.total} ${own.currency} with ${own.tax} of tax, Stripe's over ${total} ${currency} with ${tax} (minor units)`,
      );
    const isVoid = own.ends.includes('void');
    if (status === 'void' && !isVoid) say('lost', 'void at Stripe, but it stands in the ledger');
    if (status !== 'void' && isVoid) say('mismatched', `void in the ledger, but ${status} at Stripe`);
    const isOff = own.ends.includes('written off') && !own.ends.includes('write-off reversed');
    if (status === 'uncollectible' && !isOff) say('lost', 'uncollectible at Stripe, but owed in the ledger');
    if (status !== 'uncollectible' && isOff) say('mismatched', `written off in the ledger, but ${status} at Stripe`);
    const expected = expectedRevenue(invoice, facts);
    if (own.revenue !== expected)
      say(
        'mismatched',
        `its schedule comes to ${own.revenue}, what was invoiced and not taken back to ${expected} (minor units)`,
      );
    found.push(...invoiceCreditFindings(invoice, own));
  }
  return found;
};

const paymentFindings = (
  invoice: Billed,
  facts: BillingSides,
  payments: ReadonlyMap<string, Payment>,
): readonly Finding[] => {
  const found: Finding[] = [];
  const { orderId, paidBy, currency } = invoice;
  const say = (kind: Finding['kind'], message: string): void => void found.push({ kind, orderId, message });
  const booked = facts.ledger.payments.filter((payment) => payment.orderId === orderId);
  const fees = facts.ledger.fees.filter((fee) => fee.orderId === orderId);
  for (const { paymentIntentId, amount } of paidBy) {
    const own = booked.filter((payment) => payment.paymentIntentId === paymentIntentId);
    if (own.length === 0) say('lost', `paid at Stripe (${paymentIntentId}), but the ledger has no payment`);
    if (own.length > 1) say('doubled', `the ledger has ${own.length} payments by ${paymentIntentId}`);
    for (const payment of own)
      if (payment.amount !== amount || payment.currency !== currency)
        say(
          'mismatched',
          `the ledger has a payment of ${payment.amount} ${payment.currency}, Stripe has ${amount} ${currency} of ${paymentIntentId} (minor units)`,
        );
    const kept = payments.get(paymentIntentId)?.fee ?? null;
    const taken = fees.find(({ balanceTransactionId }) => balanceTransactionId === kept?.balanceTransactionId);
    if (kept !== null && own.length > 0 && (taken?.fee !== kept.fee || taken.currency !== kept.currency))
      say(
        'mismatched',
        `Stripe kept ${kept.fee} ${kept.currency} of ${paymentIntentId}, the ledger says ${taken === undefined ? 'nothing' : `${taken.fee} ${taken.currency}`} (minor units)`,
      );
  }
  for (const { paymentIntentId } of booked)
    if (!paidBy.some((paid) => paid.paymentIntentId === paymentIntentId))
      say('mismatched', `the ledger has a payment by ${paymentIntentId ?? 'nothing'}, which did not pay it at Stripe`);
  return found;
};

export const invoiceFindings = (facts: BillingSides): Finding[] => {
  const posted = Map.groupBy(facts.ledger.invoices, ({ orderId }) => orderId);
  const payments = new Map(facts.payments.map((payment) => [payment.id, payment]));
  const known = new Set(facts.invoices.map(({ orderId }) => orderId));
  const told = new Map(facts.ledger.subscriptions.map(({ id, status }) => [id, status]));
  return [
    ...facts.invoices.flatMap((invoice) => [
      ...postedFindings(invoice, posted.get(invoice.orderId) ?? [], facts),
      ...paymentFindings(invoice, facts, payments),
    ]),
    ...facts.ledger.invoices
      .filter(({ orderId }) => !known.has(orderId))
      .map(({ orderId }) => ({ kind: 'mismatched' as const, orderId, message: 'the ledger has it, Stripe has not' })),
    ...facts.subscriptions
      .filter(({ id, status }) => told.get(id) !== status)
      .map(({ id, status }) => ({
        kind: 'lost' as const,
        orderId: `subscription:${id}`,
        message: `${status} at Stripe, but the ledger says ${told.get(id) ?? 'nothing of it'}`,
      })),
  ];
};
