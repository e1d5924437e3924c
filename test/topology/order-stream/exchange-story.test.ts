import fc from 'fast-check';
import type Stripe from 'stripe';
import { describe, expect, it } from 'vitest';
import { type ExchangeWorld, openExchangeWorld, type Setting } from './exchange-world.ts';

const CLEARING = '1010';
const POSITION = '7110';
const CONVERSION_FEES = '7100';
const euros: Setting = { currency: 'EUR', total: 3_744n, tax: 247n, settlement: 'USD' };

/** What the books say when nothing is wrong. */
const sound = async (world: ExchangeWorld) => {
  const judged = await world.judged();
  expect(world.letters()).toEqual([]);
  expect(judged.booked).toMatchObject({ conflicts: 0, repeated: 0 });
  expect(judged.findings).toEqual([]);
  for (const { books, waiting, balance } of judged.clearing) expect(books + waiting).toBe(balance);
  return judged;
};

const settings: readonly Setting[] = [
  { currency: 'EUR', total: 3_744n, tax: 247n, settlement: 'USD' },
  { currency: 'JPY', total: 4_321n, tax: 392n, settlement: 'USD' },
  { currency: 'KWD', total: 12_340n, tax: 990n, settlement: 'USD' },
  { currency: 'ISK', total: 5_190n, tax: 1_003n, settlement: 'USD' },
  { currency: 'USD', total: 3_744n, tax: 247n, settlement: 'JPY' },
  { currency: 'USD', total: 3_744n, tax: 247n, settlement: 'KWD' },
  { currency: 'USD', total: 3_744n, tax: 247n, settlement: 'ISK' },
  { currency: 'EUR', total: 3_744n, tax: 247n, settlement: 'HUF' },
];

describe.each(settings)('$currency settled in $settlement', (setting) => {
  it('is converted in the books as at Stripe, refunded in part, and paid out to the cent', async () => {
    await using world = await openExchangeWorld(setting);
    const { currency, settlement, total } = setting;
    await world.observe();
    await world.pay();
    await world.hear();
    const paid = await sound(world);
    expect(Object.keys(paid.account(CLEARING))).toEqual([settlement]);
    expect(paid.account(POSITION)[currency]).toBe(total);
    expect(paid.account(POSITION)[settlement]).toBe(-paid.books.conversions[0]!.toAmount);

    await world.nextDay();
    await world.refund(total / 3n - ((total / 3n) % 10n));
    await world.hear();
    await world.nextDay();
    const [payout] = await world.payOut();
    const after = await sound(world);
    expect(after.books.conversions).toHaveLength(2);
    expect(Object.keys(after.account('1000'))).toEqual([settlement]);
    expect(await world.proof(payout!.id)).toMatchObject({ standing: 'proved', unknown: [], letters: [] });
  });
});

/** Whether an event is about this object. */
const isOf = ({ data }: Stripe.Event, id: string): boolean => (data.object as { id?: string }).id === id;

