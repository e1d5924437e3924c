import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { personOf } from '../../../services/order-stream/sources/person.ts';
import { ana, edited, type Fact, gone, row, stripe, told } from './people.ts';

const BEA = 'bea@example.com';

/** Something that happens to a person, on either side. */
type Event = Readonly<{
  what: 'row' | 'left' | 'erased' | 'edit' | 'echo' | 'away' | 'back' | 'retired' | 'deleted' | 'made';
  who: 0 | 1;
  value: string;
}>;

const events = fc.array(
  fc.record<Event>({
    what: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('row', 'edit') },
      { weight: 2, arbitrary: fc.constantFrom('made', 'echo', 'away', 'back', 'left') },
      { weight: 1, arbitrary: fc.constantFrom('retired', 'erased', 'deleted') },
    ),
    who: fc.constantFrom(0, 1),
    value: fc.constantFrom('1', '2', '3'),
  }),
  { minLength: 2, maxLength: 12 },
);

/** Facts as the two sides tell them, seconds apart: Stripe says what each event changed. */
const factsOf = (story: readonly Event[]): readonly Fact[] => {
  const phones = ['', ''];
  return story.map(({ what, who, value }, index): Fact => {
    const seconds = 10 * (index + 1);
    const atShop = { customerId: 58001 + who, registered: who === 0 };
    const customer = { customerId: `cus_${who + 1}`, name: 'Ana Test' };
    const before = phones[who]!;
    const key = { person: ana, metadata: { customer_key: 'ana@example.com' } };
    switch (what) {
      case 'row':
        return row(seconds, { ...atShop, phone: value });
      case 'left':
        return gone(seconds, { ...atShop, movedTo: personOf(BEA), movedToEmail: BEA });
      case 'erased':
        return gone(seconds, { ...atShop, kind: 'row.erased' });
      case 'made':
        return stripe(seconds, { ...customer, phone: before || null });
      case 'edit':
        phones[who] = value;
        return edited(seconds, { phone: before }, { ...customer, phone: value });
      case 'echo':
        phones[who] = value;
        return edited(seconds, { phone: before }, { ...customer, phone: value, idempotencyKey: `${ana}/update` });
      case 'away':
        return edited(
          seconds,
          { customer_key: 'ana@example.com' },
          { ...customer, phone: before || null, person: personOf(BEA), metadata: { customer_key: BEA } },
        );
      case 'back':
        return edited(seconds, { customer_key: BEA }, { ...customer, phone: before || null, ...key });
      case 'retired':
        return edited(
          seconds,
          {},
          { ...customer, person: personOf(BEA), metadata: { customer_key: BEA, merged_into: 'cus_9' } },
        );
      case 'deleted':
        return stripe(seconds, { ...customer, kind: 'customer.deleted', phone: before || null });
    }
  });
};

/** Another order of arrival: rows come in the order of the shop's log, Stripe's facts in any. */
const arrived = (facts: readonly Fact[], order: readonly number[]): readonly Fact[] => {
  const mixed = facts.map((fact, index) => ({ fact, by: order[index]! })).sort((left, right) => left.by - right.by);
  const rows = facts.filter(({ from }) => from === 'shop');
  return mixed.map(({ fact }) => (fact.from === 'shop' ? rows.shift()! : fact));
};

const orders = fc.array(fc.nat(1000), { minLength: 12, maxLength: 12 });

describe('a person of whom everything is told once more, as a replay does', () => {
  it('is as before, and nothing is sent again, in whatever order it was told and is told now', () => {
    fc.assert(
      fc.property(events, orders, orders, (story, first, again) => {
        const facts = factsOf(story);
        const heard = arrived(facts, first);
        const once = told(heard);
        const twice = told([...heard, ...arrived(facts, again)]);
        expect(twice.commands.slice(once.commands.length)).toEqual([]);
        expect(twice.letters).toEqual(once.letters);
        expect(twice.state).toEqual(once.state);
      }),
      { numRuns: 3000 },
    );
  });
});
