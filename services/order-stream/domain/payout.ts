/**
 * What is known of a payout, folded from facts and pages of its list in whatever order they come: each counts once, and
 * hearing it again, late, or under another event id changes nothing.
 */
import type { CommandResult, PayoutFact, PayoutObject, PayoutState, Told } from '../../../schemas/generated/types.ts';
import { before, either, furthest, withTelling } from './object-state.ts';
import type { Folded } from './order.ts';
import { CHANGED_PAGE, withProof } from './payout-journal.ts';
import { withMove, withPage } from './payout-lines.ts';
import { unitsIn } from './result-units.ts';

/** How far a payout has come. One that was paid may still fail: the bank sends it back within days. */
const ranks: Readonly<Record<string, number>> = { pending: 10, in_transit: 20, paid: 30, canceled: 40, failed: 50 };

export const payoutRank = (status: string): number => (Object.hasOwn(ranks, status) ? ranks[status]! : 0);

export const initialPayout = (subject: string): PayoutState => ({
  subject,
  payout: null,
  pages: [],
  sums: [],
  moves: [],
  journal: null,
  claims: [],
  reversal: null,
  discrepancy: null,
  returnDiscrepancy: null,
  issued: [],
  refusals: [],
  workflows: [],
});

/** The first of two tellings; what is not so is told by nobody. */
const earlier = (known: Told | null, told: Told, isSo: boolean): Told | null =>
  isSo && (known === null || before(told, known)) ? told : known;

const joined = (known: PayoutObject | null, fact: PayoutFact): PayoutObject => {
  const { factId, occurredAt: at, createdAt, amount, currency } = fact;
  const told = { factId, at };
  const history = withTelling(known?.history ?? [], fact);
  const isLatest = known === null || before({ factId: known.toldBy, at: known.toldAt }, told);
  const { toldAt, toldBy, ...latest } = isLatest ? { amount, currency, toldAt: at, toldBy: factId } : known;
  const made = either(known?.createdAt ?? null, createdAt);
  return {
    id: fact.payoutId,
    status: furthest(history, payoutRank),
    history,
    amount: latest.amount,
    currency: latest.currency,
    toldAt,
    toldBy,
    manual: (known?.manual ?? false) || fact.automatic === false,
    method: either(known?.method ?? null, fact.method),
    account: either(known?.account ?? null, fact.account),
    arrivalDate: either(known?.arrivalDate ?? null, fact.arrivalDate),
    balanceTransactionId: either(known?.balanceTransactionId ?? null, fact.balanceTransactionId),
    failureBalanceTransactionId: either(known?.failureBalanceTransactionId ?? null, fact.failureBalanceTransactionId),
    failureCode: either(known?.failureCode ?? null, fact.failureCode),
    failureMessage: either(known?.failureMessage ?? null, fact.failureMessage),
    createdAt: made,
    at: made ?? (known === null || at < known.at ? at : known.at),
    reconciled: earlier(known?.reconciled ?? null, told, fact.reconciliationStatus === 'completed'),
    paid: earlier(known?.paid ?? null, told, fact.status === 'paid'),
    returned: earlier(known?.returned ?? null, told, fact.failureBalanceTransactionId !== null),
  };
};

/** Whether two values say the same, lists and records by what is in them. */
const isSame = (left: unknown, right: unknown): boolean => {
  if (left === right) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const [a, b] = [left as Record<string, unknown>, right as Record<string, unknown>];
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => isSame(a[name], b[name]));
};

export const withPayoutFact = (state: PayoutState, fact: PayoutFact): Folded<PayoutState> => {
  const payout = joined(state.payout, fact);
  return { state: isSame(payout, state.payout) ? state : withProof({ ...state, payout }) };
};

const refused = (state: PayoutState, key: string, code: string, message: string): Folded<PayoutState> => {
  const known = state.refusals.includes(key);
  return {
    known,
    state: known ? state : withProof({ ...state, refusals: [...state.refusals, key] }),
    refusal: { code, message },
  };
};

const withListed = (state: PayoutState, result: CommandResult): Folded<PayoutState> => {
  const { commandId: causationId, completedAt: at, detail, balanceTransactions: lines } = result;
  const after = detail['after'] === undefined || detail['after'] === '' ? null : detail['after'];
  const paged = withPage(state, { after, more: detail['more'] === 'true', lines, causationId, at });
  if (paged === 'same') return { state };
  if (paged !== 'changed') return { state: withProof(paged) };
  const message = `${causationId}: Stripe lists other transactions of ${state.subject} than it did before`;
  return refused(state, `${CHANGED_PAGE}${after ?? 'the beginning'}`, 'page_changed', message);
};

export const withPayoutResult = (state: PayoutState, result: CommandResult): Folded<PayoutState> => {
  const { commandId: causationId, completedAt: at } = result;
  if (result.status !== 'succeeded') {
    const why = `${result.errorCode ?? 'refused'}: ${result.errorMessage ?? 'no reason given'}`;
    return refused(state, causationId, `${result.target}_refused`, `${causationId}: ${why}`);
  }
  switch (result.type) {
    case 'FetchPayoutTransactions':
      return withListed(state, result);
    case 'FetchBalanceTransaction': {
      const [amount, fee, net] = [unitsIn(result, 'gross'), unitsIn(result, 'fee'), unitsIn(result, 'net')];
      const currency = (result.detail['currency'] ?? '').toUpperCase();
      const move = { id: result.objectId ?? '', amount, fee, net, currency, causationId, at };
      const moves = withMove(state.moves, move);
      return { state: moves === state.moves ? state : withProof({ ...state, moves }) };
    }
    default:
      return { state };
  }
};
