import { describe, expect, it } from 'vitest';
import type { Billed, CreditNoted, Facts, LedgerInvoice, Payment } from '../../../services/cli/verify/facts.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { soundWorld } from './world.ts';

const KEY = 'invoice:in_1';
const billed: Billed = {
  orderId: KEY,
  status: 'paid',
  total: 9_743n,
  tax: 743n,
  currency: 'USD',
  paidBy: [{ paymentIntentId: 'pi_9', amount: 9_743n }],
  unpaidBy: [],
  outside: [],
  remaining: 0n,
  creditUsed: 0n,
  creditNotes: [],
  notedRefunds: [],
};
const posted: LedgerInvoice = {
  orderId: KEY,
  total: 9_743n,
  tax: 743n,
  currency: 'USD',
  ends: [],
  revenue: 9_000n,
  owed: 0n,
  creditUsed: 0n,
  outside: [],
  creditNotes: [],
};
/** Kept by the customer, and paid back, and not taxed: nothing of it is owed less. */
const note: CreditNoted = {
  id: 'cn_1',
  voided: false,
  amount: 1_500n,
  tax: 0n,
  offInvoice: 0n,
  refunded: 1_000n,
  toBalance: 500n,
  outside: 0n,
};
const noted = { creditNotes: [note], notedRefunds: ['re_1'] };
const credited: LedgerInvoice = { ...posted, revenue: 7_500n, creditNotes: [note] };
const memo = {
  orderId: KEY,
  refundId: 're_1',
  amount: 1_000n,
  tax: 0n,
  currency: 'USD',
  reversedBy: null,
  returnId: null,
};
const refund = {
  id: 're_1',
  status: 'succeeded',
  amount: 1_000n,
  balanceTransactionId: 'txn_re_1',
  failureBalanceTransactionId: null,
  commandId: null,
  returnId: null,
};
const dispute = { id: 'du_1', status: 'lost', movements: [] };
const fee = { balanceTransactionId: 'txn_9', gross: 9_743n, fee: 313n, net: 9_430n, currency: 'USD' };
const payment: Payment = {
  id: 'pi_9',
  orderId: KEY,
  status: 'succeeded',
  amount: 9_743n,
  received: 9_743n,
  currency: 'USD',
  succeededCharges: ['ch_9'],
  declined: false,
  fee,
  refunds: [],
  releases: [],
  manual: false,
  disputes: [],
  conversions: [],
};
const booked = { orderId: KEY, amount: 9_743n, currency: 'USD', paymentIntentId: 'pi_9' };

type World = Readonly<{
  billed?: Partial<Billed>;
  posted?: readonly LedgerInvoice[];
  payments?: Facts['ledger']['payments'];
  fees?: Facts['ledger']['fees'];
  memos?: Facts['ledger']['creditMemos'];
  subscriptions?: readonly Readonly<{ id: string; status: string }>[];
  unrouted?: Facts['unrouted'];
  payment?: Partial<Payment>;
  disputes?: Facts['ledger']['disputes'];
}>;

/** A paid invoice beside the orders of a sound world, with changes. */
const found = (changes: World = {}): readonly string[] => {
  const sound = soundWorld();
  const { ledger } = sound;
  const facts: Facts = {
    ...sound,
    payments: [...sound.payments, { ...payment, ...changes.payment }],
    invoices: [{ ...billed, ...changes.billed }],
    subscriptions: [{ id: 'sub_1', status: 'active' }],
    unrouted: changes.unrouted ?? [],
    ledger: {
      ...ledger,
      invoices: changes.posted ?? [posted],
      subscriptions: changes.subscriptions ?? [{ id: 'sub_1', status: 'active' }],
      payments: [...ledger.payments, ...(changes.payments ?? [booked])],
      fees: [...ledger.fees, ...(changes.fees ?? [{ orderId: KEY, ...fee }])],
      creditMemos: changes.memos ?? [],
      disputes: changes.disputes ?? [],
    },
  };
  return judge(facts).findings.map(({ kind, message }) => `${kind}: ${message}`);
};

const waiting = { kind: 'payment.failed', amount: 9_743n, currency: 'USD', at: 0n };

