import { personOf } from '../../../services/order-stream/sources/person.ts';
import { describe, expect, it } from 'vitest';
import type {
  BillingFact,
  CatalogFact,
  CustomerFact,
  PaymentFact,
  PayoutFact,
} from '../../../schemas/generated/types.ts';
import { interpret } from '../../../services/order-stream/sources/stripe/interpret.ts';
import { type Kept, story, versions } from './stripe-fixtures.ts';

const T = 1_790_000_000_000n;
const at = (seconds: number): bigint => T + BigInt(seconds) * 1000n;

type Untold = 'factId' | 'occurredAt';
type Payment = Omit<PaymentFact, Untold>;
type Told =
  | Payment
  | Omit<PayoutFact, Untold>
  | Omit<CustomerFact, Untold>
  | Omit<CatalogFact, Untold>
  | Omit<BillingFact, Untold>;

const about = { account: null, livemode: false } as const;

const payment = (over: Partial<Payment> & Pick<Payment, 'kind' | 'objectId' | 'status' | 'statusRank'>): Payment => ({
  orderId: '',
  paymentIntentId: 'pi_3Story',
  chargeId: 'ch_3Paid',
  balanceTransactionId: null,
  amount: 3744n,
  currency: 'USD',
  failureCode: null,
  declineCode: null,
  failureMessage: null,
  reason: null,
  failureBalanceTransactionId: null,
  objectCreatedAt: T,
  evidenceDueAt: null,
  movements: [],
  commandId: null,
  intended: null,
  returnId: null,
  ...about,
  ...over,
});

const refund = (status: string, statusRank: number, over: Partial<Payment> = {}): Payment =>
  payment({
    kind: `refund.${status}`,
    objectId: 're_3Story',
    status,
    statusRank,
    amount: 1000n,
    balanceTransactionId: 'txn_3Refund',
    reason: 'requested_by_customer',
    objectCreatedAt: at(3600),
    ...over,
  });

const withdrawn = {
  balanceTransactionId: 'txn_3Withdrawn',
  category: 'dispute',
  amount: -2744n,
  fee: 1500n,
  net: -4244n,
  currency: 'USD',
  createdAt: at(86_400),
};
const reinstated = {
  balanceTransactionId: 'txn_4Reinstated',
  category: 'dispute_reversal',
  amount: 2744n,
  fee: 0n,
  net: 2744n,
  currency: 'USD',
  createdAt: at(86_400),
};

const dispute = (status: string, statusRank: number, movements: PaymentFact['movements']): Payment =>
  payment({
    kind: `dispute.${status}`,
    objectId: 'dp_3Story',
    status,
    statusRank,
    amount: 2744n,
    reason: 'fraudulent',
    objectCreatedAt: at(86_400),
    evidenceDueAt: at(864_000),
    movements,
  });

const payout = (status: string, statusRank: number, reconciliationStatus: string | null): Omit<PayoutFact, Untold> => ({
  kind: `payout.${status}`,
  payoutId: 'po_3Story',
  status,
  statusRank,
  reconciliationStatus,
  amount: 128_450n,
  currency: 'USD',
  automatic: true,
  method: 'standard',
  arrivalDate: at(172_800),
  balanceTransactionId: 'txn_3Payout',
  failureBalanceTransactionId: status === 'failed' ? 'txn_3PayoutBack' : null,
  failureCode: status === 'failed' ? 'account_closed' : null,
  failureMessage: status === 'failed' ? 'The bank account has been closed.' : null,
  originalPayoutId: null,
  reversedById: null,
  createdAt: at(90_000),
  ...about,
});

const customer = (kind: string, previous: Record<string, string> = {}): Omit<CustomerFact, Untold> => ({
  kind,
  customerId: 'cus_Story',
  email: 'ana@example.com',
  name: 'Ana Test',
  phone: '+1 555 0100',
  taxExempt: 'none',
  address: { line1: '1 Main St', line2: null, city: 'Springfield', state: 'IL', postalCode: '62701', country: 'US' },
  shippingName: 'Ana at Work',
  shippingPhone: null,
  shippingAddress: {
    line1: '2 Side St',
    line2: null,
    city: 'Springfield',
    state: 'IL',
    postalCode: '62702',
    country: 'US',
  },
  metadata: { customer_key: 'ana@example.com' },
  person: personOf('ana@example.com'),
  previous,
  idempotencyKey: null,
  createdAt: at(-1000),
  ...about,
});

