import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssembledOrder } from '../../../schemas/generated/types.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { assembledOrder, commandResult, paymentFact } from './fixtures.ts';
import { idsOf, type Input, permutations, play } from './playing.ts';

const T = 1_790_000_000_000n;
const credit = (number: number, total: bigint, over: Partial<AssembledOrder> = {}): AssembledOrder =>
  assembledOrder({
    orderId: String(number),
    orderNumber: number,
    parentOrderNumber: 100123,
    transactionType: 2,
    state: 'REFUNDED',
    place: `place/${number}`,
    changedAt: T + BigInt(number),
    total,
    subtotal: total,
    tax: 0n,
    shipping: 0n,
    refundReason: 'damaged',
    ...over,
  });
const closed = (n: number, over: Partial<AssembledOrder> = {}): AssembledOrder =>
  assembledOrder({
    state: 'REFUNDED',
    place: `place/closed/${n}`,
    refundedAt: T + BigInt(n) * 3_600_000n,
    changedAt: T + BigInt(n) * 3_600_001n,
    refundReason: 'sent back',
    ...over,
  });

const order: readonly Input[] = [
  assembledOrder(),
  commandResult(),
  commandResult({ commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' }),
  paymentFact(),
];

const asked = (inputs: readonly Input[], answer?: (command: Command) => readonly Input[]) =>
  play(inputs, answer && { answer }).sent.flatMap((command) =>
    command.type === 'CreateRefund' ? [[command.commandId.split('create-refund/')[1], command.payload.amount]] : [],
  );

describe('refunds that were begun in the shop', () => {
  it("are in the currency of their order, although the shop writes them as the first store's", () => {
    const inYen: readonly Input[] = [
      assembledOrder({ currency: 'JPY' }),
      ...order.slice(1, 3),
      paymentFact({ currency: 'JPY' }),
    ];
    // 1500.00 and 3744.00, read as dollars; and a part of a yen, which nobody can pay back.
    expect(asked([...inYen, credit(100200, 150_000n)])).toEqual([['credit-100200', 1_500n]]);
    expect(asked([...inYen, credit(100200, 374_400n)])).toEqual([['full-1', null]]);
    expect(asked([...inYen, credit(100200, 150_050n)])).toEqual([]);
  });

  it.each<[string, readonly AssembledOrder[], readonly (readonly [string, bigint | null])[]]>([
    [
      'in parts',
      [credit(100200, 1000n), credit(100201, 5n)],
      [
        ['credit-100200', 1000n],
        ['credit-100201', 5n],
      ],
    ],
    ['by the state of the order', [closed(1)], [['full-1', null]]],
    ['by a credit over the total', [credit(100200, 3744n)], [['full-1', null]]],
    ['by both', [credit(100200, 3744n), closed(1)], [['full-1', null]]],
    ['by both, the order first', [closed(1), credit(100200, 3744n)], [['full-1', null]]],
    [
      'of a part and then of the rest',
      [credit(100200, 1000n), closed(1)],
      [
        ['credit-100200', 1000n],
        ['full-1', null],
      ],
    ],
    [
      'again, after the first came back',
      [closed(1), closed(2)],
      [
        ['full-1', null],
        ['full-2', null],
      ],
    ],
    [
      'again, by both each time',
      [closed(1), credit(100200, 3744n), credit(100201, 3744n), closed(2)],
      [
        ['full-1', null],
        ['full-2', null],
      ],
    ],
    ['written by our own command', [closed(1, { refundReason: 'Stripe re_7: duplicate' })], []],
    ['that are not paid back yet', [credit(100200, 1000n, { state: 'PENDING' })], []],
    ['of nothing', [credit(100200, 0n)], []],
  ])('%s', (_name, images, requests) => {
    expect(asked([...order, ...images])).toEqual(requests);
    // The same images again, with something about them that does not matter here.
    const again = images.map((image) => ({ ...image, trackingNumber: '1Z', changedAt: image.changedAt + 5_000n }));
    expect(asked([...order, ...images, ...again])).toEqual(requests);
  });

  it('are the same whenever they, the order and its payment are heard of', () => {
    const images = [credit(100200, 1000n), closed(1), credit(100201, 3744n)];
    const sorted = (inputs: readonly Input[]) => asked(inputs).toSorted((a, b) => (a[0]! < b[0]! ? -1 : 1));
    const expected = sorted([...order, ...images]);
    for (const some of permutations([...images, order[0]!, order[3]!]))
      expect(sorted([...some, ...order])).toEqual(expected);
    fc.assert(
      fc.property(fc.shuffledSubarray([...order, ...order, ...images, ...images], { minLength: 14 }), (inputs) => {
        expect(sorted(inputs)).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it('come back as refunds that are told and booked once, and ask for nothing', () => {
    const answer = (command: Command): readonly Input[] => {
      const about = { commandId: command.commandId, type: command.type };
      if (command.type === 'FetchBalanceTransaction')
        return [
          commandResult({
            ...about,
            objectId: command.payload.balanceTransactionId,
            detail: { gross: '-1000', fee: '0', net: '-1000', currency: 'USD', category: 'refund' },
          }),
        ];
      return command.type === 'CreateRefund' ? [commandResult({ ...about, objectId: 're_1' })] : [];
    };
    const refund = paymentFact({
      factId: 'evt_re',
      kind: 'refund.succeeded',
      objectId: 're_1',
      amount: 1000n,
      balanceTransactionId: 'txn_re',
      commandId: '100123/create-refund/credit-100200',
    });
    const { sent, letters } = play([...order, credit(100200, 1000n), refund, refund], { answer });
    expect(idsOf(sent).filter((id) => id.includes('refund') || id.includes('memo'))).toEqual([
      'create-refund/credit-100200',
      'record-refund/re_1',
      'fetch-refund-balance/txn_re',
      'issue-credit-memo/re_1',
    ]);
    expect(sent.find(({ type }) => type === 'RecordRefund')?.payload).toMatchObject({ requestedBy: 'credit-100200' });
    expect(letters).toEqual([]);
  });

  it('that Stripe refuses are told to the shop and to a person, once', () => {
    const answer = (command: Command): readonly Input[] =>
      command.type === 'CreateRefund'
        ? [
            commandResult({
              commandId: command.commandId,
              type: command.type,
              status: 'refused',
              objectId: null,
              errorCode: 'charge_disputed',
              errorMessage: 'charged back',
            }),
          ]
        : [];
    const { sent, letters, state } = play([...order, credit(100200, 1000n), credit(100200, 1000n)], { answer });
    expect(idsOf(sent).filter((id) => id.includes('refusal'))).toEqual([
      'record-refund-refusal/credit-100200',
      'notify-refund-refusal/credit-100200',
    ]);
    expect(letters).toEqual(['stripe_refused']);
    expect(state.refundRequests).toMatchObject([{ id: 'credit-100200', refusal: { code: 'charge_disputed' } }]);
  });
});
