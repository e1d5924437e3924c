import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BalanceTransaction, PayoutState, PostPayoutJournal } from '../../../schemas/generated/types.ts';
import { isBookedElsewhere } from '../../../services/order-stream/domain/booked-by-orders.ts';
import { unclaimedLines } from '../../../services/order-stream/domain/payout-claims.ts';
import { initialPayout } from '../../../services/order-stream/domain/payout.ts';
import {
  payoutEntry,
  payoutReversalEntry,
  reclassificationEntry,
} from '../../../services/erp-ledger/domain/payout-postings.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import '../../properties.ts';
import { type Input, line, moved, own, pagesOf, PAYOUT, payoutFact, play, type Played } from './payout-fixtures.ts';

const permutations = <T>(items: readonly T[]): readonly (readonly T[])[] =>
  items.length < 2
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

const text = (value: unknown): string =>
  JSON.stringify(value, (_name, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each));

/** The state but for the order in which commands went, and the commands but for that order. */
const outcome = ({ state, sent, letters }: Played): string =>
  text({
    state: { ...state, issued: [...state.issued].sort(), refusals: [...state.refusals].sort() },
    sent: sent.toSorted((left, right) => (left.commandId < right.commandId ? -1 : 1)),
    letters: letters.map(({ code }) => code).sort(),
  });

const journalIn = (sent: readonly Command[]): PostPayoutJournal | undefined =>
  sent.find((command) => command.type === 'PostPayoutJournal');

const intents = (sent: readonly Command[]): readonly string[] =>
  sent.map(({ commandId }) => commandId.slice(PAYOUT.length + 1)).sort();

const lines = [
  own(7_621n),
  line('txn_1', 9_680n, { fee: 320n, orderId: '100001' }),
  line('txn_2', 941n, { fee: 59n }),
  line('txn_3', -2_000n, { category: 'refund', type: 'refund', orderId: '100001' }),
  line('txn_4', -1_000n, { category: 'dispute', type: 'adjustment' }),
];
const paid = payoutFact({ amount: 7_621n });
const reconciled = payoutFact({
  factId: 'evt_reconciled',
  amount: 7_621n,
  reconciliationStatus: 'completed',
  occurredAt: 1_790_100_001_000n,
});
const failed = payoutFact({
  factId: 'evt_failed',
  kind: 'payout.failed',
  status: 'failed',
  statusRank: 50,
  amount: 7_621n,
  failureBalanceTransactionId: 'txn_back',
  failureCode: 'account_closed',
  occurredAt: 1_790_300_000_000n,
});
const back = moved('fetch-return', 'txn_back', 7_621n);

describe('a line whose owner was not known when it was listed', () => {
  const [page] = pagesOf(lines, 10);
  const claimed = unclaimedLines(page!).map((each) => ({ ...each, owner: '100009' }));

  it('is one that somebody might book, and of something that was paid', () => {
    expect(claimed.map(({ balanceTransactionId }) => balanceTransactionId)).toEqual(['txn_2', 'txn_4']);
    const others = [line('txn_5', 1n, { paymentId: null }), line('txn_6', 1n, { category: 'fee' }), own(1n)];
    expect(unclaimedLines({ ...page!, balanceTransactions: others })).toEqual([]);
    expect(unclaimedLines({ ...page!, status: 'refused' })).toEqual([]);
  });

  it('is taken off the entry of the payout, as it was booked there, whatever is heard first', () => {
    const inputs: readonly Input[] = [paid, reconciled, page!, ...claimed];
    const expected = outcome(play(inputs));
    for (const each of permutations(inputs)) expect(outcome(play([...each, ...claimed]))).toBe(expected);
    const { sent } = play(inputs);
    expect(intents(sent)).toEqual([
      'fetch-lines/first',
      'post-journal/1',
      'reclassify-line/txn_2',
      'reclassify-line/txn_4',
    ]);
    const whole = journalIn(sent)!.payload.postings;
    const back = sent.flatMap((each) => (each.type === 'ReclassifyPayoutLine' ? each.payload.postings : []));
    const come = (account: string): bigint =>
      [...whole, ...back].reduce((sum, each) => (each.account === account ? sum + each.debit - each.credit : sum), 0n);
    // All of it is booked by orders now: the bank has what clearing loses, and nothing is left of them anywhere else.
    expect(come('1000')).toBe(7_621n);
    expect(come('1010')).toBe(-7_621n);
    for (const account of ['2310', '1310', '6100']) expect(come(account)).toBe(0n);
    for (const each of sent) if (each.type === 'ReclassifyPayoutLine') reclassificationEntry(each);
  });
});

