/**
 * Each way in which a record can be bad, at each door it can come through: it is put aside with a code to filter by and a
 * sentence that says what is wrong with it, nothing waits behind it, and put right at the desk it does what it should
 * have done.
 */
import { describe, expect, it } from 'vitest';
import { startMail } from '../../../infra/sandbox/mail/server.ts';
import { sandbox, secretKey } from '../../../infra/sandbox/stripe/testing/sandbox.ts';
import { topics } from '../../../schemas/topics.ts';
import { EditRefusedError } from '../../../services/dead-letters/editing.ts';
import { letterId } from '../../../services/dead-letters/letter.ts';
import { openSender } from '../../../services/notifier/sender.ts';
import { notifierStage } from '../../../services/notifier/stage.ts';
import { readTemplates } from '../../../services/notifier/templates.ts';
import type { EffectStage } from '../../../services/runtime/effects.ts';
import { stripeStage } from '../../../services/stripe-executor/stage.ts';
import { openStripeApi } from '../../../services/stripe-executor/stripe-api.ts';
import { merchantNotice, notice } from '../../unit/notifier/support.ts';
import { ordersRow, stripeEvent } from '../../unit/order-stream/fixtures.ts';
import { cancelPaymentIntent, createPaymentIntent, createRefund } from '../../unit/stripe-executor/support.ts';
import { checkout, pipeChange } from '../order-stream/shop-log.ts';
import { openDesk } from './support.ts';

const outside = async () => {
  const box = await sandbox();
  const mail = await startMail({ file: ':memory:', smtpPort: 0, httpPort: 0 });
  const api = openStripeApi({ secretKey, base: new URL(box.running.url), timeoutMs: 10_000, requestsPerSecond: 1_000 });
  const sender = openSender({
    url: new URL(`smtp://127.0.0.1:${mail.smtpPort}`),
    from: 'shop@shop.example',
    secret: undefined,
    timeoutMs: 5_000,
  });
  return { box, mail, api, sender };
};

const open = async () => {
  const { box, mail, api, sender } = await outside();
  const desk = await openDesk({
    effects: (schemas) => [
      stripeStage({
        api,
        version: 'test',
        concurrency: 4,
        commands: schemas.topic('stripeCommands'),
        objects: schemas.topic('stripeObjects'),
        results: schemas.topic('stripeResults'),
        deadLetters: schemas.topic('deadLetters'),
      }) as unknown as EffectStage<never>,
      notifierStage({
        sender,
        templates: readTemplates(new URL('../../../services/notifier/templates', import.meta.url).pathname),
        sent: { reference: () => Promise.resolve(undefined) },
        merchant: { finance: 'finance@shop.example' },
        version: 'test',
        concurrency: 2,
        notifications: schemas.topic('notifications'),
        results: schemas.topic('notificationResults'),
        deadLetters: schemas.topic('deadLetters'),
      }) as unknown as EffectStage<never>,
    ],
  });
  const { driver, schemas } = desk;
  await schemas.topic('notificationResults').value.open?.();
  return {
    ...desk,
    stripe: box.stripe,
    /** What a record brings about, of which there must be one. */
    assembled: () => driver.readAll(schemas.topic('assembledOrders')).map(({ value }) => value?.orderId),
    told: () => driver.readAll(schemas.topic('orderPayments')).map(({ value }) => value?.kind),
    paidOut: () => driver.readAll(schemas.topic('payoutFacts')).map(({ value }) => value?.kind),
    done: () =>
      (['stripeResults', 'notificationResults'] as const).flatMap((topic) =>
        driver.readAll(schemas.topic(topic)).map(({ value }) => `${value?.type ?? ''} ${value?.status ?? ''}`),
      ),
    [Symbol.asyncDispose]: async () => {
      await driver.close();
      sender.close();
      await mail.close();
      await box[Symbol.asyncDispose]();
    },
  };
};
type Test = Awaited<ReturnType<typeof open>>;

type Bad = Readonly<{
  /** What is wrong. */
  what: string;
  feed: (test: Test) => Promise<void>;
  code: string;
  /** What the letter's sentence must name: whose record it is, and what is wrong with it. */
  says: RegExp;
  /** The field that is put right, and with what. */
  fix: readonly [path: string, value: string];
  /** What comes of it, once. */
  outcome: (test: Test) => readonly unknown[];
  is: unknown;
}>;

const money = (decimal: string): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(decimal.replace('.', '')));
  return bytes;
};

const order = (
  what: string,
  over: Parameters<typeof ordersRow>[0],
  code: string,
  says: RegExp,
  fix: Bad['fix'],
): Bad => ({
  what: `an order ${what}`,
  feed: async ({ log, driver }) => {
    const customer = { CustomerID: 58001, Email: '', IsRegistered: 1 };
    for (const change of checkout(log, ordersRow(over), { customer })) await pipeChange(driver, change);
  },
  code,
  says,
  fix,
  outcome: (test) => test.assembled(),
  is: '100123',
});

