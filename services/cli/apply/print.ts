import colors from 'picocolors';
import type { Difference, Step } from './plan.ts';

const SECRET = /password|secret|key$/i;

const shown = (setting: string, value: string | undefined): string =>
  value === undefined ? 'unset' : SECRET.test(setting) && !value.startsWith('${') ? '(hidden)' : value;

const difference = ({ setting, from, to }: Difference): string =>
  `      ${setting}: ${shown(setting, from)} → ${shown(setting, to)}`;

const mark: Readonly<Record<Step['action'], string>> = {
  create: colors.green('+'),
  update: colors.yellow('~'),
  unchanged: ' ',
  conflict: colors.red('!'),
};

/** A plan as a person reads it: what changes in full, what does not as a number. */
export const planText = (steps: readonly Step[]): string => {
  const lines = steps
    .filter(({ action }) => action !== 'unchanged')
    .flatMap((step) => [
      `  ${mark[step.action]} ${step.kind.padEnd(9)} ${step.name}`,
      ...step.differences.map(difference),
      ...step.reasons.map((reason) => `      ${colors.red(reason)}`),
    ]);
  const count = (action: Step['action']): number => steps.filter((step) => step.action === action).length;
  const summary = `${count('create')} to create, ${count('update')} to update, ${count('unchanged')} unchanged`;
  const conflicts = count('conflict');
  return [...lines, conflicts > 0 ? `${summary}, ${conflicts} in conflict` : summary].join('\n');
};
