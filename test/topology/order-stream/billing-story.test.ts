import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bookFindings } from '../../../services/cli/verify/books.ts';
import { type ShopServer, startShopServer, type Way, ways } from '../../unit/adnsf-executor/shop-server.ts';
import { openWholeWorld } from './whole-world.ts';

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

let opened = 0;

/** Order stream and both executors over a shop, a Stripe with twins of events, and memory for Kafka. */
const open = async (way: Way) => {
  const whole = await openWholeWorld(server, way, {
    stripe: { twins: 0.3, seed: `billing over ${way.name} ${++opened}` },
    partitions: 3,
  });
  const { box, driver, schemas } = whole;
  const orderNumber = await server.place();

  /** Tells what happened at Stripe since: in any order, some of it twice. */
  const hear = async (sorted: (ids: string) => string = (id) => id.split('').reverse().join('')) => {
    const events = (await whole.news()).toSorted((left, right) => (sorted(left.id) < sorted(right.id) ? -1 : 1));
    await whole.tell([...events, ...events.slice(0, 5)]);
  };

  const customer = await box.stripe.customers.create({ email: 'ana@example.com', name: 'Ana' });
  const card = async (token: string): Promise<string> =>
    (await box.stripe.paymentMethods.attach(token, { customer: customer.id })).id;
  const subscribe = async (
    amount: number,
    metadata: Record<string, string> = {},
    interval: 'month' | 'year' = 'month',
  ) =>
    box.stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: await card('pm_card_visa'),
      automatic_tax: { enabled: true },
      items: [{ price_data: { currency: 'usd', product: 'prod_1', unit_amount: amount, recurring: { interval } } }],
      metadata,
    });

  /** Books all that was sent to the ERP, and judges the books against Stripe. */
  const judged = async () => {
    const { commands, outcome: booked, books, facts } = await whole.booked();
    return {
      conflicts: books.conflicts.map(({ message }) => message),
      repeated: booked?.repeated,
      findings: bookFindings(facts).map(({ message }) => message),
      books,
      commands,
    };
  };
  const notes = async (): Promise<string> =>
    String(
      (await server.sql(`SELECT CustomerServiceNotes FROM dbo.Orders WHERE OrderNumber = ${orderNumber}`))[0]![
        'CustomerServiceNotes'
      ],
    );
  return {
    box,
    driver,
    hear,
    judged,
    notes,
    card,
    subscribe,
    orderNumber,
    /** Stripe tells times in seconds: what happens in one has no order. */
    later: () => box.hook('/clock/advance', { seconds: 60 }),
    renew: (id: string) => box.hook<{ latest_invoice: string }>(`/subscriptions/${id}/renew`, {}),
    /** Kinds of facts whose order or invoice is not known. */
    waiting: () => [
      ...new Set(
        driver
          .store('routing', schemas.store('order-stream', 'unrouted'))
          .entries()
          .flatMap(([, { facts }]) => facts.map(({ kind }) => kind)),
      ),
    ],
    payments: () => driver.readAll(schemas.topic('orderPayments')).map(({ key }) => key),
    notifications: () => driver.readAll(schemas.topic('notifications')).map(({ value }) => value!),
    letters: () => driver.deadLetters().map(({ code, message }) => `${code}: ${message}`),
    [Symbol.asyncDispose]: whole.close,
  };
};

