import { describe, expect, it } from 'vitest';
import { personOf } from '../../../services/order-stream/sources/person.ts';
import { ana, ANA, at, edited, type Fact, gone, idsOf, interleavings, row, stripe, told } from './people.ts';

const json = (value: unknown): string =>
  JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? String(part) : part));

const without = (record: object, ...names: readonly string[]): object =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));

/** What is known in the end, without the record of what was sent on the way. */
const known = (facts: readonly Fact[]): string => {
  const { state } = told(facts);
  const rows = state.rows.map((each) => ({ ...each, fields: each.fields.map((field) => without(field, 'told')) }));
  const profile = without(state.profile ?? {}, 'shopExpected');
  return json({ ...without(state, 'issued', 'refusals'), profile, rows });
};

/** The last command of each kind: what others hold in the end. */
const final = (facts: readonly Fact[]): string =>
  json(
    [
      ...new Map(
        told(facts).commands.map(({ type, commandId, payload }) => [
          type,
          { commandId, payload: { ...payload, expected: null } },
        ]),
      ),
    ].toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );

const everyArrival = (streams: readonly (readonly Fact[])[], least: number, ending = final): void => {
  const states = new Set<string>();
  const ends = new Set<string>();
  let count = 0;
  for (const facts of interleavings(streams)) {
    count++;
    // Twins and repetitions change nothing.
    states.add(known([...facts, ...facts]));
    ends.add(ending(facts));
  }
  expect(count).toBeGreaterThanOrEqual(least);
  expect([...states]).toHaveLength(1);
  expect([...ends]).toHaveLength(1);
};

