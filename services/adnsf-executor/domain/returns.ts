/** What a command does to a return, given its row as it is. Pure, as `decide.ts`. */
import type { RecordReturnRefunded, RestockReturn, ReverseReturnRefund } from '../../../schemas/generated/types.ts';
import type { AdnsfReturnCommand } from '../../../schemas/topics.ts';
import { decimalFromText, InexactAmountError, minorUnits, moneyText } from '../../order-stream/domain/money.ts';
import { ownReturnReference } from '../../order-stream/domain/shop.ts';
import type { StoreFacts } from './decision.ts';
import { wallClock, wallClockText } from './wall-clock.ts';

/** Some columns of dbo.Custom_OrderReturn, and of its order. */
export type ReturnRow = Readonly<{
  returnId: number;
  orderNumber: number;
  /** Of the order. */
  storeId: number;
  /** ReturnState as it is written there. */
  state: string;
  /** RefundAmount, an exact decimal such as `12.3400`. */
  amount: string | null;
  reference: string | null;
  /** Its goods have come. */
  received: boolean;
  /** They are on the shelf again. */
  restocked: boolean;
  /** What the order sold is off the shelf: the shop puts all of it back when it refunds all, or voids. */
  stockTaken: boolean;
}>;

/** Columns to be written. Times are local, as epoch milliseconds as if UTC. */
export type ReturnChange =
  | Readonly<{ kind: 'refunded'; on: number; amount: string; reference: string; note: string }>
  /** Money that was paid back is ours again. */
  | Readonly<{ kind: 'unrefunded'; state: string; note: string }>
  | Readonly<{ kind: 'noted'; note: string }>
  | Readonly<{
      kind: 'restocked';
      on: number;
      cartRecordId: number;
      productId: number;
      variantId: number;
      quantity: number;
    }>;

export type ReturnDecision =
  | Readonly<{ kind: 'apply'; change: ReturnChange; after: string }>
  | Readonly<{ kind: 'nothing'; outcome: 'already' | 'superseded' }>
  | Readonly<{ kind: 'refuse'; code: string; message: string }>;

export const returnStateOf = ({ state }: ReturnRow): string => state.trim().toUpperCase();

const REFUNDED = 'REFUNDED';
/** States from which a return goes on to be paid back. */
const OPEN = new Set(['REQUESTED', 'APPROVED', 'RECEIVED']);

const refuse = (code: string, message: string): ReturnDecision => ({ kind: 'refuse', code, message });
const named = ({ returnId, orderNumber }: ReturnRow): string => `return ${returnId} of order ${orderNumber}`;

const names = ({ reference }: ReturnRow, refundId: string): boolean =>
  new RegExp(`(^|\\W)${refundId}(\\W|$)`).test(reference ?? '');

const noteOf = (at: bigint, store: StoreFacts, what: string): string =>
  `${wallClockText(at, store.timeZone)} ${what}`.replaceAll(/\s+/g, ' ');

const refunded = ({ payload }: RecordReturnRefunded, row: ReturnRow, store: StoreFacts): ReturnDecision => {
  const { refundId, amount, currency, refundedAt } = payload;
  if (currency.toUpperCase() !== store.currency)
    return refuse('currency_mismatch', `refunded in ${currency}, but store ${row.storeId} sells in ${store.currency}`);
  let owed: bigint;
  try {
    owed = row.amount === null ? amount : minorUnits(decimalFromText(row.amount), store.currency);
  } catch (error) {
    if (error instanceof InexactAmountError) return refuse('amount_unreadable', `${named(row)}: ${error.message}`);
    throw error;
  }
  if (owed !== amount)
    return refuse(
      'amount_mismatch',
      `${named(row)} says ${owed} ${store.currency} (minor units), and ${refundId} is over ${amount}`,
    );
  const state = returnStateOf(row);
  const money = moneyText(amount, store.currency);
  const note = noteOf(refundedAt, store, `Stripe paid ${money} ${store.currency} back (${refundId})`);
  if (OPEN.has(state) || (state === REFUNDED && row.reference === null)) {
    const on = wallClock(refundedAt, store.timeZone);
    const change = { kind: 'refunded', on, amount: money, reference: ownReturnReference(refundId), note } as const;
    return { kind: 'apply', change, after: REFUNDED };
  }
  if (names(row, refundId)) return { kind: 'nothing', outcome: 'already' };
  // Somebody decided otherwise, and finds here that there was money.
  if (state !== REFUNDED) return { kind: 'apply', change: { kind: 'noted', note }, after: state };
  return refuse('refunded_by_other', `${named(row)} was paid back by ${row.reference ?? ''}, and by ${refundId}`);
};

const reversed = ({ payload }: ReverseReturnRefund, row: ReturnRow, store: StoreFacts): ReturnDecision => {
  const { refundId, amount, reason, reversedAt } = payload;
  const state = returnStateOf(row);
  const money = `${moneyText(amount, store.currency)} ${store.currency}`;
  const why = reason === null ? '' : `: ${reason}`;
  const note = noteOf(reversedAt, store, `Stripe could not pay ${money} back (${refundId})${why}`);
  if (state !== REFUNDED || !names(row, refundId))
    return { kind: 'apply', change: { kind: 'noted', note }, after: state };
  const before = row.received ? 'RECEIVED' : 'APPROVED';
  return { kind: 'apply', change: { kind: 'unrefunded', state: before, note }, after: before };
};

const restocked = ({ payload }: RestockReturn, row: ReturnRow, store: StoreFacts): ReturnDecision => {
  if (row.restocked) return { kind: 'nothing', outcome: 'already' };
  // The shop put all of the order back on the shelf itself.
  if (!row.stockTaken) return { kind: 'nothing', outcome: 'superseded' };
  const { cartRecordId, productId, variantId, quantity, receivedAt } = payload;
  const on = wallClock(receivedAt, store.timeZone);
  const change = { kind: 'restocked', on, cartRecordId, productId, variantId, quantity } as const;
  return { kind: 'apply', change, after: returnStateOf(row) };
};

export const decideReturn = (command: AdnsfReturnCommand, row: ReturnRow, store: StoreFacts): ReturnDecision => {
  if (row.orderNumber !== command.payload.orderNumber)
    return refuse('return_of_other_order', `${named(row)} is not of order ${command.payload.orderNumber}`);
  switch (command.type) {
    case 'RecordReturnRefunded':
      return refunded(command, row, store);
    case 'ReverseReturnRefund':
      return reversed(command, row, store);
    case 'RestockReturn':
      return restocked(command, row, store);
  }
};
