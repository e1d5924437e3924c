/**
 * What orders book of the Stripe balance themselves, as Stripe's balance transactions report it: a payout finds these
 * booked, each by its own command, and books what no order does. Of payments that no order asked for nothing is booked
 * here, whatever they are called.
 */
export const bookedByOrders = [
  'charge',
  'refund',
  'refund_failure',
  'dispute',
  'dispute_reversal',
  'partial_capture_reversal',
] as const;

export type BookedByOrders = (typeof bookedByOrders)[number];
