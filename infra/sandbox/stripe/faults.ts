import { z } from 'zod';

/**
 * What can go wrong with a request.
 * - `rate_limit`: 429 with Retry-After; nothing happens.
 * - `error_before_commit`: 500; nothing happens and nothing is saved, a retry executes.
 * - `error_saved`: 500; nothing happens, but the idempotency key remembers the 500 for 24 hours.
 * - `error_after_commit`: 500, although it happened; the key remembers the 500.
 * - `timeout_before_commit`, `timeout_after_commit`: no answer for `holdMs`, then the connection closes.
 * - `reset_before_commit`, `reset_after_commit`: the connection is reset.
 * - `slow`: executed after `holdMs`; meanwhile the key is in use.
 */
export const faultKinds = [
  'rate_limit',
  'error_before_commit',
  'error_saved',
  'error_after_commit',
  'timeout_before_commit',
  'timeout_after_commit',
  'reset_before_commit',
  'reset_after_commit',
  'slow',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** A fault to inject: into the next `count` requests that match, or into each with probability `rate`, or both. */
export const faultRequest = z.strictObject({
  kind: z.enum(faultKinds),
  method: z.string().optional(),
  /** A path below `/v1`, `*` for any one or more characters: `/v1/payment_intents/*` */
  path: z.string().default('*'),
  count: z.int().positive().optional(),
  rate: z.number().min(0).max(1).optional(),
  holdMs: z.int().nonnegative().default(90_000),
  retryAfterSeconds: z.int().nonnegative().default(1),
});
export type Fault = z.infer<typeof faultRequest> & { id: string };

/** Faults in force. They live in memory: a restart brings a healthy Stripe. */
export interface Faults {
  add(fault: z.infer<typeof faultRequest>): Fault;
  clear(): void;
  list(): Fault[];
  /** The fault that befalls this request, if any; it counts as used. */
  take(kinds: readonly FaultKind[], method: string, path: string): Fault | undefined;
}

/** Kinds that strike before an idempotency key is looked at. */
export const beforeExecution: readonly FaultKind[] = [
  'rate_limit',
  'error_before_commit',
  'timeout_before_commit',
  'reset_before_commit',
];
/** Kinds that strike a request that is being executed. */
export const inExecution: readonly FaultKind[] = ['slow', 'error_saved', 'error_after_commit'];
/** Kinds that strike the answer. */
export const afterExecution: readonly FaultKind[] = ['timeout_after_commit', 'reset_after_commit'];

const pattern = (path: string): RegExp =>
  new RegExp(`^${path.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.+')}$`);

export const openFaults = (chance: (...fact: (string | number)[]) => number): Faults => {
  let rules: { fault: Fault; matches: RegExp; left: number; seen: number }[] = [];
  let made = 0;
  return {
    add: (request) => {
      const fault = { ...request, id: `fault_${++made}` };
      const left = request.count ?? (request.rate === undefined ? 1 : Infinity);
      rules.push({ fault, matches: pattern(request.path), left, seen: 0 });
      return fault;
    },
    clear: () => {
      rules = [];
    },
    list: () => rules.map(({ fault, left }) => ({ ...fault, ...(left !== Infinity && { count: left }) })),
    take: (kinds, method, path) => {
      for (const rule of rules) {
        const { fault } = rule;
        if (!kinds.includes(fault.kind) || !rule.matches.test(path)) continue;
        if (fault.method !== undefined && fault.method !== method) continue;
        rule.seen += 1;
        if (fault.rate !== undefined && chance('fault', fault.id, rule.seen) >= fault.rate) continue;
        rule.left -= 1;
        if (rule.left <= 0) rules = rules.filter((other) => other !== rule);
        return fault;
      }
      return undefined;
    },
  };
};
