/**
 * Restarts what failed of a connector. Connect leaves a task that failed as it is, and Debezium fails when the database
 * is away while a task begins: after an outage of a minute the capture would be over until a person came. Positions and
 * records commit together at the source, so a restart goes on where the last transaction ended, however often it comes.
 */
import { ConnectError, connectorState, restartFailed } from '../../connectors/connect-api.ts';
import { countService } from '../platform/counts.ts';
import type { Logger } from '../platform/logger.ts';
import type { Scheduler } from '../runtime/scheduler.ts';

const LOOK_EVERY_MS = 2_000;
/** What fails again at once is left alone for longer each time, up to this. */
const MAX_PAUSE_MS = 30_000;
/** What has run for so long has recovered. */
const RECOVERED_MS = 60_000;

export type KeepOptions = Readonly<{
  connectUrl: string;
  connector: string;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  scheduler: Scheduler;
  /** Ends the keeping. */
  signal: AbortSignal;
}>;

const SERVICE = 'connector-keeper';

const firstLine = (trace: string | undefined): string => trace?.split('\n', 1)[0] ?? 'no trace';

/** Looks after one connector until the signal aborts. A worker that does not answer, or is busy, is asked again. */
export const keepConnector = async (options: KeepOptions): Promise<void> => {
  const { connectUrl, connector, logger, scheduler, signal } = options;
  let failures = 0;
  let runningSince: number | undefined;
  while (!signal.aborted) {
    let pause = LOOK_EVERY_MS;
    try {
      const state = await connectorState(connectUrl, connector);
      const failed = state && [state.connector, ...state.tasks].find((part) => part.state === 'FAILED');
      if (failed === undefined) {
        runningSince ??= scheduler.now();
        if (scheduler.now() - runningSince >= RECOVERED_MS) failures = 0;
      } else {
        runningSince = undefined;
        logger.error({ connector, trace: failed.trace }, `connector failed, restarting it: ${firstLine(failed.trace)}`);
        await restartFailed(connectUrl, connector);
        countService(SERVICE, 'restart', connector);
        pause = Math.min(MAX_PAUSE_MS, LOOK_EVERY_MS * 2 ** Math.min(failures++, 16));
      }
    } catch (error) {
      if (!(error instanceof ConnectError)) throw error;
      logger.warn({ err: error, connector }, 'Connect does not tell how the connector is');
    }
    await scheduler.sleep(pause, signal);
  }
};
