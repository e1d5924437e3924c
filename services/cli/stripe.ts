/** What Stripe says, asked with lists: its search is behind the truth by a minute. */
import Stripe from 'stripe';
import { rateText } from '../order-stream/domain/exchange-rate.ts';
import { addressText } from '../order-stream/domain/customers/fields.ts';
import { itemOfProduct } from '../order-stream/domain/items/names.ts';
import { fromStripeUnits } from '../order-stream/domain/stripe-money.ts';
import type { CliConfig } from './environment.ts';
import { paidOut, type Sources } from './stripe-payouts.ts';
import { type PaymentStory, paymentStory } from './stripe-story.ts';
import type {
  Billed,
  Conversion,
  CreditNoted,
  Dispute,
  Fee,
  OutsidePayment,
  Payment,
  Payout,
  Refund,
  Subscribed,
} from './verify/facts.ts';
import type { Items } from './verify/items.ts';
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

export interface StripeReader {
  everything(): Promise<StripeFacts>;
  /** Customers that stand for a person. */
  people(): Promise<People['customers']>;
  /** Products that stand for items of the shop, with what they cost. */
  items(): Promise<Items['stripe']>;
  /** One PaymentIntent with its charges, what they did to the balance, and the events about them; undefined when Stripe has none of this id. */
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
  currency: transaction.currency.toUpperCase(),
});

/** What a balance transaction converted of an amount, which has the sign of what it did to the balance; nothing, or one. */
const conversionOf = (
  transaction: Stripe.BalanceTransaction | undefined,
  amount: number,
  currency: string,
): readonly Conversion[] => {
  if (transaction === undefined || transaction.currency === currency) return [];
  return [
    {
      balanceTransactionId: transaction.id,
      fromAmount: fromStripeUnits(BigInt(amount), currency),
      fromCurrency: currency.toUpperCase(),
      toAmount: fromStripeUnits(BigInt(transaction.amount), transaction.currency),
      toCurrency: transaction.currency.toUpperCase(),
      rate: rateText(transaction.exchange_rate),
    },
  ];
};

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

type Noted = Readonly<{ note: CreditNoted; refundIds: readonly string[] }>;

/** Credit notes, by their invoice. */
const everyCreditNote = async (stripe: Stripe): Promise<ReadonlyMap<string, readonly Noted[]>> => {
  const notes: [string, Noted][] = [];
  for await (const note of stripe.creditNotes.list({ limit: 100 })) {
    const { id, currency, status, total, total_taxes: taxes, refunds } = note;
    const units = (amount: number | null): bigint => fromStripeUnits(BigInt(amount ?? 0), currency);
    const tax = (taxes ?? []).reduce((sum, { amount }) => sum + units(amount), 0n);
    const refunded = refunds.reduce((sum, { amount_refunded: amount }) => sum + units(amount), 0n);
    const [offInvoice, outside] = [units(note.pre_payment_amount), units(note.out_of_band_amount)];
    const toBalance = units(note.post_payment_amount) - refunded - outside;
    const parts = { offInvoice, refunded, toBalance, outside };
    notes.push([
      idOf(note.invoice) ?? '',
      {
        note: { id, voided: status === 'void', amount: units(total), tax, ...parts },
        refundIds: refunds.flatMap(({ refund }) => idOf(refund) ?? []),
      },
    ]);
  }
  return new Map(
    [...Map.groupBy(notes, ([invoice]) => invoice)].map(([invoice, each]) => [invoice, each.map(([, noted]) => noted)]),
  );
};

