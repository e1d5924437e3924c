/**
 * A record that was refused and is given to its stage again: it lies at the end of its partition, so it takes its turn
 * behind what is there, and says in its headers which dead letter it was.
 */
import type { RecordHeaders } from './ports.ts';

/** Id of the dead letter this record was. */
export const REDRIVE_HEADER = 'millrace-redrive';
/** Of inputs that are merged by place: where in their order the record stands now, after all that was there. */
export const REDRIVE_PLACE_HEADER = 'millrace-redrive-place';

/** The dead letter this record was; undefined when it comes for the first time. */
export const redrivenFrom = (headers: RecordHeaders): string | undefined => headers[REDRIVE_HEADER]?.toString('utf8');

/** Where a redriven record stands among merged inputs; undefined for any other record. */
export const redrivePlace = (headers: RecordHeaders): string | undefined =>
  headers[REDRIVE_PLACE_HEADER]?.toString('utf8');

/** A place behind `place` and before any later one, given that no place is the beginning of another. */
export const placeBehind = (place: string): string => `${place}~`;

/** The headers a redriven record carries: those it had, and which letter it was. */
export const redriveHeaders = (original: RecordHeaders, letter: string, place: string | undefined): RecordHeaders => {
  const kept = Object.entries(original).filter(([name]) => name !== REDRIVE_HEADER && name !== REDRIVE_PLACE_HEADER);
  return {
    ...Object.fromEntries(kept),
    [REDRIVE_HEADER]: Buffer.from(letter),
    ...(place === undefined ? {} : { [REDRIVE_PLACE_HEADER]: Buffer.from(place) }),
  };
};
