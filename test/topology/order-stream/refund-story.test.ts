import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ShopServer, startShopServer, type Way, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { openPaymentWorld, TAX, TOTAL } from './payment-world.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

/** One order, paid. */
const open = async (way: Way) => {
  const world = await openPaymentWorld(server, way);
  await world.pay();
  const { id } = await world.intent();
  return {
    ...world,
    refund: (amount?: number) =>
      world.box.stripe.refunds.create({ payment_intent: id, ...(amount !== undefined && { amount }) }),
    fail: (refund: string) => world.box.hook(`/refunds/${refund}/fail`, { reason: 'expired_or_canceled_card' }),
  };
};

describe.each(ways)('refunds begun at Stripe, with the shop over $name', (way) => {
  it('in parts, one of which comes back and is made again, end with all sides the same to the cent', async () => {
    await using test = await open(way);
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED' });

    await test.refund(345);
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED', RefundedOn: null });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 345n });

    const rest = await test.refund();
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED' });
    expect((await test.row()).RefundedOn).not.toBeNull();
    const full = await test.judged();
    expect(full).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(full.books.creditMemos.reduce((sum, { tax }) => sum + tax, 0n)).toBe(TAX);

    await test.fail(rest.id);
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED', RefundedOn: null });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 345n, booked: { conflicts: 0 } });

    await test.refund();
    await test.hear();
    const again = await test.judged();
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED' });
    expect(again).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(again.books.creditMemos).toHaveLength(3);
    expect(again.entries.filter((what) => /^credit memo of .* reversed$/.test(what))).toHaveLength(1);
    // What our own commands wrote came back as images of the shop, and asked for nothing.
    expect(test.commandIds().filter((id) => id.startsWith('create-refund'))).toEqual([]);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('all heard at once and backwards, end the same', async () => {
    await using test = await open(way);
    const first = await test.refund(12_000);
    await test.fail(first.id);
    await test.refund(345);
    const third = await test.refund();
    await test.fail(third.id);
    await test.refund();
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED' });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(test.driver.deadLetters()).toEqual([]);
  });
});

describe.each(ways)('refunds begun in the shop, with the shop over $name', (way) => {
  it('of a part and then of all are made at Stripe, once each, and are no new refunds in the shop', async () => {
    await using test = await open(way);
    const credit = await test.credit('3.45');
    await test.hear();
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 345n, booked: { conflicts: 0 } });
    const noted = await test.row();
    expect(noted.TransactionState).toBe('CAPTURED');
    expect(noted.CustomerServiceNotes).toContain(`as the shop asked (credit-${credit})`);

    await test.sql(`TransactionState = N'REFUNDED', RefundedOn = GETDATE(), RefundReason = N'sent back'`);
    await test.hear();
    const full = await test.judged();
    expect(full).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(full.books.creditMemos.reduce((sum, { tax }) => sum + tax, 0n)).toBe(TAX);
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED', RefundReason: 'sent back' });
    expect((await test.box.stripe.refunds.list()).data.map(({ amount }) => amount)).toEqual([12_000, 345]);
    expect(test.commandIds().filter((id) => id.startsWith('create-refund'))).toEqual([
      `create-refund/credit-${credit}`,
      'create-refund/full-1',
    ]);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('of all, as a state and as a credit, and again after the bank sent it back', async () => {
    await using test = await open(way);
    await test.credit('123.45', 'sent back');
    await test.sql(`TransactionState = N'REFUNDED', RefundedOn = GETDATE(), RefundReason = N'sent back'`);
    await test.hear();
    expect(await test.judged()).toMatchObject({ findings: [], refunded: TOTAL });
    const [refund, ...more] = (await test.box.stripe.refunds.list()).data;
    expect(more).toEqual([]);

    await test.fail(refund!.id);
    await test.hear();
    expect(await test.row()).toMatchObject({ TransactionState: 'CAPTURED' });
    expect(await test.judged()).toMatchObject({ findings: [], refunded: 0n });

    await test.sql(
      `TransactionState = N'REFUNDED', RefundedOn = DATEADD(day, 5, GETDATE()), RefundReason = N'once more'`,
    );
    await test.hear();
    expect(await test.judged()).toMatchObject({ findings: [], refunded: TOTAL, booked: { conflicts: 0 } });
    expect(await test.row()).toMatchObject({ TransactionState: 'REFUNDED' });
    expect(test.commandIds().filter((id) => id.startsWith('create-refund'))).toEqual([
      'create-refund/full-1',
      'create-refund/full-2',
    ]);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('of more than is left are refused, and the shop and a person hear why', async () => {
    await using test = await open(way);
    await test.refund(12_000);
    await test.hear();
    const credit = await test.credit('3.46');
    await test.hear();
    const { CustomerServiceNotes: notes } = await test.row();
    expect(notes).toContain(`Stripe did not refund 3.46 USD (credit-${credit})`);
    expect(notes).toContain('greater than the unrefunded amount');
    expect(test.driver.deadLetters().map(({ code }) => code)).toEqual(['stripe_refused']);
    expect(test.commandIds()).toContain(`notify-refund-refusal/credit-${credit}`);
    expect((await test.judged()).findings).toMatchObject([{ kind: 'lost', orderId: test.orderId }]);
  });
});

describe.each(ways)('disputes, with the shop over $name', (way) => {
  const disputed = async (verdict?: 'won' | 'lost') => {
    const test = await open(way);
    const { latest_charge: charge } = await test.intent();
    const { id } = await test.box.hook<{ id: string }>('/disputes', { charge });
    await test.hear();
    expect(await test.judged()).toMatchObject({ findings: [], booked: { conflicts: 0 } });
    if (verdict !== undefined) {
      await test.box.hook(`/disputes/${id}/close`, { verdict });
      await test.hear();
    }
    return { ...test, dispute: id };
  };

  it('that is lost leaves a loss and a fee, and notes on the order', async () => {
    await using test = await disputed('lost');
    const { findings, books, entries } = await test.judged();
    expect(findings).toEqual([]);
    expect(books.disputes).toMatchObject([{ disputeId: test.dispute, outcome: 'lost' }]);
    expect(books.disputeMovements).toMatchObject([{ amount: -TOTAL, fee: 1_500n }]);
    expect(entries).toEqual(expect.arrayContaining([`  debit  Chargeback Losses 123.45 USD`]));
    const { CustomerServiceNotes: notes, TransactionState: state } = await test.row();
    expect(state).toBe('CAPTURED');
    expect(notes).toMatch(/the customer disputes 123\.45 USD.*\r\n.*we lost the dispute/);
    expect(test.commandIds().filter((id) => id.startsWith('notify-dispute'))).toEqual([
      `notify-dispute/${test.dispute}/needs_response`,
      `notify-dispute/${test.dispute}/lost`,
    ]);
    expect(test.driver.deadLetters()).toEqual([]);
  });

  it('that is won brings the money back, not the fee', async () => {
    await using test = await disputed('won');
    const { findings, books } = await test.judged();
    expect(findings).toEqual([]);
    expect(books.disputeMovements).toMatchObject([
      { amount: -TOTAL, fee: 1_500n },
      { amount: TOTAL, fee: 0n },
    ]);
    expect(test.driver.deadLetters()).toEqual([]);
  });
});
