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

  it('is an instant at which the clock of the zone shows it, the first of two, in every zone', () => {
    const minute = 60_000;
    const hour = 60 * minute;
    const formats = new Map<string, Intl.DateTimeFormat>();
    /** Told by another of Intl's ways: the offset itself, not the parts of a date. */
    const offsetAt = (instant: number, timeZone: string): number => {
      const format =
        formats.get(timeZone) ?? new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' });
      formats.set(timeZone, format);
      const name = format.formatToParts(instant).find(({ type }) => type === 'timeZoneName')!.value;
      const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name)!;
      return hours === undefined ? 0 : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * minute;
    };
    /** The first change of the clock after an instant, within half a year; the instant itself when there is none. */
    const changeAfter = (instant: number, timeZone: string): number => {
      const before = offsetAt(instant, timeZone);
      let low = instant;
      let high = low;
      while (offsetAt(high, timeZone) === before) {
        low = high;
        high += 5 * 24 * hour;
        if (high > instant + 185 * 24 * hour) return instant;
      }
      while (high - low > minute) {
        const middle = low + Math.floor((high - low) / 2 / minute) * minute;
        if (offsetAt(middle, timeZone) === before) low = middle;
        else high = middle;
      }
      return high;
    };
    // Every quarter of an hour by which some zone's clock may differ.
    const offsets = Array.from({ length: 4 * 27 }, (_, quarter) => (quarter * 15 - 12 * 60) * minute);
    const seen = { once: 0, twice: 0, never: 0 };
    fc.assert(
      fc.property(
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: -2 * 3600, max: 2 * 3600 }),
        (timeZone, half, second) => {
          const change = changeAfter(Date.UTC(2006, 0, 1) + half * 182 * 24 * hour, timeZone);
          const wall = change + offsetAt(change, timeZone) + second * 1000;
          const told = offsets.map((offset) => wall - offset).filter((at) => at + offsetAt(at, timeZone) === wall);
          const instant = Number(instantOf(BigInt(wall), timeZone));
          // A time that clocks skipped is shown later, by as much as they jumped.
          if (told.length === 0) expect(instant + offsetAt(instant, timeZone)).toBeGreaterThan(wall);
          else expect(instant).toBe(Math.min(...told));
          seen[told.length === 0 ? 'never' : told.length === 1 ? 'once' : 'twice'] += 1;
        },
      ),
      { numRuns: 400 },
    );
    for (const times of Object.values(seen)) expect(times).toBeGreaterThan(0);
  });
});
