import { expect, test } from 'vitest';
import { refusedBySchema } from './schema-check.ts';
import { locateStripeMock, startStripeMock } from './stripe-mock.ts';
import { sandbox } from './testing/sandbox.ts';
import type { RecordedRequest } from './request-log.ts';

const located = locateStripeMock();
if ('missing' in located) process.stderr.write(`schema checks are skipped: ${located.missing}\n`);
const path = 'path' in located ? located.path : '';

/** Everything that Millrace asks of Stripe, once. */
const tour = async (): Promise<RecordedRequest[]> => {
  await using box = await sandbox();
  const { stripe } = box;
  const address = {
    line1: '1 Main St',
    line2: '',
    city: 'Springfield',
    state: 'IL',
    postal_code: '62701',
    country: 'US',
  };
  const metadata = { order_id: '100123', order_number: '100123', command_id: '100123/create-payment-intent/1' };
  const customer = await stripe.customers.create(
    { email: 'ada@example.com', name: 'Ada', phone: '555', address, shipping: { name: 'Ada', address }, metadata },
    { idempotencyKey: 'tour/customer' },
  );
  await stripe.customers.update(customer.id, { name: 'Ada Byron', metadata: { order_id: '' } });
  await stripe.customers.retrieve(customer.id);
  await stripe.customers.list({ email: 'ada@example.com', limit: 3, created: { gte: 1 } });
  const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
  await stripe.paymentMethods.retrieve(method.id);
  await stripe.paymentMethods.list({ customer: customer.id, type: 'card' });

  const held = await stripe.paymentIntents.create({
    amount: 5000,
    currency: 'usd',
    customer: customer.id,
    description: 'Order 100123',
    receipt_email: 'ada@example.com',
    shipping: { name: 'Ada', address },
    statement_descriptor_suffix: '100123',
    capture_method: 'manual',
    payment_method_types: ['card'],
    setup_future_usage: 'off_session',
    payment_details: { order_reference: '100123' },
    amount_details: {
      discount_amount: 100,
      shipping: { amount: 500 },
      tax: { total_tax_amount: 300 },
      line_items: [{ product_name: 'Kettle', quantity: 1, unit_cost: 4300, product_code: 'SKU1' }],
    },
    metadata,
    expand: ['latest_charge'],
  });
  expect(held).toMatchObject({ payment_details: { order_reference: '100123' } });
  await stripe.paymentIntents.update(held.id, { amount: 5100, description: 'Order 100123, changed', metadata });
  await stripe.paymentIntents.confirm(held.id, { payment_method: method.id });
  await stripe.paymentIntents.capture(held.id, { amount_to_capture: 5000, final_capture: true });
  await stripe.paymentIntents.retrieve(held.id, { expand: ['latest_charge.balance_transaction', 'customer'] });
  await stripe.paymentIntents.list({ customer: customer.id });
  const other = await stripe.paymentIntents.create({
    amount: 900,
    currency: 'usd',
    customer: customer.id,
    payment_method: method.id,
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    confirm: true,
    off_session: true,
    metadata,
  });
  const abandoned = await stripe.paymentIntents.create({ amount: 900, currency: 'eur' });
  await stripe.paymentIntents.cancel(abandoned.id, { cancellation_reason: 'abandoned' });
  const refund = await stripe.refunds.create({
    payment_intent: other.id,
    amount: 400,
    reason: 'requested_by_customer',
    metadata,
  });
  await stripe.refunds.update(refund.id, { metadata: { order_number: '1' } });
  await stripe.refunds.retrieve(refund.id, { expand: ['balance_transaction'] });
  await stripe.refunds.list({ payment_intent: other.id });
  const { data } = await stripe.charges.list({ payment_intent: other.id });
  const charge = data[0]?.id ?? '';
  await stripe.charges.retrieve(charge, { expand: ['balance_transaction', 'refunds'] });
  await stripe.charges.update(charge, { metadata });
  const dispute = await box.hook<{ id: string }>('/disputes', { charge });
  await stripe.disputes.retrieve(dispute.id);
  await stripe.disputes.list({ charge });
  await stripe.disputes.update(dispute.id, { evidence: { product_description: 'a kettle' }, submit: true });
  await box.settled();
  const { payouts } = await box.hook<{ payouts: { id: string }[] }>('/payouts/run', {});
  const payout = payouts[0]?.id ?? '';
  await stripe.payouts.retrieve(payout, { expand: ['balance_transaction'] });
  await stripe.payouts.list({ status: 'paid' });
  const lines = await stripe.balanceTransactions.list({ payout, limit: 100, expand: ['data.source'] });
  await stripe.balanceTransactions.retrieve(lines.data[0]?.id ?? '');
  const events = await stripe.events.list({ types: ['charge.updated'], created: { gte: 1 }, limit: 100 });
  await stripe.events.retrieve(events.data[0]?.id ?? '');
  const hook = await stripe.webhookEndpoints.create({ url: 'https://shop.example/', enabled_events: ['*'] });
  await stripe.webhookEndpoints.list();
  await stripe.webhookEndpoints.del(hook.id);
  const subscription = await stripe.subscriptions.create({
    customer: customer.id,
    default_payment_method: method.id,
    automatic_tax: { enabled: true },
    items: [
      {
        quantity: 2,
        price_data: { currency: 'usd', product: 'prod_1', unit_amount: 1250, recurring: { interval: 'month' } },
      },
    ],
    metadata,
  });
  await stripe.subscriptions.retrieve(subscription.id);
  await stripe.subscriptions.list({ customer: customer.id });
  const declining = await stripe.paymentMethods.attach('pm_card_chargeDeclined', { customer: customer.id });
  await stripe.subscriptions.update(subscription.id, { default_payment_method: declining.id });
  for (let n = 0; n < 3; n++) await box.hook(`/subscriptions/${subscription.id}/renew`, {});
  const invoices = await stripe.invoices.list({ customer: customer.id, status: 'open' });
  const [late, written, dropped] = invoices.data.map(({ id }) => id);
  await stripe.invoices.pay(late!, { payment_method: method.id });
  await stripe.invoices.markUncollectible(written!);
  await stripe.invoices.voidInvoice(dropped!);
  await stripe.invoices.retrieve(late!);
  await stripe.invoices.listLineItems(late!, { limit: 100 });
  await stripe.invoicePayments.list({ invoice: late!, status: 'paid' });
  await box.hook(`/subscriptions/${subscription.id}/renew`, {});
  const [elsewhere] = (await stripe.invoices.list({ customer: customer.id, status: 'open' })).data;
  const credited = [
    { type: 'invoice_line_item' as const, invoice_line_item: elsewhere!.lines.data[0]!.id, amount: 700 },
  ];
  const note = await stripe.creditNotes.create({ invoice: elsewhere!.id, lines: credited, reason: 'order_change' });
  await stripe.creditNotes.retrieve(note.id);
  await stripe.creditNotes.voidCreditNote(note.id);
  await stripe.invoices.pay(elsewhere!.id, { paid_out_of_band: true });
  await stripe.creditNotes.create({
    invoice: late!,
    lines: [{ type: 'custom_line_item', description: 'sorry', quantity: 1, unit_amount: 600 }],
    refund_amount: 300,
    credit_amount: 200,
    out_of_band_amount: 100,
  });
  await stripe.creditNotes.list({ invoice: late!, limit: 100 });
  await stripe.creditNotes.listLineItems(note.id, { limit: 100 });
  await stripe.customers.createBalanceTransaction(customer.id, { amount: -500, currency: 'usd', description: 'gift' });
  await stripe.customers.listBalanceTransactions(customer.id, { limit: 10 });
  await stripe.subscriptions.cancel(subscription.id);
  const mug = await stripe.products.create({
    id: 'adnsf_item_25',
    name: 'Mug',
    active: true,
    metadata: { item_id: 'item:25' },
  });
  const made = { product: mug.id, currency: 'usd', lookup_key: mug.id, transfer_lookup_key: true, metadata };
  const old = await stripe.prices.create({ ...made, unit_amount: 1250 });
  const now = await stripe.prices.create({ ...made, unit_amount: 999 });
  await stripe.products.update(mug.id, { name: 'Big mug', default_price: now.id, metadata: { price_version: '1' } });
  await stripe.prices.update(old.id, { active: false });
  await stripe.prices.retrieve(now.id);
  await stripe.prices.list({ product: mug.id, limit: 100 });
  await stripe.prices.list({ lookup_keys: [mug.id], active: true });
  await stripe.products.retrieve(mug.id);
  await stripe.products.list({ ids: [mug.id], active: true });
  await stripe.paymentMethods.detach(method.id);
  await stripe.customers.del(customer.id);
  return await box.requests();
};

