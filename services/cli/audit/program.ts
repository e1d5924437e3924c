/** The words of `millrace audit`. */
import { Command } from 'commander';
import { TaskMigratedError } from '../../runtime/errors.ts';
import { whoIs } from '../dlq/arguments.ts';
import type { CliConfig } from '../environment.ts';
import { jsonText } from '../json.ts';
import { audit } from './command.ts';
import type { Done } from './desk.ts';
import { doneText, summaryText } from './print.ts';

type Say = Readonly<{ out: (text: string) => void; err: (text: string) => void }>;
type Options = Readonly<{
  order?: string;
  repair: boolean;
  raise: boolean;
  reason?: string;
  by?: string;
  json: boolean;
}>;

export const auditCommand = (configured: () => Promise<CliConfig>, { out, err }: Say): Command =>
  new Command('audit')
    .description(
      'compare shop, Stripe, ERP and topics per order; say what puts each drift right, and do it when told to',
    )
    .option('--order <id>', 'this order only')
    .option('--raise', 'write an exception about each drift that no command repairs, once', false)
    .option('--repair', 'send the commands again whose effects do not hold; raises the rest', false)
    .option('--reason <text>', 'why; kept for ever')
    .option('--by <name>', 'who; the user of this process when left out')
    .option('--json', 'one JSON object a drift', false)
    .action(async (options: Options) => {
      const { repair, reason = '' } = options;
      if (repair && reason.trim() === '')
        throw new Error('--reason is required to repair: it is what the next person will read');
      const orders = {
        repair: repair ? { reason } : undefined,
        raise: options.raise || repair,
        ...(options.order !== undefined && { orderId: options.order }),
      };
      const told: Done[] = [];
      try {
        for await (const done of audit(
          await configured(),
          orders,
          { by: whoIs(options.by), at: BigInt(Date.now()) },
          err,
        )) {
          told.push(done);
          out(options.json ? jsonText(done, 0) : doneText(done));
        }
      } catch (error) {
        if (!(error instanceof TaskMigratedError)) throw error;
        throw new Error('somebody else came to the desk: what was told above is done; look, and do the rest again', {
          cause: error,
        });
      } finally {
        err(summaryText(told));
      }
      if (told.some(({ kind }) => kind !== 'resolved')) process.exitCode = 1;
    });
