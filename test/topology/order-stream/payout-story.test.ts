import { stripVTControlCharacters } from 'node:util';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CommandResult } from '../../../schemas/generated/types.ts';
import { topics } from '../../../schemas/topics.ts';
import { topicsOf } from '../../../services/cli/kafka.ts';
import { payoutsIn, proofIn } from '../../../services/cli/payout/collect.ts';
import { proofText, rowsText } from '../../../services/cli/payout/print.ts';
import { bookFindings } from '../../../services/cli/verify/books.ts';
import { clearingOf } from '../../../services/cli/verify/payouts.ts';
import { memoryCluster } from '../../../services/runtime/memory/cluster.ts';
import { systemScheduler } from '../../../services/runtime/scheduler.ts';
import { type ShopServer, startShopServer, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { soundWorld } from '../../unit/cli/world.ts';
import { assembledOrder } from '../../unit/order-stream/fixtures.ts';
import { kept } from '../../unit/order-stream/stripe-fixtures.ts';
import { openWholeWorld } from './whole-world.ts';

const TOTAL = 12_345n;

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

/** Order stream and both executors over a shop, a Stripe and memory for Kafka; one order in it, paid. */
const open = async (settleMs = 5, plugIn?: 'payment_intent' | 'charge') => {
  const whole = await openWholeWorld(server, ways[0]!, {
    stripe: { settleMs },
    topics: [topics.deadLetterActions.name, topics.erpResults.name],
  });
  const { box, driver, schemas } = whole;
  const orderNumber = await server.place();
  const orderId = String(orderNumber);
  /** Tells what happened at Stripe since, the latest first and everything twice. */
  const hear = async () => {
    const events = await whole.news();
    await whole.tell([...events, ...events]);
  };
  const how = { payment_method: 'pm_card_visa', return_url: 'https://shop.example/paid' };
  const charged =
    plugIn === undefined
      ? undefined
      : await box.stripe.paymentIntents.create({ amount: Number(TOTAL), currency: 'usd', confirm: true, ...how });
  const reference = plugIn === 'charge' ? (charged?.latest_charge as string) : charged?.id;
  const image = assembledOrder({
    ...{ orderId, orderNumber, tax: 1_137n, total: TOTAL, shipping: 0n, subtotal: 11_208n },
    ...(reference !== undefined && { paymentMethod: 'CREDITCARD', state: 'CAPTURED', paymentReference: reference }),
  });
  if (reference !== undefined)
    await server.sql(
      `UPDATE dbo.Orders SET TransactionState = N'CAPTURED', AuthorizationPNREF = N'${reference}' WHERE OrderNumber = ${orderNumber}`,
    );
  const placed = () => driver.pipe(schemas.topic('assembledOrders'), orderId, image);
  if (charged === undefined) {
    await placed();
    await box.stripe.paymentIntents.confirm((await box.stripe.paymentIntents.list()).data[0]!.id, how);
    await hear();
  }
  const [intent] = (await box.stripe.paymentIntents.list()).data;

  /** Books all that was sent to the ERP, and judges the books against Stripe. */
  const judged = async () => {
    const { outcome: booked, books, balances, ...all } = await whole.booked();
    const [sample] = soundWorld().shop;
    const { paymentMethod, state } = image;
    const order = {
      ...sample!,
      orderId,
      ...(plugIn !== undefined && { paymentMethod, state }),
      subtotal: image.subtotal,
      tax: image.tax,
      shipping: 0n,
      total: TOTAL,
    };
    const facts = { ...all.facts, shop: [order] };
    const { payouts } = facts;
    const account = (code: string): bigint => {
      const row = balances.find((each) => each.account === code);
      return row === undefined ? 0n : row.debit - row.credit;
    };
    return { booked, books, account, payouts, findings: bookFindings(facts), clearing: clearingOf(facts) };
  };
  return {
    box,
    driver,
    schemas,
    orderId,
    intent: intent!,
    /** Told of the order; the shop's own gateway has charged it before. */
    placed,
    hear,
    judged,
    pay: (category: string, type: string, amount: number, more: object = {}) =>
      box.hook('/balance_transactions', { category, type, amount, ...more }),
    run: async () => (await box.hook<{ payouts: Stripe.Payout[] }>('/payouts/run', {})).payouts,
    pages: (): readonly CommandResult[] =>
      driver
        .readAll(schemas.topic('stripeResults'))
        .flatMap(({ value }) => (value?.type === 'FetchPayoutTransactions' ? [value] : [])),
    proof: async (payoutId: string) => {
      const read = await topicsOf(memoryCluster(driver.broker, systemScheduler), schemas);
      return { proof: (await proofIn(read, payoutId))!, rows: await payoutsIn(read) };
    },
    letters: () => driver.deadLetters().map(({ code, message }) => `${code}: ${message}`),
    [Symbol.asyncDispose]: whole.close,
  };
};

describe('money that Stripe pays out', () => {
  it('comes to the bank to the cent, with each category that no order books on its own account', async () => {
    await using test = await open();
    await test.box.stripe.refunds.create({ payment_intent: test.intent.id, amount: 345 });
    await test.pay('fee', 'stripe_fee', -200);
    await test.pay('fee', 'stripe_fx_fee', -21);
    await test.pay('other_adjustment', 'adjustment', 55);
    await test.pay('never_heard_of', 'novelty', -7);
    const foreign = await test.box.stripe.paymentIntents.create({
      amount: 1_000,
      currency: 'usd',
      confirm: true,
      payment_method: 'pm_card_visa',
      return_url: 'https://x.example',
    });
    await test.hear();
    const before = await test.judged();
    expect(before.findings).toEqual([]);
    expect(before.clearing[0]!.books + before.clearing[0]!.waiting).toBe(before.clearing[0]!.balance);

    const [payout] = await test.run();
    await test.hear();
    expect(test.letters()).toEqual([]);
    const after = await test.judged();
    expect(after.booked).toMatchObject({ conflicts: 0 });
    expect(after.findings).toEqual([]);
    expect(after.account('1000')).toBe(BigInt(payout!.amount));
    expect(after.account('1010')).toBe(0n);
    expect(after.account('2310')).toBe(-1_000n);
    expect(after.account('7100')).toBe(21n);
    expect(after.account('6190')).toBe(-55n);
    expect(after.account('1990')).toBe(7n);
    expect(after.clearing).toEqual([{ currency: 'USD', books: 0n, balance: 0n, waiting: 0n }]);
    const lines = test.pages().flatMap(({ balanceTransactions }) => balanceTransactions);
    expect(
      lines
        .filter(({ category }) => category === 'charge' || category === 'refund')
        .map(({ orderId }) => orderId)
        .sort(),
    ).toEqual([test.orderId, test.orderId, null].sort());
    expect(foreign.status).toBe('succeeded');

    const { proof, rows } = await test.proof(payout!.id);
    expect(proof).toMatchObject({
      standing: 'proved',
      sum: BigInt(payout!.amount),
      transactions: 7n,
      untied: 5,
      orders: [{ orderId: test.orderId, transactions: 2 }],
      unknown: [{ line: 'never_heard_of/novelty', account: '1990' }],
      entry: { commandId: `payout:${payout!.id}/post-journal/1`, document: null },
      letters: [],
    });
    expect(rows).toMatchObject([{ payoutId: payout!.id, status: 'paid', automatic: true, reversal: null }]);
    const text = stripVTControlCharacters(proofText(proof));
    expect(text).toMatch(/Σ of 7 transactions [\d.]+ USD = paid out, to the cent/);
    expect(text).toMatch(/Unknown: never_heard_of\/novelty on account 1990/);
    expect(text).toMatch(/charge +│ charge +│ +1 +│ +123\.45 USD/);
    expect(stripVTControlCharacters(rowsText(rows))).toContain(payout!.id);
  });

  it('comes back from the bank, goes out again, and is below zero in the end', async () => {
    await using test = await open();
    const [first] = await test.run();
    await test.hear();
    await test.box.hook(`/payouts/${first!.id}/fail`, {});
    await test.hear();
    const back = await test.judged();
    expect(back.findings).toEqual([]);
    expect(back.account('1000')).toBe(0n);
    expect(back.account('1010')).toBe(BigInt(first!.amount));
    expect((await test.proof(first!.id)).proof).toMatchObject({
      standing: 'taken back',
      reversal: { postings: [{ line: 'bank' }, { line: 'clearing' }] },
    });

    const [second] = await test.run();
    await test.hear();
    expect(second!.amount).toBe(first!.amount);
    expect(await test.judged()).toMatchObject({ findings: [], booked: { conflicts: 0 } });

    await test.box.stripe.refunds.create({ payment_intent: test.intent.id });
    const [third] = await test.run();
    expect(third!.amount).toBeLessThan(0);
    await test.hear();
    const last = await test.judged();
    expect(last.findings).toEqual([]);
    expect(last.account('1000')).toBe(BigInt(second!.amount + third!.amount));
    expect(last.account('1010')).toBe(0n);
    expect(last.books.payouts).toHaveLength(3);
    expect(test.letters()).toEqual([]);
  });

  it.each(['payment_intent', 'charge'] as const)(
    "of an order that the shop's own gateway charged is booked once, by its %s, whether the order or the payout is heard of first",
    async (plugIn) => {
      for (const first of ['order', 'payout'] as const) {
        await using test = await open(5, plugIn);
        await test.box.settled();
        if (first === 'order') await test.placed();
        await test.hear();
        await test.box.stripe.refunds.create({ payment_intent: test.intent.id, amount: 345 });
        const [payout] = await test.run();
        await test.hear();
        if (first === 'payout') await test.placed();
        await test.hear();
        expect(test.letters()).toEqual([]);
        const { findings, booked, account, books } = await test.judged();
        expect(booked).toMatchObject({ conflicts: 0 });
        expect(findings).toEqual([]);
        expect(books.payments).toMatchObject([{ amount: TOTAL }]);
        expect(account('1000')).toBe(BigInt(payout!.amount));
        expect(account('1010')).toBe(0n);
        expect(account('2310')).toBe(0n);
        const { proof } = await test.proof(payout!.id);
        expect(proof.claims.map(({ owner }) => owner)).toEqual(first === 'payout' ? [test.orderId, test.orderId] : []);
        expect(proofText(proof).includes('claimed since')).toBe(first === 'payout');
      }
    },
  );

  it('is heard of only when it has failed already, and by hand', async () => {
    await using test = await open();
    await test.box.hook('/clock/advance', { seconds: 3 * 24 * 3_600 });
    const byHand = await test.box.stripe.payouts.create({ amount: 5_000, currency: 'usd', method: 'instant' });
    await test.box.settled();
    const [automatic] = await test.run();
    await test.box.settled();
    for (const { id } of [byHand, automatic!]) await test.box.hook(`/payouts/${id}/fail`, {});
    await test.hear();
    const found = await test.judged();
    expect(found.findings).toEqual([]);
    expect(found.booked).toMatchObject({ conflicts: 0 });
    expect(found.account('1000')).toBe(0n);
    // What the instant one cost is not given back.
    expect(found.books.payouts.map(({ fee, reversedBy }) => [fee, reversedBy !== null]).sort()).toEqual(
      [
        [0n, true],
        [50n, true],
      ].sort(),
    );
    expect(test.letters()).toEqual([]);
  });

  it('in thousands of lines is read page by page, each once, whatever fails on the way', async () => {
    await using test = await open();
    await test.pay('charge', 'charge', 1_999, { fee: 88, times: 2_500 });
    await test.pay('dispute', 'adjustment', -500, { fee: 1_500, times: 17 });
    for (const kind of ['rate_limit', 'error_before_commit', 'reset_after_commit'])
      await test.box.hook('/faults', { kind, path: '/v1/balance_transactions', rate: 0.1 });
    const [payout] = await test.run();
    await test.hear();
    await test.box.hook('/faults', undefined, 'DELETE');
    const pages = test.pages();
    expect(pages).toHaveLength(26);
    expect(new Set(pages.map(({ commandId }) => commandId)).size).toBe(26);
    const lines = pages.flatMap(({ balanceTransactions }) => balanceTransactions);
    expect(new Set(lines.map(({ id }) => id)).size).toBe(2_519);
    const { findings, account, books } = await test.judged();
    expect(findings).toEqual([]);
    expect(account('1000')).toBe(BigInt(payout!.amount));
    expect(books.payouts).toMatchObject([{ transactions: 2_518n }]);
    const state = test.driver
      .store('orders', test.schemas.store('order-stream', 'payouts'))
      .get(`payout:${payout!.id}`)!;
    expect(state.pages).toHaveLength(26);
    expect(test.letters()).toEqual([]);
  });

  it('of which Stripe lists half is not booked, and a person has the figures', async () => {
    const hour = 3_600_000;
    await using test = await open(hour);
    await test.pay('charge', 'charge', 100, { times: 9 });
    const [payout] = await test.run();
    // Half of the list has been worked out, and an event comes too early.
    const early = { ...payout!, status: 'paid', reconciliation_status: 'completed' };
    const body = {
      id: 'evt_early',
      object: 'event',
      type: 'payout.updated',
      api_version: '2026-08-26.dahlia',
      created: payout!.created,
      livemode: false,
      data: { object: early },
    };
    const { key, event } = kept('payout.updated', Buffer.from(JSON.stringify(body)));
    test.driver.feed(test.schemas.topic('stripeEvents'), key, event);
    await test.driver.run();
    expect(test.letters()).toEqual([
      expect.stringMatching(
        /^payout_mismatch: payout po_\w+ is 900 USD \(minor units\); its transactions come to \d+ USD, -\d+ away from 900/,
      ),
    ]);
    expect((await test.judged()).books.payouts).toEqual([]);
    const { proof } = await test.proof(payout!.id);
    expect(proof).toMatchObject({ standing: 'held', entry: null, letters: test.letters() });
    expect(proofText(proof)).toContain('≠ 9.00 USD paid out');
  });
});
