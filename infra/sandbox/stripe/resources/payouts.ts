import type Stripe from 'stripe';
import { asItIs, book } from '../balance.ts';
import { invalidParameter, refused } from '../errors.ts';
import type { Job } from '../jobs.ts';
import { mergeMetadata } from '../metadata.ts';
import { parseCurrency, payoutGranularity } from '../money.ts';
import { idOf } from '../objects.ts';
import { listed, readCreated, readCursor } from '../pagination.ts';
import { fetched } from '../world.ts';
import type { Operation, World } from '../world.ts';

const bank = (world: World): string => `ba_${world.letters(24, 'bank account')}`;

type Described = Pick<Stripe.Payout, 'amount' | 'currency' | 'automatic' | 'description' | 'metadata' | 'method'> & {
  /** What Stripe takes for paying out. */
  fee: bigint;
};

/** Takes the money off the balance, and tells of it. */
const begun = (world: World, { fee, ...described }: Described): Stripe.Payout => {
  const { amount, currency, automatic } = described;
  const id = world.newId('po');
  const transaction = book(world, {
    type: 'payout',
    reportingCategory: 'payout',
    settled: asItIs(-BigInt(amount), currency),
    fees: [{ amount: fee, description: 'Payout fee' }],
    source: id,
    description: 'STRIPE PAYOUT',
  });
  const created = world.clock.seconds();
  const payout: Stripe.Payout = {
    ...described,
    id,
    object: 'payout',
    application_fee: null,
    application_fee_amount: null,
    arrival_date: created,
    balance_transaction: transaction.id,
    created,
    destination: bank(world),
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    original_payout: null,
    payout_method: null,
    reconciliation_status: automatic ? 'in_progress' : 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status: 'in_transit',
    trace_id: null,
    type: 'bank_account',
  };
  world.journal.insert('payout', payout, created);
  world.emit('payout.created', payout);
  return payout;
};

const arrived = (world: World, payout: Stripe.Payout): Stripe.Payout => {
  const paid: Stripe.Payout = { ...payout, status: 'paid' };
  world.journal.update('payout', paid);
  world.emit('payout.paid', paid, { status: payout.status });
  return paid;
};

const sumOf = (transactions: readonly Stripe.BalanceTransaction[]): bigint =>
  transactions.reduce((sum, { net }) => sum + BigInt(net), 0n);

/**
 * HUF and TWD are paid out whole: what is left of a unit is held back from this payout, and on the balance for the next.
 * @returns what is held back, to be listed with the payout
 */
const heldBack = (
  world: World,
  currency: string,
  transactions: readonly Stripe.BalanceTransaction[],
): readonly Stripe.BalanceTransaction[] => {
  const rest = sumOf(transactions) % payoutGranularity(currency);
  if (rest === 0n) return [];
  const about = { fees: [], source: null, description: 'Less than can be paid out' };
  const type = 'payout_minimum_balance_hold';
  const held = book(world, { ...about, type, reportingCategory: type, settled: asItIs(-rest, currency) });
  const release = 'payout_minimum_balance_release';
  book(world, { ...about, type: release, reportingCategory: release, settled: asItIs(rest, currency) });
  return [held];
};

const payOut = (world: World, currency: string, onBalance: readonly Stripe.BalanceTransaction[]): Stripe.Payout => {
  const transactions = [...onBalance, ...heldBack(world, currency, onBalance)];
  const amount = Number(sumOf(transactions));
  const description = 'STRIPE PAYOUT';
  const payout = begun(world, {
    amount,
    currency,
    automatic: true,
    description,
    metadata: {},
    method: 'standard',
    fee: 0n,
  });
  world.journal.assignToPayout(
    [...transactions.map(({ id }) => id), idOf(payout.balance_transaction) ?? ''],
    payout.id,
  );
  for (const paid of transactions)
    if (paid.status === 'pending') world.journal.update('balance_transaction', { ...paid, status: 'available' });
  const paid = arrived(world, payout);
  world.schedule({ type: 'reconcile_payout', payout: payout.id }, world.settings.settleMs);
  return paid;
};

