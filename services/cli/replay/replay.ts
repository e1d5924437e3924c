/**
 * Runs the present code over history and says what it would do otherwise than was done; and, when told to, puts the
 * stream back so that it does it again. The ids of commands are functions of the business, so that doing it again
 * changes nothing where it was done before.
 */
import { randomUUID } from 'node:crypto';
import type { Schemas } from '../../../schemas/serde.ts';
import { serdesOf } from '../../runtime/application.ts';
import { FatalError } from '../../runtime/errors.ts';
import { partitionOf } from '../../runtime/partitioner.ts';
import type { KafkaCluster } from '../../runtime/ports.ts';
import { compareStage, type Progress } from '../../runtime/replay/compare-stage.ts';
import { type From, refuseMembers, stagePartitions, startsAt } from '../../runtime/replay/ranges.ts';
import { type Replayed, reissueKey, resetTask } from '../../runtime/replay/reset.ts';
import type { OpenBackend } from '../../runtime/store.ts';
import type { Stage, Topology } from '../../runtime/topology.ts';
import { topicsOf } from '../kafka.ts';
import { explainedBy, readReplays } from './audit.ts';
import { type Described, describeDifference, identifyOutputs } from './outputs.ts';
import { commandTopics, compactedTopics, keyedByOrder } from './topology.ts';

export type ReplayRequest = Readonly<{
  from: From;
  /** One stage; all when left out. */
  stage?: string;
  /** Only what concerns this order. */
  order?: string;
  /** Who asks and why; without it nothing is touched. */
  execute?: Readonly<{ who: string; reason: string }>;
}>;

export type ReplayTools = Readonly<{
  cluster: Pick<KafkaCluster, 'admin' | 'reader' | 'transactionalProducer'>;
  schemas: Schemas;
  topology: Topology;
  /** Backends that begin empty and are nobody else's; called anew for every use of the same name. */
  openBackend: OpenBackend;
  now?: () => number;
  onProgress?: (progress: Progress) => void;
  /** Told when a task's transaction has committed. */
  onReplayed?: (replayed: Replayed) => void;
  signal?: AbortSignal;
}>;

export type StageReport = Readonly<{
  stage: string;
  /** Outputs that were compared, by topic. */
  compared: Readonly<Record<string, number>>;
  counts: Readonly<Record<Described['kind'], number>>;
  /** Copies that an earlier replay has sent again. */
  repeated: number;
  /** Output partitions whose beginning is gone: what is missing there is no difference. */
  forgotten: readonly string[];
}>;

export type ReplayReport = Readonly<{
  stages: readonly StageReport[];
  /** All of them. */
  total: number;
  /** The first of them. */
  differences: readonly Described[];
  /** What was done, task by task; empty in a dry run. */
  replayed: readonly Replayed[];
  /** Tasks that were to be replayed and were not, because it was cancelled. */
  left: number;
}>;

/** More are counted, not kept. */
const keptDifferences = 10_000;

/** The replay would break a promise; nothing was changed. */
export class ReplayRefusedError extends Error {
  override readonly name = 'ReplayRefusedError';
  readonly report: ReplayReport;
  constructor(message: string, report: ReplayReport) {
    super(message);
    this.report = report;
  }
}

const selectStages = (topology: Topology, request: ReplayRequest): readonly Stage[] => {
  const wanted = request.stage ?? (request.order !== undefined && request.execute ? keyedByOrder : undefined);
  if (request.order !== undefined && request.execute && wanted !== keyedByOrder)
    throw new FatalError(`one order can be sent again by stage ${keyedByOrder} only: others do not keep orders apart`);
  const stages = topology.stages.filter(({ name }) => wanted === undefined || name === wanted);
  if (stages.length === 0)
    throw new FatalError(`no stage ${wanted ?? ''}: there are ${topology.stages.map(({ name }) => name).join(', ')}`);
  return stages;
};

export const rangeText = ({ from, order }: Pick<ReplayRequest, 'from' | 'order'>): string =>
  [
    ...(from.offset === undefined ? [] : [`offset ${from.offset}`]),
    ...(from.timestamp === undefined ? [] : [`timestamp ${new Date(Number(from.timestamp)).toISOString()}`]),
    ...(order === undefined ? [] : [`order ${order}`]),
  ].join(', ') || 'the beginning';

