import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import {
  balanced,
  creditNote,
  dispute,
  type Fact,
  invoice,
  outside,
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
const paidFacts = [open, payment(1), balanced(1)];
const twin = <F extends Fact>(fact: F): F => ({ ...fact, factId: `${fact.factId}_twin` });

/** Every order of them, or those given, has the same sent, and ends in the same state. */
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

const payloadsOf = ({ commands }: Played, type: Command['type']): readonly object[] =>
  commands.filter((command) => command.type === type).map(({ payload }) => payload);

const refundedNote = (amount: bigint | null = 3_000n, over = {}): Fact =>
  creditNote('cn_1', 20, { offInvoice: 0n, refunds: [{ refundId: 're_1', amount }], ...over });

describe('a credit note', () => {
  it('that takes a part off an open invoice, and is void, is the same in every order', () => {
    const played = isAlike([open, creditNote('cn_1', 2), creditNote('cn_1', 3, {}, { status: 'void' }), paid]);
    expect(payloadsOf(played, 'CreditInvoice')).toMatchObject([{ amount: 3_000n, tax: 229n, offInvoice: 3_000n }]);
    expect(payloadsOf(played, 'VoidInvoiceCredit')).toMatchObject([{ creditNoteId: 'cn_1', amount: 3_000n }]);
    const { commandId } = played.commands.at(-1)!;
    expect(commandId).toContain('void-invoice-credit/cn_1');
  });

  it('and the refund that belongs to it are one thing, whichever is heard first', () => {
    const moved = { txn_re_1: { gross: -3_000n, fee: 0n } };
    const facts = [...paidFacts, refundedNote(), refund('re_1', 3_000n, 20)];
    const played = isAlike([...facts, paid], moved);
    expect(payloadsOf(played, 'CreditInvoice')).toMatchObject([{ refunded: 3_000n, tax: 229n, toBalance: 0n }]);
    expect(payloadsOf(played, 'IssueCreditMemo')).toMatchObject([{ refundId: 're_1', tax: 0n, creditNoteId: 'cn_1' }]);
    expect(played.letters).toEqual([]);
  });

  it('of an old version names its refund, whose amount the refund tells', () => {
    const moved = { txn_re_1: { gross: -3_000n, fee: 0n } };
    const played = isAlike([...paidFacts, refundedNote(null), refund('re_1', 3_000n, 20)], moved);
    expect(payloadsOf(played, 'CreditInvoice')).toMatchObject([{ refunded: 3_000n }]);
  });

  it('whose refund came back leaves what is to be paid back, in every order but that in which nothing was told', () => {
    const moved = { txn_re_1: { gross: -3_000n, fee: 0n }, txn_back_re_1: { gross: 3_000n, fee: 0n } };
    const back = refund('re_1', 3_000n, 30, 'failed');
    const facts = [...paidFacts, refundedNote(), refund('re_1', 3_000n, 20), back];
    for (const order of permutations(facts)) {
      const played = play(order, moved);
      expect(payloadsOf(played, 'CreditInvoice')).toHaveLength(1);
      const issued = payloadsOf(played, 'IssueCreditMemo');
      expect(payloadsOf(played, 'ReverseCreditMemo')).toHaveLength(issued.length);
      for (const memo of [...issued, ...payloadsOf(played, 'ReverseCreditMemo')])
        expect(memo).toMatchObject({ creditNoteId: 'cn_1', tax: 0n });
    }
  });

  it('beside a refund of its own: the tax of both is that of the invoice, to the unit', () => {
    const moved = { txn_re_1: { gross: -6_743n, fee: 0n } };
    // Nothing of what the note takes back was taxed.
    const note = creditNote('cn_1', 2, {}, { tax: 0n });
    const less = invoice('paid', 40, 9, { amountPaid: 6_743n });
    const facts = [open, note, payment(9, 6_743n), balanced(9, 6_743n), less, refund('re_1', 6_743n, 20)];
    const played = isAlike(facts, { ...moved, txn_pi_1: { gross: 6_743n, fee: 225n } });
    expect(payloadsOf(played, 'IssueCreditMemo')).toMatchObject([{ tax: 743n, creditNoteId: null }]);
  });

  it('that goes to the balance of the customer, by other means, and by a refund comes to its parts', () => {
    const note = refundedNote(1_000n, { outside: 500n, balanceTransactionId: 'cbtxn_1' });
    const moved = { txn_re_1: { gross: -1_000n, fee: 0n } };
    const played = isAlike([...paidFacts, note, refund('re_1', 1_000n, 20)], moved);
    const [payload] = payloadsOf(played, 'CreditInvoice');
    expect(payload).toMatchObject({ offInvoice: 0n, refunded: 1_000n, outside: 500n, toBalance: 1_500n });
  });

  it('is told once, whatever else is told twice', () => {
    const moved = { txn_re_1: { gross: -3_000n, fee: 0n } };
    const facts = [
      ...paidFacts,
      refundedNote(),
      refund('re_1', 3_000n, 20),
      creditNote('cn_2', 21, { offInvoice: 0n, balanceTransactionId: 'cbtxn_2' }, { total: 500n, tax: 38n }),
      paid,
    ];
    const expected = play(facts, moved);
    const all = [...facts, ...facts.map(twin)];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }), (order) => {
        expect(sentIn(play(order, moved))).toEqual(sentIn(expected));
      }),
    );
  });

  it('holds when it cannot be understood, and says why', () => {
    const held = (note: Fact, rest: readonly Fact[] = [], listed?: Parameters<typeof play>[2]) => {
      const played = play([...paidFacts, ...rest, note], { txn_re_1: { gross: -3_000n, fee: 0n } }, listed);
      expect(payloadsOf(played, 'CreditInvoice')).toEqual([]);
      expect(played.letters).toEqual(['credit_note_unbooked']);
      return played.state.creditNotes[0]!.problem;
    };
    expect(held(creditNote('cn_1', 2, { offInvoice: null }))).toContain('does not say what it takes off');
    expect(held(creditNote('cn_1', 2, { offInvoice: 2_000n }))).toContain('does not say where 1000 of it went');
    expect(held(creditNote('cn_1', 2, { outside: 1n }))).toContain('parts come to 1 more');
    expect(held(creditNote('cn_1', 2, {}, { lines: [] }))).toContain('its lines come to 2771 less');
    expect(held(refundedNote(3_000n, { refunds: [{ refundId: null, amount: 3_000n }] }))).toContain(
      'no refund at Stripe',
    );
    expect(held(refundedNote(2_000n), [refund('re_1', 3_000n, 20)])).toContain('it names 2000 of re_1');
    // Linked to it after it was booked.
    expect(held(refundedNote(), [refund('re_1', 3_000n, 20)], [])).toContain('booked as one of its own before');
  });

  it('that took a part off an invoice before that was void is known before the rest is taken back', () => {
    const voided = invoice('void', 40, 9, { creditedOff: 3_000n });
    const played = isAlike([open, creditNote('cn_1', 2), voided, creditNote('cn_2', 3, {}, { status: 'void' })]);
    const sent = played.commands.map(({ type }) => type);
    for (const order of permutations([open, creditNote('cn_1', 2), voided])) {
      const types = play(order).commands.map(({ type }) => type);
      expect(types.indexOf('CreditInvoice')).toBeLessThan(types.indexOf('VoidInvoice'));
    }
    expect(sent.filter((type) => type === 'VoidInvoice')).toHaveLength(1);
    expect(play([open, voided]).commands.map(({ type }) => type)).not.toContain('VoidInvoice');
  });
});

