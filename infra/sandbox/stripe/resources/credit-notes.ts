import type Stripe from 'stripe';
import { invalidParameter, refused } from '../errors.ts';
import { decodeForm, type Params } from '../form.ts';
import { mergeMetadata } from '../metadata.ts';
import { idOf } from '../objects.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { elements, reading } from '../params.ts';
import { fetched, referenced } from '../world.ts';
import type { Operation, World } from '../world.ts';
import { moveBalance } from './customer-balance.ts';
import { asksFor, type Invoice, type LineItem, paymentOf, taxes } from './invoices.ts';
import { createRefund } from './refunds.ts';

/** What of a credit note there is here: the fields that somebody reads. */
export type CreditNote = Pick<
  Stripe.CreditNote,
  | 'id'
  | 'object'
  | 'amount'
  | 'created'
  | 'currency'
  | 'discount_amount'
  | 'livemode'
  | 'memo'
  | 'metadata'
  | 'number'
  | 'out_of_band_amount'
  | 'post_payment_amount'
  | 'pre_payment_amount'
  | 'reason'
  | 'status'
  | 'subtotal'
  | 'total'
  | 'total_excluding_tax'
  | 'type'
  | 'voided_at'
> & {
  customer: string;
  customer_balance_transaction: string | null;
  invoice: string;
  lines: { object: 'list'; data: object[]; has_more: boolean; total_count: number; url: string };
  refunds: { amount_refunded: number; payment_record_refund: null; refund: string; type: 'refund' }[];
  total_taxes: object[];
};

export type CreditNoteLine = { id: string; object: 'credit_note_line_item'; credit_note: string } & Record<
  string,
  unknown
>;

/** How many lines come with a note. */
const embedded = 10;

interface Credited {
  amount: bigint;
  tax: bigint;
  description: string | null;
  quantity: number | null;
  invoiceLine: string | null;
}

const taxOf = (line: LineItem): bigint =>
  (line['taxes'] as readonly { amount: number }[]).reduce((sum, { amount }) => sum + BigInt(amount), 0n);

/** A part of an invoice's line, without tax; its tax goes with it, rounded down. */
const ofLine = (world: World, invoice: Invoice, sent: Params): Credited => {
  const read = reading(sent);
  const type = read.choice('type', ['invoice_line_item', 'custom_line_item'] as const);
  const lineId = read.text('invoice_line_item');
  const amount = read.integer('amount');
  const quantity = read.integer('quantity');
  const unit = read.integer('unit_amount');
  const description = read.text('description') ?? null;
  read.ignore('metadata', 'tax_rates', 'tax_amounts');
  read.end();
  if (type === 'custom_line_item') {
    const units = BigInt(quantity ?? 1) * BigInt(unit ?? 0);
    return { amount: units, tax: 0n, description, quantity: quantity ?? 1, invoiceLine: null };
  }
  const line = referenced(world, 'line_item', lineId ?? '', 'lines[invoice_line_item]');
  if (line.invoice !== invoice.id) throw invalidParameter(`${line.id} is not of this invoice.`, 'lines');
  const whole = BigInt(line['amount'] as number);
  const part =
    amount === undefined ? (whole * BigInt(quantity ?? 0)) / BigInt(line['quantity'] as number) : BigInt(amount);
  if (part <= 0n || part > whole) throw invalidParameter(`${line.id} is over ${whole}.`, 'lines');
  const about = { description: description ?? (line['description'] as string), invoiceLine: line.id };
  return { ...about, amount: part, tax: (taxOf(line) * part) / whole, quantity: quantity ?? null };
};

const newLine = (world: World, note: string, { amount, tax, ...rest }: Credited): CreditNoteLine => ({
  id: world.newId('cnli'),
  object: 'credit_note_line_item',
  amount: Number(amount),
  credit_note: note,
  description: rest.description,
  discount_amount: 0,
  discount_amounts: [],
  ...(rest.invoiceLine !== null && { invoice_line_item: rest.invoiceLine }),
  livemode: false,
  metadata: {},
  pretax_credit_amounts: [],
  quantity: rest.quantity,
  tax_rates: [],
  taxes: taxes(tax, amount),
  type: rest.invoiceLine === null ? 'custom_line_item' : 'invoice_line_item',
  unit_amount: null,
  unit_amount_decimal: null,
});

/** Pays a part of an invoice back, as a request for a refund would. */
const refunded = (world: World, invoice: Invoice, amount: number): Stripe.Refund => {
  const intent = paymentOf(world, invoice.id)?.payment.payment_intent;
  if (intent === undefined) throw refused(`Invoice ${invoice.id} has no payment to refund.`, 'resource_missing');
  const params = decodeForm(`payment_intent=${intent}&amount=${amount}`);
  return createRefund({ world, params, read: reading(params), path: {}, publishable: false }) as Stripe.Refund;
};

const linked = (world: World, sent: Params): Stripe.Refund => {
  const read = reading(sent);
  const id = read.required('refund');
  read.ignore('amount_refunded', 'type');
  read.end();
  return referenced(world, 'refund', id, 'refunds[refund]');
};

