/** Guards of payouts: what proves one, what of it is booked, and who finds out when it is not. */
import type { Mutant } from './mutant.ts';

const lines = 'services/order-stream/domain/payout-lines.ts';
const journal = 'services/order-stream/domain/payout-journal.ts';
const booked = 'services/order-stream/domain/booked-by-orders.ts';
const workflow = 'workflows/payout-to-journal@1.yaml';
const executor = 'services/stripe-executor/payout-transactions.ts';
const entry = 'services/erp-ledger/domain/payout-postings.ts';
const verify = 'services/cli/verify/payouts.ts';

const routing = 'services/order-stream/stages/routing.ts';
const claims = 'services/order-stream/domain/payout-claims.ts';
const story = ['test/topology/order-stream/payout-story.test.ts'];

const proved = ['test/unit/order-stream/payouts.test.ts'];
const fetched = ['test/unit/stripe-executor/payout-transactions.test.ts'];
const books = ['test/unit/erp-ledger/payouts.test.ts'];
const judge = ['test/unit/cli/payouts.test.ts'];

export const payoutMutants: readonly Mutant[] = [
  {
    guard: 'payout-late-owner-taken-off',
    why: "what a payout booked before the order's label was heard of would be booked by both",
    file: routing,
    edits: [{ find: `if (orphaned !== undefined) claim(`, replace: `if (orphaned === null) claim(` }],
    tests: story,
  },
  {
    guard: 'payout-claim-once',
    why: 'a line that is claimed twice would be taken off the entry twice',
    file: claims,
    edits: [
      {
        find: `owner === null || state.claims.some(({ balanceTransactionId }) => balanceTransactionId === id)`,
        replace: `owner === null || id === ''`,
      },
    ],
    tests: proved,
  },
  {
    guard: 'payout-claim-of-what-is-nobodys',
    why: 'a line that its order books already would be taken off the entry, where it never was',
    file: claims,
    edits: [{ find: `if (orderId !== null || objectId === null`, replace: `if (objectId === null` }],
    tests: proved,
  },
  {
    guard: 'label-not-of-another-order',
    why: 'two orders would be paid with one payment',
    file: 'services/stripe-executor/label.ts',
    edits: [{ find: `if (other !== undefined)`, replace: `if (other === null)` }],
    tests: ['test/unit/stripe-executor/label.test.ts'],
  },
  {
    guard: 'label-before-it-is-booked',
    why: "what is another order's payment would be booked as received by this one",
    file: 'workflows/order-to-cash@1.yaml',
    edits: [{ find: `- needs: not atStripe or labelled != null`, replace: `- needs: placed != null` }],
    tests: ['test/unit/workflows/default-set.test.ts'],
  },
  {
    guard: 'reclassification-as-listed',
    why: 'the clearing account would be moved by something else than the line',
    file: entry,
    edits: [{ find: `if (clearing !== -net)`, replace: `if (clearing === net)` }],
    tests: books,
  },
  {
    guard: 'payout-page-counts-once',
    why: 'a page that is told twice would be counted twice',
    file: lines,
    edits: [{ find: `if (known?.told != null) {`, replace: `if (known?.told != null && more === null) {` }],
    tests: proved,
  },
  {
    guard: 'payout-own-line-apart',
    why: 'the payout itself would be among what it is made of, and no payout would ever add up',
    file: lines,
    edits: [{ find: `page.lines.filter((line) => !isOwn(line))`, replace: `page.lines` }],
    tests: proved,
  },
  {
    guard: 'payout-to-the-cent',
    why: 'a payout whose list comes to less would be booked',
    file: journal,
    edits: [{ find: `...(net === due ? `, replace: `...(net <= due ? ` }],
    tests: proved,
  },
  {
    guard: 'payout-one-currency',
    why: 'amounts of two currencies would be added up',
    file: journal,
    edits: [
      { find: `sums.filter((sum) => sum.currency === currency)`, replace: `sums` },
      { find: `sums.filter((sum) => sum.currency !== currency)`, replace: `sums.slice(0, 0)` },
    ],
    tests: proved,
  },
  {
    guard: 'payout-list-complete',
    why: 'a payout would be judged by a list that Stripe is still working out',
    file: journal,
    edits: [{ find: `payout.reconciled === null || last === undefined`, replace: `last === undefined` }],
    tests: proved,
  },
  {
    guard: 'payout-page-changed',
    why: 'a list that was told in two ways would prove something',
    file: journal,
    edits: [{ find: `refusal.startsWith(CHANGED_PAGE)`, replace: `refusal === CHANGED_PAGE` }],
    tests: proved,
  },
  {
    guard: 'payout-by-hand-as-taken',
    why: 'a payout by hand would be booked over an amount that did not leave the balance',
    file: journal,
    edits: [{ find: `if (own.amount !== -amount || own.currency !== currency ||`, replace: `if (` }],
    tests: proved,
  },
  {
    guard: 'payout-by-hand-at-the-bank',
    why: 'a payout by hand that the bank never took would be money at the bank',
    file: workflow,
    edits: [
      {
        find: `payout.paid != null and payout.balanceTransactionId != null`,
        replace: `payout.balanceTransactionId != null`,
      },
      { find: `cause: =payout.paid.factId`, replace: `cause: '{payout.toldBy}'` },
      { find: `at: payout.paid.at`, replace: `at: payout.at` },
    ],
    tests: proved,
  },
  {
    guard: 'payout-of-our-account',
    why: 'payouts of connected accounts would be in our books',
    file: workflow,
    edits: [{ find: `- when: payout.account != null`, replace: `- when: payout.account == "ours"` }],
    tests: [...proved, 'test/unit/workflows/default-set.test.ts'],
  },
  {
    guard: 'payout-lines-of-no-order',
    why: 'what no order books would be booked by nobody',
    file: booked,
    edits: [{ find: `(line.orderId !== null && bookedFor(line.orderId)`, replace: `(bookedFor(line.orderId ?? '')` }],
    tests: proved,
  },
  {
    guard: 'payout-lines-of-other-payouts',
    why: 'money that came back would be booked by its own payout and again by the next',
    file: booked,
    edits: [{ find: `bookedByPayouts.has(line.category) ||`, replace: `line.category === 'never' ||` }],
    tests: proved,
  },
  {
    guard: 'payout-line-order-by-payment',
    why: 'refunds and disputes would be of no order, and booked twice',
    file: executor,
    edits: [{ find: `if (intent !== null) return once(`, replace: `if (intent === '') return once(` }],
    tests: fetched,
  },
  {
    guard: 'payout-line-invoice',
    why: 'what invoices book as received would be booked again with the payout',
    file: executor,
    edits: [{ find: `?? (await invoicePaidBy(api, id))`, replace: `` }],
    tests: fetched,
  },
  {
    guard: 'payout-line-once-a-page',
    why: 'a line that is there twice would be counted twice',
    file: executor,
    edits: [{ find: `|| ids.size !== page.data.length`, replace: `` }],
    tests: fetched,
  },
  {
    guard: 'payout-entry-to-the-bank',
    why: 'an entry could bring another amount to the bank than was paid out',
    file: entry,
    edits: [{ find: `if (bank !== toBank)`, replace: `if (bank === null)` }],
    tests: books,
  },
  {
    guard: 'payout-taken-back-as-posted',
    why: 'a payout could be taken back over more than it was',
    file: 'services/erp-ledger/payouts.ts',
    edits: [{ find: `known.amount !== p.amount || `, replace: `` }],
    tests: books,
  },
  {
    guard: 'verify-payout-booked',
    why: 'a payout without an entry would not be found',
    file: verify,
    edits: [{ find: `if (isDue(payout))`, replace: `if (isDue(payout) && amount === 0n)` }],
    tests: judge,
  },
  {
    guard: 'verify-payout-clearing',
    why: 'an entry that moves clearing by something else than Stripe says would not be found',
    file: verify,
    edits: [{ find: `else if (entry.clearing !== own + open)`, replace: `else if (entry.clearing > 0n)` }],
    tests: judge,
  },
  {
    guard: 'verify-payout-charges',
    why: 'a charge that was paid out and that its order has not booked would not be named',
    file: verify,
    edits: [{ find: `if (!fees.has(balanceTransactionId))`, replace: `if (fees.has(''))` }],
    tests: judge,
  },
  {
    guard: 'verify-stripe-balance',
    why: 'books that differ from the balance that Stripe tells would not be found',
    file: verify,
    edits: [{ find: `...(net === balance\n`, replace: `...(net === net\n` }],
    tests: judge,
  },
];
