/** A task's side of its changelogs: what goes into them, what is noted of them, and whether they still hold it. */
import { RetriableError, TaskCorruptedError } from './errors.ts';
import { decodeHistory, encodeHistory, lossOf, type Bounds, type History, type Reach } from './history.ts';
import { observe, type TaskName } from './observe.ts';
import type { Admin, ProducedRecord } from './ports.ts';
import { checkInputs } from './rebuild.ts';
import type { Scheduler } from './scheduler.ts';
import type { Checkpoint, StoreBackend, StoreOverlay } from './store.ts';
import type { Standing, Task } from './task.ts';
import { changelogTopic, groupId } from './topics.ts';
import type { Stage } from './topology.ts';

/** A transaction leaves one in each partition that it wrote. */
const markers = 1n;

export class Changelogs {
  readonly #application: string;
  readonly #name: TaskName;
  readonly #scheduler: Pick<Scheduler, 'now'>;
  readonly #topicOf: ReadonlyMap<string, string>;
  /** As it was committed last. */
  #history: History = { since: 0, reaches: new Map(), rebuilt: undefined };

  constructor(application: string, { stores }: Stage, name: TaskName, scheduler: Pick<Scheduler, 'now'>) {
    this.#application = application;
    this.#name = name;
    this.#scheduler = scheduler;
    this.#topicOf = new Map(stores.map((store) => [store.name, changelogTopic(application, store)]));
  }

  /** Where they begin and end now. */
  async bounds(admin: Admin): Promise<readonly Bounds[]> {
    const { partition } = this.#name;
    const sources = [...this.#topicOf.values()].map((topic) => ({ topic, partition }));
    const [beginnings, ends] = await Promise.all([admin.beginningOffsets(sources), admin.endOffsets(sources)]);
    return [...this.#topicOf].map(([store, topic]) => {
      const begin = beginnings.find((each) => each.topic === topic)?.offset;
      const end = ends.find((each) => each.topic === topic)?.stable;
      if (begin === undefined || end === undefined) throw new RetriableError(`no bounds of ${topic}`);
      return { store, topic, begin, end };
    });
  }

  /**
   * The history to restore. When something of what is noted is lost, that is one of its own, which is to be made of the
   * inputs: from here on everybody knows. Throws `FatalError` when they are not complete.
   */
  async begin(task: Task, standing: Standing, bounds: readonly Bounds[], admin: Admin): Promise<History> {
    const noted = decodeHistory(standing.note);
    const loss = noted === undefined ? undefined : lossOf(noted, bounds);
    if (loss === undefined) {
      const reachOf = ({ store, begin, end }: Bounds): Reach => ({
        from: noted?.reaches.get(store)?.from ?? begin,
        to: end,
      });
      this.#history = {
        since: noted?.since ?? 0,
        reaches: new Map(bounds.map((each) => [each.store, reachOf(each)])),
        rebuilt: noted?.rebuilt,
      };
      return this.#history;
    }
    await checkInputs(loss, groupId(this.#application, this.#name.stage), standing, admin);
    observe.trouble.publish({ ...this.#name, error: new TaskCorruptedError(loss), action: 'rebuild' });
    this.#history = {
      since: Math.max(this.#scheduler.now(), (noted?.since ?? 0) + 1),
      reaches: new Map(bounds.map(({ store, end }) => [store, { from: end, to: end }])),
      rebuilt: new Map(standing.inputs.map(({ source, beginning }) => [source.topic, beginning])),
    };
    await task.commit({ records: [], positions: standing.positions, note: encodeHistory(this.#history) });
    return this.#history;
  }

  /** What the stores have changed, one record per key. */
  records(stores: StoreOverlay): readonly ProducedRecord[] {
    return stores.writes().map(({ store, key, value }) => ({
      topic: this.#topicOf.get(store)!,
      partition: this.#name.partition,
      key: Buffer.from(key, 'utf8'),
      value: value ?? null,
    }));
  }

  /**
   * The history as it will be when these changes are committed: each takes one offset at least, and the transaction's
   * marker another. Whoever looks next has fenced this task, so the marker is there by then. Without it a changelog that
   * was begun anew, with one late record of ours and the marker of its abort, would seem to reach as far.
   */
  after(changes: readonly ProducedRecord[]): History {
    const counts = new Map<string, bigint>();
    for (const { topic } of changes) counts.set(topic, (counts.get(topic) ?? 0n) + 1n);
    const reaches = new Map(this.#history.reaches);
    for (const [store, topic] of this.#topicOf) {
      const { from, to } = reaches.get(store)!;
      const count = counts.get(topic) ?? 0n;
      reaches.set(store, { from, to: count === 0n ? to : to + count + markers });
    }
    return { ...this.#history, reaches };
  }

  /** What the stores have changed becomes their committed state, at the ends that the brokers have told. */
  async promote(
    disk: StoreBackend,
    stores: StoreOverlay,
    committed: History,
    ends: readonly { topic: string; offset: bigint }[],
  ): Promise<void> {
    const checkpoints = new Map<string, Checkpoint>();
    const reaches = new Map(committed.reaches);
    for (const [store, topic] of this.#topicOf) {
      const end = ends.find((each) => each.topic === topic)?.offset;
      if (end === undefined) continue;
      const { from, to } = reaches.get(store)!;
      const reached = end + markers;
      // Begun anew under a running task: the note that was just committed tells whoever begins next.
      if (reached < to) throw new TaskCorruptedError(`changelog ${topic} ends at ${reached} instead of ${to} or later`);
      reaches.set(store, { from, to: reached });
      checkpoints.set(store, { position: end, since: committed.since, writtenAt: this.#scheduler.now() });
    }
    if (checkpoints.size > 0) await disk.write(stores.writes(), checkpoints);
    this.#history = { ...committed, reaches };
    stores.clear();
  }
}
