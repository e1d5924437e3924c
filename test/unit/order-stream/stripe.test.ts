import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAvro, readSchema } from '../../../schemas/avro.ts';
import { topics } from '../../../schemas/topics.ts';
import { interpret, MAX_BODY_BYTES } from '../../../services/order-stream/sources/stripe/interpret.ts';
import { stripeEvent } from './fixtures.ts';
import { story, versions } from './stripe-fixtures.ts';

const intent = (over: Readonly<Record<string, unknown>> = {}) => ({
  id: 'pi_1',
  object: 'payment_intent',
  amount: 3744,
  amount_received: 3744,
  currency: 'usd',
  status: 'succeeded',
  latest_charge: 'ch_1',
  metadata: { order_id: '100123' },
  last_payment_error: null,
  ...over,
});

const refund = (over: Readonly<Record<string, unknown>> = {}) => ({
  id: 're_1',
  object: 'refund',
  amount: 1000,
  currency: 'usd',
  status: 'succeeded',
  charge: 'ch_1',
  payment_intent: 'pi_1',
  created: 1_790_000_000,
  ...over,
});

const said = (type: string, object: Readonly<Record<string, unknown>>) => interpret(stripeEvent(type, object));

const firstOf = (type: string, object: Readonly<Record<string, unknown>>) => {
  const outcome = said(type, object);
  if (outcome.kind !== 'facts') throw new Error(`${type}: ${outcome.kind}`);
  return outcome.payments[0] ?? outcome.others[0]?.fact;
};

