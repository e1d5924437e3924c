import { describe, expect, it } from 'vitest';
import type { AssembledOrder, CommandResult } from '../../../schemas/generated/types.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { assembledOrder, commandResult, paymentFact, usualFacts } from './fixtures.ts';
import { asSet, idsOf, type Input, permutations, play } from './playing.ts';

/** A repeat of order 100045 as the shop's schedule writes it: the last thing it may write is whose repeat it is. */
const repeat = (over: Partial<AssembledOrder> = {}): AssembledOrder =>
  assembledOrder({ paymentMethod: 'CREDITCARD', state: 'CAPTURED', ...over });
const PARENT = { parentOrderNumber: 100_045 };
/** Billed by the gateway itself, which was Stripe. */
const billed = (over: Partial<AssembledOrder> = {}): AssembledOrder =>
  repeat({ ...PARENT, paymentMethod: 'BYPASSGATEWAY', transactionType: 3, subscriptionId: 'sub_1', ...over });
const later = (order: AssembledOrder, n = 1): AssembledOrder => ({
  ...order,
  place: `${order.place}-${n}`,
  changedAt: order.changedAt + BigInt(n) * 60_000n,
});

const answer = (command: Command): readonly CommandResult[] => {
  const { commandId, type } = command;
  const objectId = { EnsureCustomer: 'cus_1', CreatePaymentIntent: 'pi_1', FetchBalanceTransaction: 'txn_1' }[
    type as string
  ];
  const detail = type === 'FetchBalanceTransaction' ? { gross: '3744', fee: '139', net: '3605', currency: 'USD' } : {};
  return command.target === 'stripe' ? [commandResult({ commandId, type, objectId: objectId ?? null, detail })] : [];
};

const linkOf = (inputs: readonly Input[]) =>
  play(inputs, { answer }).sent.filter(({ type }) => type === 'LinkSalesOrder');

describe('an order that the shop repeats', () => {
  it('is an order like others, and keeps its parent, whenever that is written', () => {
    const whole = play([repeat(PARENT)], { answer });
    const like = play([repeat()], { answer });
    expect(idsOf(whole.sent).filter((id) => id !== 'link-sales-order/1')).toEqual(idsOf(like.sent));
    expect(linkOf([repeat(PARENT)])).toMatchObject([
      { payload: { parentOrderId: '100045', recurring: false, subscriptionId: null } },
    ]);
    const afterwards = play([repeat(), later(repeat(PARENT)), later(repeat(PARENT), 2)], { answer });
    expect(idsOf(afterwards.sent).at(-1)).toBe('link-sales-order/1');
    expect(afterwards.letters).toEqual([]);
    // The sales order is there before anything goes on from it.
    const ids = idsOf(whole.sent);
    expect(ids.indexOf('create-sales-order/1')).toBeLessThan(ids.indexOf('link-sales-order/1'));
  });

  it('and that Stripe collects, is the same in every order in which its payment is told', () => {
    const order = repeat({ ...PARENT, paymentMethod: 'STRIPE', state: 'PENDING' });
    const facts: Input[] = [order, ...usualFacts].slice(0, 5);
    const expected = play(facts, { answer });
    expect(idsOf(expected.sent)).toContain('link-sales-order/1');
    expect(idsOf(expected.sent).filter((id) => id.startsWith('create-payment-intent'))).toHaveLength(1);
    for (const told of permutations(facts)) expect(asSet(play(told, { answer }).sent)).toEqual(asSet(expected.sent));
  });

  it('has no parent when it is its own, or none', () => {
    expect(linkOf([repeat({ parentOrderNumber: 0 })])).toEqual([]);
    expect(linkOf([repeat({ parentOrderNumber: 100_123 })])).toEqual([]);
  });
});

describe('an order that a subscription at Stripe bills', () => {
  it.each([
    ['at its gateway', billed()],
    ['which the shop has charged with what Stripe names', billed({ paymentReference: 'pi_1' })],
    ['although Stripe collects orders of its kind', billed({ paymentMethod: 'STRIPE', state: 'PENDING' })],
  ])('%s is not billed, nor its revenue booked, a second time', (_how, order) => {
    const facts: Input[] = [order, ...usualFacts, later(order), paymentFact({ factId: 'evt_other' })].slice(0, 5);
    const seen = new Set<string>();
    for (const told of permutations(facts)) for (const { type } of play(told, { answer }).sent) seen.add(type);
    for (const type of [
      'EnsureCustomer',
      'CreatePaymentIntent',
      'RecordPayment',
      'RecordProcessingFee',
      'MarkOrderPaid',
    ])
      expect(seen).not.toContain(type);
    for (const type of ['CreateSalesOrder', 'LinkSalesOrder', 'DecrementInventory']) expect(seen).toContain(type);
  });

  it('tells the ERP by which, and ships what has been billed', () => {
    expect(linkOf([billed()])).toMatchObject([
      { payload: { parentOrderId: '100045', recurring: true, subscriptionId: 'sub_1' } },
    ]);
    expect(idsOf(play([billed()], { answer }).sent)).toContain('request-shipping-label/1');
    const waiting = play([billed({ state: 'PENDING' })], { answer });
    expect(idsOf(waiting.sent)).not.toContain('request-shipping-label/1');
    expect(waiting.letters).toEqual(['subscription_to_be_billed']);
  });

  it('by another gateway is one whose money was received elsewhere', () => {
    const other = play([billed({ subscriptionId: null })], { answer });
    expect(idsOf(other.sent)).toContain('record-payment/1');
  });
});
