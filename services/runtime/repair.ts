/**
 * A command that is told again because what it had done does not hold: the same bytes, and a header with the id under
 * which its effect is guarded this time. Whoever knows the command's own id would otherwise do nothing.
 */
import type { RecordHeaders } from './ports.ts';
import { REDRIVE_HEADER, REDRIVE_PLACE_HEADER } from './redrive.ts';

export const REPAIR_HEADER = 'millrace-repair';

/** Which repair this record belongs to; undefined when it is told for the first time. */
export const repairOf = (headers: RecordHeaders): string | undefined => headers[REPAIR_HEADER]?.toString('utf8');

/** The id of the nth repair of a command, from 1. */
export const repairId = (commandId: string, n: number): string => `${commandId}#repair-${n}`;

/** The headers of a command that is told again. */
export const repairHeaders = (original: RecordHeaders, repair: string): RecordHeaders => {
  const dropped = new Set([REDRIVE_HEADER, REDRIVE_PLACE_HEADER, REPAIR_HEADER]);
  const kept = Object.entries(original).filter(([name]) => !dropped.has(name));
  return { ...Object.fromEntries(kept), [REPAIR_HEADER]: Buffer.from(repair) };
};

/** What an answer to such a command carries: which repair it answers. */
export const answeringRepair = (headers: RecordHeaders): Readonly<{ headers?: RecordHeaders }> => {
  const repair = headers[REPAIR_HEADER];
  return repair === undefined ? {} : { headers: { [REPAIR_HEADER]: repair } };
};
