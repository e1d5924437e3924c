import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ErpCommand } from '../../../schemas/topics.ts';
import {
  balanced,
  creditNote,
  day,
  dispute,
  type Fact,
  invoice,
  outside,
  payment,
  permutations,
  refund,
} from '../order-stream/billing-fixtures.ts';
import { after, told } from './invoice-books.ts';

const open = invoice('open', 20, 0);
const paidFacts = [open, payment(0), balanced(0)];
/** As it was paid by whoever paid it. */
const fees = { 'Processing Fees': 313n, 'Stripe Clearing': 9_430n };

const sum = (balances: Readonly<Record<string, bigint>>): bigint =>
  Object.values(balances).reduce((all, balance) => all + balance, 0n);

const edited = (
  commands: readonly ErpCommand[],
  type: ErpCommand['type'],
  change: Readonly<Record<string, unknown>>,
): readonly ErpCommand[] =>
  commands.map((command) =>
    command.type === type ? ({ ...command, payload: { ...command.payload, ...change } } as ErpCommand) : command,
  );

describe('a credit note in the books', () => {
  it('takes its part off what is owed, its tax, and the months of the service', async () => {
    const { at, end, aside, invoice: posted } = await after(told([open, creditNote('cn_1', 20)]));
    expect(aside).toEqual([]);
    expect(end).toEqual({ 'Accounts Receivable': 6_743n, 'Sales Tax Payable': -514n, Revenue: -6_229n });
    // September was earned before: what it gives is taken off when the note was made.
    expect(at[16]).toMatchObject({ Revenue: -1_582n });
    expect(posted?.revenue.reduce((all, { amount }) => all + amount, 0n)).toBe(6_229n);
    for (const balances of Object.values(at)) expect(sum(balances)).toBe(0n);
  });

  it('that is void leaves all as if it had not been', async () => {
    const facts = [open, creditNote('cn_1', 2), creditNote('cn_1', 3, {}, { status: 'void' })];
    const before = await after(told([open]));
    for (const order of permutations(facts)) {
      const books = await after(told(order));
      expect(books.aside).toEqual([]);
      expect(books.end).toEqual(before.end);
      expect(books.invoice).toMatchObject({ creditNotes: [{ id: 'cn_1', offInvoice: 3_000n }] });
    }
  });

  it('and its refund are one: what it left to be paid back is nothing when that was paid', async () => {
    const moved = { txn_re_1: { gross: -3_000n, fee: 0n }, txn_back_re_1: { gross: 3_000n, fee: 0n } };
    const note = creditNote('cn_1', 20, { offInvoice: 0n, refunds: [{ refundId: 're_1', amount: 3_000n }] });
    const paidBack = [...paidFacts, note, refund('re_1', 3_000n, 20)];
    const expected = { ...fees, 'Stripe Clearing': 6_430n, 'Sales Tax Payable': -514n, Revenue: -6_229n };
    for (const order of permutations(paidBack)) {
      const books = await after(told(order, moved));
      expect(books.aside).toEqual([]);
      expect(books.end).toEqual(expected);
    }
    // It came back: the customer is still to be paid.
    const back = await after(told([...paidBack, refund('re_1', 3_000n, 30, 'failed')], moved));
    expect(back.end).toEqual({ ...expected, 'Stripe Clearing': 9_430n, 'Refunds Payable': -3_000n });
  });

  it('goes to the balance of the customer, and elsewhere', async () => {
    const note = creditNote('cn_1', 20, { offInvoice: 0n, outside: 1_000n, balanceTransactionId: 'cbtxn_1' });
    const { end, aside } = await after(told([...paidFacts, note]));
    expect(aside).toEqual([]);
    expect(end).toMatchObject({ ...fees, 'Customer Credit': -2_000n, 'Other Receipts': -1_000n });
  });

  it('and a void of the rest take back all of it, and the credit it took is the customer’s again', async () => {
    const balance = { startingBalance: -1_000n, endingBalance: 0n, amountDue: 8_743n };
    const less = { ...balance, amountDue: 5_743n, creditedOff: 3_000n };
    const facts = [invoice('open', 20, 0, balance), creditNote('cn_1', 2), invoice('void', 40, 9, less)];
    for (const order of permutations(facts)) {
      const books = await after(told(order));
      expect(books.aside).toEqual([]);
      // Where the credit came from is no matter of this invoice.
      expect(books.end).toEqual({});
    }
  });

  it('of parts that come to all of it leave no unit, whichever way they go', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.bigInt(1n, 3_000n), fc.boolean()), { maxLength: 5 }), async (cuts) => {
        let left = { net: 9_000n, tax: 743n };
        const parts: { total: bigint; tax: bigint; toCard: boolean }[] = [];
        const cut = (net: bigint, tax: bigint, toCard: boolean): void => {
          parts.push({ total: net + tax, tax, toCard });
          left = { net: left.net - net, tax: left.tax - tax };
        };
        for (const [net, toCard] of cuts) if (net < left.net) cut(net, (net * 743n) / 9_000n, toCard);
        cut(left.net, left.tax, true);
        const moved = Object.fromEntries(parts.map(({ total }, n) => [`txn_re_${n}`, { gross: -total, fee: 0n }]));
        const facts = parts.flatMap(({ total, tax, toCard }, n): readonly Fact[] => {
          const refunds = toCard ? [{ refundId: `re_${n}`, amount: total }] : [];
          const said = { offInvoice: 0n, refunds, balanceTransactionId: toCard ? null : `cbtxn_${n}` };
          const note = creditNote(`cn_${n}`, 10 + n * 15, said, { total, tax });
          return toCard ? [refund(`re_${n}`, total, 10 + n * 15), note] : [note];
        });
        const { end, at, aside } = await after(told([...paidFacts, ...facts], moved));
        expect(aside).toEqual([]);
        const kept = parts.reduce((all, { total, toCard }) => (toCard ? all : all + total), 0n);
        expect(end['Customer Credit'] ?? 0n).toBe(-kept);
        for (const account of ['Deferred Revenue', 'Revenue', 'Sales Tax Payable', 'Refunds Payable'])
          expect(end[account] ?? 0n).toBe(0n);
        for (const balances of Object.values(at)) expect(sum(balances)).toBe(0n);
      }),
      { numRuns: 25 },
    );
  });

  it('that contradicts itself is put aside', async () => {
    const commands = told([open, creditNote('cn_1', 2), creditNote('cn_1', 3, {}, { status: 'void' })]);
    const aside = async (type: ErpCommand['type'], change: Readonly<Record<string, unknown>>) =>
      (await after(edited(commands, type, change))).aside[0];
    expect(await aside('CreditInvoice', { toBalance: 1n })).toContain('the parts of cn_1 come to 3001, it to 3000');
    expect(await aside('CreditInvoice', { lines: [] })).toContain('the lines of cn_1 come to 0');
    expect(await aside('CreditInvoice', { tax: 3_001n })).toContain('3001 of tax');
    expect(await aside('VoidInvoiceCredit', { amount: 2_999n })).toContain('is over 3000');
    expect(await aside('VoidInvoiceCredit', { creditNoteId: 'cn_9' })).toContain('no credit note cn_9');
    const twice = commands.filter(({ type }) => type === 'VoidInvoiceCredit');
    const again = twice.map((command) => ({ ...command, commandId: `${command.commandId}-2` }));
    expect((await after([...commands, ...again])).aside[0]).toContain('that stands');
    const noted = { txn_re_1: { gross: -3_000n, fee: 0n } };
    const note = creditNote('cn_1', 20, { offInvoice: 0n, refunds: [{ refundId: 're_1', amount: 3_000n }] });
    const withRefund = told([...paidFacts, note, refund('re_1', 3_000n, 20)], noted);
    expect((await after(edited(withRefund, 'IssueCreditMemo', { tax: 9n }))).aside[0]).toContain('that one');
  });
});

