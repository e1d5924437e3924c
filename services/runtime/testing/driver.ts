/**
 * Runs the real tasks of a topology over in-memory brokers, for tests:
 *
 *     const driver = await openDriver(topology);
 *     await driver.pipe(orders, '100123', { total: 1999n });        // produce, then run until nothing moves
 *     expect(driver.read(commands)).toEqual([…]);                   // committed records not read before, in order
 *     expect(driver.store('orders', orderStore).get('100123'));     // committed state
 *     driver.crash('after-commit');                                 // die at that moment of the next transaction …
 *     await driver.pipe(orders, '100123', { total: 2999n });        // … and come back: outputs are what they would be
 *     driver.advance(60_000);                                       // move the clock
 *     await driver.close();
 *
 * Each `pipe` is a transaction of its own. `feed` produces without running, `run` runs: several records then make one
 * transaction. Records carry the driver's clock as their timestamp unless told otherwise.
 */
import type { EffectStage } from '../effects.ts';
import { MemoryBroker } from '../memory/broker.ts';
import type { TaskName } from '../observe.ts';
import { partitionOf } from '../partitioner.ts';
import type { RecordHeaders } from '../ports.ts';
import type { Scheduler } from '../scheduler.ts';
import { memoryBackends, type StoreBackend } from '../store.ts';
import type { CrashPoint, TaskLimits } from '../task.ts';
import { requiredEffectTopics, requiredTopics } from '../topics.ts';
import type { DeadLetter, Store, Topic, Topology } from '../topology.ts';
import { SimulatedCrash, TestProcess } from './process.ts';

export type DriverOptions = Readonly<{
  /** Of every topic. One is enough to see order; more show co-partitioning. */
  partitions?: number;
  /** Where the clock stands, epoch milliseconds. */
  startMs?: number;
  limits?: Partial<TaskLimits>;
  /** Stages with effects to run beside the topology. */
  effects?: readonly EffectStage<never>[];
  /** Topics to create besides those the topology names. */
  topics?: readonly string[];
}>;

export type PipeOptions = Readonly<{ timestamp?: bigint; headers?: RecordHeaders; partition?: number }>;

export type ReadRecord<V> = Readonly<{
  key: string;
  value: V | null;
  headers: RecordHeaders;
  timestamp: bigint;
  partition: number;
  offset: bigint;
}>;

export type TopologyDriver = Readonly<{
  /** Produces one record and runs until nothing moves. */
  pipe<V>(topic: Topic<V>, key: string, value: V | null, options?: PipeOptions): Promise<void>;
  /** The same with bytes as they are. */
  pipeBytes(topic: string, key: Buffer | null, value: Buffer | null, options?: PipeOptions): Promise<void>;
  /** Produces without running. */
  feed<V>(topic: Topic<V>, key: string, value: V | null, options?: PipeOptions): void;
  /** The same with bytes as they are. */
  feedBytes(topic: string, key: Buffer | null, value: Buffer | null, options?: PipeOptions): void;
  /** Runs until nothing moves, through any crash that was asked for. */
  run(): Promise<void>;
  /** Committed records of a topic that were not read before, partition by partition. */
  read<V>(topic: Topic<V>): readonly ReadRecord<V>[];
  /** All committed records of a topic, whatever was read before. */
  readAll<V>(topic: Topic<V>): readonly ReadRecord<V>[];
  deadLetters(): readonly DeadLetter[];
  /** Committed state of a stage's store. */
  store<V>(
    stage: string,
    store: Store<V>,
  ): Readonly<{ get(key: string): V | undefined; entries(): readonly (readonly [string, V])[] }>;
  /** The process dies the `nth` time (first by default) it comes to this moment, and is started anew. */
  crash(point: CrashPoint, nth?: number): void;
  /** Dies and comes back now, optionally on a new machine: without its disk. */
  restart(options?: { wipe?: boolean }): Promise<void>;
  advance(ms: number): void;
  now(): number;
  /** Makes the disk of a stage claim another position in its changelog (partition 0). */
  forge<V>(stage: string, store: Store<V>, position: bigint): Promise<void>;
  /** The disk of a stage (partition 0), for tests that put faults into it. */
  disk(stage: string): StoreBackend;
  /** For tests that put faults into the brokers. */
  broker: MemoryBroker;
  close(): Promise<void>;
}>;

/** A clock that jumps over every sleep, so that retries cost no time. */
const jumpingScheduler = (startMs: number): Scheduler & { advance(ms: number): void } => {
  let time = startMs;
  return {
    now: () => time,
    sleep: (ms) => {
      time += ms;
      return Promise.resolve();
    },
    advance: (ms) => {
      time += ms;
    },
  };
};

