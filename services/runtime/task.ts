/**
 * The life of a task: one stage, one partition, one transactional producer. Order is everything here:
 *
 *   CREATED ──► RESTORING ──► RUNNING ──► SUSPENDED ──► CLOSED
 *      │            │                      │   ▲  ▲        ▲
 *      │            └──────────────────────┼───┘  │        │
 *      │                        RESTORING ◄┘──────┘        │
 *      └───────────────────────────────────────────────────┘
 *
 * RESTORING opens the producer (which fences the predecessor and ends its transaction), re-reads the committed positions,
 * brings the stores to them and seeks; nothing is processed before that is done, and what was fetched before is
 * dropped. RUNNING commits work in transactions. Whatever fails leads to SUSPENDED: uncommitted state is gone and the
 * producer with it, since the outcome of a failed commit is unknown until the positions are read again. From there the
 * task starts over, or closes when it belongs to somebody else.
 */
import { DiskUnwritableError, FatalError, RetriableError, TaskCorruptedError, TaskMigratedError } from './errors.ts';
import { Inputs } from './inputs.ts';
import { observe, type RestoreProgress, type TaskName } from './observe.ts';
import type {
  Admin,
  GroupConsumer,
  KafkaCluster,
  ProducedRecord,
  TopicPartition,
  TransactionalProducer,
} from './ports.ts';
import type { Scheduler } from './scheduler.ts';
import { transactionalId } from './topics.ts';

export type TaskState = 'CREATED' | 'RESTORING' | 'RUNNING' | 'SUSPENDED' | 'CLOSED';

const legalMoves: Readonly<Record<TaskState, readonly TaskState[]>> = {
  CREATED: ['RESTORING', 'CLOSED'],
  RESTORING: ['RUNNING', 'SUSPENDED'],
  RUNNING: ['SUSPENDED'],
  SUSPENDED: ['RESTORING', 'CLOSED'],
  CLOSED: [],
};

/** Moments between two steps of a task. Tests end the world at them; `observe.passing` tells of them. */
export type CrashPoint =
  | 'before-fence'
  | 'after-fence'
  | 'after-restore'
  | 'mid-batch'
  | 'before-transaction'
  | 'after-produce'
  | 'after-offsets'
  | 'before-commit'
  | 'after-commit'
  | 'after-promote';

export type TaskLimits = Readonly<{
  /** Most records and bytes in one transaction. */
  batchRecords: number;
  batchBytes: number;
  /** An input with more than this waiting is paused until half of it is gone. */
  bufferRecords: number;
  bufferBytes: number;
  /** How long positions over control records may stay uncommitted. */
  idleCommitMs: number;
  retryMs: number;
  retryMaxMs: number;
}>;

export const defaultLimits: TaskLimits = {
  batchRecords: 1000,
  batchBytes: 4 * 1024 * 1024,
  bufferRecords: 3000,
  bufferBytes: 16 * 1024 * 1024,
  idleCommitMs: 5000,
  retryMs: 50,
  retryMaxMs: 5000,
};

export type TaskEnvironment = Readonly<{
  cluster: KafkaCluster;
  admin: Admin;
  consumer: Pick<GroupConsumer, 'seek' | 'pause' | 'resume' | 'metadata'>;
  scheduler: Scheduler;
  limits: TaskLimits;
  at: ((point: CrashPoint, task: TaskName) => void) | undefined;
}>;

/** Where a task's group stands, read after fencing. An input without a committed position stands at its beginning. */
export type Standing = Readonly<{
  inputs: readonly Readonly<{ source: TopicPartition; position: bigint; beginning: bigint; committed: boolean }>[];
  positions: readonly bigint[];
  /** What the work committed with the positions. */
  note: string | undefined;
}>;

/** What a task does between its beginning and its end. */
export interface TaskWork {
  /**
   * Opens what is local and brings it to where the group stands. The producer is open, and transactions that move no
   * input may be committed. Gives up when the task's signal aborts.
   */
  restore(task: Task, standing: Standing): Promise<void>;
  /** Does what can be done now, in one transaction. False when there is nothing to do until more arrives. */
  step(task: Task): Promise<boolean>;
  /** How far each input is done: what may be committed without further work. */
  positions(task: Task): readonly bigint[];
  /** How far its restore is, while it is under way. */
  restoring(): RestoreProgress | undefined;
  /** Something has arrived while a step may be waiting. */
  arrived(): void;
  /** Everything uncommitted is void. */
  discard(): Promise<void>;
  /** Local state is not to be trusted. */
  wipe(): Promise<void>;
  /** A clean end is asked for: give up what may be given up. */
  stopping(): void;
  /** The clean end is near: commit what is done and not committed. */
  finish(task: Task): Promise<void>;
  close(): Promise<void>;
}

