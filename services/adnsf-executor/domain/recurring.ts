/**
 * Notes on the order that a subscription goes on from. What Stripe collects for it is no new payment of that order: its
 * state and amounts stay, and ADNSF's own recurring rows are its schedule's to move on.
 */
import type { RecordRecurringEnd, RecordRecurringPayment } from '../../../schemas/generated/types.ts';
import { InexactAmountError, moneyText } from '../../order-stream/domain/money.ts';
import { type Decision, refuse, type StoreFacts } from './decision.ts';
import { type OrderRow, stateOf } from './order-row.ts';
import { wallClockText } from './wall-clock.ts';

const noted = (row: OrderRow, note: string): Decision => ({
  kind: 'apply',
  change: { kind: 'noted', note: note.replaceAll(/\s+/g, ' ') },
  after: stateOf(row),
});

export const recordRecurringPayment = (
  { payload }: RecordRecurringPayment,
  row: OrderRow,
  store: StoreFacts,
): Decision => {
  const { subscriptionId, invoiceId, invoiceNumber, amount, currency, paidAt, periodEnd } = payload;
  let money: string;
  try {
    money = `${moneyText(amount, currency)} ${currency}`;
  } catch (error) {
    if (error instanceof InexactAmountError) return refuse(error.code, error.message);
    throw error;
  }
  const invoice = invoiceNumber === null ? invoiceId : `${invoiceNumber} (${invoiceId})`;
  const of = subscriptionId === null ? '' : ` of ${subscriptionId}`;
  const until = periodEnd === null ? '' : `, paid until ${wallClockText(periodEnd, store.timeZone)}`;
  return noted(row, `${wallClockText(paidAt, store.timeZone)} Stripe collected ${money} for ${invoice}${of}${until}`);
};

export const recordRecurringEnd = ({ payload }: RecordRecurringEnd, row: OrderRow, store: StoreFacts): Decision => {
  const { subscriptionId, status, endedAt } = payload;
  return noted(row, `${wallClockText(endedAt, store.timeZone)} Stripe ended ${subscriptionId}: ${status}`);
};
