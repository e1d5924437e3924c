/**
 * A person, as the shop's rows and Stripe's customers tell of them. The shop has many rows of one person; their e-mail
 * address brings them together. What ends a person's data ends it here too: of an erased one nothing is kept but ids.
 */
import type {
  CommandResult,
  CustomerFact,
  CustomerState,
  PersonRow,
  ShopCustomerFact,
  StripeField,
  StripeLink,
} from '../../../../schemas/generated/types.ts';
import type { Folded } from '../order.ts';
import { agreed, livingRows, survivorOf } from './agree.ts';
import { FIELDS, shopValue, withShopValue, withStripeValues } from './fields.ts';

export const initialPerson = (person: string): CustomerState => ({
  person,
  customerKey: null,
  since: null,
  rows: [],
  links: [],
  stripeCustomerId: null,
  profile: null,
  moved: null,
  returned: null,
  erased: null,
  conflict: null,
  issued: [],
  refusals: [],
  workflows: [],
});

const latest = (left: bigint | null, right: bigint): bigint => (left === null || right > left ? right : left);

const earliest = (left: bigint | null, right: bigint): bigint => (left === null || right < left ? right : left);

/** Nothing that says who somebody is is kept of the life that ended. */
const forgotten = (state: CustomerState, erased: NonNullable<CustomerState['erased']>): CustomerState => ({
  ...state,
  erased,
  customerKey: null,
  moved: null,
  returned: null,
  conflict: null,
  rows: state.rows.map((row) => (row.since <= erased.at ? { ...row, email: null, fields: [] } : row)),
  links: state.links.map((link) => (link.createdAt <= erased.at ? { ...link, fields: [] } : link)),
});

const isForgotten = ({ erased }: CustomerState, since: bigint): boolean => erased !== null && since <= erased.at;

const rowAfter = (state: CustomerState, known: PersonRow | undefined, fact: ShopCustomerFact): PersonRow => {
  const { customerId, registered, place } = fact;
  const present = fact.kind === 'row.present';
  const since = known?.present === true || (known !== undefined && !present) ? known.since : fact.occurredAt;
  const about = { customerId, registered, place, since, present };
  if (!present || isForgotten(state, since)) return { ...about, email: null, fields: [] };
  const before = known?.present === true ? known.fields : [];
  return {
    ...about,
    email: fact.email,
    fields: FIELDS.map((name) =>
      withShopValue(
        before.find((field) => field.name === name),
        name,
        shopValue(fact, name),
        fact,
      ),
    ),
  };
};

/** What a Customer row says of the person, or that it is theirs no more. */
export const withShopCustomer = (state: CustomerState, fact: ShopCustomerFact): Folded<CustomerState> => {
  const known = state.rows.find(({ customerId }) => customerId === fact.customerId);
  if (known !== undefined && known.place >= fact.place) return { state };
  const row = rowAfter(state, known, fact);
  const rows = [...state.rows.filter((each) => each !== known), row].toSorted(
    (left, right) => left.customerId - right.customerId,
  );
  let next: CustomerState = { ...state, since: earliest(state.since, fact.occurredAt), rows };
  const { occurredAt: at, factId } = fact;
  const hasAccount = livingRows(next).some(({ registered }) => registered);
  // Guests' rows come and go, and are swept away by the shop: only an account takes its person along, or ends it.
  if (fact.kind === 'row.left' && fact.registered && fact.movedTo !== null && !hasAccount)
    next = { ...next, moved: { person: fact.movedTo, email: fact.movedToEmail, at, factId }, returned: null };
  const lived = known !== undefined && !isForgotten(state, known.since);
  if (fact.kind === 'row.erased' && fact.registered && lived && !hasAccount)
    next = forgotten(next, { by: 'shop', at, factId });
  if (hasAccount && next.moved !== null) next = { ...next, moved: null, returned: { at, factId } };
  return { state: agreed(next) };
};

const ranks: Readonly<Record<string, number>> = { present: 0, moved: 1, retired: 1, deleted: 2 };

