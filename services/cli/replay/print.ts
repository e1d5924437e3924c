import Table from 'cli-table3';
import colors from 'picocolors';
import type { Replayed } from '../../runtime/replay/reset.ts';
import type { Described } from './outputs.ts';
import { rangeText, type ReplayReport, type ReplayRequest } from './replay.ts';

const SHOWN = 40;

const kinds: Readonly<Record<Described['kind'], string>> = {
  add: 'would add',
  omit: 'would omit',
  change: 'would change',
};

const number = (count: number): Readonly<{ hAlign: 'right'; content: string }> => ({
  hAlign: 'right',
  content: count === 0 ? colors.green('0') : colors.red(String(count)),
});

const differenceText = ({ kind, topic, key, identity, at, fields }: Described): string => {
  const what = identity.startsWith(`${key}/`) ? identity : [key, identity].filter((part) => part !== '').join(' ');
  const line = `  ${colors.red(kinds[kind].padEnd(12))} ${topic} ${what}${at === undefined ? '' : ` (${at})`}`;
  return [line, ...fields.map(({ field, found, computed }) => `      ${field}: ${found} → ${computed}`)].join('\n');
};

export const replayedText = ({ stage, partition, positions, stores, outputs }: Replayed): string => {
  const moved = positions
    .filter(({ from, to }) => from !== to)
    .map(({ topic, from, to }) => `${topic} ${from} → ${to}`);
  const keys = stores.reduce((sum, { puts, deletes }) => sum + puts + deletes, 0n);
  const records = outputs.reduce((sum, each) => sum + each.records, 0n);
  return `${stage}-${partition}: ${moved.join(', ') || 'positions stay'}; ${keys} keys of state set; ${records} records once more`;
};

/** The report as a table per stage, with the differences below it. */
export const reportText = (request: ReplayRequest, report: ReplayReport): string => {
  const table = new Table({
    head: ['stage', 'compared', ...Object.values(kinds)],
    style: { head: [], border: [] },
  });
  for (const { stage, compared, counts } of report.stages) {
    const sum = Object.values(compared).reduce((total, each) => total + each, 0);
    table.push([
      stage,
      { hAlign: 'right', content: String(sum) },
      number(counts.add),
      number(counts.omit),
      number(counts.change),
    ]);
  }
  const notes = report.stages.flatMap(({ stage, repeated, forgotten }) => [
    ...(repeated > 0 ? [`${stage}: ${repeated} copies were sent by earlier replays`] : []),
    ...(forgotten.length > 0
      ? [`${stage}: ${forgotten.join(', ')} have forgotten their beginning; what is missing there is not told`]
      : []),
  ]);
  const more = report.total > SHOWN ? [`  … and ${report.total - SHOWN} more (--json has them)`] : [];
  return [
    `from ${rangeText(request)}, by the present code against what the topics hold`,
    table.toString(),
    ...notes,
    report.total === 0 ? colors.green('0 differences') : colors.red(`${report.total} differences`),
    ...report.differences.slice(0, SHOWN).map(differenceText),
    ...more,
  ].join('\n');
};
