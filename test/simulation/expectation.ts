/**
 * What must come out, told from what went in: the plan of an order, when its checkout was complete, and what happened at
 * Stripe. Written down by hand, from the contract, and not with the code that is tested. No order of arrival in it.
 */
import type { Payment, SimulatedPayout } from './stripe.ts';
import { declineReason, LINES_A_PAGE, STRIPE_TAKES } from './stripe.ts';
import type { OrderPlan } from './scenario.ts';
import { cartedAt, cartId, emailOf, firstNameOf, lineCents, type Completion } from './shopper.ts';

export type Expected = Readonly<{
  topic: 'stripeCommands' | 'adnsfCommands' | 'erpCommands' | 'notifications';
  commandId: string;
  /** All of the command but its cause. */
  command: object;
  /** Any of these may have been its cause: twins say the same. */
  causes: readonly string[];
}>;

/** What happened to one order outside. Times are epoch milliseconds. */
export type OrderFacts = Readonly<{
  completed: Completion | undefined;
  customer: string | undefined;
  intent: Readonly<{ id: string; createdAt: bigint }> | undefined;
  payments: readonly Payment[];
}>;

/** 2026-09-21 10:13:20 on the shop's clock, which is four hours behind UTC then. */
export const placedAt = 1_790_000_000_000n + 4n * 3_600_000n;

const address = {
  firstName: null,
  lastName: 'Test',
  company: null,
  address1: '1 Main St',
  address2: null,
  suite: null,
  city: 'Springfield',
  state: 'IL',
  zip: '62701',
  country: 'US',
  phone: null,
  unrecognised: [],
};

const centsText = (cents: number): string => `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}00`;

const linesOf = (order: OrderPlan) =>
  Array.from({ length: order.lines }, (_, index) => ({
    cartRecordId: cartId(order, index),
    productId: index + 1,
    variantId: index + 11,
    sku: `SKU-${index}`,
    name: `Thing ${index}`,
    quantity: index + 1,
    extendedPrice: centsText(lineCents(order, index) * (index + 1)),
    taxable: true,
    addedToCartAt: cartedAt,
  }));

