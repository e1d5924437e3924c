/** Guards of people: who speaks for whom, what counts, and what is left of who is to be forgotten. */
import type { Mutant } from './mutant.ts';

const fields = 'services/order-stream/domain/customers/fields.ts';
const second = 'services/order-stream/domain/customers/second.ts';
const agree = 'services/order-stream/domain/customers/agree.ts';
const person = 'services/order-stream/domain/customers/person.ts';
const stripe = 'services/stripe-executor/customers.ts';
const commands = 'services/stripe-executor/commands.ts';
const shop = 'services/adnsf-executor/domain/customers.ts';
const ledger = 'services/erp-ledger/customers.ts';

const told = ['test/unit/customers/person.test.ts'];
const atStripe = ['test/unit/stripe-executor/commands.test.ts'];
const inShop = ['test/unit/adnsf-executor/customers.test.ts'];
const books = ['test/unit/erp-ledger/customers.test.ts'];

export const customerMutants: readonly Mutant[] = [
  {
    guard: 'person-echo-of-the-shop',
    why: 'what the shop was told to write would overrule what was said at Stripe since',
    file: fields,
    edits: [{ find: `if (ours >= 0)`, replace: `if (ours < -1)` }],
    tests: told,
  },
  {
    guard: 'person-one-second-at-stripe',
    why: 'of two changes in one second the earlier one might count',
    file: second,
    edits: [
      {
        find: `if (follows !== precedes) return follows;`,
        replace: `if (left.factId === right.factId) return follows;`,
      },
    ],
    tests: told,
  },
  {
    guard: 'person-circle-within-a-second',
    why: 'when ours came last of three changes, theirs would be thought to be what Stripe has, and not be said again',
    file: second,
    edits: [{ find: `begin !== undefined && surplus.has(begin) ? begin : undefined`, replace: `undefined` }],
    tests: ['test/unit/customers/second.test.ts'],
  },
  {
    guard: 'person-twin-within-a-second',
    why: 'a change that is told twice would count as two, and where they lead would not be known',
    file: second,
    edits: [{ find: `if (twin === undefined) return`, replace: `if (twin?.factId !== told.factId) return` }],
    tests: ['test/unit/customers/second.test.ts'],
  },
  {
    guard: 'person-account-speaks',
    why: 'whoever types somebody’s address at the checkout would rename their account',
    file: agree,
    edits: [{ find: `rows.find(({ registered }) => registered) ?? rows.at(-1)`, replace: `rows.at(-1)` }],
    tests: told,
  },
  {
    guard: 'person-guest-takes-nobody-along',
    why: 'the next shopper at a shared machine would get the customer of the one before',
    file: person,
    edits: [{ find: `fact.kind === 'row.left' && fact.registered`, replace: `fact.kind === 'row.left'` }],
    tests: told,
  },
  {
    guard: 'person-guest-ends-nobody',
    why: 'the shop’s sweeping of guests would delete paying customers at Stripe',
    file: person,
    edits: [{ find: `fact.kind === 'row.erased' && fact.registered`, replace: `fact.kind === 'row.erased'` }],
    tests: told,
  },
  {
    guard: 'person-late-facts-of-the-forgotten',
    why: 'an event that is heard late would bring back what was to be forgotten',
    file: person,
    edits: [
      {
        find: `fact.person === state.person && !isForgotten(state, createdAt)`,
        replace: `fact.person === state.person`,
      },
    ],
    tests: told,
  },
  {
    guard: 'stripe-younger-profile-stays',
    why: 'a command that comes again after days would take back what was said since',
    file: stripe,
    edits: [{ find: `> timeOf(version)`, replace: `> timeOf(version) + 1_000_000_000_000n` }],
    tests: atStripe,
  },
  {
    guard: 'stripe-played-back-customer-is-theirs',
    why: 'a new person would pay as the one who had their address before',
    file: commands,
    edits: [{ find: `present.deleted !== true && isTheirs(present)`, replace: `present.id === id` }],
    tests: atStripe,
  },
  {
    guard: 'shop-row-of-somebody-else',
    why: 'an account that changed hands would be given the data of whoever had it before',
    file: shop,
    edits: [{ find: `!row.active || customerKeyOf(row.email) !== payload.customerKey`, replace: `!row.active` }],
    tests: inShop,
  },
  {
    guard: 'shop-address-of-another-account',
    why: 'two accounts would have one e-mail address, and nobody could sign in to one of them',
    file: shop,
    edits: [{ find: `account !== undefined && account !== row.customerId`, replace: `account === row.customerId` }],
    tests: inShop,
  },
  {
    guard: 'shop-change-that-is-not-heard-yet',
    why: 'what somebody has just changed in the shop would be overwritten by something older',
    file: shop,
    edits: [{ find: `each.field === field && each.value === value`, replace: `each.field === field` }],
    tests: inShop,
  },
  {
    guard: 'ledger-forgets-what-comes-late',
    why: 'a command from another partition would bring the forgotten back',
    file: ledger,
    edits: [
      {
        find: `at !== undefined && occurredAt <= at ? person : customerKey`,
        replace: `at === -1n ? person : customerKey`,
      },
    ],
    tests: books,
  },
  {
    guard: 'older-account-heard-late-is-told',
    why: 'Stripe would keep the name of the younger account for ever, since what it has looks younger',
    file: 'services/order-stream/domain/customers/agree.ts',
    edits: [{ find: 'stripeVersion: `${latest}-', replace: 'stripeVersion: `${at}-' }],
    tests: ['test/unit/customers/late.test.ts'],
  },
  {
    guard: 'person-came-back-without-the-past',
    why: 'a replay would hear old facts of a customer that was somebody else’s meanwhile, and decide by them',
    file: 'services/order-stream/domain/customers/person.ts',
    edits: [
      {
        find: `leftAt === null || at > leftAt`,
        replace: `leftAt !== -1n`,
      },
    ],
    tests: ['test/unit/customers/again.test.ts'],
  },
  {
    guard: 'person-heard-in-one-order',
    why: 'a replay would hear shop and Stripe in another order, and send other commands on the way',
    file: 'services/order-stream/workflows/aggregates.ts',
    edits: [
      { find: `oneOf('peopleFacts', 'ShopCustomerFact'`, replace: `oneOf('shopCustomers', 'ShopCustomerFact'` },
      { find: `oneOf('peopleFacts', 'CustomerFact'`, replace: `oneOf('customerFacts', 'CustomerFact'` },
    ],
    tests: ['test/topology/replay/interleavings.test.ts'],
  },
  {
    guard: 'changed-comes-after-mentioned',
    why: 'which of two events of one second counts would be up to their ids',
    file: second,
    edits: [
      { find: 'if (left.changed !== right.changed) return left.changed;', replace: '' },
      { find: 'if (within.length > 0) return', replace: 'if (within.length > 0 && told.changed) return' },
    ],
    tests: ['test/unit/customers/second.test.ts'],
  },
];