describe('what an invoice takes of the credit of its customer', () => {
  const told = (start: bigint, end: bigint, due: bigint) => ({
    startingBalance: start,
    endingBalance: end,
    amountDue: due,
  });
  it.each([
    ['a part of it', -5_000n, -2_000n, 6_743n, 3_000n],
    ['all of itself', -20_000n, -10_257n, 0n, 9_743n],
    ['what was owed from before, which it asks for', 1_000n, 0n, 10_743n, -1_000n],
  ])('is %s', (_what, start, end, due, amount) => {
    const about = told(start, end, due);
    const played = isAlike([invoice('open', 20, 0, about), invoice('paid', 40, 9, about), invoice('draft', 10, 0)]);
    expect(payloadsOf(played, 'ApplyCustomerCredit')).toMatchObject([{ amount, customerId: 'cus_1' }]);
    expect(played.letters).toEqual([]);
  });

  it('is nothing, where the balance stays', () => {
    expect(payloadsOf(play([invoice('open', 20, 0, told(0n, 0n, 9_743n))]), 'ApplyCustomerCredit')).toEqual([]);
  });

  it('is not guessed', () => {
    const played = play([invoice('open', 20, 0, told(-5_000n, -2_000n, 9_743n))]);
    expect(payloadsOf(played, 'ApplyCustomerCredit')).toEqual([]);
    expect(played.letters).toEqual(['customer_credit_unclear']);
  });
});

