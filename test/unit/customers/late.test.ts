import { describe, expect, it } from 'vitest';
import { at, edited, idsOf, row, stripe, told } from './people.ts';

describe('what is heard late', () => {
  it('of an older account is told to Stripe, though it was said before what Stripe has', () => {
    const renamed = told([
      row(10, { customerId: 58002, firstName: 'Anna' }),
      stripe(15),
      stripe(16, { name: 'Anna Test', previous: { name: '' }, idempotencyKey: 'customer:x/update-customer/1' }),
    ]);
    const written = BigInt(/\/(\d+)-/.exec(idsOf(renamed).find((id) => id.startsWith('UpdateCustomer'))!)![1]!);
    const { commands } = told([
      row(10, { customerId: 58002, firstName: 'Anna' }),
      stripe(15),
      stripe(16, { name: 'Anna Test', previous: { name: '' }, idempotencyKey: 'customer:x/update-customer/1' }),
      row(5, { customerId: 58001 }),
    ]);
    const last = commands.filter(({ type }) => type === 'UpdateCustomer').at(-1)!;
    expect(last.payload).toMatchObject({ name: 'Ana Test' });
    const { version } = last.payload as { version: string };
    // Stripe's customer has the version that was written to it; an older one would be taken for a repetition.
    expect(BigInt(version.split('-')[0]!) >= written).toBe(true);
  });

  it("of two changes in one second at Stripe, whatever their ids: ours over somebody else's is seen, and theirs said again", () => {
    const created = stripe(20, { factId: 'evt_4' });
    const theirs = edited(20, { name: '' }, { factId: 'evt_11', name: 'Dr Ana' });
    const ours = stripe(20, {
      factId: 'evt_12',
      name: 'Ana Test',
      previous: { name: 'Dr Ana' },
      idempotencyKey: 'customer:x/update-customer/1',
    });
    for (const order of [
      [created, ours, theirs],
      [created, theirs, ours],
    ]) {
      const { state } = told([row(1), ...order]);
      expect(state.profile).toMatchObject({ name: 'Dr Ana', stripeFields: ['name'], shopFields: ['name'], at: at(20) });
    }
  });
});