describe('an invoice of a subscription that changed', () => {
  it('credits and charges by its lines, is earned to the unit, and a credit note of all of it leaves none', async () => {
    const aLine = fc.record({
      amount: fc.bigInt(-5_000n, 20_000n),
      from: fc.integer({ min: 0, max: 60 }),
      days: fc.integer({ min: 0, max: 90 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(aLine, { minLength: 1, maxLength: 4 }), fc.bigInt(0n, 9n), async (cuts, tax) => {
        const net = cuts.reduce((all, { amount }) => all + amount, 0n);
        fc.pre(net > 0n);
        const total = net + tax;
        const lines = cuts.map(({ amount, from, days }, n) => ({
          ...open.lines[0]!,
          lineId: `il_${n}`,
          amount,
          periodStart: day(from),
          periodEnd: day(from + days),
          proration: true,
        }));
        const changed = invoice('open', 20, 0, { lines, total, tax, subtotal: net, amountDue: total });
        const billed = await after(told([changed]));
        expect(billed.aside).toEqual([]);
        expect(billed.end['Revenue']).toBe(-net);
        expect(billed.end['Deferred Revenue']).toBeUndefined();
        for (const balances of Object.values(billed.at)) expect(sum(balances)).toBe(0n);
        const all = await after(told([changed, creditNote('cn_1', 20, {}, { total, tax })]));
        expect([all.aside, all.end]).toEqual([[], {}]);
      }),
      { numRuns: 25 },
    );
  });
});

describe('what an invoice is paid with beside Stripe', () => {
  it('is the credit of its customer, or what it asks for from before', async () => {
    const used = invoice('open', 20, 0, { startingBalance: -5_000n, endingBalance: -2_000n, amountDue: 6_743n });
    const { end, invoice: posted } = await after(told([used]));
    expect(end).toMatchObject({ 'Accounts Receivable': 6_743n, 'Customer Credit': 3_000n });
    expect(posted).toMatchObject({ owed: 6_743n, creditUsed: 3_000n });
    const before = invoice('open', 20, 0, { startingBalance: 700n, endingBalance: 0n, amountDue: 10_443n });
    expect((await after(told([before]))).end).toMatchObject({
      'Accounts Receivable': 10_443n,
      'Customer Credit': -700n,
    });
  });

  it('is what was paid elsewhere', async () => {
    const moved = { txn_pi_1: { gross: 5_000n, fee: 175n } };
    const facts = [open, outside('pr_1', 4_743n, 2), payment(4, 5_000n), balanced(4, 5_000n)];
    const { end, aside, invoice: posted } = await after(told(facts, moved));
    expect(aside).toEqual([]);
    expect(end).toMatchObject({ 'Other Receipts': 4_743n, 'Stripe Clearing': 4_825n });
    expect(end['Accounts Receivable']).toBeUndefined();
    expect(posted?.outside).toMatchObject([{ id: 'pr_1', amount: 4_743n }]);
  });
});

describe('a dispute of an invoice in the books', () => {
  it('takes what it takes off Stripe, until it is decided', async () => {
    const opened = dispute('needs_response', 10, [-9_743n]);
    const taken = await after(told([...paidFacts, opened]));
    expect(taken.end).toMatchObject({
      'Stripe Clearing': -1_813n,
      'Disputes Receivable': 9_743n,
      'Dispute Fees': 1_500n,
    });
    const lost = await after(told([...paidFacts, opened, dispute('lost', 20, [-9_743n])]));
    expect(lost.end).toMatchObject({ 'Chargeback Losses': 9_743n, 'Dispute Fees': 1_500n });
    const won = await after(told([...paidFacts, opened, dispute('won', 20, [-9_743n, 9_743n])]));
    expect(won.end).toMatchObject({ 'Stripe Clearing': 7_930n, 'Dispute Fees': 1_500n });
    for (const { end } of [lost, won]) expect(end['Disputes Receivable']).toBeUndefined();
  });
});
