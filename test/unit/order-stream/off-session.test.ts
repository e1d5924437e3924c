import { describe, expect, it } from 'vitest';
import type { AssembledOrder, PaymentFact } from '../../../schemas/generated/types.ts';
import { assembledOrder, commandResult, paymentFact } from './fixtures.ts';
import { asSet, idsOf, type Input, permutations, play } from './playing.ts';

const settings = {
  stripeMethods: ['STRIPE', 'SAVED'],
  captureOnShipment: [],
  offSession: ['SAVED'],
  shippedWithFirst: false,
  livemode: false,
};
const recurring = { ...settings, offSession: ['RECURRING'] };
const saved = (over: Partial<AssembledOrder> = {}): AssembledOrder =>
  assembledOrder({ paymentMethod: 'SAVED', ...over });

const made = (collection: string | null): readonly Input[] => [
  commandResult(),
  commandResult({
    commandId: '100123/create-payment-intent/1',
    type: 'CreatePaymentIntent',
    objectId: 'pi_1',
    ...(collection !== null && { detail: { collection } }),
  }),
];
const declined = (code: string): PaymentFact =>
  paymentFact({
    factId: 'evt_declined',
    kind: 'payment.failed',
    status: 'requires_payment_method',
    chargeId: 'ch_0',
    failureCode: code,
    failureMessage: 'No.',
  });
const paid = paymentFact();

const created = (order: AssembledOrder, given = settings) => {
  const { sent } = play([order, made(null)[0]!], { settings: given });
  const command = sent.find(({ type }) => type === 'CreatePaymentIntent');
  return command?.type === 'CreatePaymentIntent' ? [command.payload.offSession, command.payload.saveMethod] : undefined;
};

describe('an order of which nobody is at a page', () => {
  it('is charged to what the customer has saved, by its method, or as a repeat', () => {
    expect(created(saved())).toEqual([true, true]);
    expect(created(assembledOrder())).toEqual([false, false]);
    expect(created(assembledOrder({ recurring: true }))).toEqual([false, false]);
    expect(created(assembledOrder({ recurring: true }), recurring)).toEqual([true, false]);
    expect(created(assembledOrder(), recurring)).toEqual([false, false]);
  });

  it('is not charged unasked to somebody who has only typed the address', () => {
    const { customer } = saved();
    expect(created(saved({ customer: { ...customer, registered: false } }))).toEqual([false, true]);
    expect(created(saved({ customer: { ...customer, email: null } }))).toEqual([false, true]);
    expect(created(saved({ email: 'somebody.else@example.com' }))).toEqual([false, true]);
    // The same mailbox in another spelling is the same person.
    expect(created(saved({ email: ' ANA@example.COM ' }))).toEqual([true, true]);
  });

  it('is paid like any other, whatever is heard first', () => {
    const inputs = [...made('off_session'), paid];
    const expected = play([saved(), ...inputs], { settings });
    expect(idsOf(expected.sent)).toEqual([
      'ensure-customer/1',
      'create-payment-intent/1',
      'link-payment/1',
      'mark-paid/1',
      'upsert-customer/1',
      'create-sales-order/1',
      'decrement-inventory/1',
      'record-payment/1',
      'request-shipping-label/1',
    ]);
    for (const rest of permutations([saved(), ...inputs]))
      expect(asSet(play([...rest, ...rest], { settings }).sent)).toEqual(asSet(expected.sent));
  });

  it('asks the customer to pay when nothing is saved, and when the bank wants to hear them, once each', () => {
    const asked = (...inputs: readonly Input[]) => {
      const { sent, letters } = play(inputs, { settings });
      expect(letters).toEqual([]);
      return sent.flatMap((each) =>
        each.type === 'NotifyCustomer' ? [[each.commandId, each.payload.template, each.payload.data]] : [],
      );
    };
    const data = { order_number: '100123', amount: '37.44', currency: 'USD' };
    for (const rest of permutations([saved(), ...made('on_session'), paid]))
      expect(asked(...rest, ...rest)).toEqual([['100123/ask-to-pay/pi_1', 'payment_needed', data]]);
    for (const rest of permutations([saved(), ...made('off_session'), declined('authentication_required'), paid]))
      expect(asked(...rest, ...rest)).toEqual([['100123/ask-to-authenticate/ch_0', 'payment_needed', data]]);
    for (const rest of permutations([saved(), ...made('off_session'), declined('card_declined')]))
      expect(asked(...rest, ...rest)).toMatchObject([['100123/notify-decline/ch_0', 'payment_declined', {}]]);
    // Whoever is at the page needs no letter.
    expect(asked(assembledOrder(), ...made(null))).toEqual([]);
  });

  it('is told to the shop as declined when the bank wants to hear the customer', () => {
    const { sent } = play([saved(), ...made('off_session'), declined('authentication_required')], { settings });
    expect(idsOf(sent)).toContain('record-decline/ch_0');
  });
});
