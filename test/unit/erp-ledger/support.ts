import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Types from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import type { ErpCommand } from '../../../schemas/topics.ts';
import { type LedgerReader, readLedger } from '../../../services/erp-ledger/read.ts';
import type { ConsumedRecord } from '../../../services/runtime/ports.ts';

export const TOPIC = 'erp.commands';
export const SOURCE = { topic: TOPIC, partition: 0 };

const about = (orderId: string, intent: string, n: number) => ({
  commandId: `${orderId}/${intent}/${n}`,
  orderId,
  target: 'erp' as const,
  causationId: 'evt_1',
  occurredAt: 1_780_000_000_000n,
  workflow: 'collect@1',
});

export const recordPayment = (
  orderId: string,
  amount: bigint,
  tax = 0n,
  currency = 'USD',
  n = 1,
): Types.RecordPayment => ({
  ...about(orderId, 'record-payment', n),
  type: 'RecordPayment',
  payload: {
    paymentIntentId: `pi_${orderId}`,
    chargeId: `ch_${orderId}`,
    amount,
    tax,
    currency,
    receivedAt: 1_780_000_000_000n,
  },
});

export const recordConversion = (
  balanceTransactionId: string,
  fromAmount: bigint,
  fromCurrency: string,
  toAmount: bigint,
  toCurrency: string,
  n = 1,
): Types.RecordConversion => ({
  ...about('1', 'record-conversion', n),
  commandId: `1/record-conversion/${balanceTransactionId}-${n}`,
  type: 'RecordConversion',
  payload: {
    balanceTransactionId,
    fromAmount,
    fromCurrency,
    toAmount,
    toCurrency,
    rate: '0.5',
    convertedAt: 1_780_000_000_000n,
  },
});

export const recordFee = (
  orderId: string,
  gross: bigint,
  fee: bigint,
  currency = 'USD',
  n = 1,
): Types.RecordProcessingFee => ({
  ...about(orderId, 'record-processing-fee', n),
  type: 'RecordProcessingFee',
  payload: {
    balanceTransactionId: `txn_${orderId}_${n}`,
    chargeId: `ch_${orderId}`,
    gross,
    fee,
    net: gross - fee,
    conversionFee: 0n,
    currency,
  },
});

export const salesOrder = (orderId: string): Types.CreateSalesOrder => ({
  ...about(orderId, 'create-sales-order', 1),
  type: 'CreateSalesOrder',
  payload: {
    salesOrderNumber: orderId,
    customerKey: 'ada@example.com',
    orderedAt: 1_780_000_000_000n,
    currency: 'USD',
    subtotal: 10_000n,
    tax: 800n,
    shipping: 500n,
    total: 11_300n,
    paymentReference: `pi_${orderId}`,
    paymentMethod: 'STRIPE',
    billTo: null,
    shipTo: null,
    shippingMethod: 'Ground',
    lines: [
      {
        cartRecordId: 1,
        productId: 1,
        variantId: 11,
        sku: 'MUG',
        name: 'Mug',
        quantity: 2,
        extendedPrice: '100.0000',
        taxable: true,
        addedToCartAt: null,
      },
    ],
  },
});

export const inventory = (orderId: string, quantity = 2): Types.DecrementInventory => ({
  ...about(orderId, 'decrement-inventory', 1),
  type: 'DecrementInventory',
  payload: { lines: [{ productId: 1, variantId: 11, sku: 'MUG', quantity }] },
});

export const customer = (orderId: string, name: string, occurredAt: bigint): Types.UpsertCustomer => ({
  ...about(orderId, 'upsert-customer', 1),
  occurredAt,
  type: 'UpsertCustomer',
  payload: {
    customerKey: 'ada@example.com',
    adnsfCustomerId: 7,
    stripeCustomerId: 'cus_1',
    email: 'ada@example.com',
    name,
    phone: null,
    billTo: null,
    standing: 'order',
  },
});

export const shipping = (orderId: string): Types.RequestShippingLabel => ({
  ...about(orderId, 'request-shipping-label', 1),
  type: 'RequestShippingLabel',
  payload: { shippingMethod: 'Ground', shipTo: null, lines: [{ sku: 'MUG', variantId: 11, quantity: 2 }] },
});

