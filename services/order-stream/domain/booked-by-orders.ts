/**
 * What orders and invoices book of the balance at Stripe, so that a payout books the rest, and each line is booked once.
 * Whoever lets a workflow of theirs book another category names it here.
 */

/** Stripe's reporting categories whose lines are booked by the order, or the invoice, that the line is of. */
export const bookedByOrders: ReadonlySet<string> = new Set([
  // RecordPayment, and RecordProcessingFee for what Stripe kept; RecordInvoicePayment.
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

/** The same of invoices, whose keys begin so. Of what pays them nothing is released. */
const INVOICE = 'invoice:';
export const bookedByInvoices: ReadonlySet<string> = new Set([
  // RecordInvoicePayment, with what Stripe kept.
  'charge',
  // IssueCreditMemo.
  'refund',
  // ReverseCreditMemo.
  'refund_failure',
  // BookDisputeMovement.
  'dispute',
  'dispute_reversal',
]);

/** Money that goes to the bank or comes back from it: the payout that it is of books it. */
export const bookedByPayouts: ReadonlySet<string> = new Set(['payout', 'payout_reversal']);

const bookedFor = (orderId: string): ReadonlySet<string> =>
  orderId.startsWith(INVOICE) ? bookedByInvoices : bookedByOrders;

/** Whether somebody else books a line than the payout that it is paid out with. */
export const isBookedElsewhere = (line: Readonly<{ category: string; orderId: string | null }>): boolean =>
  bookedByPayouts.has(line.category) || (line.orderId !== null && bookedFor(line.orderId).has(line.category));
