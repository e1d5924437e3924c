import { rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { adnsfPart } from './adnsf.ts';
import { mailPart } from './mail.ts';
import { type Artifacts, resolveArtifacts } from './artifacts.ts';
import { type Child, describeExit, lastLines, startChild } from './child.ts';
import { connectPart } from './connect.ts';
import { serviceEnvironment } from './environment.ts';
import { type Guard, startGuard } from './guard.ts';
import { waitHealthy } from './health.ts';
import { kafkaPart } from './kafka.ts';
import { type Part, type PartName, PARTS, type StackContext, type Tuning } from './part.ts';
import { claimPorts, type ClaimedPorts, DEFAULT_PORTS, type PortName, type Ports } from './ports.ts';
import { endOrphans } from './orphans.ts';
import { processIdentity } from './processes.ts';
import { registryPart } from './registry.ts';
import { loadSecrets } from './secrets.ts';
import { sqlServerPart } from './sqlserver.ts';
import { type StackDescription, writeStack } from './stack-file.ts';
import { createState, defaultStateDir, lockState, readJson, type StateLayout, writeJson } from './state.ts';
import { stripePart } from './stripe.ts';

export { PARTS, type PartName } from './part.ts';

export interface StackOptions {
  /** State directory below `.state`; `stateDir` wins over it. Default `demo`. */
  readonly name?: string;
  readonly stateDir?: string;
  /** Parts to start; what they need is started too. Default: all. */
  readonly parts?: readonly PartName[];
  /** Ports to try first. */
  readonly ports?: Partial<Record<PortName, number>>;
  readonly jvm?: Tuning['jvm'];
  readonly stripeSeed?: string;
  /** Progress, one line at a time. Default: standard error. */
  readonly say?: (line: string) => void;
  /** Called when a part ends that nobody asked to end. */
  readonly onLost?: (part: PartName, why: string) => void;
  /** Stop the stack on SIGINT and SIGTERM of this process. Default true; tests that own their signals say false. */
  readonly handleSignals?: boolean;
}

/** A running stack. */
export interface Stack {
  readonly stateDir: string;
  readonly ports: Ports;
  /** Environment for services and cli; the same as `env.json`. Holds secrets. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds from spawn to healthy, per part. */
  readonly startedIn: Readonly<Partial<Record<PartName, number>>>;
  pid(part: PartName): number;
  alive(part: PartName): boolean;
  logFile(part: PartName): string;
  /** Sends a signal; resolves when the part has ended, or at once when the signal does not end it (SIGSTOP, SIGCONT). */
  kill(part: PartName, signal: NodeJS.Signals): Promise<void>;
  /** Ends the part if it lives, starts it again on its port and data, and waits until it is healthy. */
  restart(part: PartName): Promise<void>;
  /** Stops all parts in reverse order. Idempotent. */
  stop(): Promise<void>;
}

const DEFINITIONS: Readonly<Record<PartName, (context: StackContext) => Part>> = {
  kafka: kafkaPart,
  sqlserver: sqlServerPart,
  adnsf: adnsfPart,
  mail: mailPart,
  stripe: stripePart,
  registry: registryPart,
  connect: connectPart,
};
const JVM_PARTS: readonly PartName[] = ['kafka', 'registry', 'connect'];
const STOPPING = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Starts the stack without Docker and waits until each part is healthy. Parts that do not need each other start at the
 * same time; a state directory that was used before continues with its data.
 * @throws naming the part, the reason and the last lines of its log; everything started is stopped again
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));
  const names = withNeeds(options.parts ?? PARTS);
  const layout = await createState(options.stateDir ?? defaultStateDir(options.name));
  const unlock = await lockState(layout);
  let claimed: ClaimedPorts | undefined;
  try {
    await endOrphans(layout, say);
    const artifacts = names.some((name) => JVM_PARTS.includes(name)) ? await resolveArtifacts(say) : undefined;
    claimed = await claimPorts({ ...(await rememberedPorts(layout)), ...options.ports });
    const secrets = await loadSecrets(layout);
    const env = serviceEnvironment(layout, claimed.ports, secrets);
    await writeJson(layout.ports, claimed.ports);
    await writeJson(layout.env, env, 0o600);
    const context: StackContext = {
      layout,
      ports: claimed.ports,
      secrets,
      get artifacts(): Artifacts {
        if (artifacts === undefined) throw new Error('no JVM part was asked for');
        return artifacts;
      },
      tuning: { jvm: options.jvm ?? 'start', stripeSeed: options.stripeSeed },
    };
    const parts = names.map((name) => DEFINITIONS[name](context));
    const stack = new RunningStack(layout, claimed, env, parts, options.onLost ?? (() => undefined), say, unlock);
    if (options.handleSignals ?? true) stack.stopOnSignals();
    await stack.startAll();
    return stack;
  } catch (error) {
    await claimed?.release();
    await unlock();
    throw error;
  }
}

