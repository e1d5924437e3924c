import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RecordSubscription } from '../../../schemas/generated/types.ts';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { credited, undone } from '../../../services/erp-ledger/domain/revenue.ts';
import { balanced, failure, invoice, payment, permutations, refund } from '../order-stream/billing-fixtures.ts';
import { after, told } from './invoice-books.ts';

const open = invoice('open', 20, 0);
const paidFacts = [open, payment(0), balanced(0)];

describe('the books of an invoice', () => {
  it('owe its service when it is posted, and have earned it month by month', async () => {
    const { at, end, aside, invoice: posted } = await after(told([open]));
    expect(aside).toEqual([]);
    const owed = { 'Accounts Receivable': 9_743n, 'Sales Tax Payable': -743n };
    expect(at[0]).toEqual({ ...owed, 'Deferred Revenue': -9_000n });
    expect(at[16]).toEqual({ ...owed, 'Deferred Revenue': -7_418n, Revenue: -1_582n });
    expect(at[47]).toEqual({ ...owed, 'Deferred Revenue': -4_352n, Revenue: -4_648n });
    expect(at[91]).toEqual({ ...owed, Revenue: -9_000n });
    expect(end).toEqual(at[91]);
    expect(posted).toMatchObject({ total: 9_743n, ends: [], failures: [] });
    expect(posted?.revenue.map(({ month }) => month)).toEqual(['2026-09', '2026-10', '2026-11', '2026-12']);
  });

  it('have what arrived at Stripe, less what it kept', async () => {
    const { end } = await after(told(paidFacts));
    expect(end).toEqual({
      'Stripe Clearing': 9_430n,
      'Processing Fees': 313n,
      'Sales Tax Payable': -743n,
      Revenue: -9_000n,
    });
  });

  it('are as if nothing had been when it is void', async () => {
    const { end, at, invoice: posted } = await after(told([open, invoice('void', 40, 20)]));
    expect(end).toEqual({});
    // What was earned in September stays so until it was void.
    expect(at[16]).toMatchObject({ Revenue: -1_582n });
    expect(at[47]).toEqual({});
    expect(posted?.ends).toEqual(['void']);
  });

  it('write off what nobody will pay, and take that back', async () => {
    const uncollectible = invoice('uncollectible', 30, 5);
    expect((await after(told([open, failure(1, 1), uncollectible]))).end).toEqual({
      'Bad Debt': 9_743n,
      'Sales Tax Payable': -743n,
      Revenue: -9_000n,
    });
    for (const facts of permutations([open, uncollectible, invoice('void', 40, 9)]))
      expect((await after(told(facts))).end).toEqual({});
    const paid = await after(told([...paidFacts, uncollectible, invoice('paid', 40, 9)]));
    expect(paid.end).toEqual((await after(told(paidFacts))).end);
    expect(paid.invoice).toMatchObject({ ends: ['write-off reversed', 'written off'] });
  });

  it('take a refund off the months of the service, those that are past at its own time', async () => {
    const moved = { txn_re_1: { gross: -9_743n, fee: 0n } };
    const { end, at, aside } = await after(told([...paidFacts, refund('re_1', 9_743n, 35)], moved));
    expect(aside).toEqual([]);
    expect(end).toEqual({ 'Processing Fees': 313n, 'Stripe Clearing': -313n });
    expect(at[16]).toMatchObject({ Revenue: -1_582n });
    expect(at[47]!['Revenue']).toBeUndefined();
    expect(at[47]!['Deferred Revenue']).toBeUndefined();
  });

  it('of a refund that came back are as before', async () => {
    const moved = { txn_re_1: { gross: -3_000n, fee: 0n }, txn_back_re_1: { gross: 3_000n, fee: 0n } };
    const facts = [...paidFacts, refund('re_1', 3_000n, 20), refund('re_1', 3_000n, 25, 'failed')];
    expect((await after(told(facts, moved))).end).toEqual((await after(told(paidFacts))).end);
  });

  it('of part refunds that come to all of it have no unit left', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.bigInt(1n, 4_000n), { maxLength: 5 }), async (cuts) => {
        const parts: bigint[] = [];
        let left = 9_743n;
        for (const cut of cuts) {
          if (cut >= left) continue;
          parts.push(cut);
          left -= cut;
        }
        parts.push(left);
        const moved = Object.fromEntries(parts.map((part, n) => [`txn_re_${n}`, { gross: -part, fee: 0n }]));
        const refunds = parts.map((part, n) => refund(`re_${n}`, part, 10 + n * 15));
        const { end, at, aside } = await after(told([...paidFacts, ...refunds], moved));
        expect(aside).toEqual([]);
        expect(end).toEqual({ 'Processing Fees': 313n, 'Stripe Clearing': -313n });
        for (const balances of Object.values(at))
          expect(Object.values(balances).reduce((sum, balance) => sum + balance, 0n)).toBe(0n);
      }),
      { numRuns: 25 },
    );
  });

  it('book nothing twice, and nothing that contradicts itself', async () => {
    const commands = told(paidFacts);
    const edited = (type: string, change: (payload: Record<string, unknown>) => object): readonly ErpCommand[] =>
      commands.map((command) =>
        command.type === type
          ? ({ ...command, payload: { ...command.payload, ...change(command.payload) } } as ErpCommand)
          : command,
      );
    expect((await after([...commands, ...commands])).end).toEqual((await after(commands)).end);
    expect((await after(edited('ScheduleRevenue', () => ({ amount: 9_001n })))).aside).toEqual([
      'the schedule of invoice:in_1 comes to 9000, what was invoiced to 9000 USD (minor units)',
    ]);
    expect((await after(edited('PostInvoice', () => ({ total: 9_744n })))).aside[0]).toContain('the total is 9744');
    expect((await after(edited('RecordInvoicePayment', () => ({ net: 1n })))).aside[0]).toContain('leaves 1');
    expect((await after(commands.slice(1))).aside[0]).toContain('nothing was posted');
  });

  it('of an invoice over nothing have no entry', async () => {
    const free = {
      total: 0n,
      tax: 0n,
      subtotal: 0n,
      amountDue: 0n,
      lines: open.lines.map((line) => ({ ...line, amount: 0n })),
    };
    const { end, aside, invoice: posted } = await after(told([invoice('paid', 40, 0, free)]));
    expect([end, aside, posted?.total]).toEqual([{}, [], 0n]);
  });
});

