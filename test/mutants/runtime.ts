/** Guards of the stream engine: the steps of a task, its transaction, its stores, the order of its inputs. */
import type { Mutant } from './mutant.ts';

const task = 'services/runtime/task.ts';
const stageWork = 'services/runtime/stage-work.ts';
const stageRun = 'services/runtime/stage-run.ts';
const inputs = 'services/runtime/inputs.ts';
const restore = 'services/runtime/restore.ts';
const history = 'services/runtime/history.ts';
const changelogs = 'services/runtime/changelogs.ts';
const diskStore = 'services/runtime/disk-store.ts';
const effectWork = 'services/runtime/effect-work.ts';
const readCommitted = 'services/runtime/kafkajs/read-committed.ts';

const beginning = ['test/conformance/beginning.test.ts'];
const exactlyOnce = ['test/conformance/exactly-once.test.ts'];
const driver = ['test/topology/runtime/driver.test.ts'];
const merge = ['test/unit/runtime/merge.test.ts'];
const store = ['test/conformance/store.test.ts'];
const lostChangelog = ['test/conformance/lost-changelog.test.ts'];
const damagedStore = ['test/conformance/damaged-store.test.ts'];
const diskFull = ['test/conformance/disk-full.test.ts'];
const effects = ['test/conformance/effects.test.ts'];
const committedMessages = ['test/unit/runtime/read-committed.test.ts'];

