import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AssembledOrder, OrderReturn, PaymentFact } from '../../../schemas/generated/types.ts';
import { decimalFromText } from '../../../services/order-stream/domain/money.ts';
import { readReturn, type ReturnRow } from '../../../services/order-stream/domain/return-rows.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { assembledOrder, commandResult, orderReturn, paymentFact } from './fixtures.ts';
import { asSet, idsOf, type Input, permutations, play } from './playing.ts';

const T = 1_790_000_000_000n;
const PAID = 3_744n;

const order: readonly Input[] = [
  assembledOrder(),
  commandResult(),
  commandResult({ commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' }),
  paymentFact(),
];
/** Without them nothing is asked for: facts in every order come behind them. */
const ready = order.slice(1, 3);
const requested = orderReturn({ state: 'REQUESTED', amount: null, receivedAt: null, changedAt: T + 200_000n });
const approved = orderReturn({ state: 'APPROVED', amount: 981n, receivedAt: null, changedAt: T + 300_000n });
const received = orderReturn({ restock: true });
const refund = (over: Partial<PaymentFact> = {}): PaymentFact =>
  paymentFact({
    factId: `evt_${over.objectId ?? 're_1'}`,
    kind: 'refund.succeeded',
    objectId: 're_1',
    statusRank: 30,
    amount: 981n,
    balanceTransactionId: `txn_${over.objectId ?? 're_1'}`,
    commandId: '100123/refund-return/5',
    objectCreatedAt: T + 501_000n,
    occurredAt: T + 502_000n,
    ...over,
  });
const byHand = (over: Partial<PaymentFact> = {}): PaymentFact =>
  refund({ objectId: 're_9', commandId: null, objectCreatedAt: T + 400_000n, ...over });
const written = orderReturn({
  state: 'REFUNDED',
  reference: 'Stripe re_1',
  changedAt: T + 503_000n,
  restock: true,
  refundedAt: T + 502_000n,
});
const credit = (over: Partial<AssembledOrder> = {}): AssembledOrder =>
  assembledOrder({
    orderId: '100200',
    orderNumber: 100200,
    parentOrderNumber: 100123,
    transactionType: 2,
    state: 'REFUNDED',
    place: 'place/100200',
    changedAt: T + 450_000n,
    total: 981n,
    subtotal: 981n,
    tax: 0n,
    shipping: 0n,
    refundReason: 'RMA',
    ...over,
  });

const settled = ({ commandId, payload }: Extract<Command, { type: 'FetchBalanceTransaction' }>, gross: bigint): Input =>
  commandResult({
    commandId,
    type: 'FetchBalanceTransaction',
    objectId: payload.balanceTransactionId,
    detail: { gross: String(gross), fee: '0', net: String(gross), currency: 'USD', category: 'refund' },
  });
const settling = (command: Command): readonly Input[] =>
  command.type === 'FetchBalanceTransaction' ? [settled(command, -981n)] : [];

const about = (sent: readonly Command[]): readonly string[] =>
  idsOf(sent)
    .filter((id) => /return|refund|memo/.test(id))
    .toSorted();

describe('a return', () => {
  const story = [requested, approved, received, refund(), written];
  const all = [
    'fetch-refund-balance/txn_re_1',
    'issue-credit-memo/re_1',
    'notify-return-refunded/re_1',
    'receive-return/5',
    'record-refund/re_1',
    'record-return-refunded/re_1',
    'record-return/5-accepted',
    'refund-return/5',
    'restock-return/5',
  ];

  it('is paid back, noted, booked and put back on the shelf once, however it is heard', () => {
    const expected = asSet(play([...order, ...story], { answer: settling }).sent);
    expect(about(play([...order, ...story], { answer: settling }).sent)).toEqual(all);
    const facts: readonly Input[] = [order[0]!, order[3]!, requested, received, refund(), written];
    for (const some of permutations(facts)) {
      const played = play([...ready, ...some, ...order, ...story], { answer: settling });
      expect(about(played.sent)).toEqual(all);
      expect(asSet(played.sent)).toEqual(expected);
      expect(played.letters).toEqual([]);
    }
    const twins = [...story, ...story.map((each) => ({ ...each, factId: `${each.factId}/twin` }))];
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...order, ...twins, ...story], { minLength: order.length + 3 * story.length }),
        (inputs) => {
          const played = play(inputs, { answer: settling });
          expect(asSet(played.sent)).toEqual(expected);
          expect(played.letters).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('gives its credit memo its number and what came back, and shares tax out as any refund', () => {
    const { sent } = play([...order, ...story], { answer: settling });
    expect(sent.find(({ type }) => type === 'IssueCreditMemo')?.payload).toMatchObject({
      refundId: 're_1',
      amount: 981n,
      tax: (247n * 981n) / PAID,
      returnId: 5,
      requestedBy: 'return-5',
      lines: [{ variantId: 2, quantity: 1, sku: 'W-1' }],
    });
    const made = play([...order, byHand({ returnId: '5' })], { answer: settling }).sent;
    expect(made.find(({ type }) => type === 'IssueCreditMemo')?.payload).toMatchObject({ returnId: 5, lines: [] });
  });

  it.each<[string, readonly OrderReturn[]]>([
    ['requested', [requested]],
    ['approved, and its goods are to come', [requested, approved]],
    ['received, and nobody says how much', [orderReturn({ amount: null })]],
    ['over nothing', [orderReturn({ amount: 0n })]],
    ['rejected', [requested, orderReturn({ state: 'REJECTED' })]],
    ['closed', [requested, orderReturn({ state: 'CLOSED' })]],
    ['paid back by the shop’s people', [requested, orderReturn({ state: 'REFUNDED', reference: 'cash' })]],
    ['named by a credit', [orderReturn({ creditOrderNumber: 100200 })]],
  ])('that is %s asks Stripe for nothing, in any order', (_name, images) => {
    for (const some of permutations([...images, order[0]!, order[3]!]))
      expect(idsOf(play([...ready, ...some, ...order]).sent)).not.toContain('refund-return/5');
  });

  it('is rejected before it is asked for, or a person hears that it was', () => {
    const rejected = orderReturn({ state: 'REJECTED', changedAt: T + 600_000n });
    for (const some of permutations([received, rejected, order[0]!, order[3]!])) {
      const { sent, letters } = play([...ready, ...some, ...order]);
      expect(letters).toEqual(idsOf(sent).includes('refund-return/5') ? ['return_taken_back'] : []);
    }
  });

  it('is paid with the amount that was said first, whichever of its images is heard of first', () => {
    const later = { ...received, factId: 'later', changedAt: T + 600_000n, amount: 1n };
    for (const some of permutations([received, later, requested, order[0]!])) {
      const { sent } = play([...ready, ...some, ...order]);
      expect(sent.flatMap((each) => (each.type === 'CreateRefund' ? [each.payload.amount] : []))).toEqual([981n]);
    }
  });

  it('is paid with the amount that was said first; another one is for a person', () => {
    const { sent, letters } = play([
      ...order,
      received,
      { ...received, factId: 'later', changedAt: T + 600_000n, amount: 1n },
    ]);
    expect(sent.filter(({ type }) => type === 'CreateRefund').map(({ payload }) => payload)).toMatchObject([
      { amount: 981n, metadata: { return_id: '5', order_id: '100123' } },
    ]);
    expect(letters).toEqual(['return_changed']);
  });
});

describe('a return and a refund that somebody made at Stripe', () => {
  it.each([
    ['says that it is for it', '5', []],
    ['says nothing', null, ['return_maybe_refunded']],
  ] as const)('that %s are one', (_name, returnId, letters) => {
    const played = play([...order, requested, byHand({ returnId }), received], { answer: settling });
    expect(idsOf(played.sent)).not.toContain('refund-return/5');
    expect(played.letters).toEqual(letters);
  });

  it.each([
    ['for something else', { returnId: 'none' }],
    ['of another amount before it was asked for', { amount: 500n, objectCreatedAt: T + 100_000n }],
    ['that came back', { kind: 'refund.failed', status: 'failed', failureBalanceTransactionId: 'txn_back' }],
  ] as const)('%s are two', (_name, over) => {
    const played = play([...order, byHand(over), received]);
    expect(idsOf(played.sent)).toContain('refund-return/5');
    expect(played.letters).toEqual([]);
  });

  it('over as much, or made since, wait for a person', () => {
    for (const over of [{ amount: 500n }, { objectCreatedAt: T + 100_000n }])
      expect(play([...order, byHand(over), received]).letters).toEqual(['return_maybe_refunded']);
  });

  it('over another amount, that says it is for it, is for a person', () => {
    const played = play([...order, byHand({ returnId: '5', amount: 980n }), received]);
    expect(idsOf(played.sent)).not.toContain('refund-return/5');
    expect(played.letters).toEqual(['return_refund_differs']);
  });

  it('heard of in any order: it is asked for at most once, and money that went twice is told', () => {
    const hand = byHand({ returnId: '5' });
    const answer = (command: Command): readonly Input[] =>
      command.type === 'CreateRefund' ? [refund({ commandId: command.commandId })] : settling(command);
    for (const some of permutations([received, hand, { ...hand, factId: 'evt_twin' }, order[0]!, order[3]!])) {
      const { sent, letters } = play([...ready, ...some, ...order], { answer });
      const asked = idsOf(sent).filter((id) => id === 'refund-return/5');
      expect(letters).toEqual(asked.length === 0 ? [] : ['return_refunded_twice']);
      expect(asked.length).toBeLessThan(2);
    }
  });

  it('takes what was written in its metadata last', () => {
    const first = byHand({ returnId: '6' });
    const last = byHand({ factId: 'evt_updated', returnId: '5', occurredAt: T + 700_000n });
    for (const some of permutations([first, last, received, order[0]!])) {
      const { state } = play([...order.slice(1), ...some]);
      expect(state.refunds[0]!.returnId).toBe('5');
    }
  });
});

describe('a return and a credit of the shop', () => {
  const asked = (sent: readonly Command[]) =>
    sent.filter(({ type }) => type === 'CreateRefund').map(({ commandId }) => commandId.replace('100123/', ''));

  it('that it names are one refund, which the credit asks for, in any order', () => {
    const named = orderReturn({ creditOrderNumber: 100200 });
    const made = refund({ commandId: '100123/create-refund/credit-100200' });
    for (const some of permutations([named, credit(), made, order[0]!, order[3]!])) {
      const { sent, letters } = play([...ready, ...some, ...order], { answer: settling });
      expect(asked(sent)).toEqual(['create-refund/credit-100200']);
      expect(idsOf(sent).filter((id) => id === 'record-return-refunded/re_1')).toHaveLength(1);
      expect(idsOf(sent).filter((id) => id === 'issue-credit-memo/re_1')).toHaveLength(1);
      expect(letters).toEqual([]);
    }
  });

  it('that names nothing and is over as much: one of them is paid, and a person says what of the other', () => {
    for (const some of permutations([received, credit(), order[0]!, order[3]!, requested])) {
      const { sent, letters } = play([...ready, ...some, ...order]);
      expect(asked(sent)).toHaveLength(1);
      expect(letters).toEqual([asked(sent)[0] === 'refund-return/5' ? 'credit_maybe_return' : 'return_maybe_credited']);
    }
  });

  it('are two refunds once it says that they are', () => {
    const other = { ...received, factId: 'said', changedAt: T + 600_000n, creditOrderNumber: 0 };
    for (const some of permutations([received, credit(), order[0]!, order[3]!])) {
      const { sent } = play([...ready, ...some, ...order, other]);
      expect(asked(sent).toSorted()).toEqual(['create-refund/credit-100200', 'refund-return/5']);
    }
  });

  it('over the whole order are one refund as well', () => {
    const named = orderReturn({ creditOrderNumber: 100200, amount: PAID });
    const made = refund({ commandId: '100123/create-refund/full-1', amount: PAID });
    const { sent, letters } = play([...order, named, credit({ total: PAID, subtotal: PAID }), made]);
    expect(asked(sent)).toEqual(['create-refund/full-1']);
    expect(idsOf(sent)).toContain('record-return-refunded/re_1');
    expect(letters).toEqual([]);
  });
});

describe('returns of one order', () => {
  const returnOf = (returnId: number, over: Partial<OrderReturn> = {}) =>
    orderReturn({ returnId, rmaNumber: `RMA-${returnId}`, changedAt: T + 500_000n + BigInt(returnId), ...over });

  it('never come to more than was paid, nor to more pieces than were bought', () => {
    const dear = [5, 6].map((id) => returnOf(id, { amount: 2_000n }));
    const many = [7, 8].map((id) =>
      returnOf(id, { amount: 1n, lines: [{ cartRecordId: 7, productId: 1, variantId: 2, sku: null, quantity: 2 }] }),
    );
    for (const some of permutations([...dear, order[0]!, order[3]!])) {
      const { sent, letters } = play([...ready, ...some, ...order]);
      expect(idsOf(sent).filter((id) => id.startsWith('refund-return'))).toHaveLength(1);
      expect(letters).toEqual(['return_exceeds_paid']);
    }
    for (const some of permutations([...many, order[0]!, order[3]!])) {
      const { sent, letters } = play([...ready, ...some, ...order]);
      expect(idsOf(sent).filter((id) => id.startsWith('refund-return'))).toHaveLength(1);
      expect(letters).toEqual(['return_too_many']);
    }
  });

  it('put no more back on the shelf than was bought, whichever is heard of first and whoever pays', () => {
    const paypal = assembledOrder({ paymentMethod: 'PAYPAL', state: 'CAPTURED' });
    const lines = [{ cartRecordId: 7, productId: 1, variantId: 2, sku: null, quantity: 2 }];
    for (const amount of [null, 500n]) {
      const both = [returnOf(5, { amount, lines, restock: true }), returnOf(6, { amount, lines, restock: true })];
      for (const some of permutations([...both, paypal])) {
        const { sent, letters } = play([...some, ...both]);
        expect(idsOf(sent).filter((id) => /^(restock|receive)-return/.test(id))).toHaveLength(2);
        expect(letters).toEqual(['return_too_many']);
      }
    }
  });

  it('wait while all of it is asked back, and find nothing left', () => {
    const closed = assembledOrder({
      state: 'REFUNDED',
      place: 'place/closed',
      refundedAt: T + 400_000n,
      changedAt: T + 400_001n,
      refundReason: 'sent back',
    });
    const { sent, letters } = play([...order, closed, received]);
    expect(idsOf(sent)).toContain('create-refund/full-1');
    expect(idsOf(sent)).not.toContain('refund-return/5');
    expect(letters).toEqual(['return_exceeds_paid']);
  });

  it('with refunds and credits in any order: Stripe is never asked for more than there is', () => {
    const image = fc
      .record({
        returnId: fc.integer({ min: 1, max: 3 }),
        state: fc.constantFrom('REQUESTED', 'APPROVED', 'RECEIVED', 'REJECTED', 'REFUNDED', 'CLOSED'),
        amount: fc.constantFrom(null, 500n, 981n, 2_000n, 3_744n),
        goodsExpected: fc.boolean(),
        creditOrderNumber: fc.constantFrom(null, 0, 100200),
        at: fc.bigInt({ min: 0n, max: 9n }),
      })
      .map(({ at, ...over }): Input =>
        orderReturn({ ...over, factId: `${over.returnId}/${at}/${over.state}`, changedAt: T + 500_000n + at }),
      );
    const hand = fc
      .record({ objectId: fc.constantFrom('re_7', 're_8'), returnId: fc.constantFrom(null, '1', '2', 'none') })
      .map((over): Input => byHand({ ...over, amount: over.objectId === 're_7' ? 500n : 981n }));
    const credited = fc.constantFrom(981n, 500n).map((total): Input => credit({ total, subtotal: total }));
    fc.assert(
      fc.property(fc.array(fc.oneof({ weight: 4, arbitrary: image }, hand, credited), { maxLength: 12 }), (facts) => {
        // What people made at Stripe is there already; what we ask for is made as far as there is money.
        const hands = new Map(facts.flatMap((each) => ('objectId' in each ? [[each.objectId, each]] : [])));
        let left = PAID - [...hands.values()].reduce((sum, each) => sum + (each as PaymentFact).amount, 0n);
        const answers = new Map<string, Input>();
        const refused: string[] = [];
        const answer = (command: Command): readonly Input[] => {
          if (command.type !== 'CreateRefund') return [];
          const { commandId, payload } = command;
          expect(answers.has(commandId)).toBe(false);
          const amount = payload.amount ?? left;
          if (amount > left) {
            refused.push(commandId);
            answers.set(
              commandId,
              commandResult({
                commandId,
                type: command.type,
                status: 'refused',
                objectId: null,
                errorCode: 'too_much',
              }),
            );
          } else {
            left -= amount;
            answers.set(commandId, refund({ objectId: `re_${answers.size + 1}0`, commandId, amount }));
          }
          return [answers.get(commandId)!];
        };
        const once = play([...order, ...hands.values(), ...facts], { answer });
        // All that took money was known before: only what the shop has paid back already may be refused.
        expect(refused.filter((id) => id.includes('refund-return'))).toEqual([]);
        expect(left).toBeGreaterThanOrEqual(0n);
        const told = [...answers.values()];
        const again = play([...order, ...hands.values(), ...facts, ...facts, ...told, ...facts], {
          answer: ({ commandId }) => [answers.get(commandId) ?? []].flat(),
        });
        expect(new Set(idsOf(again.sent))).toEqual(new Set(idsOf(once.sent)));
        // A return is told of money that went back for it, and of no other.
        for (const { id, steps, latest } of once.state.returns)
          for (const { refundId } of steps) {
            const of = once.state.refunds.find((each) => each.id === refundId)!;
            const own = of.commandId === `100123/refund-return/${id}` || of.returnId === String(id);
            expect(own || latest.creditOrderNumber === 100200).toBe(true);
          }
      }),
      { numRuns: 400 },
    );
  });
});

describe('a row of returns', () => {
  const row: ReturnRow = {
    returnId: 5,
    rmaNumber: null,
    orderNumber: 100123,
    cartRecordId: 7,
    variantId: 2,
    quantity: 1,
    reason: ' ',
    state: ' received ',
    goodsExpected: true,
    restock: false,
    amount: decimalFromText('981.0000'),
    restockingFee: decimalFromText('0'),
    creditOrderNumber: null,
    reference: null,
    requestedOn: null,
    approvedOn: null,
    receivedOn: null,
    refundedOn: null,
  };
  const image = { place: '', factId: 'adnsf:Custom_OrderReturn:5@', changedAt: T };
  const read = (over: Partial<ReturnRow>, currency = 'USD') =>
    readReturn({ ...row, ...over }, assembledOrder({ currency }), 'UTC', image);

  it.each([
    ['JPY', '981.0000', 981n],
    ['USD', '981.0000', 98_100n],
    ['KWD', '9.8100', 9_810n],
  ])('in %s is in its minor units', (currency, written, amount) => {
    expect(read({ amount: decimalFromText(written) }, currency)).toMatchObject({
      told: { amount, currency, state: 'RECEIVED', rmaNumber: '5', reason: null },
    });
  });

  it.each([
    ['JPY', '9.8100'],
    ['USD', '9.8150'],
  ])('in %s that does not fit is refused, not rounded', (currency, written) => {
    expect(read({ amount: decimalFromText(written) }, currency)).toMatchObject({ refusal: { code: 'inexact_amount' } });
  });

  it('of a credit is of no order', () => {
    expect(readReturn(row, assembledOrder({ transactionType: 2 }), 'UTC', image)).toMatchObject({
      refusal: { code: 'return_unknown_order' },
    });
  });
});