/** The asked parts and what they need, in starting order. */
export function withNeeds(asked: readonly PartName[]): PartName[] {
  const wanted = new Set<PartName>(asked);
  if (wanted.has('connect')) wanted.add('kafka');
  return PARTS.filter((name) => wanted.has(name));
}

const portsSchema = z.partialRecord(
  z.enum(Object.keys(DEFAULT_PORTS) as [PortName, ...PortName[]]),
  z.int().min(1).max(65_535),
);

async function rememberedPorts(layout: StateLayout): Promise<Partial<Record<PortName, number>>> {
  const remembered = portsSchema.safeParse(await readJson(layout.ports));
  return remembered.success ? remembered.data : {};
}

/** Asked after an await: the field may have changed meanwhile, which narrowing does not see. */
function isStopping(stopping: Promise<void> | undefined): boolean {
  return stopping !== undefined;
}

/** State with a life: children come and go while it runs. */
class RunningStack implements Stack {
  readonly startedIn: Partial<Record<PartName, number>> = {};
  readonly #layout: StateLayout;
  readonly #claimed: ClaimedPorts;
  readonly #parts: readonly Part[];
  readonly #onLost: (part: PartName, why: string) => void;
  readonly #say: (line: string) => void;
  readonly #unlock: () => Promise<void>;
  readonly #guard: Guard = startGuard();
  readonly #children = new Map<PartName, Child>();
  /** Children that were asked to end: their end is no loss. */
  readonly #ending = new WeakSet<Child>();
  readonly env: Readonly<Record<string, string>>;
  #stopping: Promise<void> | undefined;
  #forgetSignals: () => void = () => undefined;

  constructor(
    layout: StateLayout,
    claimed: ClaimedPorts,
    env: Readonly<Record<string, string>>,
    parts: readonly Part[],
    onLost: (part: PartName, why: string) => void,
    say: (line: string) => void,
    unlock: () => Promise<void>,
  ) {
    this.#layout = layout;
    this.#claimed = claimed;
    this.env = env;
    this.#parts = parts;
    this.#onLost = onLost;
    this.#say = say;
    this.#unlock = unlock;
  }

  get stateDir(): string {
    return this.#layout.root;
  }

  get ports(): Ports {
    return this.#claimed.ports;
  }

  async startAll(): Promise<void> {
    const healthy = new Map<PartName, Promise<void>>();
    for (const part of this.#parts) {
      const needs = part.needs.map((name) => healthy.get(name) ?? Promise.resolve());
      healthy.set(
        part.name,
        Promise.all(needs).then(() => this.#start(part)),
      );
    }
    try {
      await Promise.all([...healthy.values()]);
    } catch (error) {
      await this.stop();
      // The others have been stopped under way; the first failure is the one that explains.
      await Promise.allSettled([...healthy.values()]);
      throw error;
    }
    await this.#describe();
  }

  pid(part: PartName): number {
    return this.#child(part).pid;
  }

  alive(part: PartName): boolean {
    return this.#children.get(part)?.alive ?? false;
  }

  logFile(part: PartName): string {
    return join(this.#layout.logs, `${part}.log`);
  }

  async kill(part: PartName, signal: NodeJS.Signals): Promise<void> {
    const child = this.#child(part);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') {
      child.signal(signal);
      return;
    }
    this.#ending.add(child);
    child.signal(signal);
    await child.exited;
  }

  async restart(part: PartName): Promise<void> {
    const definition = this.#definition(part);
    await this.#end(definition);
    await this.#start(definition);
    await this.#describe();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  stopOnSignals(): void {
    const onSignal = (signal: NodeJS.Signals): void => {
      this.#say(`${signal}: stopping the stack`);
      this.stop().then(
        () => process.exit(128 + constants.signals[signal]),
        (error: unknown) => {
          this.#say(String(error));
          process.exit(1);
        },
      );
    };
    for (const signal of STOPPING) process.on(signal, onSignal);
    this.#forgetSignals = () => {
      for (const signal of STOPPING) process.off(signal, onSignal);
    };
  }

