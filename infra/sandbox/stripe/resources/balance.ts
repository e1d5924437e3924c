import type Stripe from 'stripe';
import type { Operation } from '../world.ts';

const totals = (transactions: readonly Stripe.BalanceTransaction[]): Stripe.Balance.Available[] => {
  const byCurrency = Map.groupBy(transactions, ({ currency }) => currency);
  const sums = [...byCurrency].map(([currency, lines]) => {
    const amount = Number(lines.reduce((sum, { net }) => sum + BigInt(net), 0n));
    return { amount, currency, source_types: { card: amount } };
  });
  return sums.length === 0 ? [{ amount: 0, currency: 'usd', source_types: { card: 0 } }] : sums;
};

/** What has been earned and not paid out, by currency: available by the simulator's clock, or still pending. */
export const retrieveBalance: Operation = ({ world, read }) => {
  read.end();
  const now = world.clock.seconds();
  const unpaid = world.journal.unpaid();
  return {
    object: 'balance',
    available: totals(unpaid.filter(({ available_on: at }) => at <= now)),
    livemode: false,
    pending: totals(unpaid.filter(({ available_on: at }) => at > now)),
  };
};
