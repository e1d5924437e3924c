/** What Stripe says, asked with lists: its search is behind the truth by a minute. */
import Stripe from 'stripe';
import { addressText } from '../order-stream/domain/customers/fields.ts';
import { fromStripeUnits } from '../order-stream/domain/stripe-money.ts';
import type { CliConfig } from './environment.ts';
import { paidOut, type Sources } from './stripe-payouts.ts';
import type { Billed, Dispute, Fee, Payment, Payout, Refund, Subscribed } from './verify/facts.ts';
import type { People } from './verify/people.ts';

export type StripeFacts = Readonly<{
  payments: readonly Payment[];
  invoices: readonly Billed[];
  subscriptions: readonly Subscribed[];
  /** As in `Facts`, by currency. */
  net: ReadonlyMap<string, bigint>;
  open: ReadonlyMap<string, bigint>;
  balance: ReadonlyMap<string, bigint>;
  payouts: readonly Payout[];
}>;

export type PaymentStory = Readonly<{
  paymentIntent: Stripe.PaymentIntent;
  charges: readonly Stripe.Charge[];
  fee: Fee | null;
  events: readonly Stripe.Event[];
}>;

export interface StripeReader {
  everything(): Promise<StripeFacts>;
  /** Customers that stand for a person. */
  people(): Promise<People['customers']>;
  /** One PaymentIntent with its charges and the events about them; undefined when Stripe has none of this id. */
  story(paymentIntentId: string): Promise<PaymentStory | undefined>;
  /** The base URL when it is a sandbox. */
  readonly sandbox: string | undefined;
}