describe('what is taken off a schedule', () => {
  const aSchedule = fc
    .array(fc.bigInt(1n, 10_000n), { minLength: 1, maxLength: 24 })
    .map((amounts) => amounts.map((amount, n) => ({ month: `m${n}`, partDueAt: BigInt(n), amount })));
  it('comes to the amount, takes no part below nothing, and all of it is the schedule undone', () => {
    fc.assert(
      fc.property(aSchedule, fc.bigInt(0n, 100n), fc.bigInt(0n, 24n), (schedule, percent, at) => {
        const all = schedule.reduce((sum, { amount }) => sum + amount, 0n);
        const amount = (all * percent) / 100n;
        const taken = credited(schedule, amount, at);
        expect(taken.reduce((sum, part) => sum + part.amount, 0n)).toBe(-amount);
        for (const part of taken) {
          const of = schedule.find(({ partDueAt }) => partDueAt === part.partDueAt)!;
          expect(of.amount + part.amount).toBeGreaterThanOrEqual(0n);
          expect(part.dueAt).toBe(part.partDueAt > at ? part.partDueAt : at);
        }
        expect(credited(schedule, all, at)).toEqual(undone(schedule, at));
      }),
    );
  });
});

describe('a subscription', () => {
  const telling = (status: string, rank: number, toldAt: bigint): RecordSubscription => ({
    commandId: `subscription:sub_1/record-subscription/${toldAt}-${status}`,
    orderId: 'subscription:sub_1',
    type: 'RecordSubscription',
    target: 'erp',
    causationId: 'evt_1',
    occurredAt: toldAt,
    workflow: 'subscription-billing@1',
    payload: {
      subscriptionId: 'sub_1',
      telling: `${toldAt}-${status}`,
      customerId: 'cus_1',
      status,
      rank,
      currency: 'USD',
      collectionMethod: null,
      periodStart: null,
      periodEnd: null,
      cancelAtPeriodEnd: false,
      canceledAt: null,
      endedAt: null,
      trialEndsAt: null,
      collectionPaused: null,
      shopOrderId: null,
      toldAt,
      items: [{ itemId: 'si_1', productId: 'prod_1', priceId: 'price_1', quantity: 2n }],
    },
  });

  it('stands as it was told to be last, whatever is heard after that, and once ended is', async () => {
    const tellings = [telling('active', 20, 1n), telling('past_due', 20, 5n), telling('canceled', 30, 4n)];
    for (const order of permutations(tellings))
      expect((await after(order)).subscriptions).toMatchObject([{ status: 'canceled', toldAt: 4n }]);
    for (const order of permutations(tellings.slice(0, 2)))
      expect((await after(order)).subscriptions).toMatchObject([{ status: 'past_due', toldAt: 5n }]);
  });
});
