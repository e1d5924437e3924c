/** Guards of replays: what is compared with what, what may not be executed, and what a copy may be. */
import type { Mutant } from './mutant.ts';

const ranges = 'services/runtime/replay/ranges.ts';
const shadow = 'services/runtime/replay/shadow.ts';
const comparison = 'services/runtime/replay/comparison.ts';
const reset = 'services/runtime/replay/reset.ts';
const replay = 'services/cli/replay/replay.ts';
const audit = 'services/cli/replay/audit.ts';

const polled = ['test/topology/replay/interleavings.test.ts'];
const dryRun = ['test/topology/replay/dry-run.test.ts'];
const execute = ['test/topology/replay/execute.test.ts'];
const judge = ['test/unit/cli/judge.test.ts'];
const rebuild = ['test/unit/erp-ledger/rebuild.test.ts'];

export const replayMutants: readonly Mutant[] = [
  {
    guard: 'replay-compares-what-was-processed',
    why: 'what the live stage has not done yet would look lost',
    file: shadow,
    edits: [{ find: `  phase = 'beyond';\n`, replace: `  phase = 'within';\n` }],
    tests: dryRun,
  },
  {
    guard: 'replay-knows-what-was-sent-meanwhile',
    why: 'what the live stage does while it is compared would look invented',
    file: shadow,
    edits: [{ find: `[processed, end]`, replace: `[processed, processed]` }],
    tests: dryRun,
  },
  {
    guard: 'replay-leaves-out-what-came-before',
    why: 'a change before the range would show in the range',
    file: comparison,
    edits: [
      {
        find: `else if (missing.before.shift() === undefined) yield`,
        replace: `else yield`,
      },
    ],
    tests: dryRun,
  },
  {
    guard: 'replay-needs-the-beginning',
    why: 'state made of half a history decides otherwise',
    file: ranges,
    edits: [{ find: `    if (begin > 0n)\n`, replace: `    if (begin > 1_000_000n)\n` }],
    tests: dryRun,
  },
  {
    guard: 'replay-refused-while-members-live',
    why: 'a worker would go on from positions that are no longer its own',
    file: ranges,
    edits: [{ find: `if (members.length > 0) throw`, replace: `if (members.length > 99) throw` }],
    tests: execute,
  },
  {
    guard: 'replay-refused-for-other-contents',
    why: 'a known id with other contents is a conflict wherever it was carried out',
    file: replay,
    edits: [{ find: `    if (conflict)\n`, replace: `    if (conflict && conflicts.length > 1_000)\n` }],
    tests: execute,
  },
  {
    guard: 'replay-resets-state-with-positions',
    why: 'positions alone send nothing: the state says all was issued',
    file: reset,
    // With its note as it is, the task would miss them and rebuild its state.
    edits: [
      { find: `        await sendChanges(transaction);\n`, replace: `` },
      { find: `noteAfter(told.stores)`, replace: `noteAfter([])` },
    ],
    tests: execute,
  },
  {
    guard: 'replay-resets-positions-with-state',
    why: 'state alone is never brought back to where it was',
    file: reset,
    edits: [
      {
        find: `told.positions.map(({ topic, to: offset }, index)`,
        replace: `told.positions.map(({ topic, from: offset }, index)`,
      },
    ],
    tests: execute,
  },
  {
    guard: 'replay-notes-the-history',
    why: 'a task that had made its stores anew would restore what came before that',
    file: reset,
    edits: [
      {
        find: `  return { since: noted?.since ?? 0, reaches, rebuilt: undefined };`,
        replace: `  return { since: 0, reaches, rebuilt: undefined };`,
      },
    ],
    tests: execute,
  },
  {
    guard: 'replay-aborted-when-it-fails',
    why: 'readers would wait for a transaction that nobody ends',
    file: reset,
    edits: [{ find: `        await endTransaction();\n`, replace: `` }],
    tests: execute,
  },
  {
    guard: 'replay-explains-what-lies-after-it',
    why: 'a command doubled before any replay would pass for a replayed one',
    file: audit,
    edits: [{ find: `previous < end && end <= offset`, replace: `end <= offset` }],
    tests: judge,
  },
  {
    guard: 'replay-explains-as-many-as-it-sent',
    why: 'one replay would excuse every double that comes after it',
    file: audit,
    edits: [{ find: `    budget.left--;\n`, replace: `` }],
    tests: judge,
  },
  {
    guard: 'replayed-copies-say-the-same',
    why: 'another amount under a known id would pass for a copy',
    file: 'services/cli/verify/judge.ts',
    edits: [{ find: ` && previous.digest === digest;`, replace: `;` }],
    tests: judge,
  },
  {
    guard: 'rebuild-into-a-new-file',
    why: 'a ledger with money in it would be booked over',
    file: 'services/erp-ledger/rebuild.ts',
    edits: [{ find: `if (existsSync(path)) throw`, replace: `if (existsSync(path) && path === '') throw` }],
    tests: rebuild,
  },
  {
    guard: 'answers-wait-for-their-commands',
    why: 'in a replay a refund’s transaction would be booked as the fee of the payment',
    file: 'services/order-stream/stages/deciders.ts',
    edits: [{ find: `if (fact.isAnswer && `, replace: `if (policy.livemode && fact.isAnswer && ` }],
    tests: polled,
  },
  {
    guard: 'answers-that-waited-are-heard',
    why: 'an order would wait for ever for what was answered long ago',
    file: 'services/order-stream/stages/deciders.ts',
    edits: [{ find: `const sent = [...after.commands];`, replace: `const sent: Command[] = [];` }],
    tests: polled,
  },
  {
    guard: 'dispute-says-how-it-was-opened',
    why: 'a replay would open it with what was told later, under the same id',
    file: 'services/order-stream/domain/disputes.ts',
    edits: [{ find: `...(isFirst && openedAs(fact)),`, replace: `...openedAs(fact),` }],
    tests: polled,
  },
  {
    guard: 'backlog-by-timestamps',
    why: 'a replay would be executed in another order than the dry run has compared',
    file: 'services/runtime/inputs.ts',
    edits: [
      {
        find: `if (best === undefined || record.timestamp < best.timestamp) best =`,
        replace: `if (best === undefined) best =`,
      },
    ],
    tests: ['test/unit/runtime/merge.test.ts'],
  },
  {
    guard: 'backlog-waits-for-what-was-there',
    why: 'whichever topic is fetched first would go first',
    file: 'services/runtime/inputs.ts',
    edits: [{ find: `if (record === undefined && position < end) return [];`, replace: `` }],
    tests: ['test/unit/runtime/merge.test.ts'],
  },
];
