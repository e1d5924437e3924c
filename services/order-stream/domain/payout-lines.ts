/**
 * The list of balance transactions that a payout is made of, page by page. Of each page its sum is kept, of each kind of
 * transaction the sum over all pages, and of no line more than an example: a payout may have a hundred thousand. A page is
 * known by the transaction that it comes after, so it counts once, and pages may be heard in any order.
 */
import type {
  BalanceTransaction,
  PageTold,
  PayoutMove,
  PayoutPage,
  PayoutState,
  PayoutSum,
  Told,
} from '../../../schemas/generated/types.ts';
import { isBookedElsewhere } from './booked-by-orders.ts';

/** A page as it was told. `after`: the last transaction of the page before, null for the first. */
export type Page = Readonly<{
  after: string | null;
  more: boolean;
  lines: readonly BalanceTransaction[];
  causationId: string;
  at: bigint;
}>;

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

const keyOf = ({ category, type, currency, booked }: Pick<PayoutSum, 'category' | 'type' | 'currency' | 'booked'>) =>
  `${currency} ${category} ${type} ${booked ? 'booked' : 'open'}`;

/** The sums with lines added to them, sorted. */
const summed = (sums: readonly PayoutSum[], lines: readonly BalanceTransaction[]): readonly PayoutSum[] => {
  const byKey = new Map(sums.map((sum) => [keyOf(sum), sum]));
  for (const line of lines) {
    const { id, category, type, currency, amount, fee, net } = line;
    const kind = { category, type, currency, booked: isBookedElsewhere(line) };
    const known = byKey.get(keyOf(kind)) ?? { ...kind, transactions: 0n, amount: 0n, fee: 0n, net: 0n, example: id };
    byKey.set(keyOf(kind), {
      ...kind,
      transactions: known.transactions + 1n,
      amount: known.amount + amount,
      fee: known.fee + fee,
      net: known.net + net,
      example: id < known.example ? id : known.example,
    });
  }
  return [...byKey].sort(([left], [right]) => byText(left, right)).map(([, sum]) => sum);
};

/** The pages from the first on, as far as each follows one that was told. */
const chainOf = (pages: readonly PayoutPage[]): readonly PayoutPage[] => {
  const byAfter = new Map(pages.map((page) => [page.after, page]));
  const chain: PayoutPage[] = [];
  for (let page = byAfter.get(null); page !== undefined;) {
    chain.push(page);
    byAfter.delete(page.after);
    page = page.told?.more === true ? byAfter.get(page.told.last) : undefined;
  }
  return chain;
};

/** What the last page told, once the list is known from its first page to its last, without a gap and with nothing beside it. */
export const lastPage = (pages: readonly PayoutPage[]): PageTold | undefined => {
  const chain = chainOf(pages);
  const last = chain.at(-1)?.told;
  return last?.more === false && chain.length === pages.length ? last : undefined;
};

/** The pages in the order of the list, and after them those that nobody has told of yet where they belong. */
const inOrder = (pages: readonly PayoutPage[]): readonly PayoutPage[] => {
  const chain = chainOf(pages);
  const placed = new Set(chain);
  const others = pages.filter((page) => !placed.has(page));
  return [...chain, ...others.sort((left, right) => byText(left.after ?? '', right.after ?? ''))];
};

/** The pages with those that are known to be there now: the first of a complete list, and what follows a page that says so. */
export const withKnown = (pages: readonly PayoutPage[], complete: Told | null): readonly PayoutPage[] => {
  const reasons = new Map<string | null, Readonly<{ causationId: string; at: bigint }>>();
  if (complete !== null) reasons.set(null, { causationId: complete.factId, at: complete.at });
  for (const { told } of pages)
    if (told?.more === true) reasons.set(told.last, { causationId: told.causationId, at: told.at });
  const known = new Set(pages.map(({ after }) => after));
  const added = [...reasons].flatMap(([after, reason]) => (known.has(after) ? [] : [{ after, ...reason, told: null }]));
  return inOrder([...pages.map((page) => ({ ...page, ...reasons.get(page.after) })), ...added]);
};

/** By id; one that is known stays. */
export const withMove = (moves: readonly PayoutMove[], move: PayoutMove): readonly PayoutMove[] =>
  moves.some(({ id }) => id === move.id) ? moves : [...moves, move].sort((left, right) => byText(left.id, right.id));

/**
 * The state with a page. `same`: it was known, and says what it said. `changed`: it was known, and says something else,
 * which Stripe never does once a payout is reconciled.
 */
export const withPage = (state: PayoutState, page: Page): PayoutState | 'same' | 'changed' => {
  const { after, more, causationId, at } = page;
  const payoutId = state.subject.slice(state.subject.indexOf(':') + 1);
  const isOwn = ({ category, sourceId }: BalanceTransaction): boolean => category === 'payout' && sourceId === payoutId;
  const lines = page.lines.filter((line) => !isOwn(line));
  const told: PageTold = {
    last: page.lines.at(-1)?.id ?? null,
    more,
    transactions: BigInt(lines.length),
    net: lines.reduce((sum, { net }) => sum + net, 0n),
    causationId,
    at,
  };
  const known = state.pages.find((other) => other.after === after);
  if (known?.told != null) {
    const { last, transactions, net } = known.told;
    const isSame = told.last === last && told.transactions === transactions && told.net === net;
    return isSame && more === known.told.more ? 'same' : 'changed';
  }
  const own = page.lines.filter(isOwn);
  return {
    ...state,
    pages: [...state.pages.filter((other) => other !== known), { causationId: null, at: null, ...known, after, told }],
    sums: summed(state.sums, lines),
    moves: own.reduce(
      (moves, { id, amount, fee, net, currency }) =>
        withMove(moves, { id, amount, fee, net, currency, causationId, at }),
      state.moves,
    ),
  };
};