export const openDriver = async (topology: Topology, options: DriverOptions = {}): Promise<TopologyDriver> => {
  const { partitions = 1, startMs = Date.UTC(2026, 0, 1), effects = [], limits } = options;
  const scheduler = jumpingScheduler(startMs);
  const broker = new MemoryBroker(() => scheduler.now());
  const backends = memoryBackends();
  const names = new Set([
    ...requiredTopics(topology).map(({ topic }) => topic),
    ...effects.flatMap((stage) => requiredEffectTopics(stage).map(({ topic }) => topic)),
    ...(options.topics ?? []),
  ]);
  for (const topic of names) broker.createTopic({ topic, partitions, replication: 1, config: {} });
  await openSerdes(topology);

  let armed: { point: CrashPoint; left: number } | undefined;
  const crashAt = (point: CrashPoint, task: TaskName): boolean => {
    if (armed?.point !== point || task.application.length === 0) return false;
    armed.left--;
    if (armed.left > 0) return false;
    armed = undefined;
    return true;
  };
  const start = () =>
    TestProcess.start({
      broker,
      scheduler,
      topology,
      effects,
      openBackend: backends,
      crashAt,
      ...(limits === undefined ? {} : { limits }),
    });
  let process = await start();

  const restart = async ({ wipe = false }: { wipe?: boolean } = {}): Promise<void> => {
    await process.kill();
    if (wipe) backends.wipe();
    process = await start();
  };

  const run = async (): Promise<void> => {
    for (;;) {
      try {
        if (!(await process.step())) return;
      } catch (error) {
        if (!(error instanceof SimulatedCrash)) throw error;
        await restart();
      }
    }
  };

  const append = (topic: string, key: Buffer | null, value: Buffer | null, how: PipeOptions = {}): void => {
    const partition = how.partition ?? partitionOf(key, partitions);
    const { timestamp, headers = {} } = how;
    broker.append(broker.log({ topic, partition }), { key, value, headers, timestamp });
  };
  const feed = <V>(topic: Topic<V>, key: string, value: V | null, how?: PipeOptions): void =>
    append(topic.name, Buffer.from(key), value === null ? null : topic.value.encode(value), how);

  const readFrom = <V>(topic: Topic<V>, from: (partition: number) => bigint): ReadRecord<V>[] =>
    Array.from({ length: broker.partitionCount(topic.name) ?? 0 }, (_, partition) =>
      broker
        .log({ topic: topic.name, partition })
        .read(from(partition), Infinity)
        .records.map(({ key, value, headers, timestamp, offset }) => ({
          key: key?.toString() ?? '',
          value: value === null ? null : topic.value.decode(value),
          headers,
          timestamp,
          partition,
          offset,
        })),
    ).flat();

  const readUpTo = new Map<string, bigint>();
  return {
    feed,
    feedBytes: append,
    run,
    restart,
    broker,
    pipe: async (topic, key, value, how) => {
      feed(topic, key, value, how);
      await run();
    },
    pipeBytes: async (topic, key, value, how) => {
      append(topic, key, value, how);
      await run();
    },
    readAll: (topic) => readFrom(topic, () => 0n),
    read: (topic) => {
      const records = readFrom(topic, (partition) => readUpTo.get(`${topic.name}/${partition}`) ?? 0n);
      for (const { partition, offset } of records) readUpTo.set(`${topic.name}/${partition}`, offset + 1n);
      return records;
    },
    deadLetters: () => readFrom(topology.deadLetters, () => 0n).flatMap(({ value }) => value ?? []),
    store: (stage, store) => {
      const stores = topology.stages.find(({ name }) => name === stage)?.stores.map(({ name }) => name);
      if (stores?.includes(store.name) !== true) throw new Error(`stage ${stage} has no store ${store.name}`);
      const each = (): StoreBackend[] =>
        Array.from({ length: partitions }, (_, partition) =>
          backends.peek({ application: topology.application, stage, partition }),
        ).filter((backend) => backend !== undefined);
      return {
        get: (key) => {
          const bytes = each()
            .map((backend) => backend.get(store.name, key))
            .find((found) => found !== undefined);
          return bytes === undefined ? undefined : store.value.decode(bytes);
        },
        entries: () =>
          each()
            .flatMap((backend) => [...backend.entries(store.name)])
            .map(([key, bytes]) => [key, store.value.decode(bytes)] as const)
            .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
      };
    },
    crash: (point, nth = 1) => {
      armed = { point, left: nth };
    },
    forge: async (stage, store, position) => {
      const backend = backends.peek({ application: topology.application, stage, partition: 0 });
      const since = backend?.checkpoint(store.name)?.since ?? 0;
      await backend?.write([], new Map([[store.name, { position, since, writtenAt: scheduler.now() }]]));
    },
    disk: (stage) => {
      const backend = backends.peek({ application: topology.application, stage, partition: 0 });
      if (backend === undefined) throw new Error(`stage ${stage} has kept nothing yet`);
      return backend;
    },
    advance: (ms) => scheduler.advance(ms),
    now: () => scheduler.now(),
    close: () => process.stop(),
  };
};

const openSerdes = async (topology: Topology): Promise<void> => {
  for (const { inputs, outputs, stores } of topology.stages) {
    for (const { topic } of inputs) await topic.value.open?.();
    for (const { value } of [...outputs, ...stores]) await value.open?.();
  }
  await topology.deadLetters.value.open?.();
};
