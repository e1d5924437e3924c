/** `millrace certify`: its arguments, what it says, and its exit codes. */
import { Command } from 'commander';
import type { CliConfig } from '../environment.ts';
import { jsonText } from '../json.ts';
import { certifyAll, certifyOrder } from './command.ts';
import { certificateText, summaryText } from './print.ts';

/** Of a violated guarantee, to be told from a command that could not do its work. */
const VIOLATED = 3;

type Io = Readonly<{
  configured: () => Promise<CliConfig>;
  out: (text: string) => void;
  err: (text: string) => void;
}>;

const all = async (config: CliConfig, json: boolean, { out, err }: Io): Promise<boolean> => {
  const summary = await certifyAll(config, {
    say: err,
    onCertificate: (certificate) => {
      if (json) out(jsonText(certificate, 0));
      else if (certificate.verdict === 'violated') out(`${certificateText(certificate)}\n`);
    },
  });
  if (!json) out(summaryText(summary));
  return summary.violating.length === 0;
};

export const certifyCommand = (io: Io): Command =>
  new Command('certify')
    .description(
      'prove from the topics alone that an order was decided, sent and answered exactly once; exit code 3 when not',
    )
    .argument('[order]', 'order number')
    .option('--all', 'every order', false)
    .option('--json', 'as JSON; with --all one certificate a line', false)
    .action(async (id: string | undefined, options: { all: boolean; json: boolean }) => {
      if ((id === undefined) !== options.all) throw new Error('name one order, or say --all');
      const config = await io.configured();
      if (id === undefined) {
        if (!(await all(config, options.json, io))) process.exitCode = VIOLATED;
        return;
      }
      const certificate = await certifyOrder(config, id);
      if (certificate === undefined) {
        io.err(`order ${id}: no topic knows it`);
        process.exitCode = 1;
        return;
      }
      io.out(options.json ? jsonText(certificate) : certificateText(certificate));
      if (certificate.verdict === 'violated') process.exitCode = VIOLATED;
    });
