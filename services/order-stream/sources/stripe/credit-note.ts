/**
 * Credit notes, which take back a part of an invoice that was finalised. They first take off what it asks for; what is
 * left is paid back by refunds, by other means, or goes to the customer's balance. Until basil (2025-03-31) a note did one
 * of the two, by its type, and named one refund, without its amount.
 */
import type { BillingFact, BillingLine, CreditNoteSaid, NotedRefund } from '../../../../schemas/generated/types.ts';
import { billingFact } from './billing.ts';
import type { OtherFact, Teller } from './facts.ts';
import {
  amountIn,
  amountOf,
  currencyOf,
  idOf,
  instant,
  isPartial,
  type Json,
  kindOf,
  listOf,
  rankIn,
  text,
} from './fields.ts';
import { discountIn, includedIn, taxIn } from './lines.ts';

const creditNoteRank = rankIn({ issued: 10, void: 20 });

const refundsIn = (note: Json, currency: string): readonly NotedRefund[] => {
  const listed = listOf(note['refunds']).map((each) => ({
    refundId: idOf(each['refund']),
    amount: amountIn(each, 'amount_refunded', currency),
  }));
  const named = idOf(note['refund']);
  if (listed.length > 0 || named === null) return listed;
  return [{ refundId: named, amount: null }];
};

/** Null when neither the amounts nor the type say it. */
const offInvoiceIn = (note: Json, currency: string, total: bigint): bigint | null => {
  const told = amountIn(note, 'pre_payment_amount', currency);
  if (told !== null) return told;
  const type = text(note['type']);
  if (type === 'pre_payment') return total;
  return type === 'post_payment' ? 0n : null;
};

const saidBy = (note: Json, currency: string, total: bigint): CreditNoteSaid => ({
  reason: text(note['reason']),
  offInvoice: offInvoiceIn(note, currency, total),
  outside: amountIn(note, 'out_of_band_amount', currency) ?? 0n,
  refunds: [...refundsIn(note, currency)],
  balanceTransactionId: idOf(note['customer_balance_transaction']),
});

/** With tax, after discounts. @throws RefusedEventError */
const totalOf = (note: Json, currency: string): bigint =>
  amountIn(note, 'total', currency) ?? amountOf(note, 'amount', currency);

const taxOf = (note: Json, currency: string): bigint => taxIn(note, currency, 'total_taxes', 'tax_amounts') ?? 0n;

/** A line of one, as a line that takes nothing over a time. */
export const creditNoteLine = (line: Json, currency: string): readonly BillingLine[] => {
  const lineId = text(line['id']);
  if (lineId === null) return [];
  const quantity = line['quantity'];
  return [
    {
      lineId,
      priceId: null,
      productId: null,
      description: text(line['description']),
      quantity: typeof quantity === 'number' && Number.isSafeInteger(quantity) ? BigInt(quantity) : null,
      amount: amountIn(line, 'amount', currency),
      tax: taxIn(line, currency, 'taxes', 'tax_amounts'),
      periodStart: null,
      periodEnd: null,
      proration: false,
      discount: discountIn(line, currency),
      taxIncluded: includedIn(line, currency),
      invoiceLineId: idOf(line['invoice_line_item']),
    },
  ];
};

/** What is told of a note when it is one of a list. */
export const listedCreditNote = (note: Json, currency: string) => {
  const total = totalOf(note, currency);
  return {
    id: text(note['id']) ?? '',
    void: note['status'] === 'void',
    total,
    tax: taxOf(note, currency),
    refundIds: refundsIn(note, currency).flatMap(({ refundId }) => refundId ?? []),
  };
};

export const creditNoteFacts = (note: Json, teller: Teller): readonly OtherFact[] => {
  const invoiceId = idOf(note['invoice']);
  const objectId = text(note['id']);
  if (invoiceId === null || objectId === null) return [];
  const currency = currencyOf(note);
  const status = text(note['status']) ?? 'unknown';
  const total = totalOf(note, currency);
  const told: Partial<BillingFact> = {
    invoiceId,
    customerId: idOf(note['customer']),
    number: text(note['number']),
    total,
    tax: taxOf(note, currency),
    lines: listOf(note['lines']).flatMap((line) => creditNoteLine(line, currency)),
    linesComplete: !isPartial(note['lines']),
    createdAt: instant(note['created']),
    creditNote: saidBy(note, currency, total),
  };
  return [
    billingFact(teller, `invoice:${invoiceId}`, {
      kind: kindOf('credit_note', status, creditNoteRank),
      objectId,
      status,
      statusRank: creditNoteRank(status),
      currency,
      ...told,
    }),
  ];
};