test('the simulator takes all that we send, and answers 200', async () => {
  const requests = await tour();
  expect(requests.length).toBeGreaterThan(30);
  expect(requests.filter(({ status }) => status !== 200)).toEqual([]);
});

test.skipIf(path === '')("Stripe's own schema takes all that we send", async () => {
  const mock = await startStripeMock(path);
  try {
    expect(await refusedBySchema(mock.url, await tour())).toEqual([]);
  } finally {
    await mock.close();
  }
});

test.skipIf(path === '')(
  "the check notices what Stripe's schema refuses, and the simulator refuses it as well",
  async () => {
    const mock = await startStripeMock(path);
    try {
      await using box = await sandbox();
      const wrong = [
        { amount: 1000, currency: 'usd', line_items: [{ name: 'x' }] },
        { amount: 10.5, currency: 'usd' },
        { amount: 1000 },
        { amount: 1000, currency: 'usd', capture_method: 'later' },
        { amount: 1000, currency: 'usd', automatic_payment_methods: { allow_redirects: 'never' } },
      ];
      for (const params of wrong)
        await expect(box.stripe.rawRequest('POST', '/v1/payment_intents', params)).rejects.toThrow();
      const requests = await box.requests();
      expect(requests.map(({ status }) => status)).toEqual(wrong.map(() => 400));
      const refusals = await refusedBySchema(mock.url, requests);
      expect(refusals.map(({ status }) => status)).toEqual(wrong.map(() => 400));
    } finally {
      await mock.close();
    }
  },
);
