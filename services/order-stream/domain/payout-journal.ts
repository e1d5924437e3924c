/**
 * The proof of a payout, and what it comes to in the books. Every transaction in its list counted once comes to what was
 * paid out, to the cent and in one currency; or there is no journal, and a text with the figures for a person.
 *
 * Money went from the balance at Stripe (clearing) to the bank. What orders have booked is on the clearing account
 * already; what nobody has booked is booked with the payout, each category on a line of its own.
 */
import type {
  JournalPosting,
  PayoutMove,
  PayoutObject,
  PayoutState,
  PayoutSum,
} from '../../../schemas/generated/types.ts';
import { lastPage, withKnown } from './payout-lines.ts';

const total = <T>(list: readonly T[], of: (item: T) => bigint): bigint =>
  list.reduce((sum, item) => sum + of(item), 0n);

/** A debit when positive, a credit when negative, nothing for nothing. */
export const posting = (
  line: string,
  signed: bigint,
  transactions: bigint,
  category: string | null = null,
): JournalPosting[] =>
  signed === 0n
    ? []
    : [{ line, category, transactions, debit: signed > 0n ? signed : 0n, credit: signed < 0n ? -signed : 0n }];

/** @param fee what Stripe took for paying out */
const postingsOf = (amount: bigint, fee: bigint, sums: readonly PayoutSum[]): readonly JournalPosting[] => {
  const open = sums.filter(({ booked }) => !booked);
  const elsewhere = total(sums, ({ booked, transactions }) => (booked ? transactions : 0n));
  const withFee = total(open, (sum) => (sum.fee === 0n ? 0n : sum.transactions));
  return [
    ...posting('bank', amount, 1n),
    ...open.flatMap((sum) => posting(`${sum.category}/${sum.type}`, -sum.amount, sum.transactions, sum.category)),
    ...posting('fees', fee + total(open, (sum) => sum.fee), withFee),
    ...posting('clearing', total(open, (sum) => sum.net) - amount - fee, elsewhere),
  ];
};

const listed = (sums: readonly PayoutSum[]): string =>
  sums
    .map(
      ({ category, transactions, net, booked }) => `${category}${booked ? ' (booked)' : ''} ${transactions} = ${net}`,
    )
    .join(', ');

/** What does not add up in a list that is complete; undefined when all does. */
const wrongWith = (
  payout: PayoutObject,
  sums: readonly PayoutSum[],
  own: PayoutMove | undefined,
): string | undefined => {
  const { id, amount, currency } = payout;
  const ours = sums.filter((sum) => sum.currency === currency);
  const foreign = sums.filter((sum) => sum.currency !== currency);
  const due = amount + (own?.fee ?? 0n);
  const net = total(ours, (sum) => sum.net);
  const crooked = sums.filter((sum) => sum.amount - sum.fee !== sum.net);
  const wrong = [
    ...(net === due ? [] : [`its transactions come to ${net} ${currency}, ${net - due} away from ${due}`]),
    ...foreign.map(
      (sum) => `${sum.transactions} of ${sum.category} are in ${sum.currency}: ${sum.net}, such as ${sum.example}`,
    ),
    ...crooked.map((sum) => `amounts less fees of ${sum.category} are ${sum.amount - sum.fee}, not ${sum.net}`),
    ...(own === undefined || (own.amount === -amount && own.currency === currency)
      ? []
      : [`${own.id} took ${own.amount} ${own.currency} off the balance`]),
  ];
  if (wrong.length === 0) return undefined;
  return `payout ${id} is ${amount} ${currency} (minor units); ${wrong.join('; ')}; by category: ${listed(ours)}`;
};

const moveOf = ({ moves }: PayoutState, id: string | null): PayoutMove | undefined =>
  moves.find((move) => move.id === id);

type Booked = Pick<PayoutState, 'journal' | 'discrepancy'>;
const nothing: Booked = { journal: null, discrepancy: null };

/** A page that was told twice, in two ways, proves nothing. */
export const CHANGED_PAGE = 'page_changed/';

/** Of a payout that Stripe made by itself, and lists. */
const itemised = (state: PayoutState, payout: PayoutObject): Booked => {
  const last = lastPage(state.pages);
  if (payout.reconciled === null || last === undefined) return nothing;
  const own = moveOf(state, payout.balanceTransactionId);
  const changed = state.refusals.find((refusal) => refusal.startsWith(CHANGED_PAGE));
  const discrepancy =
    changed === undefined
      ? wrongWith(payout, state.sums, own)
      : `payout ${payout.id}: Stripe has listed the page after ${changed.slice(CHANGED_PAGE.length)} in two ways`;
  if (discrepancy !== undefined) return { journal: null, discrepancy };
  const fee = own?.fee ?? 0n;
  const { causationId, at } = last;
  const postings = postingsOf(payout.amount, fee, state.sums);
  const transactions = total(state.sums, (sum) => sum.transactions);
  return { journal: { transactions, fee, postings, causationId, at }, discrepancy: null };
};

/** Of a payout that somebody asked for: Stripe does not say what is in it, only what it took off the balance. */
const byHand = (state: PayoutState, payout: PayoutObject): Booked => {
  const own = moveOf(state, payout.balanceTransactionId);
  if (payout.paid === null || own === undefined) return nothing;
  const { amount, currency, id } = payout;
  if (own.amount !== -amount || own.currency !== currency || own.amount - own.fee !== own.net)
    return {
      journal: null,
      discrepancy: `payout ${id} is ${amount} ${currency} (minor units); ${own.id} took ${own.amount} ${own.currency} and a fee of ${own.fee} off the balance, ${own.net} in all`,
    };
  const { fee, causationId, at } = own;
  return {
    journal: { transactions: 0n, fee, postings: postingsOf(amount, fee, []), causationId, at },
    discrepancy: null,
  };
};

type Reversed = Pick<PayoutState, 'reversal' | 'returnDiscrepancy'>;

/** What brings the money back from the bank to the balance, once both have been proved. */
const reversed = (state: PayoutState, payout: PayoutObject, { journal }: Booked): Reversed => {
  const back = moveOf(state, payout.failureBalanceTransactionId);
  if (journal === null || back === undefined) return { reversal: null, returnDiscrepancy: null };
  const { id, amount, currency } = payout;
  if (back.amount !== amount || back.currency !== currency || back.amount - back.fee !== back.net)
    return {
      reversal: null,
      returnDiscrepancy: `payout ${id} of ${amount} ${currency} (minor units) came back; ${back.id} brought ${back.amount} ${back.currency} less a fee of ${back.fee}, ${back.net} in all`,
    };
  const { fee, causationId, at } = back;
  const postings = [
    ...posting('bank', -amount, 1n),
    ...posting('fees', fee, 1n),
    ...posting('clearing', amount - fee, 1n),
  ];
  return { reversal: { transactions: 1n, fee, postings, causationId, at }, returnDiscrepancy: null };
};

/** The state with what follows from all that is known. */
export const withProof = (told: PayoutState): PayoutState => {
  const { payout } = told;
  const pages = withKnown(told.pages, payout === null || payout.manual ? null : payout.reconciled);
  const state = { ...told, pages };
  if (payout === null) return state;
  const booked = payout.manual ? byHand(state, payout) : itemised(state, payout);
  return { ...state, ...booked, ...reversed(state, payout, booked) };
};
