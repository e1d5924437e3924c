/** What Stripe says of its balance and of payouts, with the order that each transaction is of. */
import type Stripe from 'stripe';
import { isBookedElsewhere } from '../order-stream/domain/booked-by-orders.ts';
import { fromStripeUnits } from '../order-stream/domain/stripe-money.ts';
import type { StripeFacts } from './stripe.ts';
import type { Payout } from './verify/facts.ts';

type Reference = string | Readonly<{ id: string }> | null | undefined;

/** What may have moved money, and the PaymentIntents behind it, by id. */
export type Sources = Map<
  string,
  Readonly<{ metadata?: Stripe.Metadata | null; payment_intent?: Reference; charge?: Reference }>
>;

const idOf = (reference: Reference): string | null =>
  typeof reference === 'string' ? reference : (reference?.id ?? null);

/** The order that an object says it is of, or the payment that it belongs to does. */
const orderOf = (sources: Sources, id: string | null): string | null => {
  const source = id === null ? undefined : sources.get(id);
  if (source === undefined) return null;
  return (
    source.metadata?.['order_id'] ??
    orderOf(sources, idOf(source.payment_intent)) ??
    orderOf(sources, idOf(source.charge))
  );
};

type Line = Readonly<{
  id: string;
  category: string;
  orderId: string | null;
  sourceId: string | null;
  net: bigint;
  currency: string;
}>;

const lineOf = (transaction: Stripe.BalanceTransaction, sources: Sources): Line => {
  const sourceId = idOf(transaction.source);
  return {
    id: transaction.id,
    category: transaction.reporting_category,
    sourceId,
    orderId: orderOf(sources, sourceId),
    net: fromStripeUnits(BigInt(transaction.net), transaction.currency),
    currency: transaction.currency.toUpperCase(),
  };
};

const netOf = (lines: readonly Line[]): bigint => lines.reduce((sum, { net }) => sum + net, 0n);

const byCurrency = (lines: readonly Line[]): ReadonlyMap<string, bigint> =>
  new Map([...Map.groupBy(lines, ({ currency }) => currency)].map(([currency, each]) => [currency, netOf(each)]));

const payoutOf = (payout: Stripe.Payout, list: readonly Line[] | null, all: ReadonlyMap<string, Line>): Payout => {
  const isOwn = ({ category, sourceId }: Line): boolean => category === 'payout' && sourceId === payout.id;
  const lines = (list ?? []).filter((line) => !isOwn(line));
  const back = idOf(payout.failure_balance_transaction);
  return {
    id: payout.id,
    amount: fromStripeUnits(BigInt(payout.amount), payout.currency),
    currency: payout.currency.toUpperCase(),
    status: payout.status,
    automatic: payout.automatic,
    reconciled: payout.reconciliation_status === 'completed',
    own: all.get(idOf(payout.balance_transaction) ?? '')?.net ?? 0n,
    back: back === null ? null : (all.get(back)?.net ?? 0n),
    transactions: BigInt(lines.length),
    listed: list === null ? null : netOf(lines),
    open: netOf(lines.filter((line) => !isBookedElsewhere(line))),
    charges: lines.flatMap(({ id, category, orderId, net }) =>
      category === 'charge' && orderId !== null ? [{ balanceTransactionId: id, orderId, net }] : [],
    ),
  };
};

/** @param transactions all of them; @param sources all charges, refunds, disputes and PaymentIntents */
export const paidOut = async (
  stripe: Stripe,
  transactions: readonly Stripe.BalanceTransaction[],
  sources: Sources,
): Promise<Pick<StripeFacts, 'net' | 'open' | 'balance' | 'payouts'>> => {
  const lines = transactions.map((transaction) => lineOf(transaction, sources));
  const all = new Map(lines.map((line) => [line.id, line]));
  const payouts: Payout[] = [];
  for await (const payout of stripe.payouts.list({ limit: 100 })) {
    let list: Line[] | null = null;
    if (payout.automatic && payout.reconciliation_status === 'completed') {
      list = [];
      for await (const { id } of stripe.balanceTransactions.list({ payout: payout.id, limit: 100 })) {
        const line = all.get(id);
        if (line !== undefined) list.push(line);
      }
    }
    payouts.push(payoutOf(payout, list, all));
  }
  const { available, pending } = await stripe.balance.retrieve();
  const balance = new Map<string, bigint>();
  for (const { amount, currency } of [...available, ...pending]) {
    const code = currency.toUpperCase();
    balance.set(code, (balance.get(code) ?? 0n) + fromStripeUnits(BigInt(amount), code));
  }
  return {
    net: byCurrency(lines),
    open: byCurrency(lines.filter((line) => !isBookedElsewhere(line))),
    balance,
    payouts,
  };
};
