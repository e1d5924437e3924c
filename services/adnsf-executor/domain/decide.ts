/** What a command does to an order, given the order as it is. Pure: the transaction around it is somebody else's. */
import type {
  LinkPayment,
  MarkOrderAuthorized,
  MarkOrderPaid,
  RecordPaymentDecline,
  VoidOrder,
} from '../../../schemas/generated/types.ts';
import type { AdnsfOrderCommand } from '../../../schemas/topics.ts';
import { amountDue } from './amount-due.ts';
import { type Decision, otherPaymentIntent, refuse, stateConflict, type StoreFacts } from './decision.ts';
import { type OrderRow, stateOf } from './order-row.ts';
import { recordDispute, recordRefundRefusal } from './notes.ts';
import { recordRecurringEnd, recordRecurringPayment } from './recurring.ts';
import { recordRefund, reverseRefund } from './refunds.ts';
import { markShipped } from './shipped.ts';
import { wallClock, wallClockText } from './wall-clock.ts';

const PENDING = 'PENDING';
const CAPTURED = 'CAPTURED';
const REFUSED = 'REFUSED';
const AUTHORIZED = 'AUTHORIZED';
const VOIDED = 'VOIDED';
const PAYABLE = new Set([PENDING, AUTHORIZED, REFUSED]);
const DECLINABLE = new Set([PENDING, REFUSED]);
const BEYOND_DECLINE = new Set([CAPTURED, AUTHORIZED, 'REFUNDED']);
/** Somebody was faster, or the money is taken by now. */
const BEYOND_AUTHORIZATION = new Set([CAPTURED, 'REFUNDED', VOIDED, 'FORCE VOIDED', 'FRAUD']);
const ENDED = new Set([VOIDED, 'FORCE VOIDED', 'FRAUD']);

const link = ({ payload }: LinkPayment, row: OrderRow): Decision => {
  if (row.paymentReference === payload.paymentIntentId) return { kind: 'nothing', outcome: 'already' };
  const other = otherPaymentIntent(row, payload.paymentIntentId);
  if (other !== undefined) return refuse('linked_to_other', `order ${row.orderNumber} is linked to ${other}`);
  if (stateOf(row) !== PENDING) return stateConflict(row, 'linked');
  const { paymentIntentId, gateway } = payload;
  return { kind: 'apply', change: { kind: 'link', paymentIntentId, gateway }, after: PENDING };
};

const amountProblem = (
  { payload }: MarkOrderPaid | MarkOrderAuthorized,
  row: OrderRow,
  store: StoreFacts,
): Decision | undefined => {
  if (payload.currency.toUpperCase() !== store.currency)
    return refuse('currency_mismatch', `in ${payload.currency}, but store ${row.storeId} sells in ${store.currency}`);
  let due: bigint;
  try {
    due = amountDue(row, store.currency);
  } catch (error) {
    return refuse('amount_unreadable', `order ${row.orderNumber}: ${(error as Error).message}`);
  }
  if (due === payload.amount) return undefined;
  return refuse(
    'amount_mismatch',
    `order ${row.orderNumber} comes to ${due} ${store.currency} (minor units), and ${payload.amount} are at Stripe`,
  );
};

const pay = (command: MarkOrderPaid, row: OrderRow, store: StoreFacts): Decision => {
  const { paymentIntentId, paidAt } = command.payload;
  const other = otherPaymentIntent(row, paymentIntentId);
  if (other !== undefined)
    return refuse('linked_to_other', `order ${row.orderNumber} is linked to ${other}, not to ${paymentIntentId ?? ''}`);
  const state = stateOf(row);
  if (state === CAPTURED) return { kind: 'nothing', outcome: 'already' };
  if (!PAYABLE.has(state)) return stateConflict(row, 'paid');
  const change = { kind: 'paid', on: wallClock(paidAt, store.timeZone) } as const;
  return amountProblem(command, row, store) ?? { kind: 'apply', change, after: CAPTURED };
};

