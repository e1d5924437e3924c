/** `millrace replay`: its options, what they may not be together, and what it says. */
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CliConfig } from '../environment.ts';
import { jsonText } from '../json.ts';
import { replayOn, whoAmI } from './command.ts';
import { replayedText, reportText } from './print.ts';
import { progressLine } from './progress.ts';
import { ReplayRefusedError, type ReplayRequest } from './replay.ts';

const offset = (text: string): bigint => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('must be an offset: a whole number from 0');
  return BigInt(text);
};

const instant = (text: string): bigint => {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (!Number.isSafeInteger(ms)) throw new InvalidArgumentError('must be an ISO 8601 time, or epoch milliseconds');
  return BigInt(ms);
};

type Options = Readonly<{
  fromOffset?: bigint;
  fromTimestamp?: bigint;
  order?: string;
  stage?: string;
  execute?: boolean;
  reason?: string;
  json: boolean;
}>;

type Io = Readonly<{
  configured: () => Promise<CliConfig>;
  out: (text: string) => void;
  err: (text: string) => void;
}>;

export const replayCommand = ({ configured, out, err }: Io): Command =>
  new Command('replay')
    .description(
      'run the present code over what the topics hold and tell what it would do otherwise; exit code 3 when anything. ' +
        'With --execute: put the stream back, so that it does it again under the same command ids',
    )
    .option('--from-offset <n>', 'from this offset of any input on (default 0)', offset)
    .option('--from-timestamp <time>', 'from this time of any input on: ISO 8601 or epoch milliseconds', instant)
    .option('--order <id>', 'one order only, from its beginning')
    .option('--stage <name>', 'one stage only: assembly, routing or orders')
    .option('--dry-run', 'compare, and change nothing (the default)')
    .addOption(new Option('--execute', 'do it; the order stream must be stopped').conflicts('dryRun'))
    .option('--reason <text>', 'why, for the audit record; needed with --execute')
    .option('--json', 'as JSON', false)
    .action(async ({ fromOffset, fromTimestamp, order, stage, execute, reason, json }: Options) => {
      const ranged = fromOffset !== undefined || fromTimestamp !== undefined;
      if (order !== undefined && ranged) throw new Error('an order is replayed from its beginning: leave --from-… out');
      if (execute === true && order === undefined && !ranged)
        throw new Error('say from where: --from-offset or --from-timestamp');
      if (execute === true && (reason ?? '').trim() === '') throw new Error('say why: --reason');
      const request: ReplayRequest = {
        from: {
          ...(fromTimestamp === undefined ? { offset: fromOffset ?? 0n } : { timestamp: fromTimestamp }),
          ...(fromOffset !== undefined && { offset: fromOffset }),
        },
        ...(order !== undefined && { order }),
        ...(stage !== undefined && { stage }),
        ...(execute === true && { execute: { who: whoAmI(), reason: reason!.trim() } }),
      };
      const cancel = new AbortController();
      // A second Ctrl-C ends the process: what is in a transaction then is aborted by the brokers.
      process.once('SIGINT', () => cancel.abort(new Error('cancelled; nothing was changed')));
      const progress = progressLine(process.stderr);
      try {
        const report = await replayOn(await configured(), request, {
          signal: cancel.signal,
          onProgress: progress.show,
          onReplayed: (replayed) => {
            progress.clear();
            err(replayedText(replayed));
          },
        });
        progress.clear();
        out(json ? jsonText(report) : reportText(request, report));
        if (report.left > 0) {
          err(
            `cancelled: ${report.replayed.length} tasks were replayed, ${report.left} were not; each whole or not at all`,
          );
          process.exitCode = 1;
        } else if (execute !== true && report.total > 0) process.exitCode = 3;
      } catch (error) {
        progress.clear();
        if (error instanceof ReplayRefusedError) out(json ? jsonText(error.report) : reportText(request, error.report));
        throw error;
      }
    });
