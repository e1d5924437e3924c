import { createHash } from 'node:crypto';

/** Numbers that look random and are a function of what they were made from. */
export interface Chance {
  /** At least 0, below 1. */
  next(): number;
  /** Both ends included. */
  int(low: number, high: number): number;
  /** True with this probability. */
  happens(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
}

const digest = (parts: readonly (string | number)[]): Buffer =>
  createHash('sha256').update(JSON.stringify(parts)).digest();

/** The chance of one place: equal parts give the same numbers in the same order, on any machine. */
export const chanceOf = (...parts: readonly (string | number)[]): Chance => {
  let block = 0;
  let bytes = digest([...parts, block]);
  let at = 0;
  const next = (): number => {
    if (at + 4 > bytes.length) {
      block += 1;
      bytes = digest([...parts, block]);
      at = 0;
    }
    const value = bytes.readUInt32BE(at) / 2 ** 32;
    at += 4;
    return value;
  };
  return {
    next,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    happens: (probability) => next() < probability,
    pick<T>(choices: readonly T[]): T {
      if (choices.length === 0) throw new Error('nothing to pick from');
      return choices[Math.floor(next() * choices.length)] as T;
    },
  };
};

/** A version 8 UUID (RFC 9562: of the maker's own choosing) named by its parts, upper case as SQL Server prints it. */
export const guidOf = (...parts: readonly (string | number)[]): string => {
  const bytes = digest(parts).subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x80;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
};

/** The numbers 0 to length - 1 in an order that is a function of the chance. */
export const shuffled = (length: number, chance: Chance): number[] => {
  const order = Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last -= 1) {
    const other = chance.int(0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
};
