import { describe, expect, it } from 'vitest';
import type { AssembledOrder } from '../../../schemas/generated/types.ts';
import { assemble } from '../../../services/order-stream/domain/assemble.ts';
import { moneyOf } from '../../../services/order-stream/sources/debezium.ts';
import { assembledOrder, ordersRow, policy } from './fixtures.ts';

const { lines, place } = assembledOrder();
const outcome = (over: Parameters<typeof ordersRow>[0], lineCount = 1, sent: AssembledOrder | null = null) =>
  assemble(
    { row: ordersRow(over), money: moneyOf, place, changedAt: 1_790_000_000_000n },
    lines.slice(0, lineCount),
    null,
    policy,
    sent,
  ).kind;

describe('an order that checkout writes statement by statement', () => {
  it('is finished with an accepted state, its lines, and its stock taken', () => {
    for (const state of ['PENDING', 'AUTHORIZED', 'CAPTURED'])
      expect(outcome({ TransactionState: state })).toBe('assembled');
  });

  it.each([
    ['its stock was not taken', { InventoryWasReduced: 0 }, 1],
    ['nothing is known of its stock', { InventoryWasReduced: null }, 1],
    ['it has no state', { TransactionState: null }, 1],
    ['its payment is still being asked for', { TransactionState: 'AUTH' }, 1],
    ['it has no lines', {}, 0],
  ])('is not while %s', (_why, over, lineCount) => {
    expect(outcome(over, lineCount)).toBe('unfinished');
  });

  it('stays finished, whatever comes later', () => {
    expect(outcome({ InventoryWasReduced: 0, TransactionState: 'VOIDED' }, 1, assembledOrder())).toBe('assembled');
  });
});

describe('the money of an order', () => {
  const money = (units: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(units * 100n);
    return bytes;
  };
  const refusal = (over: Parameters<typeof ordersRow>[0], currency: string, total: bigint) => {
    const row = ordersRow(
      { OrderSubtotal: money(0n), OrderTax: money(0n), OrderShippingCosts: money(0n), ...over },
      total,
    );
    const stores = { '1': { currency, timeZone: 'America/New_York' } };
    const image = { row, money: moneyOf, place, changedAt: 1_790_000_000_000n };
    const said = assemble(image, lines, null, { ...policy, stores }, null);
    return said.kind === 'refused' ? said.refusal.code : said.kind;
  };

  it.each([
    ['more than Stripe takes at once', {}, 'USD', 100_000_000n, 'amount_too_large'],
    ['as much as Stripe takes', {}, 'USD', 99_999_999n, 'assembled'],
    ['a coin Stripe does not have', {}, 'MGA', 150n, 'inexact_amount'],
    ['a currency Stripe does not document', {}, 'IQD', 100_000n, 'currency_not_at_stripe'],
    ['a currency nobody knows', {}, 'QQQ', 100n, 'unknown_currency'],
    ['half a krona', {}, 'ISK', 150n, 'inexact_amount'],
    ['more than Stripe takes, paid otherwise', { PaymentMethod: 'Check' }, 'USD', 100_000_000n, 'assembled'],
    ['more than Stripe takes, and charged already', { TransactionState: 'CAPTURED' }, 'USD', 100_000_000n, 'assembled'],
    [
      'what is left after a gift card',
      { CouponType: 2, CouponDiscountAmount: money(1n) },
      'USD',
      100_000_000n,
      'assembled',
    ],
  ] as const)('%s', (_what, over, currency, total, expected) => {
    expect(refusal(over, currency, total)).toBe(expected);
  });
});
