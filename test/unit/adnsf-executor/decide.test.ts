import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AdnsfOrderCommand } from '../../../schemas/topics.ts';
import { amountDue } from '../../../services/adnsf-executor/domain/amount-due.ts';
import { outcomeText, parseOutcome } from '../../../services/adnsf-executor/domain/applied.ts';
import { decide } from '../../../services/adnsf-executor/domain/decide.ts';
import type { OrderRow } from '../../../services/adnsf-executor/domain/order-row.ts';
import { wallClock, wallClockText } from '../../../services/adnsf-executor/domain/wall-clock.ts';
import { linkPayment, markOrderPaid, PAID_AT, recordDecline, STORES } from './support.ts';

const order = (over: Partial<OrderRow> = {}): OrderRow => ({
  orderNumber: 100_001,
  storeId: 1,
  state: 'PENDING',
  paymentReference: null,
  total: '123.4500',
  couponType: 0,
  couponAmount: null,
  shipped: false,
  ...over,
});
const say = (command: AdnsfOrderCommand, over: Partial<OrderRow> = {}): string => {
  const decision = decide(command, order(over), STORES[1]);
  switch (decision.kind) {
    case 'apply':
      return `apply ${decision.after}`;
    case 'nothing':
      return decision.outcome;
    case 'refuse':
      return decision.code;
  }
};
const linked = { paymentReference: 'pi_1' };
const otherwise = { paymentReference: 'pi_2' };

describe('LinkPayment', () => {
  it.each([
    [{}, 'apply PENDING'],
    [{ state: ' pending ' }, 'apply PENDING'],
    [{ paymentReference: 'TBD' }, 'apply PENDING'],
    [{ paymentReference: 'pix_not_a_payment_intent' }, 'apply PENDING'],
    [linked, 'already'],
    [{ ...linked, state: 'CAPTURED' }, 'already'],
    [otherwise, 'linked_to_other'],
    [{ state: 'CAPTURED' }, 'state_conflict'],
    [{ state: null }, 'state_conflict'],
    [{ state: 'REFUSED' }, 'state_conflict'],
  ])('%j: %s', (over, outcome) => {
    expect(say(linkPayment(100_001), over)).toBe(outcome);
  });

  it('writes the PaymentIntent and the gateway', () => {
    expect(decide(linkPayment(100_001), order(), STORES[1])).toMatchObject({
      change: { kind: 'link', paymentIntentId: 'pi_1', gateway: 'STRIPE' },
    });
  });
});

describe('MarkOrderPaid', () => {
  const cases: (readonly [Partial<OrderRow>, string])[] = [
    [linked, 'apply CAPTURED'],
    [{}, 'apply CAPTURED'],
    [{ ...linked, state: 'AUTHORIZED' }, 'apply CAPTURED'],
    [{ ...linked, state: 'REFUSED' }, 'apply CAPTURED'],
    [{ ...linked, state: 'CAPTURED' }, 'already'],
    [{ ...linked, state: 'CAPTURED', total: '1.0000' }, 'already'],
    [otherwise, 'linked_to_other'],
    [{ ...otherwise, state: 'CAPTURED' }, 'linked_to_other'],
    ...['VOIDED', 'FORCE VOIDED', 'REFUNDED', 'FRAUD', 'AUTH', 'AUTH CAPTURE', 'SOMETHING NEW', null].map(
      (state) => [{ ...linked, state }, 'state_conflict'] as const,
    ),
    [{ ...linked, total: '123.4400' }, 'amount_mismatch'],
    [{ ...linked, total: '123.4501' }, 'amount_unreadable'],
    [{ ...linked, couponType: 2, couponAmount: '23.4500' }, 'amount_mismatch'],
    [{ ...linked, total: '146.9000', couponType: 2, couponAmount: '23.4500' }, 'apply CAPTURED'],
    [{ ...linked, couponType: 0, couponAmount: '23.4500' }, 'apply CAPTURED'],
  ];
  it.each(cases)('%j: %s', (over, outcome) => {
    expect(say(markOrderPaid(100_001), over)).toBe(outcome);
  });

  it('is about the currency the store sells in', () => {
    expect(say(markOrderPaid(100_001, { currency: 'EUR' }))).toBe('currency_mismatch');
    expect(say(markOrderPaid(100_001, { currency: 'usd' }))).toBe('apply CAPTURED');
  });

  it('writes the time on the wall of the store', () => {
    expect(decide(markOrderPaid(100_001), order(), STORES[1])).toMatchObject({
      change: { kind: 'paid', on: Date.UTC(2026, 6, 1, 8, 34, 56, 789) },
    });
  });
});

