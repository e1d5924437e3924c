/** Everything that may go wrong, by name. Each is injected at the first chance after its step. */
import type { CrashPoint } from '../../services/runtime/task.ts';

export const crashPoints = [
  'before-fence',
  'after-fence',
  'after-restore',
  'mid-batch',
  'before-transaction',
  'after-produce',
  'after-offsets',
  'before-commit',
  'after-commit',
  'after-promote',
] as const satisfies readonly CrashPoint[];

/** Requests that change something: not done and told so; done and told it was not; told it was not, and done later. */
export const uncertain = ['init', 'send', 'offsets', 'commit', 'produce'] as const;

const scheduled = [
  /** A process dies, at any await. */
  'kill',
  /** A process dies and its machine with it: the next one begins with an empty disk. */
  'lose-disk',
  /** A process stands still; it wakes up some time later, not knowing. */
  'pause',
  /** A process stands still, the group goes on without it, and then it wakes up in the middle of what it did. */
  'zombie',
  /** The group goes on without a process that works on and has not noticed. */
  'expire-session',
  'scale-out',
  'scale-in',
  /** The coordinator ends a transaction that takes too long. */
  'expire-transaction',
  'compact',
  /** A changelog is gone and made anew, empty or with late writes of the dead; most often its writers are started again. */
  'lose-changelog',
  'corrupt-disk',
  /** Hours go by: idempotency keys are forgotten, signatures grow old. */
  'hours-pass',
  /** A process dies, and nobody looks after it for a day. */
  'day-off',
  /** Days go by: checkpoints grow too old to be trusted. */
  'week-passes',
  /** The connector dies with its transaction open, and sends the same again. */
  'connector-restart',
  'webhook-duplicate',
] as const;

/** Answers of the outside world that are not what was hoped for. */
const answers = [
  'fetch-fails',
  'committed-offsets-fail',
  'end-offsets-fail',
  'restore-fails',
  'webhook-answer-lost',
  /** Stripe says the same again, as another event. */
  'webhook-twin',
  'stripe-away',
  'stripe-429',
  'stripe-500',
  'stripe-500-saved',
  'stripe-500-after-commit',
  'stripe-answer-lost',
  'stripe-late',
  'shop-away',
  'shop-deadlock',
  'shop-commit-fails',
  'shop-commit-unknown',
] as const;

export type Uncertain = (typeof uncertain)[number];
export type ScheduledFault = (typeof scheduled)[number];
export type AnswerFault = (typeof answers)[number];
export type FaultKind =
  | ScheduledFault
  | AnswerFault
  | `crash:${(typeof crashPoints)[number]}`
  | `${Uncertain}:${'before' | 'after' | 'late'}`;

export const scheduledFaults: ReadonlySet<FaultKind> = new Set(scheduled);

export const faultKinds: readonly FaultKind[] = [
  ...scheduled,
  // The plainest deaths and the subtlest ones are the most telling.
  'kill',
  'zombie',
  'zombie',
  'expire-session',
  ...crashPoints.map((point) => `crash:${point}` as const),
  ...uncertain.flatMap((kind) => [`${kind}:before`, `${kind}:after`, `${kind}:late`] as const),
  'commit:after',
  'commit:late',
  ...answers,
];
