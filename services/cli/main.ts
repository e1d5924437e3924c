/** `node services/cli/main.ts <command>`: bring a cluster up to date, follow an order, prove that nothing went wrong. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { apply } from './apply/command.ts';
import { ConflictError } from './apply/execute.ts';
import { auditCommand } from './audit/program.ts';
import { officeOf } from './dlq/command.ts';
import { dlqCommand } from './dlq/program.ts';
import { certifyCommand } from './certify/program.ts';
import { configOf, environmentOf } from './environment.ts';
import { jsonText } from './json.ts';
import { storyOf } from './order/command.ts';
import { storyText } from './order/print.ts';
import { standingOf } from './order/standing.ts';
import { paymentLink } from './payment-link.ts';
import { payoutCommand } from './payout/program.ts';
import { replayCommand } from './replay/program.ts';
import { verify } from './verify/command.ts';
import { verdictText } from './verify/print.ts';
import { workflowCommand } from './workflow/command.ts';

const LOCAL = resolve(import.meta.dirname, '../../infra/local/cli.ts');

const out = (text: string): void => void process.stdout.write(`${text}\n`);
const err = (text: string): void => void process.stderr.write(`${text}\n`);

const seconds = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('must be a number of seconds');
  return value;
};

const hours = (text: string): number => {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('must be a number of hours above 0');
  return value;
};

const program = new Command('millrace')
  .description('Millrace: what a shop and Stripe say, joined and acted on exactly once')
  .option('--name <name>', 'the local stack whose environment to use', 'demo');

const configured = async (): Promise<ReturnType<typeof configOf>> =>
  configOf(await environmentOf(program.opts<{ name: string }>().name));

program
  .command('apply')
  .description('create or update topics, schemas and connectors; prints the plan first')
  .option('--dry-run', 'print the plan and change nothing', false)
  .action(async ({ dryRun }: { dryRun: boolean }) => {
    try {
      await apply(await configured(), { dryRun, say: out });
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      err(`nothing was changed:\n${error.message}`);
      process.exitCode = 1;
    }
  });

program
  .command('order')
  .description("one order's story across the shop, Stripe and the ERP")
  .argument('<id>', 'order number')
  .option('--json', 'as JSON', false)
  .action(async (id: string, { json }: { json: boolean }) => {
    const story = await storyOf(await configured(), id);
    if (story === undefined) {
      err(`order ${id}: neither the shop, nor Kafka, nor the ledger knows it`);
      process.exitCode = 1;
    } else out(json ? jsonText({ ...story, standing: standingOf(story) }) : storyText(story));
  });

program
  .command('verify')
  .description(
    'look at every order from all sides; exit code 1 when anything is lost, doubled, reordered or off by a cent',
  )
  .option('--json', 'as JSON', false)
  .option('--wait <seconds>', 'wait at most so long until nothing is under way', seconds, 0)
  .action(async ({ json, wait }: { json: boolean; wait: number }) => {
    const { verdict, unsettled } = await verify(await configured(), { waitSeconds: wait });
    if (json) out(jsonText({ ...verdict, unsettled }));
    else {
      for (const reason of unsettled.slice(0, 10)) err(`still under way: ${reason}`);
      out(verdictText(verdict));
    }
    if (verdict.findings.length > 0 || (wait > 0 && unsettled.length > 0)) process.exitCode = 1;
  });

program.addCommand(payoutCommand({ configured, out, err }));
program.addCommand(auditCommand(configured, { out, err }));
program.addCommand(dlqCommand(async () => officeOf(await configured()), { out, err }));
program.addCommand(workflowCommand({ out, err }));
program.addCommand(certifyCommand({ configured, out, err }));

program
  .command('payment-link')
  .description('a signed link to the payment page of an order; whoever has it may pay')
  .argument('<order>', 'order number')
  .option('--hours <n>', 'how long it is good for', hours, 24)
  .action(async (order: string, { hours: valid }: { hours: number }) => {
    out(paymentLink(await configured(), order, { hours: valid, now: Date.now() }));
  });
program.addCommand(replayCommand({ configured, out, err }));

for (const [verb, what] of [
  ['up', 'start the local stack and leave it running'],
  ['down', 'stop the local stack; its data stays'],
  ['status', 'what runs, and where'],
] as const)
  program
    .command(verb)
    .description(what)
    .action(async () => {
      const args = [join(LOCAL), verb, '--name', program.opts<{ name: string }>().name];
      const child = spawn(process.execPath, args, { stdio: 'inherit' });
      const { promise, resolve: ended } = Promise.withResolvers<number>();
      child.once('exit', (code) => ended(code ?? 1));
      process.exitCode = await promise;
    });

try {
  await program.parseAsync();
} catch (error) {
  for (let cause: unknown = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth += 1)
    err(`${depth === 0 ? '' : '  because: '}${cause.message}`);
  process.exitCode = 1;
}
