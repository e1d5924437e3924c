/** Values that tell when they are damaged, and tables that tell when one is missing. */
import { crc32 } from 'node:zlib';
import { TaskCorruptedError } from './errors.ts';

/** A value with the CRC of itself, its store and its key before it. */
export const seal = (store: string, key: string, value: Buffer): Buffer => {
  const sealed = Buffer.allocUnsafe(value.length + 4);
  sealed.writeUInt32LE(crc32(value, crc32(`${store}\0${key}`)), 0);
  value.copy(sealed, 4);
  return sealed;
};

/** Throws `TaskCorruptedError` unless the bytes are those written under this key. */
export const unseal = (store: string, key: string, sealed: Buffer): Buffer => {
  const value = sealed.subarray(4);
  if (sealed.length < 4 || sealed.readUInt32LE(0) !== crc32(value, crc32(`${store}\0${key}`)))
    throw new TaskCorruptedError(`checksum of ${key} in store ${store} does not match`);
  return value;
};

export const sealOf = (sealed: Buffer): number => sealed.readUInt32LE(0);

/** By table, the sum of its values' CRCs. */
export type Sums = ReadonlyMap<string, number>;

export const added = (sum = 0, crc: number, sign: 1 | -1): number => (sum + sign * crc + 2 ** 48) % 2 ** 48;
