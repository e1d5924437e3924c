import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OrderState, PaymentFact, RefundStep } from '../../../schemas/generated/types.ts';
import { initialOrder, withAssembled, withPayment, withResult } from '../../../services/order-stream/domain/order.ts';
import { orderAggregate } from '../../../services/order-stream/workflows/aggregates.ts';
import { decide } from '../../../services/order-stream/workflows/decide.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { assembledOrder, commandResult, paymentFact } from './fixtures.ts';

const T = 1_790_000_000_000n;
const refund = (n: number, amount: bigint, status = 'succeeded', over: Partial<PaymentFact> = {}): PaymentFact =>
  paymentFact({
    factId: `evt_${n}_${status}`,
    kind: `refund.${status}`,
    objectId: `re_${n}`,
    status,
    amount,
    balanceTransactionId: `txn_${n}`,
    occurredAt: T + BigInt(n) * 1000n,
    ...over,
  });
const failed = (n: number, amount: bigint): PaymentFact =>
  refund(n, amount, 'failed', {
    failureBalanceTransactionId: `txn_back_${n}`,
    failureCode: 'lost_or_stolen_card',
    occurredAt: T + BigInt(n) * 1000n + 500n,
  });

const folded = (state: OrderState, facts: readonly PaymentFact[]): OrderState =>
  facts.reduce((before, fact) => withPayment(before, fact).state, state);
const placed = (tax: bigint, total: bigint, giftCard = 0n): OrderState =>
  withAssembled(initialOrder('100123'), assembledOrder({ tax, total, giftCard, subtotal: total - tax, shipping: 0n }))
    .state;
const standing = (steps: readonly RefundStep[]): readonly RefundStep[] =>
  steps.filter(({ back, refundId }) => !back && !steps.some((other) => other.back && other.refundId === refundId));
const taxOf = (steps: readonly RefundStep[]): bigint => standing(steps).reduce((sum, { tax }) => sum + tax!, 0n);

