/** A task's side of its changelogs: what goes into them, what is noted of them, and whether they still hold it. */
import { nameAt, nameRecord } from './changelog-name.ts';
import { RetriableError, TaskCorruptedError } from './errors.ts';
import { decodeHistory, encodeHistory, lossOf, type Bounds, type History, type Reach } from './history.ts';
import { observe, type TaskName } from './observe.ts';
import type { Admin, PartitionReader, ProducedRecord } from './ports.ts';
import { checkInputs } from './rebuild.ts';
import type { Scheduler } from './scheduler.ts';
import type { Checkpoint, StoreBackend, StoreOverlay } from './store.ts';
import type { Standing, Task } from './task.ts';
import { changelogTopic, groupId } from './topics.ts';
import type { Stage } from './topology.ts';

/** Where the records of a transaction end, by topic: its marker follows. */
type Ends = readonly Readonly<{ topic: string; offset: bigint }>[];

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

  /** What is noted and not there any more, said in a sentence; undefined when nothing is missing. */
  async lossOf(noted: History, bounds: readonly Bounds[], reader: PartitionReader): Promise<string | undefined> {
    const loss = lossOf(noted, bounds);
    if (loss !== undefined) return loss;
    const { partition } = this.#name;
    for (const { store, topic, end } of bounds) {
      const named = noted.reaches.get(store)?.named;
      if (named === undefined) continue;
      const name = await nameAt(reader, { topic, partition }, named, end);
      if (name !== noted.since)
        return `changelog ${topic} is not the one that was written: at ${named} it has ${name === undefined ? 'no name' : `the name ${name}`} instead of ${noted.since}`;
    }
    return undefined;
  }

  /**
   * The history to restore, which is one with a name. When something of what is noted is lost, that is one of its own,
   * to be made of the inputs: from here on everybody knows. Throws `FatalError` when they are not complete. What has no
   * name yet is believed as far as it is noted, once, and gets one.
   */
  async begin(
    task: Task,
    standing: Standing,
    bounds: readonly Bounds[],
    { admin, reader }: Readonly<{ admin: Admin; reader: PartitionReader }>,
  ): Promise<History> {
    const noted = decodeHistory(standing.note);
    const loss = noted === undefined ? undefined : await this.lossOf(noted, bounds, reader);
    if (loss !== undefined) {
      await checkInputs(loss, groupId(this.#application, this.#name.stage), standing, admin);
      observe.trouble.publish({ ...this.#name, error: new TaskCorruptedError(loss), action: 'rebuild' });
      const beginnings = standing.inputs.map(({ source, beginning }) => [source.topic, beginning] as const);
      return this.#named(task, standing, bounds, noted, { from: ({ end }) => end, rebuilt: new Map(beginnings) });
    }
    const from = ({ store, begin }: Bounds): bigint => noted?.reaches.get(store)?.from ?? begin;
    const named = ({ store }: Bounds): bigint | undefined => noted?.reaches.get(store)?.named;
    if (noted === undefined || !bounds.every((each) => named(each) !== undefined))
      return this.#named(task, standing, bounds, noted, { from, rebuilt: noted?.rebuilt });
    const reaches = bounds.map((each): [string, Reach] => [
      each.store,
      { from: from(each), to: each.end, named: named(each) },
    ]);
    this.#history = { ...noted, reaches: new Map(reaches) };
    return this.#history;
  }

  /**
   * Gives all changelogs of the task a new name and notes it, in one transaction. Only then does anything go by it, so
   * whatever was made anew before has the name, and whatever is made anew after has not.
   */
  async #named(
    task: Task,
    standing: Standing,
    bounds: readonly Bounds[],
    noted: History | undefined,
    { from, rebuilt }: Readonly<{ from: (bounds: Bounds) => bigint; rebuilt: History['rebuilt'] }>,
  ): Promise<History> {
    const { partition } = this.#name;
    const since = Math.max(this.#scheduler.now(), (noted?.since ?? 0) + 1);
    this.#history = {
      since,
      reaches: new Map(bounds.map((each) => [each.store, { from: from(each), to: each.end, named: each.end }])),
      rebuilt,
    };
    const records = bounds.map(({ topic }) => nameRecord({ topic, partition }, since));
    const next = this.after(records);
    const ends = await task.commit({ records, positions: standing.positions, note: encodeHistory(next) });
    this.#history = this.#reached(next, ends);
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
      const reach = reaches.get(store)!;
      const count = counts.get(topic) ?? 0n;
      if (count > 0n) reaches.set(store, { ...reach, to: reach.to + count + markers });
    }
    return { ...this.#history, reaches };
  }

  /** What the stores have changed becomes their committed state, at the ends that the brokers have told. */
  async promote(disk: StoreBackend, stores: StoreOverlay, committed: History, ends: Ends): Promise<void> {
    const history = this.#reached(committed, ends);
    const checkpoints = new Map<string, Checkpoint>();
    for (const [store, topic] of this.#topicOf) {
      const end = ends.find((each) => each.topic === topic)?.offset;
      if (end === undefined) continue;
      checkpoints.set(store, { position: end, since: committed.since, writtenAt: this.#scheduler.now() });
    }
    if (checkpoints.size > 0) await disk.write(stores.writes(), checkpoints);
    this.#history = history;
    stores.clear();
  }

  /** The history with the ends that the brokers have told of its last transaction. */
  #reached(committed: History, ends: Ends): History {
    const reaches = new Map(committed.reaches);
    for (const [store, topic] of this.#topicOf) {
      const end = ends.find((each) => each.topic === topic)?.offset;
      if (end === undefined) continue;
      const reach = reaches.get(store)!;
      const reached = end + markers;
      // Begun anew under a running task: the note that was just committed tells whoever begins next.
      if (reached < reach.to)
        throw new TaskCorruptedError(`changelog ${topic} ends at ${reached} instead of ${reach.to} or later`);
      reaches.set(store, { ...reach, to: reached });
    }
    return { ...committed, reaches };
  }
}
