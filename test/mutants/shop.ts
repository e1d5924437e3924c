/** Guards of what happens to an order: assembly, the decider, and the edges where effects are made. */
import type { Mutant } from './mutant.ts';

const orderStream = ['test/topology/order-stream/order-stream.test.ts'];
const orderToCash = ['test/unit/order-stream/order-to-cash.test.ts'];
const refundsAndDisputes = ['test/unit/order-stream/refunds-and-disputes.test.ts'];
const stripeEvents = ['test/unit/order-stream/stripe.test.ts'];
const stripeStory = ['test/topology/order-stream/stripe-story.test.ts'];
const workflowVersions = ['test/unit/workflows/versions.test.ts'];
const workflowReload = ['test/unit/workflows/reload.test.ts'];
const workflowDocuments = ['test/unit/workflows/document.test.ts'];
const webhookServer = ['test/unit/webhooks/server.test.ts'];
const webhookSignature = ['test/unit/webhooks/signature.test.ts'];
const stripeCommands = ['test/unit/stripe-executor/commands.test.ts'];
const shopDecisions = ['test/unit/adnsf-executor/decide.test.ts'];
const shopTables = ['test/unit/adnsf-executor/shop.test.ts'];
const ledgerBooks = ['test/unit/erp-ledger/ledger.test.ts'];

const signature = 'services/webhooks/signature.ts';
const accept = 'services/webhooks/accept.ts';
const commands = 'services/stripe-executor/commands.ts';
const decide = 'services/adnsf-executor/domain/decide.ts';
const execute = 'services/adnsf-executor/execute.ts';
const ledger = 'services/erp-ledger/ledger.ts';
const order = 'services/order-stream/domain/order.ts';
const decideFact = 'services/order-stream/workflows/decide.ts';

