/** Guards of refunds: what is told of them, in which order, and what the shop and the books take. */
import type { Mutant } from './mutant.ts';

const steps = 'services/order-stream/domain/refund-steps.ts';
const workflow = 'workflows/refunds@1.yaml';
const shop = 'services/adnsf-executor/domain/refunds.ts';
const ledger = 'services/erp-ledger/credit-memos.ts';
const verify = 'services/cli/verify/refunds.ts';

const sent = ['test/unit/order-stream/refund-steps.test.ts'];
const examples = ['test/unit/workflows/default-set.test.ts'];
const shopDecisions = ['test/unit/adnsf-executor/refunds.test.ts'];
const books = ['test/unit/erp-ledger/credit-memos.test.ts'];
const judge = ['test/unit/cli/refunds.test.ts'];

export const refundMutants: readonly Mutant[] = [
  {
    guard: 'refund-moved-money',
    why: 'an authorisation that was released would be a refund of money that was never received',
    file: steps,
    edits: [
      { find: `    if (left === null) return [];\n`, replace: `    if (left === null && back === '') return [];\n` },
    ],
    tests: sent,
  },
  {
    guard: 'refund-tax-to-the-last-unit',
    why: 'credit memos of a full refund would come to another tax than the order',
    file: steps,
    edits: [{ find: `larger(due - taken, 0n)`, replace: `(order.tax * amount) / order.paid` }],
    tests: sent,
  },
  {
    guard: 'refund-not-beyond-what-was-paid',
    why: 'a refund that replaces one that failed would be told first, and shop and books refuse it',
    file: steps,
    edits: [{ find: `refunded + step.amount <= paid;`, replace: `refunded + step.amount > 0n;` }],
    tests: sent,
  },
  {
    guard: 'refund-undone-waits-for-nothing',
    why: 'a refund that came back before it was told would wait for ever',
    file: steps,
    edits: [{ find: `    if (back === undefined) continue;`, replace: `    if (back?.back !== false) continue;` }],
    tests: sent,
  },
  {
    guard: 'refund-of-this-payment',
    why: 'what gives back a second payment, of which nothing is booked, would be taken off the first',
    file: steps,
    edits: [{ find: `.filter((refund) => isOf(refund, paid))`, replace: `` }],
    tests: sent,
  },
  {
    guard: 'refund-old-state-caught-up',
    why: 'refunds from before steps were kept would never be booked',
    file: steps,
    edits: [
      {
        find: `  refunds.flatMap((refund) => {\n`,
        replace: `  refunds.slice(-1).flatMap((refund) => {\n`,
      },
    ],
    tests: sent,
  },
  {
    guard: 'refund-books-in-order',
    why: 'a refund would be booked before the one it replaces is taken back, and the ledger puts it aside',
    file: workflow,
    edits: [{ find: ` and step.ready\n`, replace: `\n` }],
    tests: sent,
  },
  {
    guard: 'refund-of-what-was-booked',
    why: 'a refund of an order that waits for a person would be booked without its payment',
    file: workflow,
    edits: [
      {
        find: `- needs: paid.amount == payable and paid.currency == order.currency`,
        replace: `- needs: paid.currency == order.currency`,
      },
    ],
    tests: examples,
  },
  {
    guard: 'refund-settled-as-said',
    why: 'money that moved in another currency would be booked as if it were in this one',
    file: workflow,
    edits: [{ find: `settled.currency != order.currency or `, replace: `` }],
    tests: examples,
  },
  {
    guard: 'refund-full-by-the-amount',
    why: 'a refund of a part would close the order in the shop',
    file: shop,
    edits: [{ find: `if (refunded < due) return`, replace: `if (refunded <= 0n) return` }],
    tests: shopDecisions,
  },
  {
    guard: 'refund-not-more-than-due',
    why: 'an order that was changed since would pass for refunded',
    file: shop,
    edits: [{ find: `if (refunded > due)`, replace: `if (refunded < 0n)` }],
    tests: shopDecisions,
  },
  {
    guard: 'refund-leaves-closed-orders',
    why: 'a fraud would be an ordinary refund in the shop',
    file: shop,
    edits: [
      {
        find: `if (STAYING.has(state)) return { kind: 'apply', change: { kind: 'noted', note }, after: state };`,
        replace: ``,
      },
    ],
    tests: shopDecisions,
  },
  {
    guard: 'refund-back-but-made-up-for',
    why: 'an order would be paid again although another refund has paid all of it back',
    file: shop,
    edits: [{ find: `command.payload.refunded < due`, replace: `command.payload.refunded >= 0n` }],
    tests: shopDecisions,
  },
  {
    guard: 'ledger-credits-what-was-received',
    why: 'more would be paid back in the books than was ever received',
    file: ledger,
    edits: [{ find: `if (before[part] + p[part] > paid[part])`, replace: `if (p[part] < 0n)` }],
    tests: books,
  },
  {
    guard: 'ledger-reverses-what-was-issued',
    why: 'a reversal would take back another amount than was credited',
    file: ledger,
    edits: [{ find: `known.amount !== p.amount || known.tax !== p.tax`, replace: `known.amount < 0n` }],
    tests: books,
  },
  {
    guard: 'ledger-reverses-once',
    why: 'money would come back twice in the books',
    file: ledger,
    edits: [
      {
        find: `UNIQUE REFERENCES credit_memos (refund_id), balance_transaction_id TEXT NOT NULL UNIQUE`,
        replace: `REFERENCES credit_memos (refund_id), balance_transaction_id TEXT NOT NULL`,
      },
    ],
    tests: books,
  },
  {
    guard: 'verify-refund-tax',
    why: 'a cent of tax that is owed or not would go unseen',
    file: verify,
    edits: [{ find: ` && tax !== order.tax)`, replace: ` && tax < 0n)` }],
    tests: judge,
  },
  {
    guard: 'verify-refund-came-back',
    why: 'books that still credit what came back would pass',
    file: verify,
    edits: [{ find: `if (!stands(refund) && memo.reversedBy === null)`, replace: `if (memo.reversedBy === '')` }],
    tests: judge,
  },
  {
    guard: 'refunded-orders-are-judged',
    why: 'an order that was refunded would not be missed in the topics and the books',
    file: 'services/cli/shop.ts',
    edits: [{ find: `finished || (state === REFUNDED && !credit)`, replace: `finished` }],
    tests: ['test/unit/cli/shop.test.ts'],
  },
  {
    guard: 'refunded-before-us-is-history',
    why: 'a shop with a past would have a finding for each order that it has ever refunded',
    file: 'services/cli/verify/judge.ts',
    edits: [{ find: `complete && (state !== 'REFUNDED' ||`, replace: `complete && (orderId !== '' ||` }],
    tests: ['test/unit/cli/shop.test.ts'],
  },
];
