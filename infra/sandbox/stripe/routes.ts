import * as balanceTransactions from './resources/balance-transactions.ts';
import { retrieveBalance } from './resources/balance.ts';
import * as charges from './resources/charges.ts';
import * as creditNotes from './resources/credit-notes.ts';
import * as customerBalance from './resources/customer-balance.ts';
import * as customers from './resources/customers.ts';
import * as disputes from './resources/disputes.ts';
import * as events from './resources/events.ts';
import * as invoices from './resources/invoices.ts';
import * as paymentIntents from './resources/payment-intents.ts';
import * as paymentMethods from './resources/payment-methods.ts';
import * as payouts from './resources/payouts.ts';
import * as prices from './resources/prices.ts';
import * as products from './resources/products.ts';
import * as refunds from './resources/refunds.ts';
import * as subscriptions from './resources/subscriptions.ts';
import * as webhookEndpoints from './resources/webhook-endpoints.ts';
import type { Operation } from './world.ts';

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  url: string;
  operation: Operation;
  /** May be called with the publishable key. */
  publishable?: true;
}

const get = (url: string, operation: Operation): Route => ({ method: 'GET', url, operation });
const post = (url: string, operation: Operation): Route => ({ method: 'POST', url, operation });
const del = (url: string, operation: Operation): Route => ({ method: 'DELETE', url, operation });
const open = (route: Route): Route => ({ ...route, publishable: true });

/** The part of the API that is simulated. */
export const routes: readonly Route[] = [
  post('/v1/customers', customers.createCustomer),
  get('/v1/customers', customers.listCustomers),
  get('/v1/customers/:id', customers.retrieveCustomer),
  post('/v1/customers/:id', customers.updateCustomer),
  del('/v1/customers/:id', customers.deleteCustomer),
  post('/v1/customers/:id/balance_transactions', customerBalance.createBalanceMovement),
  get('/v1/customers/:id/balance_transactions', customerBalance.listBalanceMovements),
  get('/v1/customers/:id/payment_methods', paymentMethods.listPaymentMethods),

  open(post('/v1/payment_methods', paymentMethods.createPaymentMethod)),
  get('/v1/payment_methods', paymentMethods.listPaymentMethods),
  get('/v1/payment_methods/:id', paymentMethods.retrievePaymentMethod),
  post('/v1/payment_methods/:id/attach', paymentMethods.attachPaymentMethod),
  post('/v1/payment_methods/:id/detach', paymentMethods.detachPaymentMethod),

  post('/v1/payment_intents', paymentIntents.createPaymentIntent),
  get('/v1/payment_intents', paymentIntents.listPaymentIntents),
  open(get('/v1/payment_intents/:id', paymentIntents.retrievePaymentIntent)),
  post('/v1/payment_intents/:id', paymentIntents.updatePaymentIntent),
  open(post('/v1/payment_intents/:id/confirm', paymentIntents.confirmPaymentIntent)),
  post('/v1/payment_intents/:id/capture', paymentIntents.capturePaymentIntent),
  post('/v1/payment_intents/:id/cancel', paymentIntents.cancelPaymentIntent),

  get('/v1/charges', charges.listCharges),
  get('/v1/charges/:id', charges.retrieveCharge),
  post('/v1/charges/:id', charges.updateCharge),
  get('/v1/charges/:id/refunds', refunds.listRefunds),

  post('/v1/refunds', refunds.createRefund),
  get('/v1/refunds', refunds.listRefunds),
  get('/v1/refunds/:id', refunds.retrieveRefund),
  post('/v1/refunds/:id', refunds.updateRefund),

  get('/v1/balance_transactions', balanceTransactions.listBalanceTransactions),
  get('/v1/balance_transactions/:id', balanceTransactions.retrieveBalanceTransaction),

  get('/v1/balance', retrieveBalance),

  post('/v1/payouts', payouts.createPayout),
  get('/v1/payouts', payouts.listPayouts),
  get('/v1/payouts/:id', payouts.retrievePayout),
  post('/v1/payouts/:id', payouts.updatePayout),

  get('/v1/disputes', disputes.listDisputes),
  get('/v1/disputes/:id', disputes.retrieveDispute),
  post('/v1/disputes/:id', disputes.updateDispute),
  post('/v1/disputes/:id/close', disputes.acceptDispute),

  post('/v1/products', products.createProduct),
  get('/v1/products', products.listProducts),
  get('/v1/products/:id', products.retrieveProduct),
  post('/v1/products/:id', products.updateProduct),
  del('/v1/products/:id', products.deleteProduct),

  post('/v1/prices', prices.createPrice),
  get('/v1/prices', prices.listPrices),
  get('/v1/prices/:id', prices.retrievePrice),
  post('/v1/prices/:id', prices.updatePrice),

  post('/v1/subscriptions', subscriptions.createSubscription),
  get('/v1/subscriptions', subscriptions.listSubscriptions),
  get('/v1/subscriptions/:id', subscriptions.retrieveSubscription),
  post('/v1/subscriptions/:id', subscriptions.updateSubscription),
  del('/v1/subscriptions/:id', subscriptions.cancelSubscription),

  get('/v1/invoices', invoices.listInvoices),
  get('/v1/invoices/:id', invoices.retrieveInvoice),
  get('/v1/invoices/:id/lines', invoices.listInvoiceLines),
  post('/v1/invoices/:id/pay', invoices.payInvoice(subscriptions.subscribed)),
  post('/v1/invoices/:id/void', invoices.voidInvoice),
  post('/v1/invoices/:id/mark_uncollectible', invoices.markUncollectible),
  get('/v1/invoice_payments', invoices.listInvoicePayments),
  post('/v1/credit_notes', creditNotes.createCreditNote(subscriptions.subscribed.paid)),
  get('/v1/credit_notes', creditNotes.listCreditNotes),
  get('/v1/credit_notes/:id', creditNotes.retrieveCreditNote),
  get('/v1/credit_notes/:id/lines', creditNotes.listCreditNoteLines),
  post('/v1/credit_notes/:id/void', creditNotes.voidCreditNote),

  get('/v1/events', events.listEvents),
  get('/v1/events/:id', events.retrieveEvent),

  post('/v1/webhook_endpoints', webhookEndpoints.createWebhookEndpoint),
  get('/v1/webhook_endpoints', webhookEndpoints.listWebhookEndpoints),
  get('/v1/webhook_endpoints/:id', webhookEndpoints.retrieveWebhookEndpoint),
  del('/v1/webhook_endpoints/:id', webhookEndpoints.deleteWebhookEndpoint),
];
