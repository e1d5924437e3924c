/** What Stripe paid out against the ledger's entries, and the clearing account against Stripe's balance. */
import type { Facts, LedgerPayout, Payout } from './facts.ts';
import type { Finding } from './judge.ts';

const sum = (numbers: readonly bigint[]): bigint => numbers.reduce((all, one) => all + one, 0n);

/** Whether it is time for its entry: its list is complete, or it has none and the bank has the money. */
const isDue = ({ automatic, reconciled, status }: Payout): boolean => (automatic ? reconciled : status === 'paid');

const entryFindings = (payout: Payout, entry: LedgerPayout, fees: ReadonlySet<string>): string[] => {
  const { id, amount, currency, own, open, back, transactions, automatic } = payout;
  const wrong: string[] = [];
  if (entry.amount !== amount || entry.currency !== currency)
    wrong.push(`the entry of ${id} is over ${entry.amount} ${entry.currency}, Stripe paid out ${amount} ${currency}`);
  else if (entry.clearing !== own + open)
    wrong.push(
      `the entry of ${id} moves clearing by ${entry.clearing}, Stripe's list says ${own + open} ${currency}: ${own} for the payout and ${open} that no order books`,
    );
  if (automatic && entry.transactions !== transactions)
    wrong.push(`the entry of ${id} is of ${entry.transactions} transactions, Stripe lists ${transactions}`);
  if (back === null && entry.reversedBy !== null) wrong.push(`the entry of ${id} was taken back, Stripe has not`);
  for (const { balanceTransactionId, orderId, net } of payout.charges)
    if (!fees.has(balanceTransactionId))
      wrong.push(
        `${id} paid out ${balanceTransactionId} of order ${orderId} (${net} ${currency}), which is not booked`,
      );
  return wrong;
};

export const payoutFindings = (facts: Facts): Finding[] => {
  const found: Finding[] = [];
  const say = (kind: Finding['kind'], id: string, message: string): void =>
    void found.push({ kind, orderId: `payout:${id}`, message });
  const entries = new Map(facts.ledger.payouts.map((entry) => [entry.payoutId, entry]));
  const fees = new Set(facts.ledger.fees.map(({ balanceTransactionId }) => balanceTransactionId));
  for (const payout of facts.payouts) {
    const { id, amount, currency, listed, own, back } = payout;
    if (listed !== null && listed !== -own)
      say('mismatched', id, `Stripe lists ${listed} ${currency} for ${id}, and took ${-own} off the balance`);
    const entry = entries.get(id);
    if (entry === undefined) {
      if (isDue(payout))
        say('lost', id, `Stripe paid out ${amount} ${currency} (${id}), which the ledger does not have`);
      continue;
    }
    for (const message of entryFindings(payout, entry, fees)) say('mismatched', id, message);
    if (back !== null && entry.reversedBy === null)
      say('lost', id, `${id} came back from the bank, but its entry stands in the ledger`);
  }
  const atStripe = new Set(facts.payouts.map(({ id }) => id));
  for (const id of entries.keys())
    if (!atStripe.has(id)) say('mismatched', id, `the ledger has an entry of ${id}, which Stripe has not paid out`);
  return found;
};

/** One currency: what the books say Stripe has of us, what Stripe says, and what explains the difference. Minor units. */
export type Clearing = Readonly<{
  currency: string;
  books: bigint;
  /** Available and pending. */
  balance: bigint;
  /** On the balance, or gone from it, and to be booked when its payout is. */
  waiting: bigint;
}>;

/** Net of what Stripe has moved and nobody has to have booked yet, by currency. */
const waitingIn = (facts: Facts, currency: string): bigint => {
  const payouts = facts.payouts.filter((payout) => payout.currency === currency);
  const entries = new Map(facts.ledger.payouts.map((entry) => [entry.payoutId, entry]));
  return (
    (facts.stripeOpen.get(currency) ?? 0n) +
    sum(
      payouts.map(({ id, own, open, back }) => {
        const entry = entries.get(id);
        const returned = entry?.reversedBy == null ? (back ?? 0n) : 0n;
        return (entry === undefined ? own : -open) + returned;
      }),
    )
  );
};

export const clearingOf = (facts: Facts): readonly Clearing[] =>
  [...new Set([...facts.ledger.clearing.keys(), ...facts.stripeNet.keys(), ...facts.stripeBalance.keys()])]
    .sort()
    .map((currency) => ({
      currency,
      books: facts.ledger.clearing.get(currency) ?? 0n,
      balance: facts.stripeBalance.get(currency) ?? 0n,
      waiting: waitingIn(facts, currency),
    }));

export const clearingFindings = (facts: Facts): Finding[] =>
  clearingOf(facts).flatMap(({ currency, books, balance, waiting }): Finding[] => {
    const net = facts.stripeNet.get(currency) ?? 0n;
    const about = { kind: 'mismatched', orderId: null, code: 'clearing_account', about: currency } as const;
    return [
      ...(books + waiting === net
        ? []
        : [
            {
              ...about,
              message: `the clearing account holds ${books} ${currency}, Stripe's balance transactions come to ${net - waiting} (minor units)${waiting === 0n ? '' : ` without the ${waiting} that wait for a payout`}`,
            },
          ]),
      ...(net === balance
        ? []
        : [
            {
              ...about,
              message: `Stripe's balance is ${balance} ${currency}, its balance transactions come to ${net} (minor units)`,
            },
          ]),
    ];
  });
