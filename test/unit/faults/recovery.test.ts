import { describe, expect, it } from 'vitest';
import { OrderBook, type OrderLife } from '../../faults/orders.ts';
import { recoveryOf } from '../../faults/recovery.ts';

const order = (number: number, placedAt: number, endedAt?: number): OrderLife => ({ order: number, placedAt, endedAt });

describe('the time to recover', () => {
  it('ends with the last order in flight, or with the first that was placed after and went all the way', () => {
    const before = [order(1, 10, 50), order(2, 60, 250)];
    expect(recoveryOf([...before, order(3, 120, 180)], 100)).toEqual({ recovered: true, inFlight: 1, ms: 150 });
    expect(recoveryOf([...before, order(3, 120, 400), order(4, 130, 390)], 100)).toEqual({
      recovered: true,
      inFlight: 1,
      ms: 290,
    });
  });

  it('has not come while an order in flight is open, or none that came later has ended', () => {
    expect(recoveryOf([order(1, 10), order(2, 120, 180)], 100)).toEqual({
      recovered: false,
      inFlight: 1,
      waitingFor: [1],
    });
    expect(recoveryOf([order(1, 10, 150), order(2, 120)], 100)).toMatchObject({ recovered: false, waitingFor: [] });
  });
});

describe('the life of an order', () => {
  const told = (event: string, number: number, at: number): string =>
    JSON.stringify({ at: new Date(at).toISOString(), visit: 1, event, order: number });

  it('of one that is paid ends in the ledger, of one that is refused in the shop', () => {
    const book = new OrderBook();
    for (const line of [told('placed', 1, 10), told('placed', 2, 20), told('paid', 1, 30), told('refused', 2, 40)])
      book.line(line);
    expect(book.all()).toEqual([order(1, 10), order(2, 20, 40)]);
    book.fee(1, 90);
    expect(book.all()[0]).toEqual(order(1, 10, 90));
  });

  it('begins when it was first placed, though a visit that is taken up again says so again', () => {
    const book = new OrderBook();
    book.fee(1, 25);
    for (const line of [told('placed', 1, 10), 'not json', told('placed', 1, 20), told('paid', 1, 30)]) book.line(line);
    expect(book.all()).toEqual([order(1, 10, 30)]);
  });

  it('knows of those who gave up', () => {
    const book = new OrderBook();
    book.line(JSON.stringify({ at: new Date(0).toISOString(), visit: 7, event: 'failed', error: 'no patience' }));
    expect(book.gaveUp).toEqual(['visit 7: no patience']);
  });
});
