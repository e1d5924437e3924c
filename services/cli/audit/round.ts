/** An audit that a service does from time to time: it repairs nothing, and tells everything once. */
import type { Logger } from '../../platform/logger.ts';
import { countService } from '../../platform/counts.ts';
import { FatalError, RetriableError, TaskMigratedError } from '../../runtime/errors.ts';
import type { CliConfig } from '../environment.ts';
import { audit } from './command.ts';
import { doneText } from './print.ts';

/** @throws RetriableError when a side could not be asked */
export const auditRound = async (config: CliConfig, logger: Pick<Logger, 'warn' | 'info'>): Promise<void> => {
  try {
    const auditor = { by: 'scanner', at: BigInt(Date.now()) };
    for await (const done of audit(config, { repair: undefined, raise: true }, auditor, (text) => logger.info(text))) {
      countService('scanner', 'drift', done.kind);
      if (done.kind === 'raised' || done.kind === 'resolved') logger.warn({ what: doneText(done) }, done.kind);
    }
  } catch (error) {
    if (error instanceof FatalError || error instanceof TaskMigratedError || error instanceof RetriableError)
      throw error;
    throw new RetriableError(`audit: ${(error as Error).message}`, { cause: error });
  }
};
