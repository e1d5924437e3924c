import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdnsfOrderCommand } from '../../../schemas/topics.ts';
import { decide } from '../../../services/adnsf-executor/domain/decide.ts';
import { execute } from '../../../services/adnsf-executor/execute.ts';
import type { OrderLookup, Shop } from '../../../services/adnsf-executor/shop.ts';
import { type ShopServer, startShopServer, ways } from './shop-server.ts';
import { PAID_AT, recordDispute, recordRefund, recordRefundRefusal, STORES } from './support.ts';

const order = {
  orderNumber: 1,
  storeId: 1,
  state: 'CAPTURED',
  paymentReference: 'pi_1',
  total: '123.4500',
  couponType: 0,
  couponAmount: null,
  shipped: false,
};
const noteOf = (command: AdnsfOrderCommand): string | undefined => {
  const decision = decide(command, order, STORES[1]);
  return decision.kind === 'apply' && 'note' in decision.change ? decision.change.note : undefined;
};

describe('a note', () => {
  it.each<[string, AdnsfOrderCommand, string]>([
    [
      'that a dispute was opened',
      recordDispute(1),
      '2026-07-01 08:34:56 Stripe: the customer disputes 123.45 USD (du_1), reason fraudulent; answer by 2026-07-02 08:34:56',
    ],
    [
      'that it was won',
      recordDispute(1, 'won'),
      '2026-07-01 08:34:56 Stripe: we won the dispute of 123.45 USD (du_1), reason fraudulent',
    ],
    [
      'that it was lost',
      recordDispute(1, 'lost', { reason: null }),
      '2026-07-01 08:34:56 Stripe: we lost the dispute of 123.45 USD (du_1)',
    ],
    [
      'of a status nobody knows',
      recordDispute(1, 'constructor', { reason: null }),
      '2026-07-01 08:34:56 Stripe: dispute is constructor: 123.45 USD (du_1)',
    ],
    [
      'that a refund was refused',
      recordRefundRefusal(1),
      '2026-07-01 08:34:56 Stripe did not refund 3.45 USD (credit-100200): charge_disputed: The charge has been charged back.',
    ],
    [
      'that what is left was not refunded',
      recordRefundRefusal(1, { amount: null, request: 'full-1' }),
      '2026-07-01 08:34:56 Stripe did not refund what is left (full-1): charge_disputed: The charge has been charged back.',
    ],
    [
      'that a refund of the shop was made',
      recordRefund(1, 345n, 345n, { requestedBy: 'credit-100200' }),
      '2026-07-01 08:34:56 Stripe refunded 3.45 USD (re_1) as the shop asked (credit-100200): duplicate; 3.45 USD of 123.45 USD are refunded',
    ],
  ])('%s is one line', (_name, command, note) => {
    expect(noteOf(command)).toBe(note);
  });

  it.each([recordDispute(1), recordRefundRefusal(1)])('of another payment is refused: $type', (command) => {
    const decision = decide(command, { ...order, paymentReference: 'pi_2' }, STORES[1]);
    expect(decision).toMatchObject({ kind: 'refuse', code: 'linked_to_other' });
  });
});

let server: ShopServer;
beforeAll(async () => {
  server = await startShopServer();
});
afterAll(async () => {
  await server.close();
});

describe.each(ways)('the shop over $name', (way) => {
  let shop: Shop & OrderLookup;
  beforeAll(() => {
    shop = way.open(server);
  });
  afterAll(async () => {
    await shop.close();
    expect(server.faults).toEqual([]);
  });

  it('has what was noted, once, and the order stays as it is', async () => {
    const number = await server.place({ TransactionState: `N'CAPTURED'` });
    for (const command of [recordDispute(number), recordDispute(number), recordRefundRefusal(number)])
      expect(await execute(shop, STORES, command, PAID_AT)).toMatchObject({
        status: 'succeeded',
        detail: { outcome: 'applied', before: 'CAPTURED', after: 'CAPTURED' },
      });
    const row = await server.look(number);
    expect(row['TransactionState']).toBe('CAPTURED');
    expect((row['CustomerServiceNotes'] as string).split('\r\n')).toEqual([
      expect.stringContaining('the customer disputes'),
      expect.stringContaining('did not refund'),
    ]);
  });
});
