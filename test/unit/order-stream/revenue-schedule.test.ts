import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currencies } from '../../../services/order-stream/domain/currencies.ts';
import { exponentOf, tenTo } from '../../../services/order-stream/domain/money.ts';
import { ScheduleError, straightLine } from '../../../services/order-stream/domain/revenue-schedule.ts';

const time = (text: string): bigint => BigInt(Date.parse(text));
const DAY = 86_400_000n;
const sum = (parts: ReturnType<typeof straightLine>): bigint => parts.reduce((so, { amount }) => so + amount, 0n);

const anAmount = fc
  .tuple(fc.constantFrom(...currencies), fc.bigInt(-1_000_000n, 1_000_000n), fc.bigInt(0n, 999n))
  .map(([currency, whole, fraction]) => {
    const units = tenTo(exponentOf(currency));
    return whole * units + (fraction % units);
  });
const aTime = fc.bigInt(time('1990-01-01T00:00:00Z'), time('2090-01-01T00:00:00Z'));
const aLength = fc.oneof(fc.bigInt(0n, 3n * DAY), fc.bigInt(0n, 800n * DAY), fc.bigInt(-10n * DAY, 36_600n * DAY));

describe('a schedule of revenue', () => {
  it('comes to the amount exactly, in any currency, whichever time it is earned over', () => {
    fc.assert(
      fc.property(anAmount, aTime, aLength, (amount, from, length) => {
        expect(sum(straightLine(amount, from, from + length))).toBe(amount);
      }),
      { numRuns: 500 },
    );
  });

  it('earns in each of its months, in their order, within the time of service, and never the other way round', () => {
    fc.assert(
      fc.property(anAmount, aTime, fc.bigInt(-DAY, 2_000n * DAY), (amount, from, length) => {
        const parts = straightLine(amount, from, from + length);
        const isOverDays = (from + length) / DAY > from / DAY;
        for (const [index, { month, dueAt, amount: part }] of parts.entries()) {
          expect(part > 0n).toBe(amount > 0n);
          expect(part).not.toBe(0n);
          expect(dueAt).toBeGreaterThan(index === 0 ? from - 1n : parts[index - 1]!.dueAt);
          // It is due when the month is over, or the service.
          if (isOverDays) expect(dueAt).toBeLessThanOrEqual(from + length);
          expect(new Date(Number(dueAt) - (isOverDays ? 1 : 0)).toISOString().slice(0, 7)).toBe(month);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('is never more than a unit off the line, up to any month', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 10n ** 9n), aTime, fc.bigInt(DAY, 4_000n * DAY), (amount, from, length) => {
        const [begin, end] = [from / DAY, (from + length) / DAY];
        if (end <= begin) return;
        let earned = 0n;
        for (const { dueAt, amount: part } of straightLine(amount, from, from + length)) {
          earned += part;
          const exact = amount * (dueAt / DAY - begin);
          expect(earned * (end - begin)).toBeLessThanOrEqual(exact);
          expect((earned + 1n) * (end - begin)).toBeGreaterThan(exact);
        }
      }),
    );
  });

  it('of a credit is that of a charge the other way round', () => {
    fc.assert(
      fc.property(anAmount, aTime, aLength, (amount, from, length) => {
        expect(straightLine(-amount, from, from + length)).toEqual(
          straightLine(amount, from, from + length).map((part) => ({ ...part, amount: -part.amount })),
        );
      }),
    );
  });

  it('goes by days of months as they are', () => {
    expect(
      straightLine(36_500n, time('2026-01-31T18:00:00Z'), time('2027-01-31T18:00:00Z')).map(({ amount }) => amount),
    ).toEqual([100n, 2_800n, 3_100n, 3_000n, 3_100n, 3_000n, 3_100n, 3_100n, 3_000n, 3_100n, 3_000n, 3_100n, 3_000n]);
    // A leap year, and a month that is too short for a unit.
    expect(straightLine(29n, time('2028-02-01T00:00:00Z'), time('2028-03-01T00:00:00Z'))).toEqual([
      { month: '2028-02', amount: 29n, dueAt: time('2028-03-01T00:00:00Z') },
    ]);
    expect(straightLine(1n, time('2026-01-01T00:00:00Z'), time('2027-01-01T00:00:00Z'))).toEqual([
      { month: '2026-12', amount: 1n, dueAt: time('2027-01-01T00:00:00Z') },
    ]);
  });

  it('of what is given at once is earned at once, and of nothing there is none', () => {
    const at = time('2026-09-15T23:59:59Z');
    expect(straightLine(500n, at, at)).toEqual([{ month: '2026-09', amount: 500n, dueAt: at }]);
    expect(straightLine(0n, at, at + 40n * DAY)).toEqual([]);
  });

  it('is refused over more than a hundred years', () => {
    expect(() => straightLine(1n, 0n, 36_601n * DAY)).toThrow(ScheduleError);
  });
});
