/** Subscriptions. Their status comes and goes between active and past due: there the latest telling counts. */
import { billingFact } from './billing.ts';
import type { OtherFact, Teller } from './facts.ts';
import {
  at,
  currencyOf,
  flag,
  idOf,
  instant,
  isObject,
  isPartial,
  type Json,
  kindOf,
  listOf,
  metadataOf,
  orderIdOf,
  rankIn,
  text,
} from './fields.ts';
import { subscriptionLine } from './lines.ts';

const subscriptionRank = rankIn({
  incomplete: 10,
  trialing: 20,
  active: 20,
  past_due: 20,
  unpaid: 20,
  paused: 20,
  incomplete_expired: 30,
  canceled: 30,
});

const known = (times: readonly (bigint | null)[]): readonly bigint[] => times.filter((time) => time !== null);
const least = (times: readonly (bigint | null)[]): bigint | null =>
  known(times).reduce<bigint | null>((least, time) => (least === null || time < least ? time : least), null);
const most = (times: readonly (bigint | null)[]): bigint | null =>
  known(times).reduce<bigint | null>((most, time) => (most === null || time > most ? time : most), null);

/** Old subscriptions have the currency of what they are priced by. */
const currencyIn = (subscription: Json, items: readonly Json[]): string => {
  const priced = [items[0]?.['price'], items[0]?.['plan'], subscription['plan']].find(isObject);
  return currencyOf({ ...subscription, currency: subscription['currency'] ?? at({ priced }, 'priced', 'currency') });
};

export const subscriptionFacts = (subscription: Json, teller: Teller): readonly OtherFact[] => {
  const subscriptionId = text(subscription['id']);
  if (subscriptionId === null) return [];
  const status = text(subscription['status']) ?? 'unknown';
  const items = listOf(subscription['items']);
  const lines = items.flatMap((item) => subscriptionLine(item, subscription));
  return [
    billingFact(teller, `subscription:${subscriptionId}`, {
      kind: kindOf('subscription', status, subscriptionRank),
      objectId: subscriptionId,
      status,
      statusRank: subscriptionRank(status),
      subscriptionId,
      customerId: idOf(subscription['customer']),
      collectionMethod: text(subscription['collection_method']) ?? text(subscription['billing']),
      currency: currencyIn(subscription, items),
      periodStart: least(lines.map(({ periodStart }) => periodStart)),
      periodEnd: most(lines.map(({ periodEnd }) => periodEnd)),
      canceledAt: instant(subscription['canceled_at']),
      endedAt: instant(subscription['ended_at']),
      cancelAtPeriodEnd: flag(subscription['cancel_at_period_end']),
      trialEndsAt: instant(subscription['trial_end']),
      collectionPaused: text(at(subscription, 'pause_collection', 'behavior')),
      lines,
      linesComplete: !isPartial(subscription['items']),
      metadata: metadataOf(subscription),
      shopOrderId: orderIdOf(subscription),
      createdAt: instant(subscription['created']),
    }),
  ];
};