describe('an invoice on all sides', () => {
  it.each<[string, World]>([
    ['paid', {}],
    [
      'void',
      {
        billed: { status: 'void', paidBy: [] },
        payments: [],
        fees: [],
        posted: [{ ...posted, ends: ['void'], revenue: 0n }],
      },
    ],
    [
      'uncollectible',
      {
        billed: { status: 'uncollectible', paidBy: [] },
        payments: [],
        fees: [],
        posted: [{ ...posted, ends: ['written off'] }],
      },
    ],
    ['paid after it was written off', { posted: [{ ...posted, ends: ['write-off reversed', 'written off'] }] }],
    ['not paid by what waits', { billed: { unpaidBy: ['pi_8'] }, unrouted: [{ objectId: 'pi_8', ...waiting }] }],
    ['credited, and paid back', { billed: noted, posted: [credited], memos: [memo], payment: { refunds: [refund] } }],
    [
      'paid from credit, elsewhere and at Stripe',
      {
        billed: { creditUsed: 100n, outside: [{ id: 'pr_1', amount: 200n }] },
        posted: [{ ...posted, creditUsed: 100n, outside: [{ id: 'pr_1', amount: 200n }] }],
      },
    ],
    ['asked for', { billed: { status: 'open', remaining: 9n }, posted: [{ ...posted, owed: 9n }] }],
    [
      'disputed',
      { payment: { disputes: [dispute] }, disputes: [{ orderId: KEY, disputeId: 'du_1', outcome: 'lost' }] },
    ],
  ])('%s is right', (_name, changes) => {
    expect(found(changes)).toEqual([]);
  });

  it.each<[string, World, RegExp]>([
    ['is not posted', { posted: [] }, /lost: paid at Stripe over 9743 USD, but the ledger has no invoice/],
    ['differs by a cent', { billed: { total: 9_744n } }, /Stripe's over 9744 USD/],
    ['differs by a cent of tax', { billed: { tax: 744n } }, /with 744/],
    ['is void, and stands', { billed: { status: 'void' } }, /lost: void at Stripe, but it stands/],
    ['stands, and is void', { posted: [{ ...posted, ends: ['void'] }] }, /mismatched: void in the ledger/],
    ['is written off by nobody', { billed: { status: 'uncollectible' } }, /uncollectible at Stripe, but owed/],
    [
      'is written off, and paid',
      { posted: [{ ...posted, ends: ['written off'] }] },
      /written off in the ledger, but paid/,
    ],
    ['has a schedule that is a cent off', { posted: [{ ...posted, revenue: 8_999n }] }, /its schedule comes to 8999/],
    ['has no payment', { payments: [], fees: [] }, /lost: paid at Stripe \(pi_9\), but the ledger has no payment/],
    ['has two payments', { payments: [booked, booked] }, /doubled: the ledger has 2 payments by pi_9/],
    ['has a payment that is a cent off', { payments: [{ ...booked, amount: 9_742n }] }, /a payment of 9742 USD/],
    [
      'has a payment by another',
      { payments: [booked, { ...booked, paymentIntentId: 'pi_7' }] },
      /by pi_7, which did not/,
    ],
    [
      'has another fee',
      { fees: [{ orderId: KEY, ...fee, fee: 312n }] },
      /Stripe kept 313 USD of pi_9, the ledger says 312 USD/,
    ],
    [
      'waits with what belongs to none',
      { unrouted: [{ objectId: 'pi_8', ...waiting }] },
      /unrouted: Stripe told of pi_8/,
    ],
    ['is credited, and nobody knows', { billed: noted }, /lost: credit note cn_1 over 1500 is not in the ledger/],
    [
      'is credited otherwise',
      { billed: noted, posted: [{ ...credited, creditNotes: [{ ...note, toBalance: 499n }] }] },
      /toBalance 500, outside 0 at Stripe, and .*toBalance 499/,
    ],
    [
      'has a credit note that is void, and stands',
      { billed: { ...noted, creditNotes: [{ ...note, voided: true }] }, posted: [credited] },
      /lost: credit note cn_1 is void at Stripe/,
    ],
    [
      'has a credit note of nobody',
      { posted: [credited] },
      /mismatched: the ledger has credit note cn_1, which Stripe/,
    ],
    [
      'takes a refund of a credit note off twice',
      { billed: noted, posted: [{ ...credited, revenue: 6_500n }], memos: [memo], payment: { refunds: [refund] } },
      /its schedule comes to 6500, what was invoiced and not taken back to 7500/,
    ],
    [
      'took credit that nobody gave',
      { billed: { creditUsed: 100n } },
      /took 100 USD of its customer's credit at Stripe/,
    ],
    [
      'was paid elsewhere, unheard',
      { billed: { outside: [{ id: 'pr_1', amount: 200n }] } },
      /lost: 200 USD was paid by other means, as Stripe was told; the ledger has 0/,
    ],
    [
      'is owed a cent',
      { posted: [{ ...posted, owed: 1n }] },
      /the ledger says that 1 USD of it is owed, Stripe asks for 0/,
    ],
    ['is disputed, unheard', { payment: { disputes: [dispute] } }, /lost: du_1 \(lost\) is not in the ledger/],
    ['is of a subscription that ended unheard', { subscriptions: [] }, /active at Stripe, but the ledger says nothing/],
  ])('that %s is found', (_name, changes, message) => {
    expect(found(changes).join('\n')).toMatch(message);
  });
});
