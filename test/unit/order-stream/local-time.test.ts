import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf } from '../../../services/order-stream/domain/local-time.ts';

const at = (text: string): bigint => BigInt(Date.parse(`${text}Z`));
const zone = 'America/New_York';

describe("the shop's local time", () => {
  it.each([
    ['2026-01-15T10:30:00.333', '2026-01-15T15:30:00.333'],
    ['2026-07-15T10:30:00', '2026-07-15T14:30:00'],
    // 1:30 comes twice on 1 November: the first of the two.
    ['2026-11-01T01:30:00', '2026-11-01T05:30:00'],
    // 2:30 is skipped on 8 March: as long after the jump as it is after the last minute that existed.
    ['2026-03-08T02:30:00', '2026-03-08T07:30:00'],
    ['2026-11-01T00:59:59', '2026-11-01T04:59:59'],
    ['2026-11-01T02:00:00', '2026-11-01T07:00:00'],
  ])('%s in New York is %sZ', (local, instant) => {
    expect(instantOf(at(local), zone)).toBe(at(instant));
  });

  it('keeps the order of wall clocks outside the hours that change', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2030, 0) }),
        fc.integer({ min: 3 * 3600_000, max: 90 * 86_400_000 }),
        fc.constantFrom(zone, 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC'),
        (start, later, timeZone) => {
          expect(instantOf(BigInt(start), timeZone) < instantOf(BigInt(start + later), timeZone)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });
});