export const shopMutants: readonly Mutant[] = [
  {
    guard: 'decisive-columns-are-captured',
    why: 'without the column that says an order is complete, no order would ever be, and nobody would know',
    file: 'schemas/serde.ts',
    edits: [{ find: `if (missing.length > 0)`, replace: `if (missing.length > 99)` }],
    tests: ['test/topology/order-stream/untidy.test.ts'],
  },
  {
    guard: 'order-changed-told',
    why: 'the ERP would have other lines than the shop, and nobody would be told',
    file: 'services/order-stream/domain/order.ts',
    edits: [{ find: `if (change === undefined) return`, replace: `if (change !== '') return` }],
    tests: ['test/topology/order-stream/untidy.test.ts'],
  },
  {
    guard: 'order-changed-told-once',
    why: 'each later image of the order would be another letter',
    file: 'services/order-stream/domain/order.ts',
    edits: [{ find: `const known = state.refusals.includes(key);`, replace: `const known = key === '';` }],
    tests: ['test/topology/order-stream/untidy.test.ts'],
  },
  {
    guard: 'unrecognised-stays-as-typed',
    why: 'a postcode of another country would be changed into what nobody typed, and nobody would look',
    file: 'services/order-stream/domain/address.ts',
    edits: [{ find: `return postcodeValidator(formed, country) ? formed : undefined;`, replace: `return formed;` }],
    tests: ['test/unit/order-stream/address.test.ts'],
  },
  {
    guard: 'states-of-a-known-country',
    why: 'CA is California in one country and nothing in most',
    file: 'services/order-stream/domain/address.ts',
    edits: [{ find: `['US', 'CA'].map((country) => {`, replace: `['US', 'CA', 'GB'].map((country) => {` }],
    tests: ['test/unit/order-stream/address.test.ts'],
  },
  {
    guard: 'order-complete-when-stock-was-taken',
    why: 'checkout is many statements: the first images lack lines and totals',
    file: 'services/order-stream/domain/assemble.ts',
    edits: [{ find: ` && row.InventoryWasReduced === 1;`, replace: `;` }],
    tests: ['test/unit/order-stream/assemble.test.ts'],
  },
  {
    guard: 'same-meaning-ignored',
    why: 'every write of the shop is doubled by triggers, and our own writes come back',
    file: 'services/order-stream/stages/assembly.ts',
    edits: [{ find: `sameMeaning(known.sent, outcome.order)`, replace: `known.sent === outcome.order` }],
    tests: orderStream,
  },
  {
    guard: 'inexact-amounts-refused',
    why: 'a fraction of a cent would be cut off',
    file: 'services/order-stream/domain/money.ts',
    edits: [{ find: `if (amount.unscaled % tenTo(surplus) !== 0n)`, replace: `if (what === '')` }],
    tests: ['test/unit/order-stream/money.test.ts'],
  },
  {
    guard: 'units-turned-at-the-edge',
    why: 'a hundredth of an order in ISK or UGX would be charged, and a hundred times one in MGA',
    file: 'services/stripe-executor/commands.ts',
    edits: [
      {
        find: `amount = Number(chargeable(payload.amount, payload.currency));`,
        replace: `amount = Number(chargeable(payload.amount, payload.currency) && payload.amount);`,
      },
    ],
    tests: stripeCommands,
  },
  {
    guard: 'third-decimal-is-zero',
    why: 'Stripe would take a dinar amount that its partners cannot settle',
    file: 'services/order-stream/domain/stripe-money.ts',
    edits: [{ find: `if (threeDecimal.has(code) && stripe % 10n !== 0n)`, replace: `if (code === '')` }],
    tests: ['test/unit/order-stream/stripe-money.test.ts'],
  },
  {
    guard: 'chargeable-before-it-is-asked-for',
    why: 'an order that Stripe cannot take would be known too late: after its customer was made',
    file: 'services/order-stream/domain/assemble.ts',
    edits: [{ find: `if (collected && total > giftCard)`, replace: `if (collected && total < giftCard)` }],
    tests: ['test/unit/order-stream/assemble.test.ts'],
  },
  {
    guard: 'commands-issued-once',
    why: 'each fact about an order would send all of its commands again',
    file: decideFact,
    edits: [{ find: `sent = new Set(issued)`, replace: `sent = new Set<string>()` }],
    tests: orderStream,
  },
  {
    guard: 'version-kept',
    why: 'an order would go on by other rules than those it began with, and history would give other commands',
    file: decideFact,
    edits: [{ find: `if (pin !== undefined) return`, replace: `if (pin === '') return` }],
    tests: workflowVersions,
  },
  {
    guard: 'version-kept-is-there',
    why: 'an order under way would be decided by no workflow, or by another',
    file: decideFact,
    edits: [{ find: `    if (set.get(id) === undefined) {`, replace: `    if (id === '') {` }],
    tests: workflowVersions,
  },
  {
    guard: 'version-by-event-time',
    why: 'a replay would take the version of today',
    file: decideFact,
    edits: [{ find: `if (at !== null && at >= from) return workflow;`, replace: `if (at !== null) return workflow;` }],
    tests: workflowVersions,
  },
  {
    guard: 'version-first-for-older-state',
    why: 'orders from before versions were kept would change theirs',
    file: decideFact,
    edits: [{ find: `if (before.workflows === null && first`, replace: `if (before.issued === null && first` }],
    tests: workflowVersions,
  },
  {
    guard: 'hold-told-once',
    why: 'each fact about a held order would be another dead letter',
    file: decideFact,
    edits: [{ find: `!refusals.includes(key) &&`, replace: `key !== '' &&` }],
    tests: workflowVersions,
  },
  {
    guard: 'version-in-use-unchanged',
    why: 'orders under way would be sent something else under the same version',
    file: 'services/order-stream/workflows/reload.ts',
    edits: [{ find: `if (workflow.hash !== hash)`, replace: `if (workflow.hash === '')` }],
    tests: workflowReload,
  },
  {
    guard: 'version-in-use-present',
    why: 'orders under way would have no workflow',
    file: 'services/order-stream/workflows/reload.ts',
    edits: [
      {
        find: `if (workflow === undefined) throw`,
        replace: `if (workflow === undefined) continue; else if (id === '') throw`,
      },
    ],
    tests: workflowReload,
  },
  {
    guard: 'reload-waits-for-whole-files',
    why: 'a document that is half written may be valid, and would become a version',
    file: 'services/order-stream/workflows/reload.ts',
    edits: [{ find: `if (!settled || print === taken)`, replace: `if (print === taken)` }],
    tests: workflowReload,
  },
  {
    guard: 'sealed-version-unchanged',
    why: 'an edit of a released version would go unseen',
    file: 'services/order-stream/workflows/directory.ts',
    edits: [{ find: `if (workflow.hash === hash) return [];`, replace: `if (hash !== '') return [];` }],
    tests: ['test/unit/workflows/default-set.test.ts'],
  },
  {
    guard: 'payload-fields-complete',
    why: 'a command without a field its schema demands would be found out by the first order',
    file: 'services/order-stream/workflows/document/values.ts',
    edits: [{ find: `if (field.fallback === undefined)`, replace: `if (field.fallback === undefined && name === '')` }],
    tests: workflowDocuments,
  },
  {
    guard: 'null-refused-where-a-value-must-be',
    why: 'a missing amount would be found out by the first order that lacks it',
    file: 'services/order-stream/workflows/expression/types.ts',
    edits: [{ find: `return misfit(from.of, to) ??`, replace: `return misfit(from.of, to) &&` }],
    tests: workflowDocuments,
  },
  {
    guard: 'text-that-looks-like-a-value',
    why: "an '=' forgotten sends the name of a field instead of what is in it",
    file: 'services/order-stream/workflows/document/values.ts',
    edits: [{ find: `if (doubt !== undefined) throw`, replace: `if (doubt === '') throw` }],
    tests: workflowDocuments,
  },
  {
    guard: 'intents-apart',
    why: 'two commands would share an id, and the second would never be sent',
    file: 'services/order-stream/workflows/document/acts.ts',
    edits: [{ find: `if (around.intents.has(intent))`, replace: `if (around.intents.has(''))` }],
    tests: workflowDocuments,
  },
  {
    guard: 'elements-told-apart',
    why: 'of several refunds only the first would be sent',
    file: 'services/order-stream/workflows/document/acts.ts',
    edits: [{ find: `if (around.each && which`, replace: `if (around.intents.has('') && which` }],
    tests: workflowDocuments,
  },
  {
    guard: 'declines-told-once',
    why: 'twins of one decline would be two',
    file: order,
    edits: [{ find: `return { state: known ? state : {`, replace: `return { state: known === undefined ? state : {` }],
    tests: orderToCash,
  },
  {
    guard: 'second-payment-told',
    why: 'a customer who paid twice would be told nothing, and the first payment forgotten',
    file: order,
    edits: [
      {
        find: `if (state.paid !== null)
        return`,
        replace: `if (state.paid !== null && fact.factId === '')
        return`,
      },
    ],
    tests: orderToCash,
  },
  {
    guard: 'refunds-by-state',
    why: 'a refund that failed would have succeeded, when the two are heard the other way round',
    file: 'services/order-stream/domain/refunds.ts',
    edits: [{ find: `status: furthest(history, refundRank),`, replace: `status: fact.status,` }],
    tests: refundsAndDisputes,
  },
  {
    guard: 'disputes-by-state',
    why: 'a dispute that was decided would be open again, when its events are heard in another order',
    file: 'services/order-stream/domain/disputes.ts',
    edits: [{ find: `status: furthest(history, disputeRank),`, replace: `status: fact.status,` }],
    tests: refundsAndDisputes,
  },
  {
    guard: 'dispute-amount-as-last-told',
    why: 'the amount under dispute would be that of whichever event came last',
    file: 'services/order-stream/domain/disputes.ts',
    edits: [{ find: `...(isLater && {`, replace: `...(told.factId !== '' && {` }],
    tests: refundsAndDisputes,
  },
  {
    guard: 'movements-once',
    why: 'money that a dispute took would be taken again by each event about it',
    file: 'services/order-stream/domain/disputes.ts',
    edits: [
      { find: `[movement.balanceTransactionId, movement] as const`, replace: `[Symbol(), movement] as const` },
      { find: `!ids.has(balanceTransactionId)`, replace: `balanceTransactionId !== '' && ids.size >= 0` },
    ],
    tests: refundsAndDisputes,
  },
  {
    guard: 'facts-in-iso-units',
    why: 'a refund in ISK would be a hundred times what it is',
    file: 'services/order-stream/sources/stripe/fields.ts',
    edits: [
      {
        find: `return fromStripeUnits(units, currency);`,
        replace: `return fromStripeUnits(units, currency) && units;`,
      },
    ],
    tests: stripeEvents,
  },
  {
    guard: 'amounts-are-whole-numbers',
    why: 'an amount that cannot be read would be none',
    file: 'services/order-stream/sources/stripe/fields.ts',
    edits: [{ find: `if (units === null)`, replace: `if (units === null) return null;\n  if (name === '')` }],
    tests: stripeEvents,
  },
  {
    guard: 'event-and-object-of-one-mode',
    why: 'a live refund in a test event would count',
    file: 'services/order-stream/sources/stripe/interpret.ts',
    edits: [{ find: `if (object['livemode'] === !event.livemode)`, replace: `if (event.id === '')` }],
    tests: stripeEvents,
  },
  {
    guard: 'events-bounded',
    why: 'one huge event would hold up the stream for as long as it takes to read',
    file: 'services/order-stream/sources/stripe/interpret.ts',
    edits: [{ find: `if (event.body.length > MAX_BODY_BYTES)`, replace: `if (event.body.length < 0)` }],
    tests: stripeEvents,
  },
  {
    guard: 'lists-bounded',
    why: 'one event could tell a million facts',
    file: 'services/order-stream/sources/stripe/fields.ts',
    edits: [{ find: `if (list.length > MAX_LIST)`, replace: `if (list.length < 0)` }],
    tests: stripeEvents,
  },
  {
    guard: 'embedded-charges',
    why: 'old events name their charges nowhere else: a dispute of one would never find its order',
    file: 'services/order-stream/sources/stripe/payment-intent.ts',
    edits: [{ find: `    ...listOf(intent['charges']).map(idOf),\n`, replace: `` }],
    tests: stripeStory,
  },
  {
    guard: 'waiting-facts-once',
    why: 'deliveries of one event, over and over, would make what waits for its order grow without end',
    file: 'services/order-stream/stages/routing.ts',
    edits: [{ find: `!waiting.some((other) => isSame(other, fact))`, replace: `fact.factId !== ''` }],
    tests: stripeStory,
  },
  {
    guard: 'test-money-apart-in-routing',
    why: 'a test payment would ship an order',
    file: 'services/order-stream/stages/routing.ts',
    edits: [{ find: `if (record.value.livemode !== policy.livemode) {`, replace: `if (record.value.id === '') {` }],
    tests: orderStream,
  },
  {
    guard: 'test-money-apart-at-the-door',
    why: 'test events would enter the live topic',
    file: accept,
    edits: [{ find: `if (event.livemode !== livemode)`, replace: `if (event.id === '')` }],
    tests: webhookServer,
  },
  {
    guard: 'card-data-refused',
    why: 'a card number would be stored in a topic',
    file: accept,
    edits: [{ find: `if (field !== undefined) return`, replace: `if (field === '') return` }],
    tests: webhookServer,
  },
  {
    guard: 'webhook-answered-after-ack',
    why: 'Stripe never delivers again what was answered 200, and the brokers may not have it',
    file: 'services/webhooks/server.ts',
    edits: [
      {
        find: `await outcome.keep();`,
        replace: `outcome.keep().catch(() => undefined);`,
      },
    ],
    tests: webhookServer,
  },
  {
    guard: 'signature-checked',
    why: 'anybody could mark orders paid',
    file: signature,
    edits: [
      {
        find: `  if (!genuine) return 'signature_wrong';
`,
        replace: ``,
      },
    ],
    tests: webhookSignature,
  },
  {
    guard: 'signature-not-too-old',
    why: 'a delivery that was overheard could be sent again at any time',
    file: signature,
    edits: [
      {
        find: `  if (age > check.toleranceSeconds) return 'signature_too_old';
`,
        replace: ``,
      },
    ],
    tests: webhookSignature,
  },
  {
    guard: 'signature-not-from-the-future',
    why: 'a delivery could be signed ahead',
    file: signature,
    edits: [
      {
        find: `  if (age < -check.toleranceSeconds) return 'signature_in_future';
`,
        replace: ``,
      },
    ],
    tests: webhookSignature,
  },
  {
    guard: 'idempotency-key',
    why: 'a command whose answer was lost charges the customer twice',
    file: commands,
    edits: [
      {
        find: `api.createPaymentIntent(paramsWith(means), idempotencyKey)`,
        replace: `api.createPaymentIntent(paramsWith(means), \`\${idempotencyKey} \${crypto.randomUUID()}\`)`,
      },
    ],
    tests: stripeCommands,
  },
  {
    guard: 'look-up-when-key-may-be-forgotten',
    why: 'Stripe forgets keys after a day; the same key then charges again',
    file: commands,
    edits: [
      { find: `lookFirst: keyMayBeForgotten(command, timing.writtenAt, timing.now),`, replace: `lookFirst: false,` },
    ],
    tests: stripeCommands,
  },
  {
    guard: 'applied-command-remembered',
    why: 'a command that comes again would be decided again on an order that has moved on',
    file: execute,
    edits: [
      {
        find: `  if (known) return replay(command, known);
`,
        replace: ``,
      },
    ],
    tests: shopTables,
  },
  {
    guard: 'mark-paid-by-state',
    why: 'a voided or refunded order would become paid',
    file: decide,
    edits: [
      {
        find: `  if (!PAYABLE.has(state)) return stateConflict(row, 'paid');
`,
        replace: ``,
      },
    ],
    tests: shopDecisions,
  },
  {
    guard: 'mark-paid-by-amount',
    why: 'an order would be paid by a payment of another amount',
    file: decide,
    edits: [{ find: `return amountProblem(command, row, store) ?? {`, replace: `return {` }],
    tests: shopDecisions,
  },
  {
    guard: 'ledger-knows-commands',
    why: 'a command that comes again would wait for a person instead of being refused quietly',
    file: ledger,
    edits: [{ find: `if (known !== undefined) {`, replace: `if (known !== undefined && commandId === '') {` }],
    tests: ledgerBooks,
  },
  {
    guard: 'ledger-tells-other-contents',
    why: 'another amount under a known id would pass for a repetition',
    file: ledger,
    edits: [{ find: `if (!sameBytes(known, hash))`, replace: `if (known.length === 0)` }],
    tests: ledgerBooks,
  },
  {
    guard: 'ledger-leaves-no-gap',
    why: 'records between its position and the batch would never be booked',
    file: ledger,
    edits: [{ find: ` || batch.fetchOffset > position) return`, replace: `) return` }],
    tests: ledgerBooks,
  },
  {
    guard: 'ledger-balances',
    why: 'an entry whose debits and credits differ would be posted',
    file: 'services/erp-ledger/tables.ts',
    edits: [{ find: `WHEN NEW.posted = 1 AND (`, replace: `WHEN NEW.posted = 2 AND (` }],
    tests: ledgerBooks,
  },
  {
    guard: 'failed-connector-restarted',
    why: 'after an outage of the database the capture would be over until a person came',
    file: 'services/connector-keeper/keep.ts',
    edits: [{ find: `        await restartFailed(connectUrl, connector);\n`, replace: `` }],
    tests: ['test/unit/connector-keeper/keep.test.ts'],
  },
];
