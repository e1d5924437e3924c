/** What is only noted on an order, for the people who serve customers: disputes, and refunds that Stripe did not make. */
import type { RecordDispute, RecordRefundRefusal } from '../../../schemas/generated/types.ts';
import { moneyText } from '../../order-stream/domain/money.ts';
import { type Decision, otherPaymentIntent, refuse, type StoreFacts } from './decision.ts';
import { type OrderRow, stateOf } from './order-row.ts';
import { wallClockText } from './wall-clock.ts';

const noted = (
  { payload }: RecordDispute | RecordRefundRefusal,
  row: OrderRow,
  store: StoreFacts,
  at: bigint,
  what: string,
): Decision => {
  const other = otherPaymentIntent(row, payload.paymentIntentId);
  if (other !== undefined)
    return refuse(
      'linked_to_other',
      `order ${row.orderNumber} is linked to ${other}, not to ${payload.paymentIntentId ?? ''}`,
    );
  const note = `${wallClockText(at, store.timeZone)} ${what}`.replaceAll(/\s+/g, ' ');
  return { kind: 'apply', change: { kind: 'noted', note }, after: stateOf(row) };
};

/** How people say what Stripe's statuses mean. */
const standings: Readonly<Record<string, string>> = {
  warning_needs_response: 'the bank inquires about',
  needs_response: 'the customer disputes',
  won: 'we won the dispute of',
  lost: 'we lost the dispute of',
  warning_closed: 'the inquiry ended about',
  prevented: 'a dispute was prevented of',
  charge_refunded: 'a refund ended the dispute of',
};

export const recordDispute = (command: RecordDispute, row: OrderRow, store: StoreFacts): Decision => {
  const { disputeId, status, amount, currency, reason, evidenceDueAt, toldAt } = command.payload;
  const standing = Object.hasOwn(standings, status) ? standings[status]! : `dispute is ${status}:`;
  const why = reason === null ? '' : `, reason ${reason}`;
  const isOpen = status === 'needs_response' || status === 'warning_needs_response';
  const due = isOpen && evidenceDueAt !== null ? `; answer by ${wallClockText(evidenceDueAt, store.timeZone)}` : '';
  const what = `Stripe: ${standing} ${moneyText(amount, currency)} ${currency} (${disputeId})${why}${due}`;
  return noted(command, row, store, toldAt, what);
};

export const recordRefundRefusal = (command: RecordRefundRefusal, row: OrderRow, store: StoreFacts): Decision => {
  const { request, amount, currency, code, message, refusedAt } = command.payload;
  const sum = amount === null ? 'what is left' : `${moneyText(amount, currency)} ${currency}`;
  return noted(command, row, store, refusedAt, `Stripe did not refund ${sum} (${request}): ${code}: ${message}`);
};
