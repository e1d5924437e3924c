import { customersChanged, customersErased } from './customers.ts';
import type { Flow } from './flow.ts';
import { refundsAtStripe } from './refunds-at-stripe.ts';

export const allFlows: readonly Flow[] = [refundsAtStripe, customersChanged, customersErased];
