import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBookedElsewhere } from '../../../services/order-stream/domain/booked-by-orders.ts';
import { initialInvoice, withBilling } from '../../../services/order-stream/domain/invoice.ts';
import {
  balanced,
  day,
  failure,
  type Fact,
  INVOICE,
  invoice,
  payment,
  permutations,
  play,
  type Played,
  refund,
  sentIn,
  stateOf,
} from './billing-fixtures.ts';

const open = invoice('open', 20, 0);
const paid = invoice('paid', 40, 9);
const uncollectible = invoice('uncollectible', 30, 5);
const voided = invoice('void', 40, 9);
const twin = <F extends Fact>(fact: F): F => ({ ...fact, factId: `${fact.factId}_twin` });

/** Every order of them gives what the first does. */
const isAlike = (
  facts: readonly Fact[],
  moved: Parameters<typeof play>[1] = {},
  orders: Iterable<readonly Fact[]> = permutations(facts),
): Played => {
  const first = play(facts, moved);
  for (const order of orders) {
    const other = play(order, moved);
    expect(sentIn(other)).toEqual(sentIn(first));
    expect(stateOf(other)).toEqual(stateOf(first));
    expect(other.letters).toEqual(first.letters);
  }
  return first;
};

const ids = ({ commands }: Played): readonly string[] =>
  commands.map(({ commandId }) => commandId.slice(INVOICE.length + 1));

