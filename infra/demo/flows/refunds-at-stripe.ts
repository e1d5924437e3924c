/** Refunds that somebody makes on Stripe's dashboard: the whole of an order, a part of another, and a third in two parts. */
import { readLedger } from '../../../services/erp-ledger/read.ts';
import { toStripeUnits } from '../../../services/order-stream/domain/stripe-money.ts';
import type { Flow, Outcome, PaidOrder } from './flow.ts';

const partsOf = ({ total }: PaidOrder, parts: number): readonly bigint[] => {
  const part = total / 3n;
  if (parts === 0) return [total];
  return Array.from({ length: parts }, () => part);
};

export const refundsAtStripe: Flow = {
  name: 'refund begun at Stripe',
  start: async ({ stripe, take, config }) => {
    const wanted = take(3).flatMap((order, index) => partsOf(order, index).map((amount) => ({ order, amount })));
    const made: Readonly<{ id: string; order: PaidOrder; amount: bigint }>[] = [];
    for (const { order, amount } of wanted) {
      const { id } = await stripe.refunds.create({
        payment_intent: order.paymentIntentId,
        amount: Number(toStripeUnits(amount, order.currency)),
        reason: 'requested_by_customer',
      });
      made.push({ id, order, amount });
    }
    return async (): Promise<Outcome> => {
      const ledger = readLedger(config.MILLRACE_LEDGER_DB);
      try {
        const findings: string[] = [];
        let completed = 0;
        for (const { id, order, amount } of made) {
          const { status } = await stripe.refunds.retrieve(id);
          const memos = (ledger.order(order.orderId)?.creditMemos ?? []).filter(({ refundId }) => refundId === id);
          const told = `refund ${id} of order ${order.orderId}`;
          if (status !== 'succeeded') findings.push(`${told} is ${String(status)} at Stripe`);
          else if (memos.length !== 1) findings.push(`${told} has ${memos.length} credit memos`);
          else if (memos[0]!.amount !== amount)
            findings.push(`${told} is over ${amount}, its credit memo over ${memos[0]!.amount}`);
          else completed += 1;
        }
        return { started: made.length, completed, findings };
      } finally {
        ledger.close();
      }
    };
  },
};
