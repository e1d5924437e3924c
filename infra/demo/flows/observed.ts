/**
 * A gateway of the shop's own charges at Stripe during the checkout and writes nothing there that names the order; what it
 * writes on the order is a PaymentIntent or a charge. The payment must come to name its order, and be booked by it once.
 */
import { readLedger } from '../../../services/erp-ledger/read.ts';
import type { Flow, FlowWorld, Outcome } from './flow.ts';
import { buy, openShopFloor } from './shopping.ts';

type Charged = Readonly<{ order: number; paymentIntentId: string; amount: bigint; refundId: string | null }>;

const isBooked = ({ config }: FlowWorld, { order, amount, refundId }: Charged): boolean => {
  const ledger = readLedger(config.MILLRACE_LEDGER_DB);
  try {
    const books = ledger.order(String(order));
    const memos = books?.creditMemos.map((memo) => memo.refundId) ?? [];
    return (
      books?.payments.length === 1 &&
      books.payments[0]!.amount === amount &&
      books.fees.length === 1 &&
      memos.join() === (refundId ?? '')
    );
  } finally {
    ledger.close();
  }
};

export const observed: Flow = {
  name: "charged by the shop's own gateway",
  start: async (world) => {
    const { stripe, seed } = world;
    const intents: { id: string; charge: string }[] = [];
    const shop = openShopFloor(world);
    try {
      const bought = await buy(shop, world.signal, `${seed} observed`, 3, 'Credit Card', {
        pays: async (n, _visit, { numberGuid, total }) => {
          const intent = await stripe.paymentIntents.create(
            {
              amount: Number(total),
              currency: 'usd',
              payment_method_types: ['card'],
              payment_method: 'pm_card_visa',
              confirm: true,
            },
            { idempotencyKey: `plug-in/${numberGuid}` },
          );
          const charge = intent.latest_charge as string;
          intents.push({ id: intent.id, charge });
          return n === 1 ? charge : intent.id;
        },
      });
      const charged: Charged[] = [];
      for (const [n, { order, planned }] of bought.entries()) {
        const paymentIntentId = intents[n]!.id;
        const refund = n === 2 ? await stripe.refunds.create({ payment_intent: paymentIntentId, amount: 100 }) : null;
        charged.push({ order, paymentIntentId, amount: planned.total, refundId: refund?.id ?? null });
      }
      return async (): Promise<Outcome> => {
        const findings: string[] = [];
        let completed = 0;
        for (const each of charged) {
          const { metadata } = await stripe.paymentIntents.retrieve(each.paymentIntentId);
          if (metadata['order_id'] !== String(each.order))
            findings.push(`${each.paymentIntentId} does not name order ${each.order}`);
          else if (!isBooked(world, each)) findings.push(`the books of order ${each.order} are not what it was paid`);
          else completed += 1;
        }
        return { started: charged.length, completed, findings };
      };
    } finally {
      shop.close();
    }
  },
};