const standingOf = (state: CustomerState, fact: CustomerFact): string => {
  if (fact.kind === 'customer.deleted') return 'deleted';
  if (fact.person === state.person) return 'present';
  return Object.hasOwn(fact.metadata, 'merged_into') ? 'retired' : 'moved';
};

/** Whether a standing was told after another. Deletion is for ever, and Stripe's time has seconds. */
const stands = (link: StripeLink, standing: string, at: bigint, factId: string): boolean => {
  const [known, told] = [ranks[link.standing] ?? 0, ranks[standing] ?? 0];
  if (known === 2 || told === 2)
    return (
      told > known || (told === known && (at < link.standingAt || (at === link.standingAt && factId < link.standingBy)))
    );
  if (at !== link.standingAt) return at > link.standingAt;
  return told === known ? factId < link.standingBy : told > known;
};

const isSince = (leftAt: bigint | null, at: bigint): boolean => leftAt === null || at > leftAt;

/** A field of a customer that came back, without what was said of it before. */
const saidSince = (leftAt: bigint | null, field: StripeField): readonly StripeField[] => {
  if (!isSince(leftAt, field.at)) return [];
  return [field.said === null || isSince(leftAt, field.said.at) ? field : { ...field, said: null }];
};

/** What Stripe says of a customer that is, or was, the person's. */
export const withStripeCustomer = (state: CustomerState, fact: CustomerFact): Folded<CustomerState> => {
  const { customerId, occurredAt: at, factId } = fact;
  // Customers that are not ours are nobody here.
  if (fact.person === '' && state.person === `customer:${customerId}`) return { state };
  const known = state.links.find((link) => link.customerId === customerId);
  const standing = standingOf(state, fact);
  const createdAt = fact.createdAt ?? known?.createdAt ?? at;
  const told = { standing, standingAt: at, standingBy: factId };
  const before: StripeLink = known ?? { customerId, createdAt, ...told, leftAt: null, fields: [] };
  const after: StripeLink = { ...before, ...(stands(before, standing, at, factId) && told) };
  const leftAt = standing === 'moved' || standing === 'retired' ? latest(before.leftAt, at) : before.leftAt;
  const speaks = fact.person === state.person && !isForgotten(state, createdAt) && isSince(leftAt, at);
  const own = after.standing === 'present' ? after.fields.flatMap((field) => saidSince(leftAt, field)) : [];
  const fields = after.standing === 'present' && speaks ? withStripeValues(own, fact) : own;
  const link: StripeLink = { ...after, leftAt, fields };
  if (known !== undefined && JSON.stringify(known, asText) === JSON.stringify(link, asText)) return { state };
  const links = [...state.links.filter((each) => each !== known), link].toSorted((left, right) =>
    left.customerId < right.customerId ? -1 : 1,
  );
  const next: CustomerState = { ...state, since: earliest(state.since, at), links };
  // Whoever deletes the customer that stands for the person wants them forgotten. That we had it deleted is no news.
  const stood = before.standing === 'present' || known === undefined;
  const survivor = survivorOf({
    ...state,
    links: [...links.filter((each) => each !== link), { ...link, standing: 'present' }],
  });
  if (standing === 'deleted' && stood && survivor?.customerId === customerId)
    return { state: agreed(forgotten(next, { by: 'stripe', at, factId })) };
  return { state: agreed(next) };
};

const asText = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);

/** What became of our own commands: what is gone is gone; what was refused is told once. */
export const withPersonResult = (state: CustomerState, result: CommandResult): Folded<CustomerState> => {
  if (result.status !== 'succeeded') {
    const known = state.refusals.includes(result.commandId);
    return {
      known,
      state: known ? state : { ...state, refusals: [...state.refusals, result.commandId] },
      refusal: {
        code: `${result.target}_refused`,
        message: `${result.commandId}: ${result.errorCode ?? 'refused'}: ${result.errorMessage ?? 'no reason given'}`,
      },
    };
  }
  return { state };
};