export const runtimeMutants: readonly Mutant[] = [
  {
    guard: 'input-passes-over',
    why: 'a record that is none of a stage’s business would have a dead letter from it as well',
    file: stageRun,
    edits: [{ find: `if (!isOfConcern(input, record)) return { passedOver: true };`, replace: '' }],
    tests: ['test/topology/runtime/driver.test.ts'],
  },
  {
    guard: 'changelog-note-counts-markers',
    why: 'a changelog made anew would seem whole once a late record and its abort lie in it',
    file: 'services/runtime/changelogs.ts',
    edits: [{ find: 'const markers = 1n;', replace: 'const markers = 0n;' }],
    tests: lostChangelog,
  },
  {
    guard: 'fence-before-restore',
    why: 'the predecessor may still commit state after it was restored',
    file: task,
    edits: [
      {
        find: `    this.#producer = await cluster.transactionalProducer(transactionalId(application, stage, partition));
    this.at('after-fence');
    const standing = await this.#standing();
    const { positions } = standing;
    this.#committed = [...positions];
    this.#note = standing.note;
    await this.#work.restore(this, standing);
`,
        replace: `    await this.#work.restore(this, await this.#standing());
    this.#producer = await cluster.transactionalProducer(transactionalId(application, stage, partition));
    this.at('after-fence');
    const standing = await this.#standing();
    const { positions } = standing;
    this.#committed = [...positions];
    this.#note = standing.note;
`,
      },
    ],
    tests: beginning,
  },
  {
    guard: 'offsets-after-fence',
    why: 'the predecessor may still commit positions after they were read',
    file: task,
    edits: [
      {
        find: `    const standing = await this.#standing();
`,
        replace: ``,
      },
      {
        find: `    this.#producer = await cluster.transactionalProducer(`,
        replace: `    const standing = await this.#standing();
    this.#producer = await cluster.transactionalProducer(`,
      },
    ],
    tests: beginning,
  },
  {
    guard: 'offsets-reread-after-failure',
    why: 'a commit that was told to have failed may have succeeded',
    file: task,
    edits: [
      {
        find: `const position = found[index]?.offset;`,
        replace: `const position = this.#committed[index] ?? found[index]?.offset;`,
      },
    ],
    tests: exactlyOnce,
  },
  {
    guard: 'deleted-unread-refused',
    why: 'records that retention deleted before they were read would be jumped over in silence',
    file: task,
    edits: [{ find: `if (position !== undefined && position < beginning)`, replace: `if (beginning < 0n)` }],
    tests: beginning,
  },
  {
    guard: 'offsets-in-transaction',
    why: 'outputs without their positions are made again',
    file: task,
    edits: [
      {
        find: `    const [ends] = await Promise.all([records.length > 0 ? produce() : [], offsets.length > 0 ? send() : undefined]);
    this.at('before-commit');
    await transaction.commit();
`,
        replace: `    const ends = records.length > 0 ? await transaction.send(records) : [];
    this.at('before-commit');
    await transaction.commit();
    const second = await producer.begin();
    if (offsets.length > 0) await second.sendOffsets(group, offsets);
    await second.commit();
`,
      },
    ],
    tests: exactlyOnce,
  },
  {
    guard: 'changelog-in-transaction',
    why: 'state without the positions it belongs to is changed again',
    file: stageWork,
    edits: [
      {
        find: `      const taken = await take(task);
      if (taken.length === 0)`,
        replace: `      const before = inputs.map((_, index) => task.inputs.processed(index));
      const taken = await take(task);
      if (taken.length === 0)`,
      },
      {
        find: `      const ends = await task.commit({
        records: [...changes, ...gathered.outputs, ...gathered.deadLetters],`,
        replace: `      const ends = await task.commit({ records: changes, positions: before });
      await task.commit({
        records: [...gathered.outputs, ...gathered.deadLetters],`,
      },
    ],
    tests: exactlyOnce,
  },
  {
    guard: 'dead-letters-in-transaction',
    why: 'a record that is refused would be gone',
    file: stageWork,
    edits: [{ find: `...gathered.outputs, ...gathered.deadLetters]`, replace: `...gathered.outputs]` }],
    tests: driver,
  },
  {
    guard: 'promote-after-commit',
    why: 'state on the disk that Kafka never committed counts twice',
    file: stageWork,
    edits: [
      {
        find: `      const changes = changelogs.records(overlay);
`,
        replace: `      const changes = changelogs.records(overlay);
      await backend.write(overlay.writes(), new Map());
`,
      },
    ],
    tests: exactlyOnce,
  },
  {
    guard: 'overlay-dropped-on-failure',
    why: 'changes of a transaction that was not committed count twice',
    file: stageWork,
    // The overlay is emptied, and made anew: each stands behind the other.
    edits: [
      {
        find: `overlay = new StoreOverlay(backend, stage.stores);`,
        replace: `overlay ??= new StoreOverlay(backend, stage.stores);`,
      },
      {
        find: `      overlay?.clear();
`,
        replace: ``,
      },
    ],
    tests: exactlyOnce,
  },
  {
    guard: 'record-dropped-on-poison',
    why: 'a refused record leaves half of what it did behind',
    file: stageRun,
    edits: [
      {
        find: `    if (made.failed === undefined) stores.keepRecord();
    else stores.dropRecord();
`,
        replace: `    stores.keepRecord();
`,
      },
    ],
    tests: driver,
  },
  {
    guard: 'fetches-must-continue',
    why: 'what was fetched before a seek comes twice, and what was missed is missed',
    file: inputs,
    edits: [
      {
        find: `    if (fetchOffset !== input.position) return false;
`,
        replace: ``,
      },
    ],
    tests: merge,
  },
  {
    guard: 'merge-by-place',
    why: 'an order is assembled from rows that were written after it, or without those before it',
    file: inputs,
    edits: [{ find: `best === undefined || place < best.place`, replace: `best === undefined` }],
    tests: merge,
  },
  {
    guard: 'merge-waits-for-known-records',
    why: 'a slower topic has earlier rows on their way',
    file: inputs,
    edits: [{ find: `return behind ? [] : best.index;`, replace: `return behind ? best.index : best.index;` }],
    tests: merge,
  },
  {
    guard: 'merge-asks-after-arrival',
    why: 'an end that was asked for earlier says nothing about rows written since',
    file: inputs,
    edits: [{ find: ` || sample.arrival < arrival;`, replace: `;` }],
    tests: merge,
  },
  {
    guard: 'restore-to-committed-end',
    why: 'a task would work on state as it was some time ago',
    file: restore,
    edits: [
      {
        find: `  for (const { store, topic, begin, end } of changelogs) {
`,
        replace: `  for (const { store, topic, begin } of changelogs) {
    const end = backend.checkpoint(store)?.position ?? begin;
`,
      },
    ],
    tests: driver,
  },
  {
    guard: 'store-ahead-distrusted',
    why: 'a disk that is ahead of its changelog is of another history',
    file: restore,
    edits: [
      {
        find: `  checkpoint.position <= end &&
`,
        replace: ``,
      },
    ],
    tests: ['test/unit/runtime/trust.test.ts'],
  },
  {
    guard: 'store-of-another-history-distrusted',
    why: 'a disk that slept through the loss of a changelog stands at a place that means something else now',
    file: restore,
    edits: [
      {
        find: `  checkpoint.since === since &&
`,
        replace: ``,
      },
    ],
    tests: lostChangelog,
  },
  {
    guard: 'changelog-end-noted',
    why: 'a changelog that was made anew looks like one of a stage that has just begun',
    file: history,
    edits: [{ find: `if (end < reach.to)`, replace: `if (end < 0n)` }],
    tests: lostChangelog,
  },
  {
    guard: 'changelog-beginning-noted',
    why: 'a changelog without its first records looks like a whole one',
    file: history,
    edits: [{ find: `if (begin > reach.from)`, replace: `if (begin < 0n)` }],
    tests: ['test/unit/runtime/trust.test.ts'],
  },
  {
    guard: 'changelog-name-asked-for',
    why: 'a changelog made anew is taken for the one that was written when late writes reach as far',
    file: changelogs,
    edits: [{ find: `if (name !== noted.since)`, replace: `if (noted.since < 0)` }],
    tests: lostChangelog,
  },
  {
    guard: 'changelog-name-is-another-each-time',
    why: 'a disk of an older history would be believed beside the new one',
    file: changelogs,
    edits: [
      {
        find: `const since = Math.max(this.#scheduler.now(), (noted?.since ?? 0) + 1);`,
        replace: `const since = noted?.since ?? 0;`,
      },
    ],
    tests: lostChangelog,
  },
  {
    guard: 'changelogs-without-a-name-get-one',
    why: 'a changelog of before would be told from another one by its length alone, for ever',
    file: changelogs,
    edits: [
      {
        find: `if (noted === undefined || !bounds.every((each) => named(each) !== undefined))`,
        replace: `if (noted === undefined)`,
      },
    ],
    tests: lostChangelog,
  },
  {
    guard: 'changelog-name-is-no-state',
    why: 'the name would be restored as a key that nobody can read',
    file: restore,
    edits: [
      {
        find: `const state = page.records.filter((record) => !isName(record));`,
        replace: `const state = page.records;`,
      },
    ],
    tests: lostChangelog,
  },
  {
    guard: 'note-covers-its-own-transaction',
    why: 'what the last transaction wrote could be lost unnoticed',
    file: changelogs,
    edits: [{ find: `to: reach.to + count + markers }`, replace: `to: reach.to }` }],
    tests: lostChangelog,
  },
  {
    guard: 'rebuild-sends-nothing',
    why: 'what was sent before is sent again',
    file: stageWork,
    edits: [
      {
        find: `          records: changes,
          positions: standing.positions,`,
        replace: `          records: [...changes, ...forgotten.outputs, ...forgotten.deadLetters],
          positions: standing.positions,`,
      },
    ],
    tests: lostChangelog,
  },
  {
    guard: 'rebuild-noted-until-done',
    why: 'whoever comes after a death in the middle would work on half a state',
    file: stageWork,
    edits: [{ find: `rebuilt: done ? undefined : at }`, replace: `rebuilt: undefined }` }],
    tests: lostChangelog,
  },
  {
    guard: 'rebuild-in-a-history-of-its-own',
    why: 'what is left of the old changelog would be taken for state of the new one',
    file: changelogs,
    edits: [
      {
        find: `{ from: ({ end }) => end, rebuilt`,
        replace: `{ from: ({ begin }) => begin, rebuilt`,
      },
    ],
    tests: lostChangelog,
  },
  {
    guard: 'rebuild-of-whole-inputs',
    why: 'state made of what retention has left is wrong and looks right',
    file: 'services/runtime/rebuild.ts',
    edits: [{ find: `if (missing.length === 0) return;`, replace: `if (missing.length < 100) return;` }],
    tests: lostChangelog,
  },
  {
    guard: 'rebuild-in-order',
    why: 'inputs read one after the other make another state than they made together',
    file: 'services/runtime/rebuild.ts',
    edits: [
      {
        find: `    setup.inputs.map(({ source }) => source),
    true,`,
        replace: `    setup.inputs.map(({ source }) => source),
    false,`,
      },
    ],
    tests: ['test/topology/runtime/merged.test.ts'],
  },
  {
    guard: 'file-read-before-it-is-mapped',
    why: 'LMDB misses keys or dies over damaged pages',
    file: diskStore,
    edits: [
      {
        find: `backend.#sums = new Map(await sumsOf(join(backend.#files, 'data.mdb')));`,
        replace: `backend.#sums = new Map(await sumsOf(join(backend.#files, 'none')));`,
      },
    ],
    tests: damagedStore,
  },
  {
    guard: 'table-has-a-sum',
    why: 'values of an older page are sound each for itself',
    file: diskStore,
    // What LMDB sees is compared as well: each stands behind the other.
    edits: [
      { find: `if ((sums.get(table) ?? 0) !== (noted.get(table) ?? 0))`, replace: `if (table === '')` },
      { find: `this.get(sumTable, table)?.readDoubleLE() !== sum`, replace: `sum < 0` },
    ],
    tests: damagedStore,
  },
  {
    guard: 'free-pages-are-not-in-use',
    why: 'LMDB would give pages away that hold state',
    file: 'services/runtime/lmdb-file.ts',
    edits: [
      {
        find: `    for (const list of free) this.#free(list);
    ensure(BigInt(this.#used.size) + 2n === this.#last + 1n, 'there are pages that are neither used nor free');
`,
        replace: ``,
      },
    ],
    tests: damagedStore,
  },
  {
    guard: 'disk-full-is-not-damage',
    why: 'a full disk would be wiped and filled again, without end',
    file: 'services/runtime/disk-errors.ts',
    edits: [{ find: `if (!unwritable.has(code)) return undefined;`, replace: `if (code !== '') return undefined;` }],
    tests: diskFull,
  },
  {
    guard: 'room-before-opening',
    why: 'LMDB does not outlive a full disk while it opens a store',
    file: diskStore,
    edits: [
      {
        find: `    writing(() => takeRoom(this.#files));
`,
        replace: ``,
      },
    ],
    tests: diskFull,
  },
  {
    guard: 'disk-checksum',
    why: 'a damaged page becomes a wrong amount',
    file: 'services/runtime/sealed.ts',
    edits: [
      {
        find: `if (sealed.length < 4 || sealed.readUInt32LE(0) !== crc32(value, crc32(\`\${store}\\0\${key}\`)))`,
        replace: `if (sealed.length < 4)`,
      },
    ],
    tests: store,
  },
  {
    guard: 'disk-of-another-boot-distrusted',
    why: 'what had not reached the disk is missing when the machine comes back',
    file: diskStore,
    edits: [{ find: `if (left === bootId) return;`, replace: `if (left !== '') return;` }],
    tests: store,
  },
  {
    guard: 'one-key-in-order',
    why: 'two commands of one order run side by side',
    file: effectWork,
    edits: [
      {
        find: `    await before;
`,
        replace: ``,
      },
    ],
    tests: effects,
  },
  {
    guard: 'aborted-in-order-of-begin',
    why: 'brokers list aborted transactions by their ends; the client stops at the first that begins later',
    file: readCommitted,
    edits: [
      {
        find: `
    .sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : a.firstOffset > b.firstOffset ? 1 : 0));`,
        replace: `;`,
      },
    ],
    tests: committedMessages,
  },
  {
    guard: 'aborted-several-before-one-message',
    why: 'of several aborted transactions only the first would be hidden',
    file: readCommitted,
    edits: [
      {
        find: `    for (; next < upcoming.length && upcoming[next]!.firstOffset <= offset; next++)
      aborting.add(upcoming[next]!.producerId);`,
        replace: `    if (next < upcoming.length && upcoming[next]!.firstOffset <= offset) aborting.add(upcoming[next++]!.producerId);`,
      },
    ],
    tests: committedMessages,
  },
];
