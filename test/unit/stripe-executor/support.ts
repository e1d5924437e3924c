import type {
  CancelPaymentIntent,
  CapturePaymentIntent,
  CommandResult,
  CreatePaymentIntent,
  CreateRefund,
  DeleteCustomer,
  EnsureCustomer,
  FetchBalanceTransaction,
  FetchCreditNoteLines,
  FetchCreditNotes,
  LabelPayment,
  MoveCustomer,
  RetireCustomer,
  SetPrice,
  UpdateCustomer,
  UpsertProduct,
} from '../../../schemas/generated/types.ts';
import { memoryRegistry } from '../../../schemas/registry.ts';
import { openSchemas } from '../../../schemas/serde.ts';
import type { StripeCommand } from '../../../schemas/topics.ts';
import { RetriableError } from '../../../services/runtime/errors.ts';
import { stripeStage } from '../../../services/stripe-executor/stage.ts';
import { openStripeApi } from '../../../services/stripe-executor/stripe-api.ts';

export const HOUR = 3_600_000;

const about = (orderId: string, intent: string) => ({
  commandId: `${orderId}/${intent}/1`,
  orderId,
  target: 'stripe' as const,
  causationId: 'lsn:1',
  occurredAt: BigInt(Date.now()),
  workflow: 'collect@1',
});

export const ensureCustomer = (customerKey: string, orderId = '100001'): EnsureCustomer => ({
  ...about(orderId, 'ensure-customer'),
  type: 'EnsureCustomer',
  payload: { customerKey, email: customerKey.toUpperCase(), name: `of ${orderId}`, phone: null, adnsfCustomerId: 7 },
});

export const createPaymentIntent = (
  customer: string,
  orderId = '100001',
  over: Partial<CreatePaymentIntent['payload']> = {},
): CreatePaymentIntent => ({
  ...about(orderId, 'create-payment-intent'),
  type: 'CreatePaymentIntent',
  payload: {
    customer,
    amount: 12_345n,
    currency: 'USD',
    captureMethod: 'automatic_async',
    description: `Order ${orderId}`,
    receiptEmail: 'ada@example.com',
    metadata: { order_id: orderId, aspdotnetstorefrontorderid: orderId, order_number: orderId },
    offSession: false,
    saveMethod: false,
    ...over,
  },
});

export const fetchBalanceTransaction = (id: string, orderId = '100001'): FetchBalanceTransaction => ({
  ...about(orderId, 'fetch-balance-transaction'),
  type: 'FetchBalanceTransaction',
  payload: { balanceTransactionId: id, chargeId: null },
});

export const fetchCreditNotes = (invoiceId: string, refundId: string): FetchCreditNotes => ({
  ...about(`invoice:${invoiceId}`, 'fetch-credit-notes'),
  type: 'FetchCreditNotes',
  payload: { invoiceId, refundId, currency: 'USD' },
});

export const fetchCreditNoteLines = (creditNoteId: string): FetchCreditNoteLines => ({
  ...about('invoice:in_1', 'fetch-credit-note-lines'),
  type: 'FetchCreditNoteLines',
  payload: { creditNoteId, currency: 'USD' },
});

export const createRefund = (
  paymentIntentId: string,
  request = 'credit-100200',
  over: Partial<CreateRefund['payload']> = {},
  orderId = '100001',
): CreateRefund => ({
  ...about(orderId, 'create-refund'),
  commandId: `${orderId}/create-refund/${request}`,
  type: 'CreateRefund',
  payload: {
    paymentIntentId,
    amount: 345n,
    currency: 'USD',
    reason: 'requested_by_customer',
    metadata: { order_id: orderId, aspdotnetstorefrontorderid: orderId, order_number: orderId },
    ...over,
  },
});

const ofPerson = (what: string) => ({
  ...about('customer:ana', what),
  commandId: `customer:ana/${what}`,
});

export const updateCustomer = (
  customer: string,
  what: string,
  over: Partial<UpdateCustomer['payload']> = {},
): UpdateCustomer => ({
  ...ofPerson(what),
  type: 'UpdateCustomer',
  payload: {
    customer,
    version: '1790000000000-a',
    fields: ['name', 'phone', 'address'],
    name: 'Ana Test',
    phone: '+1 555 0100',
    address: { line1: '1 Main St', line2: null, city: 'Springfield', state: 'IL', postalCode: '62701', country: 'US' },
    ...over,
  },
});