/** Finalised invoices, with what paid them and what they are less by. */
const everyInvoice = async (stripe: Stripe): Promise<readonly Billed[]> => {
  type Paid = Billed['paidBy'][number];
  const outside = new Map<string, OutsidePayment[]>();
  const notes = await everyCreditNote(stripe);
  const paidBy = new Map<string, Paid[]>();
  const unpaidBy = new Map<string, string[]>();
  const add = <T>(to: Map<string, T[]>, id: string, one: T): void => void to.set(id, [...(to.get(id) ?? []), one]);
  for await (const { invoice, payment, amount_paid: paid, currency, status } of stripe.invoicePayments.list({
    limit: 100,
  })) {
    const [id, paymentIntentId] = [idOf(invoice), idOf(payment.payment_intent)];
    const recordId = idOf(payment.payment_record);
    if (id !== null && recordId !== null && status === 'paid')
      add(outside, id, { id: recordId, amount: fromStripeUnits(BigInt(paid ?? 0), currency) });
    if (id === null || paymentIntentId === null) continue;
    if (status === 'paid') add(paidBy, id, { paymentIntentId, amount: fromStripeUnits(BigInt(paid ?? 0), currency) });
    else add(unpaidBy, id, paymentIntentId);
  }
  const invoices: Billed[] = [];
  for await (const invoice of stripe.invoices.list({ limit: 100 })) {
    const { id, status, currency, total, total_taxes: taxes } = invoice;
    const { starting_balance: began, ending_balance: ended } = invoice;
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
      outside: outside.get(id) ?? [],
      remaining: fromStripeUnits(BigInt(invoice.amount_remaining), currency),
      creditUsed: fromStripeUnits(BigInt((ended ?? began) - began), currency),
      creditNotes: (notes.get(id) ?? []).map(({ note }) => note),
      notedRefunds: (notes.get(id) ?? []).flatMap(({ refundIds }) => refundIds),
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
      const known = new Map<string, Stripe.BalanceTransaction>();
      const conversions = new Map<string, Conversion[]>();
      const convert = (paymentIntent: string, transaction: string | null, amount: number, currency: string): void => {
        const made = conversionOf(known.get(transaction ?? ''), amount, currency);
        conversions.set(paymentIntent, [...(conversions.get(paymentIntent) ?? []), ...made]);
      };
      const releasing = new Set<string>();
      const transactions: Stripe.BalanceTransaction[] = [];
      for await (const transaction of stripe.balanceTransactions.list({ limit: 100 })) {
        transactions.push(transaction);
        known.set(transaction.id, transaction);
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
        if (charge.status === 'succeeded') {
          succeeded.set(paymentIntent, [...(succeeded.get(paymentIntent) ?? []), charge]);
          convert(paymentIntent, idOf(charge.balance_transaction), charge.amount, charge.currency);
        }
        if (charge.status === 'failed') failed.add(paymentIntent);
      }
      const refunds = new Map<string, Refund[]>();
      const releases = new Map<string, Fee[]>();
      for await (const refund of stripe.refunds.list({ limit: 100 })) {
        sources.set(refund.id, refund);
        const paymentIntent = idOf(refund.payment_intent);
        if (paymentIntent === null) continue;
        const moved = idOf(refund.balance_transaction);
        const back = idOf(refund.failure_balance_transaction);
        convert(paymentIntent, moved, -refund.amount, refund.currency);
        convert(paymentIntent, back, refund.amount, refund.currency);
        if (moved !== null && releasing.has(moved)) {
          releases.set(paymentIntent, [...(releases.get(paymentIntent) ?? []), fees.get(moved)!]);
          continue;
        }
        const others = refunds.get(paymentIntent) ?? [];
        others.push({
          id: refund.id,
          status: refund.status ?? 'unknown',
          amount: fromStripeUnits(BigInt(refund.amount), refund.currency),
          balanceTransactionId: moved,
          failureBalanceTransactionId: back,
          commandId: refund.metadata?.['command_id'] ?? null,
          returnId: refund.metadata?.['return_id'] ?? null,
        });
        refunds.set(paymentIntent, others);
      }
      const disputes = new Map<string, Dispute[]>();
      for await (const dispute of stripe.disputes.list({ limit: 100 })) {
        sources.set(dispute.id, dispute);
        const paymentIntent = idOf(dispute.payment_intent);
        if (paymentIntent === null) continue;
        const movements = dispute.balance_transactions.map(feeOf);
        const others = disputes.get(paymentIntent) ?? [];
        others.push({ id: dispute.id, status: dispute.status, movements });
        disputes.set(paymentIntent, others);
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
          conversions: conversions.get(intent.id) ?? [],
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
    async items() {
      const prices = new Map<string, Stripe.Price[]>();
      for await (const price of stripe.prices.list({ limit: 100 })) {
        const product = idOf(price.product) ?? '';
        if (itemOfProduct(product) !== null) prices.set(product, [...(prices.get(product) ?? []), price]);
      }
      const found: Items['stripe'][number][] = [];
      for await (const { id, name, active, default_price: standard } of stripe.products.list({ limit: 100 })) {
        const item = itemOfProduct(id);
        if (item === null) continue;
        const own = prices.get(id) ?? [];
        const price = own.find((each) => each.id === idOf(standard));
        found.push({
          variantId: Number(item.slice('item:'.length)),
          name,
          active,
          amount: price?.unit_amount == null ? null : fromStripeUnits(BigInt(price.unit_amount), price.currency),
          currency: price?.currency.toUpperCase() ?? null,
          prices: own.filter((each) => each.active && each.metadata['item_version'] !== undefined).length,
        });
      }
      return found;
    },
    async story(paymentIntentId) {
      try {
        return await paymentStory(stripe, paymentIntentId);
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
  };
};
