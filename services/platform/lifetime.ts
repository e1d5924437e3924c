/** How a service ends: once, in the reverse order of how it was put together, within a deadline. */
import type { Logger } from './logger.ts';

export interface Lifetime {
  /** To be done at the end. What was opened last closes first. */
  readonly onStop: (close: () => Promise<void> | void) => void;
  /** Ends in peace: exit code 0, or 1 when something could not be closed in time. */
  readonly stop: (reason: string) => Promise<void>;
  /** Ends at once with exit code 1: nothing is closed in peace, as after a kill. */
  readonly fail: (error: unknown) => void;
  /** Aborted when the end begins. */
  readonly signal: AbortSignal;
}

export const openLifetime = (
  options: Readonly<{ logger: Logger; deadlineMs: number; exit: (code: number) => void }>,
): Lifetime => {
  const { logger } = options;
  const closers: (() => Promise<void> | void)[] = [];
  const controller = new AbortController();
  let ending: Promise<void> | undefined;

  const closeAll = async (): Promise<boolean> => {
    let clean = true;
    for (const close of closers.reverse()) {
      try {
        await close();
      } catch (error) {
        clean = false;
        logger.error({ err: error }, 'could not close cleanly');
      }
    }
    return clean;
  };

  const end = async (reason: string): Promise<void> => {
    logger.info({ reason }, 'stopping');
    controller.abort(new Error(`stopping: ${reason}`));
    const deadline = Promise.withResolvers<'late'>();
    const timer = setTimeout(() => deadline.resolve('late'), options.deadlineMs);
    const outcome = await Promise.race([closeAll(), deadline.promise]);
    clearTimeout(timer);
    if (outcome === 'late') logger.error({ deadlineMs: options.deadlineMs }, 'did not stop in time');
    else logger.info('stopped');
    options.exit(outcome === true ? 0 : 1);
  };

  return {
    signal: controller.signal,
    onStop: (close) => void closers.push(close),
    stop: (reason) => (ending ??= end(reason)),
    fail(error) {
      logger.fatal({ err: error }, 'cannot go on');
      options.exit(1);
    },
  };
};
