import { describe, expect, it } from 'vitest';
import { asEvent, type JsonObject } from '../../../services/webhooks/domain/event.ts';
import { routingKey } from '../../../services/webhooks/domain/routing-key.ts';

const event = (object: JsonObject) =>
  asEvent({ object: 'event', id: 'evt_1', type: 'x.y', created: 1, livemode: false, data: { object } })!;

describe('routing key', () => {
  const cases: [string, JsonObject, string][] = [
    ['the order in metadata', { object: 'charge', id: 'ch_1', metadata: { order_id: '100123' } }, '100123'],
    ['a PaymentIntent itself', { object: 'payment_intent', id: 'pi_1', customer: 'cus_1', metadata: {} }, 'pi_1'],
    ['the PaymentIntent of a charge', { object: 'charge', id: 'ch_1', payment_intent: 'pi_1' }, 'pi_1'],
    ['an expanded PaymentIntent', { object: 'refund', id: 're_1', payment_intent: { id: 'pi_1' } }, 'pi_1'],
    ['a charge itself', { object: 'charge', id: 'ch_1', payment_intent: null, customer: 'cus_1' }, 'ch_1'],
    ['the charge of a dispute', { object: 'dispute', id: 'dp_1', charge: 'ch_1', payment_intent: null }, 'ch_1'],
    ['a customer itself', { object: 'customer', id: 'cus_1', metadata: { order_id: '' } }, 'cus_1'],
    ['the customer of an invoice', { object: 'invoice', id: 'in_1', customer: 'cus_1' }, 'cus_1'],
    ['a payout itself', { object: 'payout', id: 'po_1', metadata: null }, 'po_1'],
    ['anything else by its own id', { object: 'never.seen', id: 'xy_1' }, 'xy_1'],
    ['the event, when the object has no id', { object: 'balance' }, 'evt_1'],
  ];
  it.each(cases)('is %s', (_name, object, key) => {
    expect(routingKey(event(object))).toBe(key);
  });
});
