import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssembledOrder, PaymentFact } from '../../../schemas/generated/types.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { assembledOrder, commandResult, paymentFact } from './fixtures.ts';
import { asSet, idsOf, type Input, permutations, play } from './playing.ts';

const T = 1_790_000_000_000n;
const settings = {
  stripeMethods: ['STRIPE'],
  captureOnShipment: ['STRIPE'],
  offSession: [],
  shippedWithFirst: false,
  livemode: false,
};
const order = assembledOrder();
const made: readonly Input[] = [
  commandResult(),
  commandResult({ commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' }),
];
const held = paymentFact({
  factId: 'evt_held',
  kind: 'payment.authorized',
  status: 'requires_capture',
  occurredAt: T + 60_000n,
});
const image = (n: number, over: Partial<AssembledOrder>): AssembledOrder =>
  assembledOrder({ place: `place/${n}`, changedAt: T + BigInt(n) * 100_000n, state: 'AUTHORIZED', ...over });
const shipped = image(9, { shippedAt: T + 800_000n, trackingNumber: '1Z' });
const canceled = (over: Partial<PaymentFact> = {}): PaymentFact =>
  paymentFact({
    factId: 'evt_canceled',
    kind: 'payment.canceled',
    status: 'canceled',
    reason: 'automatic',
    occurredAt: T + 700_000_000n,
    ...over,
  });
const captured = (amount: bigint): PaymentFact =>
  paymentFact({ factId: 'evt_paid', amount, intended: 3744n, occurredAt: T + 900_000n });
const release = paymentFact({
  factId: 'evt_release',
  kind: 'refund.succeeded',
  objectId: 're_release',
  amount: 744n,
  balanceTransactionId: 'txn_release',
  occurredAt: T + 900_000n,
});
const back = { ...release, factId: 'evt_back', objectId: 're_back', amount: 500n, balanceTransactionId: 'txn_back' };

/** Stripe: what is captured is paid, and what balance transactions are. */
const stripe =
  (then: readonly Input[] = []) =>
  (command: Command): readonly Input[] => {
    const about = { commandId: command.commandId, type: command.type };
    if (command.type === 'CapturePaymentIntent')
      return [commandResult({ ...about, objectId: 'pi_1' }), ...then, captured(command.payload.amount)];
    if (command.type !== 'FetchBalanceTransaction') return [];
    const { balanceTransactionId: id } = command.payload;
    const [gross, fee] = id === 'txn_release' ? [-744n, -22n] : [-500n, 0n];
    const category = id === 'txn_release' ? 'partial_capture_reversal' : 'refund';
    const detail = { gross: String(gross), fee: String(fee), net: String(gross - fee), currency: 'USD', category };
    return [commandResult({ ...about, objectId: id, detail })];
  };

describe('an order that is captured when it is shipped', () => {
  it('is authorised, shipped, captured and sold, whatever is heard first', () => {
    const inputs = [order, ...made, held, shipped];
    const expected = play(inputs, { settings, answer: stripe() });
    expect(idsOf(expected.sent)).toEqual([
      'ensure-customer/1',
      'create-payment-intent/1',
      'link-payment/1',
      'mark-authorized/1',
      'request-shipping-label/1',
      'capture/1',
      'mark-paid/1',
      'upsert-customer/1',
      'create-sales-order/1',
      'decrement-inventory/1',
      'record-payment/1',
    ]);
    for (const rest of permutations([...made, held, shipped])) {
      const { sent, letters } = play([order, ...rest], { settings, answer: stripe() });
      expect(asSet(sent)).toEqual(asSet(expected.sent));
      expect(letters).toEqual([]);
    }
    const all = [...inputs, ...inputs.slice(1), { ...held, factId: 'evt_held_twin' }];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (some) => {
        const { sent } = play([order, ...some], { settings, answer: stripe() });
        expect(asSet(sent)).toEqual(asSet(expected.sent));
      }),
      { numRuns: 200 },
    );
  });

  it('is sold as it was shipped, whatever became of it before', () => {
    const less = { subtotal: 2253n, total: 3000n };
    const cheaper = { ...shipped, ...less };
    const expected = play([order, ...made, held, cheaper], { settings, answer: stripe() });
    expect(expected.sent.find(({ type }) => type === 'CapturePaymentIntent')?.payload).toMatchObject({ amount: 3000n });
    expect(expected.sent.find(({ type }) => type === 'CreateSalesOrder')?.payload).toMatchObject({ total: 3000n });
    // It changes twice before; heard after the authorisation nobody is told, since nothing was acted on yet.
    const before = [image(3, { subtotal: 5253n, total: 6000n }), image(5, less)];
    const changed = play([order, ...made, held, ...before, cheaper], { settings, answer: stripe() });
    expect(asSet(changed.sent)).toEqual(asSet(expected.sent));
    expect(changed.letters).toEqual([]);
    // Nothing is held before the PaymentIntent was asked for.
    for (const rest of permutations([made[1]!, held, cheaper]))
      expect(asSet(play([order, made[0]!, ...rest], { settings, answer: stripe() }).sent)).toEqual(
        asSet(expected.sent),
      );
  });

  it('for more than is held waits for a person', () => {
    const dearer = { ...shipped, subtotal: 2998n, total: 3745n };
    const { sent, letters } = play([order, ...made, held, dearer], { settings });
    expect(letters).toEqual(['capture_exceeds_authorization']);
    expect(idsOf(sent)).not.toContain('capture/1');
  });

  it('has released what was not captured, which is no refund, whenever it is heard', () => {
    const cheaper = { ...shipped, subtotal: 2253n, total: 3000n };
    const inputs = [order, ...made, held, cheaper];
    const expected = play(inputs, { settings, answer: stripe([release]) });
    const released = idsOf(expected.sent).filter((id) => /release|refund|memo/.test(id));
    expect(released).toEqual(['sort-refund/txn_release', 'record-release/txn_release']);
    // A real refund beside it, each heard before or after the payment and told in any order.
    for (const [early, after] of [
      [[release, back], []],
      [[back, release], []],
      [[release], [back]],
      [[], [back, release, back]],
    ] as const)
      for (const late of [false, true]) {
        const { sent, letters } = play([...inputs, ...after], { settings, answer: stripe(early), late });
        expect(
          idsOf(sent)
            .filter((id) => /release|refund|memo/.test(id))
            .sort(),
        ).toEqual([
          'issue-credit-memo/re_back',
          'record-refund/re_back',
          'record-release/txn_release',
          'sort-refund/txn_back',
          'sort-refund/txn_release',
        ]);
        expect(letters).toEqual([]);
      }
  });

  it('ends when its authorisation expires, and nothing is captured then', () => {
    for (const inputs of permutations([...made, held, canceled()])) {
      const { sent, letters } = play([order, ...inputs], { settings });
      const ids = idsOf(sent);
      expect(ids).toContain('void-order/pi_1');
      expect(ids).toContain('notify-cancellation/pi_1');
      expect(letters).toEqual([]);
    }
    const late = play([order, ...made, held, canceled(), image(5, { state: 'VOIDED' }), shipped], { settings });
    expect(idsOf(late.sent)).not.toContain('capture/1');
    expect(idsOf(late.sent)).not.toContain('cancel-payment-intent/1');
    expect(late.letters).toEqual(['shipped_unpaid']);
  });

  it('is not ended by the end of another PaymentIntent', () => {
    const other = canceled({ objectId: 'pi_2', paymentIntentId: 'pi_2' });
    const { sent } = play([order, ...made, other, held, shipped], { settings, answer: stripe() });
    expect(idsOf(sent)).toContain('capture/1');
    expect(idsOf(sent).filter((id) => id.startsWith('void-order'))).toEqual([]);
  });
});

