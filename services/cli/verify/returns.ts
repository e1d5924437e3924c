/** Returns of the shop against the refunds that Stripe made for them, and the credit memos of those. */
import type { Facts, Payment, Refund, ShopReturn } from './facts.ts';
import type { Finding } from './judge.ts';

const stands = ({ balanceTransactionId, failureBalanceTransactionId, status }: Refund): boolean =>
  balanceTransactionId !== null && failureBalanceTransactionId === null && status !== 'failed' && status !== 'canceled';

/** Decided otherwise by somebody: that money went back all the same is told elsewhere. */
const CLOSED = new Set(['REJECTED', 'CLOSED']);

export const isMadeFor = ({ orderId, returnId }: ShopReturn, { commandId, returnId: named }: Refund): boolean =>
  commandId === `${orderId}/refund-return/${returnId}` || named === String(returnId);

/** By the credit that the return names, too. */
const refundsOf = (row: ShopReturn, { refunds }: Payment): readonly Refund[] =>
  refunds.filter(
    (refund) => isMadeFor(row, refund) || refund.commandId === `${row.orderId}/create-refund/credit-${row.credit ?? 0}`,
  );

const returnFindingsOf = (row: ShopReturn, payment: Payment | undefined, facts: Facts): readonly Finding[] => {
  const { returnId, orderId, amount, state, reference } = row;
  const found: Finding[] = [];
  const say = (kind: Finding['kind'], message: string): void => void found.push({ kind, orderId, message });
  const ours = /^Stripe ((?:re|pyr)_\w+)$/.exec(reference ?? '')?.[1];
  if (payment?.status !== 'succeeded') {
    if (ours !== undefined)
      say('mismatched', `return ${returnId} names ${ours}, and Stripe collected nothing for its order`);
    return found;
  }
  const made = refundsOf(row, payment);
  const standing = made.filter(stands);
  const [refund] = standing;
  if (standing.length > 1)
    say(
      'doubled',
      `return ${returnId} was paid back ${standing.length} times: ${standing.map(({ id }) => id).join(', ')}`,
    );
  if (ours !== undefined && !payment.refunds.some((each) => each.id === ours && stands(each)))
    say('lost', `return ${returnId} is ${state} in the shop by ${ours}, which is not paid back at Stripe`);
  if (refund === undefined) {
    const due =
      amount !== null && amount > 0n && (state === 'RECEIVED' || (state === 'APPROVED' && !row.goodsExpected));
    if (due && made.length === 0)
      say('lost', `return ${returnId} is to be paid ${amount} (minor units), but Stripe has no refund for it`);
    return found;
  }
  if (state !== 'REFUNDED' && !CLOSED.has(state))
    say('lost', `Stripe paid return ${returnId} back (${refund.id}), but it is ${state} in the shop`);
  if (amount !== null && amount !== refund.amount)
    say('mismatched', `return ${returnId} is over ${amount}, ${refund.id} over ${refund.amount} (minor units)`);
  // That there is one credit memo, and over how much, is judged for every refund.
  for (const memo of facts.ledger.creditMemos)
    if (memo.refundId === refund.id && isMadeFor(row, refund) && memo.returnId !== BigInt(returnId))
      say('mismatched', `the credit memo of ${refund.id} does not say that it is of return ${returnId}`);
  return found;
};

export const returnFindings = (facts: Facts): Finding[] => {
  const payments = new Map(facts.payments.map((payment) => [payment.orderId, payment]));
  const known = new Set(facts.returns.map(({ returnId }) => String(returnId)));
  const astray = facts.payments.flatMap(({ orderId, refunds }) =>
    refunds
      .filter(({ returnId }) => returnId !== null && /^\d+$/.test(returnId) && !known.has(returnId))
      .map(({ id, returnId }): Finding => ({
        kind: 'mismatched',
        orderId,
        message: `${id} says that it is of return ${returnId}, which is not in the shop`,
      })),
  );
  return [...facts.returns.flatMap((row) => returnFindingsOf(row, payments.get(row.orderId), facts)), ...astray];
};
