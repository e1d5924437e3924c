/**
 * The commands that what is known of an order calls for, in the order they may be sent. The list only grows as facts
 * come in, whatever order they come in, so "what is called for and was not yet issued" is all there is to send.
 */
import type { AssembledOrder, OrderState } from '../../../schemas/generated/types.ts';
import type { AdnsfCommand, ErpCommand, Notification, StripeCommand } from '../../../schemas/topics.ts';
import { declineIdentity } from '../domain/order.ts';
import { AD_HOC_CREDIT, customerKeyOf } from '../domain/shop.ts';

export const WORKFLOW = 'order-to-cash@1';

export type Command = StripeCommand | AdnsfCommand | ErpCommand | Notification;

/** Why the next step may not be taken: a person has to look. */
export type Hold = Readonly<{ code: string; message: string }>;

export type Plan = Readonly<{ commands: readonly Command[]; hold: Hold | null }>;

/** What the shopper owes after gift cards. */
const payable = (order: AssembledOrder): bigint => order.total - order.giftCard;

const fullName = (order: AssembledOrder): string | null =>
  [order.customer.firstName, order.customer.lastName].filter((part) => part !== null).join(' ') || null;

/** The event behind what an order image says. */
const imageOf = (order: AssembledOrder): string => `adnsf:Orders:${order.orderId}@${order.place}`;

type Envelope = Readonly<{
  orderId: string;
  workflow: string;
  commandId: string;
  causationId: string;
  occurredAt: bigint;
}>;

const envelope = (
  orderId: string,
  intent: string,
  n: string | number,
  causationId: string,
  occurredAt: bigint,
): Envelope => ({
  orderId,
  workflow: WORKFLOW,
  commandId: `${orderId}/${intent}/${n}`,
  causationId,
  occurredAt,
});

const salesOrder = (
  order: AssembledOrder,
  stripeCustomerId: string | null,
  paymentReference: string | null,
  causationId: string,
  at: bigint,
): Command[] => {
  const of = (intent: string): Envelope => envelope(order.orderId, intent, 1, causationId, at);
  const email = order.email ?? '';
  const customerKey = email === '' ? `adnsf:${order.customer.customerId}` : customerKeyOf(email);
  return [
    {
      ...of('upsert-customer'),
      type: 'UpsertCustomer',
      target: 'erp',
      payload: {
        customerKey,
        adnsfCustomerId: order.customer.customerId,
        stripeCustomerId,
        email,
        name: fullName(order),
        phone: order.customer.phone,
        billTo: order.billTo,
      },
    },
    {
      ...of('create-sales-order'),
      type: 'CreateSalesOrder',
      target: 'erp',
      payload: {
        salesOrderNumber: order.orderId,
        customerKey,
        orderedAt: order.placedAt,
        currency: order.currency,
        subtotal: order.subtotal,
        tax: order.tax,
        shipping: order.shipping,
        total: order.total,
        paymentReference,
        paymentMethod: order.paymentMethod,
        billTo: order.billTo,
        shipTo: order.shipTo,
        shippingMethod: order.shippingMethod,
        lines: order.lines,
      },
    },
    {
      ...of('decrement-inventory'),
      type: 'DecrementInventory',
      target: 'erp',
      payload: {
        lines: order.lines.map(({ productId, variantId, sku, quantity }) => ({ productId, variantId, sku, quantity })),
      },
    },
  ];
};

const shippingLabel = (order: AssembledOrder, causationId: string, at: bigint): Command => ({
  ...envelope(order.orderId, 'request-shipping-label', 1, causationId, at),
  type: 'RequestShippingLabel',
  target: 'erp',
  payload: {
    shippingMethod: order.shippingMethod,
    shipTo: order.shipTo,
    lines: order.lines.map(({ sku, variantId, quantity }) => ({ sku, variantId, quantity })),
  },
});

type Receipt = Readonly<{
  paymentIntentId: string | null;
  chargeId: string | null;
  amount: bigint;
  currency: string;
  at: bigint;
}>;

const markPaid = (order: AssembledOrder, paid: Receipt, causationId: string): Command => ({
  ...envelope(order.orderId, 'mark-paid', 1, causationId, paid.at),
  type: 'MarkOrderPaid',
  target: 'adnsf',
  payload: {
    orderNumber: order.orderNumber,
    paymentIntentId: paid.paymentIntentId,
    chargeId: paid.chargeId,
    amount: paid.amount,
    currency: paid.currency,
    paidAt: paid.at,
  },
});

const recordPayment = (order: AssembledOrder, paid: Receipt, causationId: string): Command => ({
  ...envelope(order.orderId, 'record-payment', 1, causationId, paid.at),
  type: 'RecordPayment',
  target: 'erp',
  payload: {
    paymentIntentId: paid.paymentIntentId,
    chargeId: paid.chargeId,
    amount: paid.amount,
    tax: order.tax,
    currency: paid.currency,
    receivedAt: paid.at,
  },
});

