import { catalogue } from './catalogue.ts';
import { customersChanged, customersErased } from './customers.ts';
import type { Flow } from './flow.ts';
import { payouts } from './payouts.ts';
import { refundsAtStripe } from './refunds-at-stripe.ts';
import { returns } from './returns.ts';
import { subscriptions } from './subscriptions.ts';

export const allFlows: readonly Flow[] = [
  refundsAtStripe,
  returns,
  subscriptions,
  customersChanged,
  customersErased,
  catalogue,
  payouts,
];