describe('a person', () => {
  it('is nobody’s customer until they have an account or pay by Stripe', () => {
    expect(idsOf(told([row(1, { registered: false })]))).toEqual([]);
    expect(idsOf(told([row(1)]))).toEqual([`UpsertCustomer upsert-customer/${at(1)}`]);
  });

  it('is told to Stripe and the ERP as they are in the shop', () => {
    const { commands } = told([row(1, { phone: '+1 555 0100' }), stripe(5)]);
    expect(commands.map(({ type }) => type)).toEqual(['UpsertCustomer', 'UpdateCustomer', 'UpsertCustomer']);
    expect(commands[1]).toMatchObject({
      orderId: ana,
      payload: { customer: 'cus_1', name: 'Ana Test', phone: '+1 555 0100', address: null },
    });
    expect(commands[2]!.payload).toMatchObject({
      customerKey: 'ana@example.com',
      stripeCustomerId: 'cus_1',
      adnsfCustomerId: 58001,
      standing: 'profile',
    });
  });

  it('changed at Stripe is changed in the shop, and its echo changes nothing', () => {
    const facts = [
      row(1, { phone: '1' }),
      stripe(5),
      stripe(6, { name: 'Ana Test', phone: '1', previous: { name: '', phone: '' }, idempotencyKey: `${ana}/x` }),
      edited(20, { phone: '1' }, { name: 'Ana Test', phone: '2' }),
    ];
    const { commands } = told(facts);
    expect(commands.at(-2)).toMatchObject({
      type: 'UpdateShopCustomer',
      payload: { customerId: 58001, customerKey: 'ana@example.com', email: ANA, name: 'Ana Test', phone: '2' },
    });
    expect(commands.at(-1)).toMatchObject({ type: 'UpsertCustomer', payload: { phone: '2' } });
    expect(idsOf(told([...facts, row(21, { phone: '2' })]))).toEqual(idsOf({ commands }));
  });

  it('does not take what the shop was told to write for something people said there', () => {
    // Stripe is changed twice before the shop shows the first change.
    const facts = [
      row(1, { phone: '1' }),
      stripe(5),
      edited(20, { phone: '1' }, { phone: '2' }),
      edited(21, { phone: '2' }, { phone: '3' }),
      row(30, { phone: '2' }),
      row(31, { phone: '3' }),
    ];
    const { state, commands } = told(facts);
    expect(state.profile).toMatchObject({ phone: '3', shopFields: [] });
    expect(commands.filter(({ type }) => type === 'UpdateCustomer').map(({ payload }) => payload)).not.toContainEqual(
      expect.objectContaining({ fields: expect.arrayContaining(['phone']) as unknown, phone: '2' }),
    );
  });

  it('says last what counts, field by field, whatever side it was said on', () => {
    const facts = [
      row(1, { phone: '1' }),
      stripe(5),
      stripe(6, { name: 'Ana Test', phone: '1', previous: { name: '', phone: '' }, idempotencyKey: `${ana}/x` }),
      row(30, { phone: '9' }),
      edited(20, { name: 'Ana Test' }, { name: 'Ana Maria Test', phone: '1' }),
    ];
    expect(told(facts).state.profile).toMatchObject({ name: 'Ana Maria Test', phone: '9' });
    expect(told(facts).letters).toEqual([]);
  });

  it('of whom both sides say something else at once is told of to a person, who loses nothing unheard', () => {
    const base = [
      row(1, { phone: '1' }),
      stripe(5),
      stripe(6, { name: 'Ana Test', phone: '1', previous: { name: '', phone: '' }, idempotencyKey: `${ana}/x` }),
    ];
    const both = told([...base, row(30, { phone: '9' }), edited(31, { phone: '1' }, { phone: '7', name: 'Ana Test' })]);
    expect(both.letters).toEqual(['customer_conflict']);
    expect(both.state.profile).toMatchObject({ phone: '7' });
    // One who knew of the other overrules them on purpose.
    const knowing = told([
      ...base,
      row(30, { phone: '9' }),
      edited(31, { phone: '9' }, { phone: '7', name: 'Ana Test' }),
    ]);
    expect(knowing.letters).toEqual([]);
  });

  it('comes to the same whatever arrives first', () => {
    everyArrival(
      [
        [row(1, { phone: '1' }), row(40, { phone: '4', firstName: 'Anna' })],
        [row(3, { customerId: 57000, registered: false, firstName: 'A.' })],
        [stripe(5)],
        [edited(20, { phone: '' }, { phone: '2' })],
        [edited(50, { name: '' }, { name: 'Dr Ana Test', phone: '2' })],
      ],
      360,
    );
  });

  it('and so do changes of one second, by what they build upon', () => {
    const streams = [
      [row(1, { phone: '1' })],
      [stripe(5)],
      [edited(20, { phone: '' }, { phone: '2', factId: 'evt_z' })],
      [edited(20, { phone: '2' }, { phone: '3', factId: 'evt_a' })],
    ];
    everyArrival(streams, 24);
    expect(told(streams.flat()).state.profile).toMatchObject({ phone: '3' });
  });

  it('is the same person with twins of every event', () => {
    const facts = [row(1), stripe(5), edited(20, { phone: '' }, { phone: '2' })];
    const twins = facts.flatMap((each): Fact[] =>
      each.from === 'stripe' ? [each, { ...each, fact: { ...each.fact, factId: `${each.fact.factId}b` } }] : [each],
    );
    expect(idsOf(told(twins))).toEqual(idsOf(told(facts)));
  });

  it('speaks through the account, and not through what guests type', () => {
    const { state } = told([row(1), row(9, { customerId: 59000, registered: false, firstName: 'Mallory' })]);
    expect(state.profile).toMatchObject({ name: 'Ana Test', adnsfCustomerId: 58001 });
  });
});

describe('an account with another e-mail address', () => {
  const BEA = 'bea@example.com';
  const bea = personOf(BEA);
  const left = gone(60, { movedTo: bea, movedToEmail: BEA });

  it('takes its customer at Stripe along, and the ERP hears that both are one', () => {
    const { commands } = told([row(1), stripe(5), left]);
    expect(commands.slice(-2)).toMatchObject([
      { type: 'MergeCustomers', payload: { customerKey: 'ana@example.com', into: BEA } },
      { type: 'MoveCustomer', payload: { customer: 'cus_1', customerKey: BEA } },
    ]);
  });

  it('also when its customer is heard of later', () => {
    expect(told([row(1), left, stripe(5)]).commands.at(-1)).toMatchObject({ type: 'MoveCustomer' });
    const moves = (facts: readonly Fact[]): string =>
      json(told(facts).commands.filter(({ type }) => type === 'MoveCustomer' || type === 'MergeCustomers'));
    everyArrival([[row(1), left], [stripe(5)]], 3, moves);
  });

  it('leaves what a guest typed where it is', () => {
    const guest = { registered: false, movedTo: bea, movedToEmail: BEA };
    const { commands, state } = told([row(1, { registered: false }), stripe(5), gone(60, guest)]);
    expect(commands.map(({ type }) => type)).not.toContain('MoveCustomer');
    expect(state.moved).toBeNull();
  });

  it('stands for itself again when it comes back', () => {
    const { commands, state } = told([row(1), stripe(5), left, row(90)]);
    expect(commands).toContainEqual(
      expect.objectContaining({
        type: 'MergeCustomers',
        payload: { customerKey: 'ana@example.com', into: 'ana@example.com' },
      }),
    );
    expect(state.moved).toBeNull();
  });

  it('at Stripe is changed in the shop', () => {
    const { commands } = told([row(1), stripe(5), edited(20, { email: 'ana@example.com' }, { email: BEA })]);
    expect(commands).toContainEqual(
      expect.objectContaining({
        type: 'UpdateShopCustomer',
        payload: expect.objectContaining({ customerKey: 'ana@example.com', email: BEA }) as unknown,
      }),
    );
  });

  it('leaves one customer at Stripe where two come together: the older one, whichever was heard first', () => {
    const older = stripe(5);
    const younger = stripe(30, { customerId: 'cus_2', createdAt: at(30) });
    for (const facts of [
      [row(1), older, younger],
      [row(1), younger, older],
    ]) {
      const { commands, state } = told(facts);
      expect(state.stripeCustomerId).toBe('cus_1');
      expect(commands.filter(({ type }) => type === 'RetireCustomer')).toMatchObject([
        { payload: { customer: 'cus_2', into: 'cus_1' } },
      ]);
    }
  });
});

