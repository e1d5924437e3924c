import { describe, expect, it } from 'vitest';
import { assemble } from '../../../services/order-stream/domain/assemble.ts';
import { moneyOf } from '../../../services/order-stream/sources/debezium.ts';
import { assembledOrder, ordersRow, policy } from './fixtures.ts';

const { lines, place } = assembledOrder();
const outcome = (over: Parameters<typeof ordersRow>[0], lineCount = 1, wasComplete = false) =>
  assemble(
    { row: ordersRow(over), money: moneyOf, place, changedAt: 1_790_000_000_000n },
    lines.slice(0, lineCount),
    null,
    policy,
    wasComplete,
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
    expect(outcome({ InventoryWasReduced: 0, TransactionState: 'VOIDED' }, 1, true)).toBe('assembled');
  });
});