describe('what a Stripe event says', () => {
  it('a PaymentIntent tells its state, whatever the event is called', () => {
    for (const type of ['payment_intent.succeeded', 'payment_intent.created', 'payment_intent.something_new']) {
      expect(said(type, intent())).toMatchObject({
        kind: 'facts',
        orderId: '100123',
        links: ['pi_1', 'ch_1'],
        payments: [{ kind: 'payment.succeeded', amount: 3744n, currency: 'USD', chargeId: 'ch_1' }],
      });
    }
  });

  it('a decline carries its charge and both of its reasons', () => {
    const failure = { code: 'card_declined', decline_code: 'insufficient_funds', message: 'No funds.', charge: 'ch_9' };
    const declined = intent({ status: 'requires_payment_method', last_payment_error: failure });
    expect(said('payment_intent.payment_failed', declined)).toMatchObject({
      links: ['pi_1', 'ch_1', 'ch_9'],
      payments: [
        {
          kind: 'payment.failed',
          chargeId: 'ch_9',
          failureCode: 'card_declined',
          declineCode: 'insufficient_funds',
        },
      ],
    });
  });

  it.each([
    ['requires_source', 'requires_payment_method'],
    ['requires_source_action', 'requires_action'],
  ])('what was called %s is %s', (old, status) => {
    expect(firstOf('payment_intent.created', intent({ status: old }))).toMatchObject({ status });
  });

  it.each([
    ['requires_capture', { amount_capturable: 3000 }, { kind: 'payment.authorized', amount: 3000n }],
    ['processing', {}, { kind: 'payment.processing' }],
    ['canceled', { cancellation_reason: 'abandoned' }, { kind: 'payment.canceled', reason: 'abandoned' }],
  ])('a PaymentIntent that is %s', (status, over, fact) => {
    expect(firstOf('payment_intent.updated', intent({ status, ...over }))).toMatchObject(fact);
  });

  it('expanded objects are their ids, and tell what they know', () => {
    const latest = { id: 'ch_7', object: 'charge' };
    const charge = {
      ...latest,
      status: 'succeeded',
      amount: 3744,
      currency: 'usd',
      balance_transaction: { id: 'txn_7' },
    };
    expect(said('payment_intent.succeeded', intent({ latest_charge: latest }))).toMatchObject({
      payments: [{ chargeId: 'ch_7' }],
    });
    expect(said('payment_intent.succeeded', intent({ latest_charge: charge }))).toMatchObject({
      payments: [
        { kind: 'payment.succeeded' },
        { kind: 'charge.balanced', paymentIntentId: 'pi_1', balanceTransactionId: 'txn_7' },
      ],
    });
  });

  it('a charge matters once its balance transaction is known', () => {
    const charge = {
      id: 'ch_1',
      object: 'charge',
      status: 'succeeded',
      payment_intent: 'pi_1',
      amount: 5000,
      amount_captured: 3744,
      currency: 'usd',
      metadata: {},
    };
    expect(said('charge.succeeded', { ...charge, balance_transaction: null })).toMatchObject({ kind: 'ignored' });
    expect(said('charge.updated', { ...charge, balance_transaction: 'txn_1' })).toMatchObject({
      orderId: null,
      payments: [{ kind: 'charge.balanced', balanceTransactionId: 'txn_1', paymentIntentId: 'pi_1', amount: 3744n }],
    });
  });

  it('a charge that names its order links its PaymentIntent, though it has nothing else to tell', () => {
    const charge = {
      id: 'ch_1',
      object: 'charge',
      status: 'pending',
      payment_intent: 'pi_1',
      metadata: { order_id: '7' },
    };
    expect(said('charge.pending', charge)).toEqual({
      kind: 'facts',
      payments: [],
      orderId: '7',
      links: ['ch_1', 'pi_1'],
      others: [],
    });
  });

  it.each([
    ['a refund', refund({ status: 'teleported' }), { kind: 'refund.other', status: 'teleported', statusRank: 0 }],
    [
      'a refund of old without one',
      refund({ status: null, balance_transaction: 'txn_1' }),
      { kind: 'refund.succeeded' },
    ],
    ['a refund that says nothing', refund({ status: null }), { kind: 'refund.other', status: 'unknown' }],
    [
      'a dispute',
      refund({ object: 'dispute', status: 'appeal_lost_in_space' }),
      { kind: 'dispute.other', status: 'appeal_lost_in_space' },
    ],
    [
      'a dispute on appeal',
      refund({ object: 'dispute', status: 'appeal_under_review' }),
      { kind: 'dispute.appeal_under_review' },
    ],
    [
      'a PaymentIntent',
      intent({ status: 'requires_telepathy' }),
      { kind: 'payment.other', status: 'requires_telepathy' },
    ],
    ['a payout', refund({ object: 'payout', status: 'lost' }), { kind: 'payout.other', status: 'lost' }],
    [
      'a subscription',
      refund({ object: 'subscription', status: 'napping' }),
      { kind: 'subscription.other', status: 'napping' },
    ],
    [
      'a status that is a word of JavaScript',
      refund({ status: 'constructor' }),
      { kind: 'refund.other', statusRank: 0 },
    ],
  ])('an unknown status is carried as data: %s', (_what, object, fact) => {
    expect(firstOf('x.updated', object)).toMatchObject(fact);
  });

  it('a dispute that is expanded in its charge is told too', () => {
    const dispute = { id: 'dp_1', object: 'dispute', status: 'lost', amount: 1000, currency: 'usd' };
    expect(said('charge.updated', { id: 'ch_1', object: 'charge', payment_intent: 'pi_1', dispute })).toMatchObject({
      payments: [{ kind: 'dispute.lost', objectId: 'dp_1', chargeId: 'ch_1', paymentIntentId: 'pi_1' }],
    });
  });

  it('an invoice tells of lines that are left out, of payments that come with it, and that it was deleted', () => {
    const payment = { object: 'invoice_payment', status: 'paid', amount_paid: 500, payment: { charge: 'ch_5' } };
    const invoice = {
      id: 'in_1',
      object: 'invoice',
      status: 'paid',
      currency: 'usd',
      lines: { data: [], has_more: true },
      payments: { data: [payment] },
    };
    expect(said('invoice.paid', invoice)).toMatchObject({
      payments: [],
      others: [
        { key: 'invoice:in_1', fact: { kind: 'invoice.paid', linesComplete: false } },
        { key: 'invoice:in_1', fact: { kind: 'invoice_payment.paid', chargeId: 'ch_5', amountPaid: 500n } },
      ],
    });
    expect(firstOf('invoice.deleted', { ...invoice, status: 'draft' })).toMatchObject({ kind: 'invoice.deleted' });
  });

  it('an object of a payment says which invoice it pays, and an invoice what it is paid with', () => {
    const charge = { id: 'ch_1', object: 'charge', status: 'pending', payment_intent: 'pi_1', invoice: 'in_1' };
    expect(said('charge.pending', charge)).toMatchObject({ orderId: 'invoice:in_1', links: ['ch_1', 'pi_1'] });
    expect(said('charge.pending', { ...charge, metadata: { order_id: '7' } })).toMatchObject({ orderId: '7' });
    const payment = { id: 'inpay_1', object: 'invoice_payment', invoice: 'in_1', currency: 'usd', status: 'open' };
    expect(said('invoice_payment.paid', { ...payment, payment: { payment_intent: 'pi_1' } })).toMatchObject({
      orderId: 'invoice:in_1',
      links: ['pi_1'],
    });
    const old = { id: 'in_1', object: 'invoice', currency: 'usd', status: 'paid', amount_paid: 5, charge: 'ch_1' };
    expect(said('invoice.paid', old)).toMatchObject({ orderId: 'invoice:in_1', links: ['ch_1'] });
  });

  it('an invoice tells of discounts, of tax in its prices, of failed attempts, and of the order it goes on from', () => {
    const line = {
      id: 'il_1',
      amount: 1_000,
      discount_amounts: [{ amount: 100 }, { amount: 50 }],
      pretax_credit_amounts: [
        { amount: 100, type: 'discount' },
        { amount: 30, type: 'credit_balance_transaction' },
      ],
      taxes: [
        { amount: 60, tax_behavior: 'inclusive' },
        { amount: 9, tax_behavior: 'exclusive' },
      ],
    };
    const invoice = {
      id: 'in_1',
      object: 'invoice',
      status: 'open',
      currency: 'usd',
      attempt_count: 2,
      next_payment_attempt: 1_790_000_000,
      amount_paid_off_stripe: 0,
      lines: { data: [line] },
      parent: { subscription_details: { subscription: 'sub_1', metadata: { order_id: '100123' } } },
    };
    expect(firstOf('invoice.payment_failed', invoice)).toMatchObject({
      kind: 'invoice.open',
      failedAttempt: 2n,
      nextAttemptAt: 1_790_000_000_000n,
      shopOrderId: '100123',
      lines: [{ discount: 180n, taxIncluded: 60n, tax: 69n }],
    });
    expect(firstOf('invoice.updated', invoice)).toMatchObject({ failedAttempt: null });
    const old = { ...invoice, parent: null };
    const told = (over: object) => firstOf('invoice.updated', { ...old, ...over });
    expect(told({ paid_out_of_band: true, amount_paid: 700, amount_paid_off_stripe: null })).toMatchObject({
      shopOrderId: null,
      paidOffStripe: 700n,
    });
    expect(told({ subscription_details: { metadata: { order_id: '8' } } })).toMatchObject({ shopOrderId: '8' });
    expect(told({ lines: [{ ...line, type: 'subscription', metadata: { order_id: '9' } }] })).toMatchObject({
      shopOrderId: '9',
    });
  });

  it('a credit note is told of its invoice', () => {
    const note = { id: 'cn_1', object: 'credit_note', invoice: 'in_1', currency: 'usd', status: 'issued', total: 500 };
    expect(said('credit_note.created', note)).toMatchObject({
      orderId: null,
      others: [{ key: 'invoice:in_1', fact: { kind: 'credit_note.issued', objectId: 'cn_1', total: 500n } }],
    });
  });

  it('invoices had no status before 2018-11-08', () => {
    const invoice = { id: 'in_1', object: 'invoice', currency: 'usd' };
    const statusOf = (over: object) => firstOf('invoice.updated', { ...invoice, ...over });
    expect(statusOf({ paid: true, closed: true })).toMatchObject({ kind: 'invoice.paid' });
    expect(statusOf({ paid: false, forgiven: true, closed: true })).toMatchObject({ kind: 'invoice.uncollectible' });
    expect(statusOf({ paid: false, closed: true })).toMatchObject({ kind: 'invoice.open' });
    expect(statusOf({ paid: false, closed: false, attempted: false })).toMatchObject({ kind: 'invoice.draft' });
  });

  it('a price may be finer than a cent, and is told exactly', () => {
    const price = { id: 'price_1', object: 'price', currency: 'usd', product: 'prod_1', unit_amount: null };
    expect(firstOf('price.created', { ...price, unit_amount_decimal: '0.055' })).toMatchObject({
      unitAmount: null,
      unitPrice: '0.00055',
    });
    expect(firstOf('price.deleted', price)).toMatchObject({ kind: 'price.deleted', unitPrice: null });
  });

  it('amounts are in ISO minor units, whatever Stripe writes', () => {
    for (const [currency, amount, units] of [
      ['isk', 70_000, 700n],
      ['ugx', 900_000, 9_000n],
      ['mga', 5_000, 500_000n],
      ['jpy', 1_050, 1_050n],
    ] as const)
      expect(firstOf('refund.created', refund({ currency, amount }))).toMatchObject({ amount: units });
  });

  it('a connected account is named', () => {
    expect(interpret({ ...stripeEvent('refund.created', refund()), account: 'acct_9' })).toMatchObject({
      payments: [{ account: 'acct_9' }],
    });
  });

  it.each([[null], ['req_123'], [{ id: 'req_123', idempotency_key: 'k' }], [{ id: null }]])(
    'who asked for it does not matter: %j',
    (request) => {
      const event = stripeEvent('refund.created', refund());
      const body = { ...(JSON.parse(event.body.toString()) as object), request };
      expect(interpret({ ...event, body: Buffer.from(JSON.stringify(body)) })).toEqual(interpret(event));
    },
  );

  it('other objects are ignored by name', () => {
    for (const object of ['review', 'toString', '__proto__', ''])
      expect(said('review.opened', { id: 'prv_1', object })).toEqual({ kind: 'ignored', reason: 'review.opened' });
    expect(said('review.opened', { id: 'prv_1' })).toEqual({ kind: 'ignored', reason: 'review.opened' });
  });
});

