import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currencies, isoExponent } from '../../../services/order-stream/domain/currencies.ts';
import {
  type Decimal,
  decimalFromBytes,
  decimalFromText,
  decimalText,
  exponentOf,
  InexactAmountError,
  minorUnits,
  moneyText,
} from '../../../services/order-stream/domain/money.ts';

const currency = fc.constantFrom(...currencies);
const long = fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n });

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof InexactAmountError) return error.code;
    throw error;
  }
  return 'taken';
};

describe('minor units', () => {
  it.each([
    ['19.9500', 'USD', 1995n],
    ['0.0000', 'USD', 0n],
    ['-5.2500', 'EUR', -525n],
    ['1050.0000', 'JPY', 1050n],
    ['12.3400', 'KWD', 12_340n],
    ['1.2310', 'KWD', 1231n],
    ['700.0000', 'UGX', 700n],
    ['700.0000', 'ISK', 700n],
    ['33.3300', 'HUF', 3333n],
    ['5.0000', 'MGA', 500n],
    ['0.1234', 'CLF', 1234n],
    ['7.5000', 'hrk', 750n],
    ['12.3400', 'XCG', 1234n],
  ] as const)('%s %s is %s', (text, code, expected) => {
    expect(minorUnits(decimalFromText(text), code)).toBe(expected);
  });

  it.each([
    ['10.0050', 'USD', 'inexact_amount'],
    ['922337203685477.5807', 'USD', 'inexact_amount'],
    ['10.5000', 'JPY', 'inexact_amount'],
    ['1.2345', 'KWD', 'inexact_amount'],
    ['1.5000', 'ISK', 'inexact_amount'],
    ['92233720368547758.08', 'USD', 'amount_out_of_range'],
    ['1.0000', 'US', 'unknown_currency'],
    ['1.0000', 'ZZZ', 'unknown_currency'],
    ['1.0000', 'XAU', 'unknown_currency'],
    ['1.0000', 'XXX', 'unknown_currency'],
  ])('refuses %s %s: %s', (text, code, expected) => {
    expect(refusal(() => minorUnits(decimalFromText(text), code))).toBe(expected);
  });

  it('of every currency: written out and read again they are the same', () => {
    fc.assert(
      fc.property(long, currency, (units, code) => {
        const text = moneyText(units, code);
        expect(minorUnits(decimalFromText(text), code)).toBe(units);
        expect(text.includes('.')).toBe(exponentOf(code) > 0);
      }),
    );
  });

  it('of every currency: money of four places is taken exactly or refused, and never by a float', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), currency, (unscaled, code) => {
        const amount: Decimal = { unscaled, scale: 4 };
        const step = 10n ** BigInt(4 - exponentOf(code));
        if (unscaled % step === 0n) expect(minorUnits(amount, code) * step).toBe(unscaled);
        else expect(refusal(() => minorUnits(amount, code))).toBe('inexact_amount');
      }),
    );
  });

  it('of every currency: the units of a sum are the sum of the units', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n })), currency, (units, code) => {
        const step = 10n ** BigInt(4 - exponentOf(code));
        const total = units.reduce((sum, each) => sum + each, 0n);
        const taken = units.map((each) => minorUnits({ unscaled: each * step, scale: 4 }, code));
        expect(taken.reduce((sum, each) => sum + each, 0n)).toBe(
          minorUnits({ unscaled: total * step, scale: 4 }, code),
        );
      }),
    );
  });

  it('knows the currencies of today by any case, and nothing that is not money', () => {
    expect(currencies.length).toBeGreaterThan(160);
    for (const code of currencies) expect(isoExponent(code.toLowerCase())).toBe(isoExponent(code));
    for (const code of ['XAU', 'XTS', 'XXX', '', 'USDX', '__proto__']) expect(isoExponent(code)).toBeUndefined();
  });
});

describe('decimals', () => {
  it("reads Connect's: two's complement, big endian", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (unscaled) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64BE(unscaled);
        expect(decimalFromBytes(bytes, 4).unscaled).toBe(unscaled);
      }),
    );
    expect(decimalText(decimalFromBytes(Buffer.from([0x03, 0x0b, 0x4c]), 4))).toBe('19.9500');
    expect(decimalText(decimalFromBytes(Buffer.from([0xff]), 4))).toBe('-0.0001');
  });

  it('reads text as it was written, and only decimals', () => {
    fc.assert(
      fc.property(long, fc.nat({ max: 12 }), (unscaled, scale) => {
        const text = decimalText({ unscaled, scale });
        expect(decimalFromText(text)).toEqual({ unscaled, scale });
      }),
    );
    for (const text of ['', '.', '1.', '.5', '1e3', '1,5', '0x10', 'NaN', '1'.repeat(65)])
      expect(refusal(() => decimalFromText(text))).toBe('not_a_decimal');
  });
});