const catalog = (over: Partial<CatalogFact>): Omit<CatalogFact, Untold> => ({
  kind: '',
  objectId: '',
  productId: 'prod_Story',
  name: null,
  description: null,
  unitLabel: null,
  defaultPriceId: null,
  currency: null,
  unitAmount: null,
  unitPrice: null,
  billingScheme: null,
  interval: null,
  intervalCount: null,
  taxBehavior: null,
  lookupKey: null,
  metadata: {},
  createdAt: null,
  updatedAt: null,
  ...about,
  ...over,
});

const product = (defaultPriceId: string | null) =>
  catalog({
    kind: 'product.active',
    objectId: 'prod_Story',
    name: 'Coffee of the month',
    description: 'Beans, each month',
    unitLabel: 'bag',
    metadata: { variant_id: '77' },
    defaultPriceId,
    createdAt: at(-5000),
    updatedAt: at(-400),
  });

const price = catalog({
  kind: 'price.active',
  objectId: 'price_Story',
  name: 'Monthly',
  currency: 'USD',
  unitAmount: 1250n,
  unitPrice: '12.50',
  billingScheme: 'per_unit',
  interval: 'month',
  intervalCount: 1,
  createdAt: at(-4000),
});

const billing = (over: Partial<BillingFact>): Omit<BillingFact, Untold> => ({
  kind: '',
  objectId: '',
  status: '',
  statusRank: 0,
  customerId: null,
  subscriptionId: null,
  invoiceId: null,
  paymentIntentId: null,
  chargeId: null,
  number: null,
  billingReason: null,
  collectionMethod: null,
  currency: 'USD',
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
  ...about,
  ...over,
});

const line = {
  priceId: 'price_Story',
  productId: 'prod_Story',
  quantity: 2n,
  periodStart: at(-100),
  periodEnd: at(2_591_900),
  proration: false,
  discount: 0n,
  taxIncluded: 0n,
};

const subscription = billing({
  kind: 'subscription.active',
  objectId: 'sub_Story',
  status: 'active',
  statusRank: 20,
  customerId: 'cus_Story',
  subscriptionId: 'sub_Story',
  collectionMethod: 'charge_automatically',
  periodStart: line.periodStart,
  periodEnd: line.periodEnd,
  cancelAtPeriodEnd: false,
  lines: [{ lineId: 'si_Story', description: null, amount: null, tax: null, ...line }],
  createdAt: at(-3000),
});

/** Lines had no tax of their own before 2020, and of changes times were not told; addresses came before that. */
const invoice = (lineTax: bigint | null, over: Partial<BillingFact> = {}) =>
  billing({
    kind: 'invoice.paid',
    objectId: 'in_Story',
    status: 'paid',
    statusRank: 40,
    customerId: 'cus_Story',
    subscriptionId: 'sub_Story',
    invoiceId: 'in_Story',
    number: '5T0RY000-0001',
    billingReason: 'subscription_cycle',
    collectionMethod: 'charge_automatically',
    subtotal: 2500n,
    tax: 213n,
    total: 2713n,
    amountDue: 2713n,
    amountPaid: 2713n,
    amountRemaining: 0n,
    periodStart: at(-2_592_100),
    periodEnd: at(-100),
    lines: [{ lineId: 'il_Story', description: '2 × Coffee of the month', amount: 2500n, tax: lineTax, ...line }],
    createdAt: at(-90),
    finalizedAt: at(-80),
    customerEmail: 'ana@example.com',
    ...over,
  });

const invoicePayment = billing({
  kind: 'invoice_payment.paid',
  objectId: 'pi_3Invoice',
  status: 'paid',
  statusRank: 20,
  invoiceId: 'in_Story',
  paymentIntentId: 'pi_3Invoice',
  amountPaid: 2713n,
});

const declined = payment({
  kind: 'payment.failed',
  objectId: 'pi_3Story',
  status: 'requires_payment_method',
  statusRank: 10,
  chargeId: 'ch_3Declined',
  failureCode: 'card_declined',
  declineCode: 'insufficient_funds',
  failureMessage: 'Your card has insufficient funds.',
});
const paid = payment({
  kind: 'payment.succeeded',
  objectId: 'pi_3Story',
  status: 'succeeded',
  statusRank: 60,
  intended: 3744n,
});
const charge = { objectId: 'ch_3Paid', status: 'succeeded', statusRank: 30, objectCreatedAt: at(120) };
const balanced = payment({ kind: 'charge.balanced', balanceTransactionId: 'txn_3Paid', ...charge });
const refunded = payment({ kind: 'charge.refunded', amount: 1000n, ...charge });
const failure = { failureCode: 'lost_or_stolen_card', failureBalanceTransactionId: 'txn_3RefundBack' };

/** From when on an event says something, or says it in another place. */
const from = (version: string, since: string): boolean => version >= since;

