/** Refunds that were begun at Stripe, on the order in the shop. */
import type { RecordRefund, ReverseRefund } from '../../../schemas/generated/types.ts';
import { moneyText } from '../../order-stream/domain/money.ts';
import { ownRefundReason } from '../../order-stream/domain/shop.ts';
import { amountDue } from './amount-due.ts';
import { type Decision, otherPaymentIntent, refuse, stateConflict, type StoreFacts } from './decision.ts';
import { type OrderRow, stateOf } from './order-row.ts';
import { wallClock, wallClockText } from './wall-clock.ts';

const CAPTURED = 'CAPTURED';
const REFUNDED = 'REFUNDED';
/** States of the shop's own in which an order stays, whatever is paid back. */
const STAYING = new Set(['VOIDED', 'FORCE VOIDED', 'FRAUD']);

/** What is to be paid back of the order in full, in minor units, or why the command cannot be about it. */
const dueOf = ({ payload }: RecordRefund | ReverseRefund, row: OrderRow, store: StoreFacts): bigint | Decision => {
  const other = otherPaymentIntent(row, payload.paymentIntentId);
  if (other !== undefined)
    return refuse(
      'linked_to_other',
      `order ${row.orderNumber} is linked to ${other}, not to ${payload.paymentIntentId ?? ''}`,
    );
  if (payload.currency.toUpperCase() !== store.currency)
    return refuse(
      'currency_mismatch',
      `refunded in ${payload.currency}, but store ${row.storeId} sells in ${store.currency}`,
    );
  try {
    return amountDue(row, store.currency);
  } catch (error) {
    return refuse('amount_unreadable', `order ${row.orderNumber}: ${(error as Error).message}`);
  }
};

/** One line for the people who serve customers. */
const noteOf = (
  { payload }: RecordRefund | ReverseRefund,
  store: StoreFacts,
  at: bigint,
  what: string,
  due: bigint,
): string => {
  const money = (amount: bigint): string => `${moneyText(amount, store.currency)} ${store.currency}`;
  const asked =
    'requestedBy' in payload && payload.requestedBy !== null ? ` as the shop asked (${payload.requestedBy})` : '';
  const why = payload.reason === null ? '' : `: ${payload.reason}`;
  const note = `${wallClockText(at, store.timeZone)} Stripe ${what} ${money(payload.amount)} (${payload.refundId})${asked}${why}; ${money(payload.refunded)} of ${money(due)} are refunded`;
  return note.replaceAll(/\s+/g, ' ');
};

export const recordRefund = (command: RecordRefund, row: OrderRow, store: StoreFacts): Decision => {
  const due = dueOf(command, row, store);
  if (typeof due !== 'bigint') return due;
  const { refunded, refundedAt, reason, refundId } = command.payload;
  if (refunded > due)
    return refuse(
      'amount_mismatch',
      `order ${row.orderNumber} comes to ${due} ${store.currency} (minor units), and ${refunded} are refunded`,
    );
  const note = noteOf(command, store, refundedAt, 'refunded', due);
  const state = stateOf(row);
  // Somebody in the shop was faster, or it was refunded in full before and this is late.
  if (state === REFUNDED) return { kind: 'nothing', outcome: refunded === due ? 'already' : 'superseded' };
  if (STAYING.has(state)) return { kind: 'apply', change: { kind: 'noted', note }, after: state };
  if (state !== CAPTURED) return stateConflict(row, 'refunded');
  if (refunded < due) return { kind: 'apply', change: { kind: 'noted', note }, after: CAPTURED };
  const on = wallClock(refundedAt, store.timeZone);
  const change = { kind: 'refunded', on, reason: ownRefundReason(refundId, reason), note } as const;
  return { kind: 'apply', change, after: REFUNDED };
};

export const reverseRefund = (command: ReverseRefund, row: OrderRow, store: StoreFacts): Decision => {
  const due = dueOf(command, row, store);
  if (typeof due !== 'bigint') return due;
  const state = stateOf(row);
  if (state !== CAPTURED && state !== REFUNDED && !STAYING.has(state)) return stateConflict(row, 'paid again');
  const note = noteOf(command, store, command.payload.reversedAt, 'could not refund', due);
  return state === REFUNDED && command.payload.refunded < due
    ? { kind: 'apply', change: { kind: 'unrefunded', note }, after: CAPTURED }
    : { kind: 'apply', change: { kind: 'noted', note }, after: state };
};
