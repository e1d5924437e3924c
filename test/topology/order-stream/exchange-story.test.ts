import { describe, expect, it } from 'vitest';
import { openExchangeWorld, type Setting } from './exchange-world.ts';

const CLEARING = '1010';
const POSITION = '7110';

const settings: readonly Setting[] = [
  { currency: 'EUR', total: 3_744n, tax: 247n, settlement: 'USD' },
  { currency: 'JPY', total: 4_321n, tax: 392n, settlement: 'USD' },
  { currency: 'KWD', total: 12_340n, tax: 990n, settlement: 'USD' },
  { currency: 'ISK', total: 5_190n, tax: 1_003n, settlement: 'USD' },
  { currency: 'USD', total: 3_744n, tax: 247n, settlement: 'JPY' },
  { currency: 'USD', total: 3_744n, tax: 247n, settlement: 'KWD' },
  { currency: 'USD', total: 3_744n, tax: 247n, settlement: 'ISK' },
  { currency: 'EUR', total: 3_744n, tax: 247n, settlement: 'HUF' },
];

describe.each(settings)('$currency settled in $settlement', (setting) => {
  it('is converted in the books as at Stripe, refunded in part, and paid out to the cent', async () => {
    await using world = await openExchangeWorld(setting);
    const { currency, settlement, total } = setting;
    await world.observe();
    await world.pay();
    await world.hear();
    const paid = await world.judged();
    expect(world.letters()).toEqual([]);
    expect(paid.booked).toMatchObject({ conflicts: 0 });
    expect(paid.findings).toEqual([]);
    expect(Object.keys(paid.account(CLEARING))).toEqual([settlement]);
    expect(paid.account(POSITION)[currency]).toBe(total);
    expect(paid.account(POSITION)[settlement]).toBe(-paid.books.conversions[0]!.toAmount);

    await world.nextDay();
    await world.refund(total / 3n - ((total / 3n) % 10n));
    await world.hear();
    await world.nextDay();
    const [payout] = await world.payOut();
    const after = await world.judged();
    expect(world.letters()).toEqual([]);
    expect(after.booked).toMatchObject({ conflicts: 0 });
    expect(after.findings).toEqual([]);
    expect(after.books.conversions).toHaveLength(2);
    for (const { books, waiting, balance } of after.clearing) expect(books + waiting).toBe(balance);
    expect(Object.keys(after.account('1000'))).toEqual([settlement]);
    expect(await world.proof(payout!.id)).toMatchObject({ standing: 'proved', unknown: [], letters: [] });
  });
});
