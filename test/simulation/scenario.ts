/** What happens in one schedule, as data: a seed makes it, shrinking takes things away from it, a trace prints it. */
import { chanceOf, seedOf, type Chance } from './chance.ts';
import { faultKinds, type FaultKind } from './fault-kinds.ts';
import type { Settlement } from './stripe.ts';

/** How a shopper tries to pay, one attempt after the other. Nothing: the order is never paid. */
export type Attempt = 'declined' | 'succeeds';

/** By the buyer in the shop, or by somebody at Stripe. */
export type Edit = 'shop' | 'stripe';

export type OrderPlan = Readonly<{
  orderNumber: number;
  /** Which person (their e-mail), and which of the shop's customer rows. */
  person: number;
  customerId: number;
  /** `stripe`: collected by us. `free`: of 0. `other`: charged by the shop's own gateway. `nameless`: without e-mail. */
  kind: 'stripe' | 'free' | 'other' | 'nameless';
  /** Minor units. */
  total: number;
  /** Paid by a gift card, minor units; the rest is to be collected. */
  giftCard: number;
  lines: number;
  attempts: readonly Attempt[];
  /** Where the buyer's name is changed afterwards, one time after the other. */
  edits?: readonly Edit[];
  /** Every statement is followed by the second image that the shop's triggers make. */
  doubled: boolean;
  /** The shop touches the finished row again, changing nothing of meaning. */
  touched: boolean;
}>;

/** A record that cannot be processed, put among the others. */
export const poisons = [
  'cdc-bytes',
  'cdc-operation',
  'cdc-no-key',
  'event-bytes',
  'event-not-json',
  'event-livemode',
  'assembled-bytes',
  'result-bytes',
  'stripe-command-bytes',
  'adnsf-command-bytes',
] as const;
export type Poison = (typeof poisons)[number];

/** A fault waits for its step, and then for the first chance to happen. `pick` (0 to 1) chooses the victim. */
export type FaultPlan = Readonly<{ kind: FaultKind; step: number; pick: number }>;

export type Scenario = Readonly<{
  seed: number;
  partitions: number;
  /** How many processes of each kind there are in the beginning. */
  streams: number;
  executors: number;
  webhooks: number;
  /** Whether the ledger listens: its database costs more than all the rest. */
  ledger: boolean;
  /** Largest number of records in one transaction, and in one fetch. */
  batchRecords: number;
  pageSize: number;
  orders: readonly OrderPlan[];
  poisons: readonly Poison[];
  /** How often, once all is at rest, everything is told again that was told already, to see that nothing comes of it. */
  encores: number;
  faults: readonly FaultPlan[];
  /** How often Stripe pays out at most. */
  payouts: number;
  /** Of the account at Stripe. */
  settlement: Settlement;
  /** Whether its orders are certified in the end: that costs more than the schedule itself. */
  certified: boolean;
  /** From this step on, what runs next is no longer up to chance: the oldest does. */
  chanceUntil: number;
}>;

const attemptsOf = (chance: Chance): readonly Attempt[] =>
  chance.pick<readonly Attempt[]>([
    ['succeeds'],
    ['succeeds'],
    ['succeeds'],
    ['declined', 'succeeds'],
    ['declined', 'succeeds'],
    ['declined', 'declined', 'succeeds'],
    ['declined'],
    [],
  ]);

const orderOf = (chance: Chance, index: number, people: number): OrderPlan => {
  const person = chance.below(people);
  const kind = chance.pick([
    'stripe',
    'stripe',
    'stripe',
    'stripe',
    'stripe',
    'stripe',
    'free',
    'other',
    'nameless',
  ] as const);
  const total = kind === 'free' ? 0 : 100 + chance.below(90_000);
  return {
    orderNumber: 100_001 + index,
    person,
    // A person who comes back may be a new customer to the shop (a guest), with the same e-mail.
    customerId: kind === 'nameless' ? 901 + index : 501 + person * 10 + chance.below(2),
    kind,
    total,
    giftCard: kind === 'stripe' && chance.flip(0.1) ? 1 + chance.below(99) : 0,
    lines: chance.flip(0.3) ? 2 : 1,
    attempts: kind === 'stripe' ? attemptsOf(chance) : [],
    doubled: chance.flip(0.2),
    touched: chance.flip(0.15),
  };
};

/** About how many steps a schedule of this size takes, without faults. */
export const usualSteps = (orders: number): number => 120 + orders * 110;

const CERTIFY_EVERY = 40;

/** The schedule of a seed; `kinds` are the faults it may have. */
export const scenarioOf = (seed: number, kinds: readonly FaultKind[] = faultKinds): Scenario => {
  const chance = chanceOf(seedOf(seed, 0));
  // Most schedules are small: what goes wrong between two orders seldom needs a third.
  const count = 1 + Math.min(chance.below(6), chance.below(6), chance.below(6), chance.below(6));
  const people = 1 + chance.below(count);
  // Of a chance of their own, so that schedules of before are as they were.
  const edits = chanceOf(seedOf(seed, 2));
  const orders = Array.from({ length: count }, (_, index) => ({
    ...orderOf(chance, index, people),
    edits: edits.pick<readonly Edit[]>([[], [], [], ['shop'], ['stripe'], ['shop', 'stripe'], ['stripe', 'stripe']]),
  }));
  const span = usualSteps(count);
  const faults = Array.from({ length: chance.below(4) + chance.below(7) }, () => ({
    kind: chance.pick(kinds),
    step: chance.below(span),
    pick: chance.next(),
  })).sort((a, b) => a.step - b.step);
  return {
    seed,
    partitions: chance.pick([1, 1, 1, 2, 2, 3]),
    streams: chance.pick([1, 1, 1, 2]),
    executors: chance.pick([1, 1, 1, 2]),
    webhooks: 1,
    ledger: chance.flip(0.1),
    batchRecords: chance.pick([1, 3, 1000, 1000]),
    pageSize: chance.pick([1, 500, 500]),
    orders,
    poisons: Array.from({ length: chance.pick([0, 0, 0, 1, 2]) }, () => chance.pick(poisons)),
    encores: chance.pick([0, 0, 1]),
    faults,
    payouts: chance.pick([0, 0, 0, 1, 2]),
    // As with edits.
    settlement: chanceOf(seedOf(seed, 3)).pick<Settlement>([
      null,
      null,
      { currency: 'eur', rate: 0.9231, price: 9 },
      { currency: 'jpy', rate: 1.49, price: 0 },
    ]),
    certified: seed % CERTIFY_EVERY === 0,
    chanceUntil: Infinity,
  };
};
