import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { executor, fetchCreditNoteLines, fetchCreditNotes } from './support.ts';

const open = async () => {
  const box = await sandbox();
  const { stripe } = box;
  const customer = await stripe.customers.create({ email: 'ana@example.com' });
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const { latest_invoice: invoice } = await stripe.subscriptions.create({
    customer: customer.id,
    default_payment_method: card,
    automatic_tax: { enabled: true },
    items: [
      { price_data: { currency: 'usd', product: 'prod_1', unit_amount: 50_000, recurring: { interval: 'year' } } },
    ],
  });
  return {
    stripe,
    invoice: invoice as string,
    line: (await stripe.invoices.retrieve(invoice as string)).lines.data[0]!.id,
    execute: executor(box.running.url, { secretKey, timeoutMs: 10_000 }),
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
};

describe('FetchCreditNotes', () => {
  it('lists all notes of an invoice, page by page, with the refunds that they name', async () => {
    await using test = await open();
    const { stripe, invoice, line } = test;
    const custom = [{ type: 'custom_line_item' as const, description: 'x', quantity: 1, unit_amount: 10 }];
    for (let n = 0; n < 101; n++) await stripe.creditNotes.create({ invoice, lines: custom, credit_amount: 10 });
    const part = [{ type: 'invoice_line_item' as const, invoice_line_item: line, amount: 1_000 }];
    const note = await stripe.creditNotes.create({ invoice, lines: part, refund_amount: 1_082 });
    const refundId = note.refunds[0]!.refund as string;
    const { result } = await test.execute(fetchCreditNotes(invoice, refundId));
    expect(result).toMatchObject({ status: 'succeeded', objectId: refundId });
    expect(result.creditNotes).toHaveLength(102);
    expect(result.creditNotes.filter(({ refundIds }) => refundIds.length > 0)).toEqual([
      { id: note.id, void: false, total: 1_082n, tax: 82n, refundIds: [refundId] },
    ]);
  });

  it('of an invoice without any says so', async () => {
    await using test = await open();
    const { result } = await test.execute(fetchCreditNotes(test.invoice, 're_1'));
    expect(result).toMatchObject({ status: 'succeeded', objectId: 're_1', creditNotes: [] });
  });
});

describe('FetchCreditNoteLines', () => {
  it('has the lines that the event of the note has not', async () => {
    await using test = await open();
    const { stripe, invoice } = test;
    const lines = Array.from({ length: 12 }, (_, n) => ({
      type: 'custom_line_item' as const,
      description: `line ${n}`,
      quantity: 1,
      unit_amount: 100 + n,
    }));
    const total = lines.reduce((sum, { unit_amount: amount }) => sum + amount, 0);
    const note = await stripe.creditNotes.create({ invoice, lines, credit_amount: total });
    expect(note.lines.has_more).toBe(true);
    const { result } = await test.execute(fetchCreditNoteLines(note.id));
    expect(result).toMatchObject({ status: 'succeeded', objectId: note.id });
    expect(result.invoiceLines.map(({ amount }) => amount).sort()).toEqual(
      lines.map((each) => BigInt(each.unit_amount)),
    );
  });
});
