/** What became of each drift, as a line. */
import colors from 'picocolors';
import type { Done } from './desk.ts';
import type { Remedy } from './remedies.ts';

const about = (orderId: string | null, code: string): string => `${(orderId ?? '').padEnd(9)} ${code.padEnd(19)}`;

const remedyText = (remedy: Remedy): string => {
  switch (remedy.kind) {
    case 'repair':
      return `${remedy.command.commandId} would put it right (--repair)`;
    case 'wait':
      return `wait: ${remedy.why}`;
    case 'person':
      return `${remedy.who}: ${remedy.advice}`;
  }
};

export const doneText = (done: Done): string => {
  switch (done.kind) {
    case 'repaired': {
      const { drift, repair } = done;
      return `${colors.green('repaired ')} ${about(drift.orderId, drift.code)} ${drift.message}\n            ${repair.repairId} at ${repair.repeated}`;
    }
    case 'raised':
    case 'standing': {
      const { drift, exception } = done;
      const word = done.kind === 'raised' ? colors.red('raised   ') : colors.yellow('stands   ');
      return `${word} ${about(drift.orderId, drift.code)} ${drift.message}\n            ${exception.who}: ${exception.advice}`;
    }
    case 'resolved':
      return `${colors.green('resolved ')} ${about(done.exception.orderId, done.exception.code)} ${done.exception.message}`;
    case 'told': {
      const { drift } = done.remedy;
      return `${colors.yellow('drift    ')} ${about(drift.orderId, drift.code)} ${drift.message}\n            ${remedyText(done.remedy)}`;
    }
  }
};

export const summaryText = (all: readonly Done[]): string => {
  const count = (kind: Done['kind']): number => all.filter((done) => done.kind === kind).length;
  const parts = (['repaired', 'raised', 'standing', 'told', 'resolved'] as const)
    .map((kind) => [kind === 'told' ? 'not acted on' : kind, count(kind)] as const)
    .filter(([, times]) => times > 0)
    .map(([word, times]) => `${times} ${word}`);
  return parts.length === 0 ? 'no drift' : parts.join(', ');
};
