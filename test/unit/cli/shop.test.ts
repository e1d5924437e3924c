import { describe, expect, it } from 'vitest';
import { orderOf } from '../../../services/cli/shop.ts';
import { judge } from '../../../services/cli/verify/judge.ts';
import { soundWorld } from './world.ts';

const stores = { '1': { currency: 'USD', timeZone: 'America/New_York' } };
const row = (over: Readonly<Record<string, unknown>>) =>
  orderOf(
    {
      ...{ OrderNumber: 7, StoreID: 1, PaymentMethod: 'Stripe', TransactionState: 'CAPTURED', TransactionType: 0 },
      ...{ InventoryWasReduced: 1, Subtotal: '50.0000', Tax: '4.4400', Shipping: '6.9500', Total: '61.3900' },
      ...over,
    },
    stores,
  );

describe('an order of the shop', () => {
  it.each<[string, boolean, Readonly<Record<string, unknown>>]>([
    ['that is paid', true, {}],
    ['that was refused', true, { TransactionState: 'REFUSED' }],
    ['whose stock is not taken yet', false, { InventoryWasReduced: 0 }],
    ['without a state', false, { TransactionState: null }],
    ['that is refunded, which gave its stock back', true, { TransactionState: 'REFUNDED', InventoryWasReduced: 0 }],
    ['that is a credit', false, { TransactionState: 'REFUNDED', TransactionType: 2 }],
  ])('%s is complete: %s', (_, complete, over) => {
    expect(row(over).complete).toBe(complete);
  });
});

describe('a refunded order', () => {
  const refunded = row({ OrderNumber: 9, TransactionState: 'REFUNDED', InventoryWasReduced: 0 });
  const judged = (over: Partial<ReturnType<typeof soundWorld>> = {}) => {
    const sound = soundWorld();
    return judge({ ...sound, shop: [...sound.shop, refunded], ...over });
  };

  it('that nobody has heard of before is history', () => {
    const { findings, seen } = judged();
    expect(findings).toEqual([]);
    expect(seen).toMatchObject({ orders: 3, paid: 1 });
  });

  it('that was ours is counted, and must be in the topics and at Stripe', () => {
    const sound = soundWorld();
    const [command] = sound.commands;
    const result = { ...sound.results[0]!, commandId: '9/x/1', orderId: '9' };
    const { findings, seen } = judged({
      commands: [...sound.commands, { ...command!, commandId: '9/x/1', orderId: '9' }],
      results: [...sound.results, result],
    });
    expect(seen).toMatchObject({ orders: 4, paid: 2 });
    expect(findings.map(({ orderId, message }) => `${orderId ?? ''} ${message}`)).toEqual([
      expect.stringMatching(/^9 complete in the shop, but in neither/),
      expect.stringMatching(/^9 placed and complete in the shop \(REFUNDED\), but Stripe has no PaymentIntent/),
    ]);
  });
});