describe('a payout', () => {
  it('is one entry: what orders book is taken off clearing, the rest is booked with it', () => {
    const { sent, letters, state } = play([paid, reconciled, ...pagesOf(lines, 2), failed, back]);
    expect(letters).toEqual([]);
    expect(intents(sent)).toEqual([
      'fetch-lines/first',
      'fetch-lines/txn_1',
      'fetch-lines/txn_3',
      'fetch-return/txn_back',
      'post-journal/1',
      'reverse-journal/1',
    ]);
    const { payload } = journalIn(sent)!;
    expect(payload.postings.map(({ account, line: of, debit, credit }) => [account, of, debit - credit])).toEqual([
      ['1000', 'bank', 7_621n],
      ['2310', 'charge/charge', -1_000n],
      ['1310', 'dispute/adjustment', 1_000n],
      ['6100', 'fees', 59n],
      ['1010', 'clearing', -7_680n],
    ]);
    expect(state.pages.map(({ after, told }) => [after, told?.transactions, told?.net])).toEqual([
      [null, 1n, 9_680n],
      ['txn_1', 2n, -1_059n],
      ['txn_3', 1n, -1_000n],
    ]);
  });

  it('comes to the same in every order of its facts and pages', () => {
    const inputs: readonly Input[] = [paid, reconciled, failed, back, ...pagesOf(lines, 3)];
    expect(inputs).toHaveLength(6);
    const outcomes = new Set(permutations(inputs).map((order) => outcome(play(order))));
    expect(outcomes.size).toBe(1);
  });

  it('comes to the same with doubles and twins, and with as many pages as there are lines', () => {
    const twins = [paid, reconciled, failed].map((fact) => ({ ...fact, factId: `${fact.factId}_twin` }));
    const once: readonly Input[] = [paid, reconciled, failed, back, ...pagesOf(lines, 1)];
    const expected = outcome(play(once));
    const all = [...once, ...twins, ...once];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        const played = play(order);
        expect(played.letters).toEqual([]);
        // Twins differ in their id: the first told counts, so causes do not.
        const without = (of: string): string => of.replaceAll('_twin', '').replaceAll(/"history":\[[^\]]*\]/g, '""');
        expect(without(outcome(played))).toBe(without(expected));
      }),
      { numRuns: 300 },
    );
  });

  it('that is heard of again changes nothing', () => {
    const inputs = [paid, reconciled, ...pagesOf(lines, 2)];
    const { state } = play(inputs);
    const again = play(inputs, state);
    expect(again).toEqual({ state, sent: [], letters: [] });
    expect(again.state).toBe(state);
  });

  it('is not booked before Stripe says that its list is complete', () => {
    const { sent } = play([paid, ...pagesOf(lines, 10)]);
    expect(sent).toEqual([]);
  });

  it.each(pagesOf(lines, 1).map((_, index) => index))('waits for page %i when it is late', (late) => {
    const pages = pagesOf(lines, 1);
    const before = play([reconciled, ...pages.toSpliced(late, 1)]);
    expect(journalIn(before.sent)).toBeUndefined();
    expect(before.letters).toEqual([]);
    expect(intents(before.sent)).toContain(pages[late]!.commandId.slice(PAYOUT.length + 1));
    const after = play([pages[late]!], before.state);
    expect(journalIn(after.sent)?.payload.transactions).toBe(4n);
  });

  it('is held when a page ends the list that others still follow', () => {
    const [first, second, third] = pagesOf(lines, 2);
    const cut = { ...first!, detail: { after: '', more: 'false' } };
    const { sent, letters } = play([reconciled, cut, second!, third!]);
    expect(journalIn(sent)).toBeUndefined();
    expect(letters.map(({ code }) => code)).toEqual(['payout_mismatch']);
  });

  it('is held when a page is told in two ways, whichever is heard first', () => {
    const pages = pagesOf(lines, 2);
    const other = { ...pages[0]!, balanceTransactions: [lines[0]!, { ...lines[1]!, net: 9_681n, amount: 10_001n }] };
    for (const order of permutations<Input>([reconciled, ...pages, other])) {
      const { sent, letters, state } = play(order);
      const posted = journalIn(sent);
      // What was posted before the other was heard stands; nothing follows from it any more.
      expect(letters.map(({ code }) => code)).toContain('page_changed');
      expect(state.journal).toBeNull();
      if (posted) expect(order.indexOf(other)).toBe(order.length - 1);
      else expect(letters.map(({ code }) => code)).toContain('payout_mismatch');
    }
  });

  it('of a connected account, or without a list, is no entry of ours', () => {
    expect(play([{ ...reconciled, account: 'acct_1' }, ...pagesOf(lines, 2)])).toMatchObject({
      sent: [],
      letters: [{ code: 'payout_of_connected_account' }],
    });
    const old = { ...reconciled, reconciliationStatus: null };
    expect(play([old]).sent).toEqual([]);
  });

  it('that failed before its list was known is booked and taken back, in this order', () => {
    const { sent } = play([failed, back, ...pagesOf(lines, 2), reconciled]);
    const erp = sent.filter(({ target }) => target === 'erp').map(({ type }) => type);
    expect(erp).toEqual(['PostPayoutJournal', 'ReversePayoutJournal']);
  });

  it('whose reversal is of another is not booked by the payout that it is paid out with', () => {
    const reversal = line('txn_r', 500n, { category: 'payout_reversal', type: 'payout_failure', sourceId: 'po_0' });
    const earlier = line('txn_e', -100n, { category: 'payout', type: 'payout', sourceId: 'po_by_hand' });
    const { sent } = play([{ ...reconciled, amount: 400n }, ...pagesOf([own(400n), reversal, earlier], 5)]);
    expect(journalIn(sent)!.payload.postings.map(({ line: of }) => of)).toEqual(['bank', 'clearing']);
  });
});

