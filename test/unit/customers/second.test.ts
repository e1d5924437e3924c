import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StripeTelling } from '../../../schemas/generated/types.ts';
import { endOf, type Known, toldMore } from '../../../services/order-stream/domain/customers/second.ts';

const telling = (over: Partial<StripeTelling>): StripeTelling => ({
  value: 'Ana',
  changed: true,
  ours: false,
  before: null,
  at: 10_000n,
  factId: 'evt_1',
  ...over,
});

const known = (tellings: readonly StripeTelling[]): Known =>
  tellings.reduce<Known | undefined>((before, told) => toldMore(before, told), undefined)!;

type Step = Readonly<{ before: string | null; value: string | null }>;

/** Changes one after the other within a second, up to the first that would come again. */
const walks = fc.array(fc.constantFrom('A', 'B', 'C', null), { minLength: 2, maxLength: 7 }).map((values) => {
  const steps: Step[] = [];
  for (const [index, value] of values.slice(1).entries()) {
    const before = values[index]!;
    if (steps.some((step) => step.before === before && step.value === value)) break;
    if (before !== value) steps.push({ before, value });
  }
  return steps;
});

describe("the changes of one of Stripe's seconds", () => {
  it('end where they ended, in whatever order they are told, with twins, once it is known where they began', () => {
    fc.assert(
      fc.property(
        walks.filter((steps) => steps.length > 0),
        fc.infiniteStream(fc.nat()),
        fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        (steps, chance, ours, isNew) => {
          const [begin, end] = [steps[0]!.before, steps.at(-1)!.value];
          // Mentioned in a second before, or when the customer was made in this one; a circle then has no known beginning.
          const at = isNew && begin !== end ? 10_000n : 9_000n;
          const before = telling({ value: begin, changed: false, at, factId: 'evt_z' });
          const changes = steps.map((step, index) =>
            telling({ ...step, ours: ours[index]!, factId: `evt_${String(chance.next().value)}_${index}` }),
          );
          const twins = changes.map((change) => ({ ...change, factId: `${change.factId}_twin` }));
          const shuffled = [before, ...changes, ...twins]
            .map((each) => ({ each, by: Number(chance.next().value) }))
            .toSorted((left, right) => left.by - right.by)
            .map(({ each }) => each);
          expect(known(shuffled).value).toBe(end);
        },
      ),
    );
  });

  it('to and fro: ours came last, and leads back to what was so before', () => {
    const changes = [
      telling({ before: 'A', value: 'B', factId: 'evt_7' }),
      telling({ before: 'B', value: 'C', ours: true, factId: 'evt_8' }),
      telling({ before: 'C', value: 'A', ours: true, factId: 'evt_9' }),
    ];
    const first = telling({ value: 'A', at: 9_000n, factId: 'evt_6' });
    expect(known([first, changes[1]!, changes[2]!, changes[0]!]).value).toBe('A');
  });

  it('are not known to have ended anywhere while one of them is missing', () => {
    expect(endOf([{ before: 'A', value: 'B' }], 'A')).toBe('B');
    const apart = [
      { before: 'A', value: 'B' },
      { before: 'C', value: 'D' },
    ];
    expect(endOf(apart, 'A')).toBeUndefined();
    const around = [
      { before: 'A', value: 'B' },
      { before: 'B', value: 'A' },
    ];
    expect(endOf(around, undefined)).toBeUndefined();
    expect(endOf(around, 'B')).toBe('B');
  });
});