describe('whoever is erased', () => {
  const erased = gone(60, { kind: 'row.erased' });

  it('in the shop is erased at Stripe, in the ERP and on their other rows', () => {
    const guest = row(3, { customerId: 57000, registered: false });
    const { commands, state } = told([guest, row(1), stripe(5), erased]);
    expect(commands.slice(-3)).toMatchObject([
      { type: 'EraseShopCustomer', payload: { customerId: 57000 } },
      { type: 'DeleteCustomer', payload: { customer: 'cus_1' } },
      { type: 'EraseCustomer', payload: { person: ana } },
    ]);
    expect(json(state)).not.toMatch(/ana|test/i);
  });

  it('at Stripe is erased in the shop and in the ERP', () => {
    const deleted = stripe(60, { kind: 'customer.deleted', idempotencyKey: null });
    const { commands, state } = told([row(1), stripe(5), deleted]);
    expect(commands.slice(-2)).toMatchObject([
      { type: 'EraseShopCustomer', payload: { customerId: 58001 } },
      { type: 'EraseCustomer', payload: { person: ana } },
    ]);
    expect(json(state)).not.toMatch(/ana|test/i);
  });

  it('is erased once: what we deleted ourselves is no news', () => {
    const deleted = stripe(61, { kind: 'customer.deleted', idempotencyKey: null });
    const facts = [row(1), stripe(5), erased];
    expect(idsOf(told([...facts, deleted, gone(62, { kind: 'row.erased' })]))).toEqual(idsOf(told(facts)));
  });

  it('leaves nothing behind when something older is heard later', () => {
    everyArrival(
      [
        [row(1), erased],
        [stripe(5)],
        [edited(20, { phone: '' }, { phone: '2' })],
        [row(3, { customerId: 57000, registered: false })],
      ],
      60,
      (facts) =>
        json(
          told(facts)
            .commands.filter(({ type }) => type.startsWith('Erase') || type.startsWith('Delete'))
            .map(({ type, commandId }) => `${type} ${commandId}`)
            .toSorted(),
        ),
    );
    expect(json(told([row(1), erased, edited(20, { phone: '' }, { phone: '2' })]).state)).not.toMatch(/ana|test/i);
  });

  it('is not who still has an account, nor a guest whom the shop sweeps away', () => {
    const types = (facts: readonly Fact[]) => told(facts).commands.map(({ type }) => type);
    expect(types([row(1), row(2, { customerId: 58002 }), stripe(5), erased])).not.toContain('DeleteCustomer');
    const swept = gone(60, { kind: 'row.erased', registered: false });
    expect(types([row(1, { registered: false }), stripe(5), swept])).not.toContain('DeleteCustomer');
  });

  it('may come back as somebody new', () => {
    const { state, commands } = told([row(1), stripe(5), erased, row(100, { customerId: 60000, firstName: 'New' })]);
    expect(state.profile).toMatchObject({ adnsfCustomerId: 60000, name: 'New Test' });
    expect(state.stripeCustomerId).toBeNull();
    expect(commands.filter(({ type }) => type === 'EraseShopCustomer')).toEqual([]);
  });
});
