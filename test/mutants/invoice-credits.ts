/** Guards of what invoices are less by: credit notes, the customer's credit, payments elsewhere, disputes; and of repeats. */
import type { Mutant } from './mutant.ts';

const notes = 'services/order-stream/domain/credit-notes.ts';
const invoice = 'services/order-stream/domain/invoice.ts';
const steps = 'services/order-stream/domain/refund-steps.ts';
const workflow = 'workflows/invoice-billing@1.yaml';
const ledger = 'services/erp-ledger/invoices.ts';
const postings = 'services/erp-ledger/domain/postings.ts';
const verify = 'services/cli/verify/invoice-credits.ts';

const told = ['test/unit/order-stream/credit-notes.test.ts'];
const books = ['test/unit/erp-ledger/invoice-credits.test.ts'];
const judge = ['test/unit/cli/invoices.test.ts'];
const repeats = ['test/unit/order-stream/recurring-orders.test.ts'];

export const invoiceCreditMutants: readonly Mutant[] = [
  {
    guard: 'note-and-refund-are-one',
    why: 'what a credit note pays back would be taken off revenue twice',
    file: notes,
    edits: [{ find: `refundIds.includes(refundId))?.id ?? null`, replace: `refundIds.includes(''))?.id ?? null` }],
    tests: told,
  },
  {
    guard: 'note-claims-first-answer',
    why: 'a refund that was booked as one of its own would be a credit note’s afterwards',
    file: notes,
    edits: [
      {
        find: `  if (claim.creditNoteId !== note.id) return`,
        replace: `  if (claim.creditNoteId === 'never') return`,
      },
    ],
    tests: told,
  },
  {
    guard: 'note-comes-to-its-parts',
    why: 'a part of a credit note of which nobody knows where it went would be booked as the customer’s',
    file: notes,
    edits: [{ find: `if (toBalance > 0n && note.balanceTransactionId === null)`, replace: `if (toBalance < -9n)` }],
    tests: told,
  },
  {
    guard: 'note-lines-exact',
    why: 'a credit note of which a line is not understood would be booked wrong',
    file: notes,
    edits: [
      { find: `note.linesComplete && unexplained !== 0n`, replace: `note.linesComplete && unexplained > 99999n` },
    ],
    tests: told,
  },
  {
    guard: 'note-of-the-whole-refund',
    why: 'of a refund that belongs to a credit note in part only, all would be booked as its',
    file: notes,
    edits: [{ find: `amount !== null && amount !== refund.amount`, replace: `amount === -1n` }],
    tests: told,
  },
  {
    guard: 'note-tax-apart',
    why: 'refunds would give back tax that a credit note gave back, or too little',
    file: steps,
    edits: [
      {
        find: `taxShare(without(order, claimOf(refundId)), shared, amount, taxed)`,
        replace: `taxShare(order, shared, amount, taxed)`,
      },
    ],
    tests: told,
  },
  {
    guard: 'void-after-its-notes',
    why: 'what a credit note took off an invoice would be taken back again when it is void',
    file: workflow,
    edits: [
      { find: `voided != null and creditedOff == voidedWithout`, replace: `voided != null and creditedOff >= 0` },
    ],
    tests: told,
  },
  {
    guard: 'credit-not-guessed',
    why: 'what an invoice took of its customer’s credit would be booked although it does not come to what it asks for',
    file: workflow,
    edits: [{ find: `used.unexplained != 0`, replace: `used.unexplained > 999999` }],
    tests: told,
  },
  {
    guard: 'outside-told-once',
    why: 'what was paid elsewhere would be booked twice where its invoice tells it too',
    file: invoice,
    edits: [
      {
        find: `if (outside.some((each) => isWhole(each) !== isWhole(told))) return outside;`,
        replace: `if (outside.length > 99) return outside;`,
      },
    ],
    tests: told,
  },
  {
    guard: 'outside-known-kinds',
    why: 'a payment of a kind that nobody knows would be booked as money that was received',
    file: workflow,
    edits: [{ find: `or not (payment.type in ["payment_record", "out_of_band", "invoice"])`, replace: `` }],
    tests: told,
  },
  {
    guard: 'invoice-dispute-of-what-arrived',
    why: 'books would lose money that they never received',
    file: workflow,
    edits: [
      {
        find: `        when: payment.paid != null and payment.settlement != null\n`,
        replace: ``,
      },
    ],
    tests: told,
  },
  {
    guard: 'invoice-disputes-booked-once',
    why: 'what a dispute of an invoice took would be booked by its payout again',
    file: 'services/order-stream/domain/booked-by-orders.ts',
    edits: [{ find: `  'dispute_reversal',\n]);\n\n/** Money`, replace: `]);\n\n/** Money` }],
    tests: ['test/unit/order-stream/invoice.test.ts'],
  },
  {
    guard: 'ledger-note-off-the-schedule',
    why: 'what a credit note took back would still be earned',
    file: ledger,
    edits: [
      {
        find: `return takenOff(commandId, orderId, p.amount - p.tax, p.issuedAt, credits.issued(command));`,
        replace: `return credits.issued(command);`,
      },
    ],
    tests: books,
  },
  {
    guard: 'ledger-refund-of-a-note',
    why: 'a refund of a credit note would be less revenue once more',
    file: postings,
    edits: [
      { find: `creditNoteId === null ? accounts.refunds : accounts.refundsPayable`, replace: `accounts.refunds` },
    ],
    tests: books,
  },
  {
    guard: 'ledger-void-of-the-rest',
    why: 'an invoice that is void would take back what credit notes took back before',
    file: ledger,
    edits: [
      {
        find: `voidEntry(p, taken, used)`,
        replace: `voidEntry(p, { amount: 0n, tax: 0n }, used)`,
      },
    ],
    tests: books,
  },
  {
    guard: 'ledger-note-parts',
    why: 'a credit note that contradicts itself would be booked',
    file: postings,
    edits: [{ find: `if (all !== amount) throw`, replace: `if (all < 0n) throw` }],
    tests: books,
  },
  {
    guard: 'verify-credit-notes',
    why: 'a credit note that nobody booked would go unseen',
    file: verify,
    edits: [
      {
        find: `if (mine === undefined) return say('lost'`,
        replace: `if (mine === undefined) return []; else if (note.amount < 0n) return say('lost'`,
      },
    ],
    tests: judge,
  },
  {
    guard: 'verify-owed',
    why: 'a cent that a customer is said to owe, and does not, would go unseen',
    file: verify,
    edits: [{ find: `...(own.owed === asked(invoice)`, replace: `...(own.owed >= 0n` }],
    tests: judge,
  },
  {
    guard: 'subscription-bills-once',
    why: 'a repeated order that a subscription bills would be billed again',
    file: 'workflows/order-to-cash@1.yaml',
    edits: [{ find: `when: order.subscriptionId != null`, replace: `when: order.subscriptionId == "sub_0"` }],
    tests: repeats,
  },
  {
    guard: 'repeat-keeps-its-parent',
    why: 'a repeat whose parent is written last would have none',
    file: 'services/order-stream/domain/order.ts',
    edits: [
      {
        find: `state: withParent(folded.state, order)`,
        replace: `state: before.placed === null ? withParent(folded.state, order) : folded.state`,
      },
    ],
    tests: repeats,
  },
];