/** What each event says under a version. Undefined when the version has no such event. */
const expected = (version: string, name: string): readonly Told[] | undefined => {
  const embedsCharges = !from(version, '2022-11-15');
  const isAsynchronous = from(version, '2025-03-31');
  const paymentIntentId = from(version, '2020-08-27') ? 'pi_3Story' : null;
  const completed = isAsynchronous ? 'completed' : 'in_progress';
  const reconciled = (status: string): string | null => (from(version, '2022-11-15') ? status : null);
  const disputed = (status: string, rank: number, movements: PaymentFact['movements']): readonly Told[] => [
    { ...dispute(status, rank, movements), paymentIntentId },
  ];
  const facts: Readonly<Record<string, readonly Told[]>> = {
    'payment_intent.payment_failed': [declined],
    'payment_intent.succeeded': embedsCharges ? [paid, balanced] : [paid],
    'charge.succeeded': isAsynchronous ? [] : [balanced],
    'charge.updated': [balanced],
    'charge.refunded': embedsCharges ? [balanced, refunded, refund('succeeded', 30)] : [balanced, refunded],
    'charge.refund.updated': [refund('succeeded', 30)],
    'charge.refund.updated-failed': [refund('failed', 50, { ...failure, paymentIntentId })],
    'refund.created': [refund('succeeded', 30)],
    'refund.failed': [refund('failed', 50, failure)],
    'charge.dispute.created': disputed('needs_response', 40, []),
    'charge.dispute.funds_withdrawn': disputed('needs_response', 40, [withdrawn]),
    'charge.dispute.updated': disputed('under_review', 50, [withdrawn]),
    'charge.dispute.closed': disputed('won', 60, [withdrawn]),
    'charge.dispute.funds_reinstated': disputed('won', 60, [withdrawn, reinstated]),
    'payout.created': [payout('in_transit', 20, reconciled('in_progress'))],
    'payout.paid': [payout('paid', 30, reconciled('in_progress'))],
    'payout.reconciliation_completed': [payout('paid', 30, 'completed')],
    'payout.failed': [payout('failed', 50, reconciled(completed))],
    'customer.updated': [customer('customer.present', { email: '' })],
    'customer.deleted': [customer('customer.deleted')],
    'product.updated': [product(from(version, '2022-08-01') ? 'price_Story' : null)],
    'price.updated': [price],
    'plan.updated': [price],
    'customer.subscription.updated': [subscription],
    'invoice.payment_succeeded': [
      from(version, '2020-08-27')
        ? invoice(213n)
        : invoice(null, { finalizedAt: null, ...(!from(version, '2019-05-16') && { customerEmail: null }) }),
      invoicePayment,
    ],
    'invoice.paid': [invoice(213n)],
    'invoice_payment.paid': [invoicePayment],
  };
  return facts[name];
};

const said = ({ event }: Kept): Told[] => {
  const outcome = interpret(event);
  if (outcome.kind === 'ignored') return [];
  if (outcome.kind === 'refused') throw new Error(outcome.message);
  return [...outcome.payments, ...outcome.others.map(({ fact }) => fact)].map(({ factId, occurredAt, ...fact }) => {
    expect(factId).toBe(event.id);
    expect(occurredAt).toBe(event.created);
    return fact;
  });
};

describe.each(versions)('events of %s', (version) => {
  it.each(story(version).map((kept) => [kept.name, kept] as const))('%s', (name, kept) => {
    expect(kept.event.apiVersion).toBe(version);
    const facts = expected(version, name);
    expect(facts, `${name} is not expected of ${version}`).toBeDefined();
    expect(said(kept)).toEqual(facts);
  });
});

describe('one story', () => {
  /** The set of all facts, apart from what a version cannot know. */
  const facts = (version: string): readonly string[] => {
    const plain = story(version)
      .flatMap(said)
      .map((fact) =>
        JSON.stringify(
          {
            ...fact,
            ...(fact.kind.startsWith('dispute.') || fact.kind === 'refund.failed'
              ? { paymentIntentId: 'pi_3Story' }
              : {}),
            ...('lines' in fact ? { lines: fact.lines.map((each) => ({ ...each, tax: null })) } : {}),
            defaultPriceId: null,
            reconciliationStatus: null,
            finalizedAt: null,
            customerEmail: null,
          },
          (_name, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
        ),
      );
    return [...new Set(plain)].sort();
  };

  it('is there in seven versions', () => {
    expect(versions).toEqual([
      '2018-02-28',
      '2019-05-16',
      '2020-08-27',
      '2022-08-01',
      '2022-11-15',
      '2025-03-31.basil',
      '2026-08-26.dahlia',
    ]);
  });

  it.each(versions)('told in %s gives the facts it gives in every other', (version) => {
    expect(facts(version)).toEqual(facts('2026-08-26.dahlia'));
  });
});
