/**
 * One stage in one process: a group member whose partitions become tasks. It polls, hands out what it gets, and keeps
 * the tasks in step with the assignment. Tasks run side by side, each in its own order.
 */
import { RetriableError, TaskMigratedError } from './errors.ts';
import { observe, type RestoreProgress, type TaskName } from './observe.ts';
import type { Admin, ConsumerEvent, GroupConsumer, KafkaCluster, TopicPartition } from './ports.ts';
import type { Scheduler } from './scheduler.ts';
import { Task, type CrashPoint, type TaskEnvironment, type TaskLimits, type TaskState, type TaskWork } from './task.ts';
import { groupId } from './topics.ts';

/** How long a task that lost its partition waits for the rebalance that explains it, before the worker rejoins. */
const rebalanceGraceMs = 1000;

export type WorkerSetup = Readonly<{
  application: string;
  stage: string;
  topics: readonly string[];
  merged: boolean;
  cluster: KafkaCluster;
  admin: Admin;
  scheduler: Scheduler;
  limits: TaskLimits;
  instance: string | undefined;
  at: ((point: CrashPoint, task: TaskName) => void) | undefined;
  work: (name: TaskName) => TaskWork;
}>;

export type TaskStatus = Readonly<{
  partition: number;
  state: TaskState;
  buffered: number;
  /** How far its stores are brought back, while that goes on. */
  restoring?: Omit<RestoreProgress, keyof TaskName>;
  /** Its disk is full or failing: it does nothing until there is room. */
  waitsForDisk?: true;
}>;

export class Worker {
  readonly #setup: WorkerSetup;
  readonly #consumer: GroupConsumer;
  readonly #groupId: string;
  readonly #tasks = new Map<number, Task>();
  #assigned: readonly TopicPartition[] = [];
  #stopping = false;
  /** Since when a task has been without an owner's right to it, while we believe the partition ours. */
  #orphanedSince: number | undefined;
  #failure: { error: unknown } | undefined;

  private constructor(setup: WorkerSetup, consumer: GroupConsumer) {
    this.#setup = setup;
    this.#consumer = consumer;
    this.#groupId = groupId(setup.application, setup.stage);
  }

  /** Joins the stage's group. */
  static async join(setup: WorkerSetup): Promise<Worker> {
    const consumer = await setup.cluster.consumer({
      groupId: groupId(setup.application, setup.stage),
      topics: setup.topics,
      ...(setup.instance === undefined ? {} : { clientId: setup.instance }),
    });
    return new Worker(setup, consumer);
  }

