import { describe, expect, it } from 'vitest';
import type { AdnsfOrderCommand } from '../../../schemas/topics.ts';
import type { OrderRow } from '../../../services/adnsf-executor/domain/order-row.ts';
import { decisionOn, inEveryShop, saidOf } from './deciding.ts';
import { linkPayment, markOrderPaid, recordRefund, reverseRefund } from './support.ts';

describe('a refund at Stripe', () => {
  it.each<[string, AdnsfOrderCommand, Partial<OrderRow>, string]>([
    ['of all', recordRefund(1), {}, 'refunded REFUNDED'],
    ['of a part', recordRefund(1, 100n), {}, 'noted CAPTURED'],
    ['of the rest', recordRefund(1, 345n, 12_345n), {}, 'refunded REFUNDED'],
    [
      'of all but the gift card',
      recordRefund(1, 12_000n),
      { couponType: 2, couponAmount: '3.4500' },
      'refunded REFUNDED',
    ],
    ['of more than it costs', recordRefund(1, 345n, 12_346n), {}, 'amount_mismatch'],
    ['of what the shop has refunded', recordRefund(1), { state: 'REFUNDED' }, 'already'],
    ['that is late', recordRefund(1, 100n), { state: 'REFUNDED' }, 'superseded'],
    ['of a fraud', recordRefund(1), { state: 'FRAUD' }, 'noted FRAUD'],
    ['of a voided order', recordRefund(1, 100n), { state: 'FORCE VOIDED' }, 'noted FORCE VOIDED'],
    ['of what was not paid', recordRefund(1), { state: 'PENDING' }, 'state_conflict'],
    ['of another payment', recordRefund(1), { paymentReference: 'pi_2' }, 'linked_to_other'],
    ['of what another gateway charged', recordRefund(1), { paymentReference: 'ch_1' }, 'refunded REFUNDED'],
    ['in another currency', recordRefund(1, 1n, 1n, { currency: 'EUR' }), {}, 'currency_mismatch'],
    ['of an amount nobody can read', recordRefund(1), { total: '1.2345' }, 'amount_unreadable'],
  ])('%s', (_name, command, over, outcome) => {
    expect(saidOf(command, { state: 'CAPTURED', ...over })).toBe(outcome);
  });

  it('is noted in one line, with what is refunded by then', () => {
    expect(decisionOn(recordRefund(1, 100n, 345n), { state: 'CAPTURED' })).toMatchObject({
      change: {
        note: '2026-07-01 08:34:56 Stripe refunded 1.00 USD (re_1): duplicate; 3.45 USD of 123.45 USD are refunded',
      },
    });
  });
});

describe('a refund that came back', () => {
  it.each<[string, AdnsfOrderCommand, Partial<OrderRow>, string]>([
    ['of all', reverseRefund(1), { state: 'REFUNDED' }, 'unrefunded CAPTURED'],
    ['of a part of all', reverseRefund(1, 100n, 12_245n), { state: 'REFUNDED' }, 'unrefunded CAPTURED'],
    ['of a part', reverseRefund(1, 100n), {}, 'noted CAPTURED'],
    // Another refund has paid all back again before this was heard.
    ['that was made up for', reverseRefund(1, 100n, 12_345n), { state: 'REFUNDED' }, 'noted REFUNDED'],
    ['of a fraud', reverseRefund(1), { state: 'FRAUD' }, 'noted FRAUD'],
    ['of what was not paid', reverseRefund(1), { state: 'PENDING' }, 'state_conflict'],
    ['of another payment', reverseRefund(1), { paymentReference: 'pi_2' }, 'linked_to_other'],
    ['in another currency', reverseRefund(1, 1n, 0n, { currency: 'EUR' }), {}, 'currency_mismatch'],
  ])('%s', (_name, command, over, outcome) => {
    expect(saidOf(command, { state: 'CAPTURED', ...over })).toBe(outcome);
  });
});

inEveryShop(({ server, run }) => {
  const look = async (number: number) =>
    (
      await server().sql(
        `SELECT TransactionState, RefundedOn, RefundReason, IsNew, CustomerServiceNotes FROM dbo.Orders WHERE OrderNumber = ${number}`,
      )
    )[0]!;

  it('has the refunds of an order, each once, and knows when one comes back', async () => {
    const number = await server().place();
    await run(linkPayment(number));
    await run(markOrderPaid(number));
    const part = recordRefund(number, 345n);
    const rest = recordRefund(number, 12_000n, 12_345n, { refundId: 're_2', reason: null });
    const back = reverseRefund(number, 12_000n, 345n, { refundId: 're_2' });
    expect(await run(part)).toMatchObject({ detail: { outcome: 'applied', after: 'CAPTURED' } });
    expect(await run(part)).toMatchObject({ replayed: true });
    expect(await look(number)).toMatchObject({ TransactionState: 'CAPTURED', RefundedOn: null });

    expect(await run(rest)).toMatchObject({ detail: { before: 'CAPTURED', after: 'REFUNDED' } });
    const refunded = await look(number);
    expect(refunded).toMatchObject({
      TransactionState: 'REFUNDED',
      RefundReason: 'Stripe re_2: no reason given',
      IsNew: 0,
    });
    // What clocks in New York show.
    expect((refunded['RefundedOn'] as Date).toISOString()).toMatch(/^2026-07-01T08:34:56\.7/);

    expect(await run(back)).toMatchObject({ detail: { before: 'REFUNDED', after: 'CAPTURED' } });
    const paid = await look(number);
    expect(paid).toMatchObject({ TransactionState: 'CAPTURED', RefundedOn: null });
    expect((paid['CustomerServiceNotes'] as string).split('\r\n')).toEqual([
      expect.stringContaining('3.45 USD of 123.45 USD are refunded'),
      expect.stringContaining('123.45 USD of 123.45 USD are refunded'),
      expect.stringContaining('could not refund 120.00 USD (re_2): expired_or_canceled_card; 3.45 USD of 123.45'),
    ]);
  });
});