const refund = {
  id: 're_1',
  object: 'refund',
  status: 'succeeded',
  amount: 150,
  currency: 'usd',
  charge: 'ch_1',
  payment_intent: 'pi_1',
  metadata: { order_id: '100123' },
};
const bodyOf = (object: object): string =>
  JSON.stringify({ $text: stripeEvent('refund.created', { ...refund, ...object }).body.toString() });

const event = (what: string, body: object | Buffer, code: string, says: RegExp, right: object = {}): Bad => ({
  what: `a Stripe event ${what}`,
  feed: ({ driver, schemas }) => {
    const said = stripeEvent('refund.created', Buffer.isBuffer(body) ? refund : { ...refund, ...body });
    return driver.pipe(schemas.topic('stripeEvents'), 'pi_1', Buffer.isBuffer(body) ? { ...said, body } : said);
  },
  code,
  says,
  fix: ['body', bodyOf(right)],
  outcome: (test) => test.told(),
  is: 'refund.succeeded',
});

const command = (
  what: string,
  make: (test: Test) => Promise<Parameters<Test['driver']['pipe']>[2]>,
  topic: 'stripeCommands' | 'notifications',
  code: string,
  says: RegExp,
  fix: Bad['fix'],
  is: string,
): Bad => ({
  what: `a command ${what}`,
  feed: async (test) => {
    const value = (await make(test)) as never;
    await test.driver.pipe<never>(test.schemas.topic(topic) as never, '100123', value);
  },
  code,
  says,
  fix,
  outcome: (test) => test.done(),
  is,
});

/** A PaymentIntent of 37.44 to refund or cancel. */
const intent = async ({ stripe }: Test, paid: boolean): Promise<string> =>
  (
    await stripe.paymentIntents.create({
      amount: 3744,
      currency: 'usd',
      payment_method_types: ['card'],
      ...(paid && { payment_method: 'pm_card_visa', confirm: true }),
    })
  ).id;

const bad: readonly Bad[] = [
  order('without an e-mail address', { Email: null }, 'missing_email', /order 100123.*customer 58001.*e-mail/, [
    'after.Email',
    'ana@example.com',
  ]),
  order('of a fraction of a cent', { OrderTotal: money('37.4405') }, 'inexact_amount', /order 100123.*37\.4405/, [
    'after.OrderTotal',
    '37.4400',
  ]),
  order('with a fraction in its tax', { OrderTax: money('2.4701') }, 'inexact_amount', /order 100123.*2\.4701/, [
    'after.OrderTax',
    '2.4700',
  ]),
  order('of a store that nobody set up', { StoreID: 9 }, 'unknown_store', /order 100123.*store 9/, [
    'after.StoreID',
    '1',
  ]),
  order('below nothing', { OrderTotal: money('-37.4400') }, 'negative_total', /order 100123.*negative/, [
    'after.OrderTotal',
    '37.4400',
  ]),
  order(
    'of more than Stripe takes',
    { OrderTotal: money('1000000.0000') },
    'amount_too_large',
    /order 100123.*digits/,
    ['after.OrderTotal', '10000.0000'],
  ),
  order('in yen with a decimal', { StoreID: 2 }, 'inexact_amount', /order 100123.*JPY/, ['after.StoreID', '1']),

  event('that is no JSON', Buffer.from('{"id": "evt_1", '), 'malformed_event', /evt_1 is not JSON/),
  event('without an object', Buffer.from('{"id": "evt_1"}'), 'malformed_event', /evt_1 has no data\.object/),
  event('with an amount in quotes', { amount: '150' }, 'malformed_event', /amount of re_1/),
  event('with a fraction of a minor unit', { amount: 1.5 }, 'malformed_event', /amount of re_1/),
  event('in no currency', { currency: 'zzz' }, 'unknown_currency', /zzz/i),
  event('in a currency Stripe does not know', { currency: 'iqd' }, 'currency_not_at_stripe', /IQD/),
  event('in króna with aurar', { currency: 'isk', amount: 150 }, 'inexact_amount', /ISK/, {
    currency: 'isk',
    amount: 100,
  }),
  event('of an object of the other mode', { livemode: true }, 'livemode_mismatch', /evt_1.*modes/),

  command(
    'to capture in no known way',
    async ({ stripe }) =>
      createPaymentIntent((await stripe.customers.create({})).id, '100123', { captureMethod: 'someday' }),
    'stripeCommands',
    'capture_method_unknown',
    /someday/,
    ['payload.captureMethod', 'automatic_async'],
    'CreatePaymentIntent succeeded',
  ),
  command(
    'to refund for no known reason',
    async (test) => createRefund(await intent(test, true), 'credit-1', { reason: 'a whim' }, '100123'),
    'stripeCommands',
    'refund_reason_unknown',
    /a whim/,
    ['payload.reason', 'duplicate'],
    'CreateRefund succeeded',
  ),
  command(
    'to cancel for no known reason',
    async (test) => cancelPaymentIntent(await intent(test, false), 'a whim', '100123'),
    'stripeCommands',
    'cancel_reason_unknown',
    /a whim/,
    ['payload.reason', 'abandoned'],
    'CancelPaymentIntent succeeded',
  ),
  command(
    'to write to what is no address',
    () => Promise.resolve(notice('100123', { email: 'ada at example' })),
    'notifications',
    'bad_address',
    /100123.*ada at example/,
    ['payload.email', 'ada@example.com'],
    'NotifyCustomer succeeded',
  ),
  command(
    'with a template that is not there',
    () => Promise.resolve(notice('100123', { template: 'payment_denied' })),
    'notifications',
    'unknown_template',
    /payment_denied.*payment_declined/,
    ['payload.template', 'payment_declined'],
    'NotifyCustomer succeeded',
  ),
  command(
    'without what its template says',
    () => Promise.resolve(notice('100123', { data: { order_number: '100123' } })),
    'notifications',
    'missing_data',
    /payment_declined.*reason/,
    ['payload.data', JSON.stringify({ order_number: '100123', reason: 'not enough funds' })],
    'NotifyCustomer succeeded',
  ),
  command(
    'to people that nobody named',
    () => Promise.resolve(merchantNotice('treasury', '100123')),
    'notifications',
    'unknown_audience',
    /100123.*treasury/,
    ['payload.audience', 'finance'],
    'NotifyMerchant succeeded',
  ),
];

