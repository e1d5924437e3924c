/** What the driver prints: one line `RESULT {…}` per run. */
import { z } from 'zod';

const seconds = z.number().nonnegative();
const count = z.int().nonnegative();
const percentiles = z.object({
  count: z.int().positive(),
  p50: z.number().positive(),
  p95: z.number().positive(),
  p99: z.number().positive(),
  max: z.number().positive(),
});

const throughput = z.object({
  kind: z.literal('throughput'),
  orders: z.int().positive(),
  inputs: z.int().positive(),
  outputs: count,
  expected: count,
  duplicates: count,
  digest: z.string().min(1),
  seconds: z.number().positive(),
  startSeconds: seconds,
  firstOutputSeconds: z.number(),
  cpuSeconds: seconds,
  brokerCpuSeconds: seconds,
  peakMb: count,
});

const latency = z.object({
  kind: z.literal('latency'),
  rate: z.int().positive(),
  expected: count,
  outputs: count,
  twoHops: percentiles,
  oneHop: percentiles,
  cpuSeconds: seconds,
  brokerCpuSeconds: seconds,
  peakMb: count,
});

const preload = z.object({
  kind: z.literal('preload'),
  orders: z.int().positive(),
  inputs: z.int().positive(),
  bytes: z.int().positive(),
  seconds,
});

const result = z.discriminatedUnion('kind', [throughput, latency, preload]);

/** `seconds`: from running to the last output that a read_committed reader can see. */
export type ThroughputResult = Readonly<z.infer<typeof throughput>>;
/** Percentiles in milliseconds. */
export type LatencyResult = Readonly<z.infer<typeof latency>>;
export type Result = Readonly<z.infer<typeof result>>;

const prefix = 'RESULT ';

/**
 * The result in a line of the driver's output; undefined for a line that is none.
 * @throws when a result is not what it should be, for example because a run had no output at all
 */
export const resultIn = (line: string): Result | undefined => {
  if (!line.startsWith(prefix)) return undefined;
  const parsed = result.safeParse(JSON.parse(line.slice(prefix.length)));
  if (!parsed.success) throw new Error(`the driver printed ${line}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

/** What is wrong with the outputs of these runs, in words; empty when nothing is. */
export const faultsOf = (runs: readonly Readonly<{ label: string; result: Result }>[]): readonly string[] => {
  const faults: string[] = [];
  const digests = new Map<string, string>();
  for (const { label, result: one } of runs) {
    if (one.kind === 'preload') continue;
    if (one.outputs !== one.expected) faults.push(`${label}: ${one.outputs} outputs instead of ${one.expected}`);
    if (one.kind !== 'throughput') continue;
    if (one.duplicates > 0) faults.push(`${label}: ${one.duplicates} duplicates`);
    digests.set(label, one.digest);
  }
  if (new Set(digests.values()).size > 1)
    faults.push(`commands differ: ${[...digests].map(([label, digest]) => `${label} ${digest}`).join(', ')}`);
  return faults;
};
