import type { Flow } from './flow.ts';
import { payouts } from './payouts.ts';
import { refundsAtStripe } from './refunds-at-stripe.ts';

export const allFlows: readonly Flow[] = [refundsAtStripe, payouts];