describe('tax of refunds', () => {
  it('is shared out to the last unit, however refunds cut the order, fail and are made up for', () => {
    const attempt = fc.record({ share: fc.integer({ min: 1, max: 100 }), fails: fc.boolean() });
    fc.assert(
      fc.property(
        fc.bigInt(1n, 100_000n),
        fc.bigInt(0n, 100_000n),
        fc.array(attempt, { maxLength: 12 }),
        (total, someTax, attempts) => {
          const tax = someTax % (total + 1n);
          let state = placed(tax, total);
          let left = total;
          let n = 0;
          for (const { share, fails } of attempts) {
            const amount = (left * BigInt(share)) / 100n;
            if (amount === 0n) continue;
            n += 1;
            state = folded(state, [refund(n, amount), ...(fails ? [failed(n, amount)] : [])]);
            if (!fails) left -= amount;
            expect(state.refundSteps.at(-1)!.refunded).toBe(total - left);
          }
          if (left > 0n) state = folded(state, [refund(n + 1, left)]);
          expect(taxOf(state.refundSteps)).toBe(tax);
          for (const step of state.refundSteps) {
            expect(step.tax).toBeGreaterThanOrEqual(0n);
            expect(step.tax).toBeLessThanOrEqual(step.amount);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      [1000n, 2744n],
      [65n, 182n],
    ],
    [[3744n], [247n]],
    [
      [1n, 1n, 1n, 3741n],
      [0n, 0n, 0n, 247n],
    ],
  ])('of an order in parts: case %#', (amounts, taxes) => {
    const { refundSteps } = folded(
      placed(247n, 3744n),
      amounts.map((amount, n) => refund(n, amount)),
    );
    expect(refundSteps.map(({ tax }) => tax)).toEqual(taxes);
  });

  it('is of what was paid by other means than a gift card', () => {
    const { refundSteps } = folded(placed(247n, 3744n, 1744n), [refund(1, 1000n), refund(2, 1000n)]);
    expect(refundSteps.map(({ tax }) => tax)).toEqual([123n, 124n]);
  });

  it('is the same whether what was bought is known before or after', () => {
    const facts = [refund(1, 1000n), refund(2, 500n), failed(1, 1000n), refund(3, 3244n)];
    const order = assembledOrder({ tax: 247n });
    const before = folded(withAssembled(initialOrder('100123'), order).state, facts);
    const unknown = folded(initialOrder('100123'), facts);
    expect(unknown.refundSteps.map(({ tax }) => tax)).toEqual([null, null, null, null]);
    expect(withAssembled(unknown, order).state.refundSteps).toEqual(before.refundSteps);
  });
});

describe('a refund', () => {
  it('that moved no money is no step, whatever it is called', () => {
    const nothing = { balanceTransactionId: null };
    expect(folded(placed(0n, 9n), [refund(1, 9n, 'succeeded', nothing)]).refundSteps).toEqual([]);
    const back = { ...failed(1, 9n), ...nothing };
    expect(folded(placed(0n, 9n), [back]).refundSteps).toEqual([]);
  });

  it('that has failed before it was heard of takes both steps', () => {
    expect(folded(placed(0n, 9n), [failed(1, 9n)]).refundSteps).toMatchObject([
      { back: false, balanceTransactionId: 'txn_1', refunded: 9n },
      { back: true, balanceTransactionId: 'txn_back_1', refunded: 0n, reason: 'lost_or_stolen_card' },
    ]);
  });

  it('of a second payment is none of the order, whenever the first is heard of', () => {
    const others = [
      refund(1, 9n, 'succeeded', { paymentIntentId: 'pi_2', chargeId: 'ch_2' }),
      refund(2, 9n, 'succeeded', { paymentIntentId: null, chargeId: 'ch_2' }),
      refund(3, 4n, 'succeeded', { paymentIntentId: null }),
    ];
    const steps = (facts: readonly PaymentFact[]) =>
      folded(placed(0n, 9n), facts).refundSteps.map((step) => step.refundId);
    expect(steps([paymentFact({ amount: 9n }), ...others])).toEqual(['re_3']);
    expect(steps([...others, paymentFact({ amount: 9n })])).toEqual(['re_3']);
  });

  it('from before steps were kept is caught up with', () => {
    const old = { ...folded(placed(0n, 9n), [refund(1, 4n)]), refundSteps: [] };
    expect(folded(old, [refund(2, 5n)]).refundSteps).toMatchObject([
      { refundId: 're_1', refunded: 4n },
      { refundId: 're_2', refunded: 9n },
    ]);
  });

  it('told again changes nothing', () => {
    const state = folded(placed(0n, 9n), [refund(1, 9n), failed(1, 9n)]);
    expect(folded(state, [refund(1, 9n), failed(1, 9n)])).toBe(state);
  });
});

describe('what is sent for refunds', () => {
  const workflows = loadWorkflows();
  const settled = (id: string, gross: bigint) =>
    commandResult({
      commandId: `100123/fetch-refund-balance/${id}`,
      type: 'FetchBalanceTransaction',
      objectId: id,
      detail: { gross: String(gross), fee: '0', net: String(gross), currency: 'USD' },
    });
  const facts = [paymentFact(), refund(1, 1000n), refund(2, 2744n), failed(2, 2744n), refund(3, 2744n)];
  const others = [
    assembledOrder(),
    commandResult(),
    commandResult({ commandId: '100123/create-payment-intent/1', type: 'CreatePaymentIntent', objectId: 'pi_1' }),
  ];
  const gross: Readonly<Record<string, bigint>> = {
    txn_1: -1000n,
    txn_2: -2744n,
    txn_back_2: 2744n,
    txn_3: -2744n,
  };
  type Input = (typeof facts)[number] | (typeof others)[number];
  /** As the stage does, with an executor that answers what it is asked in the order that `late` says. */
  const play = (inputs: readonly Input[], late: boolean): readonly Command[] => {
    let state = initialOrder('100123');
    const sent: Command[] = [];
    const asked: string[] = [];
    const tell = (input: Input) => {
      const result =
        'lines' in input
          ? withAssembled(state, input)
          : 'factId' in input
            ? withPayment(state, input)
            : withResult(state, input);
      if (result.state === state) return;
      const decision = decide(
        workflows,
        orderAggregate,
        { stripeMethods: ['STRIPE'], captureOnShipment: [], offSession: [], shippedWithFirst: false, livemode: false },
        state,
        result,
      );
      expect(decision.letters).toEqual([]);
      ({ state } = decision);
      sent.push(...decision.commands);
      for (const command of decision.commands)
        if (command.type === 'FetchBalanceTransaction') asked.push(command.payload.balanceTransactionId);
    };
    const answer = () => {
      for (let id = asked.pop(); id !== undefined; id = asked.pop()) tell(settled(id, gross[id] ?? 0n));
    };
    for (const input of inputs) {
      tell(input);
      if (!late) answer();
    }
    answer();
    return sent;
  };
  const idsOf = (sent: readonly Command[]) => sent.map(({ commandId }) => commandId.replace('100123/', ''));
  it('comes to the same whatever the order of arrival, and is possible at every moment', () => {
    const both = [...facts, ...others];
    fc.assert(
      fc.property(fc.shuffledSubarray([...both, ...both], { minLength: 9 }), fc.boolean(), (some, late) => {
        const sent = play([...some, ...both.filter((input) => !some.includes(input))], late);
        const ids = idsOf(sent);
        for (const [earlier, later] of [
          ['record-payment/1', 'issue-credit-memo/re_1'],
          ['mark-paid/1', 'record-refund/re_1'],
          ['mark-paid/1', 'record-refund/re_3'],
        ])
          expect(ids.indexOf(earlier!)).toBeLessThan(ids.indexOf(later!));
        // Either both of re_2 are told, each pair in its order, or neither.
        const ofSecond = ids.filter((id) => id.endsWith('/re_2'));
        expect([
          [],
          ['record-refund/re_2', 'reverse-refund/re_2', 'issue-credit-memo/re_2', 'reverse-credit-memo/re_2'].sort(),
        ]).toContainEqual([...ofSecond].sort());
        let [credited, tax] = [0n, 0n];
        let refunded = 0n;
        for (const command of sent)
          switch (command.type) {
            case 'IssueCreditMemo':
              credited += command.payload.amount;
              tax += command.payload.tax;
              // More than was received the ledger puts aside.
              expect(credited).toBeLessThanOrEqual(3744n);
              break;
            case 'ReverseCreditMemo':
              expect(sent.slice(0, sent.indexOf(command)).map(({ commandId }) => commandId)).toContain(
                '100123/issue-credit-memo/re_2',
              );
              credited -= command.payload.amount;
              tax -= command.payload.tax;
              break;
            case 'RecordRefund':
            case 'ReverseRefund':
              ({ refunded } = command.payload);
              expect(refunded).toBeLessThanOrEqual(3744n);
              break;
            default:
          }
        expect([credited, tax, refunded]).toEqual([3744n, 247n, 3744n]);
      }),
      { numRuns: 500 },
    );
  });

  it('waits for what must have happened before', () => {
    const [paid, first, second, back, third] = facts as [
      PaymentFact,
      PaymentFact,
      PaymentFact,
      PaymentFact,
      PaymentFact,
    ];
    const last = (inputs: readonly Input[]) =>
      idsOf(play([...others, ...inputs], false)).filter((id) => id.includes('refund/'));
    expect(last([paid, first, second, third])).toEqual(['record-refund/re_1', 'record-refund/re_2']);
    expect(last([paid, first, second, third, back])).toEqual([
      'record-refund/re_1',
      'record-refund/re_2',
      'reverse-refund/re_2',
      'record-refund/re_3',
    ]);
    expect(last([paid, first, third, second, back])).toEqual([
      'record-refund/re_1',
      'record-refund/re_3',
      'fetch-undone-refund/txn_2',
      'fetch-undone-refund/txn_back_2',
    ]);
  });
});
