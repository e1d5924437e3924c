import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignPartitions } from '../../../services/runtime/assignment.ts';
import { PoisonError } from '../../../services/runtime/errors.ts';
import { murmur2, partitionOf } from '../../../services/runtime/partitioner.ts';
import { json, utf8 } from '../../../services/runtime/serde.ts';

describe('the partitioner', () => {
  // Values of org.apache.kafka.common.utils.Utils.murmur2, from Kafka's own tests.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ])('hashes %s as Java does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash);
  });

  it('hashes bytes that are no text as Java does', () => {
    expect(murmur2(Buffer.from([0x61, 0x62, 0x63]))).toBe(479470107);
  });

  it('stays within the partitions', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 64 }), (key, count) => {
        const partition = partitionOf(Buffer.from(key), count);
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(count);
      }),
    );
  });
});

describe('the assignment', () => {
  const claims = fc.uniqueArray(
    fc.record({
      memberId: fc.string({ minLength: 1, maxLength: 4 }),
      owned: fc.uniqueArray(fc.nat(15)),
      generation: fc.nat(3),
    }),
    { selector: ({ memberId }) => memberId, minLength: 1, maxLength: 6 },
  );

  it('gives every partition to exactly one member, evenly, and the same way whoever asks', () => {
    fc.assert(
      fc.property(claims, fc.nat(16), (members, count) => {
        const shares = assignPartitions(members, count);
        expect([...shares.values()].flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, n) => n));
        const sizes = [...shares.values()].map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(new Map(assignPartitions([...members].reverse(), count))).toEqual(new Map(shares));
      }),
    );
  });

  it('moves nothing when nobody came or went', () => {
    fc.assert(
      fc.property(claims, fc.nat(16), (members, count) => {
        const shares = assignPartitions(members, count);
        const again = members.map(({ memberId }) => ({ memberId, owned: shares.get(memberId)!, generation: 4 }));
        expect(new Map(assignPartitions(again, count))).toEqual(new Map(shares));
      }),
    );
  });

  it('takes nothing from those who stay when somebody leaves', () => {
    fc.assert(
      fc.property(claims, fc.integer({ min: 1, max: 16 }), (members, count) => {
        const shares = assignPartitions(members, count);
        const staying = members
          .slice(1)
          .map(({ memberId }) => ({ memberId, owned: shares.get(memberId)!, generation: 4 }));
        const after = assignPartitions(staying, count);
        for (const { memberId, owned } of staying)
          expect(after.get(memberId)).toEqual(expect.arrayContaining([...owned]));
      }),
    );
  });
});

describe('serdes', () => {
  it('bring bigints and bytes back', () => {
    const serde = json<unknown>();
    const value = { a: 9_007_199_254_740_993n, b: [Buffer.from([0, 255]), null, 'x'], c: { d: -1n } };
    expect(serde.decode(serde.encode(value))).toEqual(value);
  });

  it.each([
    ['json', json<unknown>(), Buffer.from('{')],
    ['json of no text', json<unknown>(), Buffer.from([0xff])],
    ['text', utf8, Buffer.from([0xc3, 0x28])],
  ])('refuse %s they cannot read', (_, serde, bytes) => {
    expect(() => serde.decode(bytes)).toThrow(PoisonError);
  });
});
