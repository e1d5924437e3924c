/**
 * Customers give goods back: received and paid back, paid back without goods, rejected, paid back by a credit of the shop, and
 * by hand at Stripe. In the end each is paid back once or not at all, and shop, Stripe and ERP say the same of it.
 */
import type Stripe from 'stripe';
import { openStripe } from '../../../services/cli/stripe.ts';
import type { Payment } from '../../../services/cli/verify/facts.ts';
import { readLedger } from '../../../services/erp-ledger/read.ts';
import { toStripeUnits } from '../../../services/order-stream/domain/stripe-money.ts';
import { refundPart } from '../../sandbox/shopper/merchant.ts';
import { int, money, openSql, type SqlSession, text } from '../../sandbox/shopper/sql.ts';
import type { Flow, FlowWorld, Outcome, PaidOrder } from './flow.ts';

const openShop = ({ env, config }: FlowWorld): Promise<SqlSession> =>
  openSql({
    host: config.MILLRACE_ADNSF_SQL_HOST,
    port: config.MILLRACE_ADNSF_SQL_PORT,
    database: config.MILLRACE_ADNSF_SQL_DATABASE,
    user: env['MILLRACE_SHOP_SQL_USER'] ?? '',
    password: env['MILLRACE_SHOP_SQL_PASSWORD'] ?? '',
    encrypt: config.MILLRACE_ADNSF_SQL_ENCRYPT,
  });

type Image = Readonly<{ state: string; amount?: bigint; goodsExpected?: boolean; restock?: boolean; credit?: number }>;

/** Gives one of the first line of an order back. @returns the return's id */
const giveBack = async (sql: SqlSession, { orderId }: PaidOrder, image: Image): Promise<number> => {
  const { rows } = await sql.run(
    `INSERT INTO dbo.Custom_OrderReturn (RMANumber, OrderNumber, ShoppingCartRecID, CustomerID, ProductID, VariantID,
       Quantity, ReasonCode, ReturnState, GoodsExpected, Restock, RefundAmount, RefundOrderNumber, ReceivedOn)
     SELECT TOP (1) @rma, l.OrderNumber, l.ShoppingCartRecID, o.CustomerID, l.ProductID, l.VariantID, 1, N'too small',
       @state, @goods, @restock, ${image.amount === undefined ? 'NULL' : 'CAST(@amount AS money)'}, @credit,
       CASE WHEN @state = N'RECEIVED' THEN GETDATE() ELSE NULL END
     FROM dbo.Orders_ShoppingCart l JOIN dbo.Orders o ON o.OrderNumber = l.OrderNumber
     WHERE l.OrderNumber = @order ORDER BY l.ShoppingCartRecID;
     SELECT CAST(SCOPE_IDENTITY() AS int) AS id`,
    {
      rma: text(`RMA-${orderId}`),
      order: int(Number(orderId)),
      state: text(image.state),
      goods: int(image.goodsExpected === false ? 0 : 1),
      restock: int(image.restock === true ? 1 : 0),
      credit: { type: 'int', value: image.credit ?? null },
      ...(image.amount !== undefined && { amount: money(image.amount) }),
    },
  );
  return rows[0]!['id'] as number;
};

const change = (sql: SqlSession, id: number, assignments: string): Promise<unknown> =>
  sql.run(`UPDATE dbo.Custom_OrderReturn SET ${assignments} WHERE OrderReturnID = @id`, { id: int(id) });

type Deed = Readonly<{
  name: string;
  /** What the return is in the end. */
  ends: 'REFUNDED' | 'REJECTED';
  restocked: boolean;
  /** @returns the return's id */
  act: (sql: SqlSession, stripe: Stripe, order: PaidOrder, part: bigint, seed: string) => Promise<number>;
}>;