/**
 * @throws StageAtWorkError, ReplayRefusedError, FatalError before anything is changed. Cancelled while it compares it
 * throws what the signal was aborted with; cancelled later it says what was done.
 */
export const replay = async (tools: ReplayTools, request: ReplayRequest): Promise<ReplayReport> => {
  const { cluster, schemas, topology, openBackend, signal = new AbortController().signal } = tools;
  const now = tools.now ?? Date.now;
  const stages = selectStages(topology, request);
  const { order, from, execute } = request;
  for (const serde of serdesOf(topology)) await serde.open?.();
  const audits = schemas.topic('replays');
  await audits.value.open?.();
  const topics = await topicsOf(cluster, schemas);
  const { admin } = topics;
  const reader = await cluster.reader();
  try {
    if (execute) for (const stage of stages) await refuseMembers(topology, stage, admin);
    const replays = await readReplays(topics);
    const identify = identifyOutputs(order);

    const reports: StageReport[] = [];
    const differences: Described[] = [];
    const conflicts: Described[] = [];
    for (const stage of stages) {
      const comparison = await compareStage({
        ...{ topology, stage, admin, reader, openBackend, from, identify, signal },
        ...(order !== undefined && stage.name === keyedByOrder && { key: order }),
        compacted: compactedTopics,
        explain: explainedBy(replays),
        ...(tools.onProgress && { onProgress: tools.onProgress }),
      });
      try {
        const counts = { add: 0, omit: 0, change: 0 };
        for await (const difference of comparison.differences()) {
          counts[difference.kind]++;
          const conflict = difference.kind === 'change' && commandTopics.has(difference.topic);
          if (differences.length >= keptDifferences && !(conflict && conflicts.length === 0)) continue;
          const described = describeDifference(topology, stage, difference);
          if (differences.length < keptDifferences) differences.push(described);
          if (conflict) conflicts.push(described);
        }
        reports.push({
          stage: stage.name,
          compared: Object.fromEntries(comparison.compared),
          counts,
          repeated: comparison.repeated,
          forgotten: comparison.forgotten.map(({ topic, partition }) => `${topic}-${partition}`),
        });
      } finally {
        await comparison.close();
      }
    }
    const total = reports.reduce((sum, { counts }) => sum + counts.add + counts.omit + counts.change, 0);
    const report: ReplayReport = { stages: reports, total, differences, replayed: [], left: 0 };
    if (!execute) return report;
    const [conflict] = conflicts;
    if (conflict)
      throw new ReplayRefusedError(
        `the present code would send ${conflict.identity} with other contents than ${conflict.at ?? 'before'}: ` +
          'whoever has carried it out would refuse it. Give the new contents an id of their own. Nothing was changed.',
        report,
      );

    const replayId = randomUUID();
    const audit = (replayed: Replayed) => ({
      topic: audits.name,
      key: Buffer.from(replayed.stage),
      value: audits.value.encode({
        ...replayed,
        ...{ replayId, application: topology.application, version: topology.version, ...execute },
        at: BigInt(now()),
        range: rangeText(request),
        orderId: order ?? null,
      }),
    });
    const replayed: Replayed[] = [];
    const tasks: Readonly<{ stage: Stage; partition: number }>[] = [];
    for (const stage of stages) {
      const count = await stagePartitions(admin, stage);
      if (order !== undefined) tasks.push({ stage, partition: partitionOf(Buffer.from(order), count) });
      else for (let partition = 0; partition < count; partition++) tasks.push({ stage, partition });
    }
    for (const [index, { stage, partition }] of tasks.entries()) {
      const task = { topology, stage, partition, cluster, admin, reader, openBackend, now, audit, signal };
      try {
        const done =
          order === undefined
            ? await resetTask({ ...task, starts: startsAt(from) })
            : await reissueKey({ ...task, key: order });
        if (done === undefined) continue;
        replayed.push(done);
        tools.onReplayed?.(done);
      } catch (error) {
        if (!signal.aborted) throw error;
        return { ...report, replayed, left: tasks.length - index };
      }
    }
    return { ...report, replayed };
  } finally {
    await reader.close();
    await topics.close();
  }
};
