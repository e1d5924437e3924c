import { describe, expect, it } from 'vitest';
import { assemble } from '../../../services/order-stream/domain/assemble.ts';
import { countryCode, normalisedAddress } from '../../../services/order-stream/domain/address.ts';
import { moneyOf } from '../../../services/order-stream/sources/debezium.ts';
import { assembledOrder, ordersRow, policy } from './fixtures.ts';

const read = (parts: { country?: string | null; state?: string | null; zip?: string | null }) =>
  normalisedAddress({ country: null, state: null, zip: null, ...parts, unrecognised: [] as readonly string[] });

describe('a country', () => {
  it.each([
    ['United States', 'US'],
    ['united states of america', 'US'],
    ['usa', 'US'],
    ['gbr', 'GB'],
    ['840', 'US'],
    ['UK', 'GB'],
    ['Iran, Islamic Republic of', 'IR'],
    ['Korea, Republic of', 'KR'],
    ['Virgin Islands, U.S.', 'VI'],
    ["Cote D'Ivoire", 'CI'],
  ])('%s is %s', (written, code) => {
    expect(countryCode(written)).toBe(code);
  });

  it.each(['Atlantis', 'ZZ', 'QQQ', '999', 'constructor'])('%s is none', (written) => {
    expect(countryCode(written)).toBeUndefined();
  });
});

describe('a state and a postcode', () => {
  it.each([
    ['US', 'new  york', '100011234', 'NY', '10001-1234'],
    ['US', 'N.Y.', ' 10001 ', 'NY', '10001'],
    ['US', 'AE', '09012', 'AE', '09012'],
    ['Canada', 'Québec', 'h2x1y4', 'QC', 'H2X 1Y4'],
    ['United Kingdom', 'Surrey', 'sw1a1aa', 'Surrey', 'SW1A 1AA'],
    ['Germany', 'Bayern', '80331', 'Bayern', '80331'],
    ['Hong Kong', 'Kowloon', 'none', 'Kowloon', 'NONE'],
  ])('in %s: %s, %s', (country, state, zip, code, form) => {
    expect(read({ country, state, zip })).toMatchObject({ state: code, zip: form, unrecognised: [] });
  });

  it('that its country does not have stays as it was typed, and is named', () => {
    expect(read({ country: 'United States', state: 'Ontraio', zip: 'k1a 0b1' })).toEqual({
      country: 'US',
      state: 'Ontraio',
      zip: 'k1a 0b1',
      unrecognised: ['state', 'zip'],
    });
  });

  it('is not looked at when nobody knows of which country', () => {
    expect(read({ country: 'Atlantis', state: 'ny', zip: 'a1' })).toEqual({
      country: 'Atlantis',
      state: 'ny',
      zip: 'a1',
      unrecognised: ['country'],
    });
    expect(read({ state: 'ny', zip: 'a1' })).toMatchObject({ state: 'ny', zip: 'a1', unrecognised: [] });
  });
});

it('nothing but blanks is no address', () => {
  expect(read({ country: ' ', state: '' })).toBeNull();
});

it('normalising twice is normalising once', () => {
  for (const country of ['United States', 'Canada', 'United Kingdom', 'Atlantis', 'Netherlands'])
    for (const state of ['new york', 'Ontario', 'x  y', ''])
      for (const zip of ['100011234', 'k1a0b1', 'sw1a1aa', '1234ab', '?']) {
        const once = read({ country, state, zip });
        expect(normalisedAddress(once!)).toEqual(once);
      }
});

it('an order has its addresses so, with what could not be read as it was typed', () => {
  const { lines, place } = assembledOrder();
  const row = ordersRow({
    BillingState: 'illinois',
    ShippingAddress1: ' 2  Side   St ',
    ShippingCountry: 'Untied States',
    ShippingZip: '627O1',
  });
  const said = assemble({ row, money: moneyOf, place, changedAt: 1_790_000_000_000n }, lines, null, policy, null);
  expect(said).toMatchObject({
    kind: 'assembled',
    order: {
      billTo: { state: 'IL', zip: '62701', country: 'US', unrecognised: [] },
      shipTo: { address1: '2 Side St', zip: '627O1', country: 'Untied States', unrecognised: ['country'] },
    },
  });
});