/** Whether there is anything whole to pay out, or less than a unit on the balance. */
const isPayable = (currency: string, transactions: readonly Stripe.BalanceTransaction[]): boolean => {
  const [sum, unit] = [sumOf(transactions), payoutGranularity(currency)];
  return sum % unit === 0n || sum >= unit || sum <= -unit;
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
    .filter(([currency, transactions]) => isPayable(currency, transactions))
    .map(([currency, transactions]) => payOut(world, currency, transactions));
};

const schedule = 'payouts.schedule';

/** Has the automatic payouts run every so often, by the simulator's clock; 0 ends it. */
export const schedulePayouts = (world: World, everyMs: number, availableOnly: boolean): void => {
  const number = world.journal.next(schedule);
  world.journal.set(schedule, String(number));
  if (everyMs > 0) world.schedule({ type: 'run_payouts', schedule: number, everyMs, availableOnly }, everyMs);
};

/** One run of a schedule, and the next; nothing when another schedule has taken its place. */
export const runSchedule = (world: World, job: Job & { type: 'run_payouts' }): void => {
  if (world.journal.setting(schedule) !== String(job.schedule)) return;
  runPayouts(world, job.availableOnly);
  world.schedule(job, job.everyMs);
};

/** A payout by hand, of what is available. An instant one costs 1 %. Stripe does not say what is in it. */
export const createPayout: Operation = ({ world, read }) => {
  const amount = read.integer('amount');
  const currency = parseCurrency(read.required('currency'));
  const method = read.choice('method', ['standard', 'instant'] as const) ?? 'standard';
  const description = read.text('description') ?? null;
  const metadata = mergeMetadata({}, read.record('metadata'));
  read.ignore('destination', 'source_type', 'statement_descriptor');
  read.end();
  if (amount === undefined || amount < 1)
    throw invalidParameter('amount must be at least 1.', 'amount', 'parameter_invalid_integer');
  if (BigInt(amount) % payoutGranularity(currency) !== 0n)
    throw invalidParameter(`Payouts in ${currency} must be whole.`, 'amount', 'invalid_charge_amount');
  const fee = method === 'instant' ? BigInt(Math.ceil(amount / 100)) : 0n;
  const now = world.clock.seconds();
  const available = world.journal
    .unpaid()
    .filter((transaction) => transaction.currency === currency && transaction.available_on <= now)
    .reduce((sum, { net }) => sum + BigInt(net), 0n);
  if (BigInt(amount) + fee > available)
    throw refused('You have insufficient funds in your Stripe account for this transfer.', 'balance_insufficient');
  const payout = begun(world, { amount, currency, automatic: false, description, metadata, method, fee });
  world.schedule({ type: 'complete_payout', payout: payout.id }, world.settings.settleMs);
  return payout;
};

/** The bank has it. */
export const completePayout = (world: World, id: string): void => {
  const payout = fetched(world, 'payout', id);
  if (payout.status === 'in_transit') arrived(world, payout);
};

/** Stripe has worked out what is in a payout: from now on its list of balance transactions is complete. */
export const reconcilePayout = (world: World, id: string): void => {
  const payout = fetched(world, 'payout', id);
  if (payout.reconciliation_status === 'completed') return;
  const reconciled: Stripe.Payout = { ...payout, reconciliation_status: 'completed' };
  world.journal.update('payout', reconciled);
  world.emit('payout.reconciliation_completed', reconciled, { reconciliation_status: 'in_progress' });
};

/** The bank does not take a payout, or sends it back when it was paid, up to five days later. @throws ApiError */
export const failPayout = (world: World, id: string): Stripe.Payout => {
  const payout = fetched(world, 'payout', id);
  if (payout.status !== 'paid' && payout.status !== 'in_transit')
    throw refused(`Payout ${id} is ${payout.status}.`, 'payout_unexpected_state');
  const transaction = book(world, {
    type: 'payout_failure',
    reportingCategory: 'payout_reversal',
    settled: asItIs(BigInt(payout.amount), payout.currency),
    fees: [],
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
  world.emit('payout.failed', failed, { status: payout.status });
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
