/** Guards of the stream engine: the steps of a task, its transaction, its stores, the order of its inputs. */
import type { Mutant } from './mutant.ts';

const task = 'services/runtime/task.ts';
const stageWork = 'services/runtime/stage-work.ts';
const inputs = 'services/runtime/inputs.ts';
const restore = 'services/runtime/restore.ts';
const diskStore = 'services/runtime/disk-store.ts';
const effectWork = 'services/runtime/effect-work.ts';
const readCommitted = 'services/runtime/kafkajs/read-committed.ts';

const beginning = ['test/conformance/beginning.test.ts'];
const exactlyOnce = ['test/conformance/exactly-once.test.ts'];
const driver = ['test/topology/runtime/driver.test.ts'];
const merge = ['test/unit/runtime/merge.test.ts'];
const store = ['test/conformance/store.test.ts'];
const effects = ['test/conformance/effects.test.ts'];
const committedMessages = ['test/unit/runtime/read-committed.test.ts'];

export const runtimeMutants: readonly Mutant[] = [
  {
    guard: 'fence-before-restore',
    why: 'the predecessor may still commit state after it was restored',
    file: task,
    edits: [
      {
        find: `    this.#producer = await cluster.transactionalProducer(transactionalId(application, stage, partition));
    this.at('after-fence');
    await this.#work.restore(this.signal);
`,
        replace: `    await this.#work.restore(this.signal);
    this.#producer = await cluster.transactionalProducer(transactionalId(application, stage, partition));
    this.at('after-fence');
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
        find: `    this.#producer = await cluster.transactionalProducer(`,
        replace: `    const early = await admin.committedOffsets(
      this.#groupId,
      this.inputs.queues.map(({ source }) => source),
    );
    this.#producer = await cluster.transactionalProducer(`,
      },
      { find: `admin.committedOffsets(this.#groupId, sources),`, replace: `early,` },
    ],
    tests: beginning,
  },
  {
    guard: 'offsets-reread-after-failure',
    why: 'a commit that was told to have failed may have succeeded',
    file: task,
    edits: [
      {
        find: `const position = committed.find((each) => each.topic === topic)?.offset;`,
        replace: `const position =
        this.#committed[sources.findIndex((each) => each.topic === topic)] ??
        committed.find((each) => each.topic === topic)?.offset;`,
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
        find: `    const [ends] = await Promise.all([
      records.length > 0 ? transaction.send(records) : [],
      offsets.length > 0 ? transaction.sendOffsets(group, offsets) : undefined,
    ]);
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
        find: `      const changes = changelogRecords(overlay);
`,
        replace: `      const changes = changelogRecords(overlay);
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
    file: stageWork,
    edits: [
      {
        find: `      stores.dropRecord();
`,
        replace: ``,
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
        find: `ends.find((each) => each.topic === topic)?.stable ?? 0n;`,
        replace: `(ends.length > 0 ? backend.checkpoint(store)?.position : undefined) ?? begin;`,
      },
    ],
    tests: driver,
  },
  {
    guard: 'store-ahead-distrusted',
    why: 'a disk that is ahead of its changelog is of another history',
    file: restore,
    edits: [{ find: `position >= begin && position <= end &&`, replace: `position >= begin &&` }],
    tests: beginning,
  },
  {
    guard: 'disk-checksum',
    why: 'a damaged page becomes a wrong amount',
    file: diskStore,
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
