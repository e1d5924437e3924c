import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decimalFromBytes,
  decimalText,
  exponentOf,
  InexactAmountError,
  minorUnits,
  moneyText,
} from '../../../services/order-stream/domain/money.ts';

const money = (text: string) => {
  const [whole = '0', fraction = ''] = text.replace('-', '').split('.');
  const unscaled = BigInt(whole + fraction.padEnd(4, '0'));
  return { unscaled: text.startsWith('-') ? -unscaled : unscaled, scale: 4 };
};

describe('minor units', () => {
  it.each([
    ['19.9500', 'USD', 1995n],
    ['0.0000', 'USD', 0n],
    ['-5.2500', 'EUR', -525n],
    ['1050.0000', 'JPY', 1050n],
    ['12.3400', 'KWD', 12340n],
    ['700.0000', 'UGX', 70000n],
    ['700.0000', 'ISK', 70000n],
    ['33.3300', 'HUF', 3333n],
    ['5.0000', 'MGA', 5n],
    ['922337203685477.5807', 'USD', null],
  ] as const)('%s %s is %s', (text, currency, expected) => {
    if (expected === null) expect(() => minorUnits(money(text), currency)).toThrow(InexactAmountError);
    else expect(minorUnits(money(text), currency)).toBe(expected);
  });

  it.each([
    ['10.0050', 'USD'],
    ['10.5000', 'JPY'],
    ['1.2345', 'KWD'],
    ['1.2310', 'KWD'],
    ['1.5000', 'ISK'],
    ['1.0000', 'US'],
  ])('refuses %s %s and says why', (text, currency) => {
    expect(() => minorUnits(money(text), currency)).toThrow(InexactAmountError);
  });

  it('loses nothing: units written out again are the amount', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }),
        fc.constantFrom('USD', 'JPY', 'EUR', 'HUF', 'TWD', 'VND', 'MGA'),
        (units, currency) => {
          const text = moneyText(units, currency);
          const exponent = exponentOf(currency);
          expect(minorUnits({ unscaled: units * 10n ** BigInt(4 - exponent), scale: 4 }, currency)).toBe(units);
          expect(text.includes('.')).toBe(exponent > 0);
        },
      ),
    );
  });

  it("reads Connect's decimals: two's complement, big endian", () => {
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
});
