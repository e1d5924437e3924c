/** Guards of what is told and proved afterwards: the ledger's answers and certificates. */
import type { Mutant } from './mutant.ts';

const ledgerAnswers = ['test/unit/erp-ledger/answers.test.ts'];
const certificates = ['test/topology/certify/certify.test.ts'];
const shopTables = ['test/unit/adnsf-executor/shop.test.ts'];

const answers = 'services/erp-ledger/answers.ts';
const arrival = 'services/cli/certify/arrival.ts';

export const proofMutants: readonly Mutant[] = [
  {
    guard: 'ledger-answers-go-on-behind-the-last',
    why: 'what was told before a crash would be told again',
    file: answers,
    edits: [
      {
        find: `telling.get(partition)!.told = await toldUpTo(admin, reader, partition);`,
        replace: `await toldUpTo(admin, reader, partition);`,
      },
    ],
    tests: ledgerAnswers,
  },
  {
    guard: 'ledger-answers-are-fenced-first',
    why: 'whoever told before could tell more after the last result was read',
    file: answers,
    edits: [
      {
        find: 'cluster.transactionalProducer(`erp-ledger-results-${partition}`)',
        replace: 'cluster.transactionalProducer(`erp-ledger-results-${partition}-${process.hrtime.bigint()}`)',
      },
    ],
    tests: ledgerAnswers,
  },
  {
    guard: 'row-version-after-the-write',
    why: 'the version would be the one before the shop’s trigger, or none of this command’s',
    file: 'services/adnsf-executor/sql/shop.ts',
    edits: [
      {
        find: `'SELECT UpdatedOn FROM dbo.Orders WHERE OrderNumber = @order'`,
        replace: `'SELECT OrderDate AS UpdatedOn FROM dbo.Orders WHERE OrderNumber = @order'`,
      },
    ],
    tests: shopTables,
  },
  {
    guard: 'certificate-compares-times',
    why: 'a command could pass as the effect of another record than the one that brought it about',
    file: arrival,
    edits: [
      {
        find: `command?.timestamp !== next.record.timestamp || value === null || !command.value.equals(value)`,
        replace: `value === null || command?.value.equals(value) !== true`,
      },
    ],
    tests: certificates,
  },
  {
    guard: 'certificate-demands-what-was-read',
    why: 'a fact that was read and led to nothing would pass as work under way',
    file: 'services/cli/certify/decisions.ts',
    edits: [{ find: `else if (required)`, replace: `else if (required && topic === '')` }],
    tests: certificates,
  },
  {
    guard: 'certificate-excuses-what-was-not-read',
    why: 'work under way would be called a loss',
    file: 'services/cli/certify/positions.ts',
    edits: [
      {
        find: "offset < (committed.get(`${group ?? ''} ${id(source)}`) ?? -1n)",
        replace: `offset >= 0n || group === source.topic`,
      },
    ],
    tests: certificates,
  },
  {
    guard: 'certificate-keeps-commands-in-order',
    why: 'commands in another order than any arrival explains would pass',
    file: 'services/cli/certify/decisions.ts',
    edits: [
      {
        find: `const explanation = explain(ways.orders, arriving, told);`,
        replace: `const explanation = 'explained' as ReturnType<typeof explain>;`,
      },
    ],
    tests: certificates,
  },
  {
    guard: 'certificate-keeps-answers-in-order',
    why: 'an executor that overtook itself would pass',
    file: 'services/cli/certify/answers.ts',
    edits: [{ find: `if (group !== null) judgeSequence(answered, notes);`, replace: `` }],
    tests: certificates,
  },
  {
    guard: 'certificate-remakes-facts',
    why: 'a fact that Stripe never told would pass',
    file: 'services/cli/certify/derived.ts',
    edits: [{ find: `judgeSeen('fact', checked, matched, notes);`, replace: `` }],
    tests: certificates,
  },
];
