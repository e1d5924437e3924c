/**
 * What both sides come to: field by field, what was said last counts, by the time of the events. The shop goes first
 * where times are the same: it is where people speak for themselves.
 */
import type {
  Conflict,
  CustomerState,
  PersonProfile,
  PersonRow,
  Saying,
  StripeLink,
} from '../../../../schemas/generated/types.ts';
import { customerKeyOf } from '../shop.ts';
import { addressFrom, FIELDS, type FieldName } from './fields.ts';

/** Rows of a life that has not ended. */
export const livingRows = ({ rows, erased }: CustomerState): readonly PersonRow[] =>
  rows.filter(({ present, since }) => present && (erased === null || since > erased.at));

/** An account speaks for its person, the oldest one; without any, the guest who came last. */
export const leadOf = (state: CustomerState): PersonRow | undefined => {
  const rows = livingRows(state).toSorted((left, right) => left.customerId - right.customerId);
  return rows.find(({ registered }) => registered) ?? rows.at(-1);
};

/** Of several customers at Stripe the oldest stands for the person. */
export const survivorOf = ({ links, erased }: CustomerState): StripeLink | undefined =>
  links
    .filter(({ standing, createdAt }) => standing === 'present' && (erased === null || createdAt > erased.at))
    .toSorted((left, right) =>
      left.createdAt === right.createdAt
        ? left.customerId < right.customerId
          ? -1
          : 1
        : left.createdAt < right.createdAt
          ? -1
          : 1,
    )[0];

type Choice = Readonly<{ value: string | null; at: bigint; factId: string; by: 'shop' | 'stripe' }>;

const chosen = (shop: Saying, stripe: Saying | null): Choice => {
  const ofShop = { ...shop, by: 'shop' } as const;
  if (stripe === null) return ofShop;
  const ofStripe = { ...stripe, by: 'stripe' } as const;
  // A field that was always empty was never spoken of.
  if (shop.value === null && shop.before === null) return ofStripe;
  // Said by both, it holds since the first of them.
  if (shop.value === stripe.value) return shop.at <= stripe.at ? ofShop : ofStripe;
  return stripe.at > shop.at ? ofStripe : ofShop;
};

/** A number of 64 bits that tells texts apart (FNV-1a), in hexadecimal. */
const fingerprint = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const unit of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(unit)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
};

/** The youngest of what was said on a side that is to be told otherwise. */
const overruled = (sayings: readonly (Saying | null)[]): string =>
  sayings.reduce<Saying | null>(
    (youngest, saying) => (saying !== null && (youngest === null || saying.at > youngest.at) ? saying : youngest),
    null,
  )?.factId ?? 'first';

/** Whether who was overruled was not known to who overruled them. What a row says first overrules nobody. */
const unaware = (row: PersonRow, shop: Saying, stripe: Saying | null, choice: Choice): boolean => {
  if (stripe === null || shop.value === stripe.value) return false;
  return choice.by === 'stripe' ? stripe.before !== shop.value : shop.at !== row.since && shop.before !== stripe.value;
};

/** The state with all that follows from its rows and customers. */
export const agreed = (state: CustomerState): CustomerState => {
  const lead = leadOf(state);
  const survivor = survivorOf(state);
  const stripeCustomerId = survivor?.customerId ?? null;
  if (lead?.email == null) return { ...state, stripeCustomerId, profile: null, conflict: null };
  const customerKey = customerKeyOf(lead.email);
  const heard = (name: string) => survivor?.fields.find((field) => field.name === name);
  const written = (name: FieldName) => lead.fields.find((field) => field.name === name)!;
  const choices = FIELDS.map((name) => {
    const choice = chosen(written(name).said, heard(name)?.said ?? null);
    return { name, choice, isConflict: unaware(lead, written(name).said, heard(name)?.said ?? null, choice) };
  });
  const valueOf = (name: FieldName): string | null => choices.find((each) => each.name === name)!.choice.value;
  const youngest = choices.map(({ choice }) => choice).reduce((left, right) => (right.at > left.at ? right : left));

  const email = heard('email')?.said ?? null;
  const wanted = email?.value != null && customerKeyOf(email.value) !== customerKey ? email : null;
  const at = wanted !== null && wanted.at > youngest.at ? wanted.at : youngest.at;
  const contents = [lead.customerId, lead.email, wanted?.value ?? null, stripeCustomerId, ...FIELDS.map(valueOf)];
  const stripeFields =
    survivor === undefined ? [] : FIELDS.filter((name) => (heard(name)?.value ?? null) !== valueOf(name));
  const shopFields = FIELDS.filter((name) => written(name).value !== valueOf(name));
  // An older account that is heard of late speaks for the person from then on, and says so with an older time.
  const sayings = [
    ...livingRows(state).flatMap(({ fields }) => fields.map(({ said }) => said.at)),
    ...(survivor?.fields ?? []).flatMap(({ said }) => said?.at ?? []),
  ];
  const latest = sayings.reduce((left, right) => (right > left ? right : left), at);
  // In a replay the two sides may be heard of in another order: what is written then in other fields is another command.
  const print = (...more: readonly unknown[]): string => fingerprint(JSON.stringify([...contents, ...more]));
  const profile: PersonProfile = {
    version: `${at}-${print()}`,
    stripeVersion: `${latest}-${print(stripeFields)}`,
    shopVersion: `${at}-${print(shopFields)}`,
    at,
    causedBy: wanted !== null && wanted.at > youngest.at ? wanted.factId : youngest.factId,
    adnsfCustomerId: lead.customerId,
    registered: lead.registered,
    email: lead.email,
    name: valueOf('name'),
    phone: valueOf('phone'),
    address: addressFrom(valueOf('address')),
    stripeFields,
    stripeOverruled: overruled(stripeFields.map((name) => heard(name)?.said ?? null)),
    shopFields: [...(wanted === null ? [] : ['email']), ...shopFields],
    shopExpected: shopFields.flatMap((field) =>
      [written(field).value, ...written(field).told].map((value) => ({ field, value })),
    ),
    shopOverruled: overruled(shopFields.map((name) => written(name).said)),
    wantedEmail: wanted?.value ?? null,
  };

  const disputed = choices.filter(({ isConflict }) => isConflict);
  const conflict: Conflict | null =
    disputed.length === 0
      ? null
      : {
          fields: disputed.map(({ name }) => name).join(', '),
          kept: disputed[0]!.choice.by,
          at: disputed[0]!.choice.at,
          factId: disputed[0]!.choice.factId,
        };
  // What the shop will be told, it will show: that is no news then.
  const told: PersonRow = {
    ...lead,
    fields: lead.fields.map((field) => {
      const value = valueOf(field.name as FieldName);
      return field.value === value || field.told.at(-1) === value ? field : { ...field, told: [...field.told, value] };
    }),
  };
  return {
    ...state,
    customerKey,
    stripeCustomerId,
    profile,
    conflict,
    rows: state.rows.map((row) => (row === lead ? told : row)),
  };
};