  status(): readonly TaskStatus[] {
    return [...this.#tasks.values()].map((task) => ({
      partition: task.name.partition,
      state: task.state,
      buffered: task.inputs.queues.reduce((sum, _, index) => sum + task.inputs.buffered(index), 0),
      ...restoringOf(task),
      ...(task.waitsForDisk ? { waitsForDisk: true as const } : {}),
    }));
  }

  /**
   * Polls until stopped. Throws what ended it: `TaskMigratedError` and `RetriableError` ask for a new worker, anything
   * else is for a person. Tasks are closed either way.
   */
  async run(): Promise<void> {
    try {
      while (!this.#stopping) await this.pollOnce(200);
    } finally {
      await this.#closeAll();
      await this.#consumer.close();
    }
  }

  /** Asks `run` to end after the transactions under way. */
  stop(): void {
    this.#stopping = true;
  }

  /** One round. Returns how many events it brought. */
  async pollOnce(maxWaitMs: number): Promise<number> {
    const events = await this.#consumer.poll(maxWaitMs);
    for (const event of events) await this.#handle(event);
    this.#reviewEnds();
    for (const task of this.#tasks.values()) task.tick();
    return events.length;
  }

  /** Resolves when no task has anything to do. Throws when one failed for good. */
  async idle(): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => task.idle()));
    this.#reviewEnds();
  }

  /** Ends everything in order: open transactions are finished, then the group is left. */
  async close(): Promise<void> {
    this.#stopping = true;
    await this.#closeAll();
    await this.#consumer.close();
  }

  async #handle(event: ConsumerEvent): Promise<void> {
    switch (event.kind) {
      case 'assigned':
        await this.#reassign(event.partitions);
        return;
      case 'records':
        this.#tasks
          .get(event.source.partition)
          ?.offer(event.source, event.fetchOffset, event.records, event.nextOffset);
        return;
      case 'lost':
        await this.#reassign([]);
        return;
    }
  }

  async #reassign(partitions: readonly TopicPartition[]): Promise<void> {
    this.#assigned = partitions;
    this.#orphanedSince = undefined;
    const wanted = new Set(partitions.map(({ partition }) => partition));
    const gone = [...this.#tasks].filter(([partition, task]) => !wanted.has(partition) || task.end !== undefined);
    for (const [partition] of gone) this.#tasks.delete(partition);
    await Promise.all(gone.map(([, task]) => task.close()));
    for (const task of this.#tasks.values()) task.reassigned();
    for (const partition of wanted) if (!this.#tasks.has(partition)) this.#create(partition);
  }

  #create(partition: number): void {
    const { application, stage, merged, work, cluster, admin, scheduler, limits, at } = this.#setup;
    const name = { application, stage, partition };
    const sources = this.#setup.topics.flatMap((topic) =>
      this.#assigned.filter((source) => source.topic === topic && source.partition === partition),
    );
    const consumer = this.#consumer;
    const environment: TaskEnvironment = { cluster, admin, consumer, scheduler, limits, at };
    const task = new Task(name, this.#groupId, sources, merged, work(name), environment);
    this.#tasks.set(partition, task);
    task.wake();
  }

  /**
   * Tasks that ended by themselves: fenced in an older generation, they start anew if the partition is ours in this one;
   * fenced in this generation, the worker rejoins, unless a rebalance explains it in time.
   */
  #reviewEnds(): void {
    if (this.#failure !== undefined) throw asError(this.#failure.error);
    for (const [partition, task] of [...this.#tasks]) {
      const { end } = task;
      if (end === undefined) continue;
      if (!(end.error instanceof TaskMigratedError)) {
        this.#failure = end;
        throw asError(end.error);
      }
      if (this.#consumer.metadata().generation > end.generation) {
        this.#create(partition);
        continue;
      }
      const now = this.#setup.scheduler.now();
      this.#orphanedSince ??= now;
      if (now - this.#orphanedSince >= rebalanceGraceMs) throw end.error;
    }
  }

  async #closeAll(): Promise<void> {
    const tasks = [...this.#tasks.values()];
    this.#tasks.clear();
    await Promise.all(tasks.map((task) => task.close()));
  }
}

const restoringOf = ({ restoring }: Task): Pick<TaskStatus, 'restoring'> => {
  if (restoring === undefined) return {};
  const { store, source, from, position, end, records, done } = restoring;
  return { restoring: { store, source, from, position, end, records, done } };
};

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/**
 * Keeps a stage working: joins, and joins again with growing pauses when the worker ended for a reason that passes.
 * Resolves when stopped; rejects with what does not pass.
 */
export const superviseWorker = async (
  setup: WorkerSetup,
  signal: AbortSignal,
  onWorker: (worker: Worker | undefined) => void,
): Promise<void> => {
  const { scheduler, limits, application, stage } = setup;
  for (let failures = 0; !signal.aborted;) {
    const began = scheduler.now();
    let worker: Worker | undefined;
    const stop = () => worker?.stop();
    signal.addEventListener('abort', stop);
    try {
      worker = await Worker.join(setup);
      onWorker(worker);
      if (signal.aborted as boolean) worker.stop();
      await worker.run();
    } catch (error) {
      if (!(error instanceof TaskMigratedError || error instanceof RetriableError)) throw error;
      observe.trouble.publish({ application, stage, partition: undefined, error, action: 'rejoin' });
      if (scheduler.now() - began > 60_000) failures = 0;
      await scheduler.sleep(Math.min(limits.retryMaxMs, limits.retryMs * 2 ** Math.min(failures++, 16)), signal);
    } finally {
      signal.removeEventListener('abort', stop);
      onWorker(undefined);
    }
  }
};
