import type { Launch } from './child.ts';
import type { Probe } from './health.ts';
import type { Ports } from './ports.ts';
import type { Artifacts } from './artifacts.ts';
import type { Secrets } from './secrets.ts';
import type { StateLayout } from './state.ts';

export const PARTS = ['kafka', 'sqlserver', 'adnsf', 'stripe', 'mail', 'registry', 'connect'] as const;
export type PartName = (typeof PARTS)[number];

/** What the definition of a part may depend on. */
export interface StackContext {
  readonly layout: StateLayout;
  readonly ports: Ports;
  readonly secrets: Secrets;
  /** Throws when no JVM part was asked for. */
  readonly artifacts: Artifacts;
  readonly tuning: Tuning;
}

export interface Tuning {
  /** `start`: the JVMs compile quickly and never thoroughly; `throughput`: for benchmarks. */
  readonly jvm: 'start' | 'throughput';
  /** Which seed the Stripe sandbox starts from. */
  readonly stripeSeed: string | undefined;
}

/** One process of the stack: how to prepare, start, ask and stop it. */
export interface Part {
  readonly name: PartName;
  /** Parts that must be healthy before this one starts. */
  readonly needs: readonly PartName[];
  /** Files on disk that the process expects. Runs before every start and is idempotent. */
  prepare(): Promise<void>;
  readonly launch: Launch;
  readonly probe: Probe;
  /** How long it may take to become healthy. */
  readonly startMs: number;
  /** How long it may take to end after SIGTERM. */
  readonly graceMs: number;
}
