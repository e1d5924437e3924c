/**
 * One page of what a payout is made of, each line with the order, or the invoice, that it is of. Only charges carry the
 * order's id by themselves; of refunds, disputes and charges made by hand the PaymentIntent says it, and is asked once a
 * page; invoices say what they are paid with.
 */
import type Stripe from 'stripe';
import type { BalanceTransaction, FetchPayoutTransactions } from '../../schemas/generated/types.ts';
import { InexactAmountError } from '../order-stream/domain/money.ts';
import { fromStripeUnits } from '../order-stream/domain/stripe-money.ts';
import { PoisonError } from '../runtime/errors.ts';
import type { Outcome } from './domain/outcome.ts';
import { isMissing } from './failure.ts';
import { API_VERSION, type StripeApi } from './stripe-api.ts';

/** A result is one record: a page must fit it. */
const MOST_LINES = 100;

/** What a transaction's source says of where it belongs; sources of other kinds have none of it. */
type Source = Readonly<{
  id: string;
  metadata?: Stripe.Metadata | null;
  payment_intent?: string | Readonly<{ id: string }> | null;
  charge?: string | Readonly<{ id: string }> | null;
}>;

const idOf = (reference: string | Readonly<{ id: string }> | null | undefined): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

const orderIn = ({ metadata }: Pick<Source, 'metadata'>): string | null => {
  const orderId = metadata?.['order_id'];
  return orderId === undefined || orderId === '' ? null : orderId;
};

/** The order that an object of Stripe's says; what Stripe does not have is of no order. */
const told = async (object: Promise<Pick<Source, 'metadata'>>): Promise<string | null> => {
  try {
    return orderIn(await object);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
};

const invoicePaidBy = async (api: StripeApi, intent: string): Promise<string | null> => {
  const payment = { type: 'payment_intent', payment_intent: intent } as const;
  const { data } = await api.listInvoicePayments({ payment, status: 'paid', limit: 1 });
  const invoice = idOf(data[0]?.invoice);
  return invoice === null ? null : `invoice:${invoice}`;
};

/** The PaymentIntent, or the charge without one, that a source is of. */
const paymentOf = (source: Source): string | null =>
  idOf(source.payment_intent) ?? idOf(source.charge) ?? (/^(ch|py)_/.test(source.id) ? source.id : null);

/** Asks about each payment once. */
const orderReader = (api: StripeApi) => {
  const asked = new Map<string, Promise<string | null>>();
  const once = (id: string, ask: () => Promise<string | null>): Promise<string | null> => {
    const answer = asked.get(id) ?? ask();
    asked.set(id, answer);
    return answer;
  };
  const ofIntent = async (id: string): Promise<string | null> =>
    (await told(api.retrievePaymentIntent(id))) ?? (await invoicePaidBy(api, id));
  return async (source: Source): Promise<string | null> => {
    const own = orderIn(source);
    if (own !== null) return own;
    const intent = idOf(source.payment_intent);
    if (intent !== null) return once(intent, () => ofIntent(intent));
    const charge = idOf(source.charge);
    return charge === null ? null : once(charge, () => told(api.retrieveCharge(charge)));
  };
};

/** @throws PoisonError when an amount is not exact in its currency */
const unitsOf = (transaction: Stripe.BalanceTransaction) => {
  const currency = transaction.currency.toUpperCase();
  const units = (name: 'amount' | 'fee' | 'net'): bigint => {
    try {
      return fromStripeUnits(BigInt(transaction[name]), currency);
    } catch (error) {
      if (!(error instanceof InexactAmountError)) throw error;
      throw new PoisonError(error.code, `${name} of ${transaction.id}: ${error.message}`, { cause: error });
    }
  };
  return { currency, amount: units('amount'), fee: units('fee'), net: units('net') };
};

export const fetchPayoutTransactions = async (api: StripeApi, command: FetchPayoutTransactions): Promise<Outcome> => {
  const { payoutId, limit, startingAfter } = command.payload;
  const page = await api.listBalanceTransactions({
    payout: payoutId,
    limit,
    expand: ['data.source'],
    ...(startingAfter !== null && { starting_after: startingAfter }),
  });
  const ids = new Set(page.data.map(({ id }) => id));
  if (page.data.length > MOST_LINES || ids.size !== page.data.length)
    throw new PoisonError(
      'page_malformed',
      `${command.commandId}: ${page.data.length} lines, ${ids.size} of them different`,
    );
  const last = page.data.at(-1)?.id;
  if (page.has_more && last === undefined)
    throw new PoisonError('page_malformed', `${command.commandId}: no lines, but more of them to follow`);
  const orderOf = orderReader(api);
  const balanceTransactions: BalanceTransaction[] = [];
  for (const transaction of page.data) {
    const told = transaction.source as string | Source | null;
    const source = typeof told === 'string' ? null : told;
    balanceTransactions.push({
      id: transaction.id,
      category: transaction.reporting_category,
      type: transaction.type,
      ...unitsOf(transaction),
      sourceId: idOf(told),
      orderId: source === null ? null : await orderOf(source),
      paymentId: source === null ? null : paymentOf(source),
    });
  }
  return {
    status: 'succeeded',
    objectId: payoutId,
    objectStatus: null,
    // The page has no time of its own: repetitions agree on the one of the command.
    created: Number(command.occurredAt / 1000n),
    requestId: page.lastResponse.requestId,
    replayed: false,
    detail: { after: startingAfter ?? '', more: String(page.has_more), how: 'found', apiVersion: API_VERSION },
    balanceTransactions,
  };
};
