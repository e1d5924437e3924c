import { describe, expect, test } from 'vitest';
import { periodEnd } from './resources/subscriptions.ts';
import { failure, type Sandbox, sandbox } from './testing/sandbox.ts';

const subscribe = async ({ stripe }: Sandbox, method = 'pm_card_visa') => {
  const customer = await stripe.customers.create({ email: 'ana@example.com', name: 'Ana' });
  const { id: card } = await stripe.paymentMethods.attach(method, { customer: customer.id });
  return stripe.subscriptions.create({
    customer: customer.id,
    default_payment_method: card,
    automatic_tax: { enabled: true },
    metadata: { order_id: '100123' },
    items: [
      {
        quantity: 2,
        price_data: { currency: 'usd', product: 'prod_1', unit_amount: 1250, recurring: { interval: 'month' } },
      },
    ],
  });
};

describe('a subscription', () => {
  test('is billed with tax, paid by a payment intent that does not name it, and told of', async () => {
    await using box = await sandbox();
    const { stripe } = box;
    const made = await subscribe(box);
    expect(made).toMatchObject({ status: 'active' });
    const invoice = await stripe.invoices.retrieve(made.latest_invoice as string);
    expect(invoice).toMatchObject({
      status: 'paid',
      billing_reason: 'subscription_create',
      subtotal: 2500,
      total: 2706,
      amount_paid: 2706,
      parent: { subscription_details: { subscription: made.id, metadata: { order_id: '100123' } } },
    });
    const [item] = made.items.data;
    expect(invoice.lines.data[0]!.period).toEqual({ start: item!.current_period_start, end: item!.current_period_end });
    const { data } = await stripe.invoicePayments.list({ invoice: invoice.id });
    expect(data).toMatchObject([{ status: 'paid', amount_paid: 2706, payment: { type: 'payment_intent' } }]);
    const intent = await stripe.paymentIntents.retrieve(data[0]!.payment.payment_intent as string);
    expect(intent).toMatchObject({ status: 'succeeded', amount: 2706, metadata: {} });
    expect(intent).not.toHaveProperty('invoice');
    await box.settled();
    const types = (await stripe.events.list({ limit: 100 })).data.map(({ type }) => type);
    for (const type of ['customer.subscription.created', 'invoice.finalized', 'invoice_payment.paid', 'invoice.paid'])
      expect(types).toContain(type);
  });

  test('is late when a renewal cannot be collected, and no more once its invoice is paid', async () => {
    await using box = await sandbox();
    const { stripe } = box;
    const made = await subscribe(box);
    const bad = await stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: made.customer as string });
    await stripe.subscriptions.update(made.id, { default_payment_method: bad.id });
    const late = await box.hook<{ status: string; latest_invoice: string }>(`/subscriptions/${made.id}/renew`, {});
    expect(late.status).toBe('past_due');
    expect(await stripe.invoices.retrieve(late.latest_invoice)).toMatchObject({
      status: 'open',
      billing_reason: 'subscription_cycle',
      attempt_count: 1,
    });
    expect((await failure(stripe.invoices.pay(late.latest_invoice))).code).toBe('card_declined');
    const good = await stripe.paymentMethods.attach('pm_card_visa', { customer: made.customer as string });
    expect(await stripe.invoices.pay(late.latest_invoice, { payment_method: good.id })).toMatchObject({
      status: 'paid',
      attempt_count: 3,
    });
    expect(await stripe.subscriptions.retrieve(made.id)).toMatchObject({ status: 'active' });
    expect((await failure(stripe.invoices.voidInvoice(late.latest_invoice))).message).toContain('paid');
  });

  test('ends at once, or at the end of its period', async () => {
    await using box = await sandbox();
    const { stripe } = box;
    const now = await subscribe(box);
    expect(await stripe.subscriptions.cancel(now.id)).toMatchObject({ status: 'canceled' });
    expect((await failure(stripe.subscriptions.cancel(now.id))).message).toContain('canceled');
    const later = await subscribe(box);
    await stripe.subscriptions.update(later.id, { cancel_at_period_end: true });
    const ended = await box.hook(`/subscriptions/${later.id}/renew`, {});
    expect(ended).toMatchObject({ status: 'canceled', latest_invoice: later.latest_invoice });
  });

  test('that begins on the last day of a month is billed on the last day of those that are too short', () => {
    const at = (text: string): number => Date.parse(text) / 1000;
    const from = at('2027-12-31T10:00:00Z');
    expect(periodEnd(from, 'month', 1)).toBe(at('2028-01-31T10:00:00Z'));
    expect(periodEnd(from, 'month', 2)).toBe(at('2028-02-29T10:00:00Z'));
    expect(periodEnd(from, 'year', 1)).toBe(at('2028-12-31T10:00:00Z'));
    expect(periodEnd(from, 'week', 1)).toBe(at('2028-01-07T10:00:00Z'));
  });
});