describe('a payout that was asked for by hand', () => {
  const byHand = payoutFact({ amount: 5_000n, automatic: false, reconciliationStatus: 'not_applicable' });
  const took = moved('fetch-balance', 'txn_po', -5_000n, 50n);
  const failure = { ...failed, amount: 5_000n, automatic: false, reconciliationStatus: 'not_applicable' };
  const brought = moved('fetch-return', 'txn_back', 5_000n, 10n);

  it('comes to the same in every order, its fees included', () => {
    const inputs: readonly Input[] = [byHand, took, failure, brought, took];
    expect(new Set(permutations(inputs).map((order) => outcome(play(order)))).size).toBe(1);
    const { sent } = play(inputs);
    expect(intents(sent)).toEqual([
      'fetch-balance/txn_po',
      'fetch-return/txn_back',
      'post-journal/1',
      'reverse-journal/1',
    ]);
    const clearing = sent.flatMap((command) =>
      command.type === 'PostPayoutJournal' || command.type === 'ReversePayoutJournal'
        ? command.payload.postings
            .filter(({ line: of }) => of === 'clearing')
            .map(({ debit, credit }) => debit - credit)
        : [],
    );
    expect(clearing).toEqual([-5_050n, 4_990n]);
  });

  it('that never reached the bank is nothing to book', () => {
    expect(play([failure, took, brought]).sent).toEqual([]);
  });

  it('is held when it took something else than it says', () => {
    const { sent, letters } = play([byHand, moved('fetch-balance', 'txn_po', -4_999n)]);
    expect(journalIn(sent)).toBeUndefined();
    expect(letters.map(({ code }) => code)).toEqual(['payout_mismatch']);
  });
});

const kinds = [
  ['charge', 'charge'],
  ['charge', 'payment'],
  ['refund', 'refund'],
  ['refund_failure', 'refund_failure'],
  ['dispute', 'adjustment'],
  ['fee', 'stripe_fee'],
  ['fee', 'stripe_fx_fee'],
  ['other_adjustment', 'adjustment'],
  ['payout_reversal', 'payout_failure'],
  ['never_heard_of', 'something'],
] as const;
const currencies = ['USD', 'EUR', 'JPY', 'KWD', 'HUF', 'ISK', 'CLF'] as const;

const someLine = fc.record({
  kind: fc.constantFrom(...kinds),
  amount: fc.bigInt(-10_000_000_000n, 10_000_000_000n),
  fee: fc.bigInt(-10_000n, 10_000n),
  order: fc.option(fc.constantFrom('1', '2')),
});
const someList = (currency: string) =>
  fc.array(someLine, { maxLength: 40 }).map((each) =>
    each.map(({ kind: [category, type], amount, fee, order }, n): BalanceTransaction => ({
      ...line(`txn_${String(n).padStart(3, '0')}`, amount - fee),
      ...{ category, type, amount, fee, currency, orderId: order },
    })),
  );
