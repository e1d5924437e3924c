import { catalogue } from './catalogue.ts';
import { customersChanged, customersErased } from './customers.ts';
import type { Flow } from './flow.ts';
import { observed } from './observed.ts';
import { offSession } from './off-session.ts';
import { payouts } from './payouts.ts';
import { refundsAtStripe } from './refunds-at-stripe.ts';
import { returns } from './returns.ts';
import { subscriptions } from './subscriptions.ts';
import { shippedByWarehouse } from './warehouse.ts';

export const allFlows: readonly Flow[] = [
  observed,
  offSession,
  shippedByWarehouse,
  refundsAtStripe,
  returns,
  subscriptions,
  customersChanged,
  customersErased,
  catalogue,
  payouts,
];
