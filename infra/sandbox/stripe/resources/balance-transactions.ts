import { refused } from '../errors.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { fetched, referenced } from '../world.ts';
import type { Operation } from '../world.ts';

export const retrieveBalanceTransaction: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'balance_transaction', path['id'] ?? '');
};

/**
 * Lists by `payout`, `source`, `type`, `currency` and `created`. The list of a payout contains the payout's own
 * transaction. It is complete only once the payout's reconciliation is: before that, only half of it has been worked out.
 */
export const listBalanceTransactions: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const payoutId = read.text('payout');
  const where: Record<string, string> = {};
  for (const field of ['source', 'type', 'currency']) {
    const value = read.text(field);
    if (value != null) where[field] = value;
  }
  const created = readCreated(read, params);
  read.end();
  const url = '/v1/balance_transactions';
  if (payoutId == null) return listed(world, 'balance_transaction', url, { where, ...created }, cursor);
  const payout = referenced(world, 'payout', payoutId, 'payout');
  if (!payout.automatic)
    throw refused('Balance transactions can only be listed by automatic payouts.', 'payout_not_automatic', {
      param: 'payout',
    });
  const query = { where, payout: payoutId, ...created };
  const list = listed(world, 'balance_transaction', url, query, cursor);
  if (payout.reconciliation_status === 'completed') return list;
  return { ...list, data: list.data.slice(0, Math.ceil(list.data.length / 2)), has_more: false };
};