describe.each(ways)('subscriptions at Stripe, with the shop over $name', (way) => {
  it('that renew, fail, are paid late, written off, void, refunded and cancelled: all sides are the same to the cent', async () => {
    await using test = await open(way);
    const { stripe } = test.box;
    const kept = await test.subscribe(1_999, { order_id: String(test.orderNumber) });
    const yearly = await test.subscribe(12_345, {}, 'year');
    const late = await test.subscribe(500);
    await test.hear();
    expect(test.letters()).toEqual([]);
    expect(await test.judged()).toMatchObject({ conflicts: [], findings: [] });

    await test.later();
    await test.renew(kept.id);
    const bad = await test.card('pm_card_chargeDeclined');
    await stripe.subscriptions.update(late.id, { default_payment_method: bad });
    const open_ = [await test.renew(late.id), await test.renew(late.id), await test.renew(late.id)];
    const [first, second, third] = open_.map(({ latest_invoice: id }) => id);
    await test.hear();
    expect(await test.judged()).toMatchObject({ conflicts: [], findings: [] });
    expect(test.notifications().map(({ payload }) => payload.template)).toEqual(
      Array.from({ length: 3 }, () => 'invoice_payment_failed'),
    );

    await test.later();
    await stripe.invoices.pay(first!, { payment_method: await test.card('pm_card_visa') });
    await stripe.invoices.markUncollectible(second!);
    await stripe.invoices.voidInvoice(third!);
    await stripe.subscriptions.cancel(kept.id);
    const { data } = await stripe.invoicePayments.list({ invoice: yearly.latest_invoice as string });
    await stripe.refunds.create({ payment_intent: data[0]!.payment.payment_intent as string, amount: 5_000 });
    await test.hear();
    const end = await test.judged();
    expect(end).toMatchObject({ conflicts: [], findings: [], repeated: 0 });
    expect(end.books.invoices).toHaveLength(7);
    expect(end.books.creditMemos).toHaveLength(1);
    expect(test.letters()).toEqual([]);
    expect(test.waiting()).toEqual([]);
    expect(new Set(test.payments().map((key) => key.slice(0, 'invoice:'.length)))).toEqual(new Set(['invoice:']));
    const noted = await test.notes();
    expect(noted.match(/Stripe collected 21\.64 USD/g)).toHaveLength(2);
    expect(noted).toContain(`Stripe ended ${kept.id}: canceled`);
  });

  it('heard of at once, and the other way round, end the same', async () => {
    await using test = await open(way);
    const { stripe } = test.box;
    const one = await test.subscribe(700);
    const bad = await test.card('pm_card_chargeDeclined');
    await stripe.subscriptions.update(one.id, { default_payment_method: bad });
    await test.later();
    const { latest_invoice: invoice } = await test.renew(one.id);
    await test.later();
    await stripe.invoices.markUncollectible(invoice);
    await stripe.invoices.pay(invoice, { payment_method: await test.card('pm_card_visa') });
    const { data } = await stripe.invoicePayments.list({ invoice });
    await test.box.settled();
    const refund = await stripe.refunds.create({ payment_intent: data[0]!.payment.payment_intent as string });
    await test.box.hook(`/refunds/${refund.id}/fail`, {});
    await stripe.refunds.create({ payment_intent: data[0]!.payment.payment_intent as string, amount: 100 });
    await test.later();
    await stripe.subscriptions.cancel(one.id);
    await test.hear((id) => id);
    expect(test.letters()).toEqual([]);
    expect(await test.judged()).toMatchObject({ conflicts: [], findings: [] });
    expect(test.waiting()).toEqual([]);
  });

  it('of more lines than an event has are posted with all of them', async () => {
    await using test = await open(way);
    const { stripe } = test.box;
    const customer = await stripe.customers.create({ email: 'many@example.com' });
    const { id: card } = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stripe.subscriptions.create({
      customer: customer.id,
      default_payment_method: card,
      automatic_tax: { enabled: true },
      items: Array.from({ length: 23 }, (_, n) => ({
        price_data: { currency: 'usd', product: `prod_${n}`, unit_amount: 101 + n, recurring: { interval: 'month' } },
      })),
    });
    await test.hear();
    expect(test.letters()).toEqual([]);
    const { books, findings, conflicts, commands } = await test.judged();
    expect([findings, conflicts]).toEqual([[], []]);
    expect(books.invoices).toHaveLength(1);
    const posted = commands.find(({ type }) => type === 'PostInvoice')!.payload as {
      lines: readonly { lineId: string }[];
    };
    expect(new Set(posted.lines.map(({ lineId }) => lineId)).size).toBe(23);
  });

  it('what verify is for: a payment that is booked for no invoice, and an invoice nobody booked, are found', async () => {
    await using test = await open(way);
    await test.subscribe(700);
    const before = await test.judged();
    expect(before.findings.join('\n')).toMatch(/the ledger has no invoice[\s\S]*the ledger has no payment/);
  });
});
