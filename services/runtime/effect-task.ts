/** Runs a stage with effects. */
import { superviseAll, type Application, type ApplicationOptions } from './application.ts';
import { effectWork } from './effect-work.ts';
import type { EffectStage } from './effects.ts';
import { FatalError } from './errors.ts';
import type { Admin } from './ports.ts';
import { systemScheduler } from './scheduler.ts';
import { defaultLimits } from './task.ts';
import { requiredEffectTopics } from './topics.ts';
import type { WorkerSetup } from './worker.ts';

export type EffectOptions = Omit<ApplicationOptions, 'stateDir' | 'openBackend'> &
  Readonly<{
    /** Spreads retries; between 0 and 1. */
    chance?: () => number;
  }>;

/** What the worker of a stage with effects needs. */
export const effectWorkerSetup = <V>(stage: EffectStage<V>, admin: Admin, options: EffectOptions): WorkerSetup => {
  const scheduler = options.scheduler ?? systemScheduler;
  const chance = options.chance ?? (() => Math.random());
  return {
    application: stage.application,
    stage: stage.name,
    topics: [stage.input.name],
    merged: false,
    cluster: options.cluster,
    admin,
    scheduler,
    limits: { ...defaultLimits, ...options.limits },
    instance: options.instance,
    at: options.at,
    work: (name) => effectWork({ stage, name, scheduler, chance }),
  };
};

/** Starts a stage with effects. Throws `FatalError` when a topic is missing or a schema is not registered. */
export const startEffects = async <V>(stage: EffectStage<V>, options: EffectOptions): Promise<Application> => {
  for (const { value } of [stage.input, ...stage.outputs, stage.deadLetters]) await value.open?.();
  const admin = await options.cluster.admin();
  const required = requiredEffectTopics(stage).map(({ topic }) => topic);
  const known = await admin.partitions(required);
  const missing = required.filter((topic) => !known.has(topic));
  if (missing.length > 0) {
    await admin.close();
    throw new FatalError(`topics do not exist: ${missing.join(', ')} (millrace apply creates them)`);
  }
  options.logger?.info({ application: stage.application, stage: stage.name, version: stage.version }, 'starting');
  return superviseAll(
    stage.application,
    [{ stage: stage.name, setup: effectWorkerSetup(stage, admin, options) }],
    options.logger,
    () => admin.close(),
  );
};
