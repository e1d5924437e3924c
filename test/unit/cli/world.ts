/** A small world in which everything is right: one paid order, one declined, one abandoned before payment. */
import type { Facts, Ledger, Payment, SeenCommand, SeenResult, ShopOrder } from '../../../services/cli/verify/facts.ts';

const offsets = new Map<string, bigint>();
const place = (topic: string): { topic: string; partition: number; offset: bigint } => {
  const offset = offsets.get(topic) ?? 0n;
  offsets.set(topic, offset + 1n);
  return { topic, partition: 1, offset };
};

const shopOrder = (orderId: string, state: string, reference: string | null): ShopOrder => ({
  orderId,
  paymentMethod: 'STRIPE',
  state,
  reference,
  complete: true,
  credit: false,
  parent: null,
  subtotal: 5_000n,
  tax: 444n,
  shipping: 695n,
  total: 6_139n,
  giftCard: 0n,
  currency: 'USD',
});

const fee = { balanceTransactionId: 'txn_1', gross: 6_139n, fee: 208n, net: 5_931n };

const payment = (orderId: string, id: string, change: Partial<Payment> = {}): Payment => ({
  id,
  orderId,
  status: 'requires_payment_method',
  amount: 6_139n,
  received: 0n,
  currency: 'USD',
  succeededCharges: [],
  declined: false,
  fee: null,
  refunds: [],
  releases: [],
  manual: false,
  disputes: [],
  ...change,
});

const command = (target: string, orderId: string, type: string, change: Partial<SeenCommand> = {}): SeenCommand => ({
  ...place(`${target}.commands`),
  commandId: `${orderId}/${type}/1`,
  orderId,
  type,
  target,
  causationId: `adnsf:Orders:${orderId}@1`,
  digest: `${orderId} ${type}`,
  amounts: {},
  currency: null,
  reference: null,
  ...change,
});

const resultOf = (sent: SeenCommand): SeenResult => ({
  ...place(`${sent.target}.results`),
  commandId: sent.commandId,
  orderId: sent.orderId,
  type: sent.type,
  status: 'succeeded',
  objectId: null,
  error: null,
});

const parts = { subtotal: 5_000n, tax: 444n, shipping: 695n, total: 6_139n };

export const soundWorld = (): Facts => {
  const money = { amounts: { amount: 6_139n }, currency: 'USD' } as const;
  const opening = (orderId: string, id: string): SeenCommand[] => [
    command('stripe', orderId, 'EnsureCustomer'),
    command('stripe', orderId, 'CreatePaymentIntent', money),
    command('adnsf', orderId, 'LinkPayment', { reference: id }),
  ];
  const paid = { causationId: 'evt_paid' };
  const commands = [
    ...opening('1', 'pi_1'),
    ...opening('2', 'pi_2'),
    ...opening('3', 'pi_3'),
    command('adnsf', '1', 'MarkOrderPaid', { ...money, ...paid, reference: 'pi_1' }),
    command('erp', '1', 'UpsertCustomer', paid),
    command('erp', '1', 'CreateSalesOrder', { ...paid, amounts: parts, currency: 'USD' }),
    command('erp', '1', 'DecrementInventory', paid),
    command('erp', '1', 'RecordPayment', { ...paid, ...money, reference: 'pi_1' }),
    command('erp', '1', 'RequestShippingLabel', paid),
    command('stripe', '1', 'FetchBalanceTransaction', { causationId: 'evt_balanced' }),
    command('erp', '1', 'RecordProcessingFee', { amounts: { gross: 6_139n, fee: 208n, net: 5_931n }, currency: 'USD' }),
    command('adnsf', '2', 'RecordPaymentDecline', { causationId: 'evt_declined', reference: 'pi_2' }),
    command('notifications', '2', 'NotifyCustomer', { causationId: 'evt_declined' }),
  ];
  const ledger: Ledger = {
    invoices: [],
    subscriptions: [],
    salesOrders: [{ orderId: '1', ...parts, currency: 'USD' }],
    payments: [{ orderId: '1', amount: 6_139n, currency: 'USD', paymentIntentId: 'pi_1' }],
    fees: [{ orderId: '1', ...fee }],
    creditMemos: [],
    disputes: [],
    disputeMovements: [],
    payouts: [],
    applied: commands.filter(({ target }) => target === 'erp').map(({ commandId }) => commandId),
    conflicts: [],
    trialBalance: new Map([['USD', 0n]]),
    clearing: new Map([['USD', 5_931n]]),
  };
  return {
    stripeMethods: ['STRIPE'],
    unreadable: [],
    returns: [],
    shop: [shopOrder('1', 'CAPTURED', 'pi_1'), shopOrder('2', 'REFUSED', 'pi_2'), shopOrder('3', 'PENDING', 'pi_3')],
    payments: [
      payment('1', 'pi_1', { status: 'succeeded', received: 6_139n, succeededCharges: ['ch_1'], fee }),
      payment('2', 'pi_2', { declined: true }),
      payment('3', 'pi_3'),
    ],
    invoices: [],
    subscriptions: [],
    stripeNet: new Map([['USD', 5_931n]]),
    stripeOpen: new Map(),
    stripeBalance: new Map([['USD', 5_931n]]),
    payouts: [],
    commands,
    results: commands.filter(({ target }) => target !== 'erp').map(resultOf),
    images: ['1', '2', '3'].map((orderId) => ({
      ...place('orders.assembled'),
      orderId,
      total: 6_139n,
      giftCard: 0n,
      currency: 'USD',
      text: `image of ${orderId}`,
    })),
    changes: [1, 2, 3].map((serial) => ({
      ...place('adnsf.AspDotNetStorefront.dbo.Orders'),
      commit: '00000027:00000ac0:0002',
      change: `00000027:00000ac0:000${serial}`,
      serial: 1n,
      op: 'u',
    })),
    facts: [
      { ...place('order.payments'), factId: 'evt_paid', orderId: '1', kind: 'payment.succeeded' },
      // An old version's event tells of the payment and of its charge at once.
      { ...place('order.payments'), factId: 'evt_paid', orderId: '1', kind: 'charge.balanced' },
      { ...place('order.payments'), factId: 'evt_balanced', orderId: '1', kind: 'charge.balanced' },
      { ...place('order.payments'), factId: 'evt_declined', orderId: '2', kind: 'payment.failed' },
    ],
    events: new Set(['evt_paid', 'evt_balanced', 'evt_declined']),
    ledger,
    deadLetters: [],
    replays: [],
    unrouted: [],
  };
};
