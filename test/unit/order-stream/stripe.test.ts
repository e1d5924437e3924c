import { describe, expect, it } from 'vitest';
import { interpret } from '../../../services/order-stream/sources/stripe.ts';
import { stripeEvent } from './fixtures.ts';

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

describe('what a Stripe event says', () => {
  it('a PaymentIntent tells its state, whatever the event is called', () => {
    for (const type of ['payment_intent.succeeded', 'payment_intent.created', 'payment_intent.something_new']) {
      const said = interpret(stripeEvent(type, intent()));
      expect(said).toMatchObject({
        kind: 'fact',
        orderId: '100123',
        links: ['pi_1', 'ch_1'],
        fact: { kind: 'payment.succeeded', amount: 3744n, currency: 'USD', chargeId: 'ch_1' },
      });
    }
  });

  it('a decline carries its charge and both of its reasons', () => {
    const failure = { code: 'card_declined', decline_code: 'insufficient_funds', message: 'No funds.', charge: 'ch_9' };
    const said = interpret(
      stripeEvent(
        'payment_intent.payment_failed',
        intent({ status: 'requires_payment_method', last_payment_error: failure }),
      ),
    );
    expect(said).toMatchObject({
      fact: {
        kind: 'payment.failed',
        chargeId: 'ch_9',
        failureCode: 'card_declined',
        declineCode: 'insufficient_funds',
      },
    });
  });

  it('expanded objects are their ids', () => {
    const said = interpret(
      stripeEvent('payment_intent.succeeded', intent({ latest_charge: { id: 'ch_7', object: 'charge' } })),
    );
    expect(said).toMatchObject({ fact: { chargeId: 'ch_7' } });
  });

  it('an unknown status is carried as data', () => {
    const said = interpret(stripeEvent('payment_intent.updated', intent({ status: 'requires_telepathy' })));
    expect(said).toMatchObject({ fact: { kind: 'payment.other', status: 'requires_telepathy' } });
  });

  it('a charge matters once its balance transaction is known', () => {
    const charge = {
      id: 'ch_1',
      object: 'charge',
      status: 'succeeded',
      payment_intent: 'pi_1',
      amount_captured: 3744,
      currency: 'usd',
      metadata: {},
    };
    expect(interpret(stripeEvent('charge.succeeded', { ...charge, balance_transaction: null }))).toMatchObject({
      kind: 'ignored',
    });
    expect(interpret(stripeEvent('charge.updated', { ...charge, balance_transaction: 'txn_1' }))).toMatchObject({
      orderId: null,
      fact: { kind: 'charge.balanced', balanceTransactionId: 'txn_1', paymentIntentId: 'pi_1' },
    });
  });

  it('other objects are ignored by name, malformed ones are told', () => {
    expect(interpret(stripeEvent('customer.created', { id: 'cus_1', object: 'customer' }))).toEqual({
      kind: 'ignored',
      reason: 'customer.created',
    });
    expect(interpret({ ...stripeEvent('x', {}), body: Buffer.from('{') })).toMatchObject({ kind: 'malformed' });
    expect(interpret({ ...stripeEvent('x', {}), body: Buffer.from('{"data":{}}') })).toMatchObject({
      kind: 'malformed',
    });
  });
});
