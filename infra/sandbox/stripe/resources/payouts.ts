import type Stripe from 'stripe';
import { book } from '../balance.ts';
import { refused } from '../errors.ts';
import { mergeMetadata } from '../metadata.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { fetched } from '../world.ts';
import type { Operation, World } from '../world.ts';

const bank = (world: World): string => `ba_${world.letters(24, 'bank account')}`;

const payOut = (world: World, currency: string, transactions: readonly Stripe.BalanceTransaction[]): Stripe.Payout => {
  const amount = transactions.reduce((sum, { net }) => sum + BigInt(net), 0n);
  const id = world.newId('po');
  const transaction = book(world, {
    type: 'payout',
    reportingCategory: 'payout',
    amount: -amount,
    fee: 0n,
    currency,
    source: id,
    description: 'STRIPE PAYOUT',
  });
  const created = world.clock.seconds();
  const pending: Stripe.Payout = {
    id,
    object: 'payout',
    amount: Number(amount),
    application_fee: null,
    application_fee_amount: null,
    arrival_date: created,
    automatic: true,
    balance_transaction: transaction.id,
    created,
    currency,
    description: 'STRIPE PAYOUT',
    destination: bank(world),
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: {},
    method: 'standard',
    original_payout: null,
    payout_method: null,
    reconciliation_status: 'in_progress',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status: 'in_transit',
    trace_id: null,
    type: 'bank_account',
  };
  world.journal.insert('payout', pending, created);
  world.journal.assignToPayout([...transactions.map((paid) => paid.id), transaction.id], id);
  for (const paid of transactions)
    if (paid.status === 'pending') world.journal.update('balance_transaction', { ...paid, status: 'available' });
  world.emit('payout.created', pending);
  const paid: Stripe.Payout = { ...pending, status: 'paid' };
  world.journal.update('payout', paid);
  world.emit('payout.paid', paid, { status: 'in_transit' });
  world.schedule({ type: 'reconcile_payout', payout: id }, world.settings.settleMs);
  return paid;
};

/**
 * The daily automatic payout: one per currency, of everything that is on the balance.
 * @param availableOnly leave what is not available yet, by the simulator's clock, for another day
 */
export const runPayouts = (world: World, availableOnly: boolean): Stripe.Payout[] => {
  const now = world.clock.seconds();
  const byCurrency = Map.groupBy(
    world.journal.unpaid().filter(({ available_on: at }) => !availableOnly || at <= now),
    ({ currency }) => currency,
  );
  return [...byCurrency]
    .filter(([, transactions]) => transactions.some(({ net }) => net !== 0))
    .map(([currency, transactions]) => payOut(world, currency, transactions));
};

/** Stripe has worked out what is in a payout: from now on its list of balance transactions is complete. */
export const reconcilePayout = (world: World, id: string): void => {
  const payout = fetched(world, 'payout', id);
  if (payout.reconciliation_status === 'completed') return;
  const reconciled: Stripe.Payout = { ...payout, reconciliation_status: 'completed' };
  world.journal.update('payout', reconciled);
  world.emit('payout.reconciliation_completed', reconciled, { reconciliation_status: 'in_progress' });
};

/** The bank sends a paid payout back, which Stripe reports up to five days later. @throws ApiError */
export const failPayout = (world: World, id: string): Stripe.Payout => {
  const payout = fetched(world, 'payout', id);
  if (payout.status !== 'paid') throw refused(`Payout ${id} is ${payout.status}.`, 'payout_unexpected_state');
  const transaction = book(world, {
    type: 'payout_failure',
    reportingCategory: 'payout_reversal',
    amount: BigInt(payout.amount),
    fee: 0n,
    currency: payout.currency,
    source: id,
    description: 'PAYOUT FAILURE',
  });
  const failed: Stripe.Payout = {
    ...payout,
    status: 'failed',
    failure_balance_transaction: transaction.id,
    failure_code: 'account_closed',
    failure_message: 'The bank account has been closed.',
  };
  world.journal.update('payout', failed);
  world.emit('payout.failed', failed, { status: 'paid' });
  return failed;
};

export const retrievePayout: Operation = ({ world, read, path }) => {
  read.end();
  return fetched(world, 'payout', path['id'] ?? '');
};

export const updatePayout: Operation = ({ world, read, path }) => {
  const sent = read.record('metadata');
  read.end();
  const payout = fetched(world, 'payout', path['id'] ?? '');
  const updated = { ...payout, metadata: mergeMetadata(payout.metadata ?? {}, sent) };
  world.journal.update('payout', updated);
  world.emit('payout.updated', updated, { metadata: payout.metadata });
  return updated;
};

export const listPayouts: Operation = ({ world, read, params }) => {
  const cursor = readCursor(read);
  const status = read.text('status');
  const created = readCreated(read, params);
  read.ignore('arrival_date', 'destination');
  read.end();
  return listed(world, 'payout', '/v1/payouts', { where: status == null ? {} : { status }, ...created }, cursor);
};
