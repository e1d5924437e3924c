import { describe, expect, it } from 'vitest';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import type { FetchPayoutTransactions } from '../../../schemas/generated/types.ts';
import { PoisonError } from '../../../services/runtime/errors.ts';
import { fetchPayoutTransactions } from '../../../services/stripe-executor/payout-transactions.ts';
import type { StripeApi } from '../../../services/stripe-executor/stripe-api.ts';
import { executor } from './support.ts';

const fetchPage = (payoutId: string, startingAfter: string | null = null, limit = 100): FetchPayoutTransactions => ({
  commandId: `payout:${payoutId}/fetch-lines/${startingAfter ?? 'first'}`,
  orderId: `payout:${payoutId}`,
  type: 'FetchPayoutTransactions',
  target: 'stripe',
  causationId: 'evt_1',
  occurredAt: 1_790_000_000_000n,
  workflow: 'payout-to-journal@1',
  payload: { payoutId, limit, startingAfter },
});

const open = async () => {
  const box = await sandbox();
  const { stripe } = box;
  const pay = async (metadata: Record<string, string>, currency = 'usd') => {
    const intent = await stripe.paymentIntents.create({
      amount: 1_000,
      currency,
      confirm: true,
      payment_method: 'pm_card_visa',
      return_url: 'https://shop.example/paid',
      metadata,
    });
    await box.settled();
    return intent;
  };
  const payOut = async (currency = 'usd') => {
    const { payouts } = await box.hook<{ payouts: { id: string; currency: string }[] }>('/payouts/run', {});
    await box.settled();
    return payouts.find((payout) => payout.currency === currency)!.id;
  };
  return {
    box,
    stripe,
    pay,
    payOut,
    execute: executor(box.running.url, { secretKey, timeoutMs: 10_000 }),
    [Symbol.asyncDispose]: () => box[Symbol.asyncDispose](),
  };
};

describe('FetchPayoutTransactions', () => {
  it('reads a page with the order that each line is of, whatever kind of thing moved the money', async () => {
    await using test = await open();
    const { stripe, box } = test;
    const ours = await test.pay({ order_id: '100001' });
    const disputed = await test.pay({ order_id: '100002' });
    await test.pay({});
    await stripe.refunds.create({ payment_intent: ours.id, amount: 100 });
    await box.hook('/disputes', { charge: disputed.latest_charge as string });
    await box.hook('/balance_transactions', { category: 'fee', type: 'stripe_fee', amount: -5 });
    const payoutId = await test.payOut();
    const { result } = await test.execute(fetchPage(payoutId));
    expect(result).toMatchObject({
      status: 'succeeded',
      objectId: payoutId,
      completedAt: 1_790_000_000_000n,
      detail: { after: '', more: 'false' },
    });
    expect(
      result.balanceTransactions
        .map(({ category, orderId, net, currency }) => [category, orderId, net, currency])
        .sort(),
    ).toEqual(
      [
        ['charge', '100001', 941n, 'USD'],
        ['charge', '100002', 941n, 'USD'],
        ['charge', null, 941n, 'USD'],
        ['dispute', '100002', -2_500n, 'USD'],
        ['fee', null, -5n, 'USD'],
        ['payout', null, -218n, 'USD'],
        ['refund', '100001', -100n, 'USD'],
      ].sort(),
    );
  });

  it('names the invoice that a charge paid, which has no order', async () => {
    await using test = await open();
    const { stripe, box } = test;
    const customer = await stripe.customers.create({ email: 'ada@example.com' });
    const method = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    const { latest_invoice: invoice } = await stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: method.id,
      items: [
        { price_data: { currency: 'usd', product: 'prod_1', unit_amount: 2_500, recurring: { interval: 'month' } } },
      ],
    });
    await box.settled();
    const { result } = await test.execute(fetchPage(await test.payOut()));
    expect(result.balanceTransactions.find(({ category }) => category === 'charge')?.orderId).toBe(
      `invoice:${invoice as string}`,
    );
  });

  it('finds an order that was written on the payment after it was charged', async () => {
    await using test = await open();
    const late = await test.pay({});
    await test.stripe.paymentIntents.update(late.id, { metadata: { order_id: '100003' } });
    const { result } = await test.execute(fetchPage(await test.payOut()));
    expect(result.balanceTransactions.find(({ category }) => category === 'charge')?.orderId).toBe('100003');
  });

  it('asks a payment once a page, and goes on after the last line', async () => {
    await using test = await open();
    const ours = await test.pay({ order_id: '100001' });
    for (let n = 0; n < 4; n++) await test.stripe.refunds.create({ payment_intent: ours.id, amount: 10 });
    const payoutId = await test.payOut();
    const first = await test.execute(fetchPage(payoutId, null, 4));
    const last = first.result.balanceTransactions.at(-1)!.id;
    const second = await test.execute(fetchPage(payoutId, last, 4));
    expect([first.result.detail['more'], second.result.detail['more']]).toEqual(['true', 'false']);
    expect(second.result.detail['after']).toBe(last);
    const ids = [first, second].flatMap(({ result }) => result.balanceTransactions.map(({ id }) => id));
    expect(new Set(ids).size).toBe(6);
    const asked = (await test.box.requests()).filter(
      ({ path, method }) => method === 'GET' && path.startsWith(`/v1/payment_intents/${ours.id}`),
    );
    expect(asked).toHaveLength(2);
    const again = await test.execute(fetchPage(payoutId, last, 4));
    expect({ ...again.result, requestId: null }).toEqual({ ...second.result, requestId: null });
  });

  it('tells amounts in ISO minor units', async () => {
    await using test = await open();
    await test.box.hook('/balance_transactions', {
      category: 'charge',
      type: 'charge',
      amount: 1_200,
      fee: 200,
      currency: 'isk',
    });
    const payoutId = await test.payOut('isk');
    const { result } = await test.execute(fetchPage(payoutId));
    expect(result.balanceTransactions.find(({ category }) => category === 'charge')).toMatchObject({
      amount: 12n,
      fee: 2n,
      net: 10n,
      currency: 'ISK',
    });
  });

  it('is refused for a payout by hand', async () => {
    await using test = await open();
    await test.box.hook('/balance_transactions', { category: 'charge', type: 'charge', amount: 1_000 });
    await test.box.hook('/clock/advance', { seconds: 3 * 24 * 3_600 });
    const { id } = await test.stripe.payouts.create({ amount: 500, currency: 'usd' });
    expect((await test.execute(fetchPage(id))).result).toMatchObject({
      status: 'refused',
      errorCode: 'payout_not_automatic',
      balanceTransactions: [],
      invoiceLines: [],
    });
  });

  it.each([
    ['a line twice', { data: ['txn_1', 'txn_1'], has_more: false }],
    ['more than a record takes', { data: Array.from({ length: 101 }, (_, n) => `txn_${n}`), has_more: false }],
    ['nothing, and more to follow', { data: [], has_more: true }],
  ])('puts aside a page of %s', async (_, { data, has_more }) => {
    const lines = data.map((id) => ({
      id,
      amount: 1,
      fee: 0,
      net: 1,
      currency: 'usd',
      source: null,
      type: 'charge',
      reporting_category: 'charge',
    }));
    const api = {
      listBalanceTransactions: () => Promise.resolve({ data: lines, has_more, lastResponse: { requestId: 'req_1' } }),
    } as unknown as StripeApi;
    await expect(fetchPayoutTransactions(api, fetchPage('po_1'))).rejects.toThrow(PoisonError);
  });
});
