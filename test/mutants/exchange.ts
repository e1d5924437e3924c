/** Guards of converted money: what is compared in which currency, and what is booked of it. */
import type { Mutant } from './mutant.ts';

const orders = 'workflows/order-to-cash@1.yaml';
const refunds = 'workflows/refunds@1.yaml';
const postings = 'services/erp-ledger/domain/postings.ts';

const examples = ['test/unit/workflows/default-set.test.ts'];
const told = ['test/unit/order-stream/exchange.test.ts'];
const books = ['test/unit/erp-ledger/conversions.test.ts'];
const disputed = ['test/unit/erp-ledger/disputes.test.ts'];
const judge = ['test/unit/cli/conversions.test.ts'];

export const exchangeMutants: readonly Mutant[] = [
  {
    guard: 'conversion-of-what-was-paid',
    why: 'money of which Stripe says another amount than was paid would be converted all the same',
    file: orders,
    edits: [{ find: ` or (paid != null and fee.presented != paid.amount + paid.released)`, replace: `` }],
    tests: examples,
  },
  {
    guard: 'refund-compared-as-presented',
    why: 'a refund from a balance in another currency would wait for a person for ever',
    file: refunds,
    edits: [
      {
        find: `default(settled.presentedCurrency, settled.currency) != step.currency or default(settled.presented, settled.gross) !=`,
        replace: `settled.currency != step.currency or settled.gross !=`,
      },
    ],
    tests: [...examples, ...told],
  },
  {
    guard: 'memo-without-the-fee-of-another-currency',
    why: 'a fee in dollars would be taken off yen',
    file: refunds,
    edits: [
      {
        find: `                      fee: =if(converted, 0, settled.fee)\n                      currency: =step.currency\n                      reason: =step.reason\n                      issuedAt`,
        replace: `                      fee: =settled.fee\n                      currency: =step.currency\n                      reason: =step.reason\n                      issuedAt`,
      },
    ],
    tests: examples,
  },
  {
    guard: 'undone-refund-converted',
    why: 'what the rates made of a refund that came back before it was told would be in no book',
    file: refunds,
    edits: [
      {
        find: `(step.undone or (step.tax != null and step.ready))`,
        replace: `(step.tax != null and step.ready)`,
      },
    ],
    tests: ['test/topology/order-stream/exchange-story.test.ts'],
  },
  {
    guard: 'entry-balances-by-currency',
    why: 'an entry of ten dollars against ten yen would be posted',
    file: 'services/erp-ledger/tables.ts',
    edits: [{ find: `GROUP BY coalesce(currency, NEW.currency) HAVING`, replace: `GROUP BY command_id HAVING` }],
    tests: ['test/unit/erp-ledger/ledger.test.ts'],
  },
  {
    guard: 'conversion-in-one-direction',
    why: 'money would be given and got at the same time',
    file: postings,
    edits: [{ find: `fromAmount === 0n || fromAmount * toAmount < 0n`, replace: `fromAmount === 0n` }],
    tests: books,
  },
  {
    guard: 'conversion-fee-apart',
    why: 'what exchange costs would stand with what charging costs',
    file: postings,
    edits: [
      {
        find: `...debit(accounts.processingFees, fee - conversionFee),`,
        replace: `...debit(accounts.processingFees, fee),`,
      },
    ],
    tests: books,
  },
  {
    guard: 'dispute-difference-on-the-position',
    why: 'a dispute that is won would leave a loss that is none',
    file: postings,
    edits: [
      { find: `outcome === 'won' && settled !== currency ?`, replace: `outcome === 'wound' && settled !== currency ?` },
    ],
    tests: disputed,
  },
  {
    guard: 'dispute-converted-with-a-rate',
    why: 'money of any currency would be booked as what a dispute took',
    file: postings,
    edits: [{ find: `currency !== dispute.currency && rate === null`, replace: `currency === '' && rate === null` }],
    tests: disputed,
  },
  {
    guard: 'rate-in-plain-decimals',
    why: 'small rates would be told with an exponent, which no ERP reads',
    file: 'services/order-stream/domain/exchange-rate.ts',
    edits: [
      { find: `if (exponent === undefined) return mantissa;`, replace: `if (exponent !== '') return String(value);` },
    ],
    tests: ['test/unit/order-stream/exchange-rate.test.ts'],
  },
  {
    guard: 'verify-conversions',
    why: 'nobody would notice a conversion that is not in the books',
    file: 'services/cli/verify/conversions.ts',
    edits: [{ find: `if (own.length === 0) say`, replace: `if (own.length < 0) say` }],
    tests: judge,
  },
  {
    guard: 'credit-in-the-currency-of-its-order',
    why: 'of 1500 yen that the shop credits 150000 would be paid back',
    file: 'services/order-stream/domain/shop-refunds.ts',
    edits: [
      {
        find: `const amount = readAs(credit.amount, credit.currency, order);`,
        replace: `const amount = order === '' ? undefined : credit.amount;`,
      },
    ],
    tests: ['test/unit/order-stream/shop-refunds.test.ts'],
  },
];