describe('bad input', () => {
  it.each(bad)('$what: put aside with a reason, put right, done once', async (each) => {
    await using test = await open();
    await each.feed(test);
    const letters = await test.letters();
    expect(letters.map(({ letter }) => letter.code)).toEqual([each.code]);
    const [only] = letters;
    expect(only!.letter.message).toMatch(each.says);
    expect(each.outcome(test)).toEqual([]);

    // What comes behind it goes on.
    const payout = { id: 'po_1', object: 'payout', status: 'paid', amount: 1, currency: 'usd', arrival_date: 1 };
    await test.driver.pipe(
      test.schemas.topic('stripeEvents'),
      'po_1',
      stripeEvent('payout.paid', { ...payout, automatic: true, method: 'standard' }, 'evt_9'),
    );
    expect(test.paidOut()).toHaveLength(1);

    const id = letterId(only!);
    expect((await test.edit(id, ...each.fix)).map(({ kind }) => kind)).toEqual(['done']);
    expect((await test.redrive(id)).map(({ kind }) => kind)).toEqual(['done']);
    await test.driver.run();
    expect(each.outcome(test)).toEqual([each.is]);
    expect(await test.states()).toEqual([[id, each.code, 'redriven']]);

    // A second time there is nothing to bring back.
    expect((await test.redrive(id)).map(({ kind }) => kind)).not.toContain('done');
    await test.driver.run();
    expect(each.outcome(test)).toEqual([each.is]);
  });

  it('of the other mode is not made ours by an edit: it can be discarded only', async () => {
    await using test = await open();
    const live = { ...stripeEvent('refund.created', { ...refund, livemode: true }), livemode: true };
    await test.driver.pipe(test.schemas.topic('stripeEvents'), 'pi_1', live);
    const [only] = await test.letters();
    expect(only!.letter.code).toBe('livemode_mismatch');
    expect(only!.letter.message).toMatch(/live mode/);
    await expect(test.edit(letterId(only!), 'livemode', 'false')).rejects.toThrow(EditRefusedError);
    expect((await test.discard(letterId(only!))).map(({ kind }) => kind)).toEqual(['done']);
    expect(test.told()).toEqual([]);
  });

  it('what nobody knows yet is no bad input: it is kept, counted and carried on', async () => {
    await using test = await open();
    const { driver, schemas, log } = test;
    // A state of the shop's, a type of Stripe's, a status of Stripe's, a country of the shop's.
    const odd = { TransactionState: 'PONDERING' };
    for (const change of checkout(log, ordersRow(odd))) await pipeChange(driver, change);
    const atlantis = { OrderNumber: 100124, BillingCountry: 'Atlantis' };
    for (const change of checkout(log, ordersRow(atlantis))) await pipeChange(driver, change);
    const events = schemas.topic('stripeEvents');
    await driver.pipe(events, 'x_1', stripeEvent('treasury.new_thing', { id: 'x_1', object: 'novelty' }, 'evt_7'));
    await driver.pipe(events, 'pi_1', stripeEvent('refund.updated', { ...refund, status: 'pondering' }, 'evt_8'));
    expect(await test.letters()).toEqual([]);
    expect(test.assembled()).toEqual(['100124']);
    expect(driver.readAll(schemas.topic('assembledOrders'))[0]?.value?.billTo).toMatchObject({
      country: 'Atlantis',
      unrecognised: ['country'],
    });
    expect(driver.readAll(schemas.topic('orderPayments')).map(({ value }) => value?.status)).toEqual(['pondering']);
    expect(driver.broker.log({ topic: topics.stripeEvents.name, partition: 0 }).read(0n, 1_000).records).toHaveLength(
      2,
    );
  });
});
