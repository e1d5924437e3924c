/** What Stripe paid back against the ledger's credit memos. */
import type { Facts, LedgerCreditMemo, Payment, Refund } from './facts.ts';
import type { Finding } from './judge.ts';
import { isMadeFor } from './returns.ts';

/** Money left the balance for it and did not come back. */
const stands = ({ balanceTransactionId, failureBalanceTransactionId }: Refund): boolean =>
  balanceTransactionId !== null && failureBalanceTransactionId === null;

/** What customers have of it again, in minor units. */
export const refundedOf = ({ refunds }: Payment): bigint =>
  refunds.filter(stands).reduce((sum, { amount }) => sum + amount, 0n);

const memoFindings = (orderId: string, payment: Payment, refund: Refund, memos: readonly LedgerCreditMemo[]) => {
  const found: Finding[] = [];
  const say = (kind: Finding['kind'], message: string): void => void found.push({ kind, orderId, message });
  const { id, amount, balanceTransactionId } = refund;
  if (balanceTransactionId === null) return found;
  // What came back before anybody was told that it left is not booked.
  if (memos.length === 0 && stands(refund))
    say('lost', `Stripe refunded ${amount} (${id}), but the ledger has no credit memo`);
  if (memos.length > 1) say('doubled', `the ledger has ${memos.length} credit memos of ${id}`);
  for (const memo of memos) {
    if (memo.amount !== amount || memo.currency !== payment.currency)
      say(
        'mismatched',
        `the credit memo of ${id} is over ${memo.amount} ${memo.currency}, Stripe refunded ${amount} ${payment.currency} (minor units)`,
      );
    if (!stands(refund) && memo.reversedBy === null)
      say('lost', `${id} came back at Stripe, but its credit memo stands in the ledger`);
    if (stands(refund) && memo.reversedBy !== null)
      say('mismatched', `the ledger reversed the credit memo of ${id}, Stripe has not`);
  }
  return found;
};

export const refundFindings = (facts: Facts): Finding[] => {
  const memos = Map.groupBy(facts.ledger.creditMemos, ({ orderId }) => orderId);
  const orders = new Map(facts.shop.map((order) => [order.orderId, order]));
  const known = new Set<string>();
  const found: Finding[] = [];
  for (const payment of facts.payments) {
    const { orderId } = payment;
    if (orderId === null || payment.status !== 'succeeded') continue;
    const booked = memos.get(orderId) ?? [];
    for (const refund of payment.refunds) {
      const of = booked.filter(({ refundId }) => refundId === refund.id);
      if (refund.balanceTransactionId !== null) known.add(refund.id);
      found.push(...memoFindings(orderId, payment, refund, of));
    }
    const order = orders.get(orderId);
    const tax = booked.filter(({ reversedBy }) => reversedBy === null).reduce((sum, memo) => sum + memo.tax, 0n);
    if (order !== undefined && payment.received > 0n && refundedOf(payment) === payment.received && tax !== order.tax)
      found.push({
        kind: 'mismatched',
        orderId,
        message: `refunded in full, but credit memos give back ${tax} of tax, the order has ${order.tax} (minor units)`,
      });
  }
  const atStripe = new Set(facts.payments.flatMap(({ orderId }) => orderId ?? []));
  for (const { orderId, refundId } of facts.ledger.creditMemos)
    if (!known.has(refundId) && atStripe.has(orderId))
      found.push({
        kind: 'mismatched',
        orderId,
        message: `the ledger has a credit memo of ${refundId}, for which Stripe moved no money`,
      });
  return found;
};

/** Credits of the shop whose parent Stripe collected, and what Stripe made of them. */
export const creditFindings = ({ shop, payments, stripeMethods, returns }: Facts): Finding[] => {
  const paid = new Map(
    payments.flatMap((payment) =>
      payment.orderId !== null && payment.status === 'succeeded' ? [[payment.orderId, payment] as const] : [],
    ),
  );
  const totals = new Map(shop.map(({ orderId, total }) => [orderId, total]));
  return shop.flatMap((credit): Finding[] => {
    const { parent, orderId, total, state } = credit;
    const payment = parent === null ? undefined : paid.get(parent);
    if (!credit.credit || parent === null || payment === undefined || state !== 'REFUNDED') return [];
    if (!stripeMethods.includes(credit.paymentMethod)) return [];
    // Of a credit over the total of its order that order says itself that it is refunded.
    if (total === totals.get(parent)) return [];
    const made = payment.refunds.filter(({ commandId }) => commandId === `${parent}/create-refund/credit-${orderId}`);
    const say = (kind: Finding['kind'], message: string): Finding[] => [{ kind, orderId: parent, message }];
    // It may be of a return that was paid back before.
    const returned = returns.find((each) => String(each.credit) === orderId);
    if (returned !== undefined && made.length === 0 && payment.refunds.some((refund) => isMadeFor(returned, refund)))
      return [];
    if (made.length === 0)
      return say(
        'lost',
        `the shop paid ${total} back as order ${orderId}, but Stripe has no refund for it (minor units)`,
      );
    if (made.length > 1)
      return say(
        'doubled',
        `Stripe made ${made.length} refunds for order ${orderId}: ${made.map(({ id }) => id).join(', ')}`,
      );
    return made[0]!.amount === total
      ? []
      : say('mismatched', `${made[0]!.id} is over ${made[0]!.amount}, order ${orderId} over ${total} (minor units)`);
  });
};
