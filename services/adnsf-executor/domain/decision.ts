/** What may come of a command, and the checks that several commands share. */
import { type OrderRow, stateOf } from './order-row.ts';

/** What the store's tables do not say of it. */
export type StoreFacts = Readonly<{ currency: string; timeZone: string }>;

/** Columns to be written. Times are local, as epoch milliseconds as if UTC. */
export type Change =
  | Readonly<{ kind: 'link'; paymentIntentId: string; gateway: string }>
  | Readonly<{ kind: 'authorized'; on: number }>
  | Readonly<{ kind: 'paid'; on: number }>
  | Readonly<{ kind: 'voided'; on: number; note: string }>
  | Readonly<{ kind: 'declined'; note: string }>
  | Readonly<{ kind: 'shipped'; on: number; via: string | null; tracking: string | null; note: string }>
  | Readonly<{ kind: 'refunded'; on: number; reason: string; note: string }>
  /** Money that was to be paid back is ours again, and so the order is paid. */
  | Readonly<{ kind: 'unrefunded'; note: string }>
  | Readonly<{ kind: 'noted'; note: string }>;

/**
 * - `apply`: write, and remember the command.
 * - `nothing`: the order is already so, or went past it; remember the command.
 * - `refuse`: the order does not allow it. Not remembered: when a person has put things right it may be tried again.
 */
export type Decision =
  | Readonly<{ kind: 'apply'; change: Change; after: string }>
  | Readonly<{ kind: 'nothing'; outcome: 'already' | 'superseded' }>
  | Readonly<{ kind: 'refuse'; code: string; message: string }>;

export const refuse = (code: string, message: string): Decision => ({ kind: 'refuse', code, message });

export const stateConflict = (row: OrderRow, wanted: string): Decision =>
  refuse('state_conflict', `order ${row.orderNumber} is ${stateOf(row) || 'without a state'} and cannot be ${wanted}`);

const isPaymentIntent = (reference: string | null): reference is string => reference?.startsWith('pi_') ?? false;

/** The PaymentIntent an order is bound to, when it is not the one the command speaks of. */
export const otherPaymentIntent = (row: OrderRow, paymentIntentId: string | null): string | undefined =>
  paymentIntentId !== null && isPaymentIntent(row.paymentReference) && row.paymentReference !== paymentIntentId
    ? row.paymentReference
    : undefined;