const memo = (orderId: string, refundId: string, amount: bigint, tax: bigint, fee: bigint) => ({
  refundId,
  balanceTransactionId: `txn_${refundId}`,
  paymentIntentId: `pi_${orderId}`,
  chargeId: `ch_${orderId}`,
  amount,
  tax,
  fee,
  currency: 'USD',
  reason: null,
  creditNoteId: null,
});

const ofNoReturn = { returnId: null, requestedBy: null, lines: [] } as const;

export const issueMemo = (
  orderId: string,
  refundId: string,
  amount: bigint,
  tax = 0n,
  fee = 0n,
): Types.IssueCreditMemo => ({
  ...about(orderId, 'issue-credit-memo', 1),
  commandId: `${orderId}/issue-credit-memo/${refundId}`,
  type: 'IssueCreditMemo',
  payload: { ...memo(orderId, refundId, amount, tax, fee), issuedAt: 1_780_000_000_000n, ...ofNoReturn },
});

export const reverseMemo = (
  orderId: string,
  refundId: string,
  amount: bigint,
  tax = 0n,
  fee = 0n,
): Types.ReverseCreditMemo => ({
  ...about(orderId, 'reverse-credit-memo', 1),
  commandId: `${orderId}/reverse-credit-memo/${refundId}`,
  type: 'ReverseCreditMemo',
  payload: {
    ...memo(orderId, refundId, amount, tax, fee),
    balanceTransactionId: `txn_back_${refundId}`,
    reversedAt: 1_780_000_000_000n,
  },
});

export const openDispute = (orderId: string, disputeId = 'du_1'): Types.OpenDispute => ({
  ...about(orderId, 'open-dispute', 1),
  commandId: `${orderId}/open-dispute/${disputeId}`,
  type: 'OpenDispute',
  payload: {
    disputeId,
    paymentIntentId: `pi_${orderId}`,
    chargeId: `ch_${orderId}`,
    amount: 11_300n,
    currency: 'USD',
    reason: 'fraudulent',
    evidenceDueAt: null,
    openedAt: 1_780_000_000_000n,
  },
});

export const moveDispute = (
  orderId: string,
  balanceTransactionId: string,
  amount: bigint,
  fee = 0n,
  over: Partial<Types.BookDisputeMovement['payload']> = {},
): Types.BookDisputeMovement => ({
  ...about(orderId, 'book-dispute-movement', 1),
  commandId: `${orderId}/book-dispute-movement/${balanceTransactionId}`,
  type: 'BookDisputeMovement',
  payload: {
    disputeId: 'du_1',
    balanceTransactionId,
    category: amount < 0n ? 'dispute' : 'dispute_reversal',
    amount,
    fee,
    net: amount - fee,
    currency: 'USD',
    movedAt: 1_780_000_000_000n,
    rate: null,
    ...over,
  },
});

export const closeDispute = (orderId: string, outcome: string, closedAt = 1_780_000_000_000n): Types.CloseDispute => ({
  ...about(orderId, 'close-dispute', 1),
  commandId: `${orderId}/close-dispute/du_1/${outcome}`,
  type: 'CloseDispute',
  payload: { disputeId: 'du_1', outcome, closedAt },
});

type Signed = readonly (readonly [account: string, line: string, signed: bigint])[];
const postings = (signed: Signed): Types.PostPayoutJournal['payload']['postings'] =>
  signed.flatMap(([account, line, amount]) => {
    const sides = { debit: amount > 0n ? amount : 0n, credit: amount < 0n ? -amount : 0n };
    return amount === 0n ? [] : [{ account, line, known: true, transactions: 1n, ...sides }];
  });

/** @param open net of what no order books; it is a fee */
export const postPayout = (payoutId: string, amount: bigint, open = 0n): Types.PostPayoutJournal => ({
  ...about(`payout:${payoutId}`, 'post-journal', 1),
  type: 'PostPayoutJournal',
  payload: {
    payoutId,
    balanceTransactionId: `txn_${payoutId}`,
    amount,
    fee: 0n,
    currency: 'USD',
    itemised: true,
    transactions: 2n,
    postings: postings([
      ['1000', 'bank', amount],
      ['6100', 'fee/stripe_fee', -open],
      ['1010', 'clearing', open - amount],
    ]),
    arrivesAt: 1_780_000_000_000n,
  },
});

