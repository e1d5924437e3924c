/**
 * One life of an application over in-memory brokers: the real workers and tasks, stepped by hand. It can die at any
 * named moment, as a process does: what it had in memory is gone, what it had asked of the brokers stays, and its group
 * goes on without it.
 */
import { stageWorkerSetup } from '../application.ts';
import { effectWorkerSetup } from '../effect-task.ts';
import type { EffectStage } from '../effects.ts';
import type { MemoryBroker } from '../memory/broker.ts';
import { memoryCluster } from '../memory/cluster.ts';
import type { MemoryConsumer } from '../memory/consumer.ts';
import type { TaskName } from '../observe.ts';
import type { Admin, KafkaCluster, Transaction } from '../ports.ts';
import type { Scheduler } from '../scheduler.ts';
import type { OpenBackend, StoreBackend } from '../store.ts';
import type { CrashPoint, TaskLimits } from '../task.ts';
import type { Topology } from '../topology.ts';
import { Worker } from '../worker.ts';

/** Thrown through everything when a test ends a process. */
export class SimulatedCrash extends Error {
  override readonly name = 'SimulatedCrash';
}

export type ProcessOptions = Readonly<{
  broker: MemoryBroker;
  scheduler: Scheduler;
  topology?: Topology;
  effects?: readonly EffectStage<never>[];
  openBackend: OpenBackend;
  limits?: Partial<TaskLimits>;
  pageSize?: number;
  /** Asked at every named moment; true ends the process there. */
  crashAt?: (point: CrashPoint, task: TaskName) => boolean;
}>;

export class TestProcess {
  readonly #options: ProcessOptions;
  readonly #consumers: MemoryConsumer[] = [];
  #workers: readonly Worker[] = [];
  #dead = false;

  private constructor(options: ProcessOptions) {
    this.#options = options;
  }

  static async start(options: ProcessOptions): Promise<TestProcess> {
    const started = new TestProcess(options);
    await started.#join();
    return started;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** One poll of every worker, and what follows from it. False when nothing came. Throws `SimulatedCrash` when it died. */
  async step(): Promise<boolean> {
    let events = 0;
    for (const worker of this.#workers) {
      try {
        events += await worker.pollOnce(0);
        await worker.idle();
      } catch (error) {
        if (this.#dead) throw new SimulatedCrash('the process has died', { cause: error });
        throw error;
      }
      this.#live();
    }
    return events > 0;
  }

  /** Ends as `kill -9` does. Resolves when nothing of it moves any more. */
  async kill(): Promise<void> {
    this.#dead = true;
    for (const consumer of this.#consumers) consumer.evict();
    await Promise.allSettled(this.#workers.map((worker) => worker.idle()));
  }

  /** The group gives its partitions to others, but it lives on and does not know. */
  isolate(): void {
    for (const consumer of this.#consumers) consumer.evict();
  }

  /** Ends in order. */
  async stop(): Promise<void> {
    for (const worker of this.#workers) await worker.close();
  }

  async #join(): Promise<void> {
    const { topology, effects = [], limits, scheduler } = this.#options;
    const cluster = this.#cluster();
    const admin = await cluster.admin();
    const common = {
      cluster,
      scheduler,
      ...(limits === undefined ? {} : { limits }),
      at: (point: CrashPoint, task: TaskName) => {
        this.#live();
        if (this.#options.crashAt?.(point, task) !== true) return;
        this.#dead = true;
        throw new SimulatedCrash(`at ${point} of ${task.stage}-${task.partition}`);
      },
    };
    const setups = [
      ...(topology?.stages ?? []).map((stage) =>
        stageWorkerSetup(topology!, stage, admin, () => cluster.reader(), {
          ...common,
          stateDir: '',
          openBackend: this.#backends(),
        }),
      ),
      ...effects.map((stage) => effectWorkerSetup(stage, admin, { ...common, chance: () => 0.5 })),
    ];
    const workers: Worker[] = [];
    for (const setup of setups) workers.push(await Worker.join(setup));
    this.#workers = workers;
  }

  #live(): void {
    if (this.#dead) throw new SimulatedCrash('the process is dead');
  }

  /** After its death a process asks nothing of the brokers any more, even where its code still runs in this test. */
  #cluster(): KafkaCluster {
    const { broker, scheduler, pageSize } = this.#options;
    const cluster = memoryCluster(broker, scheduler, pageSize);
    const guarded = <A extends readonly unknown[], R>(call: (...given: A) => Promise<R>) => {
      return async (...given: A): Promise<R> => {
        this.#live();
        const result = await call(...given);
        this.#live();
        return result;
      };
    };
    const guardTransaction = (transaction: Transaction): Transaction => ({
      send: guarded((records) => transaction.send(records)),
      sendOffsets: guarded((group, offsets) => transaction.sendOffsets(group, offsets)),
      commit: guarded(() => transaction.commit()),
      abort: guarded(() => transaction.abort()),
    });
    return {
      ...cluster,
      consumer: async (options) => {
        const consumer = await cluster.consumer(options);
        this.#consumers.push(consumer);
        return { ...consumer, poll: guarded((maxWaitMs) => consumer.poll(maxWaitMs)) };
      },
      transactionalProducer: guarded(async (...given: Parameters<KafkaCluster['transactionalProducer']>) => {
        const producer = await cluster.transactionalProducer(...given);
        return { ...producer, begin: guarded(async () => guardTransaction(await producer.begin())) };
      }),
      admin: async (): Promise<Admin> => {
        const admin = await cluster.admin();
        return {
          ...admin,
          endOffsets: guarded((sources) => admin.endOffsets(sources)),
          committedOffsets: guarded((groupId, sources) => admin.committedOffsets(groupId, sources)),
        };
      },
    };
  }

  /** The disk outlives the process, and gets nothing from it after its death. */
  #backends(): OpenBackend {
    return async (task) => {
      const backend: StoreBackend = await this.#options.openBackend(task);
      return {
        ...backend,
        write: async (writes, checkpoints) => {
          this.#live();
          await backend.write(writes, checkpoints);
        },
      };
    };
  }
}
