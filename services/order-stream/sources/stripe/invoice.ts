/**
 * Invoices, and what paid them. Since basil (2025-03-31) an invoice names neither its subscription (it is under
 * `parent`) nor its payment (`invoice_payment.*` tells); before, both stand on the invoice, and are told as the newer
 * versions tell them.
 */
import type { BillingFact } from '../../../../schemas/generated/types.ts';
import { billingFact } from './billing.ts';
import type { OtherFact, Teller } from './facts.ts';
import {
  amountIn,
  at,
  currencyOf,
  idOf,
  instant,
  isObject,
  isPartial,
  type Json,
  kindOf,
  listOf,
  integer,
  metadataOf,
  orderIdOf,
  rankIn,
  text,
} from './fields.ts';
import { invoiceLine, taxIn } from './lines.ts';

const invoiceRank = rankIn({ draft: 10, open: 20, uncollectible: 30, paid: 40, void: 40 });
const paymentRank = rankIn({ open: 10, paid: 20, canceled: 20 });

/** Until 2018-11-08 there was no status. */
const statusOf = (invoice: Json): string => {
  const status = text(invoice['status']);
  if (status !== null) return status;
  if (invoice['paid'] === true) return 'paid';
  if (invoice['forgiven'] === true) return 'uncollectible';
  return invoice['attempted'] === true || invoice['closed'] === true ? 'open' : 'draft';
};

const taxOf = (invoice: Json, currency: string): bigint =>
  taxIn(invoice, currency, 'total_taxes', 'total_tax_amounts') ?? amountIn(invoice, 'tax', currency) ?? 0n;

/** The subscription's metadata as they were when the invoice was made; old versions repeat them on the lines. */
const shopOrderOf = (invoice: Json): string | null => {
  const details = [at(invoice, 'parent', 'subscription_details'), invoice['subscription_details']];
  const lines = listOf(invoice['lines']).filter((line) => line['type'] === 'subscription');
  return [...details, ...lines].filter(isObject).reduce<string | null>((found, each) => found ?? orderIdOf(each), null);
};

/** What was paid by other means. Until basil all of an invoice was, or nothing. */
const paidOffStripe = (invoice: Json, currency: string): bigint | null =>
  amountIn(invoice, 'amount_paid_off_stripe', currency) ??
  (invoice['paid_out_of_band'] === true ? amountIn(invoice, 'amount_paid', currency) : null);

type Payment = Readonly<{ id: string | null; invoiceId: string; currency: string; status: string; by: unknown }> &
  Pick<BillingFact, 'amountPaid'>;

/**
 * A payment is known by what it was made with: old invoices give it no id of its own. What was paid by other means than
 * Stripe has a payment record, or nothing.
 */
const paymentFact = (teller: Teller, payment: Payment): readonly OtherFact[] => {
  const { invoiceId, currency, status, amountPaid, id, by } = payment;
  const named = (name: string): string | null => idOf(at({ by }, 'by', name));
  const paymentIntentId = named('payment_intent');
  const chargeId = paymentIntentId === null ? named('charge') : null;
  const ofStripe = paymentIntentId ?? chargeId;
  const objectId = ofStripe ?? named('payment_record') ?? id;
  if (objectId === null) return [];
  const paymentType = ofStripe === null ? text(at({ by }, 'by', 'type')) : null;
  const kind = kindOf('invoice_payment', status, paymentRank);
  const about = { invoiceId, paymentIntentId, chargeId, currency, amountPaid, paymentType };
  return [
    billingFact(teller, `invoice:${invoiceId}`, { kind, objectId, status, statusRank: paymentRank(status), ...about }),
  ];
};

export const invoicePaymentFacts = (payment: Json, teller: Teller): readonly OtherFact[] => {
  const invoiceId = idOf(payment['invoice']);
  if (invoiceId === null) return [];
  const currency = currencyOf(payment);
  const status = text(payment['status']) ?? 'unknown';
  const amountPaid = amountIn(payment, 'amount_paid', currency);
  return paymentFact(teller, {
    id: text(payment['id']),
    invoiceId,
    currency,
    status,
    amountPaid,
    by: payment['payment'],
  });
};

export const invoiceFacts = (invoice: Json, teller: Teller): readonly OtherFact[] => {
  const invoiceId = text(invoice['id']);
  if (invoiceId === null) return [];
  const status = statusOf(invoice);
  const currency = currencyOf(invoice);
  const amount = (name: string): bigint | null => amountIn(invoice, name, currency);
  const amountPaid = amount('amount_paid');
  const endingBalance = amount('ending_balance');
  const own = billingFact(teller, `invoice:${invoiceId}`, {
    kind: teller.type === 'invoice.deleted' ? 'invoice.deleted' : kindOf('invoice', status, invoiceRank),
    objectId: invoiceId,
    status,
    statusRank: invoiceRank(status),
    invoiceId,
    customerId: idOf(invoice['customer']),
    subscriptionId:
      idOf(at(invoice, 'parent', 'subscription_details', 'subscription')) ?? idOf(invoice['subscription']),
    number: text(invoice['number']),
    billingReason: text(invoice['billing_reason']),
    collectionMethod: text(invoice['collection_method']) ?? text(invoice['billing']),
    currency,
    subtotal: amount('subtotal'),
    tax: taxOf(invoice, currency),
    total: amount('total'),
    amountDue: amount('amount_due'),
    amountPaid,
    amountRemaining: amount('amount_remaining'),
    periodStart: instant(invoice['period_start']),
    periodEnd: instant(invoice['period_end']),
    lines: listOf(invoice['lines']).flatMap((line) => invoiceLine(line, currency)),
    linesComplete: !isPartial(invoice['lines']),
    metadata: metadataOf(invoice),
    createdAt: instant(invoice['created']) ?? instant(invoice['date']),
    finalizedAt: instant(at(invoice, 'status_transitions', 'finalized_at')) ?? instant(invoice['finalized_at']),
    customerEmail: text(invoice['customer_email']),
    customerName: text(invoice['customer_name']),
    // The count alone does not say whether the attempt failed or is on its way.
    failedAttempt: teller.type === 'invoice.payment_failed' ? integer(invoice['attempt_count']) : null,
    nextAttemptAt: instant(invoice['next_payment_attempt']),
    paidOffStripe: paidOffStripe(invoice, currency),
    shopOrderId: shopOrderOf(invoice),
    // Before it is finalised it says what the balance is now.
    startingBalance: endingBalance === null ? null : amount('starting_balance'),
    endingBalance,
    creditedOff: amount('pre_payment_credit_notes_amount'),
  });
  const old =
    status === 'paid' ? paymentFact(teller, { id: null, invoiceId, currency, status, amountPaid, by: invoice }) : [];
  const embedded = listOf(invoice['payments']).flatMap((payment) =>
    invoicePaymentFacts({ currency: invoice['currency'], ...payment, invoice: invoiceId }, teller),
  );
  return [own, ...old, ...embedded];
};
