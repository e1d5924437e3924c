/** The words of `millrace dlq` and what they print. */
import { Command, InvalidArgumentError } from 'commander';
import type { Outcome, Person } from '../../dead-letters/desk.ts';
import { TaskMigratedError } from '../../runtime/errors.ts';
import { filterOf, type FilterOptions, isNarrow, whoIs } from './arguments.ts';
import { chosen, decide, edit, type EditInput, listed, type Office, shown } from './command.ts';
import { jsonLine, outcomeText, planText, shownJson, shownText, tableHead, tableRow } from './print.ts';

type Say = Readonly<{ out: (text: string) => void; err: (text: string) => void }>;
type Bulk = FilterOptions & Readonly<{ reason?: string; by?: string; limit: number; dryRun: boolean; all: boolean }>;

const PROGRESS_EVERY = 100;

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('must be a whole number from 1');
  return value;
};

const assignment = (text: string, before: readonly (readonly [string, string])[]): (readonly [string, string])[] => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('must be field=value, such as after.Email=ana@example.com');
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
};

const filtered = (command: Command): Command =>
  command
    .option('--stage <name>', 'refused by this stage')
    .option('--code <code>', 'for this reason')
    .option('--topic <name>', 'from this source topic')
    .option('--key <text>', 'with this key: an order, a customer, a Stripe object')
    .option('--order <id>', 'about this order, by key or message')
    .option('--since <time>', 'written from then on: 2026-11-24T10:00Z, or 24h ago')
    .option('--until <time>', 'written before then')
    .option('--state <state>', 'open, edited, waiting (both), redriven, discarded or all', 'waiting');

const responsible = (command: Command): Command =>
  command
    .option('--reason <text>', 'why; kept for ever')
    .option('--by <name>', 'who; the user of this process when left out')
    .option('--dry-run', 'say what would be done, and do nothing', false);

const personOf = ({ reason, by }: Readonly<{ reason?: string; by?: string }>, dryRun: boolean): Person => {
  if ((reason === undefined || reason.trim() === '') && !dryRun)
    throw new Error('--reason is required: it is what the next person will read');
  return { reason: reason ?? '', by: whoIs(by), at: BigInt(Date.now()) };
};

export const dlqCommand = (openOffice: () => Promise<Office>, { out, err }: Say): Command => {
  const program = new Command('dlq').description(
    'dead letters: look at them, put them right, let them take their turn',
  );

  const inOffice = async (work: (office: Office) => Promise<void>): Promise<void> => {
    const office = await openOffice();
    try {
      await work(office);
    } catch (error) {
      if (!(error instanceof TaskMigratedError)) throw error;
      throw new Error('somebody else came to the desk: what was told above is done; look, and do the rest again', {
        cause: error,
      });
    } finally {
      await office.close();
    }
  };

  filtered(program.command('ls').description('those that wait for a person, oldest first'))
    .option('--limit <n>', 'at most so many', count, Infinity)
    .option('--json', 'one JSON object a line', false)
    .action((options: FilterOptions & { limit: number; json: boolean }) =>
      inOffice(async (office) => {
        let seen = 0;
        for await (const lettered of listed(office, filterOf(options, Date.now()), options.limit)) {
          if (seen++ === 0 && !options.json) out(tableHead());
          out(options.json ? jsonLine(lettered) : tableRow(lettered));
        }
        if (!options.json) err(seen === 0 ? 'no dead letters' : `${seen} dead letters`);
      }),
    );

  program
    .command('show')
    .description('everything about one: value, headers, what was done, what came of it')
    .argument('<id>', 'dead-letters-<partition>@<offset>, or <partition>@<offset>')
    .option('--json', 'as JSON', false)
    .action((id: string, { json }: { json: boolean }) =>
      inOffice(async (office) => {
        const letter = await shown(office, id);
        out(json ? shownJson(letter) : shownText(letter));
      }),
    );

  responsible(program.command('edit').description("give one another value; its record's schema is kept to"))
    .argument('<id>', 'dead-letters-<partition>@<offset>, or <partition>@<offset>')
    .option('--set <field=value>', 'one field, may be repeated: after.Email=ana@example.com', assignment, [])
    .option('--file <path>', 'the whole value as JSON, as `show --json` has it under `value`')
    .action(
      async (
        id: string,
        options: { set: [string, string][]; file?: string; reason?: string; by?: string; dryRun: boolean },
      ) => {
        const { set, file, dryRun } = options;
        if (set.length > 0 && file !== undefined) throw new Error('either --set or --file');
        const editor = process.env['VISUAL'] ?? process.env['EDITOR'];
        const person = personOf(options, dryRun);
        let input: EditInput;
        if (set.length > 0) input = { kind: 'set', fields: set };
        else if (file !== undefined) input = { kind: 'file', path: file };
        else if (editor !== undefined) input = { kind: 'editor', command: editor };
        else throw new Error('say what to change: --set, --file, or an editor in $EDITOR');
        await inOffice(async (office) => {
          const outcome = await edit(office, id, input, person, { dryRun });
          out(
            outcome === undefined
              ? `${id}  ${dryRun ? 'would be edited: it fits' : 'is what it was'}`
              : outcomeText(outcome),
          );
        });
      },
    );

  const decision = (kind: 'redrive' | 'discard', what: string): void => {
    responsible(filtered(program.command(kind).description(what)))
      .argument('[ids...]', 'those; else the ones that the filters leave, if they wait for a person')
      .option('--limit <n>', 'at most so many', count, Infinity)
      .option('--all', 'all that wait, without a filter', false)
      .action(async (ids: string[], options: Bulk) => {
        if (ids.length === 0 && !isNarrow(options) && !options.all)
          throw new Error('name letters, or narrow them down, or say --all');
        const person = personOf(options, options.dryRun);
        const filter = filterOf(options, Date.now());
        await inOffice(async (office) => {
          const letters = await chosen(office, ids, filter, options.limit);
          if (options.dryRun) {
            for (const lettered of letters) out(planText(kind, lettered));
            err(`${letters.length} dead letters; nothing was done`);
            return;
          }
          const told: Record<Outcome['kind'], number> = { done: 0, skipped: 0 };
          try {
            for await (const outcome of decide(office, kind, letters, person)) {
              told[outcome.kind]++;
              out(outcomeText(outcome));
              const sum = told.done + told.skipped;
              if (sum % PROGRESS_EVERY === 0) err(`${sum} of ${letters.length}`);
            }
          } finally {
            err(
              `${told.done} of ${letters.length} done${told.skipped > 0 ? `, ${told.skipped} left as they are` : ''}`,
            );
          }
          if (told.skipped > 0) process.exitCode = 1;
        });
      });
  };
  decision('redrive', 'back to where they came from, behind what is there; each once');
  decision('discard', 'nothing shall come of them; they are kept');
  return program;
};
