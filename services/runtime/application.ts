/** Runs a topology: a supervised worker per stage. */
import { FatalError } from './errors.ts';
import type { Admin, KafkaCluster, PartitionReader } from './ports.ts';
import { systemScheduler, type Scheduler } from './scheduler.ts';
import { stageWork } from './stage-work.ts';
import type { OpenBackend } from './store.ts';
import { diskBackends } from './disk-store.ts';
import { defaultLimits, type CrashPoint, type TaskLimits } from './task.ts';
import type { TaskName } from './observe.ts';
import { groupId, isMerged, requiredTopics } from './topics.ts';
import type { Serde, Stage, Topology } from './topology.ts';
import { superviseWorker, type TaskStatus, type Worker, type WorkerSetup } from './worker.ts';

export type ApplicationOptions = Readonly<{
  cluster: KafkaCluster;
  /** Directory of the stores: `<stateDir>/<application>/<stage>-<partition>`. */
  stateDir: string;
  /** Told what happens, for people. Metrics and details: `observe.ts`. */
  logger?: Readonly<{ info(detail: object, message: string): void; error(detail: object, message: string): void }>;
  /** Client id, to tell processes apart in the brokers' logs. */
  instance?: string;
  scheduler?: Scheduler;
  limits?: Partial<TaskLimits>;
  /** Instead of the disk. */
  openBackend?: OpenBackend;
  at?: (point: CrashPoint, task: TaskName) => void;
}>;

export type StageStatus = Readonly<{ stage: string; group: string; tasks: readonly TaskStatus[] }>;

/** A running topology. */
export type Application = Readonly<{
  /** Finishes open transactions, leaves the groups, closes the stores. */
  stop(): Promise<void>;
  status(): readonly StageStatus[];
  /** Rejects when a stage cannot go on; never resolves otherwise. The other stages have been stopped by then. */
  crashed: Promise<never>;
}>;

/** The serdes of a topology, each once. */
export const serdesOf = (topology: Topology): ReadonlySet<Pick<Serde<unknown>, 'open'>> => {
  const serdes = new Set<Pick<Serde<unknown>, 'open'>>([topology.deadLetters.value]);
  for (const { inputs, outputs, stores } of topology.stages) {
    for (const { topic } of inputs) serdes.add(topic.value);
    for (const { value } of [...outputs, ...stores]) serdes.add(value);
  }
  return serdes;
};

/** Throws `FatalError` naming what is missing: topics that do not exist, inputs and changelogs that do not line up. */
export const checkTopics = async (topology: Topology, admin: Admin): Promise<void> => {
  const required = requiredTopics(topology).map(({ topic }) => topic);
  const counts = await admin.partitions(required);
  const missing = required.filter((topic) => !counts.has(topic));
  if (missing.length > 0)
    throw new FatalError(`topics do not exist: ${missing.join(', ')} (millrace apply creates them)`);
  for (const stage of topology.stages) {
    const together = [
      ...stage.inputs.map(({ topic }) => topic.name),
      ...requiredTopics({ ...topology, stages: [{ ...stage, inputs: [], outputs: [] }] })
        .filter(({ role }) => role === 'changelog')
        .map(({ topic }) => topic),
    ];
    const sizes = new Set(together.map((topic) => counts.get(topic)));
    if (sizes.size > 1)
      throw new FatalError(
        `stage ${stage.name} reads partition i of all its topics together, but they differ in size: ` +
          together.map((topic) => `${topic} ${counts.get(topic) ?? 0}`).join(', '),
      );
  }
};

/** What the worker of a stage needs. */
export const stageWorkerSetup = (
  topology: Topology,
  stage: Stage,
  admin: Admin,
  reader: () => Promise<PartitionReader>,
  options: ApplicationOptions,
): WorkerSetup => {
  const scheduler = options.scheduler ?? systemScheduler;
  const openBackend = options.openBackend ?? diskBackends(options.stateDir);
  return {
    application: topology.application,
    stage: stage.name,
    topics: stage.inputs.map(({ topic }) => topic.name),
    merged: isMerged(stage),
    cluster: options.cluster,
    admin,
    scheduler,
    limits: { ...defaultLimits, ...options.limits },
    instance: options.instance,
    at: options.at,
    work: (name) => stageWork({ topology, stage, name, openBackend, reader, admin, scheduler }),
  };
};

/** A value made at first use and shared. A failure is not remembered. */
export const lazily = <T>(make: () => Promise<T>): { get: () => Promise<T>; made: () => Promise<T> | undefined } => {
  let made: Promise<T> | undefined;
  return {
    get: () =>
      (made ??= make().catch((error: unknown) => {
        made = undefined;
        throw error;
      })),
    made: () => made,
  };
};

type Supervised = Readonly<{ stage: string; setup: WorkerSetup }>;

/** Supervises workers until stopped or one of them cannot go on. */
export const superviseAll = (
  application: string,
  workers: readonly Supervised[],
  logger: ApplicationOptions['logger'],
  release: () => Promise<void>,
): Application => {
  const ending = new AbortController();
  const current = new Map<string, Worker>();
  let fail: (error: unknown) => void = () => undefined;
  const crashed = new Promise<never>((_, reject) => (fail = reject));
  // Whoever does not await it is still told by the logger; an unhandled rejection would hide behind it.
  crashed.catch((error: unknown) => logger?.error({ err: error, application }, 'cannot go on'));
  const all = Promise.all(
    workers.map(({ stage, setup }) =>
      superviseWorker(setup, ending.signal, (worker) => {
        if (worker === undefined) current.delete(stage);
        else current.set(stage, worker);
      }).catch((error: unknown) => {
        ending.abort();
        return { error };
      }),
    ),
  ).then(async (results) => {
    await release();
    const failed = results.find((result) => result !== undefined);
    if (failed !== undefined) fail(failed.error);
  });
  return {
    stop: async () => {
      ending.abort();
      await all;
      logger?.info({ application }, 'stopped');
    },
    status: () =>
      workers.map(({ stage }) => ({
        stage,
        group: groupId(application, stage),
        tasks: current.get(stage)?.status() ?? [],
      })),
    crashed,
  };
};

/** Starts a topology. Resolves when every stage is being worked on; throws when the topology cannot run on this cluster. */
export const startApplication = async (topology: Topology, options: ApplicationOptions): Promise<Application> => {
  for (const serde of serdesOf(topology)) await serde.open?.();
  const admin = await options.cluster.admin();
  const reader = lazily(() => options.cluster.reader());
  const release = async () => {
    await (await reader.made())?.close();
    await admin.close();
  };
  try {
    await checkTopics(topology, admin);
  } catch (error) {
    await release();
    throw error;
  }
  const workers = topology.stages.map((stage) => ({
    stage: stage.name,
    setup: stageWorkerSetup(topology, stage, admin, reader.get, options),
  }));
  options.logger?.info({ application: topology.application, version: topology.version }, 'starting');
  return superviseAll(topology.application, workers, options.logger, release);
};
