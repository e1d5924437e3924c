/** Guards of scans and audits: what was missed comes in once, and what was undone is done again once. */
import type { Mutant } from './mutant.ts';

const stripe = 'services/scanner/stripe/scan.ts';
const shop = 'services/scanner/shop/scan.ts';
const desk = 'services/cli/audit/desk.ts';
const remedies = 'services/cli/audit/remedies.ts';

const scansStripe = ['test/topology/scanner/stripe.test.ts'];
const scansShop = ['test/topology/scanner/shop.test.ts'];
const audits = ['test/topology/scanner/audit.test.ts'];
const judged = ['test/unit/cli/remedies.test.ts'];

export const nothingMissedMutants: readonly Mutant[] = [
  {
    guard: 'known-events-not-fed',
    why: 'every event would be written again at every look',
    file: stripe,
    edits: [{ find: `|| known.has(event.id)) continue`, replace: `|| known.has('')) continue` }],
    tests: scansStripe,
  },
  {
    guard: 'scan-position-with-its-last-page',
    why: 'killed within a stretch, the scanner would go on behind what it has not looked at',
    file: stripe,
    edits: [{ find: `...(next === undefined ? [positionRecord`, replace: `...(next !== '' ? [positionRecord` }],
    tests: scansStripe,
  },
  {
    guard: 'scanned-events-pass-the-door',
    why: 'card data or events of the other mode would be kept',
    file: stripe,
    edits: [{ find: `if (!outcome.accepted) {`, replace: `if (!outcome.accepted && outcome.code === '') {` }],
    tests: scansStripe,
  },
  {
    guard: 'unreachable-events-told',
    why: 'what Stripe lists no more would be skipped in silence',
    file: stripe,
    edits: [{ find: `if (plan.unreachable !== undefined) {`, replace: `if (plan.unreachable?.from === -1) {` }],
    tests: scansStripe,
  },
  {
    guard: 'raised-once',
    why: 'each look would tell of the same event again',
    file: 'services/scanner/raised.ts',
    edits: [{ find: `!told.has(exceptionId)`, replace: `exceptionId !== ''` }],
    tests: [...scansStripe, ...scansShop],
  },
  {
    guard: 'overlap-looked-at-again',
    why: 'what Stripe lists late would be missed',
    file: 'services/scanner/stripe/window.ts',
    edits: [{ find: `until - timing.overlapSeconds`, replace: `until` }],
    tests: ['test/unit/scanner/window.test.ts'],
  },
  {
    guard: 'mark-older-than-what-is-looked-for',
    why: 'delivered events would be taken for missing',
    file: 'services/scanner/stripe/position.ts',
    edits: [{ find: ` - CLOCKS_MS`, replace: `` }],
    tests: ['test/unit/scanner/window.test.ts'],
  },
  {
    guard: 'told-orders-not-fed',
    why: 'every order would be handed on again at every look',
    file: shop,
    edits: [{ find: `!known.has(orderNumber)`, replace: `orderNumber > 0` }],
    tests: scansShop,
  },
  {
    guard: 'first-order-that-is-ours',
    why: "an old shop's history would be charged",
    file: shop,
    edits: [{ find: `let after = setup.fromOrder - 1`, replace: `let after = 0` }],
    tests: scansShop,
  },
  {
    guard: 'scanner-of-the-shop-fences',
    why: 'two scanners would both hand on an order',
    file: shop,
    edits: [
      {
        find: `transactionalProducer(SHOP_SCANNER_ID)`,
        replace: `transactionalProducer(\`\${SHOP_SCANNER_ID}-\${crypto.randomUUID()}\`)`,
      },
    ],
    tests: scansShop,
  },
  {
    guard: 'audit-desk-fences-before-it-reads',
    why: 'what somebody else has just repaired would be repaired again',
    file: desk,
    edits: [
      {
        find: `  const producer = await setup.cluster.transactionalProducer(AUDIT_DESK);
  try {
    const history = await readHistory(setup.topics);
`,
        replace: `  const history = await readHistory(setup.topics);
  const producer = await setup.cluster.transactionalProducer(AUDIT_DESK);
  try {
`,
      },
    ],
    tests: audits,
  },
  {
    guard: 'repaired-command-keeps-its-time',
    why: 'an executor would trust an idempotency key that Stripe has forgotten',
    file: desk,
    edits: [
      {
        find: `const again = { topic, partition, key, value, timestamp, headers:`,
        replace: `void timestamp;\n    const again = { topic, partition, key, value, headers:`,
      },
    ],
    tests: audits,
  },
  {
    guard: 'repair-guarded-under-its-own-id',
    why: 'the shop would answer from its memory and leave the order undone',
    file: 'services/adnsf-executor/execute.ts',
    edits: [
      {
        find: `const guard = repair ?? command.commandId;`,
        replace: `const guard = command.commandId;\n  void repair;`,
      },
    ],
    tests: [...audits, 'test/unit/adnsf-executor/shop.test.ts'],
  },
  {
    guard: 'no-repair-while-one-is-under-way',
    why: 'each audit would send the command once more',
    file: remedies,
    edits: [{ find: `if (last === undefined) {`, replace: `if (last?.repairId !== '') {` }],
    tests: judged,
  },
  {
    guard: 'chosen-states-left-to-people',
    why: 'an order that somebody voided would be paid again',
    file: remedies,
    edits: [{ find: `return UNPAID.has(state)`, replace: `return state !== ''` }],
    tests: judged,
  },
  {
    guard: 'money-that-went-back-left-to-people',
    why: 'a refunded order would be marked as paid',
    file: remedies,
    edits: [{ find: `/^(refund|dispute)\\./.test(kind)`, replace: `kind === ''` }],
    tests: judged,
  },
  {
    guard: 'repairs-are-no-doubles',
    why: 'verify would take a repair for a command sent twice',
    file: 'services/cli/verify/collect.ts',
    edits: [
      {
        find: `record.redriven === undefined && record.repair === undefined`,
        replace: `record.redriven === undefined`,
      },
    ],
    tests: audits,
  },
];