const idOf = (reference: string | { id: string } | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

const feeOf = (transaction: Stripe.BalanceTransaction): Fee => ({
  balanceTransactionId: transaction.id,
  gross: fromStripeUnits(BigInt(transaction.amount), transaction.currency),
  fee: fromStripeUnits(BigInt(transaction.fee), transaction.currency),
  net: fromStripeUnits(BigInt(transaction.net), transaction.currency),
});

export const stripeClient = (config: CliConfig): Stripe => {
  const base = config.MILLRACE_STRIPE_API_BASE;
  const common = { maxNetworkRetries: 4, timeout: 30_000, telemetry: false } as const;
  if (base === undefined) return new Stripe(config.MILLRACE_STRIPE_SECRET_KEY, common);
  const { protocol, hostname, port } = new URL(base);
  const secure = protocol === 'https:';
  return new Stripe(config.MILLRACE_STRIPE_SECRET_KEY, {
    ...common,
    protocol: secure ? 'https' : 'http',
    host: hostname,
    port: port === '' ? (secure ? 443 : 80) : Number(port),
  });
};

const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';

/** Finalised invoices, with what paid them. */
const everyInvoice = async (stripe: Stripe): Promise<readonly Billed[]> => {
  type Paid = Billed['paidBy'][number];
  const paidBy = new Map<string, Paid[]>();
  const unpaidBy = new Map<string, string[]>();
  const add = <T>(to: Map<string, T[]>, id: string, one: T): void => void to.set(id, [...(to.get(id) ?? []), one]);
  for await (const { invoice, payment, amount_paid: paid, currency, status } of stripe.invoicePayments.list({
    limit: 100,
  })) {
    const [id, paymentIntentId] = [idOf(invoice), idOf(payment.payment_intent)];
    if (id === null || paymentIntentId === null) continue;
    if (status === 'paid') add(paidBy, id, { paymentIntentId, amount: fromStripeUnits(BigInt(paid ?? 0), currency) });
    else add(unpaidBy, id, paymentIntentId);
  }
  const invoices: Billed[] = [];
  for await (const invoice of stripe.invoices.list({ limit: 100 })) {
    const { id, status, currency, total, total_taxes: taxes } = invoice;
    if (status === null || status === 'draft') continue;
    const tax = (taxes ?? []).reduce((sum, { amount }) => sum + BigInt(amount), 0n);
    invoices.push({
      orderId: `invoice:${id}`,
      status,
      total: fromStripeUnits(BigInt(total), currency),
      tax: fromStripeUnits(tax, currency),
      currency: currency.toUpperCase(),
      paidBy: paidBy.get(id) ?? [],
      unpaidBy: unpaidBy.get(id) ?? [],
    });
  }
  return invoices;
};

const everySubscription = async (stripe: Stripe): Promise<readonly Subscribed[]> => {
  const subscriptions: Subscribed[] = [];
  for await (const { id, status } of stripe.subscriptions.list({ status: 'all', limit: 100 }))
    subscriptions.push({ id, status });
  return subscriptions;
};

export const openStripe = (config: CliConfig): StripeReader => {
  const stripe = stripeClient(config);
  return {
    sandbox: config.MILLRACE_STRIPE_API_BASE,
    async everything() {
      const fees = new Map<string, Fee>();
      const releasing = new Set<string>();
      const transactions: Stripe.BalanceTransaction[] = [];
      for await (const transaction of stripe.balanceTransactions.list({ limit: 100 })) {
        transactions.push(transaction);
        fees.set(transaction.id, feeOf(transaction));
        if (transaction.reporting_category === 'partial_capture_reversal') releasing.add(transaction.id);
      }
      const sources: Sources = new Map();
      const succeeded = new Map<string, Stripe.Charge[]>();
      const failed = new Set<string>();
      for await (const charge of stripe.charges.list({ limit: 100 })) {
        sources.set(charge.id, charge);
        const paymentIntent = idOf(charge.payment_intent);
        if (paymentIntent === null) continue;
        if (charge.status === 'succeeded')
          succeeded.set(paymentIntent, [...(succeeded.get(paymentIntent) ?? []), charge]);
        if (charge.status === 'failed') failed.add(paymentIntent);
      }
      const refunds = new Map<string, Refund[]>();
      const releases = new Map<string, Fee[]>();
      for await (const refund of stripe.refunds.list({ limit: 100 })) {
        sources.set(refund.id, refund);
        const paymentIntent = idOf(refund.payment_intent);
        if (paymentIntent === null) continue;
        const moved = idOf(refund.balance_transaction);
        if (moved !== null && releasing.has(moved)) {
          releases.set(paymentIntent, [...(releases.get(paymentIntent) ?? []), fees.get(moved)!]);
          continue;
        }
        const known = refunds.get(paymentIntent) ?? [];
        known.push({
          id: refund.id,
          status: refund.status ?? 'unknown',
          amount: fromStripeUnits(BigInt(refund.amount), refund.currency),
          balanceTransactionId: moved,
          failureBalanceTransactionId: idOf(refund.failure_balance_transaction),
          commandId: refund.metadata?.['command_id'] ?? null,
          returnId: refund.metadata?.['return_id'] ?? null,
        });
        refunds.set(paymentIntent, known);
      }
      const disputes = new Map<string, Dispute[]>();
      for await (const dispute of stripe.disputes.list({ limit: 100 })) {
        sources.set(dispute.id, dispute);
        const paymentIntent = idOf(dispute.payment_intent);
        if (paymentIntent === null) continue;
        const movements = dispute.balance_transactions.map((transaction) => ({
          ...feeOf(transaction),
          currency: transaction.currency.toUpperCase(),
        }));
        const known = disputes.get(paymentIntent) ?? [];
        known.push({ id: dispute.id, status: dispute.status, movements });
        disputes.set(paymentIntent, known);
      }
      const invoices = await everyInvoice(stripe);
      const invoiceOf = new Map(
        invoices.flatMap(({ orderId, paidBy }) =>
          paidBy.map(({ paymentIntentId }) => [paymentIntentId, orderId] as const),
        ),
      );
      const payments: Payment[] = [];
      for await (const intent of stripe.paymentIntents.list({ limit: 100 })) {
        const orderId = intent.metadata['order_id'] ?? invoiceOf.get(intent.id) ?? null;
        sources.set(intent.id, orderId === null ? intent : { metadata: { order_id: orderId } });
        const charges = succeeded.get(intent.id) ?? [];
        const transaction = idOf(charges[0]?.balance_transaction);
        payments.push({
          id: intent.id,
          orderId,
          status: intent.status,
          amount: fromStripeUnits(BigInt(intent.amount), intent.currency),
          received: fromStripeUnits(BigInt(intent.amount_received), intent.currency),
          currency: intent.currency.toUpperCase(),
          succeededCharges: charges.map(({ id }) => id),
          declined: failed.has(intent.id) || intent.last_payment_error !== null,
          fee: transaction === null ? null : (fees.get(transaction) ?? null),
          refunds: refunds.get(intent.id) ?? [],
          releases: releases.get(intent.id) ?? [],
          manual: intent.capture_method === 'manual',
          disputes: disputes.get(intent.id) ?? [],
        });
      }
      return {
        payments,
        invoices,
        subscriptions: await everySubscription(stripe),
        ...(await paidOut(stripe, transactions, sources)),
      };
    },
    async people() {
      const found: People['customers'][number][] = [];
      for await (const customer of stripe.customers.list({ limit: 100 })) {
        const customerKey = customer.metadata['customer_key'];
        if (customerKey === undefined) continue;
        const { id: customerId, name, phone, address } = customer;
        found.push({
          customerId,
          customerKey,
          name: name ?? null,
          phone: phone ?? null,
          address: addressText(
            address == null
              ? null
              : {
                  line1: address.line1 || null,
                  line2: address.line2 || null,
                  city: address.city || null,
                  state: address.state || null,
                  postalCode: address.postal_code || null,
                  country: address.country || null,
                },
          ),
        });
      }
      return found;
    },
    async story(paymentIntentId) {
      let paymentIntent: Stripe.PaymentIntent;
      try {
        paymentIntent = await stripe.paymentIntents.retrieve(paymentIntentId);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
      const charges: Stripe.Charge[] = [];
      for await (const charge of stripe.charges.list({ payment_intent: paymentIntentId, limit: 100 }))
        charges.push(charge);
      const transaction = idOf(charges.find(({ status }) => status === 'succeeded')?.balance_transaction);
      const ours = new Set([paymentIntentId, ...charges.map(({ id }) => id)]);
      const events: Stripe.Event[] = [];
      // What happens to a payment is told within the hour; a busy account has thousands of other events since.
      const lastly = Math.max(paymentIntent.created, ...charges.map(({ created }) => created));
      const created = { gte: paymentIntent.created, lte: lastly + 3_600 };
      for await (const event of stripe.events.list({ created, limit: 100 })) {
        const object = event.data.object as { id?: string };
        if (object.id !== undefined && ours.has(object.id)) events.push(event);
      }
      return {
        paymentIntent,
        charges: charges.toReversed(),
        fee: transaction === null ? null : feeOf(await stripe.balanceTransactions.retrieve(transaction)),
        events: events.toReversed(),
      };
    },
  };
};
