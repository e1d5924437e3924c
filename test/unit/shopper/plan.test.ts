import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORDERS_PER_BLOCK, planVisit, type Visit, VISITS_PER_BLOCK } from '../../../infra/sandbox/shopper/plan.ts';
import { decimalOf } from '../../../infra/sandbox/shopper/sql.ts';

const seeds = fc.string({ maxLength: 12 });
const numbers = fc.nat({ max: 100_000 });

const visits = (seed: string, from: number, count: number): Visit[] =>
  Array.from({ length: count }, (_, index) => planVisit(seed, from + index));

describe('a planned visit', () => {
  it('is a function of the seed and its number', () => {
    fc.assert(
      fc.property(seeds, numbers, (seed, index) => {
        expect(planVisit(seed, index)).toEqual(planVisit(seed, index));
      }),
      { numRuns: 40 },
    );
  });

  it('differs from seed to seed and from number to number', () => {
    const guids = ['a', 'b'].flatMap((seed) => visits(seed, 0, 50).map((visit) => visit.customerGuid));
    expect(new Set(guids).size).toBe(100);
  });

  it('adds up to the cent', () => {
    fc.assert(
      fc.property(seeds, numbers, (seed, index) => {
        const { order, lines } = planVisit(seed, index);
        expect(lines.length).toBeGreaterThanOrEqual(1);
        expect(lines.length).toBeLessThanOrEqual(8);
        if (order === undefined) return;
        const extended = lines.reduce((sum, line) => sum + line.extended, 0n);
        expect(order.subtotal).toBe(extended);
        expect(order.total).toBe(order.subtotal + order.tax + order.shipping);
        // Within what Stripe charges: fifty cents to eight digits.
        expect(order.total >= 50n && order.total <= 99_999_999n).toBe(true);
        for (const line of lines) {
          const full = line.unitPrice * BigInt(line.quantity);
          expect(line.extended <= full && line.extended * 100n >= full * 90n - 100n).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('puts an article into a cart only once, under GUIDs of its own', () => {
    fc.assert(
      fc.property(seeds, numbers, (seed, index) => {
        const { lines } = planVisit(seed, index);
        expect(new Set(lines.map((line) => line.article.sku)).size).toBe(lines.length);
        expect(new Set(lines.map((line) => line.cartGuid)).size).toBe(lines.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a run of visits', () => {
  it('has every kind of end in forty orders, wherever it begins', () => {
    fc.assert(
      fc.property(seeds, fc.nat({ max: 500 }), (seed, from) => {
        const orders: Visit[] = [];
        let abandoned = 0;
        for (let index = from; orders.length < 40; index += 1) {
          const visit = planVisit(seed, index);
          if (visit.order === undefined) abandoned += 1;
          else orders.push(visit);
        }
        const lastCards = orders.map((visit) => visit.order!.cards.at(-1)!.outcome);
        expect(lastCards.filter((outcome) => outcome === 'declines').length).toBeGreaterThanOrEqual(3);
        // Of the last block the abandoned carts may come after its last order.
        expect(abandoned).toBeGreaterThanOrEqual(4);
        expect(orders.some((visit) => visit.order!.cards.length > 1)).toBe(true);
        expect(lastCards).toContain('authenticates');
      }),
      { numRuns: 30 },
    );
  });

  it('keeps the numbers of each block', () => {
    for (let block = 0; block < 20; block += 1) {
      const ordering = visits('millrace', block * VISITS_PER_BLOCK, VISITS_PER_BLOCK).filter((visit) => visit.order);
      expect(ordering.length).toBe(ORDERS_PER_BLOCK);
    }
  });

  it('sees people again, some of them guests with a mailbox spelt in two ways', () => {
    const seen = visits('millrace', 0, 400);
    const byPerson = Map.groupBy(seen, (visit) => visit.personNumber);
    const returning = [...byPerson.values()].filter((theirs) => theirs.length > 1);
    expect(returning.length).toBeGreaterThan(30);
    expect(returning.some(([first]) => first!.person.registered)).toBe(true);
    expect(
      returning.some((theirs) => !theirs[0]!.person.registered && new Set(theirs.map((v) => v.email)).size > 1),
    ).toBe(true);
    for (const theirs of returning) expect(new Set(theirs.map((visit) => visit.email.toLowerCase())).size).toBe(1);
  });
});

describe('cents as decimals', () => {
  it('are exact', () => {
    expect(decimalOf(5n)).toBe('0.05');
    expect(decimalOf(-1_299n)).toBe('-12.99');
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), (cents) => {
        expect(BigInt(decimalOf(cents).replace('.', ''))).toBe(cents);
      }),
    );
  });
});
