/**
 * Where a key goes, as Java's clients decide it: murmur2 (seed 0x9747b28c) of the bytes, sign bit dropped, modulo the
 * number of partitions. Everybody who writes a co-partitioned topic must agree on this.
 */
export const murmur2 = (bytes: Buffer): number => {
  const mix = 0x5bd1e995;
  let hash = 0x9747b28c ^ bytes.length;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), mix);
    word = Math.imul(word ^ (word >>> 24), mix);
    hash = Math.imul(hash, mix) ^ word;
  }
  const rest = bytes.length - whole;
  if (rest > 0) {
    for (let at = rest - 1; at >= 0; at--) hash ^= bytes.readUInt8(whole + at) << (8 * at);
    hash = Math.imul(hash, mix);
  }
  hash = Math.imul(hash ^ (hash >>> 13), mix);
  return hash ^ (hash >>> 15);
};

/** The partition of a key. Records without a key go to partition 0, so that the same input gives the same output. */
export const partitionOf = (key: Buffer | null, partitions: number): number =>
  key === null ? 0 : (murmur2(key) & 0x7fffffff) % partitions;