describe('what was paid by other means', () => {
  it('is told beside what Stripe received, in every order', () => {
    const moved = { txn_pi_1: { gross: 5_000n, fee: 175n } };
    const facts = [
      open,
      outside('pr_1', 3_000n, 2),
      outside('pr_2', 1_743n, 3),
      payment(4, 5_000n),
      balanced(4, 5_000n),
      paid,
    ];
    const played = isAlike(facts, moved);
    expect(payloadsOf(played, 'RecordOutsidePayment')).toMatchObject([{ amount: 3_000n }, { amount: 1_743n }]);
    expect(payloadsOf(played, 'RecordInvoicePayment')).toMatchObject([{ amount: 5_000n }]);
  });

  it('is told once, where an invoice tells of itself what its payments tell too', () => {
    const whole = invoice('paid', 40, 9, { paidOffStripe: 9_743n });
    for (const order of permutations([open, whole, outside('pr_1', 9_743n, 9)]))
      expect(payloadsOf(play(order), 'RecordOutsidePayment')).toMatchObject([{ amount: 9_743n }]);
  });

  it('waits for a person when it is something that nobody knows', () => {
    const played = play([open, outside('inpay_1', 9_743n, 9, 'barter')]);
    expect(payloadsOf(played, 'RecordOutsidePayment')).toEqual([]);
    expect(played.letters).toEqual(['paid_off_stripe']);
  });
});

describe('a dispute of what paid an invoice', () => {
  const opened = dispute('needs_response', 10, [-9_743n]);

  it('that is won is the same in every order, and told only of what has arrived', () => {
    const won = dispute('won', 20, [-9_743n, 9_743n]);
    const played = isAlike([...paidFacts, opened, dispute('under_review', 12, [-9_743n]), won]);
    expect(payloadsOf(played, 'OpenDispute')).toMatchObject([{ disputeId: 'du_1', chargeId: 'ch_pi_1' }]);
    expect(payloadsOf(played, 'BookDisputeMovement')).toMatchObject([
      { category: 'dispute', net: -11_243n },
      { category: 'dispute_reversal', net: 9_743n },
    ]);
    expect(payloadsOf(played, 'CloseDispute')).toMatchObject([{ outcome: 'won' }]);
    expect(payloadsOf(played, 'NotifyMerchant')).toHaveLength(2);
    expect(played.letters).toEqual([]);
    for (const arrived of [[], [payment(1)], [balanced(1)]])
      expect(payloadsOf(play([open, ...arrived, opened, won]), 'OpenDispute')).toEqual([]);
  });

  it('that is lost is told to be, and of another payment than the one that paid is told nothing', () => {
    const played = isAlike([...paidFacts, opened, dispute('lost', 20, [-9_743n])]);
    expect(payloadsOf(played, 'CloseDispute')).toMatchObject([{ outcome: 'lost' }]);
    const other = { ...opened, paymentIntentId: 'pi_9', chargeId: 'ch_9' };
    expect(payloadsOf(play([...paidFacts, other]), 'OpenDispute')).toEqual([]);
  });
});
