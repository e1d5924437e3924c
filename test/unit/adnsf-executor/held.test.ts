import { describe, expect, it } from 'vitest';
import type { AdnsfOrderCommand } from '../../../schemas/topics.ts';
import type { OrderRow } from '../../../services/adnsf-executor/domain/order-row.ts';
import { inEveryShop, saidOf } from './deciding.ts';
import { linkPayment, markOrderAuthorized, markOrderPaid, PAID_AT, voidOrder } from './support.ts';

describe('an authorisation', () => {
  it.each<[string, AdnsfOrderCommand, Partial<OrderRow>, string]>([
    ['of an order that waits', markOrderAuthorized(1), {}, 'authorized AUTHORIZED'],
    ['after a decline', markOrderAuthorized(1), { state: 'REFUSED' }, 'authorized AUTHORIZED'],
    ['told again', markOrderAuthorized(1), { state: 'AUTHORIZED' }, 'already'],
    ['heard after the capture', markOrderAuthorized(1), { state: 'CAPTURED' }, 'superseded'],
    ['of a voided order', markOrderAuthorized(1), { state: 'VOIDED' }, 'superseded'],
    ['of a state nobody knows', markOrderAuthorized(1), { state: 'UNKNOWN' }, 'state_conflict'],
    ['of another payment', markOrderAuthorized(1), { paymentReference: 'pi_2' }, 'linked_to_other'],
    ['of another amount', markOrderAuthorized(1, { amount: 1n }), {}, 'amount_mismatch'],
    ['in another currency', markOrderAuthorized(1, { currency: 'EUR' }), {}, 'currency_mismatch'],
  ])('%s', (_name, command, over, outcome) => {
    expect(saidOf(command, over)).toBe(outcome);
  });
});

describe('a payment that can no longer be made', () => {
  it.each<[string, AdnsfOrderCommand, Partial<OrderRow>, string]>([
    ['of an order that waits', voidOrder(1), {}, 'voided VOIDED'],
    ['of one that was refused', voidOrder(1), { state: 'REFUSED' }, 'voided VOIDED'],
    ['of one that was authorised', voidOrder(1), { state: 'AUTHORIZED' }, 'voided VOIDED'],
    ['of one that is ended', voidOrder(1), { state: 'FORCE VOIDED' }, 'already'],
    ['of one that is paid otherwise', voidOrder(1), { state: 'CAPTURED' }, 'state_conflict'],
    ['of another PaymentIntent', voidOrder(1), { paymentReference: 'pi_2' }, 'linked_to_other'],
  ])('%s', (_name, command, over, outcome) => {
    expect(saidOf(command, over)).toBe(outcome);
  });
});

inEveryShop(({ server, run }) => {
  it('knows that an order is authorised and then paid, and when', async () => {
    const number = await server().place();
    await run(linkPayment(number));
    expect(await run(markOrderAuthorized(number))).toMatchObject({
      detail: { before: 'PENDING', after: 'AUTHORIZED' },
    });
    expect(await run(markOrderAuthorized(number))).toMatchObject({ replayed: true });
    const held = await server().look(number);
    expect(held).toMatchObject({ TransactionState: 'AUTHORIZED', CapturedOn: null });
    // What clocks in New York show.
    expect(held['AuthorizedOn']).toMatch(/^2026-07-01T08:34:56/);
    const later = { paidAt: PAID_AT + 3_600_000n };
    expect(await run(markOrderPaid(number, later))).toMatchObject({ detail: { after: 'CAPTURED' } });
    const paid = await server().look(number);
    expect(paid['AuthorizedOn']).toBe(held['AuthorizedOn']);
    expect(paid['CapturedOn']).toMatch(/^2026-07-01T09:34:56/);
  });

  it('has an order voided, with a note', async () => {
    const number = await server().place();
    await run(linkPayment(number));
    expect(await run(voidOrder(number))).toMatchObject({ detail: { before: 'PENDING', after: 'VOIDED' } });
    const [row] = await server().sql(
      `SELECT TransactionState, VoidedOn, IsNew, CustomerServiceNotes FROM dbo.Orders WHERE OrderNumber = ${number}`,
    );
    expect(row).toMatchObject({
      TransactionState: 'VOIDED',
      IsNew: 0,
      CustomerServiceNotes: '2026-07-01 08:34:56 pi_1 can no longer be paid: the authorisation expired',
    });
    expect((row!['VoidedOn'] as Date).toISOString()).toMatch(/^2026-07-01T08:34:56/);
  });
});
