import { createHash } from 'node:crypto';

/**
 * A number in [0, 1) that is a function of its arguments only. Chance is drawn per fact (this event, this request) rather
 * than from a sequence, so that concurrency does not change what happens.
 */
export const chance = (seed: string, ...fact: (string | number)[]): number =>
  createHash('sha256')
    .update([seed, ...fact].join('\0'))
    .digest()
    .readUInt32BE(0) /
  2 ** 32;

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `length` (at most 32) letters and digits that are a function of the other arguments. */
export const letters = (length: number, seed: string, ...fact: (string | number)[]): string =>
  Array.from(
    createHash('sha256')
      .update([seed, ...fact].join('\0'))
      .digest()
      .subarray(0, length),
    (byte) => alphabet[byte % alphabet.length] ?? '0',
  ).join('');
