import type { Clock } from './clock.ts';
import type { Journal } from './journal.ts';

/** What the simulator does by itself, later. */
export type Job =
  | { type: 'settle_charge'; charge: string }
  | { type: 'complete_bank_debit'; paymentIntent: string }
  | { type: 'expire_authorization'; paymentIntent: string }
  | { type: 'fail_refund'; refund: string }
  | { type: 'open_dispute'; charge: string }
  | { type: 'reconcile_payout'; payout: string }
  | { type: 'complete_payout'; payout: string }
  | { type: 'run_payouts'; schedule: number; everyMs: number; availableOnly: boolean };

/** Jobs by due time of the simulator's clock. They survive restarts. */
export interface Jobs {
  schedule(job: Job, delayMs: number): void;
  /** Does what is due, each in its own transaction, and sets the timer for the next. */
  run(): void;
  pending(): number;
  /** How many are due within the next minute. What comes round again and again is not waited for. */
  dueSoon(): number;
  stop(): void;
}

interface Row {
  seq: number;
  due: number;
  body: string;
}

/** The longest a timer sleeps before it looks again. */
const longest = 60_000;

/** @param performed called after each job's transaction: events may be due */
export const openJobs = (journal: Journal, clock: Clock, perform: (job: Job) => void, performed: () => void): Jobs => {
  const { database } = journal;
  const add = database.prepare('insert into jobs (due, body) values (?, ?)');
  const first = database.prepare('select seq, due, body from jobs order by due, seq limit 1');
  const remove = database.prepare('delete from jobs where seq = ?');
  const count = database.prepare('select count(*) as n from jobs where due <= ?');
  const countOnce = database.prepare(
    "select count(*) as n from jobs where due <= ? and body ->> '$.type' <> 'run_payouts'",
  );
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const run = (): void => {
    clearTimeout(timer);
    if (stopped) return;
    for (;;) {
      const row = first.get() as Row | undefined;
      if (row === undefined) return;
      const wait = row.due - clock.now();
      if (wait > 0) {
        timer = setTimeout(run, Math.min(wait, longest));
        return;
      }
      journal.transaction(() => {
        remove.run(row.seq);
        perform(JSON.parse(row.body) as Job);
      });
      performed();
    }
  };

  return {
    schedule: (job, delayMs) => {
      add.run(clock.now() + delayMs, JSON.stringify(job));
    },
    run,
    pending: () => (count.get(Number.MAX_SAFE_INTEGER) as { n: number }).n,
    dueSoon: () => (countOnce.get(clock.now() + 60_000) as { n: number }).n,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
};
