import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currencies } from '../../../services/order-stream/domain/currencies.ts';
import { exponentOf, InexactAmountError } from '../../../services/order-stream/domain/money.ts';
import {
  chargeable,
  fromStripeUnits,
  payableOut,
  stripeExponentOf,
  toStripeUnits,
} from '../../../services/order-stream/domain/stripe-money.ts';

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof InexactAmountError) return error.code;
    throw error;
  }
  return 'taken';
};

/** Currencies that neither ISO's two decimals nor Stripe's documentation tell how to write. */
const undocumented = ['CLF', 'IQD', 'LYD', 'UYI', 'UYW'];
const atStripe = currencies.filter((code) => !undocumented.includes(code));
const currency = fc.constantFrom(...atStripe);
const units = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n });

describe("Stripe's units", () => {
  it.each([
    ['USD', 1995n, 1995n],
    ['JPY', 500n, 500n],
    ['KWD', 5120n, 5120n],
    ['ISK', 5n, 500n],
    ['UGX', 5n, 500n],
    ['MGA', 500n, 5n],
    ['HUF', 1045n, 1045n],
    ['TWD', 80_045n, 80_045n],
  ] as const)('%s %s is %s', (code, ours, stripes) => {
    expect(toStripeUnits(ours, code)).toBe(stripes);
    expect(fromStripeUnits(stripes, code)).toBe(ours);
  });

  it('of every currency: there and back is the same, or it is refused', () => {
    fc.assert(
      fc.property(units, currency, (ours, code) => {
        const outcome = refusal(() => toStripeUnits(ours, code));
        if (outcome === 'taken') expect(fromStripeUnits(toStripeUnits(ours, code), code)).toBe(ours);
        else {
          expect(outcome).toBe('inexact_amount');
          const step = stripeExponentOf(code) === 3 ? 10n : 10n ** BigInt(exponentOf(code) - stripeExponentOf(code));
          expect(ours % step).not.toBe(0n);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('of every currency: back and there is the same, or Stripe said what it documents not to say', () => {
    fc.assert(
      fc.property(units, currency, (stripes, code) => {
        const outcome = refusal(() => fromStripeUnits(stripes, code));
        if (outcome !== 'taken') {
          expect(['ISK', 'UGX']).toContain(code);
          expect(stripes % 100n).not.toBe(0n);
        } else if (stripeExponentOf(code) !== 3)
          expect(toStripeUnits(fromStripeUnits(stripes, code), code)).toBe(stripes);
        else expect(fromStripeUnits(stripes, code)).toBe(stripes);
      }),
      { numRuns: 2_000 },
    );
  });

  it('of every currency: sums are kept', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(10n ** 9n), max: 10n ** 9n })), currency, (whole, code) => {
        const sum = (all: readonly bigint[]): bigint => all.reduce((total, each) => total + each, 0n);
        const ours = whole.map((each) => each * 10n ** BigInt(exponentOf(code)));
        expect(sum(ours.map((each) => toStripeUnits(each, code)))).toBe(toStripeUnits(sum(ours), code));
      }),
    );
  });

  it('does not guess how Stripe writes a currency', () => {
    for (const code of undocumented) {
      expect(refusal(() => toStripeUnits(1000n, code))).toBe('currency_not_at_stripe');
      expect(refusal(() => fromStripeUnits(1000n, code))).toBe('currency_not_at_stripe');
    }
    for (const code of atStripe) expect([0, 2, 3]).toContain(stripeExponentOf(code));
    expect(refusal(() => fromStripeUnits(1n, 'QQQ'))).toBe('unknown_currency');
  });
});

describe('what Stripe may be asked for', () => {
  it.each([
    [99_999_999n, 'USD', 99_999_999n],
    [100_000_000n, 'USD', 'amount_too_large'],
    [999_999n, 'ISK', 99_999_900n],
    [1_000_000n, 'ISK', 'amount_too_large'],
    [999_999_999_999n, 'IDR', 999_999_999_999n],
    [10_000_000_000n, 'COP', 'amount_too_large'],
    [999_999_999n, 'INR', 999_999_999n],
    [0n, 'USD', 'amount_not_positive'],
    [-5n, 'USD', 'amount_not_positive'],
    [1231n, 'KWD', 'inexact_amount'],
    [1230n, 'KWD', 1230n],
    [150n, 'MGA', 'inexact_amount'],
    [1n, 'IQD', 'currency_not_at_stripe'],
  ] as const)('charge %s %s: %s', (amount, code, expected) => {
    if (typeof expected === 'bigint') expect(chargeable(amount, code)).toBe(expected);
    else expect(refusal(() => chargeable(amount, code))).toBe(expected);
  });

  it.each([
    [1045n, 'HUF', 'inexact_amount'],
    [1000n, 'HUF', 1000n],
    [80_045n, 'TWD', 'inexact_amount'],
    [80_000n, 'TWD', 80_000n],
    [1045n, 'USD', 1045n],
    [7n, 'ISK', 700n],
    [0n, 'USD', 'amount_not_positive'],
  ] as const)('pay out %s %s: %s', (amount, code, expected) => {
    if (typeof expected === 'bigint') expect(payableOut(amount, code)).toBe(expected);
    else expect(refusal(() => payableOut(amount, code))).toBe(expected);
  });
});