  async #start(part: Part): Promise<void> {
    const begun = performance.now();
    try {
      await part.prepare();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`${part.name}: could not be prepared: ${why}`, { cause: error });
    }
    if (this.#stopping !== undefined) throw new Error(`${part.name}: the stack is stopping`);
    const child = await startChild(part.launch, this.logFile(part.name), this.#guard);
    this.#children.set(part.name, child);
    if (isStopping(this.#stopping)) {
      await this.#end(part);
      throw new Error(`${part.name}: the stack is stopping`);
    }
    const ended = child.exited.then((exit) => {
      throw new Error(`ended with ${describeExit(exit)}`);
    });
    ended.catch((error: unknown) => {
      if (this.#ending.has(child) || this.startedIn[part.name] === undefined) return;
      this.#onLost(part.name, error instanceof Error ? error.message : String(error));
    });
    try {
      await waitHealthy(part.probe, { deadlineMs: part.startMs, gaveUp: ended });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const log = this.logFile(part.name);
      throw new Error(`${part.name}: ${why}\nlast lines of ${log}:\n${await lastLines(log, 25)}`, { cause: error });
    }
    const ms = Math.round(performance.now() - begun);
    this.startedIn[part.name] = ms;
    this.#say(`${part.name.padEnd(10)} healthy after ${(ms / 1000).toFixed(1)} s (pid ${child.pid})`);
  }

  async #end(part: Part): Promise<void> {
    const child = this.#children.get(part.name);
    if (child === undefined) return;
    this.#ending.add(child);
    if (child.alive) await child.stop(part.graceMs);
  }

  async #stopAll(): Promise<void> {
    this.#forgetSignals();
    // Reverse order: what needs a part ends before it, and the rest side by side.
    const dependants = this.#parts.filter((part) => part.needs.length > 0);
    await Promise.all(dependants.map((part) => this.#end(part)));
    await Promise.all(this.#parts.map((part) => this.#end(part)));
    await this.#guard.close();
    await rm(this.#layout.stack, { force: true });
    await this.#claimed.release();
    await this.#unlock();
  }

  /** Writes `stack.json` for other processes: cli, tests that attach, people. */
  async #describe(): Promise<void> {
    const parts: StackDescription['parts'] = {};
    for (const [name, child] of this.#children) {
      const startedInMs = this.startedIn[name];
      const identity = await processIdentity(child.pid);
      parts[name] = {
        pid: child.pid,
        identity,
        since: child.since.toISOString(),
        startedInMs,
        log: this.logFile(name),
      };
    }
    const { ports } = this;
    await writeStack(this.#layout, {
      host: process.pid,
      stateDir: this.stateDir,
      ports,
      urls: {
        kafka: `127.0.0.1:${ports.kafka}`,
        registry: `http://127.0.0.1:${ports.registry}`,
        connect: `http://127.0.0.1:${ports.connect}`,
        stripe: `http://127.0.0.1:${ports.stripe}`,
      },
      parts,
    });
  }

  #definition(name: PartName): Part {
    const part = this.#parts.find((candidate) => candidate.name === name);
    if (part === undefined) throw new Error(`${name} is not part of this stack`);
    return part;
  }

  #child(name: PartName): Child {
    const child = this.#children.get(name);
    if (child === undefined) throw new Error(`${name} was never started`);
    return child;
  }
}
