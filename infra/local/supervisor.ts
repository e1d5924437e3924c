import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs, type BackoffPolicy, DEFAULT_BACKOFF } from './backoff.ts';
import { type Child, describeExit, lastLines, type Launch, startChild } from './child.ts';
import { type Guard, startGuard } from './guard.ts';
import { waitHealthy } from './health.ts';
import { logEnd, readyProbe } from './ready.ts';
import { createState, REPOSITORY, stateLayout, writeJson } from './state.ts';

/** Our own services: `services/<name>/main.ts`. */
export const SERVICES = [
  'order-stream',
  'webhooks',
  'stripe-executor',
  'adnsf-executor',
  'notifier',
  'payments',
  'erp-ledger',
  'scanner',
  'connector-keeper',
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** One process to keep running. Two instances of a service are two definitions with names of their own. */
export interface ServiceDefinition {
  readonly name: string;
  readonly launch: Launch;
}

export interface ServiceStatus {
  readonly name: string;
  /** `waiting`: dead, and to be started again after a pause. */
  readonly state: 'running' | 'waiting' | 'stopped';
  readonly pid: number | undefined;
  readonly restarts: number;
  /** ISO time of the last start. */
  readonly since: string | undefined;
  readonly lastExit: string | undefined;
  readonly log: string;
}

export interface SupervisorOptions {
  readonly stateDir: string;
  readonly services: readonly ServiceDefinition[];
  readonly backoff?: BackoffPolicy;
  /** Services of these names are left for `start`. */
  readonly later?: readonly string[];
  /** Called for each end that nobody asked for. */
  readonly onRestart?: (name: string, why: string, inMs: number) => void;
  /** Stand-ins for tests. */
  readonly spawn?: (definition: ServiceDefinition, log: string, guard: Guard | undefined) => Promise<Child>;
  readonly random?: () => number;
  readonly graceMs?: number;
}

/** Keeps services running until told otherwise. */
export interface Supervisor {
  status(): readonly ServiceStatus[];
  logFile(name: string): string;
  /** Resolves when the service has said, since its last start, that it is ready. @throws with the end of its log */
  ready(name: string, deadlineMs?: number): Promise<void>;
  /** Sends a signal. What it ends is started again. */
  kill(name: string, signal: NodeJS.Signals): void;
  /** Ends one service for good (SIGTERM, then SIGKILL). */
  end(name: string): Promise<void>;
  /** Starts a service that was ended; one that runs is left alone. */
  start(name: string): Promise<void>;
  /** Ends all services, in reverse order of their definition. Idempotent. */
  stop(): Promise<void>;
}

/** Launches of our own services with this environment. */
export function ourServices(
  env: Readonly<Record<string, string>>,
  names: readonly ServiceName[] = SERVICES,
): ServiceDefinition[] {
  return names.map((name) => ({
    name,
    launch: { command: process.execPath, args: [join(REPOSITORY, 'services', name, 'main.ts')], env, cwd: REPOSITORY },
  }));
}

/** Starts all services at once, restarts what dies, and keeps `services.json` true. */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  await createState(options.stateDir);
  const supervisor = new RunningSupervisor(options);
  try {
    for (const { name } of options.services) if (options.later?.includes(name) !== true) await supervisor.start(name);
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
  return supervisor;
}

interface Kept {
  readonly definition: ServiceDefinition;
  readonly log: string;
  state: ServiceStatus['state'];
  child: Child | undefined;
  logFrom: number;
  restarts: number;
  failures: number;
  lastExit: string | undefined;
  /** Ends the pause before a restart. */
  cancel: AbortController;
  /** Settles when the keeping has ended. */
  kept: Promise<void>;
}

class RunningSupervisor implements Supervisor {
  readonly #options: SupervisorOptions;
  readonly #guard: Guard | undefined;
  readonly #services: Map<string, Kept>;
  readonly #file: string;
  #writing: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const layout = stateLayout(options.stateDir);
    this.#file = layout.services;
    this.#guard = options.spawn === undefined ? startGuard() : undefined;
    this.#services = new Map(
      options.services.map((definition) => [
        definition.name,
        {
          definition,
          log: join(layout.logs, `${definition.name}.log`),
          state: 'stopped',
          child: undefined,
          logFrom: 0,
          restarts: 0,
          failures: 0,
          lastExit: undefined,
          cancel: new AbortController(),
          kept: Promise.resolve(),
        },
      ]),
    );
  }

  status(): readonly ServiceStatus[] {
    return [...this.#services.values()].map((kept) => ({
      name: kept.definition.name,
      state: kept.state,
      pid: kept.state === 'running' ? kept.child?.pid : undefined,
      restarts: kept.restarts,
      since: kept.child?.since.toISOString(),
      lastExit: kept.lastExit,
      log: kept.log,
    }));
  }

  logFile(name: string): string {
    return this.#service(name).log;
  }

  async ready(name: string, deadlineMs = 60_000): Promise<void> {
    const kept = this.#service(name);
    // A restart begins a new stretch of log: look from the latest start each time.
    const probe = (signal: AbortSignal): Promise<void> => readyProbe(kept.log, kept.logFrom)(signal);
    try {
      await waitHealthy(probe, { deadlineMs });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${name}: ${why}\nlast lines of ${kept.log}:\n${await lastLines(kept.log, 25)}`, {
        cause: error,
      });
    }
  }

  kill(name: string, signal: NodeJS.Signals): void {
    this.#service(name).child?.signal(signal);
  }

  async end(name: string): Promise<void> {
    const kept = this.#service(name);
    kept.state = 'stopped';
    kept.cancel.abort();
    if (kept.child?.alive === true) await kept.child.stop(this.#options.graceMs ?? 10_000);
    await kept.kept;
    await this.#publish();
  }

  async start(name: string): Promise<void> {
    const kept = this.#service(name);
    if (kept.state !== 'stopped') return;
    if (this.#stopped !== undefined) throw new Error(`${name}: the supervisor has stopped`);
    kept.cancel = new AbortController();
    kept.failures = 0;
    await this.#spawn(kept);
    kept.kept = this.#keep(kept);
    await this.#publish();
  }

  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      for (const name of [...this.#services.keys()].reverse()) await this.end(name);
      await this.#guard?.close();
    })();
    return this.#stopped;
  }

  async #spawn(kept: Kept): Promise<void> {
    kept.logFrom = await logEnd(kept.log);
    const spawn = this.#options.spawn ?? ((definition, log, guard) => startChild(definition.launch, log, guard));
    kept.child = await spawn(kept.definition, kept.log, this.#guard);
    kept.state = 'running';
  }

  /** Until the service is ended: wait for its end, pause, start again. */
  async #keep(kept: Kept): Promise<void> {
    const policy = this.#options.backoff ?? DEFAULT_BACKOFF;
    for (;;) {
      const begun = performance.now();
      // Also of one that died before we came to look: its own end is the reason, not that of the one before it.
      if (kept.child !== undefined) kept.lastExit = describeExit(await kept.child.exited);
      if (isStopped(kept)) return;
      if (performance.now() - begun >= policy.healthyMs) kept.failures = 0;
      kept.failures++;
      const inMs = backoffMs(kept.failures, (this.#options.random ?? Math.random)(), policy);
      kept.state = 'waiting';
      this.#options.onRestart?.(kept.definition.name, kept.lastExit ?? 'could not be started', inMs);
      await this.#publish();
      await pause(inMs, undefined, { signal: kept.cancel.signal }).catch(() => undefined);
      if (isStopped(kept)) return;
      try {
        await this.#spawn(kept);
        // Ended while it was being started: this start is one too many.
        if (kept.cancel.signal.aborted) {
          await kept.child?.stop(this.#options.graceMs ?? 10_000);
          kept.state = 'stopped';
          return;
        }
        kept.restarts++;
      } catch (error) {
        kept.child = undefined;
        kept.lastExit = error instanceof Error ? error.message : String(error);
      }
      await this.#publish();
    }
  }

  /** One write at a time, each of the newest status. */
  #publish(): Promise<void> {
    this.#writing = this.#writing.then(() =>
      writeJson(this.#file, {
        supervisor: process.pid,
        services: Object.fromEntries(this.status().map((status) => [status.name, status])),
      }),
    );
    return this.#writing;
  }

  #service(name: string): Kept {
    const kept = this.#services.get(name);
    if (kept === undefined) throw new Error(`no service ${name}; there are ${[...this.#services.keys()].join(', ')}`);
    return kept;
  }
}

function isStopped(kept: Kept): boolean {
  return kept.state === 'stopped';
}