const deeds: readonly Deed[] = [
  {
    name: 'asked for, approved, received',
    ends: 'REFUNDED',
    restocked: true,
    act: async (sql, _stripe, order, amount) => {
      const id = await giveBack(sql, order, { state: 'REQUESTED', amount });
      await change(sql, id, `ReturnState = N'APPROVED', ApprovedOn = GETDATE()`);
      await change(sql, id, `ReturnState = N'RECEIVED', ReceivedOn = GETDATE(), Restock = 1`);
      return id;
    },
  },
  {
    name: 'approved, nothing to send back',
    ends: 'REFUNDED',
    restocked: false,
    act: (sql, _stripe, order, amount) => giveBack(sql, order, { state: 'APPROVED', amount, goodsExpected: false }),
  },
  {
    name: 'rejected',
    ends: 'REJECTED',
    restocked: false,
    act: async (sql, _stripe, order) => {
      const id = await giveBack(sql, order, { state: 'REQUESTED' });
      await change(sql, id, `ReturnState = N'REJECTED'`);
      return id;
    },
  },
  {
    name: 'paid back by a credit of the shop',
    ends: 'REFUNDED',
    restocked: true,
    act: async (sql, _stripe, order, amount, seed) => {
      await refundPart(sql, Number(order.orderId), amount, `${seed}/return/${order.orderId}`);
      const { rows } = await sql.run('SELECT OrderNumber FROM dbo.Orders WHERE ParentOrderNumber = @order', {
        order: int(Number(order.orderId)),
      });
      const credit = rows[0]!['OrderNumber'] as number;
      return giveBack(sql, order, { state: 'RECEIVED', amount, restock: true, credit });
    },
  },
  {
    name: 'paid back by hand at Stripe',
    ends: 'REFUNDED',
    restocked: false,
    act: async (sql, stripe, order, amount) => {
      const id = await giveBack(sql, order, { state: 'REQUESTED', amount });
      await stripe.refunds.create({
        payment_intent: order.paymentIntentId,
        amount: Number(toStripeUnits(amount, order.currency)),
        metadata: { return_id: String(id) },
      });
      return id;
    },
  },
];

/** What is not as the deed calls for; undefined when all is. */
const unmet = async (
  sql: SqlSession,
  config: FlowWorld['config'],
  payments: readonly Payment[],
  done: Readonly<{ deed: Deed; order: PaidOrder; id: number; amount: bigint }>,
): Promise<string | undefined> => {
  const { deed, order, id, amount } = done;
  const { rows } = await sql.run(
    'SELECT ReturnState, RefundReference, RestockedOn FROM dbo.Custom_OrderReturn WHERE OrderReturnID = @id',
    { id: int(id) },
  );
  const state = rows[0]?.['ReturnState'];
  if (state !== deed.ends) return `it is ${String(state)} in the shop`;
  const refunds = payments.find((payment) => payment.id === order.paymentIntentId)?.refunds ?? [];
  const paid = deed.ends === 'REFUNDED' ? 1 : 0;
  if (refunds.length !== paid) return `Stripe has ${refunds.length} refunds of its order`;
  if ((rows[0]!['RestockedOn'] !== null) !== deed.restocked)
    return deed.restocked ? 'its goods are not on the shelf' : 'its goods are on the shelf';
  const ledger = readLedger(config.MILLRACE_LEDGER_DB);
  try {
    const books = ledger.order(order.orderId);
    const memos = books?.creditMemos ?? [];
    if (memos.length !== paid) return `the ledger has ${memos.length} credit memos`;
    const [record] = (books?.returns ?? []).filter(({ returnId }) => Number(returnId) === id);
    if (deed.ends === 'REJECTED') return record?.outcome === 'REJECTED' ? undefined : 'the ledger has no record of it';
    if ((record?.received != null) !== deed.restocked) return 'its goods and the ledger’s stock differ';
    const [refund] = refunds;
    if (rows[0]!['RefundReference'] !== `Stripe ${refund!.id}`) return `it does not name ${refund!.id}`;
    if (refund!.amount !== amount || memos[0]!.amount !== amount)
      return `${amount} were to be paid, Stripe paid ${refund!.amount}, the credit memo is over ${memos[0]!.amount}`;
    return undefined;
  } finally {
    ledger.close();
  }
};

export const returns: Flow = {
  name: 'returns, paid back and put back',
  start: async (world) => {
    const sql = await openShop(world);
    const done: Readonly<{ deed: Deed; order: PaidOrder; id: number; amount: bigint }>[] = [];
    try {
      const orders = world.take(deeds.length);
      for (const [index, deed] of deeds.entries()) {
        const order = orders[index]!;
        const amount = order.total / 3n + 1n;
        done.push({ deed, order, amount, id: await deed.act(sql, world.stripe, order, amount, world.seed) });
      }
    } catch (error) {
      sql.close();
      throw error;
    }
    return async (): Promise<Outcome> => {
      try {
        const { payments } = await openStripe(world.config).everything();
        const findings: string[] = [];
        for (const each of done) {
          const missed = await unmet(sql, world.config, payments, each);
          if (missed !== undefined)
            findings.push(`return ${each.id} of order ${each.order.orderId}, ${each.deed.name}: ${missed}`);
        }
        return { started: done.length, completed: done.length - findings.length, findings };
      } finally {
        sql.close();
      }
    };
  },
};
