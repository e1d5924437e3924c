/** The part of Stripe's API that commands use: the official library, at the pinned version, within its rate limits. */
import Bottleneck from 'bottleneck';
import Stripe from 'stripe';

/** All events, fixtures and schemas are of this version; a library with another one does not compile here. */
export const API_VERSION: Stripe.LatestApiVersion = '2026-08-26.dahlia';

export interface StripeApi {
  listCustomers(params: Stripe.CustomerListParams): Promise<Stripe.Response<Stripe.ApiList<Stripe.Customer>>>;
  createCustomer(
    params: Stripe.CustomerCreateParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.Customer>>;
  retrieveCustomer(id: string): Promise<Stripe.Response<Stripe.Customer | Stripe.DeletedCustomer>>;
  updateCustomer(
    id: string,
    params: Stripe.CustomerUpdateParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.Customer>>;
  deleteCustomer(id: string): Promise<Stripe.Response<Stripe.DeletedCustomer>>;
  listPaymentIntents(
    params: Stripe.PaymentIntentListParams,
  ): Promise<Stripe.Response<Stripe.ApiList<Stripe.PaymentIntent>>>;
  createPaymentIntent(
    params: Stripe.PaymentIntentCreateParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.PaymentIntent>>;
  /** Methods that are attached to a customer. */
  listPaymentMethods(
    customer: string,
    params: Stripe.CustomerListPaymentMethodsParams,
  ): Promise<Stripe.Response<Stripe.ApiList<Stripe.PaymentMethod>>>;
  retrievePaymentMethod(id: string): Promise<Stripe.Response<Stripe.PaymentMethod>>;
  listRefunds(params: Stripe.RefundListParams): Promise<Stripe.Response<Stripe.ApiList<Stripe.Refund>>>;
  createRefund(params: Stripe.RefundCreateParams, idempotencyKey: string): Promise<Stripe.Response<Stripe.Refund>>;
  capturePaymentIntent(
    id: string,
    params: Stripe.PaymentIntentCaptureParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.PaymentIntent>>;
  cancelPaymentIntent(
    id: string,
    params: Stripe.PaymentIntentCancelParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.PaymentIntent>>;
  /** With what moved the money. */
  retrieveBalanceTransaction(id: string): Promise<Stripe.Response<Stripe.BalanceTransaction>>;
  listBalanceTransactions(
    params: Stripe.BalanceTransactionListParams,
  ): Promise<Stripe.Response<Stripe.ApiList<Stripe.BalanceTransaction>>>;
  retrievePaymentIntent(id: string): Promise<Stripe.Response<Stripe.PaymentIntent>>;
  updatePaymentIntent(
    id: string,
    params: Stripe.PaymentIntentUpdateParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.PaymentIntent>>;
  retrieveCharge(id: string): Promise<Stripe.Response<Stripe.Charge>>;
  updateCharge(
    id: string,
    params: Stripe.ChargeUpdateParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.Charge>>;
  listInvoicePayments(
    params: Stripe.InvoicePaymentListParams,
  ): Promise<Stripe.Response<Stripe.ApiList<Stripe.InvoicePayment>>>;
  listInvoiceLines(
    invoiceId: string,
    params: Stripe.InvoiceListLineItemsParams,
  ): Promise<Stripe.Response<Stripe.ApiList<Stripe.InvoiceLineItem>>>;
  listCreditNotes(params: Stripe.CreditNoteListParams): Promise<Stripe.Response<Stripe.ApiList<Stripe.CreditNote>>>;
  listCreditNoteLines(
    creditNoteId: string,
    params: Stripe.CreditNoteListLineItemsParams,
  ): Promise<Stripe.Response<Stripe.ApiList<Stripe.CreditNoteLineItem>>>;
  retrieveProduct(id: string): Promise<Stripe.Response<Stripe.Product>>;
  createProduct(params: Stripe.ProductCreateParams, idempotencyKey: string): Promise<Stripe.Response<Stripe.Product>>;
  updateProduct(
    id: string,
    params: Stripe.ProductUpdateParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.Product>>;
  listPrices(params: Stripe.PriceListParams): Promise<Stripe.Response<Stripe.ApiList<Stripe.Price>>>;
  createPrice(params: Stripe.PriceCreateParams, idempotencyKey: string): Promise<Stripe.Response<Stripe.Price>>;
  updatePrice(
    id: string,
    params: Stripe.PriceUpdateParams,
    idempotencyKey: string,
  ): Promise<Stripe.Response<Stripe.Price>>;
}

export type StripeApiOptions = Readonly<{
  secretKey: string;
  /** Instead of Stripe's own address, such as `http://127.0.0.1:12111`. */
  base?: URL;
  /** How long one request may take. */
  timeoutMs: number;
  /** To one endpoint. Stripe's default is 25. */
  requestsPerSecond: number;
}>;

/** Where another Stripe than the real one is. */
export const stripeAddress = (base: URL | undefined): Stripe.StripeConfig => {
  if (base === undefined) return {};
  const protocol = base.protocol === 'https:' ? 'https' : 'http';
  return { protocol, host: base.hostname, port: base.port === '' ? (protocol === 'https' ? 443 : 80) : base.port };
};

export const openStripeApi = (options: StripeApiOptions): StripeApi => {
  const stripe = new Stripe(options.secretKey, {
    apiVersion: API_VERSION,
    // Retries are the engine's: it knows whether this process still owns the record.
    maxNetworkRetries: 0,
    timeout: options.timeoutMs,
    telemetry: false,
    ...stripeAddress(options.base),
  });
  const perSecond = options.requestsPerSecond;
  const endpoints = new Bottleneck.Group({
    reservoir: perSecond,
    reservoirRefreshAmount: perSecond,
    reservoirRefreshInterval: 1_000,
  });
  const limited = <T>(endpoint: string, call: () => Promise<T>): Promise<T> => endpoints.key(endpoint).schedule(call);

  return {
    listCustomers: (params) => limited('GET customers', () => stripe.customers.list(params)),
    createCustomer: (params, idempotencyKey) =>
      limited('POST customers', () => stripe.customers.create(params, { idempotencyKey })),
    retrieveCustomer: (id) => limited('GET customers/:id', () => stripe.customers.retrieve(id)),
    updateCustomer: (id, params, idempotencyKey) =>
      limited('POST customers/:id', () => stripe.customers.update(id, params, { idempotencyKey })),
    deleteCustomer: (id) => limited('DELETE customers/:id', () => stripe.customers.del(id)),
    listPaymentIntents: (params) => limited('GET payment_intents', () => stripe.paymentIntents.list(params)),
    createPaymentIntent: (params, idempotencyKey) =>
      limited('POST payment_intents', () => stripe.paymentIntents.create(params, { idempotencyKey })),
    listPaymentMethods: (customer, params) =>
      limited('GET payment_methods', () => stripe.customers.listPaymentMethods(customer, params)),
    retrievePaymentMethod: (id) => limited('GET payment_methods', () => stripe.paymentMethods.retrieve(id)),
    listRefunds: (params) => limited('GET refunds', () => stripe.refunds.list(params)),
    createRefund: (params, idempotencyKey) =>
      limited('POST refunds', () => stripe.refunds.create(params, { idempotencyKey })),
    capturePaymentIntent: (id, params, idempotencyKey) =>
      limited('POST payment_intents', () => stripe.paymentIntents.capture(id, params, { idempotencyKey })),
    cancelPaymentIntent: (id, params, idempotencyKey) =>
      limited('POST payment_intents', () => stripe.paymentIntents.cancel(id, params, { idempotencyKey })),
    retrieveBalanceTransaction: (id) =>
      limited('GET balance_transactions', () => stripe.balanceTransactions.retrieve(id, { expand: ['source'] })),
    listBalanceTransactions: (params) =>
      limited('GET balance_transactions', () => stripe.balanceTransactions.list(params)),
    retrievePaymentIntent: (id) => limited('GET payment_intents', () => stripe.paymentIntents.retrieve(id)),
    listInvoicePayments: (params) => limited('GET invoice_payments', () => stripe.invoicePayments.list(params)),
    listInvoiceLines: (id, params) => limited('GET invoice_lines', () => stripe.invoices.listLineItems(id, params)),
    listCreditNotes: (params) => limited('GET credit_notes', () => stripe.creditNotes.list(params)),
    listCreditNoteLines: (id, params) =>
      limited('GET credit_note_lines', () => stripe.creditNotes.listLineItems(id, params)),
    retrieveProduct: (id) => limited('GET products', () => stripe.products.retrieve(id)),
    createProduct: (params, idempotencyKey) =>
      limited('POST products', () => stripe.products.create(params, { idempotencyKey })),
    updateProduct: (id, params, idempotencyKey) =>
      limited('POST products', () => stripe.products.update(id, params, { idempotencyKey })),
    listPrices: (params) => limited('GET prices', () => stripe.prices.list(params)),
    createPrice: (params, idempotencyKey) =>
      limited('POST prices', () => stripe.prices.create(params, { idempotencyKey })),
    updatePrice: (id, params, idempotencyKey) =>
      limited('POST prices', () => stripe.prices.update(id, params, { idempotencyKey })),
    updatePaymentIntent: (id, params, idempotencyKey) =>
      limited('POST payment_intents', () => stripe.paymentIntents.update(id, params, { idempotencyKey })),
    retrieveCharge: (id) => limited('GET charges', () => stripe.charges.retrieve(id)),
    updateCharge: (id, params, idempotencyKey) =>
      limited('POST charges', () => stripe.charges.update(id, params, { idempotencyKey })),
  };
};
