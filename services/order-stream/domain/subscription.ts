/**
 * What is known of a subscription at Stripe. It may live for years and change every month, so only its last tellings are
 * kept: the ERP hears each state once, and of several the furthest, then the latest counts, whatever the order in which
 * they are heard.
 */
import type {
  BillingFact,
  CommandResult,
  SubscriptionState,
  SubscriptionTelling,
} from '../../../schemas/generated/types.ts';
import { orderNumberIn } from './invoice.ts';
import { type Folded, withRefusal } from './order.ts';

export const initialSubscription = (key: string): SubscriptionState => ({
  key,
  tellings: [],
  issued: [],
  workflows: [],
  refusals: [],
});

/** Stripe delivers for three days; a subscription does not change so often in that time. */
export const KEPT_TELLINGS = 24;

/** FNV-1a of 64 bits: tells what is alike from what is not; nobody can gain from a collision. */
const digest = (text: string): string => {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
};

/** Told only since some day: where it is not, a state is the one that it was before that. */
const UNTOLD = new Set(['trialEndsAt', 'collectionPaused']);

/** When and what, so that twins under two event ids are one, and two states of one second are two. */
const identityOf = (telling: Omit<SubscriptionTelling, 'id' | 'factId'>): string => {
  const { at, status, ...rest } = telling;
  const content = JSON.stringify(rest, (name, part: unknown) => {
    if (part === null && UNTOLD.has(name)) return undefined;
    return typeof part === 'bigint' ? String(part) : part;
  });
  return `${at / 1000n}-${status}-${digest(content)}`;
};

const tellingOf = (fact: BillingFact): SubscriptionTelling => {
  const told = {
    rank: fact.kind === 'subscription.deleted' ? 30 : fact.statusRank,
    at: fact.occurredAt,
    subscriptionId: fact.objectId,
    customerId: fact.customerId,
    status: fact.status,
    currency: fact.currency,
    collectionMethod: fact.collectionMethod,
    periodStart: fact.periodStart,
    periodEnd: fact.periodEnd,
    cancelAtPeriodEnd: fact.cancelAtPeriodEnd,
    canceledAt: fact.canceledAt,
    endedAt: fact.endedAt,
    trialEndsAt: fact.trialEndsAt,
    collectionPaused: fact.collectionPaused,
    shopOrderId: fact.shopOrderId,
    shopOrderNumber: orderNumberIn(fact.shopOrderId),
    items: fact.lines.map(({ lineId: itemId, productId, priceId, quantity }) => ({
      itemId,
      productId,
      priceId,
      quantity,
    })),
  };
  return { id: identityOf(told), factId: fact.factId, ...told };
};

/** By how far it had come, then by time, then by what tells states of one second apart. */
const inOrder = (left: SubscriptionTelling, right: SubscriptionTelling): number => {
  if (left.rank !== right.rank) return left.rank - right.rank;
  if (left.at !== right.at) return left.at < right.at ? -1 : 1;
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0;
};

export const withSubscription = (state: SubscriptionState, fact: BillingFact): Folded<SubscriptionState> => {
  const told = tellingOf(fact);
  if (state.tellings.some(({ id }) => id === told.id)) return { state };
  const all = [...state.tellings, told].sort(inOrder);
  const tellings = all.slice(-KEPT_TELLINGS);
  // Older than all that are kept: the ERP has long heard better.
  if (!tellings.includes(told)) return { state };
  // What was sent about a telling ends with its id, and is forgotten with it.
  const [dropped] = all.length > KEPT_TELLINGS ? all : [];
  const issued = dropped === undefined ? state.issued : state.issued.filter((id) => !id.endsWith(`/${dropped.id}`));
  return { state: { ...state, tellings, issued } };
};

export const withSubscriptionResult = (state: SubscriptionState, result: CommandResult): Folded<SubscriptionState> =>
  result.status === 'succeeded' ? { state } : withRefusal(state, result);