/** What goes into one transaction, and how far it brings each input. */
export type TransactionContent = Readonly<{
  records: readonly ProducedRecord[];
  positions: readonly bigint[];
  /** Kept with the positions, and told at the next beginning. The one before stays when left out. */
  note?: string;
}>;

/** How a task ended that nobody asked to end, and in which generation it had asked for what it was refused. */
export type TaskEnd = Readonly<{ error: unknown; generation: number }>;

export class Task {
  readonly name: TaskName;
  readonly inputs: Inputs;
  readonly #environment: TaskEnvironment;
  readonly #work: TaskWork;
  readonly #groupId: string;
  readonly #stop = new AbortController();
  #state: TaskState = 'CREATED';
  #producer: TransactionalProducer | undefined;
  #committed: bigint[] = [];
  /** Committed with the position of the first input. */
  #note: string | undefined;
  #lastCommitAt = 0;
  #loop: Promise<void> | undefined;
  #again = false;
  #failures = 0;
  /** The local state is not to be trusted: it is wiped before anything else. */
  #distrusted = false;
  /** The disk refused the last write. */
  #waitsForDisk = false;
  #end: TaskEnd | undefined;
  /** The generation in which the last thing was asked for that may be refused to an old one. */
  #generation = -1;

  constructor(
    name: TaskName,
    groupId: string,
    sources: readonly TopicPartition[],
    merged: boolean,
    work: TaskWork,
    environment: TaskEnvironment,
  ) {
    this.name = name;
    this.inputs = new Inputs(sources, merged);
    this.#groupId = groupId;
    this.#work = work;
    this.#environment = environment;
  }

  // Status

  get state(): TaskState {
    return this.#state;
  }

  /** Why it ended, when it was not asked to. */
  get end(): TaskEnd | undefined {
    return this.#end;
  }

  /** Whether it waits until its disk takes writes again. */
  get waitsForDisk(): boolean {
    return this.#waitsForDisk;
  }

  get restoring(): RestoreProgress | undefined {
    return this.#work.restoring();
  }