describe('money that is converted', () => {
  it('costs a fee of its own, on an account of its own', async () => {
    await using world = await openExchangeWorld(euros);
    await world.observe();
    await world.pay();
    await world.hear();
    const { account, books, story } = await sound(world);
    const [fee] = books.fees;
    const [booked] = (await world.box.stripe.balanceTransactions.list()).data;
    const [processing, conversion] = booked!.fee_details.map(({ amount }) => BigInt(amount));
    expect(fee).toMatchObject({ currency: 'USD', fee: processing! + conversion! });
    expect(account('6100')).toEqual({ USD: processing });
    expect(account(CONVERSION_FEES)).toEqual({ USD: conversion });
    expect(story.join('\n')).toMatch(/37\.44 EUR converted into \d+\.\d\d USD at 1\.\d+, txn_/);
  });

  it('goes back at the rate of another day, and the difference stays on the position', async () => {
    await using world = await openExchangeWorld(euros);
    await world.observe();
    await world.pay();
    await world.hear();
    await world.nextDay();
    await world.refund();
    await world.hear();
    const { account, books } = await sound(world);
    const [out, back] = books.conversions.map(({ toAmount }) => toAmount);
    expect(books.conversions.map(({ fromAmount }) => fromAmount)).toEqual([3_744n, -3_744n]);
    expect(out! + back!).not.toBe(0n);
    expect(account(POSITION)).toEqual({ USD: -(out! + back!) });
    expect(account('4000')).toEqual({ EUR: -(3_744n - 247n) });
    expect(account('4100')).toEqual({ EUR: 3_744n - 247n });
    expect(account('2200')).toEqual({});
  });

  it('comes back when a refund fails, and goes out again, each time at its own rate', async () => {
    await using world = await openExchangeWorld({ ...euros, currency: 'JPY', total: 4_321n });
    await world.observe();
    await world.pay();
    await world.hear();
    const { id } = await world.refund(1_500n);
    await world.hear();
    await world.nextDay();
    await world.box.hook(`/refunds/${id}/fail`, {});
    await world.hear();
    await world.nextDay();
    await world.refund();
    await world.hear();
    const { books, account } = await sound(world);
    expect(books.conversions.map(({ fromAmount }) => fromAmount).sort()).toEqual([-1_500n, -4_321n, 1_500n, 4_321n]);
    expect(Object.keys(account(CLEARING))).toEqual(['USD']);
    expect(account(POSITION)['JPY']).toBeUndefined();
  });

  it('is lost or won by what came of the conversion, when a refund comes back before anybody was told of it', async () => {
    let secondly = '';
    const deliver: Setting['deliver'] = (events) =>
      events.toSorted((left, right) => Number(isOf(right, secondly)) - Number(isOf(left, secondly)));
    await using world = await openExchangeWorld({ ...euros, deliver });
    await world.observe();
    await world.pay();
    await world.hear();
    const first = await world.refund();
    await world.nextDay();
    await world.box.hook(`/refunds/${first.id}/fail`, {});
    await world.nextDay();
    secondly = (await world.refund()).id;
    await world.hear();
    const { books, account } = await sound(world);
    expect(books.creditMemos).toMatchObject([{ refundId: secondly, reversedBy: null }]);
    expect(books.conversions.map(({ fromAmount }) => fromAmount).sort()).toEqual([-3_744n, -3_744n, 3_744n, 3_744n]);
    expect(account(CLEARING)['EUR']).toBeUndefined();
  });

  it('is released in part with both fees, when less is captured than was authorised', async () => {
    await using world = await openExchangeWorld({ ...euros, later: true });
    await world.observe();
    await world.pay();
    await world.hear();
    const shipped = { shippedAt: 1_790_000_900_000n, trackingNumber: '1Z', changedAt: 1_790_000_900_000n };
    await world.observe({ ...shipped, total: 3_000n, subtotal: 2_753n });
    await world.hear();
    await world.nextDay();
    await world.refund(1_000n);
    await world.hear();
    const { books, account } = await sound(world);
    expect(books.conversions.map(({ fromAmount }) => fromAmount).sort()).toEqual([-1_000n, -744n, 3_744n]);
    expect(account(POSITION)['EUR']).toBe(2_000n);
    expect(Object.keys(account(CONVERSION_FEES))).toEqual(['USD']);
  });

  it.each(['won', 'lost'] as const)('is disputed in the currency of the balance, and %s', async (verdict) => {
    await using world = await openExchangeWorld(euros);
    await world.observe();
    await world.pay();
    await world.hear();
    await world.nextDay();
    const { id: payment, latest_charge: charge } = await world.intent();
    const dispute = await world.box.hook<{ id: string }>('/disputes', { charge });
    await world.hear();
    const open = await sound(world);
    const [withdrawn] = open.books.disputeMovements;
    expect(open.account('1310')).toEqual({ USD: -withdrawn!.amount });
    await world.nextDay();
    await world.box.hook(`/disputes/${dispute.id}/close`, { verdict });
    await world.hear();
    const { account, books, facts } = await sound(world);
    expect(facts.payments).toMatchObject([{ id: payment }]);
    const left = -books.disputeMovements.reduce((sum, { amount }) => sum + amount, 0n);
    expect(account('1310')).toEqual({});
    const sold = books.conversions[0]!.toAmount;
    expect(account('6120')).toEqual(verdict === 'lost' ? { USD: left } : {});
    expect(account(POSITION)).toEqual({ EUR: 3_744n, USD: verdict === 'lost' ? -sold : left - sold });
    expect(left).not.toBe(0n);
  });

  it("is told with its own currency, its rate as text, and what of it was the customer's", async () => {
    await using world = await openExchangeWorld(euros);
    await world.observe();
    await world.pay();
    await world.hear();
    const made = (await world.box.stripe.balanceTransactions.list()).data[0]!;
    const answers = world.driver
      .readAll(world.schemas.topic('stripeResults'))
      .flatMap(({ value }) => (value?.type === 'FetchBalanceTransaction' ? [value.detail] : []));
    expect(answers).toEqual([
      expect.objectContaining({
        gross: String(made.amount),
        currency: 'USD',
        presented: '3744',
        presentedCurrency: 'EUR',
        rate: String(made.exchange_rate),
        conversionFee: String(made.fee_details[1]!.amount),
      }),
    ]);
  });

  it('pays an invoice in its own currency, and is paid back', async () => {
    await using world = await openExchangeWorld(euros);
    const { stripe } = world.box;
    const customer = await stripe.customers.create({ email: 'ana@example.com', name: 'Ana' });
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    const price = { currency: 'eur', product: 'prod_1', unit_amount: 2_000, recurring: { interval: 'month' as const } };
    await stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: card.id,
      automatic_tax: { enabled: true },
      items: [{ price_data: price }],
    });
    await world.hear();
    const paid = await sound(world);
    expect(paid.books.conversions).toMatchObject([{ fromAmount: 2_165n, fromCurrency: 'EUR', toCurrency: 'USD' }]);
    expect(Object.keys(paid.account(CLEARING))).toEqual(['USD']);
    expect(paid.account('1100')).toEqual({});
    await world.nextDay();
    await world.refund(1_000n);
    await world.hear();
    await world.payOut();
    const { books, account } = await sound(world);
    expect(books.conversions).toHaveLength(2);
    expect(account(POSITION)['EUR']).toBe(1_165n);
    expect(account(CLEARING)).toEqual({});
  });

  const deeds = fc.array(fc.constantFrom('refund', 'refund', 'fail', 'dispute', 'payout', 'day'), { maxLength: 6 });
  const shuffled = fc.array(fc.nat({ max: 1_000 }), { minLength: 97, maxLength: 97 });

  it('is booked to the unit whatever happens to it, in whatever order that is told', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...settings),
        fc.boolean(),
        deeds,
        shuffled,
        async (setting, later, story, luck) => {
          let draws = 0;
          const deliver: Setting['deliver'] = (events) =>
            events
              .map((event) => ({ event, place: luck[draws++ % luck.length]! }))
              .sort((left, right) => left.place - right.place)
              .map(({ event }) => event);
          await using world = await openExchangeWorld({ ...setting, later, deliver });
          await world.observe();
          await world.pay();
          await world.hear();
          if (later) {
            // All of it: a part that is worth no unit of the other currency is tried elsewhere.
            await world.observe({ shippedAt: 1_790_000_900_000n, trackingNumber: '1Z', changedAt: 1_790_000_900_000n });
            await world.hear();
          }
          let part = setting.total / 7n;
          part -= part % 10n;
          let refunded = 0n;
          let latest: string | undefined;
          let disputed = false;
          for (const deed of story) {
            if (deed === 'refund' && !disputed && refunded + part <= setting.total) {
              latest = (await world.refund(part)).id;
              refunded += part;
            }
            if (deed === 'fail' && latest !== undefined) {
              await world.box.hook(`/refunds/${latest}/fail`, {});
              refunded -= part;
              latest = undefined;
            }
            if (deed === 'dispute' && !disputed) {
              await world.box.hook('/disputes', { charge: (await world.intent()).latest_charge });
              disputed = true;
            }
            if (deed === 'payout') await world.payOut();
            await world.nextDay();
          }
          await world.hear();
          await sound(world);
        },
      ),
      { numRuns: 12 },
    );
  });
});
