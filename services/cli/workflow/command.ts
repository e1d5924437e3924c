/** The `workflow` commands. None of them needs a stack. */
import { Command } from 'commander';
import { DEFAULT_DIRECTORY } from '../../order-stream/workflows/directory.ts';
import { jsonSchema } from '../../order-stream/workflows/document/shape.ts';
import { WorkflowError } from '../../order-stream/workflows/document/source.ts';
import { checkedText } from './check.ts';
import { seal } from './seal.ts';
import { playedText, playExamples } from './test.ts';

type Say = Readonly<{ out: (text: string) => void; err: (text: string) => void }>;

export const workflowCommand = ({ out, err }: Say): Command => {
  const workflow = new Command('workflow')
    .description('the workflows: what is sent, when, and with which contents')
    .option('--dir <directory>', 'where they are', process.env['MILLRACE_WORKFLOWS_DIR'] ?? DEFAULT_DIRECTORY);
  const directory = (): string => workflow.opts<{ dir: string }>().dir;

  /** Problems of documents are told as they are, one on each line, for editors to jump to. */
  const told = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof WorkflowError)) throw error;
      err(error.message);
      process.exitCode = 1;
    }
  };

  workflow
    .command('check')
    .description('validate all documents; print which version is active from when, per environment')
    .action(() => told(() => out(checkedText(directory(), process.env['MILLRACE_ENVIRONMENT'] ?? 'production'))));

  workflow
    .command('test')
    .description('play the examples beside each workflow; exit code 1 when one goes otherwise')
    .action(() =>
      told(() => {
        const played = playExamples(directory());
        out(playedText(played));
        if (played.results.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
      }),
    );

  workflow
    .command('seal')
    .description('write down what versions mean: from then on an edit of them is refused')
    .argument('[ids...]', 'order-to-cash@1 …; all without')
    .action((ids: string[]) =>
      told(() => {
        const fresh = seal(directory(), ids);
        out(fresh.length === 0 ? 'nothing new to seal' : `sealed: ${fresh.join(', ')}`);
      }),
    );

  workflow
    .command('schema')
    .description('print the JSON Schema of the documents, for editors')
    .action(() => out(JSON.stringify(jsonSchema(), null, 2)));
  return workflow;
};