/** Collected by Stripe, on session: customer, PaymentIntent, its id on the order, then what the shopper does with it. */
const collect = (state: OrderState, order: AssembledOrder): Plan => {
  const { orderId, orderNumber, email } = order;
  const commands: Command[] = [];
  const plan = (hold: Hold | null = null): Plan => ({ commands, hold });
  const customerKey = customerKeyOf(email ?? '');

  commands.push({
    ...envelope(orderId, 'ensure-customer', 1, imageOf(order), order.changedAt),
    type: 'EnsureCustomer',
    target: 'stripe',
    payload: {
      customerKey,
      email: email ?? '',
      name: fullName(order),
      phone: order.customer.phone,
      adnsfCustomerId: order.customer.customerId,
    },
  });
  const { stripeCustomer } = state;
  if (stripeCustomer === null) return plan();

  const create = envelope(orderId, 'create-payment-intent', 1, imageOf(order), order.changedAt);
  commands.push({
    ...create,
    type: 'CreatePaymentIntent',
    target: 'stripe',
    payload: {
      customer: stripeCustomer.customerId,
      amount: payable(order),
      currency: order.currency,
      captureMethod: 'automatic_async',
      description: `Order ${orderId}`,
      receiptEmail: email,
      metadata: {
        order_id: orderId,
        aspdotnetstorefrontorderid: orderId,
        order_number: String(orderNumber),
        command_id: create.commandId,
      },
    },
  });
  const { paymentIntent } = state;
  if (paymentIntent === null) return plan();

  commands.push({
    ...envelope(orderId, 'link-payment', 1, paymentIntent.causationId, paymentIntent.at),
    type: 'LinkPayment',
    target: 'adnsf',
    payload: { orderNumber, paymentIntentId: paymentIntent.paymentIntentId, gateway: 'STRIPE' },
  });

  for (const decline of state.declines) {
    const identity = declineIdentity(decline);
    commands.push({
      ...envelope(orderId, 'record-decline', identity, decline.factId, decline.at),
      type: 'RecordPaymentDecline',
      target: 'adnsf',
      payload: {
        orderNumber,
        paymentIntentId: decline.paymentIntentId,
        chargeId: decline.chargeId,
        code: decline.code,
        declineCode: decline.declineCode,
        message: decline.message,
        declinedAt: decline.at,
      },
    });
    commands.push({
      ...envelope(orderId, 'notify-decline', identity, decline.factId, decline.at),
      type: 'NotifyCustomer',
      target: 'notifications',
      payload: {
        template: 'payment_declined',
        email: email ?? '',
        name: fullName(order),
        data: { order_number: String(orderNumber), reason: decline.message },
      },
    });
  }

  const { paid } = state;
  if (paid === null) return plan();
  if (paid.amount !== payable(order) || paid.currency !== order.currency)
    return plan({
      code: 'amount_mismatch',
      message: `order ${orderId}: Stripe received ${paid.amount} ${paid.currency} (minor units), the order says ${payable(order)} ${order.currency}`,
    });

  commands.push(
    markPaid(order, paid, paid.factId),
    ...salesOrder(order, stripeCustomer.customerId, paid.paymentIntentId, paid.factId, paid.at),
    recordPayment(order, paid, paid.factId),
    shippingLabel(order, paid.factId, paid.at),
  );

  const { balance, fee } = state;
  if (balance === null) return plan();
  const { balanceTransactionId, chargeId } = balance;
  commands.push({
    ...envelope(orderId, 'fetch-balance-transaction', balanceTransactionId, balance.factId, balance.at),
    type: 'FetchBalanceTransaction',
    target: 'stripe',
    payload: { balanceTransactionId, chargeId },
  });
  if (fee === null) return plan();
  commands.push({
    ...envelope(orderId, 'record-fee', balanceTransactionId, fee.causationId, fee.at),
    type: 'RecordProcessingFee',
    target: 'erp',
    payload: { balanceTransactionId, chargeId, gross: fee.gross, fee: fee.fee, net: fee.net, currency: fee.currency },
  });
  return plan();
};

/** Paid by other means, or already charged by the shop's own gateway: nothing for Stripe to do, the ERP hears of it. */
const observe = (order: AssembledOrder, image: string): Plan => {
  const { changedAt: chargedAt, paymentReference: reference } = order;
  const commands = [...salesOrder(order, null, reference, image, chargedAt)];
  if (order.state === 'CAPTURED' && payable(order) > 0n)
    commands.push(
      recordPayment(
        order,
        {
          paymentIntentId: reference?.startsWith('pi_') === true ? reference : null,
          chargeId: reference?.startsWith('ch_') === true ? reference : null,
          amount: payable(order),
          currency: order.currency,
          at: chargedAt,
        },
        image,
      ),
    );
  return { commands: [...commands, shippingLabel(order, image, chargedAt)], hold: null };
};

/** All commands an order's state calls for. `stripeMethods` are the payment methods that Stripe collects. */
export const orderToCash = (state: OrderState, stripeMethods: readonly string[]): Plan => {
  const order = state.placed;
  if (order === null) return { commands: [], hold: null };
  if (order.transactionType === AD_HOC_CREDIT) return { commands: [], hold: null };

  const image = imageOf(order);
  if (!stripeMethods.includes(order.paymentMethod) || order.state !== 'PENDING') return observe(order, image);
  if (payable(order) < 0n)
    return {
      commands: [],
      hold: { code: 'negative_payable', message: `order ${order.orderId}: the gift card pays more than the total` },
    };
  if (payable(order) === 0n) {
    const nothing = {
      paymentIntentId: null,
      chargeId: null,
      amount: 0n,
      currency: order.currency,
      at: order.changedAt,
    };
    return {
      commands: [
        markPaid(order, nothing, image),
        ...salesOrder(order, null, null, image, order.changedAt),
        shippingLabel(order, image, order.changedAt),
      ],
      hold: null,
    };
  }
  return collect(state, order);
};