export const expectedCommands = (order: OrderPlan, facts: OrderFacts): readonly Expected[] => {
  const { completed, customer, intent, payments } = facts;
  if (completed === undefined || order.kind === 'nameless') return [];
  const orderId = String(order.orderNumber);
  const image = `adnsf:Orders:${orderId}@${completed.place}`;
  const customerKey = emailOf(order).toLowerCase();
  const name = `${firstNameOf(order)} Test`;
  const due = BigInt(order.total - order.giftCard);
  const found: Expected[] = [];
  const expect = (
    topic: Expected['topic'],
    target: string,
    type: string,
    intentName: string,
    n: string,
    causes: readonly string[],
    occurredAt: bigint,
    payload: object,
  ) => {
    const commandId = `${orderId}/${intentName}/${n}`;
    const command = { commandId, orderId, type, target, occurredAt, workflow: 'order-to-cash@1', payload };
    found.push({ topic, commandId, command, causes });
  };
  const lines = linesOf(order);

  const sale = (causes: readonly string[], at: bigint, stripeCustomerId: string | null, reference: string | null) => {
    const erp = (type: string, intentName: string, payload: object) =>
      expect('erpCommands', 'erp', type, intentName, '1', causes, at, payload);
    erp('UpsertCustomer', 'upsert-customer', {
      customerKey,
      adnsfCustomerId: order.customerId,
      stripeCustomerId,
      email: emailOf(order),
      name,
      phone: null,
      billTo: address,
      standing: 'order',
    });
    erp('CreateSalesOrder', 'create-sales-order', {
      salesOrderNumber: orderId,
      customerKey,
      orderedAt: placedAt,
      currency: 'USD',
      subtotal: BigInt(order.total),
      tax: 0n,
      shipping: 0n,
      total: BigInt(order.total),
      paymentReference: reference,
      paymentMethod: order.kind === 'other' ? 'CREDITCARD' : 'STRIPE',
      billTo: address,
      shipTo: null,
      shippingMethod: 'Ground',
      lines,
    });
    erp('DecrementInventory', 'decrement-inventory', {
      lines: lines.map(({ productId, variantId, sku, quantity }) => ({ productId, variantId, sku, quantity })),
    });
    erp('RequestShippingLabel', 'request-shipping-label', {
      shippingMethod: 'Ground',
      shipTo: null,
      lines: lines.map(({ sku, variantId, quantity }) => ({ sku, variantId, quantity })),
    });
  };
  const payment = (causes: readonly string[], at: bigint, paymentIntentId: string | null, chargeId: string | null) =>
    expect('erpCommands', 'erp', 'RecordPayment', 'record-payment', '1', causes, at, {
      paymentIntentId,
      chargeId,
      amount: due,
      tax: 0n,
      currency: 'USD',
      receivedAt: at,
    });
  const markPaid = (causes: readonly string[], at: bigint, paymentIntentId: string | null, chargeId: string | null) =>
    expect('adnsfCommands', 'adnsf', 'MarkOrderPaid', 'mark-paid', '1', causes, at, {
      orderNumber: order.orderNumber,
      paymentIntentId,
      chargeId,
      amount: due,
      currency: 'USD',
      paidAt: at,
    });

  if (order.kind === 'other') {
    sale([image], completed.at, null, `auth-${orderId}`);
    payment([image], completed.at, null, null);
    return found;
  }
  if (due === 0n) {
    markPaid([image], completed.at, null, null);
    sale([image], completed.at, null, null);
    return found;
  }

  expect('stripeCommands', 'stripe', 'EnsureCustomer', 'ensure-customer', '1', [image], completed.at, {
    customerKey,
    email: emailOf(order),
    name,
    phone: null,
    adnsfCustomerId: order.customerId,
  });
  expect('stripeCommands', 'stripe', 'CreatePaymentIntent', 'create-payment-intent', '1', [image], completed.at, {
    customer: customer ?? 'no customer',
    amount: due,
    currency: 'USD',
    captureMethod: 'automatic_async',
    description: `Order ${orderId}`,
    receiptEmail: emailOf(order),
    offSession: false,
    saveMethod: false,
    metadata: {
      order_id: orderId,
      aspdotnetstorefrontorderid: orderId,
      order_number: orderId,
      command_id: `${orderId}/create-payment-intent/1`,
    },
  });
  const paymentIntentId = intent?.id ?? 'no intent';
  expect(
    'adnsfCommands',
    'adnsf',
    'LinkPayment',
    'link-payment',
    '1',
    [`${orderId}/create-payment-intent/1`],
    intent?.createdAt ?? 0n,
    { orderNumber: order.orderNumber, paymentIntentId, gateway: 'STRIPE' },
  );

  for (const fact of payments) {
    const at = BigInt(fact.created) * 1000n;
    if (fact.kind === 'declined') {
      expect('adnsfCommands', 'adnsf', 'RecordPaymentDecline', 'record-decline', fact.charge, fact.eventIds, at, {
        orderNumber: order.orderNumber,
        paymentIntentId,
        chargeId: fact.charge,
        code: declineReason.code,
        declineCode: declineReason.decline_code,
        message: declineReason.message,
        declinedAt: at,
      });
      expect('notifications', 'notifications', 'NotifyCustomer', 'notify-decline', fact.charge, fact.eventIds, at, {
        template: 'payment_declined',
        email: emailOf(order),
        name,
        data: { order_number: orderId, reason: declineReason.message },
      });
      continue;
    }
    markPaid(fact.eventIds, at, paymentIntentId, fact.charge);
    sale(fact.eventIds, at, customer ?? 'no customer', paymentIntentId);
    payment(fact.eventIds, at, paymentIntentId, fact.charge);
    const { balance } = fact;
    const fetched = `${orderId}/fetch-balance-transaction/${balance.id}`;
    found.push({
      topic: 'stripeCommands',
      commandId: fetched,
      command: {
        commandId: fetched,
        orderId,
        type: 'FetchBalanceTransaction',
        target: 'stripe',
        workflow: 'order-to-cash@1',
        payload: { balanceTransactionId: balance.id, chargeId: fact.charge },
      },
      causes: [],
    });
    expect(
      'erpCommands',
      'erp',
      'RecordProcessingFee',
      'record-fee',
      balance.id,
      [fetched],
      BigInt(balance.created) * 1000n,
      {
        balanceTransactionId: balance.id,
        chargeId: fact.charge,
        gross: BigInt(balance.amount),
        fee: BigInt(balance.fee),
        net: BigInt(balance.net),
        currency: balance.currency.toUpperCase(),
        conversionFee: BigInt(balance.fee_details[1]?.amount ?? 0),
      },
    );
    if (balance.exchange_rate === null) continue;
    expect(
      'erpCommands',
      'erp',
      'RecordConversion',
      'record-conversion',
      balance.id,
      [fetched],
      BigInt(balance.created) * 1000n,
      {
        balanceTransactionId: balance.id,
        fromAmount: due,
        fromCurrency: 'USD',
        toAmount: BigInt(balance.amount),
        toCurrency: balance.currency.toUpperCase(),
        rate: String(balance.exchange_rate),
        convertedAt: BigInt(balance.created) * 1000n,
      },
    );
  }
  return found;
};