export const capturePaymentIntent = (
  paymentIntentId: string,
  amount = 12_345n,
  orderId = '100001',
  currency = 'USD',
): CapturePaymentIntent => ({
  ...about(orderId, 'capture'),
  type: 'CapturePaymentIntent',
  payload: { paymentIntentId, amount, currency },
});

export const cancelPaymentIntent = (
  paymentIntentId: string,
  reason: string | null = 'requested_by_customer',
  orderId = '100001',
): CancelPaymentIntent => ({
  ...about(orderId, 'cancel-payment-intent'),
  type: 'CancelPaymentIntent',
  payload: { paymentIntentId, reason },
});

export const labelPayment = (reference: string, orderId = '100001'): LabelPayment => ({
  ...about(orderId, 'label-payment'),
  type: 'LabelPayment',
  payload: {
    reference,
    metadata: { order_id: orderId, aspdotnetstorefrontorderid: orderId, order_number: orderId },
  },
});

export const moveCustomer = (customer: string, customerKey: string): MoveCustomer => ({
  ...ofPerson(`move/${customerKey}`),
  type: 'MoveCustomer',
  payload: { customer, customerKey },
});

export const retireCustomer = (customer: string, into: string): RetireCustomer => ({
  ...ofPerson(`retire/${customer}`),
  type: 'RetireCustomer',
  payload: { customer, into },
});

export const deleteCustomer = (customer: string): DeleteCustomer => ({
  ...ofPerson(`delete/${customer}`),
  type: 'DeleteCustomer',
  payload: { customer },
});

const ofItem = (what: string) => ({ ...about('item:25', what), commandId: `item:25/${what}` });

export const upsertProduct = (what: string, over: Partial<UpsertProduct['payload']> = {}): UpsertProduct => ({
  ...ofItem(`upsert-product/${what}`),
  type: 'UpsertProduct',
  payload: {
    productId: 'adnsf_item_25',
    version: '1790000000000-a',
    digest: 'd',
    name: 'Mug',
    active: true,
    metadata: { item_id: 'item:25', adnsf_product_id: '7', adnsf_variant_id: '25', sku: '' },
    ...over,
  },
});

export const setPrice = (what: string, over: Partial<SetPrice['payload']> = {}): SetPrice => ({
  ...ofItem(`set-price/${what}`),
  type: 'SetPrice',
  payload: {
    productId: 'adnsf_item_25',
    lookupKey: 'adnsf_item_25',
    version: '1790000000000-b',
    amount: 1_250n,
    currency: 'USD',
    metadata: { item_id: 'item:25', adnsf_variant_id: '25' },
    ...over,
  },
});

export type ExecuteOptions = Readonly<{ writtenAt?: number; now?: number; attempts?: number }>;

/** The stage against a Stripe at `base`, one record at a time and without waiting between attempts. */
export const executor = (base: string, options: { secretKey: string; timeoutMs?: number }) => {
  const schemas = openSchemas(memoryRegistry());
  const stage = stripeStage({
    api: openStripeApi({
      secretKey: options.secretKey,
      base: new URL(base),
      timeoutMs: options.timeoutMs ?? 2_000,
      requestsPerSecond: 1_000,
    }),
    version: 'test',
    concurrency: 4,
    commands: schemas.topic('stripeCommands'),
    objects: schemas.topic('stripeObjects'),
    results: schemas.topic('stripeResults'),
    deadLetters: schemas.topic('deadLetters'),
  });

  /** Executes as the engine does: again after a retriable error, up to `attempts` times. */
  return async (command: StripeCommand | null, execute: ExecuteOptions = {}) => {
    const retried: RetriableError[] = [];
    const { writtenAt = Date.now(), now = Date.now(), attempts = 1 } = execute;
    for (;;) {
      try {
        const outputs = await stage.effect(
          {
            topic: stage.input.name,
            partition: 0,
            offset: 0n,
            timestamp: BigInt(writtenAt),
            key: command?.orderId ?? '',
            value: command,
            headers: {},
          },
          { signal: new AbortController().signal, attempt: retried.length, now: () => now },
        );
        const output = outputs.at(-1);
        return { output, outputs, result: output?.value as CommandResult, retried };
      } catch (error) {
        if (!(error instanceof RetriableError) || retried.length + 1 >= attempts) throw error;
        retried.push(error);
      }
    }
  };
};
