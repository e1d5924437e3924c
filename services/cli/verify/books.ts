/** The ledger against Stripe and the shop. */
import { conversionFindings } from './conversions.ts';
import { disputeFindings } from './disputes.ts';
import type { Facts, Payment } from './facts.ts';
import { invoiceFindings } from './invoices.ts';
import { clearingFindings, payoutFindings } from './payouts.ts';
import { refundFindings } from './refunds.ts';
import type { Finding, FindingKind } from './judge.ts';

const totals = (facts: Facts): Finding[] => {
  const found: Finding[] = [];
  const { trialBalance } = facts.ledger;
  for (const [currency, difference] of trialBalance)
    if (difference !== 0n)
      found.push({
        kind: 'mismatched',
        orderId: null,
        message: `debits and credits differ by ${difference} ${currency} (minor units)`,
        code: 'trial_balance',
        about: currency,
      });
  return found;
};

const perOrder = (facts: Facts): Finding[] => {
  const found: Finding[] = [];
  const salesOrders = Map.groupBy(facts.ledger.salesOrders, ({ orderId }) => orderId);
  const payments = Map.groupBy(facts.ledger.payments, ({ orderId }) => orderId);
  const fees = Map.groupBy(facts.ledger.fees, ({ orderId }) => orderId);
  const paidAtStripe = new Map<string, Payment>(
    facts.payments.flatMap((payment) =>
      payment.orderId !== null && payment.status === 'succeeded' ? [[payment.orderId, payment] as const] : [],
    ),
  );
  const say = (kind: FindingKind, orderId: string, message: string): void =>
    void found.push({ kind, orderId, message });

  for (const order of facts.shop) {
    const { orderId, currency } = order;
    const payment = paidAtStripe.get(orderId);
    const booked = salesOrders.get(orderId) ?? [];
    const received = payments.get(orderId) ?? [];
    const allFees = fees.get(orderId) ?? [];
    const released = new Map((payment?.releases ?? []).map((release) => [release.balanceTransactionId, release]));
    // Of refunds of converted money, what they cost is a fee of its own.
    const returning = new Set(
      (payment?.refunds ?? []).flatMap((refund) => [refund.balanceTransactionId, refund.failureBalanceTransactionId]),
    );
    const kept = allFees.filter(
      ({ balanceTransactionId }) => !released.has(balanceTransactionId) && !returning.has(balanceTransactionId),
    );
    if (booked.length > 1) say('doubled', orderId, `the ledger has ${booked.length} sales orders`);
    if (received.length > 1) say('doubled', orderId, `the ledger has ${received.length} payments`);
    if (kept.length > 1) say('doubled', orderId, `the ledger has ${kept.length} processing fees`);
    for (const sale of booked) {
      for (const part of ['subtotal', 'tax', 'shipping', 'total'] as const)
        if (sale[part] !== order[part])
          say(
            'mismatched',
            orderId,
            `the sales order says ${part} ${sale[part]}, the shop says ${order[part]} (minor units)`,
          );
      if (sale.currency !== currency)
        say('mismatched', orderId, `the sales order is in ${sale.currency}, the shop sells in ${currency}`);
    }
    if (payment === undefined) {
      if (received.length > 0 && facts.stripeMethods.includes(order.paymentMethod))
        say('mismatched', orderId, `the ledger has a payment of ${received[0]!.amount}, Stripe has not been paid`);
      continue;
    }
    if (booked.length === 0) say('lost', orderId, `paid at Stripe (${payment.id}), but the ledger has no sales order`);
    if (received.length === 0) say('lost', orderId, `paid at Stripe (${payment.id}), but the ledger has no payment`);
    for (const { amount, currency: paidIn, paymentIntentId } of received) {
      if (amount !== payment.received || paidIn !== payment.currency)
        say(
          'mismatched',
          orderId,
          `the ledger has a payment of ${amount} ${paidIn}, Stripe received ${payment.received} ${payment.currency} (minor units)`,
        );
      if (paymentIntentId !== null && paymentIntentId !== payment.id)
        say('mismatched', orderId, `the ledger's payment names ${paymentIntentId}, Stripe has ${payment.id}`);
    }
    for (const { balanceTransactionId, gross, fee, net, currency: settledIn } of released.values()) {
      const row = allFees.find((each) => each.balanceTransactionId === balanceTransactionId);
      if (row === undefined)
        say(
          'lost',
          orderId,
          `${balanceTransactionId} released ${-gross} and gave ${-fee} of the fee back, which is not in the ledger`,
        );
      else if (row.gross !== gross || row.fee !== fee || row.net !== net || row.currency !== settledIn)
        say(
          'mismatched',
          orderId,
          `the ledger says that ${balanceTransactionId} released ${-row.gross} with a fee of ${row.fee}, Stripe says ${-gross} and ${fee} (minor units)`,
        );
    }
    if (payment.fee !== null && kept.length === 0)
      say(
        'lost',
        orderId,
        `${payment.fee.balanceTransactionId} took a fee of ${payment.fee.fee}, which is not in the ledger`,
      );
    for (const { gross, fee, net, balanceTransactionId, currency: settledIn } of kept) {
      const stripe = payment.fee;
      if (stripe === null)
        say('mismatched', orderId, `the ledger has a fee (${balanceTransactionId}) that Stripe has not`);
      else if (fee !== stripe.fee || gross !== stripe.gross || net !== stripe.net || settledIn !== stripe.currency)
        say(
          'mismatched',
          orderId,
          `the ledger says gross ${gross}, fee ${fee}, net ${net} ${settledIn}; Stripe says ${stripe.gross}, ${stripe.fee}, ${stripe.net} ${stripe.currency} (minor units)`,
        );
    }
  }
  const known = new Set([...facts.shop, ...facts.unreadable].map(({ orderId }) => orderId));
  for (const [orderId] of salesOrders)
    if (!known.has(orderId)) say('lost', orderId, 'the ledger has a sales order for an order that is not in the shop');
  return found;
};

export const bookFindings = (facts: Facts): Finding[] => [
  ...totals(facts),
  ...clearingFindings(facts),
  ...perOrder(facts),
  ...conversionFindings(facts),
  ...refundFindings(facts),
  ...disputeFindings(facts),
  ...invoiceFindings(facts),
  ...payoutFindings(facts),
];
