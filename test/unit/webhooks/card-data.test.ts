import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findCardData, looksLikeCardNumber } from '../../../services/webhooks/domain/card-data.ts';

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

describe('card data', () => {
  it.each(['4242424242424242', '4242 4242 4242 4242', '3782-822463-10005', '6304000000000000'])(
    'is a number such as %s',
    (number) => {
      expect(looksLikeCardNumber(number)).toBe(true);
    },
  );

  it.each(['4242424242424241', '424242424242', '42424242424242424242', 'ABC-0001', ''])('is not %s', (text) => {
    expect(looksLikeCardNumber(text)).toBe(false);
  });

  it('is found wherever it hides, by the name of its field', () => {
    expect(findCardData({ data: { object: { card: { number: '4242424242424242' } } } })).toBe('number');
    expect(findCardData({ list: [{ metadata: { 'Card-Number': '4000 0566 5566 5556' } }] })).toBe('Card-Number');
    expect(findCardData({ card: { number: 4242424242424242 } })).toBe('number');
    expect(findCardData({ card: { cvc: '123' } })).toBe('cvc');
  });

  it('is not what Stripe really sends', () => {
    const charge = {
      id: 'ch_1',
      payment_method_details: {
        card: { last4: '4242', network_transaction_id: '104943281100007', checks: { cvc_check: 'pass' } },
      },
      receipt_number: '1234-5678',
      number: 'INV-0001',
      shipping: { tracking_number: '4242424242424242' },
    };
    expect(findCardData(charge)).toBeUndefined();
    expect(findCardData(null)).toBeUndefined();
  });

  it('is exactly the numbers of 13 to 19 digits with the right check digit', () => {
    const prefixes = fc.array(fc.constantFrom(...digits), { minLength: 12, maxLength: 18 });
    fc.assert(
      fc.property(prefixes, (prefix) => {
        const numbers = digits.map((last) => [...prefix, last].join('')).filter(looksLikeCardNumber);
        expect(numbers).toHaveLength(1);
        expect(findCardData({ number: numbers[0] })).toBe('number');
      }),
    );
  });

  it('walks bodies of absurd depth', () => {
    let nested: unknown = { pan: '4242424242424242' };
    for (let depth = 0; depth < 50_000; depth++) nested = [nested];
    expect(findCardData(nested)).toBe('pan');
  });
});