describe('an invoice', () => {
  it('that fails once and is paid is the same in every order', () => {
    const draft = invoice('draft', 10, 0, { finalizedAt: null, total: 1n });
    const played = isAlike([draft, open, failure(1, 1), payment(9), balanced(9), paid]);
    expect([...ids(played)].sort()).toEqual([
      'fetch-attempted-payments/1',
      'fetch-payment-balance/txn_pi_1',
      'notify-failed-collection/1',
      'post-invoice/1',
      'record-failed-collection/1',
      'record-invoice-payment/pi_1',
      'schedule-revenue/1',
    ]);
  });

  it('that is written off and paid after all is the same in every order', () => {
    const played = isAlike([open, uncollectible, payment(9), balanced(9), paid]);
    expect(ids(played)).toContain('write-off-invoice/1');
    expect(ids(played)).toContain('reverse-write-off/1');
  });

  it('that is written off and then void is the same in every order, and the books hear of the write-off first', () => {
    for (const order of permutations([open, uncollectible, voided, failure(1, 1)])) {
      const sent = ids(play(order));
      expect(sent.indexOf('post-invoice/1')).toBe(0);
      expect(sent.indexOf('write-off-invoice/1')).toBeLessThan(sent.indexOf('reverse-write-off-of-void/1'));
    }
    isAlike([open, uncollectible, voided, failure(1, 1)]);
  });

  it('that is paid in two parts, and paid back in part, is the same in every order', () => {
    const moved = {
      txn_pi_1: { gross: 5_000n, fee: 175n },
      txn_pi_2: { gross: 4_743n, fee: 168n },
      txn_re_1: { gross: -9_743n, fee: 0n },
    };
    const facts = [
      payment(1, 5_000n),
      balanced(1, 5_000n),
      payment(2, 4_743n, 'pi_2'),
      balanced(2, 4_743n, 'pi_2'),
      paid,
    ];
    const played = isAlike([...facts, refund('re_1', 9_743n, 20)], moved);
    expect(played.commands.find(({ type }) => type === 'IssueCreditMemo')?.payload).toMatchObject({ tax: 743n });
    expect(played.letters).toEqual([]);
  });

  it('with all that can happen to it, doubled and under other ids, is the same in sampled orders', () => {
    const moved = { txn_re_1: { gross: -1_000n, fee: 0n }, txn_back_re_1: { gross: 1_000n, fee: 0n } };
    const facts = [
      open,
      failure(1, 1),
      failure(2, 4),
      uncollectible,
      payment(9),
      balanced(9),
      paid,
      refund('re_1', 1_000n, 12),
      refund('re_1', 1_000n, 15, 'failed'),
    ];
    const expected = sentIn(play(facts, moved));
    fc.assert(
      fc.property(fc.shuffledSubarray([...facts, ...facts.map(twin)], { minLength: 18, maxLength: 18 }), (order) => {
        const sent = sentIn(play(order, moved));
        // A refund that is known to have come back before it could be told is told to nobody.
        const told = sent.filter((command) => !/credit-memo|refund/.test(command));
        expect(told).toEqual(expected.filter((command) => !/credit-memo|refund/.test(command)));
      }),
    );
  });

  it('that was posted once stays as it was posted', () => {
    const { state } = withBilling(initialInvoice(INVOICE), open);
    expect(withBilling(state, open).state).toBe(state);
    expect(withBilling(state, twin(open)).state).toBe(state);
    expect(withBilling(state, invoice('draft', 10, 3)).state).toBe(state);
    expect(withBilling(state, { ...open, kind: 'invoice.deleted' }).state).toBe(state);
  });

  it('takes what Stripe received only once it arrived at the invoice, and says what does not agree', () => {
    expect(ids(play([open, balanced(1)]))).toEqual(['post-invoice/1', 'schedule-revenue/1']);
    const other = play([open, payment(1), balanced(1)], { txn_pi_1: { gross: 9_742n, fee: 313n } });
    expect(ids(other)).not.toContain('record-invoice-payment/pi_1');
    expect(other.letters).toEqual(['invoice_payment_mismatch']);
  });

  it('is paid back of what has arrived only', () => {
    const moved = { txn_re_1: { gross: -9_743n, fee: 0n } };
    const before = play([open, refund('re_1', 9_743n, 20)], moved);
    expect(ids(before)).toEqual(['post-invoice/1', 'schedule-revenue/1', 'fetch-credit-notes/re_1']);
    const played = play([open, refund('re_1', 9_743n, 20), payment(1), balanced(1)], moved);
    expect(ids(played).slice(-3)).toEqual([
      'record-invoice-payment/pi_1',
      'fetch-refund-balance/txn_re_1',
      'issue-credit-memo/re_1',
    ]);
  });

  it('of the shop tells its order when it is paid, and of no other', () => {
    const shop = { shopOrderId: '100123' };
    const sent = play([invoice('paid', 40, 9, shop), payment(9), balanced(9)]);
    expect(sent.commands.at(-1)).toMatchObject({
      type: 'RecordRecurringPayment',
      orderId: INVOICE,
      payload: { orderNumber: 100_123, amount: 9_743n, periodEnd: day(91) },
    });
    const none = play([invoice('paid', 40, 9, { shopOrderId: 'A-7' }), payment(9), balanced(9)]);
    expect(none.commands.map(({ target }) => target)).not.toContain('adnsf');
  });

  it.each([
    ['discounts', { amount: 10_000n, discount: 1_000n }],
    ['tax that is in its price', { amount: 9_743n, taxIncluded: 743n }],
  ])('is posted without %s', (_what, line) => {
    const lines = open.lines.map((each) => ({ ...each, ...line }));
    const { commands, letters } = play([{ ...open, lines }]);
    expect(letters).toEqual([]);
    expect(commands[0]).toMatchObject({ payload: { lines: [{ net: 9_000n }] } });
  });
});

describe('lines of payouts', () => {
  it('that invoices book are booked by them', () => {
    const orderId = INVOICE;
    for (const category of ['charge', 'refund', 'refund_failure', 'dispute', 'dispute_reversal'])
      expect(isBookedElsewhere({ category, orderId })).toBe(true);
    expect(isBookedElsewhere({ category: 'partial_capture_reversal', orderId })).toBe(false);
    expect(isBookedElsewhere({ category: 'fee', orderId })).toBe(false);
    expect(isBookedElsewhere({ category: 'charge', orderId: null })).toBe(false);
  });
});
