/** `millrace payout <id>` and `millrace payout ls`. */
import { Command } from 'commander';
import type { CliConfig } from '../environment.ts';
import { jsonText } from '../json.ts';
import { openTopics, type Topics } from '../kafka.ts';
import { payoutsIn, proofIn } from './collect.ts';
import { proofText, rowsText } from './print.ts';

type Parts = Readonly<{
  configured: () => Promise<CliConfig>;
  out: (text: string) => void;
  err: (text: string) => void;
}>;

export const payoutCommand = ({ configured, out, err }: Parts): Command => {
  const reading = async (work: (topics: Topics) => Promise<void>): Promise<void> => {
    const topics = await openTopics(await configured());
    try {
      await work(topics);
    } finally {
      await topics.close();
    }
  };
  const command = new Command('payout')
    .description('the proof of one payout: every category, the pages, the orders, and the journal entry')
    .argument('<id>', 'po_…')
    .option('--json', 'as JSON', false)
    .action((id: string, { json }: { json: boolean }) =>
      reading(async (topics) => {
        const proof = await proofIn(topics, id.replace(/^payout:/, ''));
        if (proof === undefined) err(`payout ${id}: no topic knows it`);
        else out(json ? jsonText(proof) : proofText(proof));
        if (proof === undefined || proof.standing === 'held') process.exitCode = 1;
      }),
    );
  command
    .command('ls')
    .description('all payouts that Stripe told of, the latest first')
    .option('--json', 'as JSON', false)
    .action((_options: unknown, ls: Command) =>
      reading(async (topics) => {
        const rows = await payoutsIn(topics);
        out(ls.optsWithGlobals<{ json?: boolean }>().json === true ? jsonText(rows) : rowsText(rows));
      }),
    );
  return command;
};