describe('RecordPaymentDecline', () => {
  it.each([
    [{}, 'apply REFUSED'],
    [{ state: 'REFUSED' }, 'apply REFUSED'],
    [{ state: 'CAPTURED' }, 'superseded'],
    [{ state: 'AUTHORIZED' }, 'superseded'],
    [{ state: 'REFUNDED' }, 'superseded'],
    [{ state: 'VOIDED' }, 'state_conflict'],
    [{ state: null }, 'state_conflict'],
  ])('%j: %s', (over, outcome) => {
    expect(say(recordDecline(100_001), over)).toBe(outcome);
  });

  it('leaves one line for the people who serve customers', () => {
    expect(decide(recordDecline(100_001), order(), STORES[1])).toMatchObject({
      change: {
        kind: 'declined',
        note: '2026-07-01 08:34:56 Stripe declined pi_1 (ch_1): card_declined/insufficient_funds: Your card has insufficient funds.',
      },
    });
  });
});

describe('amount due', () => {
  it('is exact in every currency, or none', () => {
    expect(amountDue(order({ total: '922337203685477.5800' }), 'USD')).toBe(92_233_720_368_547_758n);
    expect(amountDue(order({ total: '1234.0000' }), 'JPY')).toBe(1234n);
    expect(() => amountDue(order({ total: '1234.5000' }), 'JPY')).toThrow();
    expect(() => amountDue(order({ total: 'much' }), 'USD')).toThrow();
  });

  it('is what the columns say, whatever they say', () => {
    const cents = fc.bigInt({ min: 0n, max: 10n ** 14n });
    const money = (value: bigint): string => `${value / 100n}.${(value % 100n).toString().padStart(2, '0')}00`;
    fc.assert(
      fc.property(cents, cents, (total, coupon) => {
        const row = order({ total: money(total), couponType: 2, couponAmount: money(coupon) });
        expect(amountDue(row, 'USD')).toBe(total - coupon);
      }),
    );
  });
});

describe('the clock on the wall', () => {
  it('follows its zone through the year', () => {
    const winter = BigInt(Date.UTC(2026, 0, 1, 3, 4, 5, 6));
    expect(wallClockText(winter, 'America/New_York')).toBe('2025-12-31 22:04:05');
    expect(wallClock(winter, 'America/New_York')).toBe(Date.UTC(2025, 11, 31, 22, 4, 5, 6));
    expect(wallClockText(PAID_AT, 'Asia/Tokyo')).toBe('2026-07-01 21:34:56');
    expect(wallClock(PAID_AT, 'UTC')).toBe(Number(PAID_AT));
    expect(wallClockText(BigInt(Date.UTC(2026, 0, 1)), 'UTC')).toBe('2026-01-01 00:00:00');
  });
});

describe('what is remembered', () => {
  it('reads as it was written', () => {
    const applied = { outcome: 'applied', before: 'AUTH CAPTURE', after: 'CAPTURED' } as const;
    expect(parseOutcome(outcomeText(applied))).toEqual(applied);
    const versioned = { ...applied, rowVersion: '2026-11-23T18:40:31.003' };
    expect(parseOutcome(outcomeText(versioned))).toEqual(versioned);
    const unchanged = { ...versioned, outcome: 'superseded', after: 'AUTH CAPTURE' } as const;
    expect(parseOutcome(outcomeText(unchanged))).toEqual(unchanged);
    expect(parseOutcome('already:>')).toEqual({ outcome: 'already', before: '', after: '' });
    for (const text of ['', 'applied', 'invented:A>B', 'applied:A']) expect(parseOutcome(text)).toBeUndefined();
  });

  it('fits its column of 50 characters', () => {
    const rowVersion = '9999-12-31T23:59:59.997';
    const state = 'X'.repeat(20);
    const longest = [
      outcomeText({ outcome: 'applied', before: 'AUTHORIZED', after: 'CAPTURED', rowVersion }),
      outcomeText({ outcome: 'superseded', before: state, after: state, rowVersion }),
    ];
    for (const text of longest) expect(text.length).toBeLessThanOrEqual(50);
  });
});