const authorize = (command: MarkOrderAuthorized, row: OrderRow, store: StoreFacts): Decision => {
  const { paymentIntentId, authorizedAt } = command.payload;
  const other = otherPaymentIntent(row, paymentIntentId);
  if (other !== undefined)
    return refuse('linked_to_other', `order ${row.orderNumber} is linked to ${other}, not to ${paymentIntentId ?? ''}`);
  const state = stateOf(row);
  if (state === AUTHORIZED) return { kind: 'nothing', outcome: 'already' };
  if (BEYOND_AUTHORIZATION.has(state)) return { kind: 'nothing', outcome: 'superseded' };
  if (!PAYABLE.has(state)) return stateConflict(row, 'authorised');
  const problem = amountProblem(command, row, store);
  if (problem !== undefined) return problem;
  const change = { kind: 'authorized', on: wallClock(authorizedAt, store.timeZone) } as const;
  return { kind: 'apply', change, after: AUTHORIZED };
};

const voidOrder = ({ payload }: VoidOrder, row: OrderRow, store: StoreFacts): Decision => {
  const { paymentIntentId, reason, canceledAt } = payload;
  const other = otherPaymentIntent(row, paymentIntentId);
  if (other !== undefined)
    return refuse('linked_to_other', `order ${row.orderNumber} is linked to ${other}, not to ${paymentIntentId}`);
  const state = stateOf(row);
  if (ENDED.has(state)) return { kind: 'nothing', outcome: 'already' };
  if (!PAYABLE.has(state)) return stateConflict(row, 'voided');
  const on = wallClock(canceledAt, store.timeZone);
  const why =
    reason === 'automatic' ? 'the authorisation expired' : `cancelled at Stripe: ${reason ?? 'no reason given'}`;
  const note = `${wallClockText(canceledAt, store.timeZone)} ${paymentIntentId} can no longer be paid: ${why}`;
  return { kind: 'apply', change: { kind: 'voided', on, note }, after: VOIDED };
};

/** One line for the people who serve customers. */
const declineNote = ({ payload }: RecordPaymentDecline, store: StoreFacts): string => {
  const on = wallClockText(payload.declinedAt, store.timeZone);
  const charge = payload.chargeId === null ? '' : ` (${payload.chargeId})`;
  const why = [payload.code, payload.declineCode].filter((code) => code !== null && code !== '').join('/');
  return `${on} Stripe declined ${payload.paymentIntentId}${charge}: ${why}: ${payload.message}`.replaceAll(
    /\s+/g,
    ' ',
  );
};

const decline = (command: RecordPaymentDecline, row: OrderRow, store: StoreFacts): Decision => {
  const state = stateOf(row);
  if (BEYOND_DECLINE.has(state)) return { kind: 'nothing', outcome: 'superseded' };
  if (!DECLINABLE.has(state)) return stateConflict(row, 'declined');
  return { kind: 'apply', change: { kind: 'declined', note: declineNote(command, store) }, after: REFUSED };
};

export const decide = (command: AdnsfOrderCommand, row: OrderRow, store: StoreFacts): Decision => {
  switch (command.type) {
    case 'LinkPayment':
      return link(command, row);
    case 'MarkOrderPaid':
      return pay(command, row, store);
    case 'RecordPaymentDecline':
      return decline(command, row, store);
    case 'RecordRefund':
      return recordRefund(command, row, store);
    case 'ReverseRefund':
      return reverseRefund(command, row, store);
    case 'MarkOrderAuthorized':
      return authorize(command, row, store);
    case 'VoidOrder':
      return voidOrder(command, row, store);
    case 'MarkShipped':
      return markShipped(command, row, store);
    case 'RecordRefundRefusal':
      return recordRefundRefusal(command, row, store);
    case 'RecordDispute':
      return recordDispute(command, row, store);
    case 'RecordRecurringPayment':
      return recordRecurringPayment(command, row, store);
    case 'RecordRecurringEnd':
      return recordRecurringEnd(command, row, store);
  }
};
