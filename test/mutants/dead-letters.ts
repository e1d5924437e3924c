/** Guards of dead letters: what is redriven takes its turn, once, and says nothing that is no longer so. */
import type { Mutant } from './mutant.ts';

const desk = 'services/dead-letters/desk.ts';
const assembly = 'services/order-stream/stages/assembly.ts';
const orders = 'services/order-stream/stages/deciders.ts';
const editing = 'services/dead-letters/editing.ts';

const atTheDesk = ['test/topology/dead-letters/desk.test.ts'];
const inTheStream = ['test/topology/dead-letters/order-stream.test.ts'];
const edits = ['test/unit/dead-letters/editing.test.ts'];

export const deadLetterMutants: readonly Mutant[] = [
  {
    guard: 'desk-fences-before-it-reads',
    why: 'what a predecessor commits after the actions were read would be done again',
    file: desk,
    edits: [
      {
        find: `  const producer = await setup.cluster.transactionalProducer(deskId(partition));
  try {
    const standings = await standingsOf(setup, partition, ids);
`,
        replace: `  const standings = await standingsOf(setup, partition, ids);
  const producer = await setup.cluster.transactionalProducer(deskId(partition));
  try {
`,
      },
    ],
    tests: atTheDesk,
  },
  {
    guard: 'desk-id-is-the-partition',
    why: 'two persons would not fence each other, and both redrive',
    file: desk,
    edits: [{ find: `\`dead-letters-desk-\${partition}\``, replace: `\`desk-\${partition}-\${crypto.randomUUID()}\`` }],
    tests: atTheDesk,
  },
  {
    guard: 'decided-letters-left-alone',
    why: 'a letter that was redriven or discarded would be redriven',
    file: desk,
    edits: [{ find: `else if (!needsPerson(lettered.standing)) yield`, replace: `else if (id === '') yield` }],
    tests: atTheDesk,
  },
  {
    guard: 'redriven-record-keeps-its-time',
    why: 'an executor would trust an idempotency key that Stripe has forgotten',
    file: desk,
    edits: [{ find: `    timestamp: letter.sourceTimestamp,\n`, replace: `` }],
    tests: atTheDesk,
  },
  {
    guard: 'redriven-record-stands-behind',
    why: 'in a replay it would come before what it came after in truth',
    file: 'services/runtime/stage-run.ts',
    edits: [
      {
        find: `redrivenFrom(record.headers) === undefined ? place?.(outcome.value) : standing`,
        replace: `redrivenFrom(record.headers) === '' ? standing : place?.(outcome.value)`,
      },
    ],
    tests: inTheStream,
  },
  {
    guard: 'desk-looks-again-when-overtaken',
    why: 'what came in between would be processed before it in the first run and after it in a replay',
    file: desk,
    edits: [{ find: `if (await redrive.overtaken()) {`, replace: `if (letters.length === 0) {` }],
    tests: inTheStream,
  },
  {
    guard: 'superseded-images-ignored',
    why: 'an old image would overwrite what a newer one said',
    file: assembly,
    edits: [{ find: `told === undefined || told <= place) return false`, replace: `told !== '') return false` }],
    tests: inTheStream,
  },
  {
    guard: 'letter-stands-for-twins-only',
    why: 'an order that changed while it was refused would be brought back as it was before',
    file: assembly,
    edits: [{ find: `if (known.image === image) return;`, replace: `return;` }],
    tests: inTheStream,
  },
  {
    guard: 'unfinished-image-ends-a-letter',
    why: 'an order that was voided and came back would have no letter that may be redriven',
    file: assembly,
    edits: [{ find: `if (known.image !== null) context`, replace: `if (key === '') context` }],
    tests: inTheStream,
  },
  {
    guard: 'redriven-refusal-told-again',
    why: 'a redriven order that is refused again would be gone from sight',
    file: assembly,
    edits: [{ find: `if (!redriven && known.refusal === refusal) {`, replace: `if (known.refusal === refusal) {` }],
    tests: inTheStream,
  },
  {
    guard: 'redriven-result-told-again',
    why: 'a redriven result that changes nothing would be gone from sight',
    file: orders,
    edits: [{ find: `(!known || redriven)`, replace: `!known` }],
    tests: inTheStream,
  },
  {
    guard: 'redriven-hold-told-again',
    why: 'a redriven payment that still does not fit would be gone from sight',
    file: orders,
    edits: [
      {
        find: `for (const { code, message } of still) context`,
        replace: `for (const { code, message } of still.slice(still.length)) context`,
      },
    ],
    tests: inTheStream,
  },
  {
    guard: 'what-was-put-right-stays-right',
    why: 'every later image of an order that a person has corrected would be a letter again',
    file: assembly,
    edits: [{ find: `refusal: redriven ? known.refusal : null`, replace: `refusal: null` }],
    tests: inTheStream,
  },
  {
    guard: 'found-email-stays',
    why: 'an order whose address a person has found would not be assembled again',
    file: 'services/order-stream/domain/assemble.ts',
    edits: [{ find: ` ?? sent?.email ?? null`, replace: `` }],
    tests: inTheStream,
  },
  {
    guard: 'redriven-change-is-no-second-one',
    why: 'verify would call a redriven change doubled and reordered',
    file: 'services/cli/verify/collect.ts',
    edits: [{ find: ` && record.redriven === undefined)`, replace: `)` }],
    tests: ['test/topology/dead-letters/verify.test.ts'],
  },
  {
    guard: 'redriven-result-is-no-second-one',
    why: 'verify would call a redriven result doubled, and believe the first one',
    file: 'services/cli/verify/collect.ts',
    edits: [{ find: `if (first < 0) seen.push(said);`, replace: `if (first < seen.length) seen.push(said);` }],
    tests: ['test/topology/dead-letters/verify.test.ts'],
  },
  {
    guard: 'edit-keeps-identity',
    why: 'a record could be made one of another order, or of another moment',
    file: editing,
    edits: [{ find: `if (changed !== undefined) throw`, replace: `if (changed === '') throw` }],
    tests: edits,
  },
  {
    guard: 'edit-keeps-key',
    why: 'a record would lie in a partition where nobody looks for it',
    file: editing,
    edits: [{ find: `if (key !== undefined && key !== actual)`, replace: `if (key === '')` }],
    tests: edits,
  },
  {
    guard: 'edit-brings-no-card-number',
    why: 'a card number would be stored in a topic for ever',
    file: editing,
    edits: [{ find: `if (looksLikeCardNumber(text)) throw`, replace: `if (text === '') throw` }],
    tests: edits,
  },
  {
    guard: 'edit-brings-no-card-data',
    why: 'card data inside a body would be stored in a topic for ever',
    file: editing,
    edits: [
      {
        find: `    if (field !== undefined)
      throw`,
        replace: `    if (field === '')
      throw`,
      },
    ],
    tests: edits,
  },
];
