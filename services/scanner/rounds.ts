/** Work that is done again and again, and whose failure only means: next time. */
import { countService } from '../platform/counts.ts';
import type { Logger } from '../platform/logger.ts';
import { RetriableError, TaskMigratedError } from '../runtime/errors.ts';
import type { Scheduler } from '../runtime/scheduler.ts';

export type Rounds = Readonly<{
  name: string;
  everyMs: number;
  work: (signal: AbortSignal) => Promise<void>;
  scheduler: Scheduler;
  logger: Pick<Logger, 'warn'>;
  signal: AbortSignal;
}>;

/** Until `signal` aborts. @throws what is neither retriable nor a takeover by another instance */
export const goRounds = async ({ name, everyMs, work, scheduler, logger, signal }: Rounds): Promise<void> => {
  while (!signal.aborted) {
    let waitMs = everyMs;
    try {
      await work(signal);
      countService('scanner', `${name}_round`, 'done');
    } catch (error) {
      const takenOver = error instanceof TaskMigratedError;
      if (!takenOver && !(error instanceof RetriableError)) throw error;
      countService('scanner', `${name}_round`, takenOver ? 'taken_over' : 'failed');
      logger.warn({ err: error }, takenOver ? `${name}: another instance took over` : `${name}: next time`);
      if (error instanceof RetriableError) waitMs = Math.max(everyMs, error.retryAfterMs ?? 0);
    }
    await scheduler.sleep(waitMs, signal);
  }
};
