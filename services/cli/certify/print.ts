import colors from 'picocolors';
import type { Certificate, Decision, Effect, Verdict } from './certificate.ts';
import type { Summary } from './command.ts';

const shortened = (place: string): string => place.replaceAll('adnsf.AspDotNetStorefront.dbo.', '');

const paint: Readonly<Record<Verdict, (text: string) => string>> = {
  'exactly once': colors.green,
  'under way': colors.cyan,
  'put aside': colors.yellow,
  unproven: colors.yellow,
  violated: colors.red,
};

/** Columns as wide as their widest cell. */
const aligned = (rows: readonly (readonly string[])[]): string[] => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd());
};

const without = (orderId: string, commandId: string): string =>
  commandId.startsWith(`${orderId}/`) ? commandId.slice(orderId.length + 1) : commandId;

const inputRows = ({ inputs }: Certificate): string[][] =>
  inputs.map(({ at, what, outcome }) => [shortened(at), what, `→ ${outcome}`]);

const decisionRow = (orderId: string, { commandId, cause, at }: Decision): string[] => [
  shortened(at),
  without(orderId, commandId),
  `because of ${without(orderId, shortened(cause))}`,
];

/** What was done, in the words of whoever did it. */
const proofOf = ({ target, requestId, replayed, how, rowVersion }: Effect): string => {
  switch (target) {
    case 'stripe':
      return [requestId ?? 'no request', replayed ? 'replayed' : 'first attempt', ...(how === null ? [] : [how])].join(
        ', ',
      );
    case 'adnsf':
      return [
        rowVersion === null ? 'row version unknown' : `row version ${rowVersion}`,
        ...(replayed ? ['known before'] : []),
      ].join(', ');
    case 'notifications':
      return 'sent';
    default:
      return replayed ? 'known before' : 'booked';
  }
};

const effectRow = (orderId: string, effect: Effect): string[] => [
  shortened(effect.at),
  without(orderId, effect.commandId),
  effect.status === 'succeeded' ? (effect.objectId ?? 'nothing to show') : `${effect.status} ${effect.error ?? ''}`,
  effect.status === 'succeeded' ? proofOf(effect) : (effect.requestId ?? ''),
];

/** The certificate on one screen. */
export const certificateText = (certificate: Certificate): string => {
  const { orderId, verdict, statement, decisions, effects } = certificate;
  const section = (name: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ['', colors.bold(name), ...lines];
  return [
    `${colors.bold(`Order ${orderId}`)}  ${paint[verdict](statement)}`,
    ...section('Inputs', aligned(inputRows(certificate))),
    ...section('Decisions', aligned(decisions.map((each) => decisionRow(orderId, each)))),
    ...section('Effects', aligned(effects.map((each) => effectRow(orderId, each)))),
    ...section(
      'Under way',
      certificate.open.map((line) => `  ${line}`),
    ),
    ...section(
      'Put aside',
      certificate.putAside.map((line) => `  ${shortened(line)}`),
    ),
    ...section(
      'Not proved',
      certificate.limits.map((line) => `  ${line}`),
    ),
    ...section(
      'Violations',
      certificate.violations.map(({ kind, message }) => `  ${colors.red(kind.padEnd(11))} ${shortened(message)}`),
    ),
  ].join('\n');
};

const SHOWN = 40;

export const summaryText = ({ orders, counts, violating }: Summary): string => {
  const parts = (Object.keys(counts) as Verdict[])
    .filter((verdict) => counts[verdict] > 0 || verdict === 'violated')
    .map((verdict) => (counts[verdict] > 0 ? paint[verdict] : String)(`${counts[verdict]} ${verdict}`));
  const more = violating.length > SHOWN ? [`and ${violating.length - SHOWN} more`] : [];
  const list =
    violating.length === 0 ? [] : [`violating orders: ${[...violating.slice(0, SHOWN), ...more].join(', ')}`];
  return [`${orders} orders: ${parts.join(', ')}`, ...list].join('\n');
};
