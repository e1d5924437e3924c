import { customersChanged, customersErased } from './customers.ts';
import type { Flow } from './flow.ts';
import { observed } from './observed.ts';
import { offSession } from './off-session.ts';
import { payouts } from './payouts.ts';
import { refundsAtStripe } from './refunds-at-stripe.ts';
import { subscriptions } from './subscriptions.ts';

export const allFlows: readonly Flow[] = [
  observed,
  offSession,
  refundsAtStripe,
  subscriptions,
  customersChanged,
  customersErased,
  payouts,
];
