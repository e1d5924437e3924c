import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssembledOrder, ErpShipment, PaymentFact } from '../../../schemas/generated/types.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import '../../properties.ts';
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
/** Three of variant 2. */
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
const parcel = (n: number, over: Partial<ErpShipment> = {}): ErpShipment => ({
  orderId: '100123',
  shipmentId: `S-${n}`,
  lines: [{ variantId: 2, quantity: 1 }],
  final: false,
  carrier: 'UPS',
  trackingNumber: `1Z${n}`,
  shippedAt: T + BigInt(n) * 1_000_000n,
  ...over,
});
const parcels = [parcel(1), parcel(2), parcel(3, { final: true })];

/** The shop and Stripe: what is marked shipped comes back as an image, twice; what is captured is paid. */
const world = (command: Command): readonly Input[] => {
  const { commandId, type } = command;
  if (command.type === 'MarkShipped') {
    const image: AssembledOrder = {
      ...order,
      ...{ place: 'place/9', changedAt: T + 9_000_000n, state: 'AUTHORIZED' },
      ...{ shippedAt: command.payload.shippedAt, trackingNumber: command.payload.trackingNumbers.join(', ') },
    };
    return [image, { ...image, place: 'place/10', trackingNumber: 'corrected' }];
  }
  if (command.type !== 'CapturePaymentIntent') return [];
  const paid: PaymentFact = paymentFact({
    factId: 'evt_paid',
    amount: command.payload.amount,
    intended: 3744n,
    occurredAt: T + 10_000_000n,
  });
  return [commandResult({ commandId, type, objectId: 'pi_1' }), paid, { ...paid, factId: 'evt_paid_twin' }];
};

const shipping = /^(mark-shipped|capture|mark-paid|record-payment)/;

describe('an order that the ERP ships in parcels', () => {
  it('is shipped in the shop when all of it has left, and captured once by that, whatever is heard first', () => {
    const inputs = [order, ...made, held, ...parcels];
    const expected = play(inputs, { settings, answer: world });
    expect(idsOf(expected.sent).filter((id) => shipping.test(id))).toEqual([
      'mark-shipped/1',
      'capture/1',
      'mark-paid/1',
      'record-payment/1',
    ]);
    expect(expected.sent.find(({ type }) => type === 'MarkShipped')?.payload).toEqual({
      orderNumber: 100123,
      carrier: 'UPS',
      trackingNumbers: ['1Z1', '1Z2', '1Z3'],
      shippedAt: T + 3_000_000n,
    });
    for (const rest of permutations([held, ...parcels, made[1]!]))
      for (const late of [false, true]) {
        const { sent, letters } = play([order, made[0]!, ...rest], { settings, answer: world, late });
        expect(asSet(sent)).toEqual(asSet(expected.sent));
        // The last parcel says that nothing follows it: told before the others, a person is told what is missing so far.
        expect(letters.filter((code) => code !== 'shipment_mismatch')).toEqual([]);
      }
    const all = [...inputs, ...inputs.slice(1)];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (some) => {
        const { sent } = play([order, ...some], { settings, answer: world });
        expect(asSet(sent)).toEqual(asSet(expected.sent));
      }),
      { numRuns: 200 },
    );
  });

  it('may be told before it is known what was sold', () => {
    for (const rest of permutations<Input>([order, ...parcels])) {
      const { sent } = play(rest, { settings });
      expect(idsOf(sent).filter((id) => id === 'mark-shipped/1')).toHaveLength(1);
    }
  });

  it('is not shipped, and nothing captured, before all of it has left', () => {
    const { sent, letters } = play([order, ...made, held, ...parcels.slice(0, 2), ...parcels.slice(0, 2)], {
      settings,
    });
    expect(idsOf(sent).filter((id) => shipping.test(id))).toEqual([]);
    expect(letters).toEqual([]);
  });

  it('is shipped with the first parcel where the shop is run so, once', () => {
    const first = { ...settings, shippedWithFirst: true };
    const { sent } = play([order, ...made, held, ...parcels], { settings: first, answer: world });
    expect(idsOf(sent).filter((id) => /shipped|capture/.test(id))).toEqual(['mark-shipped/1', 'capture/1']);
    expect(sent.find(({ type }) => type === 'MarkShipped')?.payload).toMatchObject({ trackingNumbers: ['1Z1'] });
  });

  it('waits for a person when less, more or something else has left', () => {
    const letters = (...shipments: readonly ErpShipment[]) => {
      const { sent, letters: found } = play([order, ...made, held, ...shipments], { settings });
      expect(idsOf(sent)).not.toContain('mark-shipped/1');
      return found;
    };
    expect(letters(parcel(1, { final: true }))).toEqual(['shipment_mismatch']);
    expect(letters(parcel(1, { lines: [{ variantId: 2, quantity: 4 }] }))).toEqual(['shipment_mismatch']);
    expect(letters(parcel(1, { lines: [{ variantId: 7, quantity: 1 }], final: true }))).toEqual(['shipment_mismatch']);
    // What was missing may still be told.
    const { sent } = play([order, parcels[2]!, parcels[0]!, parcels[1]!], { settings });
    expect(idsOf(sent)).toContain('mark-shipped/1');
  });

  it('is not shipped by what cannot be a parcel of it', () => {
    const odd = [
      parcel(1, { orderId: '100124', lines: [], final: true }),
      parcel(2, { lines: [{ variantId: 2, quantity: 0 }] }),
      parcel(3, {
        lines: [
          { variantId: 2, quantity: 4 },
          { variantId: 2, quantity: -1 },
        ],
      }),
    ];
    const { sent, letters, state } = play([order, ...odd], { settings });
    expect(idsOf(sent)).not.toContain('mark-shipped/1');
    expect(letters).toEqual(['shipment_of_another_order', 'shipment_quantity', 'shipment_quantity']);
    expect(state.shipments).toEqual([]);
  });

  it('counts a parcel once, as it was told first, and tells a person of what contradicts it', () => {
    const other = parcel(1, { trackingNumber: '1Z9' });
    const { sent, letters } = play([order, parcels[0]!, other, other, parcels[1]!, parcels[2]!, parcel(4)], {
      settings,
    });
    expect(letters).toEqual(['shipment_changed', 'shipped_again']);
    const marked = sent.filter(({ type }) => type === 'MarkShipped');
    expect(marked).toHaveLength(1);
    expect(marked[0]!.payload).toMatchObject({ trackingNumbers: ['1Z1', '1Z2', '1Z3'] });
  });
});
