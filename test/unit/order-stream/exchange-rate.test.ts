import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rateText } from '../../../services/order-stream/domain/exchange-rate.ts';

it.each([
  [1.0833, '1.0833'],
  [149, '149'],
  [0.006688, '0.006688'],
  [6.7e-7, '0.00000067'],
  [1.234e-10, '0.0000000001234'],
  [1.5e21, '1500000000000000000000'],
  [1.2345e22, '12345000000000000000000'],
])('writes %s in plain decimals', (rate, text) => {
  expect(rateText(rate)).toBe(text);
});

it('takes what is no rate for none', () => {
  for (const none of [null, undefined, '1.08', 0, -1, Number.NaN, Infinity]) expect(rateText(none)).toBeNull();
});

it('says the very same number', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (rate) => {
      const text = rateText(rate)!;
      expect(text).toMatch(/^\d+(\.\d+)?$/);
      expect(Number(text)).toBe(rate);
    }),
  );
});
