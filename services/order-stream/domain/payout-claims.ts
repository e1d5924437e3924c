/**
 * Lines of a payout's list that nobody had said an owner of when the list was read. The payout books them as nobody's; what
 * turns out to be an order's is booked by the order too, so the payout's booking of it is taken back, line by line.
 */
import type { CommandResult, PayoutClaim, PayoutLine, PayoutState } from '../../../schemas/generated/types.ts';
import { bookedByOrders } from './booked-by-orders.ts';
import type { Folded } from './order.ts';
import { posting } from './payout-journal.ts';

/** What of a page has no owner, and would be booked by one. */
export const unclaimedLines = (result: CommandResult): readonly PayoutLine[] => {
  const { type, status, objectId: payoutId, commandId: causationId, completedAt: at } = result;
  if (type !== 'FetchPayoutTransactions' || status !== 'succeeded' || payoutId === null) return [];
  return result.balanceTransactions.flatMap(({ id, category, orderId, paymentId: objectId, ...line }) => {
    if (orderId !== null || objectId === null || !bookedByOrders.has(category)) return [];
    const { amount, fee, net, currency } = line;
    const about = { payoutId, objectId, owner: null, balanceTransactionId: id, category, type: line.type };
    return [{ ...about, amount, fee, net, currency, causationId, at }];
  });
};

const claimOf = (line: PayoutLine, owner: string): PayoutClaim => {
  const { balanceTransactionId, category, type, amount, fee, net, currency, causationId, at } = line;
  const postings = [
    ...posting(`${category}/${type}`, amount, 1n, category),
    ...posting('fees', -fee, 1n),
    ...posting('clearing', -net, 1n),
  ];
  return { balanceTransactionId, owner, amount, fee, net, currency, postings, causationId, at };
};

/** The state after somebody is known whose line it is: each line once, whoever is told to own it first. */
export const withClaim = (state: PayoutState, line: PayoutLine): Folded<PayoutState> => {
  const { balanceTransactionId: id, owner } = line;
  if (owner === null || state.claims.some(({ balanceTransactionId }) => balanceTransactionId === id)) return { state };
  const claims = [...state.claims, claimOf(line, owner)].sort((left, right) =>
    left.balanceTransactionId < right.balanceTransactionId ? -1 : 1,
  );
  return { state: { ...state, claims } };
};
