/** What an event can tell, by the topic it goes to. */
import type {
  BillingFact,
  CatalogFact,
  CustomerFact,
  PaymentFact,
  PayoutFact,
  StripeEvent,
} from '../../../../schemas/generated/types.ts';
import { instant, type Json } from './fields.ts';

/** What facts keep of the event that told them. */
export type Teller = Readonly<Pick<StripeEvent, 'id' | 'type' | 'created' | 'account' | 'livemode'>>;

/** An event with what its body says beside the object. */
export type Told = Readonly<{
  event: Teller;
  /** Fields that it changed, as they were before; empty when it does not say. */
  previous: Json;
  /** Of the request that caused it. */
  idempotencyKey: string | null;
}>;

/** A fact that is about no order: its topic, and the key that keeps facts about one thing in order. */
export type OtherFact =
  | Readonly<{ topic: 'payoutFacts'; key: string; fact: PayoutFact }>
  | Readonly<{ topic: 'customerFacts'; key: string; fact: CustomerFact }>
  | Readonly<{ topic: 'catalogFacts'; key: string; fact: CatalogFact }>
  | Readonly<{ topic: 'billingFacts'; key: string; fact: BillingFact }>;

type Base = Pick<PaymentFact, 'factId' | 'account' | 'occurredAt' | 'livemode'>;

export const toldBy = (teller: Teller): Base => ({
  factId: teller.id,
  account: teller.account,
  occurredAt: teller.created,
  livemode: teller.livemode,
});

type Required = 'kind' | 'objectId' | 'status' | 'statusRank' | 'amount' | 'currency';

/** A payment fact with what its kind of object has; the order is filled in when it is known. */
export const paymentFact = (
  teller: Teller,
  object: Json,
  told: Pick<PaymentFact, Required> & Partial<PaymentFact>,
): PaymentFact => ({
  orderId: '',
  paymentIntentId: null,
  chargeId: null,
  balanceTransactionId: null,
  failureCode: null,
  declineCode: null,
  failureMessage: null,
  reason: null,
  failureBalanceTransactionId: null,
  objectCreatedAt: instant(object['created']),
  evidenceDueAt: null,
  movements: [],
  commandId: null,
  intended: null,
  returnId: null,
  ...toldBy(teller),
  ...told,
});