/** A payout is read page by page, and is one entry: what Stripe took by itself is all that no order books of it. */
export const expectedOfPayout = ({
  id,
  amount,
  currency,
  created,
  lines,
  eventIds,
}: SimulatedPayout): readonly Expected[] => {
  const orderId = `payout:${id}`;
  const occurredAt = BigInt(created) * 1000n;
  const found: Expected[] = [];
  const expect = (
    topic: Expected['topic'],
    type: string,
    which: string,
    causes: readonly string[],
    payload: object,
  ) => {
    const commandId = `${orderId}/${which}`;
    const target = topic === 'erpCommands' ? 'erp' : 'stripe';
    const command = { commandId, orderId, type, target, occurredAt, workflow: 'payout-to-journal@1', payload };
    found.push({ topic, commandId, command, causes });
    return [commandId];
  };
  let causes = eventIds;
  for (let from = 0; from < lines.length; from += LINES_A_PAGE) {
    const startingAfter = from === 0 ? null : lines[from - 1]!.id;
    causes = expect('stripeCommands', 'FetchPayoutTransactions', `fetch-lines/${startingAfter ?? 'first'}`, causes, {
      payoutId: id,
      limit: 100,
      startingAfter,
    });
  }
  const posting = (account: string, line: string, transactions: number, signed: number) => ({
    ...{ account, line, known: true, transactions: BigInt(transactions) },
    debit: BigInt(Math.max(signed, 0)),
    credit: BigInt(Math.max(-signed, 0)),
  });
  expect('erpCommands', 'PostPayoutJournal', 'post-journal/1', causes, {
    payoutId: id,
    balanceTransactionId: lines[0]!.id,
    amount: BigInt(amount),
    fee: 0n,
    currency: currency.toUpperCase(),
    itemised: true,
    transactions: BigInt(lines.length - 1),
    arrivesAt: occurredAt,
    postings: [
      posting('1000', 'bank', 1, amount),
      posting('6100', 'fee/stripe_fee', 1, STRIPE_TAKES),
      posting('1010', 'clearing', lines.length - 2, -amount - STRIPE_TAKES),
    ].filter(({ debit, credit }) => debit !== credit),
  });
  return found;
};

/** What the shop's row must say in the end. */
export const expectedState = (order: OrderPlan): string => {
  if (order.kind === 'free' || order.kind === 'other') return 'CAPTURED';
  if (order.attempts.includes('succeeds')) return 'CAPTURED';
  return order.attempts.includes('declined') ? 'REFUSED' : 'PENDING';
};

/** Commands of one topic that must not come before others of the same order. */
export const mustFollow: readonly (readonly [later: string, earlier: string])[] = [
  ['create-payment-intent', 'ensure-customer'],
  ['fetch-balance-transaction', 'create-payment-intent'],
  ['mark-paid', 'link-payment'],
  ['record-decline', 'link-payment'],
  ['create-sales-order', 'upsert-customer'],
  ['decrement-inventory', 'create-sales-order'],
  ['record-payment', 'create-sales-order'],
  ['request-shipping-label', 'create-sales-order'],
  ['record-fee', 'record-payment'],
];
