import { describe, expect, test } from 'vitest';
import { failure, type Sandbox, sandbox } from './testing/sandbox.ts';

const subscribed = async ({ stripe }: Sandbox, amount = 2_000) => {
  const customer = await stripe.customers.create({ email: 'ana@example.com', name: 'Ana' });
  const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    default_payment_method: card,
    automatic_tax: { enabled: true },
    items: [
      { price_data: { currency: 'usd', product: 'prod_1', unit_amount: amount, recurring: { interval: 'month' } } },
    ],
  });
  return { customer: customer.id, card, subscription };
};

/** The next invoice, which nothing pays. */
const unpaid = async (box: Sandbox, { customer, subscription }: Awaited<ReturnType<typeof subscribed>>) => {
  const bad = await box.stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer });
  await box.stripe.subscriptions.update(subscription.id, { default_payment_method: bad.id });
  const { latest_invoice: id } = await box.hook<{ latest_invoice: string }>(
    `/subscriptions/${subscription.id}/renew`,
    {},
  );
  return box.stripe.invoices.retrieve(id);
};

describe('a credit note', () => {
  test('takes off an open invoice first, and the payment that is to pay it asks for as much less', async () => {
    await using box = await sandbox();
    const { stripe } = box;
    const invoice = await unpaid(box, await subscribed(box));
    const line = invoice.lines.data[0]!.id;
    const lines = [{ type: 'invoice_line_item' as const, invoice_line_item: line, amount: 500 }];
    const note = await stripe.creditNotes.create({ invoice: invoice.id, lines });
    expect(note).toMatchObject({ total: 541, pre_payment_amount: 541, post_payment_amount: 0, type: 'pre_payment' });
    expect(note.lines.data).toMatchObject([{ invoice_line_item: line, amount: 500, taxes: [{ amount: 41 }] }]);
    const less = { amount_due: 1_624, amount_remaining: 1_624, pre_payment_credit_notes_amount: 541, total: 2_165 };
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject(less);
    expect((await stripe.creditNotes.voidCreditNote(note.id)).status).toBe('void');
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ amount_due: 2_165 });
    expect((await failure(stripe.creditNotes.voidCreditNote(note.id))).message).toContain('cannot be voided');
    await stripe.creditNotes.create({ invoice: invoice.id, lines });
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: invoice.customer as string });
    expect(await stripe.invoices.pay(invoice.id, { payment_method: card.id })).toMatchObject({ amount_paid: 1_624 });
    const { data } = await stripe.invoicePayments.list({ invoice: invoice.id });
    const intent = await stripe.paymentIntents.retrieve(data[0]!.payment.payment_intent as string);
    expect(intent).toMatchObject({ amount_received: 1_624 });
  });

  test('of all of an open invoice pays it', async () => {
    await using box = await sandbox();
    const { stripe } = box;
    const invoice = await unpaid(box, await subscribed(box));
    const line = invoice.lines.data[0]!.id;
    const all = [{ type: 'invoice_line_item' as const, invoice_line_item: line, quantity: 1 }];
    await stripe.creditNotes.create({ invoice: invoice.id, lines: all });
    expect(await stripe.invoices.retrieve(invoice.id)).toMatchObject({ status: 'paid', amount_due: 0, amount_paid: 0 });
    expect(await stripe.subscriptions.list({ customer: invoice.customer as string })).toMatchObject({
      data: [{ status: 'active' }],
    });
    expect((await failure(stripe.creditNotes.create({ invoice: invoice.id, lines: all }))).code).toBe(
      'credit_note_too_large',
    );
  });

  test('of a paid one is paid back, kept for later, or paid elsewhere, and must come to its parts', async () => {
    await using box = await sandbox();
    const { stripe } = box;
    const { subscription, customer } = await subscribed(box);
    const invoice = await stripe.invoices.retrieve(subscription.latest_invoice as string);
    const lines = [{ type: 'custom_line_item' as const, description: 'sorry', quantity: 1, unit_amount: 1_000 }];
    const about = { invoice: invoice.id, lines, refund_amount: 600, credit_amount: 300 };
    expect((await failure(stripe.creditNotes.create(about))).message).toContain('must come to 1000');
    const note = await stripe.creditNotes.create({ ...about, out_of_band_amount: 100 });
    expect(note).toMatchObject({ pre_payment_amount: 0, post_payment_amount: 1_000, type: 'post_payment' });
    expect(note.refunds).toMatchObject([{ amount_refunded: 600, type: 'refund' }]);
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: -300 });
    expect((await stripe.customers.listBalanceTransactions(customer)).data).toMatchObject([
      { amount: -300, ending_balance: -300, type: 'credit_note', credit_note: note.id },
    ]);
    expect((await stripe.creditNotes.list({ invoice: invoice.id })).data).toMatchObject([{ id: note.id }]);

    // The next invoice takes it.
    const { latest_invoice: next } = await box.hook<{ latest_invoice: string }>(
      `/subscriptions/${subscription.id}/renew`,
      {},
    );
    expect(await stripe.invoices.retrieve(next)).toMatchObject({
      starting_balance: -300,
      ending_balance: 0,
      total: 2_165,
      amount_due: 1_865,
      amount_paid: 1_865,
    });
    expect(await stripe.customers.retrieve(customer)).toMatchObject({ balance: 0 });
  });
});

test('an invoice that is void gives its customer back what it had taken', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const about = await subscribed(box);
  await stripe.customers.createBalanceTransaction(about.customer, { amount: -700, currency: 'usd' });
  const invoice = await unpaid(box, about);
  expect(invoice).toMatchObject({ amount_due: 1_465, starting_balance: -700, ending_balance: 0 });
  await stripe.invoices.voidInvoice(invoice.id);
  expect(await stripe.customers.retrieve(about.customer)).toMatchObject({ balance: -700 });
});

test('an invoice that is paid elsewhere has a payment record, and what was to pay it is cancelled', async () => {
  await using box = await sandbox();
  const { stripe } = box;
  const invoice = await unpaid(box, await subscribed(box));
  expect(await stripe.invoices.pay(invoice.id, { paid_out_of_band: true })).toMatchObject({ status: 'paid' });
  const { data } = await stripe.invoicePayments.list({ invoice: invoice.id });
  expect(data).toMatchObject([
    { status: 'paid', amount_paid: 2_165, payment: { type: 'payment_record' } },
    { status: 'canceled', payment: { type: 'payment_intent' } },
  ]);
});
