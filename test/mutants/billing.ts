/** Guards of subscriptions and invoices: what is told of them, by whom they are paid, and when they are earned. */
import type { Mutant } from './mutant.ts';

const schedule = 'services/order-stream/domain/revenue-schedule.ts';
const invoice = 'services/order-stream/domain/invoice.ts';
const subscription = 'services/order-stream/domain/subscription.ts';
const routing = 'services/order-stream/stages/routing.ts';
const interpret = 'services/order-stream/sources/stripe/interpret.ts';
const workflow = 'workflows/invoice-billing@1.yaml';
const ledger = 'services/erp-ledger/invoices.ts';
const revenue = 'services/erp-ledger/domain/revenue.ts';
const verify = 'services/cli/verify/invoices.ts';

const schedules = ['test/unit/order-stream/revenue-schedule.test.ts'];
const told = ['test/unit/order-stream/invoice.test.ts'];
const subscribed = ['test/unit/order-stream/subscription.test.ts'];
const events = ['test/unit/order-stream/stripe.test.ts'];
const examples = ['test/unit/workflows/default-set.test.ts'];
const books = ['test/unit/erp-ledger/invoices.test.ts'];
const judge = ['test/unit/cli/invoices.test.ts'];
const stories = ['test/topology/order-stream/billing-routing.test.ts'];

export const billingMutants: readonly Mutant[] = [
  {
    guard: 'schedule-to-the-last-unit',
    why: 'what is deferred would never be earned to the last unit',
    file: schedule,
    edits: [
      { find: `const due = (size * ((dueAt - begin) / DAY)) / days;`, replace: `const due = earned + size / days;` },
    ],
    tests: schedules,
  },
  {
    guard: 'schedule-credits-as-charges',
    why: 'a credit would be rounded the other way than the charge it takes back',
    file: schedule,
    edits: [{ find: `const size = amount < 0n ? -amount : amount;`, replace: `const size = amount;` }],
    tests: schedules,
  },
  {
    guard: 'invoice-drafts-are-nothing',
    why: 'an invoice would be posted as it was before it was finalised',
    file: invoice,
    edits: [{ find: `if (fact.statusRank < OPEN || `, replace: `if (fact.statusRank < 0 || ` }],
    tests: told,
  },
  {
    guard: 'invoice-net-of-discounts',
    why: 'revenue would be more than was invoiced',
    file: invoice,
    edits: [{ find: `(amount ?? 0n) - discount - taxIncluded`, replace: `(amount ?? 0n) - taxIncluded` }],
    tests: told,
  },
  {
    guard: 'invoice-earliest-telling',
    why: 'which telling counts would be arrival’s',
    file: invoice,
    edits: [
      { find: `known === null || before(told, known) ? told : known;`, replace: `known === null ? told : known;` },
    ],
    tests: told,
  },
  {
    guard: 'invoice-lines-exact',
    why: 'an invoice of which a line is not understood would be booked wrong',
    file: workflow,
    edits: [{ find: `billed.unexplained != 0`, replace: `billed.unexplained > 1000000` }],
    tests: examples,
  },
  {
    guard: 'invoice-refund-of-what-arrived',
    why: 'books refuse to pay back what they have not received',
    file: workflow,
    edits: [{ find: `not step.undone and received >= step.refunded`, replace: `not step.undone` }],
    tests: told,
  },
  {
    guard: 'subscription-twins-are-one',
    why: 'one state would be told as often as Stripe tells it',
    file: subscription,
    edits: [{ find: `  if (state.tellings.some(({ id }) => id === told.id)) return { state };\n`, replace: `` }],
    tests: subscribed,
  },
  {
    guard: 'subscription-forgets',
    why: 'a state that grows for years would end as a record nobody takes',
    file: subscription,
    edits: [{ find: `all.slice(-KEPT_TELLINGS)`, replace: `all.slice(0)` }],
    tests: subscribed,
  },
  {
    guard: 'subscription-end-stays',
    why: 'what ended would be active again by a late telling',
    file: subscription,
    edits: [{ find: `  if (left.rank !== right.rank) return left.rank - right.rank;\n`, replace: `` }],
    tests: subscribed,
  },
  {
    guard: 'payment-names-its-invoice',
    why: 'payments of invoices of old versions would wait for ever',
    file: interpret,
    edits: [{ find: `orderIdOf(object) ?? invoiceOf(object)`, replace: `orderIdOf(object)` }],
    tests: events,
  },
  {
    guard: 'charges-of-an-invoice-are-linked',
    why: 'a refund that names its charge alone would wait for ever',
    file: routing,
    edits: [{ find: `    publishOf(waiting, orderId, context);\n`, replace: `` }],
    tests: stories,
  },
  {
    guard: 'what-failed-to-pay-is-linked',
    why: 'what is told of a payment that failed would wait for ever',
    file: 'services/stripe-executor/stage.ts',
    edits: [{ find: `(outcome.links ?? [])`, replace: `(outcome.links ?? []).slice(9)` }],
    tests: ['test/topology/order-stream/billing-story.test.ts'],
  },
  {
    guard: 'order-before-invoice',
    why: 'what an order is paid with would be taken from it',
    file: routing,
    edits: [{ find: `isInvoice(orderId) && !isInvoice(known)`, replace: `isInvoice(orderId) && known === ''` }],
    tests: stories,
  },
  {
    guard: 'ledger-schedule-is-the-invoice',
    why: 'more or less would be earned than was invoiced',
    file: ledger,
    edits: [{ find: `all !== p.amount || all !== total - tax`, replace: `all < 0n && total < tax` }],
    tests: books,
  },
  {
    guard: 'ledger-void-takes-back-the-schedule',
    why: 'what is void would still be earned',
    file: ledger,
    edits: [
      {
        find: `const parts = undone(left.all(orderId), p.voidedAt);`,
        replace: `const parts = undone([], p.voidedAt);`,
      },
    ],
    tests: books,
  },
  {
    guard: 'ledger-credit-off-the-schedule',
    why: 'what was paid back would still be earned',
    file: ledger,
    edits: [
      {
        find: `const parts = credited(left.all(orderId), net, at);`,
        replace: `const parts = credited([], net, at);`,
      },
    ],
    tests: books,
  },
  {
    guard: 'ledger-closed-months-stay',
    why: 'months that were reported would change afterwards',
    file: revenue,
    edits: [{ find: `(due > at ? due : at)`, replace: `(at < 0n ? at : due)` }],
    tests: books,
  },
  {
    guard: 'ledger-latest-telling',
    why: 'the ERP would keep what it heard last, and not what is so',
    file: ledger,
    edits: [
      {
        find: `    WHERE (excluded.rank, excluded.told_at, excluded.telling) > (rank, told_at, telling)`,
        replace: `    WHERE excluded.rank > 0`,
      },
    ],
    tests: books,
  },
  {
    guard: 'verify-schedule',
    why: 'a schedule that is a cent off would go unseen',
    file: verify,
    edits: [{ find: `if (own.revenue !== expected)`, replace: `if (own.revenue < 0n)` }],
    tests: judge,
  },
  {
    guard: 'verify-invoice-paid',
    why: 'money of an invoice that nobody booked would go unseen',
    file: verify,
    edits: [{ find: `if (own.length === 0) say('lost', \`paid`, replace: `if (own.length < 0) say('lost', \`paid` }],
    tests: judge,
  },
];
