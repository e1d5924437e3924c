/**
 * What orders book of the balance at Stripe, so that a payout books the rest, and each line is booked once. Whoever lets
 * a workflow of orders book another category names it here.
 */

/** Stripe's reporting categories whose lines the workflows of orders book, when the line is of one of our orders. */
export const bookedByOrders: ReadonlySet<string> = new Set([
  // RecordPayment, and RecordProcessingFee for what Stripe kept.
  'charge',
  // IssueCreditMemo.
  'refund',
  // ReverseCreditMemo.
  'refund_failure',
  // BookDisputeMovement.
  'dispute',
  'dispute_reversal',
  // RecordProcessingFee, with what came back of the fee.
  'partial_capture_reversal',
]);

/** Money that goes to the bank or comes back from it: the payout that it is of books it. */
export const bookedByPayouts: ReadonlySet<string> = new Set(['payout', 'payout_reversal']);

/** Whether somebody else books a line than the payout that it is paid out with. */
export const isBookedElsewhere = (line: Readonly<{ category: string; orderId: string | null }>): boolean =>
  bookedByPayouts.has(line.category) || (line.orderId !== null && bookedByOrders.has(line.category));
