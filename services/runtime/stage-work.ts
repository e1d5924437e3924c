/** What a task of a pure stage does: decode, process one by one, and commit everything that came of it together. */
import { FatalError } from './errors.ts';
import { Changelogs } from './changelogs.ts';
import { encodeHistory } from './history.ts';
import type { Taken } from './inputs.ts';
import { observe, type RestoreProgress, type TaskName } from './observe.ts';
import type { Admin, PartitionReader } from './ports.ts';
import { readAgain } from './rebuild.ts';
import { restoreStores } from './restore.ts';
import type { Scheduler } from './scheduler.ts';
import { inputsOf, nothing, stageRun } from './stage-run.ts';
import { StoreOverlay, type OpenBackend, type StoreBackend } from './store.ts';
import type { Standing, Task, TaskWork } from './task.ts';
import { isMerged } from './topics.ts';
import type { Stage, Topology } from './topology.ts';

export type StageWorkSetup = Readonly<{
  topology: Topology;
  stage: Stage;
  name: TaskName;
  openBackend: OpenBackend;
  reader: () => Promise<PartitionReader>;
  admin: Admin;
  scheduler: Scheduler;
}>;

export const stageWork = (setup: StageWorkSetup): TaskWork => {
  const { topology, stage, name, scheduler } = setup;
  const inputs = inputsOf(stage);
  const { decode, process } = stageRun(topology, stage, name);
  const changelogs = new Changelogs(topology.application, stage, name, scheduler);
  let backend: StoreBackend | undefined;
  let overlay: StoreOverlay | undefined;
  let restoring: RestoreProgress | undefined;

  const tell = (progress: RestoreProgress): void => {
    restoring = progress.done ? undefined : progress;
    observe.restore.publish(progress);
  };

  /** Takes what may be processed now, asking where inputs end as often as the order of merged inputs needs it. */
  const take = async (task: Task): Promise<readonly Taken[]> => {
    const { batchRecords, batchBytes } = task.limits;
    for (;;) {
      const ready = inputs.map((_, index) => Math.min(task.inputs.buffered(index), batchRecords));
      await Promise.all(
        inputs.map(async ({ topic }, index) => {
          const fresh = task.inputs.unprepared(index, ready[index]!);
          if (fresh.length > 0) await topic.value.prepare?.(fresh);
        }),
      );
      const { taken, unsampled } = task.inputs.take(batchRecords, batchBytes, ready, decode);
      if (taken.length > 0 || unsampled.length === 0) return taken;
      await task.sampleEnds(unsampled);
    }
  };

  /** Makes the stores anew, up to the committed positions. What stages sent then was committed then: it is not sent. */
  const rebuild = async (
    task: Task,
    standing: Standing,
    rebuilt: ReadonlyMap<string, bigint>,
    disk: StoreBackend,
    stores: StoreOverlay,
  ): Promise<void> => {
    const again = standing.inputs.map(({ source, position, beginning }) => ({
      source,
      from: rebuilt.get(source.topic) ?? beginning,
      to: position,
    }));
    const sum = (offsets: readonly bigint[]) => offsets.reduce((total, each) => total + each, 0n);
    const from = sum(again.map((each) => each.from));
    let records = 0;
    const progress = (positions: readonly bigint[], done: boolean) =>
      tell({
        ...name,
        store: stage.stores.map((store) => store.name).join(', '),
        source: 'inputs',
        from,
        position: sum(positions),
        end: sum(standing.positions),
        records,
        done,
      });
    progress(
      again.map((each) => each.from),
      false,
    );
    await readAgain({
      inputs: again,
      reader: await setup.reader(),
      ...task.limits,
      signal: task.signal,
      // Inputs without an order of their own come about as they came then.
      decode: (input, record) => {
        const decoded = decode(input, record);
        return isMerged(stage) ? decoded : { ...decoded, place: String(record.timestamp).padStart(20, '0') };
      },
      prepare: async (index, values) => {
        await inputs[index]!.topic.value.prepare?.(values);
      },
      batch: async (taken, positions, done) => {
        const forgotten = nothing();
        for (const one of taken) {
          process(stores, one, forgotten);
          task.at('mid-batch');
        }
        const changes = changelogs.records(stores);
        const at = new Map(again.map(({ source }, index) => [source.topic, positions[index]!]));
        const next = { ...changelogs.after(changes), rebuilt: done ? undefined : at };
        const ends = await task.commit({
          records: changes,
          positions: standing.positions,
          note: encodeHistory(next),
        });
        await changelogs.promote(disk, stores, next, ends);
        task.at('after-promote');
        records += taken.length;
        progress(positions, done);
      },
    });
  };

  return {
    restore: async (task, standing) => {
      backend ??= await setup.openBackend({ ...name, stores: stage.stores.map((store) => store.name) });
      overlay = new StoreOverlay(backend, stage.stores);
      if (stage.stores.length === 0) return;
      const bounds = await changelogs.bounds(setup.admin);
      const { signal } = task;
      const reader = await setup.reader();
      const history = await changelogs.begin(task, standing, bounds, { admin: setup.admin, reader });
      const now = () => scheduler.now();
      await restoreStores({ task: name, changelogs: bounds, history, backend, reader, now, signal, tell });
      if (history.rebuilt !== undefined) await rebuild(task, standing, history.rebuilt, backend, overlay);
    },

    step: async (task) => {
      if (backend === undefined || overlay === undefined) throw new FatalError('a task works only after its restore');
      const taken = await take(task);
      if (taken.length === 0) return false;
      const began = performance.now();
      const gathered = nothing();
      for (const one of taken) {
        process(overlay, one, gathered);
        task.at('mid-batch');
      }
      const processed = performance.now();
      const changes = changelogs.records(overlay);
      const next = changes.length === 0 ? undefined : changelogs.after(changes);
      const ends = await task.commit({
        records: [...changes, ...gathered.outputs, ...gathered.deadLetters],
        positions: inputs.map((_, index) => task.inputs.processed(index)),
        ...(next === undefined ? {} : { note: encodeHistory(next) }),
      });
      if (next === undefined) overlay.clear();
      else await changelogs.promote(backend, overlay, next, ends);
      task.at('after-promote');
      for (const told of gathered.told) observe.deadLetter.publish({ ...name, ...told });
      for (const counted of gathered.counted) observe.count.publish({ ...name, ...counted });
      if (observe.batch.watched)
        observe.batch.publish({
          ...name,
          records: taken.length,
          outputs: gathered.outputs.length,
          changes: changes.length,
          deadLetters: gathered.deadLetters.length,
          processMs: processed - began,
          commitMs: performance.now() - processed,
          lastTimestamp: taken.at(-1)?.record.timestamp,
        });
      return true;
    },

    positions: (task) => inputs.map((_, index) => task.inputs.processed(index)),
    restoring: () => restoring,
    arrived: () => undefined,
    stopping: () => undefined,
    finish: () => Promise.resolve(),
    discard: () => {
      restoring = undefined;
      overlay?.clear();
      return Promise.resolve();
    },
    wipe: async () => {
      await backend?.clear();
    },
    close: async () => {
      await backend?.close();
      backend = undefined;
    },
  };
};
