/** What facts about billing have in common. */
import type { BillingFact } from '../../../../schemas/generated/types.ts';
import { type OtherFact, type Teller, toldBy } from './facts.ts';

type Required = 'kind' | 'objectId' | 'status' | 'statusRank' | 'currency';

/** `key` keeps facts about one subscription or one invoice in order. */
export const billingFact = (
  teller: Teller,
  key: string,
  told: Pick<BillingFact, Required> & Partial<BillingFact>,
): OtherFact => ({
  topic: 'billingFacts',
  key,
  fact: {
    customerId: null,
    subscriptionId: null,
    invoiceId: null,
    paymentIntentId: null,
    chargeId: null,
    number: null,
    billingReason: null,
    collectionMethod: null,
    subtotal: null,
    tax: null,
    total: null,
    amountDue: null,
    amountPaid: null,
    amountRemaining: null,
    periodStart: null,
    periodEnd: null,
    canceledAt: null,
    endedAt: null,
    cancelAtPeriodEnd: null,
    lines: [],
    linesComplete: true,
    metadata: {},
    createdAt: null,
    finalizedAt: null,
    customerEmail: null,
    customerName: null,
    failedAttempt: null,
    nextAttemptAt: null,
    paidOffStripe: null,
    shopOrderId: null,
    paymentType: null,
    startingBalance: null,
    endingBalance: null,
    creditedOff: null,
    creditNote: null,
    trialEndsAt: null,
    collectionPaused: null,
    ...toldBy(teller),
    ...told,
  },
});