describe('an order that somebody ends in the shop', () => {
  const voided = image(5, { state: 'VOIDED' });
  const ended = (inputs: readonly Input[]) => {
    const { sent, letters } = play(inputs);
    return { ids: idsOf(sent), letters };
  };

  it('cannot be paid any more, and is not ended twice', () => {
    for (const rest of permutations([...made, voided])) {
      const { ids, letters } = ended([order, ...rest, canceled({ reason: 'requested_by_customer' })]);
      expect(ids.filter((id) => /cancel|void/.test(id))).toEqual(['cancel-payment-intent/1']);
      expect(letters).toEqual([]);
    }
  });

  it('and that was paid is paid back, all of it, whenever either is heard', () => {
    for (const rest of permutations([...made, voided, paymentFact()])) {
      const { ids } = ended([order, ...rest]);
      expect(ids).toContain('create-refund/void');
      expect(ids).toContain('record-payment/1');
    }
    const { ids } = ended([order, ...made, voided, paymentFact()]);
    expect(ids.filter((id) => /label|decrement|mark-paid/.test(id))).toEqual([]);
  });

  it.each(['FORCE VOIDED', 'FRAUD'])('as %s and that was paid waits for a person', (state) => {
    const { ids, letters } = ended([order, ...made, paymentFact(), image(5, { state })]);
    expect(ids).not.toContain('create-refund/void');
    expect(letters).toEqual(['refund_forced']);
  });

  it.each([
    ['PayPal', assembledOrder({ paymentMethod: 'PAYPAL', state: 'CAPTURED', paymentReference: 'CAPTURE=1' })],
    ['a purchase order', assembledOrder({ paymentMethod: 'PURCHASEORDER' })],
    ['nothing', assembledOrder({ subtotal: 0n, tax: 0n, shipping: 0n, total: 0n })],
    ['a gift card', assembledOrder({ giftCard: 3744n })],
  ])('never reached Stripe when it was paid with %s, and does not now', (_name, placed) => {
    const changes = [
      { ...placed, place: 'place/2', state: 'REFUNDED', refundReason: 'sent back', refundedAt: T },
      { ...placed, place: 'place/3', state: 'VOIDED' },
      { ...placed, place: 'place/4', shippedAt: T, trackingNumber: '1Z' },
      assembledOrder({
        ...placed,
        orderId: '100200',
        orderNumber: 100200,
        parentOrderNumber: 100123,
        transactionType: 2,
        state: 'REFUNDED',
        total: 100n,
      }),
    ];
    for (const rest of permutations(changes)) {
      const { sent } = play([placed, ...rest], { settings });
      expect(sent.filter(({ target }) => target === 'stripe')).toEqual([]);
    }
  });
});