export const reversePayout = (payoutId: string, amount: bigint, fee = 0n): Types.ReversePayoutJournal => ({
  ...about(`payout:${payoutId}`, 'reverse-journal', 1),
  type: 'ReversePayoutJournal',
  payload: {
    payoutId,
    balanceTransactionId: `txn_back_${payoutId}`,
    amount,
    fee,
    currency: 'USD',
    reason: 'account_closed',
    postings: postings([
      ['1000', 'bank', -amount],
      ['6100', 'fees', fee],
      ['1010', 'clearing', amount - fee],
    ]),
    reversedAt: 1_780_000_000_000n,
  },
});

/** A charge over 1,000 with a fee of 59 that turned out to be of an order. */
export const reclassifyLine = (
  payoutId: string,
  over: Partial<Types.ReclassifyPayoutLine['payload']> = {},
): Types.ReclassifyPayoutLine => ({
  ...about(`payout:${payoutId}`, 'reclassify-line', 2),
  type: 'ReclassifyPayoutLine',
  payload: {
    ...{
      payoutId,
      balanceTransactionId: 'txn_2',
      owner: '100001',
      amount: 1_000n,
      fee: 59n,
      net: 941n,
      currency: 'USD',
    },
    postings: [
      { account: '2310', line: 'charge/charge', known: true, transactions: 1n, debit: 1_000n, credit: 0n },
      { account: '6100', line: 'fees', known: true, transactions: 1n, debit: 0n, credit: 59n },
      { account: '1010', line: 'clearing', known: true, transactions: 1n, debit: 0n, credit: 941n },
    ],
    ...over,
  },
});

/** The topic's own encoding, ready to decode at once. */
export const openTopic = async () => {
  const topic = openSchemas(memoryRegistry()).topic('erpCommands');
  await topic.value.open?.();
  const samples = [
    recordPayment('1', 1n),
    recordFee('1', 1n, 0n),
    salesOrder('1'),
    inventory('1'),
    customer('1', 'x', 0n),
    shipping('1'),
    issueMemo('1', 're_1', 1n),
    reverseMemo('1', 're_1', 1n),
    openDispute('1'),
    moveDispute('1', 'txn_1', 1n),
    closeDispute('1', 'won'),
    postPayout('po_1', 1n),
    reversePayout('po_1', 1n),
    reclassifyLine('po_1'),
  ];
  await topic.value.prepare?.(samples.map((command) => topic.value.encode(command)));
  return topic;
};

export const recordsOf = (
  commands: readonly ErpCommand[],
  encode: (command: ErpCommand) => Buffer,
  firstOffset = 0n,
): readonly ConsumedRecord[] =>
  commands.map((command, index) => ({
    ...SOURCE,
    offset: firstOffset + BigInt(index),
    timestamp: 0n,
    key: Buffer.from(command.orderId),
    value: encode(command),
    headers: {},
  }));

/** A directory for a ledger that goes away with it. */
export const temporaryLedger = () => {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-ledger-'));
  const path = join(directory, 'ledger.db');
  return {
    path,
    read: <T>(look: (reader: LedgerReader) => T): T => {
      const reader = readLedger(path);
      try {
        return look(reader);
      } finally {
        reader.close();
      }
    },
    [Symbol.dispose]: () => {
      rmSync(directory, { recursive: true });
    },
  };
};

const mugs = (quantity: number) => [{ productId: 1, variantId: 11, sku: 'MUG', quantity }];

export const recordReturn = (orderId: string, returnId: number, outcome = 'ACCEPTED'): Types.RecordReturn => ({
  ...about(orderId, 'record-return', returnId),
  commandId: `${orderId}/record-return/${returnId}-${outcome.toLowerCase()}`,
  type: 'RecordReturn',
  payload: {
    returnId,
    rmaNumber: `RMA-${returnId}`,
    outcome,
    lines: mugs(1),
    amount: 1_130n,
    restockingFee: 0n,
    currency: 'USD',
    reason: null,
    restock: true,
    requestedBy: `return-${returnId}`,
    decidedAt: 1_780_000_000_000n,
  },
});

export const receiveReturn = (orderId: string, returnId: number, quantity = 1): Types.ReceiveReturn => ({
  ...about(orderId, 'receive-return', returnId),
  type: 'ReceiveReturn',
  payload: { returnId, rmaNumber: `RMA-${returnId}`, lines: mugs(quantity), receivedAt: 1_780_000_000_000n },
});
