/** What the shop's rows and Stripe's customers tell of one person, and what comes of it. */
import type { CustomerFact, CustomerState, ShopCustomerFact } from '../../../schemas/generated/types.ts';
import { initialPerson } from '../../../services/order-stream/domain/customers/person.ts';
import { personOf } from '../../../services/order-stream/sources/person.ts';
import { customerAggregate } from '../../../services/order-stream/workflows/aggregates.ts';
import { decide } from '../../../services/order-stream/workflows/decide.ts';
import { loadWorkflows } from '../../../services/order-stream/workflows/directory.ts';
import type { Command } from '../../../services/order-stream/workflows/plan.ts';
import { policy } from '../order-stream/fixtures.ts';

export const ANA = 'Ana@Example.com';
export const ana = personOf(ANA);
export const workflows = loadWorkflows();

const START = 1_790_000_000_000n;
/** Seconds after the beginning. */
export const at = (seconds: number): bigint => START + BigInt(Math.round(seconds * 1000));

export type Fact =
  Readonly<{ from: 'shop'; fact: ShopCustomerFact }> | Readonly<{ from: 'stripe'; fact: CustomerFact }>;

/** An image of a row, `seconds` after the beginning; it names its place by that. */
export const row = (seconds: number, over: Partial<ShopCustomerFact> = {}): Fact => {
  const place = `lsn/${String(Math.round(seconds * 1000)).padStart(9, '0')}`;
  const customerId = over.customerId ?? 58001;
  return {
    from: 'shop',
    fact: {
      factId: `adnsf:Customer:${customerId}@${place}`,
      person: ana,
      kind: 'row.present',
      customerId,
      place,
      occurredAt: at(seconds),
      registered: true,
      email: ANA,
      firstName: 'Ana',
      lastName: 'Test',
      phone: null,
      address: null,
      movedTo: null,
      movedToEmail: null,
      ...over,
    },
  };
};

/** The row is somebody else's, or nobody's. */
export const gone = (seconds: number, over: Partial<ShopCustomerFact> = {}): Fact =>
  row(seconds, { kind: 'row.left', email: null, firstName: null, lastName: null, ...over });

let events = 0;
/** What Stripe tells of a customer. `previous` undefined: it was made. */
export const stripe = (seconds: number, over: Partial<CustomerFact> = {}): Fact => ({
  from: 'stripe',
  fact: {
    factId: `evt_${String(++events).padStart(6, '0')}`,
    kind: 'customer.present',
    customerId: 'cus_1',
    email: 'ana@example.com',
    name: null,
    phone: null,
    taxExempt: null,
    address: null,
    shippingName: null,
    shippingPhone: null,
    shippingAddress: null,
    metadata: { customer_key: 'ana@example.com' },
    person: ana,
    previous: {},
    idempotencyKey: 'customer/ana@example.com/1',
    account: null,
    createdAt: at(5),
    occurredAt: at(Math.floor(seconds)),
    livemode: false,
    ...over,
  },
});

/** Somebody at Stripe changes a field. */
export const edited = (seconds: number, previous: Record<string, string>, over: Partial<CustomerFact>): Fact =>
  stripe(seconds, { previous, idempotencyKey: null, ...over });

export type Told = Readonly<{ state: CustomerState; commands: readonly Command[]; letters: readonly string[] }>;

/** Tells facts one after another. */
export const told = (facts: readonly Fact[], person = ana): Told => {
  let state = initialPerson(person);
  const commands: Command[] = [];
  const letters: string[] = [];
  for (const { from, fact } of facts) {
    const folded = customerAggregate.facts[from]!.fold(state, fact);
    if (folded.state === state) continue;
    const decision = decide(workflows, customerAggregate, policy, state, folded);
    state = decision.state;
    commands.push(...decision.commands);
    letters.push(...decision.letters.map(({ code }) => code));
  }
  return { state, commands, letters };
};

export const idsOf = ({ commands }: Pick<Told, 'commands'>): readonly string[] =>
  commands.map(({ type, commandId }) => `${type} ${commandId.slice(ana.length + 1).replaceAll(/-[0-9a-f]{16}$/g, '')}`);

/** All orders in which facts of several streams can arrive, each stream's own in its order. */
export function* interleavings<T>(streams: readonly (readonly T[])[]): Generator<readonly T[]> {
  const left = streams.filter((stream) => stream.length > 0);
  if (left.length === 0) yield [];
  for (const [index, [first, ...rest]] of left.entries())
    for (const others of interleavings(left.with(index, rest))) yield [first!, ...others];
}