const netOf = (list: readonly BalanceTransaction[]): bigint => list.reduce((sum, { net }) => sum + net, 0n);

describe('any list, in any currency', () => {
  const drawn = fc
    .constantFrom(...currencies)
    .chain((currency) =>
      fc.record({ currency: fc.constant(currency), list: someList(currency), size: fc.integer({ min: 1, max: 7 }) }),
    );
  const playing = (currency: string, list: readonly BalanceTransaction[], size: number, amount: bigint): Played =>
    play([{ ...reconciled, amount, currency }, ...pagesOf([own(amount, { currency }), ...list], size)]);

  it('is booked to the unit: debits are credits, and clearing moves by what nobody else books', () => {
    fc.assert(
      fc.property(drawn, ({ currency, list, size }) => {
        const amount = netOf(list);
        const { sent, letters } = playing(currency, list, size, amount);
        expect(letters).toEqual([]);
        const command = journalIn(sent)!;
        const entry = payoutEntry(command);
        const signed = (account: string): bigint =>
          (entry?.postings ?? [])
            .filter((posting) => posting.account.code === account)
            .reduce((sum, { debit, credit }) => sum + debit - credit, 0n);
        expect((entry?.postings ?? []).reduce((sum, { debit, credit }) => sum + debit - credit, 0n)).toBe(0n);
        expect(signed('1000')).toBe(amount);
        expect(signed('1010')).toBe(-netOf(list.filter(isBookedElsewhere)));
        expect(command.payload.transactions).toBe(BigInt(list.length));
      }),
      { numRuns: 400 },
    );
  });

  it('is held when it is off by one unit, or one line is in another currency or missing', () => {
    fc.assert(
      fc.property(drawn, fc.nat(), fc.constantFrom('amount', 'currency', 'lost', 'doubled'), (draw, n, how) => {
        const { currency, size } = draw;
        const list = draw.list.map((each) => (each.net === 0n ? { ...each, net: 1n, amount: each.fee + 1n } : each));
        const at = list.length === 0 ? 0 : n % list.length;
        const amount = netOf(list);
        fc.pre(how === 'amount' || list.length > 0);
        const wrong = {
          amount: list,
          currency: list.map((each, index) => (index === at ? { ...each, currency: 'GBP' } : each)),
          lost: list.toSpliced(at, 1),
          doubled: [...list, { ...list[at]!, id: 'txn_zzz' }],
        }[how];
        const { sent, letters } = playing(currency, wrong, size, how === 'amount' ? amount + 1n : amount);
        expect(journalIn(sent)).toBeUndefined();
        expect(letters.map(({ code }) => code)).toEqual(['payout_mismatch']);
      }),
      { numRuns: 400 },
    );
  });
});

describe('a payout of very many lines', () => {
  it('keeps a state of pages and sums, not of lines', () => {
    const many = Array.from({ length: 5_000 }, (_, n) =>
      line(`txn_${String(n).padStart(6, '0')}`, 1_000n, { orderId: String(n) }),
    );
    const amount = netOf(many);
    const { sent, state } = play([{ ...reconciled, amount }, ...pagesOf([own(amount), ...many], 100)]);
    expect(journalIn(sent)?.payload.transactions).toBe(5_000n);
    expect(state.pages).toHaveLength(51);
    expect(state.sums).toHaveLength(1);
    expect(text({ ...state, issued: [] } satisfies PayoutState).length).toBeLessThan(51 * 300 + 2_000);
  });
});

describe('the reversal of a payout', () => {
  it('takes the bank posting back, and is no entry by itself', () => {
    const { sent } = play([reconciled, ...pagesOf(lines, 9), failed, back]);
    const reverse = sent.find((command) => command.type === 'ReversePayoutJournal')!;
    expect(
      payoutReversalEntry(reverse)?.postings.map(({ account, debit, credit }) => [account.code, debit - credit]),
    ).toEqual([
      ['1000', -7_621n],
      ['1010', 7_621n],
    ]);
    expect(play([failed, back]).sent).toEqual([]);
    expect(initialPayout(PAYOUT).reversal).toBeNull();
  });
});