  /** Aborted when the task is asked to stop. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  get limits(): TaskLimits {
    return this.#environment.limits;
  }

  /** Resolves when the task has nothing to do. */
  async idle(): Promise<void> {
    while (this.#loop !== undefined) await this.#loop;
  }

  // Runtime

  /** Looks for work, now or as soon as the present round is over. */
  wake(): void {
    this.#again = true;
    this.#work.arrived();
    this.#loop ??= this.#run();
  }

  /** Takes in fetched records. What does not follow on what came before is refused, and fetched anew. */
  offer(
    source: TopicPartition,
    fetchOffset: bigint,
    records: Parameters<Inputs['offer']>[2],
    nextOffset: bigint,
  ): void {
    if (this.#state !== 'RUNNING') return;
    const index = this.inputs.queues.findIndex(({ source: { topic } }) => topic === source.topic);
    const input = this.inputs.queues[index];
    if (input === undefined) return;
    if (!this.inputs.offer(index, fetchOffset, records, nextOffset)) {
      this.#environment.consumer.seek(source, input.position);
      return;
    }
    const { bufferRecords, bufferBytes } = this.limits;
    if (!input.paused && (this.inputs.buffered(index) > bufferRecords || input.bytes > bufferBytes)) {
      input.paused = true;
      this.#environment.consumer.pause([source]);
    }
    this.wake();
  }

  /** The consumer's positions are void (a new generation): continue where this task is. */
  reassigned(): void {
    if (this.#state !== 'RUNNING') return;
    for (const input of this.inputs.queues) {
      input.paused = false;
      this.#environment.consumer.seek(input.source, input.position);
    }
  }

  /** Where inputs end now, for those of `indexes`; what had arrived before this call is covered by the answer. */
  async sampleEnds(indexes: readonly number[]): Promise<void> {
    const arrival = this.inputs.arrivals;
    const ends = await this.#environment.admin.endOffsets(indexes.map((index) => this.inputs.queues[index]!.source));
    for (const index of indexes) {
      const { topic } = this.inputs.queues[index]!.source;
      const end = ends.find((each) => each.topic === topic);
      if (end === undefined) throw new RetriableError(`no end offset of ${topic}`);
      this.inputs.sampled(index, arrival, end.high, end.stable);
    }
  }

  /** Fetches again what was paused, once half of it is gone. */
  relieve(): void {
    const { bufferRecords, bufferBytes } = this.limits;
    this.inputs.queues.forEach((input, index) => {
      if (!input.paused || this.inputs.buffered(index) > bufferRecords / 2 || input.bytes > bufferBytes / 2) return;
      input.paused = false;
      this.#environment.consumer.resume([input.source]);
    });
  }

  /**
   * One transaction: records and positions together. Returns where the records of each written partition end. When it
   * throws, the outcome is unknown.
   */
  async commit({
    records,
    positions,
    note = this.#note,
  }: TransactionContent): Promise<readonly (TopicPartition & { offset: bigint })[]> {
    const producer = this.#producer;
    if (producer === undefined) throw new FatalError('a task commits only while it is running');
    this.at('before-transaction');
    const group = this.#environment.consumer.metadata();
    this.#generation = group.generation;
    const offsets = this.inputs.queues.flatMap(({ source }, index) => {
      const offset = positions[index]!;
      const noted = index === 0 && note !== undefined ? { note } : {};
      const same = offset === this.#committed[index] && (index > 0 || note === this.#note);
      return same ? [] : [{ ...source, offset, ...noted }];
    });
    const transaction = await producer.begin();
    const produce = async () => {
      const written = await transaction.send(records);
      this.at('after-produce');
      return written;
    };
    const send = async () => {
      await transaction.sendOffsets(group, offsets);
      this.at('after-offsets');
    };
    const [ends] = await Promise.all([records.length > 0 ? produce() : [], offsets.length > 0 ? send() : undefined]);
    this.at('before-commit');
    await transaction.commit();
    this.at('after-commit');
    this.#committed = [...positions];
    this.#note = note;
    this.#lastCommitAt = this.#environment.scheduler.now();
    this.#failures = 0;
    return ends;
  }

  at(point: CrashPoint): void {
    this.#environment.at?.(point, this.name);
    if (observe.passing.watched) observe.passing.publish({ ...this.name, point });
  }

  /** Commits positions that moved over control records only, when they have been waiting long enough. */
  tick(): void {
    if (this.#state !== 'RUNNING' || this.#loop !== undefined) return;
    const waited = this.#environment.scheduler.now() - this.#lastCommitAt;
    if (waited >= this.limits.idleCommitMs && this.#positionsMoved()) this.wake();
  }

  /** The end: after the present transaction, with what is done committed. Never throws for being fenced meanwhile. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#work.stopping();
    await this.idle();
    if (this.#state === 'CLOSED') return;
    if (this.#state === 'RUNNING') {
      try {
        await this.#work.finish(this);
        if (this.#positionsMoved()) await this.commit({ records: [], positions: this.#processed() });
      } catch (error) {
        // Somebody else owns it by now, or will find out where it stands.
        this.#trouble(error, error instanceof TaskMigratedError ? 'rejoin' : 'retry');
      }
    }
    await this.#shut('asked to');
  }

  // Inside

  #processed(): readonly bigint[] {
    return this.#work.positions(this);
  }

  #positionsMoved(): boolean {
    return this.#processed().some((position, index) => position !== this.#committed[index]);
  }

  async #run(): Promise<void> {
    // Never in the caller's own turn: whoever wakes a task is not delayed by it.
    await Promise.resolve();
    while (this.#again && !this.signal.aborted && !this.#isClosed()) {
      this.#again = false;
      try {
        if (this.#state !== 'RUNNING') await this.#begin();
        if (await this.#work.step(this)) this.#again = true;
        else await this.#commitIdlePositions();
        this.relieve();
      } catch (error) {
        await this.#recover(error);
      }
    }
    this.#loop = undefined;
    // A wake-up may have come while the loop was ending.
    if (this.#again && !this.signal.aborted && !this.#isClosed()) this.wake();
  }

  #isClosed(): boolean {
    return this.#state === 'CLOSED';
  }

  async #commitIdlePositions(): Promise<void> {
    const { scheduler, limits } = this.#environment;
    if (scheduler.now() - this.#lastCommitAt < limits.idleCommitMs || !this.#positionsMoved()) return;
    await this.commit({ records: [], positions: this.#processed() });
  }

  /** The initial steps, in the only safe order. */
  async #begin(): Promise<void> {
    const { cluster, consumer, scheduler } = this.#environment;
    if (this.#distrusted) await this.#work.wipe();
    this.#distrusted = false;
    this.#move('RESTORING');
    this.#generation = consumer.metadata().generation;
    this.at('before-fence');
    const { application, stage, partition } = this.name;
    this.#producer = await cluster.transactionalProducer(transactionalId(application, stage, partition));
    this.at('after-fence');
    const standing = await this.#standing();
    const { positions } = standing;
    this.#committed = [...positions];
    this.#note = standing.note;
    await this.#work.restore(this, standing);
    this.at('after-restore');
    this.inputs.reset(positions);
    this.#lastCommitAt = scheduler.now();
    this.#diskIs(true);
    this.#move('RUNNING');
    const sources = this.inputs.queues.map(({ source }) => source);
    sources.forEach((source, index) => consumer.seek(source, positions[index]!));
    consumer.resume(sources);
  }

  /** Where the group stands. Nobody else can change it once this task's producer is open. */
  async #standing(): Promise<Standing> {
    const { admin } = this.#environment;
    const sources = this.inputs.queues.map(({ source }) => source);
    const [committed, beginnings] = await Promise.all([
      admin.committedOffsets(this.#groupId, sources),
      admin.beginningOffsets(sources),
    ]);
    const found = sources.map(({ topic }) => committed.find((each) => each.topic === topic));
    const inputs = sources.map((source, index) => {
      const { topic, partition } = source;
      const beginning = beginnings.find((each) => each.topic === topic)?.offset ?? 0n;
      const position = found[index]?.offset;
      if (position !== undefined && position < beginning)
        throw new FatalError(
          `${topic}/${partition} begins at ${beginning}, but ${this.#groupId} has read only up to ${position}: ` +
            'records were deleted before they were processed. Decide what they were, then move the group.',
        );
      return { source, position: position ?? beginning, beginning, committed: position !== undefined };
    });
    return {
      inputs,
      positions: inputs.map(({ position }) => position),
      // With the first input, unless another one was first then.
      note: found.find((each) => each?.note !== undefined)?.note,
    };
  }

  async #recover(error: unknown): Promise<void> {
    const corrupted = error instanceof TaskCorruptedError;
    const unwritable = error instanceof DiskUnwritableError;
    if (error instanceof RetriableError || corrupted || unwritable) {
      if (!unwritable) this.#trouble(error, corrupted ? 'wipe' : 'retry');
      else this.#diskIs(false, error);
      await this.#suspend(error.message);
      if (corrupted) this.#distrusted = true;
      const { scheduler, limits } = this.#environment;
      const asked = error instanceof RetriableError ? error.retryAfterMs : undefined;
      const backoff = Math.min(limits.retryMaxMs, limits.retryMs * 2 ** Math.min(this.#failures++, 16));
      await scheduler.sleep(asked ?? backoff, this.signal);
      this.#again = true;
      return;
    }
    this.#end = { error, generation: this.#generation };
    this.#trouble(error, error instanceof TaskMigratedError ? 'rejoin' : 'stop');
    await this.#shut(error instanceof Error ? error.message : String(error));
  }

  async #suspend(reason: string): Promise<void> {
    if (this.#state !== 'SUSPENDED' && this.#state !== 'CREATED') this.#move('SUSPENDED', reason);
    const producer = this.#producer;
    this.#producer = undefined;
    await this.#work.discard();
    await producer?.close();
  }

  async #shut(reason: string): Promise<void> {
    await this.#suspend(reason);
    this.#move('CLOSED', reason);
    await this.#work.close();
  }

  #move(to: TaskState, reason?: string): void {
    const from = this.#state;
    if (!legalMoves[from].includes(to)) throw new FatalError(`a task cannot go from ${from} to ${to}`);
    this.#state = to;
    observe.task.publish({ ...this.name, from, to, reason });
  }

  /** Says once that the disk refuses writes, and once that it takes them again. */
  #diskIs(writable: boolean, error?: unknown): void {
    if (this.#waitsForDisk !== writable) return;
    this.#waitsForDisk = !writable;
    observe.disk.publish({ ...this.name, writable, error });
    if (!writable) this.#trouble(error, 'wait');
  }

  #trouble(error: unknown, action: 'retry' | 'wipe' | 'wait' | 'rejoin' | 'stop'): void {
    const { application, stage, partition } = this.name;
    observe.trouble.publish({ application, stage, partition, error, action });
  }
}