describe('what is refused', () => {
  const body = (text: string) => interpret({ ...stripeEvent('x', {}), body: Buffer.from(text) });

  it.each([
    ['no JSON', body('{'), 'malformed_event'],
    ['no object', body('{"data":{}}'), 'malformed_event'],
    ['a list', body('[]'), 'malformed_event'],
    ['nothing', body('null'), 'malformed_event'],
    ['brackets a mile deep', body('['.repeat(1_000_000)), 'malformed_event'],
    ['an amount that is text', said('refund.created', refund({ amount: '1000' })), 'malformed_event'],
    [
      'an amount that need not be there, and is text',
      said('invoice.paid', { id: 'in_1', object: 'invoice', currency: 'usd', amount_due: '2713' }),
      'malformed_event',
    ],
    ['half a cent', said('refund.created', refund({ amount: 10.5 })), 'malformed_event'],
    ['more than a number holds', said('refund.created', refund({ amount: 2 ** 53 })), 'malformed_event'],
    ['no amount', said('refund.created', refund({ amount: undefined })), 'malformed_event'],
    ['no currency', said('refund.created', refund({ currency: '' })), 'malformed_event'],
    ['a currency nobody knows', said('refund.created', refund({ currency: 'qqq' })), 'unknown_currency'],
    ['half a krona', said('refund.created', refund({ currency: 'isk', amount: 150 })), 'inexact_amount'],
    [
      'a price that is no number',
      said('price.created', refund({ object: 'price', unit_amount_decimal: 'NaN' })),
      'not_a_decimal',
    ],
    ['an object of the other mode', said('refund.created', refund({ livemode: true })), 'livemode_mismatch'],
    ['a body of megabytes', body(' '.repeat(MAX_BODY_BYTES + 1)), 'event_too_large'],
    [
      'a list without end',
      said('charge.refunded', {
        id: 'ch_1',
        object: 'charge',
        refunds: { data: Array.from({ length: 1_001 }, () => refund()) },
      }),
      'event_too_large',
    ],
  ])('%s', (_what, outcome, code) => {
    expect(outcome).toMatchObject({ kind: 'refused', code });
  });

  it('whatever is in a body, the answer is facts, nothing or a refusal, and never an exception, and facts fit their schema', () => {
    const events = versions.flatMap(story);
    const schemaOf = (topic: keyof typeof topics) => parseAvro(readSchema(topics[topic].records[0]));
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 3 }),
      fc.constantFrom<unknown>(-1, 1e308, '', {}, [], null, { data: 7 }, { data: [[], null, {}] }, 'constructor'),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...events),
        fc.array(fc.tuple(fc.nat(), value), { maxLength: 4 }),
        (kept, changes) => {
          const event = JSON.parse(kept.event.body.toString()) as { data: { object: Record<string, unknown> } };
          const { object } = event.data;
          for (const [nth, hostile] of changes) {
            const names = Object.keys(object).filter((name) => name !== 'object');
            object[names[nth % names.length]!] = hostile;
          }
          const outcome = interpret({ ...kept.event, body: Buffer.from(JSON.stringify(event)) });
          expect(['facts', 'ignored', 'refused']).toContain(outcome.kind);
          if (outcome.kind !== 'facts') return;
          for (const fact of outcome.payments) expect(schemaOf('orderPayments').isValid(fact)).toBe(true);
          for (const { topic, fact } of outcome.others) expect(schemaOf(topic).isValid(fact)).toBe(true);
        },
      ),
      { numRuns: 1_500 },
    );
  });
});