export const createCreditNote =
  (paid: (world: World, invoice: Invoice) => void): Operation =>
  ({ world, read }) => {
    const invoiceId = read.required('invoice');
    const sentLines = read.record('lines');
    const toRefund = read.integer('refund_amount') ?? 0;
    const toBalance = read.integer('credit_amount') ?? 0;
    const outside = read.integer('out_of_band_amount') ?? 0;
    const sentRefunds = read.record('refunds');
    const reasons = ['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'] as const;
    const reason = read.choice('reason', reasons) ?? null;
    const memo = read.text('memo') ?? null;
    const metadata = mergeMetadata({}, read.record('metadata'));
    read.ignore('email_type', 'effective_at');
    read.end();
    const invoice = referenced(world, 'invoice', invoiceId, 'invoice');
    if (invoice.status !== 'open' && invoice.status !== 'paid')
      throw refused(`Invoice ${invoice.id} is ${invoice.status}.`, 'invoice_not_editable');
    const credited = elements(sentLines ?? {}).map((line) => ofLine(world, invoice, line as Params));
    if (credited.length === 0) throw invalidParameter('One of lines must be given.', 'lines', 'parameter_missing');
    const subtotal = credited.reduce((sum, { amount }) => sum + amount, 0n);
    const tax = credited.reduce((sum, line) => sum + line.tax, 0n);
    const total = Number(subtotal + tax);
    const left = invoice.total - invoice.pre_payment_credit_notes_amount - invoice.post_payment_credit_notes_amount;
    if (total > left) throw refused(`Only ${left} of ${invoice.id} can be credited.`, 'credit_note_too_large');
    const before = Math.min(total, invoice.status === 'open' ? invoice.amount_remaining : 0);
    const after = total - before;
    const refunds = [
      ...(toRefund > 0 ? [refunded(world, invoice, toRefund)] : []),
      ...elements(sentRefunds ?? {}).map((each) => linked(world, each as Params)),
    ];
    const paidBack = refunds.reduce((sum, { amount }) => sum + amount, 0);
    if (paidBack + toBalance + outside !== after)
      throw refused(`The refunds and credits must come to ${after}.`, 'credit_note_post_payment_amount');

    const id = world.newId('cn');
    const created = world.clock.seconds();
    const customer = idOf(invoice.customer) ?? '';
    const lines = credited.map((line) => newLine(world, id, line));
    for (const line of lines) world.journal.insert('credit_note_line_item', line, created);
    const count = world.journal.all('credit_note', { where: { invoice: invoice.id } }).length;
    const about = { credit_note: id, invoice: invoice.id };
    const movement =
      toBalance === 0 ? null : moveBalance(world, customer, -toBalance, invoice.currency, 'credit_note', about);
    const note: CreditNote = {
      id,
      object: 'credit_note',
      amount: total,
      created,
      currency: invoice.currency,
      customer,
      customer_balance_transaction: movement?.id ?? null,
      discount_amount: 0,
      invoice: invoice.id,
      lines: {
        object: 'list',
        data: lines.slice(0, embedded),
        has_more: lines.length > embedded,
        total_count: lines.length,
        url: `/v1/credit_notes/${id}/lines`,
      },
      livemode: false,
      memo,
      metadata,
      number: `${invoice.number ?? invoice.id}-CN-${String(count + 1).padStart(2, '0')}`,
      out_of_band_amount: outside === 0 ? null : outside,
      post_payment_amount: after,
      pre_payment_amount: before,
      reason,
      refunds: refunds.map(({ id: refund, amount }) => ({
        amount_refunded: amount,
        payment_record_refund: null,
        refund,
        type: 'refund',
      })),
      status: 'issued',
      subtotal: Number(subtotal),
      total,
      total_excluding_tax: Number(subtotal),
      total_taxes: taxes(tax, subtotal),
      type: before === 0 ? 'post_payment' : after === 0 ? 'pre_payment' : 'mixed',
      voided_at: null,
    };
    world.journal.insert('credit_note', note, created);
    const changed = asksFor(world, invoice, -before, { post_payment_credit_notes_amount: after });
    world.emit('credit_note.created', note);
    world.emit('invoice.updated', changed);
    if (changed.status === 'paid' && invoice.status === 'open') {
      world.emit('invoice.paid', changed);
      paid(world, changed);
    }
    return note;
  };

export const voidCreditNote: Operation = ({ world, read, path }) => {
  read.end();
  const note = fetched(world, 'credit_note', path['id'] ?? '');
  const invoice = fetched(world, 'invoice', note.invoice);
  if (note.status === 'void' || invoice.status !== 'open' || note.post_payment_amount !== 0)
    throw refused(`Credit note ${note.id} cannot be voided.`, 'credit_note_not_voidable');
  const voided: CreditNote = { ...note, status: 'void', voided_at: world.clock.seconds() };
  world.journal.update('credit_note', voided);
  const changed = asksFor(world, invoice, note.pre_payment_amount, {});
  world.emit('credit_note.voided', voided);
  world.emit('invoice.updated', changed);
  return voided;
};

export const retrieveCreditNote: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'credit_note', path['id'] ?? '');
};

export const listCreditNotes: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const invoice = read.text('invoice');
  const customer = read.text('customer');
  const created = readCreated(read, params);
  read.end();
  const where = { ...(invoice != null && { invoice }), ...(customer != null && { customer }) };
  return listed(world, 'credit_note', '/v1/credit_notes', { where, ...created }, cursor);
};

export const listCreditNoteLines: Operation = ({ world, read, path }) => {
  const cursor = readCursor(read);
  read.end();
  const { id } = fetched(world, 'credit_note', path['id'] ?? '');
  return listed(world, 'credit_note_line_item', `/v1/credit_notes/${id}/lines`, { where: { credit_note: id } }, cursor);
};
